"""Which inputs of a recording are used, where it has more than two: those in which somebody speaks.

An input is a channel of a recorder, or an audio track of a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pitchcast.audio.signal.channels import lag_between, lies_inside
from pitchcast.audio.signal.samples import Chunk
from pitchcast.audio.signal.speech import Speech

_SPEAKS_SHARE, _OF_THE_MOST = 0.02, 0.1
_SILENT_DB, _SILENT_BELOW_DB = -65.0, 40.0
_SOFT_DB = 20.0
_ALIKE = 0.5
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


@dataclass(frozen=True)
class Input:
    """What was heard of one input: speech, its level where it is loud (dB of full scale), and some seconds of it."""

    speech: Speech
    level_db: float
    sample: Chunk


@dataclass(frozen=True)
class Choice:
    """The inputs that are used, by number from 0, and a sentence for people about it ("" for nothing to tell)."""

    used: tuple[int, ...]
    remark: str


def choose_inputs(inputs: Sequence[Input], kind: str, rate_hz: int, *, keep_sounds: bool) -> Choice:
    """Return which of the inputs, called *kind* in the remark, are used.

    Those in which somebody speaks, each voice once; with *keep_sounds* also others that are nearly as loud, such as
    the music of a film. Where nobody speaks, all that are not silent.
    """
    loudest = max(one.level_db for one in inputs)
    audible = [n for n, one in enumerate(inputs) if one.level_db > max(_SILENT_DB, loudest - _SILENT_BELOW_DB)]
    most = max((inputs[n].speech.share for n in audible), default=0.0)
    speaking = [n for n in audible if inputs[n].speech.share > max(_SPEAKS_SHARE, _OF_THE_MOST * most)]
    voices = _each_once(inputs, speaking, rate_hz)
    sounds = [n for n in audible if n not in speaking and inputs[n].level_db > loudest - _SOFT_DB]
    used = sorted([*voices, *(sounds if keep_sounds else [])]) or audible or [0]
    return Choice(tuple(used), _remark(kind, len(inputs), used, speech=bool(voices)))


def _each_once(inputs: Sequence[Input], speaking: Sequence[int], rate_hz: int) -> list[int]:
    """Return those that hold a voice that no louder one holds: two microphones of one voice would make it hollow."""
    kept: list[int] = []
    for number in sorted(speaking, key=lambda n: -inputs[n].level_db):
        if not any(_repeats(inputs[number], inputs[louder], rate_hz) for louder in kept):
            kept.append(number)
    return kept


def _repeats(one: Input, louder: Input, rate_hz: int) -> bool:
    is_leak = louder.level_db - one.level_db > _SOFT_DB and lies_inside(one.speech, louder.speech)
    return is_leak or _are_alike(one.sample, louder.sample, rate_hz)


def _are_alike(one: Chunk, other: Chunk, rate_hz: int) -> bool:
    """Return whether both are one sound, at most 5 ms apart: most of what is loud in them is."""
    size = 1 << 14
    found = [
        lag_between(one[at : at + size, 0], other[at : at + size, 0], rate_hz)
        for at in range(0, min(len(one), len(other)) - size // 4, size)
    ]
    if not found:
        return False
    alike, power = np.array([likeness for _, likeness, _ in found]), np.array([power for *_, power in found])
    loud = power >= 0.01 * np.percentile(power, 95)
    return bool(np.median(alike[loud]) >= _ALIKE) if power.any() else False


def _remark(kind: str, count: int, used: Sequence[int], *, speech: bool) -> str:
    if len(used) == count:
        return f"All {count} {kind}s are used, mixed together." if count > 1 else ""
    holds = "holds speech" if speech else "holds sound"
    if len(used) == 1:
        return f"Of {count} {kind}s only the {_ordinal(used[0])} {holds}, and is used."
    numbers = ", ".join(str(number + 1) for number in used[:-1])
    return f"Of {count} {kind}s, numbers {numbers} and {used[-1] + 1} are used, mixed together."


def _ordinal(number: int) -> str:
    return _ORDINALS[number] if number < len(_ORDINALS) else f"{number + 1}th"
