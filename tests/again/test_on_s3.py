"""The same as in a folder, on a real S3 server: one fault of each kind with each command.

The rest: ``python -m tests.again --all``.
"""

import pytest

from tests.again.proof import count_requests, expect_good, one_of_each, try_all
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show


@pytest.mark.parametrize("scenario", [pytest.param(one, id=one.name) for one in SCENARIOS])
def test_again_means_done(in_bucket: Show, scenario: Scenario) -> None:
    requests = count_requests(in_bucket, scenario)
    expect_good(try_all(in_bucket, scenario, one_of_each(requests, start=SCENARIOS.index(scenario))))
