"""Processes that are killed, and many at once: a few here, a hundred with ``python benchmarks/chaos.py``."""

from pathlib import Path

import pytest

from tests.chaos.processes import Office, kill_at_random_moments, publish_at_once
from tests.fixtures.seaweedfs import SeaweedFS


@pytest.fixture
def office(tmp_path: Path, s3_environment: SeaweedFS) -> Office:
    found = Office(tmp_path / "office", s3_environment)
    found.open()
    return found


def test_what_is_killed_loses_nothing(office: Office) -> None:
    done = kill_at_random_moments(office, kills=6, seed=4)
    print(done)
    assert done.problems == []
    assert done.kills + done.too_late == 6


def test_six_people_at_once(office: Office) -> None:
    held, _ = publish_at_once(office, 6)
    assert held == 6
