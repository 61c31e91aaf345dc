"""Questions to somebody at a terminal: asked on stderr, so that stdout carries nothing but results.

A wrong answer is asked again at once, with what is possible. Ctrl-C and Ctrl-D end the command. A file that is dropped
is understood however the terminal writes it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from pitchcast.cli.display import Display, lead_in, tell
from pitchcast.cli.dropped import dropped_path
from pitchcast.cli.keyboard import press_key, type_line
from pitchcast.errors import CatalogError, FileError, PitchcastError, UnclearName, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import Mention

_NO_ANSWER = "Type an answer, or press Ctrl-C to stop."


def as_it_is(text: str) -> str:
    """Accept any answer."""
    return text


def ask(display: Display, question: str, *, default: str = "", check: Callable[[str], str] = as_it_is) -> str:
    """Return the answer to a question, *default* for an empty line; asks again until *check* accepts it."""
    prompt = f"  {question} [{default}]:" if default else f"  {question}:"
    return _accepted(display, lambda: type_line(lead_in(prompt)) or default, check)


def ask_hidden(display: Display, question: str, check: Callable[[str], str]) -> str:
    """Return the answer to a question without showing what is typed; asks again until *check* accepts it."""
    return _accepted(display, lambda: type_line(lead_in(f"  {question}:"), hidden=True), check)


def _accepted(display: Display, typed: Callable[[], str], check: Callable[[str], str]) -> str:
    """Ask until something is *typed* that *check* accepts, and return what it makes of that."""
    while True:
        answer = typed()
        if not answer:
            tell(_NO_ANSWER)
            continue
        try:
            return check(answer)
        except PitchcastError as error:
            display.warn(f"{error.message}. {error.hint}")


def confirm(question: str, *, default: bool) -> bool:
    """Return whether the answer is yes; *default* for an empty line."""
    possible = "Y/n" if default else "y/N"
    while True:
        answer = type_line(lead_in(f"{question} [{possible}]")).casefold()
        if not answer:
            return default
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")
        tell(f"Type y for yes or n for no; Enter alone means {'yes' if default else 'no'}.")


def ask_key(question: str, keys: Sequence[str]) -> str:
    """Return which of *keys* is pressed, "" for Enter and for whatever else ends a question."""
    while True:
        pressed = press_key(lead_in(question), keys)
        if not pressed or pressed in keys:
            return pressed
        tell(f"Press {', '.join(keys)}, or Enter to go on.")


def choose_candidate(display: Display, error: UnclearName) -> str:
    """Ask which one is meant by a name that is unclear, without a default, and return its id or what else was typed.

    Raises the error where it is none of them.
    """
    tell(f"{error.message[:1].upper()}{error.message[1:]}. Which one is meant?")
    shown = [*(one.shown for one in error.candidates), "none of these"]
    answer = numbered(display, shown, "Number, or another name")
    if not answer.isdecimal():
        return answer
    if int(answer) == len(shown):
        raise error
    return error.candidates[int(answer) - 1].id


def did_you_mean(display: Display, wanted: str, known: Sequence[tuple[str, str]]) -> str | None:
    """Ask which of the known (id, name) was meant by *wanted*.

    There is no default: a pitch must not reach another company by a habit.
    Returns its id, "" for a new one, or None where it is none of these and not to be created.
    """
    tell(f"“{wanted}” is not among the prospects. Which one is meant?")
    shown = [*(f"{name} ({known_id})" for known_id, name in known), f"a new prospect: {wanted}", "none of these"]
    choices = [*(known_id for known_id, _ in known), "", None]
    return choices[choose_number(display, shown) - 1]


def numbered(display: Display, choices: Sequence[str], question: str, check: Callable[[str], str] = as_it_is) -> str:
    """Show choices with their numbers and return the number of one of them, or what else *check* accepts."""
    _list(choices)
    return ask(display, question, check=lambda text: _in_range(text, len(choices)) if text.isdecimal() else check(text))


def choose_number(display: Display, choices: Sequence[str]) -> int:
    """Show choices and return the number of one of them, from 1 on. There is no default."""
    _list(choices)

    def check(text: str) -> str:
        if not text.isdecimal():
            raise _not_in_range(text, len(choices))
        return _in_range(text, len(choices))

    return int(ask(display, "Number", check=check))


def choose_file(display: Display, title: str, files: Sequence[tuple[Path, str]], question: str) -> Path:
    """Return one of the files that are offered with what is said of each, or another that is typed or dropped.

    The first one is the default. What is not a file is asked again.
    """
    tell(title)
    _list([shown for _, shown in files])

    def check(text: str) -> str:
        if text.isdecimal() and files:
            return str(files[int(_in_range(text, len(files))) - 1][0])
        path = dropped_path(text)
        if not path.is_file():
            possible = f"{_numbers(len(files))}, or" if files else "Type"
            raise FileError(f"there is no file {path}", hint=f"{possible} the name of a file; it can be dropped here.")
        return str(path)

    return Path(ask(display, question, default="1" if files else "", check=check))


def _list(choices: Sequence[str]) -> None:
    for number, choice in enumerate(choices, 1):
        tell(f"  {number}  {choice}")


def _in_range(text: str, count: int) -> str:
    """Return an answer that is a number among *count*, or no number at all. Raises UsageError for another number."""
    if text.isdecimal() and not 1 <= int(text) <= count:
        raise _not_in_range(text, count)
    return text


def _not_in_range(text: str, count: int) -> PitchcastError:
    return UsageError(f"“{text}” is not one of these", hint=f"{_numbers(count)}, or press Ctrl-C to stop.")


def _numbers(count: int) -> str:
    return f"Type a number from 1 to {count}" if count > 1 else "Type 1"


def settle_audience(
    display: Display,
    audience: Audience,
    new: Sequence[Mention],
    similar: Mapping[str, Sequence[str]],
    names: Mapping[str, str],
) -> Audience:
    """Return the audience with those who were meant by names that are nearly those of prospects (*names* by id).

    Raises CatalogError where somebody is none of them and not to be created.
    """
    meant: dict[Mention, Mention] = {}
    for mention in new:
        near = [(known, names[known]) for known in similar.get(mention.name, ())]
        chosen = did_you_mean(display, mention.name, near) if near else ""
        if chosen is None:
            raise CatalogError(
                f"nothing was done for “{mention.name}”",
                hint=f"See who there is with: {pitchcast_command('prospects list')}",
            )
        if chosen:
            meant[mention] = Mention(name=chosen)
    return msgspec.structs.replace(audience, to=tuple(meant.get(one, one) for one in audience.to))
