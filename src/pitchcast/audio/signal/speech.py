"""Stand-in until the detector is merged: speech is what rises and falls above a steady floor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BLOCK_S = 0.02
_ABOVE_FLOOR_DB, _BELOW_LOUD_DB = 12.0, 25.0


@dataclass(frozen=True)
class Speech:
    """Where somebody speaks: the share of windows (0..1), and spans in seconds."""

    share: float
    spans: tuple[tuple[float, float], ...]


class SpeechDetector:
    """Takes in one channel, block by block."""

    def __init__(self, rate_hz: int) -> None:
        self._size = int(rate_hz * _BLOCK_S)
        self._rest = np.zeros(0, np.float32)
        self._powers: list[NDArray[np.float32]] = []

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Take in the next samples."""
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self._size * self._size
        self._rest = samples[whole:]
        blocks = samples[:whole].reshape(-1, self._size)
        self._powers.append(np.einsum("ij,ij->i", blocks, blocks) / np.float32(self._size))

    def speech(self) -> Speech:
        """Return what was found."""
        power = np.concatenate(self._powers) if self._powers else np.zeros(0, np.float32)
        level = 10 * np.log10(np.maximum(power, 1e-9))
        if not len(level):
            return Speech(0.0, ())
        low, high = np.percentile(level, (5, 97))
        spoken = (level > low + _ABOVE_FLOOR_DB) & (level > high - _BELOW_LOUD_DB) & (level > -70)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], spoken, [False]]).astype(np.int8))).reshape(-1, 2)
        spans = tuple((start * _BLOCK_S, end * _BLOCK_S) for start, end in edges.tolist())
        return Speech(float(spoken.mean()), spans)
