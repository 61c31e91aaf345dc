"""The protocol of commit and build, tried in every interleaving with every single crash."""

import pytest

from tests.consistency.protocol import ALL, RULES, SCENARIOS, explore, replay

SLEEPER = (
    "publish r1: READ; publish r1: ANNOUNCE; publish r1: COMMIT; publish r1: LIST; publish r1: LOAD; "
    "publish r1: REMOVE; undo r1: READ; undo r1: ANNOUNCE; undo r1: COMMIT; undo r1: LIST; undo r1: LOAD; "
    "undo r1: REMOVE; undo r1: COPY; undo r1: FEED; undo r1: LOOK; undo r1: FINISH; heal: LIST; heal: "
    "LIST; publish r1: COPY; publish r1 dies before FEED; heal: LOAD; heal: REMOVE; heal: COPY; heal: "
    "FEED; heal: LOOK; heal: FINISH"
)
DYING_HEALER = (
    "undo r1: READ; undo r1: ANNOUNCE; heal: LIST; heal: LIST; heal: LOAD; heal: REMOVE; heal: COPY; "
    "heal: FEED; undo r1: COMMIT; undo r1: READ; undo r1: ANNOUNCE; publish r1: READ; publish r1: "
    "ANNOUNCE; publish r1: COMMIT; heal: LOOK; heal: LIST; heal: LOAD; heal: REMOVE; undo r1: COMMIT; "
    "undo r1: READ; undo r1: ANNOUNCE; undo r1: COMMIT; undo r1: LIST; undo r1: LOAD; undo r1: REMOVE; "
    "undo r1: COPY; undo r1: FEED; undo r1: LOOK; undo r1: FINISH; publish r1: LIST; heal: COPY; heal "
    "dies before FEED; publish r1: LOAD; publish r1: REMOVE; publish r1: COPY; publish r1: FEED; publish "
    "r1: LOOK; publish r1: FINISH"
)
FOUND_AMONG_THREE = [
    pytest.param("overslept", SLEEPER, ("heal", "undo r1", "publish r1"), id="overslept"),
    pytest.param("healer_recorded", DYING_HEALER, ("publish r1", "undo r1", "heal"), id="healer_recorded"),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=" × ".join)
def test_every_rule_holds_whatever_happens(scenario: tuple[str, ...]) -> None:
    found = explore(scenario)
    assert found.violation is None
    assert found.states > 1000


@pytest.mark.parametrize("rule", sorted(RULES.keys() - {"overslept", "healer_recorded"}))
def test_each_rule_is_needed(rule: str) -> None:
    """Left out, something breaks: no rule is there for show, and the model would notice."""
    violations = (explore(scenario, ALL - {rule}).violation for scenario in SCENARIOS)
    assert next(filter(None, violations), None) is not None


@pytest.mark.parametrize(("rule", "trace", "scenario"), FOUND_AMONG_THREE)
def test_what_takes_three_to_break(rule: str, trace: str, scenario: tuple[str, ...]) -> None:
    """Among three processes the search takes minutes (``--long``), so what it found is followed again."""
    assert replay(trace.split("; "), scenario, ALL - {rule}) != ""
    assert replay(trace.split("; "), scenario, ALL) == ""
