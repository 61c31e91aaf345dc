"""The commands around publish: what they print for people, what they answer to scripts, what they change."""

import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import numpy as np
import pytest
from PIL import Image

from pitchcast.site.pending import Pending
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.ledger import Ledger
from tests.fixtures.program import Run, stored
from tests.fixtures.speech import PHONE_TAGS

PITCH = "New Recording 12.m4a"
EPISODE = "new-recording-12"


def feed_of(folder: Path, link: str) -> Path:
    return folder / "site" / "public" / link.split("/")[3] / "feed.xml"


# ---- the link, and the way back


def test_link_prints_the_page_again(published: Path, pitchcast: Run) -> None:
    by_name, by_id = pitchcast("link", "acme CORP"), pitchcast("link", "acme-corp")
    assert by_name.out == by_id.out
    assert by_name.out.endswith("/index.html\n")
    assert "on this computer only" in by_name.err
    answer = pitchcast("link", "acme-corp", "--json").json
    assert answer["page_url"] == by_id.out.strip()
    assert answer["prospect"] == {"id": "acme-corp", "name": "Acme Corp"}


def test_link_of_nobody_and_of_no_public_feed(published: Path, pitchcast: Run) -> None:
    unknown = pitchcast("link", "Zeta", "--json")
    assert unknown.code == 1
    assert unknown.json["error"] == {
        "kind": "unknown_name",
        "message": "no prospect is called “Zeta”",
        "hint": "See them all with: pitchcast prospects list",
    }
    assert "--public" in pitchcast("link", "public").err


def test_link_goes_to_the_clipboard_program(published: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = published / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    missing = pitchcast("link", "acme-corp", "--copy")
    assert missing.code == 0
    assert "no clipboard program was found" in missing.err
    program = programs / "wl-copy"
    program.write_text(f'#!/bin/sh\n/bin/cat > "{published}/clipboard"\n', encoding="utf-8")
    program.chmod(0o755)
    done = pitchcast("link", "acme-corp", "--copy")
    assert "Copied. The link works on this computer only." in done.err
    assert (published / "clipboard").read_text(encoding="utf-8") == done.out.strip()


def test_mail_opens_a_draft_with_the_page(published: Path, pitchcast: Run, program: Run) -> None:
    pitchcast("prospects", "edit", "acme-corp", "--email", "jo@acme.example")
    browser = published / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{published}/opened"\n', encoding="utf-8")
    browser.chmod(0o755)
    done = program("link", "acme-corp", "--mail", cwd=published, BROWSER=str(browser))
    assert "A mail draft to jo@acme.example was opened: “New Recording 12: recorded for you”." in done.err
    draft = urlsplit((published / "opened").read_text(encoding="utf-8"))
    assert (draft.scheme, draft.path) == ("mailto", "jo@acme.example")
    [body] = parse_qs(draft.query)["body"]
    assert f"podcast app:\r\n{done.out.strip()}\r\n\r\n" in body


def test_mail_in_words_of_one_s_own(published: Path, pitchcast: Run, program: Run) -> None:
    """A long text goes the way of the clipboard, which every mail program knows; here there is none, so it is shown."""
    settings = published / "pitchcast.toml"
    text = settings.read_text(encoding="utf-8").replace("[brand]\n", '[brand]\nmail = "mail.txt"\n')
    settings.write_text(text, encoding="utf-8")
    mail = published / "mail.txt"
    mail.write_text(
        "Für {name}: {title}\n\nHören Sie\n{link}\n" + "und hören " * 200 + "dann\n{host}", encoding="utf-8"
    )
    browser = published / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{published}/opened"\n', encoding="utf-8")
    browser.chmod(0o755)
    done = program("link", "acme-corp", "--mail", "--json", cwd=published, BROWSER=str(browser), PATH="/nowhere")
    draft = parse_qs(urlsplit((published / "opened").read_text(encoding="utf-8")).query)
    assert draft == {"subject": ["Für Acme Corp: New Recording 12"]}
    answer = json.loads(done.out)
    assert answer["mail"]["subject"] == "Für Acme Corp: New Recording 12"
    assert answer["mail"]["body"].startswith(f"Hören Sie\n{answer['page_url']}\nund hören")
    assert answer["mail"]["opened"] == "without text"
    assert answer["mail"]["body"] in done.err
    mail.write_text("Für {nam}\n\n{link}", encoding="utf-8")
    wrong = pitchcast("link", "acme-corp", "--mail")
    assert wrong.code == 1
    assert "mail.txt:1: the mail: {nam} is not known here" in wrong.err


def test_undo_takes_everything_back(published: Path, pitchcast: Run) -> None:
    feed = feed_of(published, pitchcast("link", "acme-corp").out)
    planned = pitchcast("undo", "--yes", "--dry-run")
    assert planned.out == "Would take back “New Recording 12” for Acme Corp (and the prospect Acme Corp).\n"
    assert feed.is_file()
    done = pitchcast("undo", "--yes")
    assert done.code == 0
    assert done.out == "Took back “New Recording 12” for Acme Corp (and the prospect Acme Corp).\n"
    assert "Copies that were fetched already stay where they are." in done.err
    assert {file.name for file in feed.parent.iterdir()} == {"feed.xml", "index.html", "call.html"}
    assert "no longer available" in (feed.parent / "index.html").read_text(encoding="utf-8")
    nothing_left = pitchcast("undo", "--yes", "--json")
    assert nothing_left.code == 1
    assert nothing_left.json["error"]["kind"] == "unknown_name"


def test_undo_never_takes_back_what_a_colleague_published(
    published: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PITCHCAST_USER", "kim@desk")
    done = pitchcast("undo", "--yes", "--json")
    assert done.code == 1
    assert "episodes withdraw" in done.json["error"]["hint"]


def test_undo_of_one_of_two_publishes(published: Path, pitchcast: Run) -> None:
    pitchcast("publish", PITCH, "--to", "Beta AG")
    answer = pitchcast("undo", "--yes", EPISODE, "--json").json
    assert [prospect["id"] for prospect in answer["removed_prospects"]] == ["beta-ag"]
    assert answer["episode_removed"] is False
    assert pitchcast("prospects", "list", "--json").json["prospects"][0]["episodes"] == 1


# ---- prospects


def test_prospects_are_added_listed_shown_and_edited(published: Path, pitchcast: Run) -> None:
    added = pitchcast(
        "prospects", "add", "Jo Doe <jo@acme.example>", "--company", "Acme", "--segment", "retail", "--json"
    )
    assert added.json["id"] == "jo-doe"
    assert added.json["created"] is True
    listed = pitchcast("prospects", "list", "--json").json["prospects"]
    assert [(one["id"], one["episodes"]) for one in listed] == [("acme-corp", 1), ("jo-doe", 0)]
    assert [one["id"] for one in pitchcast("prospects", "list", "--segment", "RETAIL", "--json").json["prospects"]] == [
        "jo-doe"
    ]
    assert "jo@acme.example" in pitchcast("prospects", "show", "jo@acme.example").out
    spoken_to = pitchcast("prospects", "edit", "jo-doe", "--address", "team", "--json").json["address"]
    refused = pitchcast("prospects", "edit", "jo-doe", "--address", "everybody")
    again_as_the_show_says = pitchcast("prospects", "edit", "jo-doe", "--address", "show", "--json").json["address"]
    assert (spoken_to, refused.code, again_as_the_show_says) == ("team", 2, "")
    edited = pitchcast("prospects", "edit", "jo-doe", "--name", "Jo Smith", "--segment", "", "--json").json
    assert (edited["id"], edited["name"], edited["segments"]) == ("jo-doe", "Jo Smith", [])
    assert edited["page_url"] == added.json["page_url"]


def test_a_prospect_is_added_once(published: Path, pitchcast: Run) -> None:
    again = pitchcast("prospects", "add", "ACME corp.")
    assert again.code == 1
    assert "pitchcast prospects edit acme-corp" in again.err
    near = pitchcast("prospects", "add", "Acme Corps", "--json")
    assert near.json["similar"] == ["acme-corp"]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["prospects", "add", "Beta AG"], id="prospects add"),
        pytest.param(["prospects", "edit", "acme-corp", "--name", "Other"], id="prospects edit"),
        pytest.param(["episodes", "edit", EPISODE, "--title", "Other"], id="episodes edit"),
        pytest.param(["episodes", "withdraw", EPISODE, "--yes"], id="episodes withdraw"),
        pytest.param(["feeds", "build"], id="feeds build"),
        pytest.param(["show", "edit", "--title", "Other"], id="show edit"),
        pytest.param(["show", "apply"], id="show apply"),
        pytest.param(["undo", "--yes"], id="undo"),
        pytest.param(["publish", PITCH, "--to", "Beta AG"], id="publish"),
    ],
)
def test_a_dry_run_changes_nothing(published: Path, pitchcast: Run, command: list[str]) -> None:
    before = stored(published)
    done = pitchcast(*command, "--dry-run")
    assert done.code == 0, done.err
    assert done.out
    assert stored(published) == before


@pytest.mark.parametrize(
    "command", [["prospects", "edit", "acme-corp"], ["episodes", "edit", EPISODE], ["show", "edit"]], ids=" ".join
)
def test_an_edit_of_nothing_is_wrong_usage(published: Path, pitchcast: Run, command: list[str]) -> None:
    assert pitchcast(*command).code == 2


# ---- episodes, feeds, the show


@pytest.mark.parametrize("between", [(), ("prospects", "add", "Gamma Ltd")], ids=["at once", "another change between"])
def test_undo_brings_nothing_back_and_takes_nothing_older(
    published: Path, pitchcast: Run, other_recording: Path, between: tuple[str, ...]
) -> None:
    pitchcast("publish", other_recording, "--to", "Acme Corp", "--title", "Second")
    assert pitchcast("episodes", "withdraw", "Second", "--yes").code == 0
    if between:
        assert pitchcast(*between).code == 0
    before = stored(published)
    for words in ((), (), ("second",)):
        done = pitchcast("undo", *words, "--yes", "--json")
        error = done.json["error"]
        assert done.code == 1
        assert "“Second”" in error["message"]
        assert "a withdrawn episode cannot be brought back" in error["message"]
    assert stored(published) == before
    assert error["hint"].endswith(f"pitchcast undo {EPISODE} --yes")
    assert pitchcast("undo", EPISODE, "--yes").code == 0
    assert "--again" in pitchcast("undo", "--yes").err


def test_undo_after_an_older_one_was_withdrawn_stops_too(
    published: Path, pitchcast: Run, other_recording: Path
) -> None:
    pitchcast("publish", other_recording, "--to", "Acme Corp", "--title", "Second")
    pitchcast("episodes", "withdraw", EPISODE, "--yes")
    done = pitchcast("undo", "--yes")
    assert (done.code, "the newest change withdrew “New Recording 12”" in done.err) == (1, True)
    assert "Took back “Second”" in pitchcast("undo", "second", "--yes").out


def test_episodes_are_listed_shown_edited_and_withdrawn(published: Path, pitchcast: Run) -> None:
    (episode,) = pitchcast("episodes", "list", "--json").json["episodes"]
    assert (episode["id"], episode["feeds"], episode["withdrawn"]) == (EPISODE, 1, False)
    assert EPISODE in pitchcast("episodes", "list").out
    shown = pitchcast("episodes", "show", EPISODE, "--json").json
    assert shown["feeds"][0]["prospect"]["id"] == "acme-corp"
    roles = pitchcast("episodes", "edit", EPISODE, "--for-roles", "finance, IT,finance", "--json").json["for_roles"]
    none = pitchcast("episodes", "edit", EPISODE, "--for-roles", "", "--json").json["for_roles"]
    assert (roles, none) == (["finance", "IT"], [])
    assert pitchcast("episodes", "edit", EPISODE, "--for-roles", "x" * 61).code == 2
    edited = pitchcast("episodes", "edit", EPISODE, "--title", "A <b>new</b> [title]", "--notes", "One & two", "--json")
    assert edited.json["title"] == "A <b>new</b> [title]"
    feed = feed_of(published, pitchcast("link", "acme-corp").out)
    assert "A &lt;b&gt;new&lt;/b&gt; [title]" in feed.read_text(encoding="utf-8")
    assert "A <b>new</b> [title]" in pitchcast("episodes", "show", EPISODE).out
    withdrawn = pitchcast("episodes", "withdraw", "--yes", EPISODE)
    assert withdrawn.out == "Withdrew “A <b>new</b> [title]” for Acme Corp.\n"
    assert "<item>" not in feed.read_text(encoding="utf-8")
    assert not list(feed.parent.glob("*.mp3"))
    assert pitchcast("episodes", "list", "--json").json["episodes"][0]["withdrawn"] is True
    assert pitchcast("episodes", "withdraw", "--yes", EPISODE).code == 0, "again means done"


def test_feeds_are_listed_shown_and_built_again(published: Path, pitchcast: Run) -> None:
    (feed,) = pitchcast("feeds", "list", "--json").json["feeds"]
    assert set(feed) >= {"prospect", "access", "state", "feed_url", "page_url", "expires"}
    assert feed["expires"] is None
    assert feed["page_url"] in pitchcast("feeds", "list").out
    assert feed["feed_url"] in pitchcast("feeds", "show", "Acme Corp").out
    lost = feed_of(published, feed["page_url"])
    body = lost.read_bytes()
    lost.unlink()
    assert pitchcast("doctor").code == 1
    built = pitchcast("feeds", "build", "acme-corp", "--json").json
    assert set(built) >= {"feeds", "put", "copied", "deleted", "unchanged", "bytes", "duration_s"}
    assert (built["feeds"], built["put"]) == (1, 1)
    assert lost.read_bytes() == body


def test_checks_answer_findings_and_end_with_one_on_errors(published: Path, pitchcast: Run) -> None:
    good = pitchcast("feeds", "check", "--all", "--json")
    assert good.code == 0
    assert all(set(finding) == {"level", "where", "what", "do"} for finding in good.json["findings"])
    (published / "bad.xml").write_text("<rss><channel><title>x</title></channel></rss>", encoding="utf-8")
    bad = pitchcast("feeds", "check", "bad.xml", "--json")
    assert bad.code == 1
    assert any(finding["level"] == "error" for finding in bad.json["findings"])
    assert pitchcast("feeds", "check", "bad.xml").out.startswith("error")
    assert pitchcast("feeds", "check", "none.xml").code == 1
    assert pitchcast("feeds", "check").code == 2


def test_the_doctor_finds_all_well(published: Path, pitchcast: Run) -> None:
    done = pitchcast("doctor", "--json")
    assert done.code == 0, done.out
    findings = done.json["findings"]
    assert {finding["level"] for finding in findings} <= {"ok", "warning"}
    assert any("ffmpeg" in finding["what"] for finding in findings)


def test_the_doctor_finishes_what_was_interrupted_and_says_so(published: Path, pitchcast: Run) -> None:
    page = feed_of(published, pitchcast("link", "acme-corp").out).with_name("index.html")
    page.unlink()
    catalog = Ledger(FolderBucket(published / "site"), new_nonce=str).load().catalog
    assert catalog is not None
    record = Pending(
        at=datetime.now(UTC) - timedelta(minutes=2),
        who="kim@desk",
        paths=(page.parent.name,),
        name="show edit",
        what="edited the show",
        intent=catalog.intents[-1].id,
    )
    pending = published / "site" / "private" / "pending"
    pending.mkdir(exist_ok=True)
    (pending / f"{'0' * 32}.json").write_bytes(msgspec.json.encode(record))
    found = pitchcast("doctor")
    assert "“show edit” by kim@desk" in found.out
    assert "was interrupted" in found.out
    mended = pitchcast("doctor", "--repair")
    assert mended.code == 0, mended.out
    assert "and is finished" in mended.out
    assert page.exists()
    assert not [line for line in mended.out.splitlines() if line.startswith(("warning", "error"))]
    assert "interrupted" not in pitchcast("doctor").out


def test_the_doctor_before_anything_was_published(here: Path, pitchcast: Run) -> None:
    assert pitchcast("doctor").code == 0


def test_the_show_is_shown_edited_and_applied(published: Path, pitchcast: Run) -> None:
    edited = pitchcast("show", "edit", "--title", "Cloud bills", "--no-explicit", "--call-to-action", "Book", "--json")
    assert edited.code == 0, edited.err
    assert edited.json["show"]["title"] == "Cloud bills"
    assert edited.json["show"]["description"] == ""  # every field is there
    settings = published / "pitchcast.toml"
    assert "Cloud bills" in settings.read_text(encoding="utf-8")
    settings.write_text(settings.read_text(encoding="utf-8").replace("Cloud bills", "Cloud costs"), encoding="utf-8")
    shown = pitchcast("show", "show")
    assert "Cloud bills" in shown.out
    assert "show.title: pitchcast.toml says" in shown.err
    planned = pitchcast("show", "apply", "--dry-run")
    assert re.search(r"Would change show\.\w+: pitchcast\.toml says “.+”, the show has “.+”", planned.err)
    assert pitchcast("show", "show", "--json").json["differences"], "a dry run changes nothing"
    assert pitchcast("show", "apply", "--json").json["differences"] == []
    assert "is what pitchcast.toml says already" in pitchcast("show", "apply").err
    wrong = pitchcast("show", "edit", "--language", "english!", "--link", "nowhere", "--json")
    assert wrong.code == 1
    assert len(wrong.json["error"]["message"].splitlines()) == 2


@pytest.mark.parametrize("command", ["link acme", "undo --yes", "feeds list", "prospects list", "show show", "preview"])
def test_before_anything_was_published_the_next_step_is_named(here: Path, pitchcast: Run, command: str) -> None:
    done = pitchcast(*command.split())
    assert done.code == 1
    assert "pitchcast publish RECORDING --to NAME" in done.err
    assert stored(here) == {}


# ---- init


def test_init_in_a_script_writes_what_it_is_given(here: Path, pitchcast: Run) -> None:
    flags = ["--host", "Dana Reyes", "--storage", "s3://pitches/dana", "--language", "de", "--profile", "sales"]
    done = pitchcast("init", *flags, "--json")
    assert done.code == 0, done.err
    assert done.json["settings"]["show.title"] == "Ideen von Dana Reyes"
    text = (here / "pitchcast.toml").read_text(encoding="utf-8")
    for line in ('host = "Dana Reyes"', 'url = "s3://pitches/dana"', 'language = "de"', 'profile = "sales"'):
        assert line in text


def test_init_never_overwrites(published: Path, pitchcast: Run) -> None:
    before = stored(published)
    done = pitchcast("init", "--host", "Somebody", "--json")
    assert done.code == 1
    assert "exists and is not overwritten" in done.json["error"]["message"]
    assert stored(published) == before


def test_init_names_every_mistake(here: Path, pitchcast: Run) -> None:
    done = pitchcast(
        "init", "--host", "D", "--language", "english!", "--category", "Busness", "--storage", "http://x", "--json"
    )
    assert done.code == 1
    message = done.json["error"]["message"]
    assert all(key in message for key in ("show.language", "show.category", "storage.url"))
    assert stored(here) == {}


def test_init_dry_run_prints_the_file(here: Path, pitchcast: Run) -> None:
    assert "[storage]" in pitchcast("init", "--dry-run").out
    assert stored(here) == {}


# ---- audio


def test_audio_inspect_measures_one_or_several(here: Path, pitchcast: Run, pitch_m4a: Path, speech_wav: Path) -> None:
    one = pitchcast("audio", "inspect", pitch_m4a, "--json").json
    assert set(one) >= {
        "file",
        "duration_s",
        "codec",
        "channels",
        "sample_rate_hz",
        "integrated_lufs",
        "true_peak_dbtp",
    }
    assert (one["file"], one["codec"], one["channels"]) == (pitch_m4a.name, "aac", 2)
    assert PHONE_TAGS["comment"] in pitchcast("audio", "inspect", pitch_m4a).out
    (here / "empty.wav").touch()
    several = pitchcast("audio", "inspect", pitch_m4a, "empty.wav", speech_wav, "--json")
    assert several.code == 3
    assert [found["file"] for found in several.json["files"]] == [pitch_m4a.name, speech_wav.name]
    assert "empty.wav is empty" in several.json["failed"][0]["message"]
    for_people = pitchcast("audio", "inspect", "empty.wav", speech_wav)
    assert for_people.code == 3
    assert "1 of 2 files could not be read" in for_people.err


@pytest.mark.parametrize("loudness", [-20, -16])
def test_audio_inspect_draws_the_target_of_the_settings(
    here: Path, pitchcast: Run, speech_wav: Path, loudness: int
) -> None:
    (here / "pitchcast.toml").write_text(f"[audio]\nloudness = {loudness}\n")
    done = pitchcast("audio", "inspect", speech_wav, "--plot", "plot.png")
    assert done.code == 0, done.err
    with Image.open(here / "plot.png") as plot:
        red = (np.asarray(plot) == (0xC0, 0x39, 0x2B)).all(axis=2)
    drawn_at = int(red.sum(axis=1).argmax())
    assert drawn_at == round(20 - loudness / 60 * 300)  # the picture's 0 and -60 LUFS are at rows 20 and 320


def test_audio_master_writes_an_mp3(here: Path, pitchcast: Run, speech_wav: Path) -> None:
    done = pitchcast("audio", "master", speech_wav, "-o", "pitch.mp3", "--json")
    assert done.code == 0, done.err
    assert done.json["input"]["codec"] == "pcm_s16le"
    assert done.json["output"]["codec"] == "mp3"
    assert abs(done.json["output"]["heard_lufs"] + 16) < 0.5
    assert done.json["output"]["size_bytes"] == (here / "pitch.mp3").stat().st_size
    again = pitchcast("audio", "master", speech_wav, "-o", "pitch.mp3", "--json")
    assert again.code == 1
    assert "--force" in again.json["error"]["hint"]
    assert pitchcast("audio", "master", "pitch.mp3", "-o", "pitch.mp3", "--force").code == 1
    other = pitchcast("audio", "master", speech_wav, "-o", "pitch.m4a", "--title", "Acme", "--json")
    assert other.json["output"]["codec"] == "aac"
    assert pitchcast("audio", "master", speech_wav, "-o", "x.m4a", "--format", "mp3").code == 2


# ---- output


def test_a_console_that_cannot_show_a_character_shows_something(published: Path, program: Run) -> None:
    done = program("publish", PITCH, "--to", "شركة “Ünïcode”", cwd=published, PYTHONIOENCODING="ascii")
    assert done.code == 0, done.err
    listed = program("prospects", "list", "--json", cwd=published, PYTHONIOENCODING="ascii")
    assert json.loads(listed.out)["prospects"][1]["name"] == "شركة “Ünïcode”"


def test_a_pipe_gets_utf_8_whatever_the_locale(published: Path, pitchcast: Run, program: Run) -> None:
    pitchcast("prospects", "add", "Zürich Müller")
    done = program("prospects", "list", cwd=published, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert "Zürich Müller" in done.out


def test_a_reader_that_goes_away_is_no_crash(published: Path, clean_environment: dict[str, str]) -> None:
    import subprocess

    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "pitchcast", "feeds", "list"]
    done = subprocess.run(
        command, cwd=published, env=clean_environment, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
