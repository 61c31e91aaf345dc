"""What somebody types at the terminal, on stderr. The only user of prompt_toolkit, imported when something is asked.

What was typed before a question was on the screen is no answer to it, and is thrown away.
"""

import getpass
import os
import sys
from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pitchcast.cli.command import Interrupted

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

_PLAIN_TERMINALS = ("dumb", "unknown", "")
"""Values of TERM: the cursor cannot be moved, so that a line is edited by the system or the editor around it."""


def type_line(prompt: str, *, hidden: bool = False) -> str:
    """Return the line that is typed behind *prompt*, without spaces around it; a *hidden* one is shown as stars.

    Raises Interrupted at Ctrl-C, at Ctrl-D in an empty line, and where the terminal is gone.
    """
    try:
        if _is_plain():
            _forget_waiting()
            return (getpass.getpass(prompt, stream=sys.stderr) if hidden else _plain_line(prompt)).strip()
        answer: str = _session(_line_keys()).prompt(prompt, is_password=hidden)
    except (EOFError, KeyboardInterrupt, OSError) as end:
        raise Interrupted from end
    return answer.strip()


def press_key(prompt: str, keys: Collection[str]) -> str:
    """Return which of *keys* is pressed; "" for Enter, and for everything that ends a question.

    A plain terminal has no single keys: there it is the first letter of a line.
    """
    try:
        if _is_plain():
            _forget_waiting()
            return _plain_line(prompt).strip()[:1].lower()
        pressed: str = _session(_single_keys(keys)).prompt(prompt)
    except (EOFError, KeyboardInterrupt, OSError):
        return ""
    return pressed


def _is_plain() -> bool:
    return sys.platform != "win32" and os.environ.get("TERM", "").lower() in _PLAIN_TERMINALS


def _plain_line(prompt: str) -> str:
    """Return a line as the system reads it. Raises EOFError at its end."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise EOFError
    return line


def _session(keys: "KeyBindings") -> "PromptSession[str]":
    """Return a question that is drawn without colours, knows no earlier answers, and asks the terminal nothing back."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.input import create_input
    from prompt_toolkit.input.typeahead import clear_typeahead
    from prompt_toolkit.output import ColorDepth

    typed_in = create_input(sys.stdin)
    clear_typeahead(typed_in)
    _forget_waiting()
    return PromptSession(
        input=typed_in,
        output=_screen(),
        key_bindings=keys,
        color_depth=ColorDepth.DEPTH_1_BIT,
        enable_suspend=True,
        reserve_space_for_menu=0,
    )


def _screen() -> Any:
    """Return stderr as what prompt_toolkit draws on."""
    from prompt_toolkit.output import create_output

    screen = create_output(stdout=sys.stderr)
    # a terminal that does not say where its cursor is costs seconds, and an answer that comes late is taken as typed
    if hasattr(screen, "enable_cpr"):
        screen.enable_cpr = False
    return screen


def _line_keys() -> "KeyBindings":
    """Return what keys do in a line: several lines that are pasted at once become one, to be looked at."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()

    @keys.add(Keys.BracketedPaste)
    def paste(event: KeyPressEvent) -> None:
        lines = [line.strip() for line in event.data.splitlines()]
        event.current_buffer.insert_text(" ".join(filter(None, lines)))

    return keys


def _single_keys(answers: Collection[str]) -> "KeyBindings":
    """Return what keys do where one of them is the answer: any other that stands for a letter is returned too."""
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()

    @keys.add(Keys.Any)
    def answer(event: KeyPressEvent) -> None:
        pressed = event.data.lower()
        event.current_buffer.insert_text(pressed if pressed in answers else "")
        event.app.exit(result=pressed if pressed.isprintable() else "?")

    @keys.add(Keys.BracketedPaste)
    def paste(event: KeyPressEvent) -> None:
        """Take nothing that is pasted for a key."""

    @keys.add(Keys.Enter)
    @keys.add(Keys.ControlJ)
    @keys.add(Keys.ControlC)
    @keys.add(Keys.ControlD)
    @keys.add(Keys.Escape)
    def end(event: KeyPressEvent) -> None:
        event.app.exit(result="")

    return keys


def _forget_waiting() -> None:
    """Throw away what was typed before the question."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import termios

        with suppress(termios.error):  # the terminal is gone, which the question itself will notice
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
