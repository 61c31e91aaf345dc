"""Which inputs of a recording are used, where it has more than two, and what people are told of it.

An input is a channel of a recorder, or an audio track of a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pitchcast.audio.signal.choosing import choose
from pitchcast.audio.signal.speech import Speech

_SOFT_DB = 20.0
_SILENT_DB = -65.0
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


@dataclass(frozen=True)
class Used:
    """The inputs that are used, by number from 0, and a sentence for people about it."""

    numbers: tuple[int, ...]
    remark: str


def choose_inputs(inputs: Sequence[Speech], kind: str, *, keep_sounds: bool) -> Used:
    """Return which of the inputs, called *kind* in the remark, are used.

    Those in which somebody speaks, each voice once; with *keep_sounds* also others that are nearly as loud, such as
    the music of a film.
    """
    choice = choose(inputs)
    loudest_db = max(one.level_db for one in inputs)
    sounds = [number for number in choice.leave if _is_sound(inputs[number], loudest_db)] if keep_sounds else []
    numbers = tuple(sorted([*choice.take, *sounds]))
    doubt = "" if choice.sure else " Check that it is what you want to be heard."
    return Used(numbers, _remark(kind, len(inputs), numbers, choice.reasons) + doubt)


def _is_sound(one: Speech, loudest_db: float) -> bool:
    return not one.spoken.any() and one.level_db > max(_SILENT_DB, loudest_db - _SOFT_DB)


def _remark(kind: str, count: int, used: Sequence[int], reasons: Sequence[str]) -> str:
    left = [f"the {_ordinal(number)} {reason}" for number, reason in enumerate(reasons) if number not in used]
    why = f" ({', '.join(left)})" if left and count <= len(_ORDINALS) else ""
    if len(used) == count:
        all_of_them = "Both" if count == 2 else f"All {count}"
        return f"{all_of_them} {kind}s are used, mixed together."
    if len(used) == 1:
        return f"Of {count} {kind}s only the {_ordinal(used[0])} is used{why}."
    numbers = ", ".join(str(number + 1) for number in used[:-1])
    return f"Of {count} {kind}s, numbers {numbers} and {used[-1] + 1} are used, mixed together{why}."


def _ordinal(number: int) -> str:
    return _ORDINALS[number] if number < len(_ORDINALS) else f"{number + 1}th"
