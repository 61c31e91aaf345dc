"""What a show looks like from outside: to whoever runs the program, and to listeners."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser

from tests.upgrade.front import Front

_NOT_OURS = ("AWS_", "PITCHCAST_", "SSL_CERT", "XDG_")


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind: its exit code and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str], Path, Mapping[str, str]], Done]
"""Runs a command in a folder, with these environment variables and no others."""


def in_its_own_process(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Done:
    """Run a command as people do, with nobody at a terminal; PYTHONPATH may name another version of the program."""
    done = subprocess.run(
        [sys.executable, "-m", "pitchcast", *words],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Program:
    """A pitchcast of any version in the folder of a show, with the variables by which it finds the storage."""

    folder: Path
    environment: dict[str, str]
    command: Run = in_its_own_process

    def run(self, *words: object) -> Done:
        """Run a command and return what came of it."""
        return self.command([str(word) for word in words], self.folder, self._whole_environment())

    def says(self, *words: object) -> str:
        """Return what a command that must succeed prints on standard output."""
        done = self.run(*words)
        assert done.code == 0, f"{words}: {done.code}\n{done.out}\n{done.err}"
        return done.out

    def answer(self, *words: object) -> Any:
        """Return what a command that must succeed answers as JSON."""
        return json.loads(self.says(*words, "--json"))

    def _whole_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _is_set_here(name)}
        own = {"PITCHCAST_USER": "dana@laptop", "XDG_CACHE_HOME": str(self.folder / "cache")}
        return {**kept, **own, **self.environment}


def _is_set_here(name: str) -> bool:
    """Return whether a variable of whoever runs this would change what the program does."""
    return name.startswith(_NOT_OURS) or name.lower().endswith("_proxy")


def look_at(program: Program, front: Front) -> dict[str, Any]:
    """Return what the program lists and what each open feed gives a listener."""
    feeds = program.answer("feeds", "list")["feeds"]
    return {
        "prospects": program.answer("prospects", "list")["prospects"],
        "episodes": program.answer("episodes", "list")["episodes"],
        "feeds": feeds,
        "history": program.answer("history", "list", "--limit", "0")["revisions"],
        "heard": {feed["id"]: listen(front, feed["feed_url"]) for feed in feeds if feed["state"] == "active"},
    }


def listen(front: Front, feed_url: str) -> dict[str, Any]:
    """Return what a podcast app finds in a feed, every episode fetched whole."""
    status, _, body = front.get(feed_url)
    assert status == 200, f"{feed_url}: {status}"
    parsed = feedparser.parse(body)
    assert not parsed.bozo, f"{feed_url}: {parsed.get('bozo_exception')}"
    return {
        "guid": parsed.feed.podcast_guid,
        "title": parsed.feed.title,
        "entries": [_entry(front, entry) for entry in parsed.entries],
    }


def _entry(front: Front, entry: Any) -> dict[str, Any]:
    [enclosure] = entry.enclosures
    status, headers, audio = front.get(enclosure.href)
    assert (status, headers["content-type"]) == (200, enclosure.type), f"{enclosure.href}: {status} {headers}"
    assert len(audio) == int(enclosure.length), f"{enclosure.href}: {len(audio)} bytes, {enclosure.length} told"
    return {
        "guid": entry.id,
        "title": entry.title,
        "audio_url": enclosure.href,
        "sha256": hashlib.sha256(audio).hexdigest(),
    }


def is_closed(front: Front, url: str) -> bool:
    """Return whether an address gives away nothing: it is not there, or says that the show is no longer available."""
    status, headers, body = front.get(url)
    if status in (403, 404):
        return True
    kind = headers["content-type"].partition(";")[0]
    if kind in ("application/xml", "application/rss+xml"):
        return not feedparser.parse(body).entries
    return kind == "text/html" and b".mp3" not in body and b"feed.xml" not in body
