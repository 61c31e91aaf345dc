"""True peaks, which lie between samples (ITU-R BS.1770-4, annex 2).

Eight points per sample are looked at, twice what the standard asks, so that no meter finds more; and only next to
samples that are high and higher than their neighbours.
"""

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.samples import Chunk

REACH = 32
"""Frames on each side of a point that it is made of."""

_PHASES = 8
_AT_ONCE = 256  # small enough for BLAS not to start threads


def true_peaks(frames: Chunk, near: float) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return where peaks next to samples of at least *near* (linear) lie, and their heights.

    *frames* begin and end with REACH frames of context; places count from behind the first of them.
    """
    places, heights = [], []
    for channel in range(frames.shape[1]):
        signal = np.ascontiguousarray(frames[:, channel])
        at = _intervals(np.abs(signal), near)
        for start in range(0, len(at), _AT_ONCE):
            some = at[start : start + _AT_ONCE]
            places.append(some)
            heights.append(_interpolated(signal, some))
    if not places:
        return np.zeros(0, np.intp), np.zeros(0, np.float32)
    return np.concatenate(places) - REACH, np.concatenate(heights)


def _intervals(level: NDArray[np.float32], near: float) -> NDArray[np.intp]:
    """Return the samples after which a peak may lie: a high one itself, or the next is one."""
    inner = level[REACH - 1 : len(level) - REACH + 1]
    high = np.flatnonzero(inner >= near) + REACH - 1
    top = high[(level[high] >= level[high - 1]) & (level[high] >= level[high + 1])]
    both = np.union1d(top, top - 1)
    return both[(both >= REACH) & (both < len(level) - REACH)]


def _interpolated(signal: NDArray[np.float32], at: NDArray[np.intp]) -> NDArray[np.float32]:
    windows = np.lib.stride_tricks.sliding_window_view(signal, 2 * REACH)[at - REACH + 1]
    heights: NDArray[np.float32] = np.abs(windows @ _FILTERS).max(axis=1)
    return heights


def _interpolation_filters() -> NDArray[np.float32]:
    """Return a column of taps for each of the points between one sample and the next (windowed sinc)."""
    taps = np.arange(-REACH + 1, REACH + 1)[:, None]
    distance = taps - np.arange(_PHASES)[None, :] / _PHASES
    inside = np.clip(1 - (distance / REACH) ** 2, 0, None)
    filters = np.sinc(distance) * np.i0(9.0 * np.sqrt(inside)) / np.i0(9.0)
    scaled: NDArray[np.float32] = (filters / filters.sum(axis=0)).astype(np.float32)
    return scaled


_FILTERS = _interpolation_filters()
