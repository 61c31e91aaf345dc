"""Where somebody speaks: each 20 ms of one channel is told from noise, hum, hiss and music, at any level.

The detector is fed while a recording is decoded, and knows at its end what belongs together. It looks at 0 to 4 kHz
only, so that a telephone is as good as a studio.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOWS_PER_S = 50
"""Windows of a second."""

SILENT_DB = -120.0
"""What stands for the level of digital silence."""

_LEAST_ENERGY = 1e-12


@dataclass(frozen=True)
class Speech:
    """What a detector heard of one channel, in windows of 20 ms.

    ``energy`` is the mean square of each window between 80 and 4,000 Hz; ``spoken`` tells in which there is speech.
    """

    energy: NDArray[np.float32]
    spoken: NDArray[np.bool_]

    @property
    def seconds(self) -> float:
        """How long the channel is."""
        return len(self.spoken) / WINDOWS_PER_S

    @property
    def share(self) -> float:
        """The part of the whole in which there is speech (0..1)."""
        return float(np.mean(self.spoken)) if len(self.spoken) else 0.0

    @property
    def spoken_s(self) -> float:
        """Seconds of speech."""
        return float(np.count_nonzero(self.spoken)) / WINDOWS_PER_S

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each stretch of speech, in seconds, in order."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.spoken, [False]]).astype(np.int8)))
        return tuple((start / WINDOWS_PER_S, end / WINDOWS_PER_S) for start, end in edges.reshape(-1, 2).tolist())

    @property
    def speech_db(self) -> float:
        """The level of the speech, in dB of full scale."""
        return _level_db(self.energy[self.spoken])

    @property
    def rest_db(self) -> float:
        """The level of what is not speech, in dB of full scale; its middle, as a single bang says nothing."""
        rest = self.energy[~self.spoken]
        return _level_db(np.median(rest, keepdims=True)) if len(rest) else SILENT_DB

    @property
    def level_db(self) -> float:
        """The level of the whole, in dB of full scale."""
        return _level_db(self.energy)


def _level_db(energy: NDArray[np.float32]) -> float:
    mean = float(np.mean(energy, dtype=np.float64)) if len(energy) else 0.0
    return 10 * float(np.log10(mean)) if mean > _LEAST_ENERGY else SILENT_DB
