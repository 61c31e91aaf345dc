"""Names that do not say which prospect, episode or feed is meant: asked about at a terminal, else told with a command.

Every command takes part: what it was told under one of NAMING is what the answer replaces.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display
from pitchcast.cli.prompts import choose_candidate
from pitchcast.errors import AmbiguousName, UnclearName
from pitchcast.invocation import typed_command
from pitchcast.model.naming import compare_form

NAMING = ("by", "episode", "feed", "feeds", "prospects", "to", "who")
"""The parameters of commands that name prospects, episodes or feeds."""


def settled(common: Common, values: Mapping[str, Any], error: UnclearName) -> tuple[Common, Mapping[str, Any]]:
    """Return what a command was told with the name that was unclear replaced by the one that was chosen.

    Raises the error, with a command that can be copied, where nobody can be asked or no other name is known.
    """
    if not error.candidates or not _names(values, error.wanted):
        raise error
    if not common.may_ask:
        error.hint = _copyable(common, error)
        raise error
    chosen = choose_candidate(Display(common), error)
    common.after_answer.clear()  # the command begins anew
    common.changed.clear()
    return replace(common, typed=_typed(common, error.wanted, chosen)), _renamed(values, error.wanted, chosen)


def typed_with(common: Common, meant: Mapping[str, str]) -> str:
    """Return the command as typed with names replaced by those who were *meant*, "" where it does not show which."""
    for wanted, chosen in meant.items():
        typed = _typed(common, wanted, chosen)
        if typed == common.typed:
            return ""
        common = replace(common, typed=typed)
    return typed_command(*common.typed)


def _copyable(common: Common, error: UnclearName) -> str:
    """Return a hint with the whole command as it would have to be typed for the likeliest one."""
    chosen = error.candidates[0]
    typed = _typed(common, error.wanted, chosen.id)
    if typed == common.typed:
        return error.hint
    first = chosen.shown if len(error.candidates) > 1 else "it"
    lead = f"{error.hint} For {first}" if isinstance(error, AmbiguousName) else f"{error.hint} For {first}, run"
    return f"{lead}: {typed_command(*typed)}"


def _names(values: Mapping[str, Any], wanted: str) -> bool:
    return any(_is_same(one, wanted) for key in NAMING for one in _listed(values.get(key)))


def _renamed(values: Mapping[str, Any], wanted: str, chosen: str) -> dict[str, Any]:
    """Return a command's values with the name *wanted* replaced wherever somebody is named."""
    changed = dict(values)
    for key in NAMING:
        value = values.get(key)
        if isinstance(value, str) and _is_same(value, wanted):
            changed[key] = chosen
        elif isinstance(value, (list, tuple)):
            changed[key] = [chosen if _is_same(one, wanted) else one for one in value]
    return changed


def _typed(common: Common, wanted: str, chosen: str) -> tuple[str, ...]:
    """Return the command as typed with the name replaced; as it is where that word stands in it more than once."""
    same = [word for word in common.typed if _is_same(word.partition("=")[2] or word, wanted)]
    if len(same) != 1:
        return common.typed
    return tuple(_with_name(word, chosen) if word == same[0] else word for word in common.typed)


def _with_name(word: str, chosen: str) -> str:
    option, equals, _ = word.partition("=")
    return f"{option}={chosen}" if equals and option.startswith("--") else chosen


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def _is_same(written: str, wanted: str) -> bool:
    """Return whether it is the name that an error speaks of, which tells it in one form."""
    return compare_form(written) == compare_form(wanted)
