"""Questions to somebody at a terminal: asked on stderr, so that stdout carries nothing but results."""

import getpass
import sys
from collections.abc import Callable, Mapping, Sequence

import msgspec

from pitchcast.cli.command import Interrupted
from pitchcast.cli.display import Display, ask_line
from pitchcast.errors import CatalogError, PitchcastError, UnclearName
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import Mention


def as_it_is(text: str) -> str:
    """Accept any answer."""
    return text


def ask(display: Display, question: str, *, default: str = "", check: Callable[[str], str] = as_it_is) -> str:
    """Return the answer to a question, *default* for an empty line; asks again until *check* accepts it."""
    prompt = f"  {question} [{default}]: " if default else f"  {question}: "
    while True:
        answer = ask_line(prompt) or default
        if not answer:
            continue
        try:
            return check(answer)
        except PitchcastError as error:
            display.warn(f"{error.message}. {error.hint}")


def ask_hidden(display: Display, question: str, check: Callable[[str], str]) -> str:
    """Return the answer to a question without showing what is typed; asks again until *check* accepts it."""
    while True:
        try:
            return check(_typed_hidden(f"  {question}: "))
        except PitchcastError as error:
            display.warn(f"{error.message}. {error.hint}")


def _typed_hidden(prompt: str) -> str:
    """Return what is typed without being shown. Raises Interrupted at the end of the input."""
    try:
        return getpass.getpass(prompt, stream=sys.stderr)
    except EOFError as end:
        raise Interrupted from end


def confirm(question: str, *, default: bool) -> bool:
    """Return whether the answer is yes; *default* for an empty line."""
    while True:
        answer = ask_line(f"{question} [{'Y/n' if default else 'y/N'}] ").casefold()
        if not answer:
            return default
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")


def choose_candidate(display: Display, error: UnclearName) -> str:
    """Ask which one is meant by a name that is unclear, without a default, and return its id or what else was typed.

    Raises the error where it is none of them.
    """
    display.say(f"{error.message[:1].upper()}{error.message[1:]}. Which one is meant?")
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
    display.say(f"“{wanted}” is not among the prospects. Which one is meant?")
    shown = [*(f"{name} ({known_id})" for known_id, name in known), f"a new prospect: {wanted}", "none of these"]
    answer = ""
    while not answer.isdecimal():
        answer = numbered(display, shown, "Number")
    choices = [*(known_id for known_id, _ in known), "", None]
    return choices[int(answer) - 1]


def numbered(display: Display, choices: Sequence[str], question: str) -> str:
    """Show choices with their numbers and return the number of one of them, or whatever else was typed."""
    for number, choice in enumerate(choices, 1):
        display.say(f"  {number}  {choice}")
    while True:
        answer = ask(display, question)
        if not answer.isdecimal() or 1 <= int(answer) <= len(choices):
            return answer


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


def choose(display: Display, title: str, choices: Sequence[str], question: str) -> str:
    """Show numbered choices and return the number chosen as text, or whatever else was typed."""
    display.say(title)
    for number, choice in enumerate(choices, 1):
        display.say(f"  {number}  {choice}")
    return ask(display, question, default="1" if choices else "")
