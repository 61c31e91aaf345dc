"""What cannot be published is refused with a message, a hint and an exit code, and nothing of it is stored."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.program import Run, stored
from tests.fixtures.speech import run_ffmpeg

PITCH = "New Recording 12.m4a"


def nothing(_path: Path) -> None:
    """Make no file."""


def a_folder(path: Path) -> None:
    path.mkdir()


def writes(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def a_tone(seconds: float, volume: float = 0.2) -> Callable[[Path], None]:
    source = f"sine=frequency=300:duration={seconds}"
    return lambda path: run_ffmpeg("-f", "lavfi", "-i", source, "-af", f"volume={volume}", "-f", "wav", path)


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb" + bytes(200)

RECORDINGS = [
    pytest.param("gone.m4a", nothing, "does not exist", "Check the name", id="no such file"),
    pytest.param("folder", a_folder, "is a folder", "Name the audio file", id="a folder"),
    pytest.param("empty.m4a", writes(b""), "empty.m4a is empty", "Copy it again", id="empty"),
    pytest.param("offer.pdf", writes(b"%PDF-1.7\n" + b"x" * 900), "offer.pdf is not", "Give an audio", id="a PDF"),
    pytest.param("photo.m4a", writes(JPEG), "photo.m4a", "Give an audio", id="a JPEG renamed"),
    pytest.param("short.wav", a_tone(0.4), "short.wav is 0.40 s long", "right file", id="too short"),
    pytest.param("silent.wav", a_tone(3, 0), "silent.wav is silent", "microphone", id="silent"),
    pytest.param("\x1b[31mred.m4a", nothing, "does not exist", "Check the name", id="control characters in the name"),
]


@pytest.mark.parametrize(("name", "make", "message", "hint"), RECORDINGS)
def test_a_recording_that_cannot_be_used(
    here: Path, pitchcast: Run, name: str, make: Callable[[Path], None], message: str, hint: str
) -> None:
    make(here / name)
    done = pitchcast("publish", name, "--to", "Acme Corp", "--json")
    error = done.json["error"]
    assert done.code == 1
    assert error["kind"] == "recording"
    assert message in error["message"]
    assert hint in error["hint"]
    shown = done.err.replace("\n       ", " ")
    assert "Error: " in shown
    assert f"What to do: {error['hint']}" in shown
    assert "\x1b" not in done.err
    assert not list(here.glob("site/public/**/*"))
    assert not list(here.glob("site/private/masters/*"))
    assert not list(here.glob("site/private/catalog*"))


PUBLISH = ("publish", PITCH, "--to", "Acme Corp")
FILES = [
    pytest.param("cover.png", b"no picture", (*PUBLISH, "--cover", "cover.png"), "file", id="a picture"),
    pytest.param("notes.md", b"\xff", (*PUBLISH, "--notes-file", "notes.md"), "file", id="notes"),
    pytest.param("marks.txt", b"soon: Price", (*PUBLISH, "--chapters", "marks.txt"), "file", id="chapters"),
    pytest.param("said.vtt", b"WEBVTT", (*PUBLISH, "--transcript", "said.vtt"), "file", id="a transcript"),
    pytest.param("feed.xml", None, ("feeds", "check", "feed.xml"), "file", id="a feed"),
    pytest.param("list.csv", None, ("prospects", "import", "list.csv"), "table", id="a list"),
]


@pytest.mark.parametrize(("name", "content", "words", "kind"), FILES)
def test_another_file_that_cannot_be_used(
    here: Path, pitchcast: Run, pitch_m4a: Path, name: str, content: bytes | None, words: tuple[str, ...], kind: str
) -> None:
    shutil.copy(pitch_m4a, here / PITCH)
    if content is not None:
        (here / name).write_bytes(content)
    done = pitchcast(*words, "--json")
    assert done.code == 1
    assert done.json["error"]["kind"] == kind
    assert name in done.json["error"]["message"]
    assert not list(here.glob("site/private/catalog*"))


USAGE = [
    pytest.param([], "no recording was named", "pitchcast publish RECORDING", id="no recording"),
    pytest.param([PITCH], "nobody to publish for", "--to", id="nobody"),
    pytest.param([PITCH, "--to", ""], "the prospect's name is empty", "", id="an empty name"),
    pytest.param([PITCH, "--to", "jo@"], "is not an e-mail address", "Name <name@", id="half an address"),
    pytest.param([PITCH, "--to", "A", "--title", "x" * 10_000], "10000 characters", "Shorten", id="a long title"),
    pytest.param([PITCH, "--to", "A", "--title", "a\x07b"], "control characters", "one line", id="a control character"),
    pytest.param([PITCH, "--to", "A\nB"], "control characters", "one line", id="a line break in a name"),
    pytest.param(
        [PITCH, "--to", "A", "--date", "tomorrow"], "--date “tomorrow” is not a date", "2026-03-02", id="a word"
    ),
    pytest.param([PITCH, "--to", "A", "--date", "0001-01-01T00:00"], "is not a date", "2026-03-02", id="year one"),
    pytest.param([PITCH, "--to", "A", "--date", "2999-01-01"], "--date", "Leave --date out", id="the future"),
    pytest.param([PITCH, "--to", "A", "--season", "0"], "--season", "--help", id="season zero"),
    pytest.param([PITCH, "--to", "A", "--notes", "a", "--notes-file", "b"], "exclude", "one of them", id="two notes"),
    pytest.param([PITCH, "--to", "A", "--frobnicate"], "no such option", "publish --help", id="an unknown option"),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), USAGE)
def test_wrong_usage_ends_with_two(
    here: Path, pitchcast: Run, pitch_m4a: Path, arguments: list[str], message: str, hint: str
) -> None:
    shutil.copy(pitch_m4a, here)
    done = pitchcast("publish", *arguments, "--json")
    assert done.code == 2, done.err
    assert done.json["error"]["kind"] == "usage"
    assert message in done.json["error"]["message"]
    assert hint in done.json["error"]["hint"]
    assert list(stored(here)) == [PITCH]


REFUSED = [
    pytest.param(["--to", "new@acme.example"], "unknown_name", "nobody has the address", id="an unknown bare address"),
    pytest.param(["--to", "Beta AG", "--existing-only"], "unknown_name", "Beta AG", id="existing only"),
    pytest.param(["--segment", "nobody"], "unknown_name", "nobody is in the segment", id="an empty segment"),
    pytest.param(["--to", "acme-corp", "--title", "Another"], "catalog", "New Recording 12", id="another title"),
    pytest.param(["--to", "B", "--notes-file", "no.md"], "file", "no.md cannot be read", id="no notes file"),
    pytest.param(["--to", "B", "--notes-file", "latin.md"], "file", "latin.md is not UTF-8", id="not UTF-8"),
    pytest.param(
        ["--to", "B", "--title", "B", "--again", "--chapters", "late.txt"],
        "file",
        "late.txt",
        id="chapters past the end",
    ),
]


@pytest.mark.parametrize(("arguments", "kind", "message"), REFUSED)
def test_what_the_show_does_not_allow_ends_with_one(
    published: Path, pitchcast: Run, arguments: list[str], kind: str, message: str
) -> None:
    (published / "latin.md").write_bytes("für".encode("latin-1"))
    (published / "late.txt").write_text("0:00 Hello\n9:59 Far away\n", encoding="utf-8")
    before = stored(published)
    done = pitchcast("publish", PITCH, *arguments, "--json")
    assert done.code == 1, done.err
    assert done.json["error"]["kind"] == kind
    assert message in done.json["error"]["message"]
    assert done.json["error"]["hint"]
    assert stored(published) == before


NAMES = [
    pytest.param("<script>alert(1)</script> & Sons", id="markup"),
    pytest.param("a ]]> b & c", id="the end of CDATA"),
    pytest.param("../../x", id="a path"),
    pytest.param("😀 Café Ünïcode", id="emoji"),
    pytest.param("شركة المثال", id="right to left"),
    pytest.param("[bold red]Acme[/]", id="what rich would read as markup"),
    pytest.param("CON", id="a name that Windows reserves"),
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_carried_as_it_is(published: Path, pitchcast: Run, name: str) -> None:
    done = pitchcast("publish", PITCH, "--to", name)
    assert done.code == 0, done.err
    assert f"{name} is a new prospect." in done.err
    listed = pitchcast("prospects", "list", "--json").json["prospects"][-1]
    assert listed["name"] == name
    assert re.fullmatch(r"[a-z0-9-]+", listed["id"])
    assert name in pitchcast("prospects", "list").out
    outside = set(stored(published.parent)) - {f"work/{path}" for path in stored(published)}
    assert not {path for path in outside if not path.startswith("home/")}
    assert pitchcast("feeds", "check", "--all").code == 0


def test_broken_settings_name_every_mistake_at_once(here: Path, pitchcast: Run, pitch_m4a: Path) -> None:
    (here / "pitchcast.toml").write_text(
        '[show]\ntitel = "x"\nlanguage = "english!"\n[storage]\nurl = "http://x"\n[audio]\nbitrate = 97\n',
        encoding="utf-8",
    )
    done = pitchcast("publish", pitch_m4a, "--to", "Acme Corp", "--title", "New Recording 12", "--json")
    error = done.json["error"]
    assert done.code == 1
    assert error["kind"] == "config"
    for place in ("pitchcast.toml:2: show.titel", "pitchcast.toml:3: show.language", ":5: storage.url", ":7: audio."):
        assert place in error["message"]
    assert len(done.err.splitlines()) == 5
    assert list(stored(here)) == ["pitchcast.toml"]


def test_a_storage_that_does_not_answer_ends_with_four(
    here: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("PITCHCAST_STORAGE_URL", "s3://pitches/dana")
    monkeypatch.setenv("PITCHCAST_STORAGE_ENDPOINT_URL", "http://127.0.0.1:9")
    done = pitchcast("feeds", "list", "--json")
    assert done.code == 4
    assert done.json["error"]["kind"] == "storage_unavailable"
    assert done.json["error"]["hint"]
