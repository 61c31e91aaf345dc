"""Each writing command in a folder, disturbed at a request, and again: done once, and nothing is left to do.

At every request that writes the connection is cut for good once it was done, or the process dies; some that read fail.
The rest: ``python -m tests.again --all``.
"""

import pytest

from tests.again.faulty import Fault
from tests.again.proof import Requests, all_faults, count_requests, expect_good, try_all
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show

_READS = 5  # every fifth one


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.name) for one in SCENARIOS])
def test_again_means_done(in_folder: Show, scenario: Scenario) -> None:
    requests = count_requests(in_folder, scenario)
    expect_good(try_all(in_folder, scenario, _faults(requests)))


def _faults(requests: Requests) -> list[Fault]:
    everything = list(all_faults(requests))
    writes = [fault for fault in everything if fault.kind in ("down after", "crash after")]
    reads = [fault for fault in everything if fault.group == "read"]
    return [*writes, *reads[::_READS]]
