"""Real pitchcast processes on a real S3 server: killed at random moments, and many at once."""

import hashlib
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import soundfile

from pitchcast.config import load_settings
from pitchcast.model.catalog import releases_of
from pitchcast.model.contents import Contents, folders
from pitchcast.model.layout import PENDING, PUBLIC
from pitchcast.site import pending as pending_module
from pitchcast.site.change import keep_up
from pitchcast.site.former_places import showing_too_much
from pitchcast.site.project import Project, open_project
from pitchcast.workflows import feeds
from tests.fixtures.projects import objects_left
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, proxy

_ENCLOSURE = re.compile(r'<enclosure url="([^"]+)" length="(\d+)"')
_RATE_HZ = 48_000


@dataclass(slots=True)
class Office:
    """A show in a bucket that was opened to listeners, and the folder in which people run pitchcast."""

    folder: Path
    server: SeaweedFS
    endpoint_url: str = ""
    places: tuple[str, ...] = ()

    def open(self, *prefixes: str) -> None:
        """Make the bucket, open ``public/`` under each prefix to listeners, and write settings for the first one."""
        name = self.server.make_bucket(f"chaos-{secrets.token_hex(4)}")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.places = tuple(f"s3://{name}/{prefix}" for prefix in prefixes or ("show",))
        for place in reversed(self.places):
            self._settings.write_text(
                '[show]\ntitle = "Cloud bills"\nhost = "Dana Reyes"\n'
                f'[storage]\nurl = "{place}"\nendpoint_url = "{self.endpoint_url or self.server.endpoint_url}"\n',
                encoding="utf-8",
            )
            self.run("storage", "setup", "--yes")

    @property
    def place(self) -> str:
        """Where the settings say that the show is."""
        return next(place for place in self.places if f'"{place}"' in self._settings.read_text(encoding="utf-8"))

    @property
    def _settings(self) -> Path:
        return self.folder / "pitchcast.toml"

    def start(self, *words: object, who: str = "dana@laptop") -> "subprocess.Popen[str]":
        """Start the program."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PITCHCAST_", "XDG_"))}
        private = {"PITCHCAST_USER": who, "XDG_CONFIG_HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder)}
        return subprocess.Popen(
            [sys.executable, "-m", "pitchcast", *map(str, words), "--no-input"],
            cwd=self.folder,
            env={**kept, **self.server.environment(), **private},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *words: object, codes: tuple[int, ...] = (0,)) -> None:
        """Run the program to its end."""
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert process.returncode in codes, f"{words}: {process.returncode}\n{out}\n{err}"

    def project(self) -> Project:
        """Return the show; the server's keys must be in the environment."""
        settings = load_settings(self.folder, config=self.folder / "pitchcast.toml", environ={}, user_config=None)
        return open_project(settings, {"PITCHCAST_USER": "dana@laptop"})

    def recording(self, number: int) -> Path:
        """Return two seconds of sound that no other number has."""
        path = self.folder / f"pitch {number}.wav"
        if not path.exists():
            t = np.arange(2 * _RATE_HZ) / _RATE_HZ
            sound = np.sin(2 * np.pi * (200 + number) * t) * (0.3 + 0.1 * np.sin(2 * np.pi * 3 * t))
            soundfile.write(path, sound, _RATE_HZ, subtype="PCM_16")
        return path

    def publish_words(self, number: int, *names: str) -> tuple[object, ...]:
        """Return the command line that publishes that recording."""
        to = [word for name in names for word in ("--to", name)]
        return ("publish", self.recording(number), "--title", f"Pitch {number}", *to, "--yes", "-q")


@dataclass(slots=True)
class Killed:
    """What killing processes led to, and what was found afterwards."""

    kills: Counter[str] = field(default_factory=Counter)
    too_late: int = 0
    moved: int = 0
    episodes: int = 0
    feeds: int = 0
    retired: int = 0
    healed: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the figures."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kills.items())
        return (
            f"{self.kills.total()} processes killed ({kinds}; {self.too_late} more had just ended), "
            f"{self.healed} builds left behind and healed, {self.moved} moves completed; {self.episodes} episodes, "
            f"{self.feeds} feeds and {self.retired} retired addresses checked; things lost: {len(self.problems)}"
        )


class Killer:
    """Ends a process at one of its requests: before it, after it but before the answer, or a moment later.

    The process knows the server by the address that ``serving`` gives.
    """

    def __init__(self) -> None:
        self._victim: subprocess.Popen[str] | None = None
        self._requests_left = 0
        self._delay_s = 0.0
        self._afterwards = False
        self._lock = threading.Lock()

    @contextmanager
    def serving(self, server: SeaweedFS) -> Iterator[str]:
        """Serve at an address through which every request goes by here."""
        with proxy(server.endpoint_url, before=self._before, after=self._after) as endpoint_url:
            yield endpoint_url

    def kill(self, process: "subprocess.Popen[str]", request: int, chance: random.Random) -> bool:
        """Kill at the request of that number, counted from 1, and return whether the process lived so long."""
        with self._lock:
            self._victim, self._requests_left = process, request
            self._afterwards, self._delay_s = chance.random() < 0.5, chance.choice((0.0, 0.0, chance.uniform(0, 0.03)))
        process.communicate(timeout=300)
        with self._lock:
            self._victim = None
        return process.returncode == -signal.SIGKILL

    def _before(self, exchange: Exchange) -> None:
        with self._lock:
            self._requests_left -= 1
            if self._requests_left == 0 and not self._afterwards:
                self._end()
                exchange.answer(503, "SlowDown")

    def _after(self, _exchange: Exchange) -> None:
        with self._lock:
            if self._requests_left <= 0 and self._afterwards:
                self._end()

    def _end(self) -> None:
        if self._victim and self._victim.poll() is None:
            time.sleep(self._delay_s)
            self._victim.kill()
        self._victim = None


_KINDS = ("publish", "rotate", "revoke", "move")
_REQUESTS = {"publish": 60, "rotate": 45, "revoke": 45, "move": 110}
"""About as many requests as each makes: what is killed beyond them has just ended."""


def kill_at_random_moments(folder: Path, server: SeaweedFS, kills: int, seed: int) -> Killed:
    """Kill publish, rotate, revoke and move by turns, each at one of its requests; then run once more, heal and check.

    The server's keys must be in the environment.
    """
    chance, killer = random.Random(seed), Killer()
    with killer.serving(server) as endpoint_url:
        office = Office(folder, server, endpoint_url)
        office.open("one", "other")
        office.run(*office.publish_words(0, "Prospect 0"))
        done, wanted = Killed(), {0: "prospect-0"}
        for turn in range(kills):
            kind, number = _KINDS[turn % len(_KINDS)], turn // len(_KINDS)
            words: tuple[object, ...] = ("feeds", kind, f"prospect-{number}", "--yes", "-q")
            if kind == "publish":
                wanted[turn + 1] = f"prospect-{number + 1}"
                words = office.publish_words(turn + 1, f"Prospect {number + 1}")
            elif kind == "move":
                words = ("move", next(place for place in office.places if place != office.place), "--yes", "-q")
            killed = killer.kill(office.start(*words), chance.randint(1, _REQUESTS[kind]), chance)
            done.kills[kind] += killed
            done.too_late += not killed
            if kind == "publish" or (kind == "move" and words[1] != office.place):
                office.run(*words)  # one run more
            done.moved += kind == "move"
        revoked = [f"prospect-{turn // len(_KINDS)}" for turn in range(2, kills, len(_KINDS))]
        if revoked:
            office.run("feeds", "revoke", *revoked, "--yes", "-q")
        _heal_and_check(office.project(), wanted, office, done)
    return done


def publish_at_once(office: Office, count: int) -> tuple[int, float]:
    """Let that many people publish at the same moment; return how many episodes everybody's feeds hold, and seconds.

    Each publishes for one prospect that all share and for one of their own.
    """
    office.run(*office.publish_words(0, "Everybody"))
    lines = [office.publish_words(n, "Everybody", f"Own {n}") for n in range(1, count + 1)]
    started_s = time.monotonic()
    running = [office.start(*words, who=f"person{n}@desk") for n, words in enumerate(lines)]
    for process in running:
        out, err = process.communicate(timeout=600)
        assert process.returncode == 0, f"{out}\n{err}"
    took_s = time.monotonic() - started_s
    project = office.project()
    catalog = project.catalog()
    problems: list[str] = []
    _check_feeds(project, problems)
    assert not problems, problems
    assert sorted(project.ledger.revisions()) == list(range(1, catalog.revision)), "history has a gap"
    by_id = {feed.id: feed for feed in catalog.feeds}
    assert len({e.recording_sha256 for e in catalog.episodes}) == len(catalog.episodes) == count + 1
    assert all(len(by_id[f"own-{n}"].releases) == 1 for n in range(1, count + 1))
    return len(by_id["everybody"].releases) - 1, took_s


def _heal_and_check(project: Project, wanted: dict[int, str], office: Office, done: Killed) -> None:
    done.healed = len(list(project.bucket.list(PENDING)))
    with patch.object(pending_module, "HEAL_AFTER", timedelta(days=-1)):  # as if half an hour had passed
        keep_up(project)
    if any(record.state != "receipt" for record in pending_module.read_pending(project)):
        done.problems.append("a build is still pending")
    catalog = project.catalog()
    by_id = {feed.id: feed for feed in catalog.feeds}
    for number, feed_id in wanted.items():
        sha256 = hashlib.sha256(office.recording(number).read_bytes()).hexdigest()
        found = [e for e in catalog.episodes if e.recording_sha256 == sha256]
        if len(found) != 1 or len(releases_of(catalog, found[0].id) & set(by_id[feed_id].releases)) != 1:
            done.problems.append(f"recording {number} is there {len(found)} times")
    done.episodes, done.feeds = len(wanted), len(folders(catalog))
    _check_feeds(project, done.problems)
    _check_retired(project, done)
    _check_left(project, done)


def _check_feeds(project: Project, problems: list[str]) -> None:
    """Read every feed as anybody can; what it holds must be what the catalog says, each once, and be there."""
    problems += [f"{f.where}: {f.what}" for f in feeds.check_stored(project) if f.level == "error"]
    catalog = project.catalog()
    contents = Contents(catalog)
    for path in folders(catalog):
        content = contents.at(path)
        assert content is not None
        status, body = get(content.feed_url)
        guids = sorted(re.findall("<guid[^>]*>([^<]+)</guid>", body.decode()))
        held = [] if content.is_gone else sorted(d.episode.guid for d in content.deliveries)
        if status != 200 or guids != held:
            problems.append(f"{path[:4]}…: {status}, {len(guids)} episodes instead of {len(held)}")
        for url, length in _ENCLOSURE.findall(body.decode()):
            status, audio = get(url)
            if status != 200 or len(audio) != int(length):
                problems.append(f"{path[:4]}…: its audio answers {status}")


def _check_left(project: Project, done: Killed) -> None:
    """At the place that the show left, too, no retired address answers with audio."""
    catalog = project.catalog()
    for place, bucket, keys in objects_left(project, catalog):
        retired = [key for key in keys if key.split("/")[1] in catalog.retired_paths and key.endswith(".mp3")]
        if retired:
            done.problems.append(f"{place.url} still holds {len(retired)} audio files of retired addresses")
        if any(found.url == bucket.url for _, found, _ in showing_too_much(project, catalog)):
            done.problems.append(f"{place.url} shows what the catalog no longer does")


def _check_retired(project: Project, done: Killed) -> None:
    catalog = project.catalog()
    standing = {tombstone.path for tombstone in catalog.tombstones}
    done.retired = len(catalog.retired_paths)
    for path in catalog.retired_paths:
        answering = [info.key for info in project.bucket.list(f"{PUBLIC}{path}/")]
        if path in standing:
            answering = [key for key in answering if not key.endswith(("/feed.xml", "/index.html", "/call.html"))]
        if answering:
            done.problems.append(f"the retired address {path[:4]}… still answers: {len(answering)} objects")
        status, _ = get(f"{catalog.public_url}/{path}/feed.xml")
        if (status == 200) != (path in standing):
            done.problems.append(f"the retired address {path[:4]}… answers {status}")


def get(url: str) -> tuple[int, bytes]:
    """Return what somebody without credentials is answered."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, b""
