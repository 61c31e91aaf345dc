"""What a prospect can learn from all that is public: nothing of other prospects, and not how many there are.

A prospect has the address of one folder, all that lies in it, and what the feeds share.
"""

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from tests.fixtures.program import Run, stored

TITLE = "New Recording 12"
PITCH = f"{TITLE}.m4a"
NEIGHBOURS = 12
TRIED = 400  # numbers of revisions and releases that somebody tries
_REVISION = re.compile(rb'purpose="pitchcast-revision">([^<]+)<')


def _folder(work: Path, run: Run, who: str = "acme-corp") -> Path:
    page = run("prospects", "show", who, "--json").json["page_url"]
    return work / "site" / "public" / page.split("/")[-2]


def _move_in(work: Path, run: Run) -> None:
    """Let many neighbours come, get episodes of the same title, and be changed, closed and taken back."""
    rows = "".join(f"Neighbour {number},n{number}@acme.example\n" for number in range(NEIGHBOURS))
    (work / "list.csv").write_text(f"name,email\n{rows}", encoding="utf-8")
    for command in (
        ("prospects", "import", "list.csv"),
        ("publish", PITCH, "--to", "Neighbour 1", "--again", "--title", TITLE),
        ("publish", PITCH, "--to", "Neighbour 2", "--again", "--title", TITLE),
        ("feeds", "rotate", "neighbour-1", "--yes"),
        ("feeds", "revoke", "neighbour-3", "--yes"),
        ("prospects", "edit", "neighbour-4", "--name", "Renamed"),
        ("publish", PITCH, "--to", "Neighbour 5", "--again", "--title", "To be undone"),
        ("undo", "--yes"),
        ("prospects", "remove", "neighbour-6", "--yes"),
        ("feeds", "build"),
    ):
        done = run(*command)
        assert done.code == 0, (command, done)


def _looked_at(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {name: (body, (folder / name).stat().st_mtime_ns) for name, body in stored(folder).items()}


def _without_chance(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder, with the same text for all that is drawn by chance or is a time."""
    chance = (
        (rb'<path stroke="#000" d="[^"]+"', b"QR"),
        (rb"[a-z2-7]{26}", b"TOKEN"),
        (rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", b"GUID"),
        (rb"(?<=revision\">)[0-9a-f]{16}", b"REVISION"),
        (rb"via(=|%3D)[0-9a-f]{8}", b"VIA"),
        (rb"pitch-[0-9a-f]{8}|preview-[0-9a-f]{16}", b"EPISODE"),
        (rb"(?<=-)[0-9a-f]{8}(?=\.(mp3|jpg|png|json|vtt))", b"HASH"),
        (rb"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?", b"DATE"),
    )
    found = {}
    for name, body in stored(folder).items():
        short = re.sub(r"-[0-9a-f]{8}\.", "-HASH.", name)
        if name.endswith(".mp3"):
            body = body.replace(b"\0", b"")  # its tags are UTF-16
        for pattern, text in chance if name.endswith((".xml", ".html")) else chance[2:3]:
            body = re.sub(pattern, text, body)
        found[short] = body
    return found


def test_see_from_ones_own_folder_that_others_came(published: Path, pitchcast: Run) -> None:
    """Not a byte of it changes, nor when it was written, nor what all feeds share.

    Beside that lie the cards of others' episodes: nobody can list a folder, nor guess a card's name.
    """
    folder = _folder(published, pitchcast)
    shared = {path for path in (published / "site" / "public").iterdir() if path.is_dir()} - {folder}
    before = [_looked_at(path) for path in (folder, *sorted(shared))]
    _move_in(published, pitchcast)
    after = [_looked_at(path) for path in (folder, *sorted(shared))]
    known = [{name: seen[name] for name in old} for seen, old in zip(after, before, strict=True)]
    assert known == before
    came = [name for seen, old in zip(after, before, strict=True) for name in seen.keys() - old.keys()]
    assert all(re.fullmatch(r"preview-[0-9a-f]{16}\.jpg", name) for name in came)


def test_tell_a_busy_show_from_a_lonely_one(
    tmp_path: Path, pitch_m4a: Path, pitchcast: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes after many others sees what the first one sees."""
    seen = []
    for busy in (False, True):
        work = tmp_path / f"busy {busy}"
        work.mkdir()
        shutil.copy(pitch_m4a, work / PITCH)
        monkeypatch.chdir(work)
        assert pitchcast("init", "--host", "Dana Reyes", "--title", "Cloud bills").code == 0
        if busy:
            assert pitchcast("publish", PITCH, "--to", "First", "--title", TITLE).code == 0
            _move_in(work, pitchcast)
        again = ("--again",) if busy else ()
        assert pitchcast("publish", PITCH, "--to", "Acme Corp", "--title", TITLE, *again).code == 0
        seen.append(_without_chance(_folder(work, pitchcast)))
    lonely, busier = seen
    assert sorted(lonely) == sorted(busier)
    assert {name for name in lonely if lonely[name] != busier[name]} == set()
    assert len(lonely) >= 3


def test_count_episodes_of_the_same_title_by_file_names(published: Path, pitchcast: Run) -> None:
    _move_in(published, pitchcast)
    for _ in range(2):
        assert pitchcast("publish", PITCH, "--to", "Acme Corp", "--again", "--title", TITLE).code == 0
    names = [path.name for path in _folder(published, pitchcast).glob("*.mp3")]
    assert len(names) == 3
    assert all(re.fullmatch(r"new-recording-12-[0-9a-f]{8}\.mp3", name) for name in names)


def test_count_releases_by_trying_numbers_in_file_names(published: Path, pitchcast: Run) -> None:
    """What is heard is known, and so is how names are made; a number that is all that is unknown could be tried."""
    _move_in(published, pitchcast)
    assert pitchcast("publish", PITCH, "--to", "Acme Corp", "--again", "--title", TITLE).code == 0
    assert pitchcast("publish", PITCH, "--to", "Acme Corp", "--again", "--title", "Replaced").code == 0
    assert pitchcast("episodes", "replace", "replaced", str(_other_recording(published))).code == 0
    for audio in _folder(published, pitchcast).glob("*.mp3"):
        master = hashlib.sha256(audio.read_bytes()).hexdigest()
        tried = (f"{master}:{release}" for release in range(TRIED))
        replaced = (f"{master}:{release}:{revision}" for release in range(40) for revision in range(40))
        for known in (*tried, *replaced):
            assert hashlib.sha256(known.encode()).hexdigest()[:8] not in audio.name


def _other_recording(work: Path) -> Path:
    """Return a recording of another hash: the same sound with something behind it."""
    other = work / "other.m4a"
    other.write_bytes((work / PITCH).read_bytes() + b"\0\0\0\x10free" + bytes(8))
    return other


def test_count_the_shows_changes_by_a_feed(published: Path, pitchcast: Run) -> None:
    """The revision in a feed, also in that of an ended address, is new after each of its changes and counts nothing."""
    folder, shown = _folder(published, pitchcast), []
    for command in (
        (),
        ("show", "edit", "--description", "New"),
        ("prospects", "edit", "acme-corp", "--name", "Acme Inc"),
        ("prospects", "edit", "acme-corp", "--name", "Acme Corp"),
        ("feeds", "revoke", "acme-corp", "--yes"),
    ):
        assert not command or pitchcast(*command).code == 0
        found = _REVISION.search((folder / "feed.xml").read_bytes())
        assert found
        shown.append(found[1].decode())
    assert len(set(shown)) == len(shown)
    for text in shown:
        assert re.fullmatch("[0-9a-f]{16}", text)
        for number in range(TRIED):
            for known in (
                f"{number}",
                f":{folder.name}:{number}",
                f"{folder.name}:{number}",
                f"{number}:{folder.name}",
            ):
                assert not hashlib.sha256(known.encode()).hexdigest().startswith(text)


def test_find_in_public_what_makes_numbers_unreadable(published: Path, pitchcast: Run) -> None:
    """The show's random id is what nobody knows who has only a link: it is in no public object."""
    _move_in(published, pitchcast)
    secret = pitchcast("show", "show", "--json").json["show"]["id"]
    public = stored(published / "site" / "public")
    assert len(public) > NEIGHBOURS
    assert [name for name, body in public.items() if secret.encode() in body or secret in name] == []


def test_find_a_neighbours_address_or_name(published: Path, pitchcast: Run) -> None:
    folder = _folder(published, pitchcast)
    _move_in(published, pitchcast)
    listed = pitchcast("prospects", "list", "--json").json["prospects"]
    others = [one for one in listed if one["id"] != "acme-corp"]
    assert len(others) >= NEIGHBOURS - 1
    for name, body in stored(folder).items():
        for one in others:
            token = one["page_url"].split("/")[-2]
            told = (one["name"], one["id"], one["email"], token, hashlib.sha256(token.encode()).hexdigest()[:8])
            assert not [text for text in told if text.encode() in body], name
