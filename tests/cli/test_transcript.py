"""A transcript from the command line to feed and page, and away again."""

import json
import re
from pathlib import Path

import feedparser

from tests.fixtures.program import Run

EPISODE = "new-recording-12"
SAID = """WEBVTT

00:00:00.000 --> 00:00:02.000
<v Dana>Good morning, Acme.

00:00:04.000 --> 00:00:05.000
Three steps & a <plan>.
"""


def files_of(folder: Path, ending: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob(f"site/public/*/*.{ending}")}


def starts(vtt: bytes) -> list[float]:
    return [60 * int(m) + float(s) for m, s in re.findall(r"^00:(\d\d):([\d.]+) -->", vtt.decode(), re.MULTILINE)]


def test_transcript_is_published_moved_with_the_audio_and_taken_away(published: Path, pitchcast: Run) -> None:
    (published / "pitch.vtt").write_text(SAID.replace("<plan>", "&lt;plan&gt;"), encoding="utf-8")
    (published / "chapters.txt").write_text("0:00 Hello\n0:04 Three steps\n", encoding="utf-8")
    done = pitchcast("episodes", "edit", EPISODE, "--transcript", "pitch.vtt", "--chapters", "chapters.txt", "--json")
    assert done.code == 0, done.err
    assert (done.json["chapters"], done.json["transcript"]) == (2, True)
    [(name, vtt)] = files_of(published, "vtt").items()
    [chapters] = [json.loads(body) for body in files_of(published, "json").values()]
    heard = starts(vtt)
    assert heard == [chapter["startTime"] for chapter in chapters["chapters"]]
    catalog = pitchcast("history", "show", "1")
    assert catalog.code == 0
    assert 3.0 < heard[1] <= 4.0
    [feed] = published.glob("site/public/*/feed.xml")
    text = feed.read_text(encoding="utf-8")
    assert f'/{name}" type="text/vtt"/>' in text
    assert feedparser.parse(text).entries
    page = (feed.parent / "index.html").read_text(encoding="utf-8")
    assert "Good morning, Acme." in page
    assert "Three steps &amp; a &lt;plan&gt;." in page
    again = pitchcast("episodes", "edit", EPISODE, "--transcript", "pitch.vtt")
    assert again.code == 0
    assert set(files_of(published, "vtt")) == {name}
    assert pitchcast("doctor", "--json").json["findings"]
    (published / "other.srt").write_text("1\n01:00:00,000 --> 01:00:01,000\nFar away\n", encoding="utf-8")
    wrong = pitchcast("episodes", "edit", EPISODE, "--transcript", "other.srt")
    assert wrong.code == 1
    assert "the transcript of another recording" in wrong.err
    (published / "plain.txt").write_text("Only words.\n\nNo times.\n", encoding="utf-8")
    assert pitchcast("episodes", "edit", EPISODE, "--transcript", "plain.txt").code == 0
    assert list(files_of(published, "txt").values()) == [b"Only words.\n\nNo times.\n"]
    assert not files_of(published, "vtt")
    assert pitchcast("episodes", "edit", EPISODE, "--transcript", "", "--chapters", "").code == 0
    assert not files_of(published, "txt")
    assert not files_of(published, "json")
    assert "podcast:transcript" not in feed.read_text(encoding="utf-8")


def test_publish_takes_a_transcript_and_withdrawing_takes_it_away(published: Path, pitchcast: Run) -> None:
    (published / "pitch.vtt").write_text(SAID.replace("<plan>", "plan"), encoding="utf-8")
    recording = next(published.glob("*.m4a"))
    options = ("--to", "Beta", "--title", "Again", "--again", "--transcript", "pitch.vtt")
    assert pitchcast("publish", recording, *options).code == 0
    assert len(files_of(published, "vtt")) == 1
    assert pitchcast("episodes", "withdraw", "--yes", "again").code == 0
    assert not files_of(published, "vtt")
