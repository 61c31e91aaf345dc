"""``episodes edit --retag``: the plan first, a question at a terminal, and --yes in a script."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.cli.test_commands import EPISODE
from tests.cli.test_terminal import AtTerminal, at_terminal  # noqa: F401 (the fixture)
from tests.fixtures.pictures import put_pictures
from tests.fixtures.program import Run, stored
from tests.fixtures.projects import a_project
from tests.fixtures.seaweedfs import StorageUnderTest

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "episodes-edit-retag.json"


@pytest.fixture
def old_show(published: Path) -> Path:
    """A show of an earlier pitchcast, with a cover in its audio."""
    site = str(published / "site")
    put_pictures(a_project(StorageUnderTest("folder", site, "", None, None)))  # type: ignore[arg-type]
    return published


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([EPISODE, "--retag"], 2, "add --yes", id="a script without yes"),
        pytest.param(["--all", "--retag"], 2, "add --yes", id="all of them without yes"),
        pytest.param(["--retag", "--yes"], 2, "no episode was named", id="none"),
        pytest.param([EPISODE, "--retag", "--title", "X", "--yes"], 2, "--retag goes alone", id="with something else"),
        pytest.param(["nothing", "--retag", "--yes"], 1, "no episode is called", id="no such episode"),
        pytest.param([EPISODE, EPISODE, "--title", "X"], 2, "name one episode", id="several without it"),
        pytest.param(["--all", "--title", "X"], 2, "name one episode", id="all without it"),
        pytest.param(["--title", "X"], 2, "name one episode", id="no episode"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    old_show: Path, pitchcast: Run, arguments: list[str], code: int, message: str
) -> None:
    before = stored(old_show)
    done = pitchcast("episodes", "edit", *arguments)
    assert done.code == code
    assert message in done.err
    assert stored(old_show) == before


def test_a_dry_run_says_whose_apps_fetch_again_and_writes_nothing(old_show: Path, pitchcast: Run) -> None:
    before = stored(old_show)
    done = pitchcast("episodes", "edit", "--all", "--retag", "--dry-run")
    assert done.code == 0
    assert done.out == "Would make 1 file of 1 episode (“New Recording 12”) anew without a picture.\n"
    assert "Podcast apps may fetch the audio again: Acme Corp" in done.err
    planned = pitchcast("episodes", "edit", "--all", "--retag", "--dry-run", "--json").json
    jsonschema.validate(planned, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert planned["files"] == 1
    assert planned["old_audio_until"] is None
    assert stored(old_show) == before


def test_the_doctor_names_the_command_that_makes_it_anew(old_show: Path, pitchcast: Run) -> None:
    (found,) = [one for one in pitchcast("doctor", "--json").json["findings"] if one["where"] == EPISODE]
    assert found["level"] == "warning"
    command = f"pitchcast episodes edit {EPISODE} --retag"
    assert command in found["do"]
    done = pitchcast(*command.split()[1:], "--yes", "--json")
    assert done.code == 0
    jsonschema.validate(done.json, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert (done.json["changed"], done.json["files"]) == (True, 1)
    assert [feed["id"] for feed in done.json["feeds"]] == ["acme-corp"]
    assert not [one for one in pitchcast("doctor", "--json").json["findings"] if one["where"] == EPISODE]
    before = stored(old_show)
    again = pitchcast(*command.split()[1:], "--yes")
    assert (again.code, again.out) == (0, "No picture is in the audio; nothing changed.\n")
    assert stored(old_show) == before


def test_at_a_terminal_the_plan_is_shown_and_asked_about(
    old_show: Path,
    at_terminal: AtTerminal,  # noqa: F811
) -> None:
    before = stored(old_show)
    for answer, code in (("", 1), ("y", 0)):
        run = at_terminal("episodes", "edit", EPISODE, "--retag")
        run.wait_for("1 file of 1 episode (“New Recording 12”)")
        run.wait_for("Podcast apps may fetch the audio again: Acme Corp")
        run.answer("Make them anew? [y/N] ", answer)
        assert run.end()[0] == code
        assert (stored(old_show) == before) is bool(code)
