"""Sound while it is worked on: a temporary file of float samples, read in chunks, never held in memory."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.allowed import float_samples
from pitchcast.audio.ffmpeg import input_of, no_space_left

Chunk = NDArray[np.float32]
"""Frames × channels."""

CHUNK_FRAMES = 1 << 17
_SAMPLE_BYTES = 4


@dataclass(frozen=True)
class Samples:
    """A file of interleaved 32-bit float samples (little-endian), ``frames`` long per channel."""

    path: Path
    rate_hz: int
    channels: int
    frames: int

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.rate_hz

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * _SAMPLE_BYTES

    def as_input(self) -> list[str]:
        """Return the arguments by which ffmpeg reads the file."""
        return input_of(self.path, float_samples(self.rate_hz, self.channels))

    def read(self, start: int, end: int) -> Chunk:
        """Return the frames from *start* to *end*; where there are none, none."""
        start, end = max(0, start), min(self.frames, end)
        with self.path.open("rb") as file:
            file.seek(start * self.frame_bytes)
            data = file.read(max(0, end - start) * self.frame_bytes)
        return np.frombuffer(data, dtype="<f4").reshape(-1, self.channels)


class SampleWriter:
    """Writes frames to a file, until it is closed.

    ``channels`` are those of the file: one as long as one stands for all, then as many as there are, also before.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("wb")
        self.channels, self.frames = 0, 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, chunk: Chunk) -> None:
        """Write the next frames."""
        if 0 < self.channels < chunk.shape[1]:
            self._spread(chunk.shape[1])
        self.channels = chunk.shape[1]
        self._file.write(np.ascontiguousarray(chunk).data)
        self.frames += len(chunk)

    def _spread(self, channels: int) -> None:
        """Give every frame in the file so many channels, all alike; from the end on, as they move towards it."""
        self._file.flush()
        with self._path.open("rb") as before:
            for at in reversed(range(0, self.frames, CHUNK_FRAMES)):
                before.seek(at * _SAMPLE_BYTES)
                alone = before.read(min(CHUNK_FRAMES, self.frames - at) * _SAMPLE_BYTES)
                self._file.seek(at * channels * _SAMPLE_BYTES)
                self._file.write(np.repeat(np.frombuffer(alone, "<f4"), channels).data)
        self._file.seek(0, os.SEEK_END)


def as_frames(data: bytes, channels: int) -> Chunk:
    """Return bytes of float samples as frames × channels; what is not a number becomes silence."""
    frames = np.frombuffer(data, dtype="<f4", count=len(data) // (channels * _SAMPLE_BYTES) * channels)
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(frames.sum())  # one look at all of them; a sum that overflows is looked at closely
    if not finite:
        frames = np.nan_to_num(frames, nan=0.0, posinf=1.0, neginf=-1.0)
    return frames.reshape(-1, channels)


def read_frames(pipe: IO[bytes], channels: int) -> Iterator[Chunk]:
    """Yield the float samples that arrive on a pipe."""
    while data := pipe.read(CHUNK_FRAMES * channels * _SAMPLE_BYTES):
        yield as_frames(data, channels)


def size_of(duration_s: float, rate_hz: int, channels: int) -> int:
    """Return the bytes that so much sound takes as float samples."""
    return int(duration_s * rate_hz) * channels * _SAMPLE_BYTES


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raise AudioError, naming folder and need, where the disk has less than *needed_bytes* left."""
    if shutil.disk_usage(folder).free < needed_bytes:
        raise no_space_left(folder, needed_bytes)
