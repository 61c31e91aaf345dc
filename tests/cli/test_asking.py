"""How questions are asked: whatever is typed or pasted, nothing is answered but what was asked."""

import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_terminal import ENDED, Terminal

CODE = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C there stops this program
from pitchcast.cli.app import main
from pitchcast.cli.command import Common, Interrupted
from pitchcast.cli.display import Display
from pitchcast.cli import prompts
try:
    display = Display(Common())
    {code}
except Interrupted:
    sys.exit(130)
"""


class Asked(Terminal):
    """Somebody who is asked what *code* asks."""

    def command(self, arguments: list[str]) -> list[str]:
        return [sys.executable, "-c", CODE.replace("{code}", "\n    ".join(arguments))]


Ask = Callable[..., Asked]


@pytest.fixture
def asked(here: Path, own_environment: dict[str, str]) -> Iterator[Ask]:
    """Ask with lines of code, of which what is printed is the answer."""
    opened: list[Asked] = []

    def run(*code: str, **environment: str) -> Asked:
        opened.append(Asked(list(code), here, {**own_environment, **environment}))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


def paste(text: str) -> str:
    """What a terminal sends for a text that is pasted."""
    return f"\x1b[200~{text}\x1b[201~"


def test_a_line_can_be_edited(asked: Ask) -> None:
    run = asked("print(prompts.ask(display, 'Name'))")
    run.answer("Name:", "\x1b[Dxmx\x7fe\x01Ac\x1b[3~")
    assert run.end()[:2] == (0, "Acme\n")


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n"], ids=["n", "r", "rn"])
def test_a_pasted_second_line_never_answers_the_next_question(asked: Ask, ending: str) -> None:
    run = asked("print(prompts.ask(display, 'Name'))", "print(prompts.confirm('Send it to everyone?', default=False))")
    run.press("Name:", paste(f"Acme{ending}yes{ending}") + "\n")
    run.answer("Send it to everyone? [y/N]", "")
    assert run.end()[:2] == (0, "Acme yes\nFalse\n")


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_nor_does_it_in_a_terminal_that_does_not_tell_what_is_pasted(asked: Ask, term: str) -> None:
    run = asked(
        "print(prompts.ask(display, 'Name'))",
        "import time; time.sleep(1)",
        "print(prompts.confirm('Send it to everyone?', default=False))",
        TERM=term,
    )
    run.wait_for("Name:")
    run.send("Acme\nyes\nyes\n")
    run.wait_for("[y/N]")
    run.send("\n")
    assert run.end()[:2] == (0, "Acme\nFalse\n")


def test_what_was_typed_before_a_question_is_no_answer(asked: Ask) -> None:
    run = asked(
        "print('ready', file=sys.stderr, flush=True)",
        "import select; select.select([sys.stdin], [], [])",  # until it was typed
        "print(prompts.confirm('Send it to everyone?', default=False))",
    )
    run.wait_for("ready")
    run.send("y\ny\n")
    run.answer("Send it to everyone? [y/N]", "n")
    assert run.end()[:2] == (0, "False\n")


def test_wrong_answers_are_asked_again_with_what_is_possible(asked: Ask) -> None:
    run = asked("print(prompts.confirm('Go?', default=True), prompts.numbered(display, 'abc', 'Number'))")
    run.answer("Go? [Y/n]", "perhaps")
    run.wait_for("Type y for yes or n for no; Enter alone means yes.")
    run.answer("Go? [Y/n]", "NO")
    for wrong in ("0", "4", "٤"):
        run.answer("Number:", wrong)
        run.wait_for("Type a number from 1 to 3, or press Ctrl-C")
    run.answer("Number:", "")
    run.wait_for("Type an answer, or press Ctrl-C to stop.")
    run.answer("Number:", "3")
    assert run.end()[:2] == (0, "False 3\n")


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("question", ["ask(display, 'Key')", "ask_hidden(display, 'Key', str)"], ids=["seen", "unseen"])
@pytest.mark.parametrize("key", ["\x03", "\x04", "SIGINT"], ids=["Ctrl-C", "Ctrl-D", "a signal"])
def test_stopping_ends_with_130_and_a_terminal_as_it_was(asked: Ask, term: str, question: str, key: str) -> None:
    run = asked(f"prompts.{question}", TERM=term)
    before = run.modes()
    run.wait_for("Key:")
    if key == "SIGINT":
        run.process.send_signal(signal.SIGINT)
    else:
        run.send(key)
    assert run.end()[:2] == (130, "")
    assert run.modes() == before


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_secret_is_not_shown(asked: Ask, term: str) -> None:
    run = asked("print(prompts.ask_hidden(display, 'Secret key', str))", TERM=term)
    run.wait_for("Secret key:")
    run.send("correct horse")
    time.sleep(0.5)  # until it would have been shown
    run.send("\n")
    code, out, screen = run.end()
    assert (code, out) == (0, "correct horse\n")
    assert set(screen.rpartition("Secret key:")[2]) <= {"*", " ", "\n", ENDED}


def test_without_colours_nothing_is_coloured(asked: Ask) -> None:
    run = asked("print(prompts.ask(display, 'Name', default='Acme'))", NO_COLOR="1")
    run.press("Name [Acme]:", "\n")
    assert run.end()[:2] == (0, "Acme\n")
    assert not re.search(r"\x1b\[[0-9;]*[1-9][0-9;]*m", run.raw)


def test_a_long_question_is_broken_between_words(asked: Ask) -> None:
    names = ", ".join(f"Prospect number {n}" for n in range(9))
    run = asked(f"print(prompts.confirm('This goes to {names}. Publish?', default=False))")
    run.answer(f"This goes to {names}. Publish? [y/N]", "y")  # in which no word is broken
    assert run.end()[:2] == (0, "True\n")


def test_a_question_cannot_steer_the_terminal(asked: Ask) -> None:
    token = "abcdefghijklmnopqrstuvwxyz"
    run = asked(
        f"print(prompts.ask(display, 'Name of \\x1b]0;owned\\x07 \\u202e /{token}/', default='\\x1b[2J'))",
    )
    run.press("]:", "\n")
    run.end()
    assert not [part for part in ("\x1b]", "\x1b[2J", "\x07", "\u202e", token) if part in run.raw]


def test_a_dropped_recording_is_understood_and_a_missing_one_asked_again(published: Path, asked: Ask) -> None:
    dropped = published / "Jo's pitch.m4a"
    shutil.copy(published / "New Recording 12.m4a", dropped)
    offered = "[(__import__('pathlib').Path('a.m4a'), 'a.m4a')]"
    run = asked(f"print(prompts.choose_file(display, 'Which?', {offered}, 'Number'))")
    run.answer("Number [1]:", "2")
    run.wait_for("Type 1, or press Ctrl-C")
    run.press("Number [1]:", paste("'/nowhere/pitch.m4a' ") + "\n")
    run.wait_for("there is no file /nowhere/pitch.m4a")
    run.press("Number [1]:", paste(f"{shlex.quote(str(dropped))} ") + "\n")
    assert run.end()[:2] == (0, f"{dropped}\n")


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_one_key_is_enough_where_the_terminal_knows_keys(asked: Ask, term: str) -> None:
    run = asked("print(prompts.ask_key('[c]opy  [q]r  Enter:', ['c', 'q']), 'was pressed')", TERM=term)
    enter = "\n" if term == "dumb" else ""
    run.wait_for("Enter:")
    run.send(f"x{enter}")
    run.wait_for("Press c, q, or Enter to go on. [c]opy [q]r Enter:")
    run.send(f"C{enter}")
    assert run.end()[:2] == (0, "c was pressed\n")


@pytest.mark.parametrize("key", ["\n", "\r", "\x03", "\x04", "\x1b"], ids=["n", "Enter", "Ctrl-C", "Ctrl-D", "Escape"])
def test_whatever_ends_a_menu_is_no_failure(asked: Ask, key: str) -> None:
    run = asked("print(repr(prompts.ask_key('[c]opy  Enter:', ['c'])))")
    run.wait_for("Enter:")
    run.send(key)
    assert run.end()[:2] == (0, "''\n")


def test_nothing_is_asked_of_a_pipe(here: Path, own_environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pitchcast", "publish"],
        cwd=here,
        env=own_environment,
        input="1\nAcme\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 2
    assert "no recording was named" in done.stderr
    assert not list(here.iterdir())
