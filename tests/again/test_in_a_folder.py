"""Each writing command in a folder, disturbed at a request, and again: done once, and nothing is left to do.

At each request that writes the connection is cut for good once it was done, or the process dies, by turns; at a commit
each of them is tried. Some requests that read fail. The other kinds of faults are tried on S3, and all of them at each
request by ``python -m tests.again --all``.
"""

import pytest

from tests.again.faulty import Fault
from tests.again.proof import Requests, all_faults, count_requests, expect_good, try_all
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show

_BY_TURNS = ("down after", "crash after")
_READS = 11  # every eleventh one


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.name) for one in SCENARIOS])
def test_again_means_done(in_folder: Show, scenario: Scenario) -> None:
    requests = count_requests(in_folder, scenario)
    expect_good(try_all(in_folder, scenario, _faults(requests, start=SCENARIOS.index(scenario))))


def _faults(requests: Requests, start: int) -> list[Fault]:
    """Return what is tried. With another *start* the turns begin with another kind, and other requests that read fail.

    Commands begin with the same requests, so each of these meets both kinds in one command or another.
    """
    everything = list(all_faults(requests))
    writes = [
        fault
        for fault in everything
        if fault.kind in _BY_TURNS
        and (fault.number in requests.commits or _BY_TURNS[(fault.number + start) % 2] == fault.kind)
    ]
    reads = [fault for fault in everything if fault.group == "read"]
    return [*writes, *reads[start % min(_READS, requests.read) :: _READS]]
