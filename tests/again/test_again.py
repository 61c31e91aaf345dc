"""Each writing command, disturbed at a request, and again: done once, and nothing is left to do.

In a folder at every request that writes, cut off on either side of the death of the process, and at some that read; on
the S3 server at a few. The rest: ``python -m tests.again --all``.
"""

from itertools import islice

import pytest

from tests.again.faulty import Fault
from tests.again.proof import Requests, Tried, all_faults, count_requests, try_all
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show

_NAMED = [pytest.param(scenario, id=scenario.name) for scenario in SCENARIOS]
_READS = 3  # every third one, in a folder
_ON_S3 = 9  # every ninth fault


@pytest.mark.parametrize("scenario", _NAMED)
def test_in_a_folder(in_folder: Show, scenario: Scenario) -> None:
    requests = count_requests(in_folder, scenario)
    _expect_good(try_all(in_folder, scenario, list(_faults_in_folder(requests))))


@pytest.mark.parametrize("scenario", _NAMED)
def test_on_s3(in_bucket: Show, scenario: Scenario) -> None:
    faults = list(all_faults(count_requests(in_bucket, scenario)))
    start = SCENARIOS.index(scenario) % _ON_S3  # so that each kind of request is hit in some command
    _expect_good(try_all(in_bucket, scenario, islice(faults, start, None, _ON_S3)))


def _faults_in_folder(requests: Requests) -> list[Fault]:
    everything = list(all_faults(requests))
    writes = [fault for fault in everything if fault.kind in ("down after", "crash after")]
    reads = [fault for fault in everything if fault.group == "read" and fault.kind == "fail"]
    return [*writes, *reads[::_READS]]


def _expect_good(tried: Tried) -> None:
    assert tried.wrong == []
    assert tried.hit > tried.tried // 2, "most requests were there to be disturbed"
