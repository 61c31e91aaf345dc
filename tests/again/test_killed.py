"""Processes killed at some of their requests; at every one: ``python -m tests.again --all``."""

import pytest

from tests.again.killed import KILLED, kill
from tests.fixtures.seaweedfs import SeaweedFS

_STEP = 13  # odd, so that some die before a request and some after it


@pytest.mark.parametrize("name", KILLED)
def test_what_was_killed_is_completed_by_the_same_command(seaweedfs: SeaweedFS, name: str) -> None:
    done = kill(seaweedfs, name, step=_STEP)
    assert done.wrong == []
    assert done.hit > done.tried // 2, "most processes lived until that request"
