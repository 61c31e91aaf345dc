"""Questions to somebody at a terminal: asked on stderr, so that stdout carries nothing but results."""

from collections.abc import Callable, Sequence

from pitchcast.cli.display import Display, ask_line
from pitchcast.errors import PitchcastError


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


def confirm(question: str, *, default: bool) -> bool:
    """Return whether the answer is yes; *default* for an empty line."""
    while True:
        answer = ask_line(f"{question} [{'Y/n' if default else 'y/N'}] ").casefold()
        if not answer:
            return default
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")


def did_you_mean(display: Display, wanted: str, known: Sequence[tuple[str, str]]) -> str | None:
    """Ask which of the known (id, name) was meant by *wanted*.

    Returns its id, "" for a new one, or None where it is none of these and not to be created.
    """
    names = {name for _, name in known}
    for known_id, name in known:
        shown = name if len(names) == len(known) else f"{name} ({known_id})"
        display.say(f"“{wanted}” is not among the prospects.")
        answer = _one_of(f"Did you mean {shown}? [Y/n/new] ", {"": "y", "yes": "y", "no": "n"}, ("y", "n", "new"))
        if answer == "y":
            return known_id
        if answer == "new":
            return ""
    return None


def choose(display: Display, title: str, choices: Sequence[str], question: str) -> str:
    """Show numbered choices and return the number chosen as text, or whatever else was typed."""
    display.say(title)
    for number, choice in enumerate(choices, 1):
        display.say(f"  {number}  {choice}")
    return ask(display, question, default="1" if choices else "")


def _one_of(prompt: str, same: dict[str, str], allowed: Sequence[str]) -> str:
    while True:
        answer = ask_line(prompt).casefold()
        answer = same.get(answer, answer)
        if answer in allowed:
            return answer
