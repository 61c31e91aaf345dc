"""How much of a file is missing at its end, by the sizes that its own structure states.

ffmpeg reads such files to where they end, and says nothing, or as much of whole ones. A size that a recorder had no
time to write (0, or all ones) states nothing.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal, NamedTuple

from pitchcast.audio.mp3.frames import tag_size
from pitchcast.audio.ogg import read_pages

_UNKNOWN_32, _UNKNOWN_64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_MOST_CHUNKS = 100_000
_SHORTEST_HEAD = 8
_LEAST_MISSING_BYTES = 64
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
_EBML_SEGMENT = 0x18538067
_HEAD_BYTES = 8192
_MP3_RATES_HZ = (44100, 48000, 32000, 0)
_FRAME_BYTES = (24, 2881)  # what frames can have on average: else the numbers are not to be believed


class _FilePart(NamedTuple):
    """A part of a file that holds sound: where it starts, and its size as stated."""

    start: int
    stated_bytes: int


def share_present(path: Path) -> float:
    """Return which share of the sound that a file states is in it: 1.0 where nothing is missing, or nothing stated."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        parts = next((read for starts, read in _READERS if head.startswith(starts)), _read_boxes)
        found = _sound_part(parts(file, size))
    if found is None:
        return 1.0
    present = max(0, size - found.start)
    if found.stated_bytes - present < _LEAST_MISSING_BYTES:
        return 1.0
    return present / found.stated_bytes


def stated_seconds(path: Path) -> float:
    """Return how long an MP3 or FLAC file states that it is, by the count of its frames; 0.0 where it does not."""
    with path.open("rb") as file:
        if file.read(4) == b"fLaC":
            return _seconds_of_flac(file)
        info = _info_of_mp3(file)
        return info.duration_s if info else 0.0


def ends_in_a_page(path: Path) -> bool:
    """Return whether an Ogg file ends in the middle of a page, so that something is missing, nobody knows how much."""
    last = None
    for last in read_pages(path):  # noqa: B007 - the last one is wanted
        pass
    return last is not None and not last.is_whole


def _sound_part(parts: Iterator[_FilePart]) -> _FilePart | None:
    return max(parts, key=lambda part: part.stated_bytes, default=None)


def _read_riff(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    """WAV, also RF64 and BW64, whose 64-bit sizes stand in a chunk of their own."""
    long_bytes = 0
    for name, start, stated in _chunks(file, size, "little"):
        if name == b"ds64":
            file.seek(start + 8)
            long_bytes = int.from_bytes(file.read(8), "little")
        if name == b"data":
            yield from _stated(start, long_bytes if stated == _UNKNOWN_32 else stated)
            return


def _read_aiff(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    for name, start, stated in _chunks(file, size, "big"):
        if name == b"SSND":
            yield from _stated(start, stated)
            return


def _read_caf(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    def stated_in(head: bytes) -> int:
        return int.from_bytes(head[4:12], "big")

    for at, head in _pieces(file, size, 8, 12, lambda head: 12 + stated_in(head)):
        if head[:4] == b"data":
            yield from _stated(at + 12, stated_in(head))
            return


def _read_w64(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    """Sony Wave64, whose chunks begin at multiples of eight bytes; a size counts its 24 bytes of head too."""

    def stated_in(head: bytes) -> int:
        return int.from_bytes(head[16:24], "little")

    for at, head in _pieces(file, size, 40, 24, lambda head: max(24, -(-stated_in(head) // 8) * 8)):
        if head[:16] == _W64_DATA:
            yield from _stated(at + 24, max(0, stated_in(head) - 24))
            return


def _read_au(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    file.seek(4)
    head = file.read(8)
    yield from _stated(int.from_bytes(head[:4], "big"), int.from_bytes(head[4:], "big"))


def _read_matroska(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    """The segment holds everything; that of a live recording has no size."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    at = 0
    for _ in range(3):
        number, at = _ebml_number(head, at, keep_marker=True)
        stated, at = _ebml_number(head, at, keep_marker=False)
        if number == _EBML_SEGMENT:
            yield from _stated(at, stated)
            return
        at += max(0, stated)


def _read_boxes(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    """MP4 and its like: boxes, of which those called mdat hold the sound."""
    for at, head in _pieces(file, size, 0, 16, lambda head: _box_sizes(head)[0]):
        stated, header = _box_sizes(head)
        if stated and head[4:8] == b"mdat" and at + stated > size:
            yield _FilePart(at + header, stated - header)


def _box_sizes(head: bytes) -> tuple[int, int]:
    """Return the size of a box and of its head; (0, 0) for what is no box, or one that goes on to the file's end."""
    if not head[4:8].isalnum():
        return 0, 0
    stated, header = int.from_bytes(head[:4], "big"), 8
    if stated == 1:
        stated, header = int.from_bytes(head[8:16], "big"), 16
    return (stated, header) if stated >= header else (0, 0)


def _read_nothing(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    return iter(())


def _chunks(file: IO[bytes], size: int, order: Literal["little", "big"]) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and stated size of each chunk of a RIFF or AIFF file; they begin at even places."""

    def stated_in(head: bytes) -> int:
        return int.from_bytes(head[4:8], order)

    for at, head in _pieces(file, size, 12, 8, lambda head: 8 + stated_in(head) + stated_in(head) % 2):
        yield head[:4], at + 8, stated_in(head)


def _pieces(
    file: IO[bytes], size: int, at: int, head_bytes: int, length_of: Callable[[bytes], int]
) -> Iterator[tuple[int, bytes]]:
    """Yield where each piece of a file begins, from *at* on, and its head.

    A length may be any number, because nobody has checked it: the last piece is the one that leads out of the file.
    """
    for _ in range(_MOST_CHUNKS):
        if at + _SHORTEST_HEAD > size:
            return
        file.seek(at)
        head = file.read(head_bytes)
        yield at, head
        length = length_of(head)
        if length <= 0:
            return
        at += length


def _stated(start: int, stated_bytes: int) -> Iterator[_FilePart]:
    if stated_bytes not in (0, _UNKNOWN_32, _UNKNOWN_64, -1):
        yield _FilePart(start, stated_bytes)


def _ebml_number(data: bytes, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """Return a number of EBML and where the next thing begins; -1 for "not known"."""
    if at >= len(data) or not data[at]:
        return -1, len(data)
    length = 9 - data[at].bit_length()
    number = int.from_bytes(data[at : at + length], "big")
    if keep_marker:
        return number, at + length
    value = number & ((1 << (7 * length)) - 1)
    return (-1 if value == (1 << (7 * length)) - 1 else value), at + length


def _read_frames(file: IO[bytes], size: int) -> Iterator[_FilePart]:
    """MP3, whose Info frame states the bytes of all frames."""
    info = _info_of_mp3(file)
    if info:
        yield _FilePart(info.offset, info.stated_bytes)


class _Info(NamedTuple):
    """What an Info (or Xing) frame states. ``offset`` is where it starts."""

    offset: int
    frames: int
    stated_bytes: int
    duration_s: float


def _info_of_mp3(file: IO[bytes]) -> _Info | None:
    """Return what the first frame states, where it is an Info frame and its numbers fit each other."""
    file.seek(0)
    offset = tag_size(file.read(10))
    file.seek(offset)
    data = file.read(_HEAD_BYTES)
    at = max(data[:64].find(b"Info"), data[:64].find(b"Xing"))
    if len(data) < 64 or data[0] != 0xFF or at < 0 or data[at + 7] & 3 != 3:
        return None
    frames, stated = (int.from_bytes(data[at + n : at + n + 4], "big") for n in (8, 12))
    is_first_version = data[1] & 0x18 == 0x18
    rate = _MP3_RATES_HZ[data[2] >> 2 & 3] // {3: 1, 2: 2}.get(data[1] >> 3 & 3, 4)
    if not frames or not rate or not _FRAME_BYTES[0] <= stated / frames <= _FRAME_BYTES[1]:
        return None
    return _Info(offset, frames, stated, frames * (1152 if is_first_version else 576) / rate)


def _seconds_of_flac(file: IO[bytes]) -> float:
    """Return what the first block of a FLAC file, which describes the stream, states."""
    file.seek(0)
    data = file.read(42)
    if len(data) < 42 or data[4] & 0x7F != 0:
        return 0.0
    numbers = int.from_bytes(data[18:26], "big")
    rate, frames = numbers >> 44, numbers & ((1 << 36) - 1)
    return frames / rate if rate else 0.0


_READERS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[IO[bytes], int], Iterator[_FilePart]]], ...] = (
    ((b"RIFF", b"RF64", b"BW64"), _read_riff),
    (b"FORM", _read_aiff),
    (b"caff", _read_caf),
    (b"riff\x2e\x91\xcf\x11", _read_w64),
    (b".snd", _read_au),
    (b"\x1a\x45\xdf\xa3", _read_matroska),
    ((b"ID3", b"\xff"), _read_frames),
    ((b"OggS", b"fLaC", b"#!AMR"), _read_nothing),
)
