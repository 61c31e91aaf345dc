"""``--timeout``: a command ends in time whatever it waits for, and the same command completes what it began."""

import os
import shlex
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pitchcast.audio.ffmpeg import find_ffmpeg
from tests.cli.test_commands import EPISODE
from tests.fixtures.program import Run, stored
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.storage.proxy import Exchange, proxy

LIMITS = ("4s", "20s", "100s")
"""Tried in turn until a command comes as far as the test wants within one: computers differ."""


@pytest.fixture
def silent_server() -> Iterator[str]:
    """The address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def settings(folder: Path, url: str, endpoint_url: str) -> None:
    text = f'[show]\ntitle = "Cloud bills"\nhost = "Dana"\n[storage]\nurl = "{url}"\nendpoint_url = "{endpoint_url}"\n'
    (folder / "pitchcast.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("client", ["boto3", "auto"])
def test_a_storage_that_never_answers(
    here: Path, s3_environment: SeaweedFS, silent_server: str, program: Run, client: str
) -> None:
    """A library in Rust does not notice a signal: there the process ends itself."""
    settings(here, "s3://pitches/team", silent_server)
    keys = {**s3_environment.environment(), "PITCHCAST_STORAGE_CLIENT": client, "PITCHCAST_STORAGE_TIMEOUT": "3600"}
    done = program("feeds", "build", "--timeout", "2s", "--json", cwd=here, **keys)
    assert done.code == 4, done.err
    assert done.json["error"]["kind"] == "timeout"
    assert "within 2s" in done.json["error"]["message"]
    assert "Run the same command again" in done.err


def test_an_ffmpeg_that_hangs_ends_with_the_command(published: Path, other_recording: Path, pitchcast: Run) -> None:
    pids = published / "pids"
    hanging = published.parent / "ffmpeg"
    hanging.write_text(
        f'#!/bin/sh\ncase "$*" in *pipe:1*) echo $$ >>{shlex.quote(str(pids))}; exec sleep 600;; esac\n'
        f'exec {shlex.quote(str(find_ffmpeg()))} "$@"\n',
        encoding="utf-8",
    )
    hanging.chmod(0o755)
    command = ("publish", other_recording, "--to", "Globex", "--title", "Another", "--json")
    before = stored(published / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PITCHCAST_FFMPEG", str(hanging))
        for limit in LIMITS:
            stopped = pitchcast(*command, "--timeout", limit)
            if pids.exists():
                break
    assert (stopped.code, stopped.json["error"]["kind"]) == (4, "timeout"), stopped.err
    assert stored(published / "site") == before
    assert pids.read_text(encoding="utf-8").split(), "it was under way"
    assert not any(map(runs, pids.read_text(encoding="utf-8").split()))
    again = pitchcast(*command, "--timeout", "10m")
    assert (again.code, len(again.json["feeds"])) == (0, 1), again.err


def runs(pid: str) -> bool:
    with suppress(ProcessLookupError):
        os.kill(int(pid), 0)
        return True
    return False


def test_a_storage_that_falls_silent_after_the_commit(
    here: Path, s3_storage: StorageUnderTest, program: Run, s3_environment: SeaweedFS
) -> None:
    """The catalog has the prospect, and nothing public is there yet: the same command goes on from there."""
    keys = s3_environment.environment()
    silent = False

    def fall_silent(exchange: Exchange) -> None:
        nonlocal silent
        silent = silent or (exchange.method == "PUT" and "/public/" in exchange.path and "feed.xml" in exchange.path)
        exchange.silent = silent

    settings(here, s3_storage.url, s3_storage.endpoint_url)
    add = ("prospects", "add", "Acme Corp", "--json")
    with proxy(s3_storage.endpoint_url, before=fall_silent) as address:
        for limit in LIMITS:
            stopped = program(*add, "--timeout", limit, cwd=here, PITCHCAST_STORAGE_ENDPOINT_URL=address, **keys)
            if silent:
                break
    assert silent, stopped.err
    assert (stopped.code, stopped.json["error"]["kind"]) == (4, "timeout"), stopped.err
    assert not [info.key for info in s3_storage.bucket.list("public/") if info.key.endswith("feed.xml")]
    again = program(*add, cwd=here, **keys)
    assert (again.code, again.json["resumed"], again.json["id"]) == (0, True, "acme-corp"), again.err
    assert len([info.key for info in s3_storage.bucket.list("public/") if info.key.endswith("feed.xml")]) == 1


def test_what_is_done_in_time_is_not_disturbed(published: Path, pitchcast: Run) -> None:
    done = pitchcast("--timeout", "1h", "episodes", "show", EPISODE, "--json")
    assert done.code == 0, done.err
    short = pitchcast("episodes", "list", "--timeout", "0.001s")
    assert short.code in (0, 4)
    time.sleep(0.05)
    assert pitchcast("episodes", "list").code == 0, "nothing of it is left"


@pytest.mark.parametrize("limit", ["0", "soon", "-5s", "1h30", "10 parsecs", "9999h"])
def test_what_is_no_time_is_said(published: Path, pitchcast: Run, limit: str) -> None:
    done = pitchcast("episodes", "list", f"--timeout={limit}")
    assert (done.code, "is not a time" in done.err) == (2, True), done.err
