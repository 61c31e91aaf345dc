"""``examples/ops/nightly.sh`` through good and bad nights: what is there in the morning, and the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import EPISODE
from tests.cli.test_ops_examples import TOKEN, nightly
from tests.fixtures.program import Run, stored

HEADER = "Record ID,Full Name,Email,Tags\n"
GOOD = HEADER + "".join(f"{number},Firm {number},jo{number}@x.example,eu\n" for number in range(6))


@pytest.fixture
def crm(published: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A show that was published once, and the list of the first night."""
    monkeypatch.setenv("WAITS", "0")
    (published / "contacts.csv").write_text(GOOD, encoding="utf-8")
    return published


def answer(folder: Path, step: str) -> Any:
    return json.loads((folder / "out" / step).read_text(encoding="utf-8"))


def links(folder: Path) -> int:
    path = folder / "out" / "links.csv"
    return len(path.read_text(encoding="utf-8").splitlines()) - 1 if path.exists() else -1


def test_a_good_night_and_one_with_rows_to_mend(crm: Path) -> None:
    with (crm / "contacts.csv").open("a", encoding="utf-8") as file:
        file.write("7,,broken at x.example,eu\n")
    first = nightly(crm, "contacts.csv", "out", EPISODE, "eu")
    assert first.returncode == 3, first.stderr
    assert answer(crm, "import.json")["failures"] == {"rows": 1, "feeds": 0}
    assert answer(crm, "build.json")["failures"] == {"rows": 0, "feeds": 0}
    assert (crm / "out" / "rejects.csv").exists()
    assert "broken" not in first.stderr
    (crm / "contacts.csv").write_text(GOOD, encoding="utf-8")
    second = nightly(crm, "contacts.csv", "out", EPISODE, "eu")
    assert second.returncode == 0, second.stderr
    assert not (crm / "out" / "rejects.csv").exists(), "nobody mends the rows of last night again"
    assert links(crm) == 7
    assert answer(crm, "deliver.json")["counts"] == {"feeds": 6, "placed": 0, "created": 0}
    assert not TOKEN.search(second.stdout + second.stderr)


def test_a_feed_that_cannot_be_built_is_no_good_night(crm: Path) -> None:
    """The others are built and their links exported; rows to mend don't hide it."""
    site = crm / "site"
    for path in (*(site / "private" / "masters").iterdir(), *(site / "public").rglob("*.mp3")):
        path.unlink()
    (crm / "contacts.csv").write_text(f"{GOOD}7,,nobody@x.example,eu\n", encoding="utf-8")
    done = nightly(crm, "contacts.csv", "out")
    assert done.returncode == 5, done.stderr
    built = answer(crm, "build.json")
    assert ([failed["feed"] for failed in built["failed"]], built["failures"]["feeds"]) == (["acme-corp"], 1)
    report = (crm / "out" / "built.jsonl").read_text(encoding="utf-8").splitlines()
    assert [line["feed"] for line in map(json.loads, report) if line["error"]] == ["acme-corp"]
    assert links(crm) == 7


def test_a_list_that_was_cut_short_suspends_nobody_and_ends_the_night(crm: Path, pitchcast: Run) -> None:
    assert pitchcast("prospects", "import", "contacts.csv", "-q").code == 0
    (crm / "contacts.csv").write_text("\n".join(GOOD.splitlines()[:4]), encoding="utf-8")
    before = stored(crm / "site")
    done = nightly(crm, "contacts.csv", "out", EPISODE, "eu")
    assert done.returncode == 1
    assert "lacks 3 of 6 prospects" in answer(crm, "import.json")["error"]["message"]
    assert stored(crm / "site") == before
    assert links(crm) == -1


def test_a_storage_that_is_dead_is_tried_again_and_then_told(crm: Path, free_port: int) -> None:
    text = f'[storage]\nurl = "s3://pitches/team"\nendpoint_url = "http://127.0.0.1:{free_port}"\n'
    (crm / "pitchcast.toml").write_text(text, encoding="utf-8")
    keys = {"AWS_ACCESS_KEY_ID": "some", "AWS_SECRET_ACCESS_KEY": "thing", "PITCHCAST_STORAGE_TIMEOUT": "1"}
    done = nightly(crm, "contacts.csv", "out", EPISODE, "eu", WAITS="0", **keys)
    assert done.returncode == 4, done.stderr
    assert done.stderr.count("Error: ") == 2, "once, and again after the wait"
    assert answer(crm, "import.json")["error"]["kind"] == "storage_unavailable"
    assert not (crm / "out" / "deliver.json").exists()


def test_a_step_that_takes_too_long_is_given_up(crm: Path) -> None:
    done = nightly(crm, "contacts.csv", "out", STEP_TIME="0.01s", WAITS="")
    assert done.returncode == 4, done.stderr
    assert answer(crm, "import.json")["error"]["kind"] == "timeout"


def test_an_empty_segment_ends_nothing_else(crm: Path) -> None:
    done = nightly(crm, "contacts.csv", "out", EPISODE, "nobody-yet")
    assert done.returncode == 0, done.stderr
    assert answer(crm, "deliver.json")["feeds"] == []
    assert "nobody is in the segment “nobody-yet”" in done.stderr
    assert answer(crm, "build.json")["feeds"] >= 7
    assert links(crm) == 7
