"""The protocol of reading logs and forgetting people, tried in every interleaving with every single crash."""

import pytest

from tests.consistency.logs import ALL, LONG_SCENARIOS, RULES, SCENARIOS, explore, replay

SYNC_DIES_AFTER_WRITING = (
    "sync 1: CATALOG; sync 1: SEEN; sync 1: MAKE_KEY; sync 1: BEGIN; sync 1: AGENTS; "
    "remove b: COMMIT; remove b: FORGET_DAY; remove b: FORGET_CATALOG; remove b: FORGET_WRITE; remove b: NOTE; "
    "sync 1 2: CATALOG; sync 1 2: SEEN; sync 1 2: BEGIN; sync 1 2: AGENTS; sync 1 2: DAY; sync 1 2: WRITE; "
    "sync 1 2: MARK; sync 1 2: LOOK; sync 1 2: OUT_DAY; sync 1 2: OUT_CATALOG; sync 1 2: OUT_WRITE; sync 1 2: END; "
    "sync 1: DAY; sync 1: WRITE; sync 1 dies before MARK"
)
SOMEBODY_NEW_MEANWHILE = (
    "sync 1: CATALOG; sync 1: SEEN; sync 1: MAKE_KEY; sync 1: BEGIN; sync 1: AGENTS; sync 1: DAY; sync 1: WRITE; "
    "sync 1: MARK; remove b: COMMIT; sync 1: LOOK; sync 1: OUT_CATALOG; "
    "add c, sync 3: COMMIT; add c, sync 3: CATALOG; add c, sync 3: SEEN; add c, sync 3: BEGIN; add c, sync 3: AGENTS; "
    "add c, sync 3: DAY; add c, sync 3: WRITE; add c, sync 3: MARK; sync 1: OUT_DAY; sync 1: OUT_WRITE"
)
FOUND_AMONG_THREE = [
    pytest.param("look_without_logs", SYNC_DIES_AFTER_WRITING, LONG_SCENARIOS[0], id="look_without_logs"),
    pytest.param("day_before_catalog", SOMEBODY_NEW_MEANWHILE, LONG_SCENARIOS[1], id="day_before_catalog"),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=" × ".join)
def test_it_equals_one_sync_whatever_happens(scenario: tuple[str, ...]) -> None:
    found = explore(scenario)
    assert found.violation is None
    assert found.states > 300


@pytest.mark.parametrize("rule", sorted(RULES.keys() - {"look_without_logs", "day_before_catalog"}))
def test_each_step_is_needed(rule: str) -> None:
    """Left out, something breaks: no step is there for show, and the model would notice."""
    violations = (explore(scenario, ALL - {rule}).violation for scenario in SCENARIOS)
    assert next(filter(None, violations), None) is not None


@pytest.mark.parametrize(("rule", "trace", "scenario"), FOUND_AMONG_THREE)
def test_what_takes_three_to_break(rule: str, trace: str, scenario: tuple[str, ...]) -> None:
    """Among three processes the search takes minutes (``--long``), so one way to break it is followed."""
    assert replay(trace.split("; "), scenario, ALL - {rule}) != ""
    assert replay(trace.split("; "), scenario, ALL) == ""
