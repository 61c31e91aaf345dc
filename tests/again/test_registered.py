"""Every command of the program is known here: as one that writes and is tried, or as one that only looks."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from pitchcast.cli.app import app
from pitchcast.model.layout import PROBE
from tests.again.scenarios import ELSEWHERE, READING, SCENARIOS, Scenario
from tests.again.show import Show


def test_every_command_is_tried_or_only_looks() -> None:
    registered = set(_commands(typer.main.get_command(app)))
    reading = {_name_of(words, registered) for words in READING}
    writing = {scenario.command for scenario in SCENARIOS}
    assert writing | reading | set(ELSEWHERE) == registered
    assert not writing & reading
    assert not writing & set(ELSEWHERE)


@pytest.mark.parametrize("words", [pytest.param(words, id=" ".join(words)) for words in READING])
def test_what_only_looks_asks_for_no_change(in_folder: Show, words: tuple[str, ...]) -> None:
    in_folder.begin()
    done = in_folder.run(*words)
    assert done.code == 0, done.err
    assert done.run.of("write") == []


@pytest.mark.parametrize("words", [("doctor",), ("doctor", "--repair", "--dry-run")], ids=" ".join)
def test_the_doctor_puts_probes_only_and_takes_them_away(in_folder: Show, words: tuple[str, ...]) -> None:
    in_folder.begin()
    before = _keys(in_folder)
    done = in_folder.run(*words)
    assert {request.key.startswith(PROBE) or "probe" in request.key for request in done.run.of("write")} == {True}
    assert _keys(in_folder) == before


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.name) for one in SCENARIOS if one.command != "doctor"])
def test_a_dry_run_asks_for_no_change(in_folder: Show, scenario: Scenario) -> None:
    in_folder.begin(*scenario.prepared, empty=scenario.empty)
    done = in_folder.run(*scenario.words, "--dry-run")
    assert done.code == 0, done.err
    assert done.run.of("write") == []


def _keys(show: Show) -> list[str]:
    bucket = show.project().bucket
    return [info.key for prefix in ("private/", "public/") for info in bucket.list(prefix)]


def _commands(group: Any, before: str = "") -> Iterator[str]:
    """Yield every command below a group as it is typed."""
    context = typer.main.get_command(app).make_context("pitchcast", ["--help"], resilient_parsing=True)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if hasattr(found, "list_commands"):
            yield from _commands(found, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def _name_of(words: tuple[str, ...], registered: set[str]) -> str:
    return words[0] if words[0] in registered else " ".join(words[:2])
