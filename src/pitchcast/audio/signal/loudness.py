"""How loud sound is, and the gain that brings it to the target: ITU-R BS.1770-4."""

from collections.abc import Callable

from pitchcast.audio.signal.blocks import GATE_LUFS
from pitchcast.model.base import Record

DUAL_MONO_DB = 3.0103
"""What one channel gains by being played on two speakers (10·log10 2)."""

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
