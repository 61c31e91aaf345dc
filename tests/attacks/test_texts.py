"""Somebody hands over a text that keeps the program busy, fills the memory or ends in a traceback."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.limited import run_limited, said_plainly
from tests.fixtures.program import Run

LONG = "9" * 5000
NESTED = '{"chapters": ' + "[" * 200_000
GIVEN = {"--chapters": "marks.txt", "--transcript": "said.vtt", "--notes-file": "notes.md"}


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def an_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_growing_size(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 << 30)  # 20 GB that take no room


@pytest.fixture
def episode(published: Path, pitchcast: Run) -> str:
    return str(pitchcast("episodes", "list", "--json").json["episodes"][0]["id"])


@pytest.mark.parametrize("make", [a_pipe, an_endless_device, a_growing_size])
@pytest.mark.parametrize("option", GIVEN)
def test_keep_a_command_reading_for_ever(
    published: Path, clean_environment: dict[str, str], episode: str, option: str, make: Callable[[Path], None]
) -> None:
    path = published / GIVEN[option]
    make(path)
    before = catalog_of(published)
    done = run_limited("episodes", "edit", episode, option, path, cwd=published, environment=clean_environment)
    said_plainly(done, path.name)
    assert catalog_of(published) == before


@pytest.mark.parametrize(
    ("option", "text"),
    [
        pytest.param("--chapters", f"{LONG}:00:00 a\n", id="hours of 5,000 digits"),
        pytest.param("--chapters", f"0:0.{LONG} a\n", id="a second of 5,000 digits"),
        pytest.param(
            "--chapters", f'{{"chapters": [{{"startTime": {LONG}, "title": "a"}}]}}', id="start of 5,000 digits"
        ),
        pytest.param("--chapters", '{"chapters": [{"startTime": 0, "title": "\\ud800"}]}', id="half a character"),
        pytest.param("--chapters", NESTED, id="lists in lists"),
        pytest.param("--chapters", '{"chapters": [' + '{"a":' * 200_000, id="objects in objects"),
        pytest.param(
            "--transcript", f"WEBVTT\n\n{LONG}:00:00.000 --> {LONG}:00:01.000\nHi\n", id="a cue of 5,000 digits"
        ),
        pytest.param("--transcript", "\0" * 100_000, id="nothing but NUL"),
        pytest.param("--transcript", "-->" * 1_000_000, id="nothing but arrows"),
    ],
)
def test_end_a_command_in_a_traceback(
    published: Path, clean_environment: dict[str, str], episode: str, option: str, text: str
) -> None:
    path = published / GIVEN[option]
    path.write_text(text, encoding="utf-8")
    done = run_limited("episodes", "edit", episode, option, path, cwd=published, environment=clean_environment)
    said_plainly(done, path.name)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" + ".a" * 32_000 + " = 1\n", id="a key of 32,000 parts"),
        pytest.param("[show]\nx = " + "[" * 60_000, id="lists in lists"),
        pytest.param("[show]\nx = [\n" + "1,\n" * 20_000 + "]\n", id="a value on 20,000 lines"),
        pytest.param(f"[show]\nx = {LONG}\n", id="a number of 5,000 digits"),
        pytest.param("#" * 1_000_000, id="a megabyte"),
    ],
)
def test_fill_the_memory_through_a_settings_file(here: Path, clean_environment: dict[str, str], text: str) -> None:
    (here / "pitchcast.toml").write_text(text, encoding="utf-8")
    done = run_limited("feeds", "list", cwd=here, environment=clean_environment, memory_mb=800)
    said_plainly(done, "pitchcast.toml")


@pytest.mark.parametrize("make", [a_pipe, an_endless_device, a_growing_size])
def test_keep_the_program_from_starting_by_its_settings(
    here: Path, clean_environment: dict[str, str], make: Callable[[Path], None]
) -> None:
    make(here / "company.toml")
    (here / "pitchcast.toml").write_text('extends = "company.toml"\n', encoding="utf-8")
    done = run_limited("feeds", "list", cwd=here, environment=clean_environment)
    said_plainly(done, "company.toml")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<rss>" + b"<a>" * 2_000_000, id="elements in elements"),
        pytest.param(b"<rss>" + b"<a b" + b" b" * 2_000_000, id="attributes without end"),
        pytest.param(
            b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss>&b;</rss>',
            id="entities",
        ),
        pytest.param(
            b'<rss version="2.0"><channel>' + b"<item><guid>a</guid></item>" * 400_000 + b"</channel></rss>", id="items"
        ),
        pytest.param(
            b'<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><item>'
            b"<itunes:episode>%b</itunes:episode><itunes:duration>%b</itunes:duration>"
            b'<enclosure length="%b"/></item></channel></rss>' % ((LONG.encode(),) * 3),
            id="numbers of 5,000 digits",
        ),
        pytest.param(b"<rss>" + b" " * 20_000_000 + b"</rss>", id="20 MB"),
    ],
)
def test_fill_the_memory_through_a_feed_to_check(here: Path, clean_environment: dict[str, str], content: bytes) -> None:
    (here / "feed.xml").write_bytes(content)
    done = run_limited("feeds", "check", "feed.xml", cwd=here, environment=clean_environment)
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
    assert "feed.xml" in done.out + done.err


@pytest.mark.parametrize("make", [a_pipe, an_endless_device])
def test_keep_a_check_of_a_feed_reading_for_ever(
    here: Path, clean_environment: dict[str, str], make: Callable[[Path], None]
) -> None:
    make(here / "feed.xml")
    done = run_limited("feeds", "check", "feed.xml", cwd=here, environment=clean_environment)
    said_plainly(done, "feed.xml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("words/en.toml", "a" + ".a" * 90_000 + " = 1\n", id="words of 90,000 parts"),
        pytest.param("words/en.toml", f"play = {LONG}\n", id="a word of 5,000 digits"),
        pytest.param("listen.html", "x" * 1_000_000, id="a megabyte"),
    ],
)
def test_fill_the_memory_through_templates(
    published: Path, clean_environment: dict[str, str], name: str, text: str
) -> None:
    path = published / "look" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    before = catalog_of(published)
    done = run_limited(
        "show", "edit", "--templates", "look", cwd=published, environment=clean_environment, memory_mb=800
    )
    said_plainly(done, name)
    assert catalog_of(published) == before


@pytest.mark.parametrize("option", ["--artwork", "--logo"])
@pytest.mark.parametrize("make", [a_pipe, an_endless_device])
def test_keep_a_command_reading_a_picture_for_ever(
    published: Path, clean_environment: dict[str, str], make: Callable[[Path], None], option: str
) -> None:
    make(published / "picture.png")
    done = run_limited("show", "edit", option, "picture.png", cwd=published, environment=clean_environment)
    said_plainly(done, "picture.png")


def test_hand_a_set_up_file_that_never_ends(here: Path, clean_environment: dict[str, str]) -> None:
    a_growing_size(here / "company.toml")
    done = run_limited("join", "company.toml", cwd=here, environment=clean_environment)
    said_plainly(done, "company.toml")
    assert not (here / "pitchcast.toml").exists()


def catalog_of(folder: Path) -> bytes:
    """Return the catalog of the show in that folder; a pipe beside it is not looked into."""
    return next(folder.rglob("private/catalog.json.gz")).read_bytes()
