"""Processes that are killed, and many at once: a few here, a hundred with ``python benchmarks/chaos.py``."""

from pathlib import Path

from tests.chaos.processes import Office, kill_at_random_moments, publish_at_once
from tests.fixtures.seaweedfs import SeaweedFS


def test_what_is_killed_loses_nothing(tmp_path: Path, s3_environment: SeaweedFS) -> None:
    done = kill_at_random_moments(tmp_path, s3_environment, kills=4, seed=4)
    print(done)
    assert done.problems == []
    assert done.kills.total() + done.too_late == 4
    assert done.moved == 1


def test_four_people_at_once(tmp_path: Path, s3_environment: SeaweedFS) -> None:
    office = Office(tmp_path / "office", s3_environment)
    office.open()
    held, _ = publish_at_once(office, 4)
    assert held == 4
