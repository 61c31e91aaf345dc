"""What will be heard: the decoded recording, mixed and cut, with intro and outro, made anew wherever it is read.

So there is one temporary file of samples, and gain is applied on the way into the encoder.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pitchcast.audio.allowed import float_samples
from pitchcast.audio.ffmpeg import input_of
from pitchcast.audio.signal.blocks import BlockMeter, Blocks, Values, block_frames
from pitchcast.audio.signal.channels import Mix
from pitchcast.audio.signal.editing import Arrangement, assemble
from pitchcast.audio.signal.limiter import gains_of_frames
from pitchcast.audio.signal.samples import Chunk, Samples
from pitchcast.audio.threads import WorkerThreads

_CHUNK_FRAMES = 1 << 16
_WARM_UP_S = 0.5  # after which the weighting filters know nothing of what came before
_PART_S = 30.0


@dataclass(frozen=True)
class Programme:
    """Sound before the last gain. ``ride`` is the gain at each border of blocks that levelling asks for, linear."""

    decoded: Samples
    mix: Mix
    arrangement: Arrangement
    ride: Values | None = None

    @property
    def rate_hz(self) -> int:
        """Frames of a second."""
        return self.decoded.rate_hz

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self.mix.channels

    @property
    def frames(self) -> int:
        """Frames of the whole."""
        return self.arrangement.frames

    @property
    def piped(self) -> list[str]:
        """The options by which ffmpeg reads the programme's samples from its standard input."""
        return input_of(None, float_samples(self.rate_hz, self.channels))

    def read(self, start: int, end: int) -> Iterator[Chunk]:
        """Yield the frames from *start* to *end*, chunk by chunk."""
        for at in range(start, end, _CHUNK_FRAMES):
            chunk = assemble(self.decoded, self.arrangement, self.mix, at, min(end, at + _CHUNK_FRAMES))
            yield chunk if self.ride is None else self._amplified(chunk, at, self.ride)

    def read_levelled(self, start: int, end: int, gains: Values) -> Iterator[Chunk]:
        """Yield the same after *gains*, one at each border of blocks."""
        at = start
        for chunk in self.read(start, end):
            yield self._amplified(chunk, at, gains)
            at += len(chunk)

    def _amplified(self, chunk: Chunk, at: int, gains: Values) -> Chunk:
        size = block_frames(self.rate_hz)
        first, last = at // size, -(-(at + len(chunk)) // size)
        gain = gains_of_frames(gains[first : last + 1], size)[at - first * size :][: len(chunk)]
        return chunk * gain[:, None]


def measure_programme(
    programme: Programme, threads: WorkerThreads, near: float, tell: Callable[[float], None] = lambda fraction: None
) -> Blocks:
    """Return the blocks of a programme, with true peaks next to samples above *near* (linear)."""
    size = block_frames(programme.rate_hz)
    step = int(_PART_S * programme.rate_hz) // size * size
    starts = range(0, programme.frames, step)
    work = deque(threads.submit(measure_part, programme, threads, near, start, step) for start in starts)
    energy, peak = (np.zeros(-(-programme.frames // size), np.float32) for _ in range(2))
    for number, start in enumerate(starts, start=1):
        part = threads.result(work.popleft())
        place = slice(start // size, start // size + len(part.energy))
        energy[place], peak[place] = part.energy, part.peak
        tell(number / len(starts))
    return Blocks(programme.rate_hz, programme.channels, energy, peak)


def measure_part(programme: Programme, threads: WorkerThreads, near: float | None, start: int, length: int) -> Blocks:
    """Return the blocks of the frames from *start*, a border of blocks, for *length*; filters run in before it."""
    size = block_frames(programme.rate_hz)
    before = min(start, int(_WARM_UP_S * programme.rate_hz) // size * size)
    end = min(programme.frames, start + length)
    meter = BlockMeter(programme.rate_hz, programme.channels, near)
    for chunk in programme.read(start - before, min(programme.frames, end + size)):
        threads.go_on()
        meter.add(chunk)
    return meter.finish().part(before // size, before // size - (start - end) // size)
