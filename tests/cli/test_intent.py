"""Clumsy things that people type: what is answered, and that the command in the answer can be read."""

import shlex
import shutil
from pathlib import Path

import pytest
import typer.main

from pitchcast.cli import app
from pitchcast.cli.intent import MEANT, can_be_read, plainly_meant
from tests.fixtures.program import Run

ROOT_COMMAND = typer.main.get_command(app.app)

PUT_RIGHT = [
    # names without quotes
    ("publish pitch.m4a --to Acme Corp", 'publish pitch.m4a --to "Acme Corp"'),
    ("publish --to Acme Corp pitch.m4a", 'publish --to "Acme Corp" pitch.m4a'),
    ("publish New Recording 12.m4a --to acme-corp", 'publish "New Recording 12.m4a" --to acme-corp'),
    ("publish New Recording 12.m4a --to Acme Corp", 'publish "New Recording 12.m4a" --to "Acme Corp"'),
    (
        "publish pitch.m4a --to Acme --title Cut your cloud bill --yes",
        'publish pitch.m4a --to Acme --title "Cut your cloud bill" --yes',
    ),
    ('publish pitch.m4a --to "O\'Neill" and Sons', 'publish pitch.m4a --to "O\'Neill and Sons"'),
    ("link Acme Corp", 'link "Acme Corp"'),
    ("link Acme Corp --copy", 'link "Acme Corp" --copy'),
    ("prospects add Acme Corp --segment retail", 'prospects add "Acme Corp" --segment retail'),
    ("prospects show Jo Doe", 'prospects show "Jo Doe"'),
    ("--config my.toml link Acme Corp", '--config my.toml link "Acme Corp"'),
    # dashes and quotes that a chat, a mail or a phone made of plain ones
    ("publish pitch.m4a \u2014to Acme", "publish pitch.m4a --to Acme"),
    ("publish pitch.m4a \u2013to Acme", "publish pitch.m4a --to Acme"),
    ("publish pitch.m4a \u2014to \u201cAcme Corp\u201d", 'publish pitch.m4a --to "Acme Corp"'),
    ("publish pitch.m4a --to \u201cAcme Corp\u201d", 'publish pitch.m4a --to "Acme Corp"'),
    ("publish pitch.m4a \u2013\u2013to Acme", "publish pitch.m4a --to Acme"),
    ("undo \u2014\u2014dry-run", "undo --dry-run"),
    ("link \u2014copy Acme", "link --copy Acme"),
    # options nearly right
    ("publish pitch.m4a -to Acme", "publish pitch.m4a --to Acme"),
    ("publish pitch.m4a -to Acme Corp", 'publish pitch.m4a --to "Acme Corp"'),
    ("publish pitch.m4a --too Acme", "publish pitch.m4a --to Acme"),
    ("publish pitch.m4a --To Acme", "publish pitch.m4a --to Acme"),
    ("publish pitch.m4a -titel=Bill --to Acme", "publish pitch.m4a --title=Bill --to Acme"),
    # other words for commands
    ("send pitch.m4a --to Acme", "publish pitch.m4a --to Acme"),
    ("upload pitch.m4a --to Acme Corp", 'publish pitch.m4a --to "Acme Corp"'),
    ("share pitch.m4a \u2014to Acme", "publish pitch.m4a --to Acme"),
    ("publsh pitch.m4a --to Acme", "publish pitch.m4a --to Acme"),
    ("Publish pitch.m4a --to Acme", "publish pitch.m4a --to Acme"),
    ("episodes delete cut-your-bill", "episodes withdraw cut-your-bill"),
    ("episodes remove Cut your bill", 'episodes withdraw "Cut your bill"'),
    ("prospects delete acme-corp", "prospects remove acme-corp"),
    ("feeds delete acme-corp --yes", "feeds revoke acme-corp --yes"),
    ("prospects send acme-corp", "link acme-corp"),
    ("replace cut-your-bill new.m4a", "episodes replace cut-your-bill new.m4a"),
    ("export --csv links.csv", "feeds export --csv links.csv"),
    ("--config my.toml feeds delete acme-corp", "--config my.toml feeds revoke acme-corp"),
    # a recording in the place of a command
    ("pitch.m4a --to Acme", "publish pitch.m4a --to Acme"),
    ("pitch.m4a", "publish pitch.m4a"),
]
TOLD = [
    ("delete cut-your-bill", ["undo", "episodes withdraw EPISODE", "prospects remove WHO"]),
    ("remove", ["undo", "episodes withdraw EPISODE", "prospects remove WHO"]),
    ("list", ["prospects list", "episodes list"]),
    ("open", ["preview", "link WHO"]),
    ("send", ["publish RECORDING --to WHO", "link WHO"]),
    ("status", ["doctor"]),
    ("episodes delete", ["episodes withdraw EPISODE"]),
    ("feeds", ["feeds list", "feeds show", "feeds build", "feeds revoke"]),
    ("show", ["show show", "show edit", "show apply"]),
    ("episodes", ["episodes list", "episodes deliver", "episodes withdraw"]),
    ("publish pitch.m4a --to", ["publish --help"]),
    ("feeds rotate --nonsense-that-is-near-nothing", ["feeds rotate --help"]),
    ("nonsense", ["--help"]),
]


@pytest.mark.parametrize(("typed", "answered"), PUT_RIGHT)
def test_the_whole_command_is_answered(pitchcast: Run, here: Path, typed: str, answered: str) -> None:
    done = pitchcast(*shlex.split(typed))
    assert done.code == 2
    assert done.out == ""
    assert done.err.splitlines()[-1].endswith(f": pitchcast {answered}")
    assert can_be_read(ROOT_COMMAND, shlex.split(answered))
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(("typed", "answered"), TOLD)
def test_what_it_may_be_is_told(pitchcast: Run, here: Path, typed: str, answered: list[str]) -> None:
    done = pitchcast(*shlex.split(typed))
    assert done.code == 2
    for command in answered:
        assert f"pitchcast {command}" in done.err
    assert "deliver" not in done.err or "deliver" in str(answered)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("typed", ["help", "?", "/?", "-help", "help publish", "help feeds rotate"])
def test_help_by_another_name_is_help(pitchcast: Run, typed: str) -> None:
    done = pitchcast(*typed.split())
    assert done.code == 0
    assert done.out == pitchcast(*typed.split()[1:], "--help").out


@pytest.mark.parametrize("typed", ["version", "-V", "-version"])
def test_version_by_another_name_is_the_version(pitchcast: Run, typed: str) -> None:
    assert pitchcast(typed) == pitchcast("--version")


def test_a_recording_dropped_on_a_terminal_is_published_and_asked_about(here: Path, pitch_m4a: Path) -> None:
    shutil.copy(pitch_m4a, here)
    names = tuple(app.COMMANDS)
    assert plainly_meant([pitch_m4a.name], names, may_ask=True) == ["publish", pitch_m4a.name]
    assert plainly_meant([pitch_m4a.name], names, may_ask=False) == [pitch_m4a.name]
    assert plainly_meant(["missing.m4a"], names, may_ask=True) == ["missing.m4a"]


def test_a_script_is_answered_in_json(pitchcast: Run) -> None:
    error = pitchcast("publish", "pitch.m4a", "--to", "Acme", "Corp", "--json").json["error"]
    assert error["kind"] == "usage"
    assert error["hint"] == 'Put quotes around it: pitchcast publish pitch.m4a --to "Acme Corp" --json'


def test_no_word_stands_for_a_command_that_exists() -> None:
    """What can be typed is never taken for something else."""
    for path, group in MEANT.items():
        context = typer.Context(ROOT_COMMAND)
        command = ROOT_COMMAND.get_command(context, path) if path else ROOT_COMMAND
        words = [word for typed in group for word in typed.split()]
        assert not set(words) & set(command.list_commands(context))
        assert len(words) == len(set(words))


def test_what_acts_while_it_is_read_is_not_carried_out_by_guessing(pitchcast: Run, here: Path) -> None:
    done = pitchcast("delete", "--install-completion")
    assert done.code == 2
    assert list(here.iterdir()) == []
