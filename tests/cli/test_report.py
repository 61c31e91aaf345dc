"""``--report``: what became of each feed, also where the answer counts only, or nobody is left to give one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import EPISODE, PITCH
from tests.fixtures.program import Run, stored

MANY = 600


def lines_of(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def people(folder: Path, count: int) -> None:
    rows = "".join(f"{number},Firm {number},eu\n" for number in range(count))
    (folder / "people.csv").write_text(f"id,name,tags\n{rows}", encoding="utf-8")


def test_all_are_counted_in_the_answer_and_named_in_the_report(published: Path, pitchcast: Run) -> None:
    people(published, 3)
    assert pitchcast("prospects", "import", "people.csv", "-q").code == 0
    to_all = ("publish", PITCH, "--title", "New Recording 12", "--all", "--yes", "--json", "--report", "all.jsonl")
    for placed in (3, 0):
        done = pitchcast(*to_all)
        assert done.code == 0, done.err
        assert done.json["counts"] == {"feeds": 4, "placed": placed, "created": 0}
        assert done.json["feeds"] == []
        named = {line["feed"]: line["error"] for line in lines_of(published / "all.jsonl") if line["feed"]}
        assert named == dict.fromkeys(["acme-corp", "firm-0", "firm-1", "firm-2"], "")
    one = pitchcast("publish", PITCH, "--to", "acme-corp", "--json")
    assert [feed["prospect"]["id"] for feed in one.json["feeds"]] == ["acme-corp"]


@pytest.mark.parametrize(
    "command",
    [
        ("publish", PITCH, "--title", "Other", "--again", "--to", "Firm"),
        ("episodes", "deliver", EPISODE, "--to", "Firm"),
        ("feeds", "build"),
    ],
    ids=["publish", "deliver", "build"],
)
def test_a_report_that_cannot_be_written_is_said_before_anything_is_done(
    published: Path, pitchcast: Run, command: tuple[str, ...]
) -> None:
    before = stored(published)
    done = pitchcast(*command, "--report", "no/such/folder.jsonl")
    assert (done.code, "--report: cannot write" in done.err) == (2, True)
    assert stored(published) == before


def test_a_report_that_fails_on_the_way_stops_no_build(published: Path, pitchcast: Run) -> None:
    """A full disk: the feeds matter more, and the exit code says that the report is not whole."""
    done = pitchcast("episodes", "deliver", EPISODE, "--to", "Firm", "--report", "/dev/full")
    assert done.code == 1
    assert "could not be written to its end" in done.err
    again = pitchcast("episodes", "deliver", EPISODE, "--to", "Firm", "--json")
    assert (again.code, again.json["resumed"], again.json["counts"]["placed"]) == (0, True, 1)


def test_a_killed_build_leaves_a_report_that_can_be_read(published: Path, pitchcast: Run) -> None:
    people(published, MANY)
    assert pitchcast("prospects", "import", "people.csv", "--no-build", "-q").code == 0
    report = published / "built.jsonl"
    words = [sys.executable, "-m", "pitchcast", "feeds", "build", "-q", "--jobs", "1", "--report", report.name]
    process = subprocess.Popen(words, cwd=published, env=dict(os.environ), stdin=subprocess.DEVNULL)
    while process.poll() is None and not (report.exists() and report.stat().st_size):
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was killed on the way"
    built = [line["feed"] for line in lines_of(report)]
    assert 0 < len(built) < MANY
    assert len(set(built)) == len(built)
    assert pitchcast("feeds", "build", "-q", "--report", "again.jsonl").code == 0
    assert len(lines_of(published / "again.jsonl")) == MANY + 1
