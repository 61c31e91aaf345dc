"""The frames of an MP3 file, and what its Info frame must say so that it plays without gaps.

MPEG-1 layer III only (ISO/IEC 11172-3). The Info frame is LAME's: a silent first frame that tells players the
number of frames and bytes, and how many samples at both ends are the encoder's and not the recording's.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pitchcast.errors import AudioError

FRAME_SAMPLES = 1152
ENCODER_DELAY = 576  # as ffmpeg's libmp3lame leaves it
DECODER_DELAY = 529

BITRATES_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
SAMPLE_RATES_HZ = (44100, 48000, 32000)

_MONO = 3
_INFO_BYTES = 156  # Xing part 120, LAME part 36
_LAME_VERSION = b"LAME3.100"
_FIELDS = 0x0F  # frames, bytes, seek table and quality are given
_LARGEST_FRAME_BYTES = 1441
_CRC_POLYNOMIAL = 0xA001  # CRC-16, bits reversed
_CRC_LANES = 4096


@dataclass(frozen=True)
class FrameHeader:
    """The four bytes that start a frame, read."""

    bitrate_kbps: int
    sample_rate_hz: int
    padding: int
    channel_mode: int

    @property
    def channels(self) -> int:
        """1 or 2."""
        return 1 if self.channel_mode == _MONO else 2

    @property
    def size_bytes(self) -> int:
        """Bytes of the whole frame, header included."""
        return 144_000 * self.bitrate_kbps // self.sample_rate_hz + self.padding

    @property
    def side_info_bytes(self) -> int:
        """Bytes of side information that follow the header."""
        return 17 if self.channels == 1 else 32


def parse_header(data: bytes) -> FrameHeader | None:
    """Return the frame header at the start of *data*, or None where there is none (free format included)."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xFE != 0xFA:
        return None
    bitrate, rate = data[2] >> 4, data[2] >> 2 & 3
    if bitrate in (0, 15) or rate == 3:
        return None
    return FrameHeader(BITRATES_KBPS[bitrate], SAMPLE_RATES_HZ[rate], data[2] >> 1 & 1, data[3] >> 6)


def tag_size(data: bytes) -> int:
    """Return the bytes of the ID3v2 tag that *data* starts with (0 without one)."""
    if len(data) < 10 or data[:3] != b"ID3":
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return size + 10 + (10 if data[5] & 0x10 else 0)


def first_frame_offset(path: Path) -> int:
    """Return where the first frame starts, which is behind the tag. Raises AudioError where there is none."""
    with path.open("rb") as file:
        offset = tag_size(file.read(10))
        file.seek(offset)
        if not parse_header(file.read(4)):
            raise AudioError(f"{path.name} has no MP3 frame at byte {offset}", hint="Master the recording again.")
    return offset


def leading_frames(path: Path, offset: int, count: int) -> bytes:
    """Return the first *count* frames from *offset* on. Raises AudioError where there are fewer."""
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(count * _LARGEST_FRAME_BYTES)
    at = 0
    for _ in range(count):
        header = parse_header(data[at : at + 4])
        if header is None or at + header.size_bytes > len(data):
            raise AudioError(f"{path.name} is damaged at byte {offset + at}", hint="Publish the recording again.")
        at += header.size_bytes
    return data[:at]


def has_info_frame(data: bytes) -> bool:
    """Return whether the frame at the start of *data* is an Info (or Xing) frame and holds no sound."""
    header = parse_header(data)
    if header is None:
        return False
    at = 4 + header.side_info_bytes
    return data[at : at + 4] in (b"Info", b"Xing")


@dataclass(frozen=True)
class InfoFrame:
    """What a master's Info frame says, and where its sound lies: ``audio_bytes`` from ``audio_offset`` on."""

    header: FrameHeader
    frames: int
    delay: int
    padding: int
    music_crc: int
    audio_offset: int
    audio_bytes: int

    @property
    def samples(self) -> int:
        """Samples per channel that players play."""
        return self.frames * FRAME_SAMPLES - self.delay - self.padding


def read_info(path: Path) -> InfoFrame:
    """Return what the Info frame of a master says; ``header`` is that of the first frame with sound.

    Raises AudioError where the file has none, or holds more or less than it says.
    """
    offset = first_frame_offset(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(2 * _LARGEST_FRAME_BYTES)
    info = parse_header(data)
    at = 4 + info.side_info_bytes if info else 0
    first = parse_header(data[info.size_bytes :]) if info else None
    total = int.from_bytes(data[at + 8 + 4 : at + 8 + 8], "big")
    if info is None or first is None or not has_info_frame(data) or total != size - offset:
        raise AudioError(f"{path.name} was not made by pitchcast, or is damaged", hint="Publish the recording again.")
    lame = at + 120
    delays = int.from_bytes(data[lame + 21 : lame + 24], "big")
    return InfoFrame(
        header=first,
        frames=int.from_bytes(data[at + 8 : at + 12], "big"),
        delay=delays >> 12,
        padding=delays & 0xFFF,
        music_crc=int.from_bytes(data[lame + 32 : lame + 34], "big"),
        audio_offset=offset + info.size_bytes,
        audio_bytes=total - info.size_bytes,
    )


def silent_frame(like: FrameHeader) -> bytes:
    """Return a frame that decodes to silence and needs nothing of the frames around it."""
    bits = BITRATES_KBPS.index(like.bitrate_kbps) << 4 | SAMPLE_RATES_HZ.index(like.sample_rate_hz) << 2
    header = bytes((0xFF, 0xFB, bits, like.channel_mode << 6))
    return header + bytes(144_000 * like.bitrate_kbps // like.sample_rate_hz - len(header))


def end_padding(frames: int, samples: int) -> int:
    """Return how many samples follow the recording's last one in so many frames of sound."""
    return frames * FRAME_SAMPLES - samples - ENCODER_DELAY


def info_frame_size(first: FrameHeader) -> int:
    """Return the bytes of the Info frame in front of audio that starts with *first*."""
    return FrameHeader(_info_bitrate(first), first.sample_rate_hz, 0, first.channel_mode).size_bytes


def info_frame(
    first: FrameHeader,
    frames: int,
    audio_bytes: int,
    *,
    delay: int = ENCODER_DELAY,
    padding: int,
    music_crc: int = 0,
) -> bytes:
    """Return the Info frame for *frames* of sound in *audio_bytes*, which *first* starts.

    ``delay`` and ``padding`` are the samples at both ends that players leave out, the decoder's own delay apart.
    Gain fields are zero: the file is at its level already.
    """
    bitrate_kbps = _info_bitrate(first)
    size = info_frame_size(first)
    frame = bytearray(size)
    rate_bits = SAMPLE_RATES_HZ.index(first.sample_rate_hz)
    frame[:4] = bytes((0xFF, 0xFB, BITRATES_KBPS.index(bitrate_kbps) << 4 | rate_bits << 2, first.channel_mode << 6))
    at = 4 + first.side_info_bytes
    table = bytes(min(255, percent * 256 // 100) for percent in range(100))  # constant rate: time is place
    total = audio_bytes + size
    xing = b"Info" + b"".join(n.to_bytes(4, "big") for n in (_FIELDS, frames, total)) + table + bytes(4)
    lame = _LAME_VERSION + bytes((1,)) + bytes(10)  # method 1: constant bit rate; peak and gain fields zero
    lame += bytes((min(255, first.bitrate_kbps),)) + (delay << 12 | padding).to_bytes(3, "big")
    lame += bytes(4) + total.to_bytes(4, "big") + music_crc.to_bytes(2, "big")
    frame[at : at + len(xing)] = xing
    frame[at + len(xing) : at + len(xing) + len(lame)] = lame
    end = at + _INFO_BYTES
    frame[end - 2 : end] = crc16(bytes(frame[: end - 2])).to_bytes(2, "big")
    return bytes(frame)


def crc16(data: bytes, crc: int = 0) -> int:
    """Return LAME's CRC-16 of *data*, continuing from *crc*.

    Long data is cut into lanes that numpy works on side by side, two bytes at a time; the lanes' results are then put
    together.
    """
    lane_bytes = len(data) // _CRC_LANES & ~1
    if lane_bytes < 16:
        return _crc16_plain(data, crc)
    whole = lane_bytes * _CRC_LANES
    lanes = np.ascontiguousarray(np.frombuffer(data, "<u2", whole // 2).reshape(_CRC_LANES, lane_bytes // 2).T)
    state: NDArray[np.uint16] = np.zeros(_CRC_LANES, np.uint16)
    after = _crc_after_two_bytes()
    for column in lanes:
        state = after[state ^ column]
    carried = [_crc16_plain(bytes(lane_bytes), 1 << bit) for bit in range(16)]
    for lane in state.tolist():
        moved = 0
        for bit in range(16):
            if crc >> bit & 1:
                moved ^= carried[bit]
        crc = moved ^ lane
    return _crc16_plain(data[whole:], crc)


def continue_crc16(front: bytes, crc_behind: int, bytes_behind: int) -> int:
    """Return the CRC-16 of *front* and what follows it, of which only CRC and length are known.

    A checksum that starts from another value differs by what zeros of that length make of that value.
    """
    moved = _advance(crc16(front), bytes_behind)
    return moved ^ crc_behind


def _advance(crc: int, zeros: int) -> int:
    """Return a checksum after so many zero bytes: a linear map, squared for each bit of their number."""
    step = [_crc16_plain(b"\0", 1 << bit) for bit in range(16)]
    while zeros:
        if zeros & 1:
            crc = _mapped(step, crc)
        step = [_mapped(step, row) for row in step]
        zeros >>= 1
    return crc


def _mapped(rows: list[int], value: int) -> int:
    result = 0
    for bit, row in enumerate(rows):
        if value >> bit & 1:
            result ^= row
    return result


@cache
def _crc_after_two_bytes() -> NDArray[np.uint16]:
    """Return the CRC-16 that each of its values, the next two bytes added to it, leads to: 128 KB."""
    state = np.arange(1 << 16, dtype=np.uint16)
    for _ in range(2):
        state = (state >> 8) ^ _CRC_TABLE[state & 0xFF]
    return state


def _crc16_plain(data: bytes, crc: int) -> int:
    for byte in data:
        crc = crc >> 8 ^ _CRC_LIST[(crc ^ byte) & 0xFF]
    return crc


def _info_bitrate(first: FrameHeader) -> int:
    """Return the lowest bit rate, not below the audio's, whose frame has room for the Info fields."""
    needed = 4 + first.side_info_bytes + _INFO_BYTES
    rates = (rate for rate in BITRATES_KBPS if rate >= first.bitrate_kbps)
    return next(rate for rate in rates if 144_000 * rate // first.sample_rate_hz >= needed)


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_CRC_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_CRC_LIST = _crc_table()
_CRC_TABLE: NDArray[np.uint16] = np.array(_CRC_LIST, dtype=np.uint16)
