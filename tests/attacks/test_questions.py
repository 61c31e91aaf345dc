"""What a text that somebody was given to paste can answer at a terminal: only the question that is on the screen."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_terminal import Terminal
from tests.fixtures.program import stored

AtTerminal = Callable[[list[str], str], Terminal]


@pytest.fixture
def at_terminal(published: Path, own_environment: dict[str, str]) -> Iterator[AtTerminal]:
    opened: list[Terminal] = []

    def run(arguments: list[str], term: str) -> Terminal:
        opened.append(Terminal(arguments, published, {**own_environment, "TERM": term}))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize(
    ("term", "pasted"),
    [
        pytest.param("xterm", "\x1b[200~New Recording 12.m4a\nEvil Ltd\ny\n\x1b[201~\n", id="told by the terminal"),
        pytest.param("xterm", "\x1b[200~New Recording 12.m4a\rEvil Ltd\ry\r\x1b[201~\n", id="lines of another system"),
        pytest.param("xterm", "New Recording 12.m4a\nEvil Ltd\ny\n", id="an old terminal"),
        pytest.param("dumb", "New Recording 12.m4a\nEvil Ltd\ny\n", id="a plain terminal"),
    ],
)
def test_answer_further_questions_by_a_text_to_paste(
    published: Path, at_terminal: AtTerminal, term: str, pasted: str
) -> None:
    before = stored(published)
    run = at_terminal(["publish"], term)
    run.wait_for("Number, or a file’s name [1]:")
    run.send(pasted)
    run.wait_for("Whom is it for?" if "\x1b" not in pasted else "dropped here. Number, or a file’s name [1]:")
    run.send("\x04")
    code, out, _ = run.end()
    assert (code, out) == (130, "")
    assert stored(published) == before


def test_confirm_a_removal_by_keys_that_are_waiting(published: Path, at_terminal: AtTerminal) -> None:
    before = stored(published)
    run = at_terminal(["prospects", "remove", "acme-corp"], "xterm")
    run.send("y\ny\n")
    run.answer("Remove? [y/N]", "n")
    assert run.end()[0] == 1
    assert stored(published) == before
