"""Make the show of one version, to be stored for the upgrade test: see README.md in this folder.

    python -m tests.upgrade.make_show NAME [--source FOLDER]

NAME is the commit; FOLDER is the ``src`` of a checkout of it, or the present program is taken. The program is driven
by its command line alone.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from tests.fixtures.seaweedfs import running_server
from tests.fixtures.speech import EXAMPLE, run_ffmpeg
from tests.upgrade.front import PUBLIC_URL, Certificates, Front
from tests.upgrade.looking import Program, look_at
from tests.upgrade.storages import KINDS, Folder, SeaweedBucket, Storage, fronted, write_show

SHOWS = Path(__file__).parent / "shows"

SETTINGS = f"""\
[show]
title = "Cloud bills, explained"
host = "Dana Reyes"
email = "dana@seller.example"
owner_email = true
link = "https://seller.example"
description = "Three ideas a month to cut a cloud bill."
artwork = "cover.png"

[storage]
public_url = "{PUBLIC_URL}"

[audio]
bitrate = 64
channels = "mono"

[brand]
call_to_action = "Book a call"
call_to_action_url = "https://seller.example/call"
color = "#0b3d5c"
accent = "#f2b134"
"""

TRANSCRIPT = """\
WEBVTT

00:00:00.000 --> 00:00:01.500
<v Dana>Three steps.

00:00:01.500 --> 00:00:03.000
<v Dana>Look at the bill first.
"""

ROLES = {
    "plain": "acme-corp",
    "invited": "acme-corp.2",
    "greeted": "umbrella",
    "revoked": "initech",
    "rotated": "hooli",
    "expired": "vandelay",
    "due": "soylent",
    "ending": "globex",
    "public": "public",
}
"""Which feed is what: ``due`` has ended, but no command has written since; ``ending`` ends in 2099."""

_SOON_S = 6.0


def main() -> None:
    """Make the show in a folder and on a SeaweedFS server, and store both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("--source", type=Path)
    options = parser.parse_args()
    extra = {"PYTHONPATH": str(options.source.resolve())} if options.source else {}
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as name, _empty_storage(kind, Path(name)) as storage:
            work = Path(name) / "work"
            work.mkdir()
            with fronted(storage, Certificates(Path(name))) as front:
                program = Program(work, {**storage.environment(), **front.environment(), **extra})
                told = {"made_by": options.name, **make(program, front, storage)}
            kept = {name: (work / name).read_bytes() for name in ("pitchcast.toml", "cover.png")}
            write_show(SHOWS / options.name / f"{kind}.tar.xz", kept, storage.objects(), told)


def make(program: Program, front: Front, storage: Storage) -> dict[str, Any]:
    """Make the show in an empty storage and return what is told of it."""
    seen = _Seen(program, front)
    _write_recordings(program.folder)
    if isinstance(storage, SeaweedBucket):
        program.says("storage", "setup", "--yes")
    _publish_all(program, seen)
    _change_access(program, seen)
    _let_one_end_unnoticed(program, seen)
    told = look_at(program, front)
    open_now = _addresses(told)
    gone = [url for url in sorted(seen.addresses - open_now) if not _is_still_audio(front, url)]
    return {**told, "closed": gone, "roles": ROLES, **storage.about()}


class _Seen:
    """Every address that a listener could have had at any time."""

    def __init__(self, program: Program, front: Front) -> None:
        self._program = program
        self._front = front
        self.addresses: set[str] = set()

    def look(self) -> None:
        """Note the addresses of this moment."""
        self.addresses |= _addresses(look_at(self._program, self._front))


def _addresses(told: dict[str, Any]) -> set[str]:
    feeds = [feed for feed in told["feeds"] if feed["state"] == "active"]
    audio = {entry["audio_url"] for heard in told["heard"].values() for entry in heard["entries"]}
    return audio | {feed["feed_url"] for feed in feeds} | {feed["page_url"] for feed in feeds}


def _is_still_audio(front: Front, url: str) -> bool:
    """Return whether an address is that of audio which was replaced: it may be fetched for seven days."""
    return url.endswith(".mp3") and front.get(url, first_bytes=1)[0] == 206


def _write_recordings(folder: Path) -> None:
    (folder / "pitchcast.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "chapters.txt").write_text("0:00 Hello\n0:02 Look at the bill\n", encoding="utf-8")
    (folder / "pitch.vtt").write_text(TRANSCRIPT, encoding="utf-8")
    Image.new("RGB", (1400, 1400), "#0b3d5c").save(folder / "cover.png")
    parts = {"bill": (1.3, 4), "pages": (10.2, 3), "pages-again": (11.0, 3), "wrong": (14.0, 2), "old": (16.0, 2)}
    for name, (start_s, length_s) in {**parts, "hello": (5.0, 2)}.items():
        cut = ("-ss", str(start_s), "-t", str(length_s), "-i", EXAMPLE, "-ac", "1", "-ar", "48000")
        run_ffmpeg(*cut, "-c:a", "flac", folder / f"{name}.flac")


def _publish_all(program: Program, seen: _Seen) -> None:
    everybody = ("Umbrella", "Initech", "Hooli", "Vandelay", "Soylent", "Globex", "Massive Dynamic")
    crm_id = ("--external-id", "C-1", "--id-kind", "company")
    program.says("prospects", "add", "Acme Corp <jo@acme.example>", "--segment", "retail", *crm_id)
    words = (
        "--title",
        "Cut your cloud bill",
        "--notes",
        "Three steps for {name}:\n\n1. **Look** at it\n2. Turn it off",
    )
    texts = ("--chapters", "chapters.txt", "--transcript", "pitch.vtt", "--season", "1", "--episode", "1")
    to = [word for name in ("acme-corp", *everybody) for word in ("--to", name)]
    program.says("publish", "bill.flac", *to, *words, *texts, "--personalise", "--yes")
    program.says("prospects", "edit", "umbrella", "--segment", "retail", "--company", "Umbrella Inc.")
    greeting = ("--to", "umbrella", "--greeting", "hello.flac")
    program.says("episodes", "deliver", "cut-your-cloud-bill", *greeting, "--yes")
    program.says("publish", "pages.flac", "--segment", "retail", "--public", "--title", "Two pages", "--yes")
    program.says("publish", "old.flac", "--to", "acme-corp", "--to", "umbrella", "--title", "An old price", "--yes")
    program.says("publish", "wrong.flac", "--to", "acme-corp", "--to", "Wrong Person", "--title", "A mistake", "--yes")
    program.says("prospects", "invite", "Sam Lee", "--by", "acme-corp")
    program.says("prospects", "invite", "--by", "acme-corp", "--spare", "1")
    seen.look()


def _change_access(program: Program, seen: _Seen) -> None:
    program.says("undo", "--yes")
    program.says("episodes", "withdraw", "an-old-price", "--yes")
    pages = program.answer("episodes", "list")["episodes"][1]["id"]
    program.says("episodes", "replace", pages, "pages-again.flac")
    program.says("episodes", "edit", pages, "--title", "Three pages")
    program.says("feeds", "revoke", "initech", "--yes")
    program.says("feeds", "rotate", "hooli", "--yes")
    program.says("prospects", "remove", "massive-dynamic", "--yes")
    program.says("feeds", "expire", "globex", "--on", "2099-03-31")
    _wait_until(_let_end_soon(program, "vandelay"))
    program.says("feeds", "build", "--all")
    seen.look()


def _let_one_end_unnoticed(program: Program, seen: _Seen) -> None:
    """Let a feed end after the last command that writes: the next one to write is that of a later version."""
    ends = _let_end_soon(program, "soylent")
    seen.look()
    _wait_until(ends)


def _let_end_soon(program: Program, who: str) -> datetime:
    ends = datetime.now(UTC) + timedelta(seconds=_SOON_S)
    program.says("feeds", "expire", who, "--on", ends.isoformat())
    return ends


def _wait_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()) + 1.0)


@contextmanager
def _empty_storage(kind: str, folder: Path) -> Iterator[Storage]:
    if kind == "folder":
        yield Folder(folder / "site")
        return
    with running_server() as server:
        yield SeaweedBucket(server, server.make_bucket())


if __name__ == "__main__":
    main()
