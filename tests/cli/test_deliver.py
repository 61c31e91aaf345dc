"""``episodes deliver`` and ``--personalise``: what people and scripts get to see."""

from pathlib import Path

import feedparser
import mutagen.id3
import pytest

from tests.cli.test_commands import EPISODE, PITCH
from tests.fixtures.program import Run, stored

PEOPLE = "id,name,first name,company,tags\n1,Jo Doe,Jo,Beta AG,eu\n2,Ana Roe,Ana,Gamma Ltd,eu;us\n"


@pytest.fixture
def show(published: Path, pitchcast: Run) -> Path:
    (published / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert pitchcast("prospects", "import", "people.csv", "-q").code == 0
    return published


def test_a_segment_gets_an_episode_that_exists(show: Path, pitchcast: Run) -> None:
    planned = pitchcast("episodes", "deliver", EPISODE, "--segment", "eu", "--dry-run")
    assert planned.out == ("Would deliver “New Recording 12” to 2 feeds: Jo Doe and Ana Roe. Nothing was written.\n")
    done = pitchcast("episodes", "deliver", EPISODE, "--segment", "eu", "--json")
    assert done.code == 0
    assert [feed["prospect"]["id"] for feed in done.json["feeds"]] == ["jo-doe", "ana-roe"]
    assert all(feed["new"] for feed in done.json["feeds"])
    again = pitchcast("episodes", "deliver", EPISODE, "--segment", "eu", "--json")
    assert again.json["changed"] is False
    undone = pitchcast("undo", "--yes", "--json")
    assert [feed["id"] for feed in undone.json["feeds"]] == ["jo-doe", "ana-roe"], "one act, taken back at once"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([EPISODE], 2, "nobody to deliver to", id="nobody"),
        pytest.param([EPISODE, "--all"], 2, "Add --yes", id="all in a script"),
        pytest.param(["nothing", "--to", "Jo Doe"], 1, "no episode is called", id="no such episode"),
        pytest.param([EPISODE, "--segment", "nobody"], 1, "nobody is in the segment", id="an empty segment"),
        pytest.param([EPISODE, "--to", "X", "--existing-only"], 1, "no prospect is called", id="nobody new"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    show: Path, pitchcast: Run, arguments: list[str], code: int, message: str
) -> None:
    before = stored(show)
    done = pitchcast("episodes", "deliver", *arguments)
    assert done.code == code
    assert message in done.err
    assert stored(show) == before


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--personalise",)], ids=["plain", "dry run", "personalised"])
def test_a_nightly_segment_may_be_empty(show: Path, pitchcast: Run, options: tuple[str, ...]) -> None:
    """With --existing-only nobody is created for a segment that has no members tonight: that ends nothing else."""
    before = stored(show)
    nobody = ("episodes", "deliver", EPISODE, "--segment", "nobody", "--existing-only", *options)
    done = pitchcast(*nobody)
    assert (done.code, "nobody" in done.out) == (0, True), done.err
    assert "nobody is in the segment “nobody”" in done.err
    answer = pitchcast(*nobody, "--json")
    assert (answer.code, answer.json["feeds"]) == (0, [])
    assert answer.json["warnings"] == ["nobody is in the segment “nobody”"]
    assert stored(show) == before


def test_an_empty_segment_leaves_the_others_their_pitch(show: Path, pitchcast: Run) -> None:
    both = ("--segment", "nobody", "--segment", "us", "--existing-only", "--json")
    done = pitchcast("episodes", "deliver", EPISODE, *both)
    assert (done.code, [feed["prospect"]["id"] for feed in done.json["feeds"]]) == (0, ["ana-roe"])
    assert done.json["counts"] == {"feeds": 1, "placed": 1, "created": 0}
    built = pitchcast("feeds", "build", "--segment", "nobody", "--json")
    assert (built.code, built.json["feeds"]) == (0, 0)
    assert "nobody is in the segment" in built.json["notes"][0]


def test_a_mistyped_segment_is_no_success_of_a_publish(show: Path, pitchcast: Run) -> None:
    before = stored(show)
    done = pitchcast("publish", PITCH, "--again", "--title", "T", "--segment", "nobdy", "--existing-only")
    assert (done.code, "nobody is in the segment" in done.err) == (1, True)
    assert stored(show) == before


def test_a_personalised_pitch_says_each_ones_own_and_the_audio_nobodys(show: Path, pitchcast: Run) -> None:
    done = pitchcast(
        *("publish", PITCH, "--again", "--segment", "eu", "--personalise", "--json"),
        *("--title", "Cut {company}’s bill", "--notes", "Dear {first_name},\n\nthree steps."),
    )
    assert done.code == 0, done.err
    assert done.json["episode"]["personalised"] is True
    folders = {f["prospect"]["id"]: show / "site" / "public" / f["page_url"].split("/")[3] for f in done.json["feeds"]}
    (jo,) = feedparser.parse((folders["jo-doe"] / "feed.xml").read_bytes()).entries
    (ana,) = feedparser.parse((folders["ana-roe"] / "feed.xml").read_bytes()).entries
    assert (jo.title, ana.title) == ("Cut Beta AG’s bill", "Cut Gamma Ltd’s bill")
    assert "Dear Ana," in (folders["ana-roe"] / "index.html").read_text(encoding="utf-8")
    (audio,) = folders["jo-doe"].glob("*.mp3")
    assert [path.read_bytes() for path in folders["ana-roe"].glob("*.mp3")] == [audio.read_bytes()]
    tags = mutagen.id3.ID3(audio)
    assert tags["TIT2"].text == ["Cut …’s bill"]
    assert not [frame for frame in tags.values() if "{" in str(frame) and frame.FrameID != "APIC"]
    assert pitchcast("feeds", "check", "--all").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["--title", "For {compny}"], 2, "{compny} in the title is no field", id="unknown field"),
        pytest.param(["--title", "For {company}", "--to", "Acme Corp"], 1, "is empty for acme-corp", id="empty value"),
        pytest.param(["--title", "Hi {first_name}", "--to", "New One"], 1, "is empty for New One", id="a new prospect"),
        pytest.param(["--title", "Hi {name}", "--public", "--yes"], 2, "exclude each other", id="public"),
    ],
)
def test_every_row_is_checked_before_anything_is_mastered(
    show: Path, pitchcast: Run, arguments: list[str], code: int, message: str
) -> None:
    before = stored(show)
    done = pitchcast("publish", PITCH, "--again", "--segment", "eu", "--personalise", *arguments)
    assert done.code == code
    assert message in done.err
    assert stored(show) == before


def test_a_first_name_can_be_given_by_hand(show: Path, pitchcast: Run) -> None:
    assert pitchcast("prospects", "edit", "acme-corp", "--first-name", "Kim", "--json").json["first_name"] == "Kim"
