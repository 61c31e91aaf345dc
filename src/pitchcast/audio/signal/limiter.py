"""The gain at each moment that brings sound to its loudness and keeps every true peak under a limit.

One gain for the whole; where a peak would pass the limit, it dips, for 7 ms before the peak and 17 ms after it: short
enough not to pump. A gain that slow moves no peak between samples, so that nothing need be oversampled; and peaks are
looked at only where they are. What loudness comes of it is reckoned from the measured blocks, without another pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import GATE_LUFS, Blocks, Values, integrated_of_steps, steps_of
from pitchcast.audio.signal.loudness import solve_gain

_WAY_DOWN = tuple(np.float32((1 + cos(pi * n / 3)) / 2) for n in range(1, 3))
_WAY_UP = tuple(np.float32((1 + cos(pi * n / 7)) / 2) for n in range(1, 7))
_FURTHEST = len(_WAY_UP) + 1  # blocks away from a peak in which the gain still moves
_TENTHS_AT_ONCE = 1024
_MEND_MORE_DB = 0.15
_REACH_BLOCKS = 2  # a mended peak is mended this far around, too: the encoder smears


@dataclass(frozen=True)
class Curve:
    """The gain at each border of blocks (one more than there are blocks), linear; between them it moves evenly.

    ``gain_db`` is the gain where nothing dips, ``error_lu`` by how much the loudness then misses its goal.
    """

    gains: Values
    gain_db: float
    error_lu: float


def gains_of_frames(gains: Values, size: int) -> Values:
    """Return the gain of each frame of blocks whose borders have *gains*."""
    along = (np.arange(size, dtype=np.float32) / np.float32(size))[None, :]
    frames: Values = (gains[:-1, None] + (gains[1:] - gains[:-1])[:, None] * along).reshape(-1)
    return frames


@dataclass
class Limiter:
    """Finds the curve for blocks whose peaks are true ones where they matter.

    ``limit`` is linear. ``extra_db`` is by what single blocks dip more, because encoding raised them before.
    """

    blocks: Blocks
    limit: float
    extra_db: dict[int, float] = field(default_factory=dict)

    def solve(self, first_db: float, goal_lufs: float) -> Curve:
        """Return the curve that comes nearest to *goal_lufs* as a meter reads it, beginning from *first_db*."""
        gain_db, _ = solve_gain(first_db, goal_lufs, self._loudness)
        return self.at(gain_db, goal_lufs)

    def at(self, gain_db: float, goal_lufs: float) -> Curve:
        """Return the curve of one gain."""
        gain_db = round(gain_db, 2)  # the last bits of sums differ between processors
        gains = np.empty(len(self.blocks.peak) + 1, np.float32)
        for first, part in self._gains(gain_db):
            gains[first : first + len(part)] = part
        return Curve(gains, gain_db, self._loudness(gain_db) - goal_lufs)

    def mend(self, blocks: NDArray[np.intp], over_db: NDArray[np.floating[Any]]) -> None:
        """Ask for less around blocks in which encoding raised peaks by *over_db* too much."""
        extra: dict[int, float] = {}
        for block, over in zip(blocks.tolist(), over_db.tolist(), strict=True):
            for near in range(max(0, block - _REACH_BLOCKS), min(len(self.blocks.peak), block + _REACH_BLOCKS + 1)):
                extra[near] = max(extra.get(near, 0.0), over + _MEND_MORE_DB)
        for near, more in extra.items():
            self.extra_db[near] = self.extra_db.get(near, 0.0) + more

    def _gains(self, gain_db: float) -> Iterator[tuple[int, Values]]:
        """Yield the gains at the borders of some whole tenths of a second at once, and the number of the first.

        The last border of each part is the first one of the next: three hours would be large arrays otherwise.
        """
        step, count = round(self.blocks.per_s / 10) * _TENTHS_AT_ONCE, len(self.blocks.peak)
        for first in range(0, count, step):
            start, end = max(0, first - _FURTHEST), min(count, first + step + _FURTHEST)
            depth = _spread(_at_borders(self._need(start, end, gain_db)))
            part = depth[first - start : min(count, first + step) + 1 - start]
            gains: Values = (10 ** ((np.float32(gain_db) - part) / 20)).astype(np.float32)
            yield first, gains

    def _need(self, start: int, end: int, gain_db: float) -> Values:
        """Return by how many dB each block from *start* up to *end* must dip."""
        peak = self.blocks.peak[start:end]
        need = np.zeros(end - start, np.float32)
        high = np.flatnonzero(peak > self.limit * 10 ** (-gain_db / 20))
        need[high] = 20 * np.log10(peak[high] / self.limit) + gain_db
        for block, extra in self.extra_db.items():
            if start <= block < end:
                need[block - start] += extra
        return need

    def _loudness(self, gain_db: float) -> float:
        steps = []
        for first, gains in self._gains(gain_db):
            middle = (gains[:-1] + gains[1:]) / np.float32(2)
            energy: Values = self.blocks.energy[first : first + len(middle)] * middle * middle
            steps.append(steps_of(energy, self.blocks.per_s))
        return integrated_of_steps(np.concatenate(steps)) if steps else GATE_LUFS


def _at_borders(need: Values) -> Values:
    """Return what is needed at each border of blocks: the more of what its two blocks need."""
    depth = np.zeros(len(need) + 1, np.float32)
    depth[:-1] = need
    np.maximum(depth[1:], need, out=depth[1:])
    return depth


def _spread(depth: Values) -> Values:
    """Return the least depth that holds *depth* everywhere, with a way down before it and a way up after it."""
    spread = depth.copy()
    for away, share in enumerate(_WAY_DOWN, start=1):
        np.maximum(spread[:-away], depth[away:] * share, out=spread[:-away])
    for away, share in enumerate(_WAY_UP, start=1):
        np.maximum(spread[away:], depth[:-away] * share, out=spread[away:])
    return spread
