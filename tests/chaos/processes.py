"""Real pitchcast processes on a real S3 server: killed at random moments, and many at once."""

import hashlib
import os
import random
import re
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import soundfile

from pitchcast.config import load_settings
from pitchcast.model.catalog import Contents, folders, releases_of
from pitchcast.model.layout import PENDING, PUBLIC
from pitchcast.workflows import feeds
from pitchcast.workflows import pending as pending_module
from pitchcast.workflows.change import keep_up
from pitchcast.workflows.project import Project, open_project
from tests.fixtures.seaweedfs import SeaweedFS

_ENCLOSURE = re.compile(r'<enclosure url="([^"]+)" length="(\d+)"')
_RATE_HZ = 48_000


@dataclass(slots=True)
class Office:
    """A show in a bucket that was opened to listeners, and the folder in which people run pitchcast."""

    folder: Path
    server: SeaweedFS
    refused: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Make the bucket, the settings, and open ``public/`` to listeners."""
        name = self.server.make_bucket(f"chaos-{secrets.token_hex(4)}")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "pitchcast.toml").write_text(
            '[show]\ntitle = "Cloud bills"\nhost = "Dana Reyes"\n'
            f'[storage]\nurl = "s3://{name}/show"\nendpoint_url = "{self.server.endpoint_url}"\n',
            encoding="utf-8",
        )
        self.run("storage", "setup", "--yes")

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

    kills: int = 0
    too_late: int = 0
    episodes: int = 0
    feeds: int = 0
    retired: int = 0
    healed: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the figures."""
        return (
            f"{self.kills} processes killed ({self.too_late} had just ended), {self.healed} builds left behind and "
            f"healed; {self.episodes} episodes, {self.feeds} feeds and {self.retired} retired addresses checked; "
            f"things lost: {len(self.problems)}"
        )


def kill_at_random_moments(office: Office, kills: int, seed: int) -> Killed:
    """Kill publish, rotate and revoke by turns, each somewhere in the time that it takes; then run, heal and check.

    The server's keys must be in the environment.
    """
    chance = random.Random(seed)
    office.run(*office.publish_words(0, "Prospect 0"))
    took_s = {
        "publish": _seconds(office, *office.publish_words(1, "Prospect 0")),
        "rotate": _seconds(office, "feeds", "rotate", "prospect-0", "--yes", "-q"),
        "revoke": 0.0,
    }
    took_s["revoke"] = took_s["rotate"]
    done, wanted = Killed(), {0: "prospect-0", 1: "prospect-0"}
    for turn in range(kills):
        kind, number = ("publish", "rotate", "revoke")[turn % 3], 2 + turn
        name = f"prospect-{turn // 3}"
        words: tuple[object, ...] = ("feeds", kind, name, "--yes", "-q")
        if kind == "publish":
            name, wanted[number] = f"prospect-{turn // 3 + 1}", f"prospect-{turn // 3 + 1}"
            words = office.publish_words(number, f"Prospect {turn // 3 + 1}")
        _kill(office, words, took_s[kind] * chance.uniform(0.1, 1.05), done)
        if kind == "publish":
            office.run(*words)  # one run more
    for turn in range(2, kills, 3):
        office.run("feeds", "revoke", f"prospect-{turn // 3}", "--yes", "-q")
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
    assert len({e.recording for e in catalog.episodes}) == len(catalog.episodes) == count + 1
    assert all(len(by_id[f"own-{n}"].releases) == 1 for n in range(1, count + 1))
    return len(by_id["everybody"].releases) - 1, took_s


def _seconds(office: Office, *words: object) -> float:
    started_s = time.monotonic()
    office.run(*words)
    return time.monotonic() - started_s


def _kill(office: Office, words: tuple[object, ...], after_s: float, done: Killed) -> None:
    process = office.start(*words)
    try:
        process.wait(after_s)
        done.too_late += 1
    except subprocess.TimeoutExpired:
        process.kill()
        done.kills += 1
    process.communicate()


def _heal_and_check(project: Project, wanted: dict[int, str], office: Office, done: Killed) -> None:
    done.healed = len(list(project.bucket.list(PENDING)))
    with patch.object(pending_module, "HEAL_AFTER", timedelta(days=-1)):  # as if half an hour had passed
        keep_up(project)
    if list(project.bucket.list(PENDING)):
        done.problems.append("a build is still pending")
    catalog = project.catalog()
    by_id = {feed.id: feed for feed in catalog.feeds}
    for number, feed_id in wanted.items():
        sha256 = hashlib.sha256(office.recording(number).read_bytes()).hexdigest()
        found = [e for e in catalog.episodes if e.recording == sha256]
        if len(found) != 1 or len(releases_of(catalog, found[0].id) & set(by_id[feed_id].releases)) != 1:
            done.problems.append(f"recording {number} is there {len(found)} times")
    done.episodes, done.feeds = len(wanted), len(folders(catalog))
    _check_feeds(project, done.problems)
    _check_retired(project, done)


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


def _check_retired(project: Project, done: Killed) -> None:
    catalog = project.catalog()
    standing = {tombstone.path for tombstone in catalog.tombstones}
    done.retired = len(catalog.retired)
    for path in catalog.retired:
        answering = [info.key for info in project.bucket.list(f"{PUBLIC}{path}/")]
        if path in standing:
            answering = [key for key in answering if not key.endswith(("/feed.xml", "/index.html"))]
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
