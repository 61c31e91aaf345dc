"""What is heard of a recording while it is decoded, so that it need not be read again.

Each channel is measured by itself. From that follow the blocks of whatever becomes of it later: one channel or
both, trimmed, ridden. Only where peaks are near the limit is the sound read once more, to find them between samples.
"""

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import Blocks, PackedBlocks, PackingMeter, Values, block_frames
from pitchcast.audio.signal.channels import ChannelMeter, ChannelStatistics, apart
from pitchcast.audio.signal.mix import Programme, measure_part
from pitchcast.audio.signal.peaks import REACH, true_peaks
from pitchcast.audio.signal.samples import Chunk
from pitchcast.audio.signal.speech import Speech
from pitchcast.audio.threads import WorkerThreads

_FULL_SCALE = 0.985
_CLIPPED_IN_A_ROW = 3
_EDGE_S = 1.0  # in which fades, and filters that start from nothing, make a difference
_RUN_S = 2.5  # high blocks so near each other are read at once, and at most so much
_RUNS_AT_ONCE = 4
_BLOCKS_AT_ONCE = 1 << 16


class Sound(Protocol):
    """What can be read by frames, chunk by chunk."""

    def read(self, start: int, end: int) -> Iterator[Chunk]:
        """Yield the frames from *start* to *end*."""
        ...


@dataclass(frozen=True)
class Heard:
    """What was heard: how the channels relate, the blocks of each by itself, and where somebody speaks in each.

    The peaks of ``sides`` are those of samples. Where one channel stood for all, there is one side; ``channels`` is
    how many there are.
    """

    statistics: ChannelStatistics
    sides: tuple[PackedBlocks, ...]
    channels: int

    @property
    def speech(self) -> tuple[Speech, ...]:
        """Where somebody speaks, in each channel."""
        return self.statistics.speech

    @property
    def blocks(self) -> Blocks:
        """Blocks of 50 ms of all channels together, with the peaks of samples."""
        sides = [side.longer() for side in self.sides]
        sides += sides[:1] * (self.channels - len(sides))
        energy: Values = reduce(np.add, (side.energy for side in sides))
        peak: Values = reduce(np.maximum, (side.peak for side in sides))
        return replace(sides[0], channels=len(sides), energy=energy, peak=peak)


class Listener:
    """Listens to channels, chunk by chunk; how they relate is told of the first and the last.

    Chunks have one channel as long as that stands for all. True peaks are looked for next to samples above *near*
    (linear); None: they are not.
    """

    def __init__(self, rate_hz: int, channels: int, near: float | None = None) -> None:
        self._channels = ChannelMeter(rate_hz, channels)
        self._sides, self._count = [PackingMeter(rate_hz, near)], channels

    @property
    def frames(self) -> int:
        """Frames heard so far."""
        return self._channels.frames

    def add(self, chunk: Chunk) -> None:
        """Take in the next frames."""
        self._channels.add(chunk)
        self._sides = apart(self._sides, chunk.shape[1])
        for side, channel in zip(self._sides, chunk.T, strict=True):
            side.add(channel)

    def finish(self) -> Heard:
        """Return what was heard."""
        return Heard(self._channels.statistics(), tuple(side.finish() for side in self._sides), self._count)


def blocks_of(programme: Programme, heard: Heard, threads: WorkerThreads) -> Blocks | None:
    """Return the blocks of a programme as far as they follow from what was heard, with the peaks of samples.

    None where channels are added up, or parts put together: that must be measured.
    """
    size = block_frames(programme.rate_hz)
    kept, arrangement = programme.arrangement.kept, programme.arrangement
    together = len(kept) > 1 or arrangement.overlays or arrangement.frames != kept[0].frames or kept[0].start % size
    rows = programme.mix.matrix
    if together or programme.ride is not None or any(np.count_nonzero(row) > 1 for row in rows):
        return None
    energy, peak = _added_up(heard.sides, rows, kept[0].start // size, -(-programme.frames // size))
    blocks = Blocks(programme.rate_hz, programme.channels, energy, peak)
    _measure_edges(programme, blocks, threads)
    return blocks


def with_true_peaks(sound: Sound, blocks: Blocks, near: float, threads: WorkerThreads) -> Blocks:
    """Put true peaks next to samples above *near* (linear) into the blocks, for which *sound* is read there.

    The blocks are changed, and returned: of hours a second copy would be large.
    """
    peak = blocks.peak
    runs = _runs(np.flatnonzero(peak >= near), len(peak), round(_RUN_S * blocks.per_s))
    parts = [runs[at : at + _RUNS_AT_ONCE] for at in range(0, len(runs), _RUNS_AT_ONCE)]
    work = deque(threads.submit(_find_peaks, sound, blocks, part, near, threads) for part in parts)
    while work:
        for first, heights in threads.result(work.popleft()):
            np.maximum(peak[first : first + len(heights)], heights, out=peak[first : first + len(heights)])
    return blocks


def _added_up(
    sides: Sequence[PackedBlocks], rows: Sequence[tuple[float, ...]], first: int, count: int
) -> tuple[Values, Values]:
    """Return energy and peaks of *count* blocks of the sides, from number *first* on, after factors.

    Each of the *rows* is a channel, and has a factor for each side.
    """
    factors = np.abs(np.array(rows, np.float32))
    energy, peak = np.zeros(count, np.float32), np.zeros(count, np.float32)
    used = np.flatnonzero(factors.any(axis=0)).tolist()
    for at, number in itertools.product(range(0, count, _BLOCKS_AT_ONCE), used):
        end, of_side = min(count, at + _BLOCKS_AT_ONCE), factors[:, number]
        part = slice(first + at, first + end)
        energy[at:end] += np.sum(of_side**2) * sides[number].energies(part)
        np.maximum(peak[at:end], of_side.max() * sides[number].peaks(part), out=peak[at:end])
    return energy, peak


def _measure_edges(programme: Programme, blocks: Blocks, threads: WorkerThreads) -> None:
    """Measure what was faded, or heard with what was cut off before it still in the filters."""
    size = block_frames(programme.rate_hz)
    length = int(_EDGE_S * programme.rate_hz) // size * size
    for start in {0, max(0, len(blocks.energy) * size - length)}:
        part = measure_part(programme, threads, None, start, length)
        place = slice(start // size, start // size + len(part.energy))
        blocks.energy[place], blocks.peak[place] = part.energy, part.peak


def _runs(high: NDArray[np.intp], count: int, longest: int) -> list[tuple[int, int]]:
    """Return the runs of blocks, first and last + 1, that hold those numbers and one more on each side."""
    if not len(high):
        return []
    breaks = np.flatnonzero(np.diff(high) > longest)
    firsts, lasts = high[np.concatenate([[0], breaks + 1])], high[np.concatenate([breaks, [len(high) - 1]])]
    return [
        (max(0, at - 1), min(count, min(last, at + longest - 1) + 2))
        for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)
        for at in range(first, last + 1, longest)
    ]


def _find_peaks(
    sound: Sound, blocks: Blocks, runs: list[tuple[int, int]], near: float, threads: WorkerThreads
) -> list[tuple[int, Values]]:
    """Return the first block of each run, and the true peaks of its blocks (0 where there is none)."""
    size = blocks.size
    end = len(blocks.peak) * size
    found = []
    for first, last in runs:
        threads.go_on()
        start, stop = first * size - REACH, last * size + REACH
        inside = np.concatenate(list(sound.read(max(0, start), min(end, stop))))
        frames = np.zeros((stop - start, inside.shape[1]), np.float32)
        frames[max(0, -start) :][: len(inside)] = inside
        at, height = true_peaks(frames, near)
        heights = np.zeros(last - first, np.float32)
        np.maximum.at(heights, at // size, height)
        found.append((first, heights))
    return found


def clipped_places(chunk: Chunk, rate_hz: int, *, flat: bool = False) -> int:
    """Return in how many moments of 10 ms some samples in a row stay at full scale.

    Samples of a float recording may lie above it and be whole: there they must also be *flat*, all the same.
    """
    if len(chunk) < _CLIPPED_IN_A_ROW or max(chunk.max(), -chunk.min()) < _FULL_SCALE:
        return 0
    high = np.abs(chunk) >= _FULL_SCALE
    held = high[:-2] & high[1:-1] & high[2:]
    if flat:
        held &= (chunk[:-2] == chunk[1:-1]) & (chunk[1:-1] == chunk[2:])
    return len(np.unique(np.flatnonzero(held.any(axis=1)) * 100 // rate_hz))
