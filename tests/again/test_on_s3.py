"""The same as in a folder, on a real S3 server: a few of all faults with each command.

The rest: ``python -m tests.again --all``.
"""

from itertools import islice

import pytest

from tests.again.proof import all_faults, count_requests, expect_good, try_all
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show

_STEP = 17  # every seventeenth fault; no multiple of the number of kinds


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.name) for one in SCENARIOS])
def test_again_means_done(in_bucket: Show, scenario: Scenario) -> None:
    faults = all_faults(count_requests(in_bucket, scenario))
    start = SCENARIOS.index(scenario) % _STEP  # so that each kind of request is hit in some command
    expect_good(try_all(in_bucket, scenario, islice(faults, start, None, _STEP)))
