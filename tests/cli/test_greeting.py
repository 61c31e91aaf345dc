"""``--greeting``: what people and scripts get to see, and what is refused before anything is written."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.cli.test_commands import EPISODE, PITCH
from tests.fixtures.program import Run, stored
from tests.fixtures.speech import EXAMPLE, run_ffmpeg


@pytest.fixture(scope="module")
def greetings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a greeting, and files that are none."""
    folder = tmp_path_factory.mktemp("greetings")
    run_ffmpeg("-ss", "1", "-t", "2", "-i", EXAMPLE, folder / "hello.m4a")
    run_ffmpeg("-f", "lavfi", "-i", "anullsrc", "-t", "2", folder / "silent.wav")
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=61", "-ar", "8000", folder / "long.wav")
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=0.4", folder / "short.wav")
    (folder / "notes.txt").write_text("Hello Acme", encoding="utf-8")
    return folder


@pytest.fixture
def show(published: Path, greetings: Path) -> Path:
    """The working directory with a show in it, and those files."""
    shutil.copytree(greetings, published, dirs_exist_ok=True)
    return published


PUBLISH, DELIVER = ("publish", PITCH), ("episodes", "deliver", EPISODE)


@pytest.mark.parametrize(
    ("command", "audience", "greeting", "code", "message"),
    [
        pytest.param(PUBLISH, ["--to", "Acme Corp"], "silent.wav", 1, "silent.wav is silent", id="silent"),
        pytest.param(PUBLISH, ["--to", "Acme Corp"], "long.wav", 1, "long.wav is 61 s long", id="long"),
        pytest.param(PUBLISH, ["--to", "Acme Corp"], "short.wav", 1, "short.wav is 0.40 s long", id="short"),
        pytest.param(DELIVER, ["--to", "Acme Corp"], "notes.txt", 1, "notes.txt is not an audio", id="no audio"),
        pytest.param(PUBLISH, ["--to", "A", "--to", "B"], "hello.m4a", 2, "for one prospect", id="two"),
        pytest.param(PUBLISH, ["--public", "--yes"], "hello.m4a", 2, "for one prospect", id="everybody"),
        pytest.param(DELIVER, ["--all", "--yes"], "hello.m4a", 2, "for one prospect", id="all"),
    ],
)
def test_what_cannot_be_heard_first_is_named_and_nothing_is_written(
    show: Path, pitchcast: Run, command: list[str], audience: list[str], greeting: str, code: int, message: str
) -> None:
    before = stored(show)
    done = pitchcast(*command, *audience, "--greeting", greeting)
    assert done.code == code
    assert message in done.err
    assert stored(show) == before


def test_scripts_are_told_what_the_prospect_gets(show: Path, pitchcast: Run) -> None:
    before = stored(show)
    planned = pitchcast("episodes", "deliver", EPISODE, "--to", "Beta", "--greeting", "hello.m4a", "--dry-run")
    assert planned.out.endswith("to 1 feed: Beta, with the greeting hello.m4a. Nothing was written.\n")
    again = pitchcast("publish", PITCH, "--to", "Beta", "--greeting", "hello.m4a", "--dry-run", "--json")
    assert again.json["greeting"] == "hello.m4a"
    assert stored(show) == before
    done = pitchcast("episodes", "deliver", EPISODE, "--to", "Beta", "--greeting", "hello.m4a", "--json")
    (feed,) = done.json["feeds"]
    assert feed["greeting"]["recording"] == hashlib.sha256(Path("hello.m4a").read_bytes()).hexdigest()
    assert feed["duration_s"] == pytest.approx(done.json["episode"]["duration_s"] + feed["greeting"]["duration_s"])
    body = (show / "site" / "public" / feed["audio_url"].partition(":8760/")[2]).read_bytes()
    assert (feed["size_bytes"], feed["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert pitchcast("feeds", "show", "beta", "--json").json["greetings"] == 1


def test_a_greeting_alone_is_not_offered_to_undo(show: Path, pitchcast: Run) -> None:
    """What undo would take back is another publish."""
    done = pitchcast("publish", PITCH, "--to", "Acme Corp", "--greeting", "hello.m4a")
    assert done.code == 0, done.err
    assert "Acme Corp has this episode already: its audio changes there" in done.err
    assert "  Greeting of 2 s; 0:" in done.err
    assert "Changed for Acme Corp (episode 1):" in done.err
    assert "undo" not in done.err
