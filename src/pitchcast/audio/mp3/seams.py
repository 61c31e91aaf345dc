"""Joins two MP3 streams of the same sound where they agree: sample-exactly, at a frame, without decoding.

A frame's sound (its main data, ISO/IEC 11172-3, 2.4.1.7) may begin in the frames before it: up to 511 bytes, the
bit reservoir. So a join moves those bytes across, and needs as much room on the left as the right one takes. And a
frame is heard together with the one before: their windows must fit, so both streams must have chosen the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pitchcast.audio.mp3.frames import FrameHeader, parse_header
from pitchcast.errors import AudioError
from pitchcast.invocation import pitchcast_command

_HEADER_BYTES = 4
_GRANULE_BITS = 59
_WINDOW_AT, _WINDOW_BITS = 33, 4  # window switching flag, block type, mixed block flag


@dataclass(frozen=True)
class FrameStream:
    """Bare frames of constant bit rate; ``first`` is the number of its first frame in the whole."""

    data: bytes
    first: int
    offsets: tuple[int, ...]
    header: FrameHeader

    @property
    def end(self) -> int:
        """The number of the frame that would follow its last."""
        return self.first + len(self.offsets)

    def frame(self, number: int) -> memoryview:
        """Return the bytes of a frame by its number in the whole."""
        return memoryview(self.data)[self._offset(number) : self._offset(number + 1)]

    def frames(self, start: int, end: int) -> memoryview:
        """Return the bytes of the frames from *start* up to *end*."""
        return memoryview(self.data)[self._offset(start) : self._offset(end)]

    def reservoir_before(self, number: int, size: int) -> bytes:
        """Return the last *size* bytes of main data in the frames before *number*."""
        found = b""
        while len(found) < size and number > self.first:
            number -= 1
            found = bytes(self.frame(number)[_HEADER_BYTES + self.header.side_info_bytes :]) + found
        return found[len(found) - size :]

    def _offset(self, number: int) -> int:
        index = number - self.first
        return self.offsets[index] if index < len(self.offsets) else len(self.data)


def read_stream(path: Path, first: int) -> FrameStream:
    """Return the frames of a file that holds nothing else. Raises AudioError where it holds something else."""
    data = path.read_bytes()
    header = parse_header(data)
    if header is None:
        raise AudioError(f"{path.name} has no MP3 frame at byte 0", hint=f"Run: {pitchcast_command('doctor')}")
    return FrameStream(data, first, tuple(_offsets(data, header, path.name)), header)


def find_seam(left: FrameStream, right: FrameStream, about: int, reach: int) -> int | None:
    """Return the frame nearest to *about* from which on *right* can follow *left*, or None within *reach* frames."""
    for number in sorted(range(about - reach, about + reach + 1), key=lambda one: (abs(one - about), one)):
        if max(left.first, right.first) < number < min(left.end, right.end) and _fits(left, right, number):
            return number
    return None


def cut_out(stream: FrameStream, start: int, end: int, following: FrameStream | None) -> bytes:
    """Return the frames from *start* up to *end*, with the bytes in them that the frame of *following* needs."""
    frames = bytearray(stream.frames(start, end))
    if following is None:
        return bytes(frames)
    missing = following.reservoir_before(end, main_data_begin(following.frame(end)))
    skip = _HEADER_BYTES + stream.header.side_info_bytes
    base, number = stream._offset(start), end
    while missing and number > start:
        number -= 1
        first, last = stream._offset(number) + skip - base, stream._offset(number + 1) - base
        taken = missing[-(last - first) :]
        frames[last - len(taken) : last] = taken
        missing = missing[: len(missing) - len(taken)]
    return bytes(frames)


def main_data_begin(frame: bytes | memoryview) -> int:
    """Return how many bytes of the frames before belong to this one."""
    return int.from_bytes(frame[4:6], "big") >> 7


def _fits(left: FrameStream, right: FrameStream, number: int) -> bool:
    room, needed = main_data_begin(left.frame(number)), main_data_begin(right.frame(number))
    return room >= needed and _last_windows(left, number - 1) == _last_windows(right, number - 1)


def _last_windows(stream: FrameStream, number: int) -> tuple[int, ...]:
    """Return which window each channel has in the second granule of a frame."""
    channels = stream.header.channels
    side = int.from_bytes(stream.frame(number)[_HEADER_BYTES : _HEADER_BYTES + stream.header.side_info_bytes], "big")
    bits = 8 * stream.header.side_info_bytes
    before = 18 if channels == 1 else 20  # main_data_begin, private bits, scfsi
    places = (before + _GRANULE_BITS * (channels + channel) + _WINDOW_AT for channel in range(channels))
    return tuple(_window(side >> (bits - place - _WINDOW_BITS) & 0xF) for place in places)


def _window(bits: int) -> int:
    """Return the flag, block type and mixed flag; without window switching the other bits mean something else."""
    return bits if bits & 8 else 0


def _offsets(data: bytes, header: FrameHeader, name: str) -> Iterator[int]:
    expected = bytes((data[0], data[1], data[2] & 0xFD))
    at, size = 0, len(data)
    plain = header.size_bytes - header.padding
    while at < size:
        padding = data[at + 2] >> 1 & 1 if at + 4 <= size else 0
        if data[at : at + 2] != expected[:2] or data[at + 2] & 0xFD != expected[2] or at + plain + padding > size:
            raise AudioError(f"{name} is damaged at byte {at}", hint=f"Run: {pitchcast_command('doctor')}")
        yield at
        at += plain + padding
