"""How loud an episode is over time, as a short text: what the page draws as its seek bar.

Each sign stands for an equal stretch of time. It is a digit to base 36: "z" is the loudest stretch, and half as high is
6 dB quieter. "" is a waveform that nobody knows.
"""

import itertools
import math
from collections.abc import Sequence

BARS = 120

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_HIGHEST = len(_DIGITS) - 1
_JOINED_PARTS = 10 * BARS


def waveform_of(energies: Sequence[float]) -> str:
    """Return the waveform of sound by the mean energies of equal stretches of it; "" where all of it is silent."""
    sums = [0.0, *itertools.accumulate(energies)]
    borders = [_sum_up_to(sums, len(energies) * number / BARS) for number in range(BARS + 1)]
    means = [max(0.0, after - before) for before, after in itertools.pairwise(borders)]
    highest = max(means)
    if highest <= 0:
        return ""
    return "".join(_DIGITS[round(_HIGHEST * math.sqrt(mean / highest))] for mean in means)


def first_part(waveform: str, share: float) -> str:
    """Return the waveform of the first *share* (0 to 1) of the sound."""
    return waveform[: max(1, round(share * len(waveform)))]


def joined_waveform(front: str, share: float, rest: str) -> str:
    """Return the waveform of two sounds one after the other, as loud as each other; *front* lasts *share* of both."""
    if not (front and rest):
        return ""
    count = round(share * _JOINED_PARTS)
    return waveform_of([*_energies(front, count), *_energies(rest, _JOINED_PARTS - count)])


def _sum_up_to(sums: Sequence[float], place: float) -> float:
    """Return the sum up to a *place* between two of the *sums*, as if what lies there were even."""
    before = min(int(place), len(sums) - 1)
    after = min(before + 1, len(sums) - 1)
    return sums[before] + (place - before) * (sums[after] - sums[before])


def _energies(waveform: str, count: int) -> list[float]:
    """Return the energies, relative to the loudest, of so many equal stretches of a waveform's sound."""
    heights = [_DIGITS.index(sign) / _HIGHEST for sign in waveform]
    return [heights[number * len(heights) // count] ** 2 for number in range(count)]
