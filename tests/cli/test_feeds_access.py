"""The commands that change who can reach what, and those that look into the past."""

from pathlib import Path

import feedparser
import pytest
from mutagen.id3 import ID3

from tests.fixtures.program import Run, stored

PITCH = "New Recording 12.m4a"
EPISODE = "new-recording-12"


def folder_of(folder: Path, link: str) -> Path:
    return folder / "site" / "public" / link.split("/")[3]


def link(pitchcast: Run, who: str = "acme-corp") -> str:
    return pitchcast("link", who).out.strip()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_rotating_prints_the_new_link_alone(published: Path, pitchcast: Run) -> None:
    old = link(pitchcast)
    done = pitchcast("feeds", "rotate", "--yes", "Acme Corp")
    assert done.code == 0, done.err
    said, new = done.out.splitlines()
    assert said == "Rotated the feed of Acme Corp."
    assert new == link(pitchcast) != old
    assert "Send the new link yourself" in done.err
    assert old.split("/")[3] not in done.err
    assert names(folder_of(published, old)) == {"feed.xml", "index.html", "call.html"}
    assert len(names(folder_of(published, new))) == 3


def test_revoking_and_restoring(published: Path, pitchcast: Run) -> None:
    old = link(pitchcast)
    done = pitchcast("feeds", "revoke", "--yes", "acme-corp", "--json")
    assert done.code == 0, done.err
    assert done.json["feeds"][0]["state"] == "revoked"
    assert names(folder_of(published, old)) == {"feed.xml", "index.html", "call.html"}
    assert "no longer available" in (folder_of(published, old) / "index.html").read_text(encoding="utf-8")
    (listed,) = pitchcast("feeds", "list", "--json").json["feeds"]
    assert listed["state"] == "revoked"
    assert "private, 1 episode, revoked" in pitchcast("feeds", "list").out
    refused = pitchcast("link", "acme-corp", "--json")
    assert refused.code == 1
    assert "pitchcast feeds restore acme-corp" in refused.json["error"]["hint"]
    assert pitchcast("publish", PITCH, "--to", "Acme Corp", "--again", "--title", "Again").code == 1
    assert pitchcast("doctor").code == 0
    again = pitchcast("feeds", "revoke", "--yes", "acme-corp")
    assert again.code == 0
    assert "Nothing to change for acme-corp" in again.err
    restored = pitchcast("feeds", "restore", "acme-corp")
    new = restored.out.splitlines()[1]
    assert new == link(pitchcast) != old
    assert pitchcast("doctor").code == 0


def test_expiring(published: Path, pitchcast: Run) -> None:
    done = pitchcast("feeds", "expire", "acme-corp", "--on", "2099-03-31T12:00Z", "--json")
    assert done.json["feeds"][0]["expires"] == "2099-03-31T12:00:00Z"
    assert pitchcast("feeds", "list", "--json").json["feeds"][0]["expires"] == "2099-03-31T12:00:00Z"
    assert "ends 2099-03-31" in pitchcast("feeds", "list").out
    assert "the first command that writes after" in pitchcast("feeds", "expire", "acme-corp", "--after", "8w").err
    assert "no end any more" in pitchcast("feeds", "expire", "acme-corp", "--never").err
    assert pitchcast("feeds", "list", "--json").json["feeds"][0]["expires"] is None
    assert pitchcast("feeds", "expire", "acme-corp", "--on", "2020-01-01").code == 2
    assert pitchcast("feeds", "expire", "acme-corp", "--after", "soon").code == 2
    assert pitchcast("feeds", "expire", "acme-corp").code == 2


def test_removing_a_prospect(published: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "edit", "acme-corp", "--email", "jo@acme.example")
    old = link(pitchcast)
    done = pitchcast("prospects", "remove", "--yes", "acme-corp")
    assert done.out == "Removed Acme Corp.\n"
    assert "Earlier catalogs still name them" in done.err
    assert pitchcast("prospects", "list", "--json").json["prospects"] == []
    assert names(folder_of(published, old)) == {"feed.xml", "index.html", "call.html"}
    purged = pitchcast("prospects", "remove", "--yes", "--purge-history", "--json")
    assert purged.code == 0
    assert purged.json["purged"]["revisions"] == 2
    assert purged.json["purged"]["remaining"] == []


@pytest.mark.parametrize("command", ["rotate", "revoke", "restore", "expire --never"])
def test_all_of_them_takes_a_yes_in_a_script(published: Path, pitchcast: Run, command: str) -> None:
    name, *options = command.split()
    assert pitchcast("feeds", name, *options).code == 2
    refused = pitchcast("feeds", name, *options, "--all", "--json")
    assert refused.code == 2
    assert "--yes" in refused.json["error"]["hint"]
    assert pitchcast("feeds", name, *options, "--all", "--yes").code == 0
    assert pitchcast("feeds", name, *options, "--segment", "none", "--yes").code == 1


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["feeds", "rotate", "acme-corp"], id="rotate"),
        pytest.param(["feeds", "revoke", "--all"], id="revoke"),
        pytest.param(["feeds", "expire", "acme-corp", "--after", "30d"], id="expire"),
        pytest.param(["prospects", "remove", "acme-corp", "--purge-history"], id="remove"),
        pytest.param(["episodes", "replace", EPISODE, "other.wav"], id="replace"),
        pytest.param(["history", "restore", "1"], id="history restore"),
    ],
)
def test_a_dry_run_changes_nothing(published: Path, pitchcast: Run, command: list[str], speech_wav: Path) -> None:
    (published / "other.wav").write_bytes(speech_wav.read_bytes())
    pitchcast("show", "edit", "--host", "Nobody")
    before = stored(published)
    done = pitchcast(*command, "--dry-run")
    assert done.code == 0, done.err
    assert done.out.startswith("Would ")
    assert stored(published) == before


def test_replacing_an_episodes_audio(published: Path, pitchcast: Run, speech_wav: Path) -> None:
    folder = folder_of(published, link(pitchcast))
    before = feedparser.parse(folder / "feed.xml").entries[0]
    done = pitchcast("episodes", "replace", EPISODE, speech_wav, "--json")
    assert done.code == 0, done.err
    assert "apps may fetch the episode again" in done.err
    after = feedparser.parse(folder / "feed.xml").entries[0]
    assert (after.id, after.title, after.published) == (before.id, before.title, before.published)
    old, new = (entry.enclosures[0].href.rpartition("/")[2] for entry in (before, after))
    assert old != new
    assert {path.name for path in folder.glob("*.mp3")} == {old, new}, "the old audio stays for a week"
    assert (folder / new).stat().st_size == int(after.enclosures[0].length)
    assert done.json["old_audio_until"] > "2026"
    assert str(ID3(folder / new)["TGID"]) == after.id, "the tags of the new audio are this episode's"
    again = pitchcast("episodes", "replace", EPISODE, speech_wav, "--json").json
    assert again["changed"] is False
    known = pitchcast("publish", PITCH, "--to", "Beta AG", "--title", "New Recording 12", "--json")
    assert known.code == 1
    assert "replaced by another one" in known.json["error"]["message"]
    assert pitchcast("doctor").code == 0


def test_history_is_listed_shown_and_restored(published: Path, pitchcast: Run) -> None:
    pitchcast("episodes", "edit", EPISODE, "--title", "Spoilt")
    revisions = pitchcast("history", "list", "--json").json["revisions"]
    assert [(one["revision"], one["what"], one["who"]) for one in revisions] == [
        (3, f"edited {EPISODE}", "dana@laptop"),
        (2, "published New Recording 12 for Acme Corp", "dana@laptop"),
        (1, "started the show", "dana@laptop"),
    ]
    assert "published New Recording 12" in pitchcast("history", "list").out
    assert "Spoilt" in pitchcast("history", "show", "3").out
    assert pitchcast("history", "show", "2", "--json").json["episodes"] == [{"id": EPISODE, "name": "New Recording 12"}]
    assert pitchcast("history", "restore", "2").code == 2
    done = pitchcast("history", "restore", "2", "--yes")
    assert done.out == "Restored revision 2: 1 feed built.\n"
    feed = (folder_of(published, link(pitchcast)) / "feed.xml").read_text(encoding="utf-8")
    assert "New Recording 12" in feed
    assert "Spoilt" not in feed
    assert pitchcast("history", "show", "99").code == 1
