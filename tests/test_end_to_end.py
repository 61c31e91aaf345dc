"""The whole job, as people do it: the real program, a real S3 server, a podcast client that others wrote."""

import hashlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import feedparser
import podcastparser
import pytest

from pitchcast.model.layout import FEED_STYLE_NAME
from tests.fixtures.seaweedfs import SeaweedFS
from tests.fixtures.speech import EXAMPLE, run_ffmpeg

PROGRAMS = Path(sys.executable).parent


@dataclass
class Person:
    """Somebody at a command line in a folder of their own."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *words: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [PROGRAMS / "pitchcast", *map(str, words)],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def says(self, *words: object, code: int = 0) -> str:
        """Return what the program printed on standard output."""
        process = self.start(*words)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, f"{words}: {process.returncode}\n{out}\n{err}"
        return out

    def answer(self, *words: object, code: int = 0) -> Any:
        """Return what the program answered as JSON."""
        return json.loads(self.says(*words, "--json", code=code))

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PITCHCAST_"))}
        return {
            **kept,
            "PITCHCAST_USER": "dana@laptop",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            **self.environment,
        }


@dataclass
class Listener:
    """Somebody without credentials."""

    def get(self, url: str, *, start: int | None = None, end: int | None = None) -> tuple[int, dict[str, str], bytes]:
        request = urllib.request.Request(url)
        if start is not None:
            request.add_header("Range", f"bytes={start}-{end}")
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, {}, error.read()

    def subscribe(self, feed_url: str, folder: Path) -> list[Path]:
        """Subscribe with a podcast client and return what it downloaded."""
        folder.mkdir()
        command = [PROGRAMS / "podcast-archiver", "--feed", feed_url, "--dir", folder, "--database", folder / "db"]
        (folder / "config.yaml").write_text("{}", encoding="utf-8")
        subprocess.run([*command, "--config", folder / "config.yaml"], check=True, capture_output=True, timeout=300)
        return sorted(folder.rglob("*.mp3"))


@pytest.fixture(scope="session")
def five_minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phone recording of five minutes."""
    path = tmp_path_factory.mktemp("five") / "New Recording 5.m4a"
    run_ffmpeg("-stream_loop", "5", "-i", EXAMPLE, "-t", "300", "-c:a", "aac", "-b:a", "64k", "-ac", "2", path)
    return path


@pytest.fixture
def in_a_bucket(tmp_path: Path, seaweedfs: SeaweedFS) -> Person:
    """A salesperson whose ops opened a bucket for the show."""
    url = f"s3://{seaweedfs.make_bucket()}/cloud-bills-{secrets.token_hex(3)}"
    (tmp_path / "pitchcast.toml").write_text(
        f'[show]\ntitle = "Cloud bills, explained"\nhost = "Dana Reyes"\nemail = "dana@seller.example"\n'
        f'[storage]\nurl = "{url}"\nendpoint_url = "{seaweedfs.endpoint_url}"\n',
        encoding="utf-8",
    )
    person = Person(tmp_path, seaweedfs.environment())
    person.says("storage", "setup", "--yes")
    return person


@pytest.fixture
def in_a_folder(tmp_path: Path) -> Person:
    """A salesperson who starts with nothing, and listens with ``pitchcast preview``."""
    person = Person(tmp_path)
    person.says("init", "--host", "Dana Reyes", "--title", "Cloud bills, explained")
    return person


@contextmanager
def preview(person: Person) -> Iterator[str]:
    """Run ``pitchcast preview`` and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = person.start("preview", "--port", port)
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=120)


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on port {port}")


def test_five_minutes_reach_a_listener_through_a_bucket(
    in_a_bucket: Person, five_minutes: Path, tmp_path: Path
) -> None:
    answer = in_a_bucket.answer(
        "publish",
        five_minutes,
        "--to",
        "Acme Corp <jo@acme.example>",
        "--title",
        "Cut your bill",
        "--notes",
        "**Look**.",
    )
    episode, [feed] = answer["episode"], answer["feeds"]
    assert 290 < episode["duration_s"] < 301
    assert abs(episode["heard_lufs"] + 16) <= 0.5
    assert episode["true_peak_dbtp"] <= -1.0
    assert feed["prospect"] == {"id": "acme-corp", "name": "Acme Corp", "created": True, "similar": []}

    listener = Listener()
    status, headers, xml = listener.get(feed["feed_url"])
    assert status == 200
    assert headers["content-type"].startswith("application/xml")
    parsed = feedparser.parse(xml)
    assert parsed.bozo == 0
    assert parsed.feed.title == "Cloud bills, explained for Acme Corp"
    assert [entry.title for entry in parsed.entries] == ["Cut your bill"]
    assert b"acme.example" not in xml
    assert b"dana@seller.example" not in xml

    status, headers, audio = listener.get(feed["audio_url"])
    assert (status, headers["content-type"]) == (200, "audio/mpeg")
    assert (len(audio), hashlib.sha256(audio).hexdigest()) == (episode["size_bytes"], episode["sha256"])
    assert headers["cache-control"].startswith("private")
    status, headers, part = listener.get(feed["audio_url"], start=1000, end=1999)
    assert (status, part) == (206, audio[1000:2000])
    status, headers, page = listener.get(feed["page_url"])
    assert status == 200
    assert headers["content-type"].startswith("text/html")
    assert b"Cut your bill" in page
    assert b"acme.example" not in page

    base = feed["feed_url"].split("/public/")[0]
    for closed in ("private/catalog.json.gz", f"private/masters/{episode['sha256']}.mp3", "private/probe"):
        assert listener.get(f"{base}/{closed}")[0] in (403, 404), closed
    bucket = "/".join(base.split("/")[:4])
    for listing in (f"{bucket}/", f"{bucket}?list-type=2", f"{base}/", f"{base}/public/", feed["feed_url"][:-8]):
        status, _, body = listener.get(listing)
        assert status in (403, 404) or body == b"", listing  # this server answers 200 without a word for a folder

    [downloaded] = listener.subscribe(feed["feed_url"], tmp_path / "podcasts")
    assert downloaded.read_bytes() == audio
    assert {finding["level"] for finding in in_a_bucket.answer("doctor")["findings"]} == {"ok"}
    [loopback] = in_a_bucket.answer("feeds", "check", "--all")["findings"]
    assert (loopback["level"], "of this computer" in loopback["what"]) == ("warning", True)


def test_a_second_identical_publish_changes_no_object(
    in_a_bucket: Person, pitch_m4a: Path, seaweedfs: SeaweedFS
) -> None:
    words = ("publish", pitch_m4a, "--to", "Acme Corp", "--title", "Cut your bill")
    first = in_a_bucket.answer(*words)
    before = stored_objects(in_a_bucket, seaweedfs)
    again = in_a_bucket.answer(*words)
    assert stored_objects(in_a_bucket, seaweedfs) == before
    assert again["catalog_revision"] == first["catalog_revision"]
    assert again["feeds"][0]["page_url"] == first["feeds"][0]["page_url"]
    assert again["changed"] is False


def test_undo_leaves_nothing_of_it_but_a_page_that_says_so(
    in_a_bucket: Person, pitch_m4a: Path, seaweedfs: SeaweedFS
) -> None:
    feed = in_a_bucket.answer("publish", pitch_m4a, "--to", "Wrong Person", "--title", "Cut your bill")["feeds"][0]
    in_a_bucket.says("undo", "--yes")
    assert Listener().get(feed["audio_url"])[0] in (403, 404)
    for url in (feed["feed_url"], feed["page_url"]):
        status, *_, body = Listener().get(url)
        assert status == 200
        assert b"no longer available" in body
        assert b"Wrong Person" not in body
        assert b"Cut your bill" not in body
    left = [key for key in stored_objects(in_a_bucket, seaweedfs) if "/public/" in key]
    assert all("/cover-" in key or key.endswith((".html", "feed.xml", FEED_STYLE_NAME)) for key in left)
    assert in_a_bucket.answer("prospects", "list") == {"prospects": []}
    assert in_a_bucket.answer("publish", pitch_m4a, "--to", "Right Person", "--title", "Cut your bill")["feeds"]


def test_a_podcast_client_subscribes_to_the_preview(in_a_folder: Person, pitch_m4a: Path, tmp_path: Path) -> None:
    answer = in_a_folder.answer("publish", pitch_m4a, "--to", "Acme Corp", "--title", "Cut your bill")
    with preview(in_a_folder) as address:
        feed_url = address + "/" + answer["feeds"][0]["feed_url"].split("/", 3)[3]
        [downloaded] = Listener().subscribe(feed_url, tmp_path / "podcasts")
        assert hashlib.sha256(downloaded.read_bytes()).hexdigest() == answer["episode"]["sha256"]
        parsed = podcastparser.parse(feed_url, urllib.request.urlopen(feed_url))
        assert parsed["episodes"][0]["enclosures"][0]["file_size"] == answer["episode"]["size_bytes"]
        for hidden in ("private/catalog.json.gz", "../private/catalog.json.gz", "%2e%2e/private/catalog.json.gz", ""):
            assert Listener().get(f"{address}/{hidden}")[0] == 404


def stored_objects(person: Person, seaweedfs: SeaweedFS) -> dict[str, str]:
    """Return every object of the show with its ETag and time, read without pitchcast's code."""
    url = re.search(r's3://([^/]+)/([^"]+)', (person.folder / "pitchcast.toml").read_text(encoding="utf-8"))
    assert url is not None
    listing = seaweedfs.client().list_objects_v2(Bucket=url[1], Prefix=url[2])
    return {item["Key"]: f"{item['ETag']} {item['LastModified']}" for item in listing["Contents"]}
