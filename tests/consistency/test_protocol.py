"""The protocol of commit and build, tried in every interleaving with every single crash."""

import pytest

from tests.consistency.protocol import ALL, LONG_SCENARIOS, RULES, SCENARIOS, explore


@pytest.mark.parametrize("scenario", SCENARIOS, ids=" × ".join)
def test_every_rule_holds_whatever_happens(scenario: tuple[str, ...]) -> None:
    found = explore(scenario)
    assert found.violation is None
    assert found.states > 1000


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_needed(rule: str) -> None:
    """Left out, something breaks: no rule is there for show, and the model would notice."""
    violations = (explore(scenario, ALL - {rule}).violation for scenario in [*SCENARIOS, *LONG_SCENARIOS])
    assert next(filter(None, violations), None) is not None
