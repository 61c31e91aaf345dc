"""Samples made fit to be measured: impossible ones muted, the mean and what lies below 20 Hz taken away.

A decoder that is given damaged bytes may answer with samples a hundred thousand times above full scale; loudness, trim
and limiter would follow that bang. An offset (DC) hides silence and takes room from the peaks.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import block_frames, product_of_rows
from pitchcast.audio.signal.samples import Chunk

IMPOSSIBLE_LOSSY = 4.0
"""Above this (linear, 12 dB over full scale) what a lossy codec decodes is damage: music cut off at full scale reaches
about half of it."""

IMPOSSIBLE_FLOAT = 2.0**24
"""The same for recordings of float samples, which may lie far above full scale and be whole."""

_ABOVE_FULL_SCALE = 1.0
_BLOCK_S = 0.01
_AROUND_BLOCKS = 3  # a damaged frame is longer than what of it is impossible
_SLOW_S = 0.05  # length of the average: half of 20 Hz is in it, a quarter of 15 Hz is not


@dataclass(frozen=True)
class Muted:
    """A part that was muted because its samples are impossible, in frames."""

    start: int
    end: int


class Conditioner:
    """Conditions a stream of frames, chunk by chunk; what comes out is as long as what goes in, a little later.

    ``muted`` are the parts muted so far, ``offset`` is the largest mean of a channel over the whole.
    """

    def __init__(self, rate_hz: int, channels: int, impossible: float) -> None:
        self._mute = _Muter(rate_hz, channels, impossible)
        self._slow = _SlowRemover(rate_hz, channels)

    @property
    def muted(self) -> list[Muted]:
        """The parts muted so far, in order."""
        return self._mute.muted

    @property
    def offset(self) -> float:
        """The mean of the channel that lies farthest from zero."""
        return self._slow.offset

    def add(self, chunk: Chunk) -> Chunk:
        """Take in the next frames, and return those that are ready."""
        return self._slow.add(self._mute.add(chunk))

    def finish(self) -> Chunk:
        """Return the frames that were held back."""
        last = self._slow.add(self._mute.finish())
        return np.concatenate([last, self._slow.finish()])


class _Muter:
    """Mutes impossible samples and what is around them. Where there are none, it only looks for the highest sample."""

    def __init__(self, rate_hz: int, channels: int, impossible: float) -> None:
        self._size = max(1, int(_BLOCK_S * rate_hz))
        self._impossible = impossible
        self._held: Chunk = np.zeros((0, channels), np.float32)
        self._given = 0
        self._before: NDArray[np.bool_] = np.zeros(_AROUND_BLOCKS, bool)  # which of the last blocks given were bangs
        self.muted: list[Muted] = []

    def add(self, chunk: Chunk) -> Chunk:
        """Return frames that are ready: the last blocks wait, because a bang in the next ones would mute them."""
        frames = np.concatenate([self._held, chunk]) if len(self._held) else chunk
        ready = max(0, len(frames) // self._size - _AROUND_BLOCKS) * self._size
        return self._ready(frames, ready)

    def finish(self) -> Chunk:
        """Return what waited."""
        return self._ready(self._held, len(self._held))

    def _ready(self, frames: Chunk, count: int) -> Chunk:
        ready = frames[:count]
        if self._before.any() or max(frames.max(initial=0.0), -frames.min(initial=0.0)) > self._impossible:
            ready = self._without_bangs(frames, count)
        self._held = frames[count:]
        self._given += count
        return ready

    def _without_bangs(self, frames: Chunk, count: int) -> Chunk:
        """Return a copy of the first *count* frames, muted where they are impossible, or near such ones."""
        blocks, done = -(-len(frames) // self._size), -(-count // self._size)
        padded = np.zeros((blocks * self._size, frames.shape[1]), np.float32)
        padded[: len(frames)] = frames
        peak = np.abs(padded).reshape(blocks, -1).max(axis=1)
        bang = peak > self._impossible
        bang[0] |= self._before[-1] and peak[0] > _ABOVE_FULL_SCALE
        known = np.concatenate([self._before, _spread(bang, peak > _ABOVE_FULL_SCALE)])
        near = np.convolve(known, np.ones(2 * _AROUND_BLOCKS + 1), mode="same")[_AROUND_BLOCKS:][:done] > 0.5
        self._before = known[: _AROUND_BLOCKS + done][-_AROUND_BLOCKS:]
        for start, end in _runs(near):
            self._note(self._given + start * self._size, self._given + min(count, end * self._size))
            padded[start * self._size : end * self._size] = 0
        return padded[:count]

    def _note(self, start: int, end: int) -> None:
        if self.muted and self.muted[-1].end == start:
            start = self.muted.pop().start
        self.muted.append(Muted(start, end))


def _spread(seeds: NDArray[np.bool_], through: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the seeds and all runs of *through* that touch one."""
    found = seeds.copy()
    for start, end in _runs(through | seeds):
        found[start:end] |= bool(seeds[start:end].any())
    return found


def _runs(where: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(np.int8)))
    return [(start, end) for start, end in edges.reshape(-1, 2).tolist()]


class _SlowRemover:
    """Takes away what is slower than 20 Hz, without moving anything else in time.

    The slow part is found in steps of 2.5 ms: each sample belongs to the two steps around it, by its distance. Steps
    are averaged over 50 ms, and what lies between two of them is a straight line. At both ends the sound is taken
    to go on mirrored, so that an offset does not begin with a bang.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._size, self._channels = block_frames(rate_hz), channels
        self._half = round(_SLOW_S / 2 * rate_hz / self._size)
        bell = np.hanning(2 * self._half + 1)
        self._bell = (bell / bell.sum()).astype(np.float32)
        self._waiting: Chunk = np.zeros((0, channels), np.float32)
        self._is_begun = False
        self._measured = 0  # frames of those waiting that steps know already
        self._steps: NDArray[np.float32] = np.zeros((0, channels), np.float32)
        self._rising: NDArray[np.float32] | None = None  # the half of the next step that is known
        self._sum: NDArray[np.float64] = np.zeros(channels)
        self._blocks = 0

    @property
    def offset(self) -> float:
        """The mean so far of the channel that lies farthest from zero."""
        return float(np.abs(self._sum).max(initial=0.0)) / max(1, self._blocks)

    def add(self, chunk: Chunk) -> Chunk:
        """Return the frames for which enough of what follows is known."""
        frames = np.concatenate([self._waiting, chunk]) if len(self._waiting) else chunk
        whole = len(frames) // self._size * self._size
        if whole > self._measured:
            self._measure(frames[self._measured : whole])
        self._measured = whole
        return self._clean(frames, max(0, len(self._steps) - 2 * self._half - 1) if self._is_begun else 0)

    def finish(self) -> Chunk:
        """Return the rest."""
        frames = len(self._waiting)
        if not frames:
            return self._waiting
        missing = -frames % self._size
        last = self._waiting[self._measured :]
        filled = np.repeat(last.mean(axis=0, keepdims=True), missing, axis=0) if len(last) else last
        padded = np.concatenate([self._waiting, filled.astype(np.float32)])
        if len(last):
            self._measure(padded[self._measured :])
        end = self._rising if self._rising is not None else np.zeros((1, self._channels), np.float32)
        self._steps = np.concatenate([self._steps, 2 * end])
        if not self._is_begun:
            self._begin()
        self._steps = np.pad(self._steps, ((0, self._half), (0, 0)), mode="reflect")
        return self._clean(padded, len(padded) // self._size)[:frames]

    def _measure(self, frames: Chunk) -> None:
        """Add the steps that whole blocks complete; of the first one only the half after it is there, and counts."""
        halves = product_of_rows(frames.reshape(-1, self._size * self._channels), _to_steps(self._size, self._channels))
        rising, falling = halves[:, : self._channels], halves[:, self._channels :]
        self._sum += halves.sum(axis=0, dtype=np.float64).reshape(2, -1).sum(axis=0)
        self._blocks += len(halves)
        first = 2 * falling[:1] if self._rising is None else self._rising + falling[:1]
        self._steps = np.concatenate([self._steps, first, rising[:-1] + falling[1:]])
        self._rising = rising[-1:]
        if not self._is_begun and len(self._steps) > self._half:
            self._begin()

    def _begin(self) -> None:
        """Put before the first step what follows it, mirrored."""
        self._steps = np.pad(self._steps, ((self._half, 0), (0, 0)), mode="reflect")
        self._is_begun = True

    def _clean(self, frames: Chunk, blocks: int) -> Chunk:
        """Return the first *blocks* blocks without their slow part; the others wait."""
        count = blocks * self._size
        self._waiting = frames[count:]
        if not blocks:
            return frames[:0]
        self._measured -= count
        slow = self._averaged(self._steps[: blocks + 1 + 2 * self._half])
        self._steps = self._steps[blocks:]
        ends = np.concatenate([slow[:-1], slow[1:]], axis=1)
        lines = product_of_rows(ends, _to_lines(self._size, self._channels)).reshape(-1, self._channels)
        return np.subtract(frames[:count], lines, out=lines)

    def _averaged(self, steps: NDArray[np.float32]) -> NDArray[np.float32]:
        columns = [np.convolve(steps[:, channel], self._bell, mode="valid") for channel in range(self._channels)]
        return np.stack(columns, axis=1).astype(np.float32)


def _rising(size: int) -> NDArray[np.float32]:
    """Return how near each frame of a block is to its end, from 0 to 1."""
    return ((np.arange(size) + 0.5) / size).astype(np.float32)


@lru_cache(maxsize=8)
def _to_steps(size: int, channels: int) -> NDArray[np.float32]:
    """Return what makes a block's halves of two steps of its samples: that at its end, and that at its start."""
    up = _rising(size) / np.float32(size)
    weights = np.stack([up, np.float32(1 / size) - up], axis=1)
    return np.kron(weights, np.eye(channels, dtype=np.float32)).astype(np.float32)


@lru_cache(maxsize=8)
def _to_lines(size: int, channels: int) -> NDArray[np.float32]:
    """Return what makes a block's straight line of the steps at its start and its end."""
    up = _rising(size)
    weights = np.stack([1 - up, up], axis=0)
    return np.kron(weights, np.eye(channels, dtype=np.float32)).astype(np.float32)
