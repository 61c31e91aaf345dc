"""Print how pitchcast bears failure: sequences run, faults injected, inputs tried, things lost.

    python benchmarks/chaos.py storm [--sequences 10000] [--steps 8] [--s3 | --moves]
    python benchmarks/chaos.py kill  [--kills 100] [--seed 1]
    python benchmarks/chaos.py team  [--people 16]
    python benchmarks/chaos.py input [--every-bytes 1000] [--count 5000]

``storm`` runs random sequences of commands with random faults, other ones each time; with ``--moves`` the show also
moves from folder to folder. ``kill`` ends publish, rotate,
revoke and move at random requests with SIGKILL, ``team`` lets people publish at the same moment, each a process of its
own; both on a SeaweedFS server that is started for it. The same with fewer of each is in tests/chaos.
"""

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pitchcast.audio.recording import probe_recording
from pitchcast.model.place import Address
from pitchcast.storage.s3.bucket import S3Bucket
from tests.chaos import hostile
from tests.chaos.processes import Office, kill_at_random_moments, publish_at_once
from tests.chaos.storm import Folders, run_storm
from tests.fixtures.content import a_content, rendered_feed
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest, running_server
from tests.fixtures.speech import EXAMPLE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("storm", "kill", "team", "input"))
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--s3", action="store_true")
    parser.add_argument("--moves", action="store_true")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every-bytes", type=int, default=1000)
    parser.add_argument("--count", type=int, default=5000)
    given = parser.parse_args()
    commands: dict[str, Callable[[argparse.Namespace], str]] = {
        "storm": storm,
        "kill": kill,
        "team": team,
        "input": tried_input,
    }
    started_s = time.monotonic()
    print(commands[given.what](given))
    print(f"{time.monotonic() - started_s:.0f} s")


def storm(given: argparse.Namespace) -> str:
    if given.s3:
        with a_server() as server:
            return str(
                run_storm(on_s3(server), sequences=given.sequences, steps=given.steps, repeatable=False, shrink=False)
            )
    folders = Folders()
    try:
        return str(
            run_storm(folders, sequences=given.sequences, steps=given.steps, repeatable=False, moves=given.moves)
        )
    finally:
        folders.close()


def kill(given: argparse.Namespace) -> str:
    with a_server() as server, tempfile.TemporaryDirectory() as folder:
        done = kill_at_random_moments(Path(folder), server, given.kills, given.seed)
    return "\n".join([str(done), *done.problems])


def team(given: argparse.Namespace) -> str:
    with a_server() as server, tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder), server)
        office.open()
        held, took_s = publish_at_once(office, given.people)
    return (
        f"{given.people} processes published at once in {took_s:.1f} s: {held} of their episodes in the feed that all "
        f"share, each in one of its own, history without a gap; things lost: {given.people - held}"
    )


def tried_input(given: argparse.Namespace) -> str:
    whole = EXAMPLE.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pitch.m4a"
        read, recordings = 0, 0
        cut = hostile.cut_recordings(whole, given.every_bytes)
        for body in [*cut, *hostile.random_recordings(given.count // 20, given.seed)]:
            path.write_bytes(body)
            read += hostile.survives(lambda: probe_recording(path))
            recordings += 1
        keys, targets = hostile.try_keys(Path(folder) / "keys"), hostile.try_targets(Path(folder) / "preview")
    feeds = hostile.try_feeds(rendered_feed(a_content()), given.count, given.seed)
    lists = hostile.try_lists(given.count, given.seed)
    return (
        f"{recordings} recordings ({read} could be read), {feeds} feeds, {lists} lists, {keys} keys, "
        f"{targets} addresses: each was read or refused with words, within {hostile.BOUND_S:.0f} s"
    )


@contextmanager
def a_server() -> Iterator[SeaweedFS]:
    """Run a server whose keys are those of this process."""
    with running_server() as server:
        os.environ.update(server.environment())
        yield server


def on_s3(server: SeaweedFS) -> Callable[[], StorageUnderTest]:
    def new_storage() -> StorageUnderTest:
        url = f"s3://{server.shared_bucket()}/storm-{secrets.token_hex(6)}"
        bucket = S3Bucket(server.pitchcast_client(), Address(url=url, endpoint_url=server.endpoint_url))
        return StorageUnderTest("s3", url, server.endpoint_url, bucket, lambda: bucket)

    return new_storage


if __name__ == "__main__":
    main()
