"""How loud sound is, and the gain that brings it to the target: ITU-R BS.1770-4, measured by ffmpeg's ebur128."""

import re
from collections.abc import Callable
from math import isfinite, log10

from pitchcast.audio.signal.blocks import GATE_LUFS, QUIETEST_PEAK_DBTP
from pitchcast.model.base import Record

DUAL_MONO_DB = 3.0103
"""What one channel gains by being played on two speakers (10·log10 2)."""

METER = "ebur128=metadata=1:framelog=quiet"
_VALUE = re.compile(r"lavfi\.r128\.(I|LRA|true_peak)=(\S+)")
_SUMMARY_PEAK = re.compile(r"^\s+Peak:\s+(-?[\d.]+) dBFS")
_MOST_ROUNDS = 10
_GOOD_ENOUGH_LU = 0.03
_LARGEST_STEP_DB = 12.0
_MOST_EXTRA_DB = 40.0


class Loudness(Record, frozen=True):
    """How loud a file is.

    ``integrated_lufs`` is what a meter reads on the file as it is; ``heard_lufs`` counts one channel as played on
    two speakers. Silence reads -70 LUFS (the absolute gate) and -120 dBTP.
    """

    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    loudness_range_lu: float = 0.0


class LoudnessLog:
    """Gathers what ebur128 says, line by line of ffmpeg's log; the last word counts."""

    def __init__(self) -> None:
        self._values = {"I": GATE_LUFS, "LRA": 0.0, "true_peak": 0.0}
        self._summary_peak_dbfs = QUIETEST_PEAK_DBTP

    def read_line(self, line: str) -> None:
        """Take in one line."""
        if value := _VALUE.search(line):
            number = float(value[2])
            if isfinite(number):  # samples that are no numbers make sums that are none
                self._values[value[1]] = number
        elif summary := _SUMMARY_PEAK.match(line):
            self._summary_peak_dbfs = float(summary[1])

    @property
    def integrated_lufs(self) -> float:
        """Integrated loudness as the meter reads it."""
        return max(self._values["I"], GATE_LUFS)

    def loudness(self, channels: int) -> Loudness:
        """Return the measured loudness of a file of so many channels."""
        return Loudness(
            integrated_lufs=round(self.integrated_lufs, 2),
            heard_lufs=round(heard(self.integrated_lufs, channels), 2),
            true_peak_dbtp=self._true_peak_dbtp(),
            loudness_range_lu=round(self._values["LRA"], 1),
        )

    def _true_peak_dbtp(self) -> float:
        """Return the finer of the two peaks that ebur128 tells.

        Per block it gives three decimals of a linear value, at the end a tenth of a dB that also counts the last,
        unfinished block.
        """
        linear = self._values["true_peak"]
        by_block = 20 * log10(linear) if linear > 0 else QUIETEST_PEAK_DBTP
        fine = linear > 0.05 and abs(by_block - self._summary_peak_dbfs) <= 0.1
        return round(by_block if fine else max(self._summary_peak_dbfs, QUIETEST_PEAK_DBTP), 2)


def heard(integrated_lufs: float, channels: int) -> float:
    """Return how loud it is heard what a meter reads as *integrated_lufs* on that many channels."""
    return integrated_lufs + DUAL_MONO_DB if channels == 1 and integrated_lufs > GATE_LUFS else integrated_lufs


def solve_gain(first_db: float, target_lufs: float, measure: Callable[[float], float]) -> tuple[float, float]:
    """Return the gain whose result *measure* is nearest to *target_lufs*, and how far from it that is.

    *measure* gives the loudness after a gain; a limiter makes it rise by less than the gain. A secant kept inside
    its bracket, from *first_db*; the best of at most ten tries. At most 40 dB more than *first_db* are tried: what
    that does not reach, no gain reaches.
    """
    low, high = first_db - _LARGEST_STEP_DB, first_db + _MOST_EXTRA_DB
    gain_db, tried = first_db, [(first_db, measure(first_db) - target_lufs)]
    for _ in range(_MOST_ROUNDS - 1):
        gain_db, error = tried[-1]
        if abs(error) <= _GOOD_ENOUGH_LU:
            break
        low, high = (gain_db, high) if error < 0 else (low, gain_db)
        following = _next_gain(tried, low, high)
        if abs(following - gain_db) < 0.005:
            break
        tried.append((following, measure(following) - target_lufs))
    return min(tried, key=lambda one: abs(one[1]))


def _next_gain(tried: list[tuple[float, float]], low: float, high: float) -> float:
    gain_db, error = tried[-1]
    slope = 1.0
    if len(tried) > 1:
        before_db, error_before = tried[-2]
        slope = min(1.2, max(0.1, (error - error_before) / (gain_db - before_db)))
    step = max(-_LARGEST_STEP_DB, min(_LARGEST_STEP_DB, -error / slope))
    following = gain_db + step
    return following if low < following < high else (low + high) / 2
