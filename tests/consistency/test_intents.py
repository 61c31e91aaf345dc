"""Commands that are interrupted and run again, tried in every interleaving with every fault."""

import pytest

from tests.consistency.commands import ALL, RULES, Do, Process, step
from tests.consistency.intents import NEEDED_IN, SCENARIOS, START, Scenario, explore, replay


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_every_promise_is_kept_whatever_happens(scenario: Scenario) -> None:
    found = explore(scenario)
    assert found.violation is None
    assert found.states > 100


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_is_needed(rule: str) -> None:
    """Left out, something breaks; the same requests with the rule end well."""
    scenario = NEEDED_IN[rule]
    violation = explore(scenario, ALL - {rule}).violation
    assert violation is not None
    assert replay(violation.trace, scenario, ALL - {rule}) == violation.what
    assert replay(violation.trace, scenario, ALL) == ""


def test_a_command_with_nothing_to_do_writes_nothing() -> None:
    """Its step changes nothing and its folder is right: it lists the folder and looks at the catalog, no more."""
    world, process = START, Process("A0-0-0", "A", "publish r1")
    requests = []
    while process.do is not Do.END:
        requests.append(process.do)
        world, process = step(world, process, ALL)
    assert world == START
    assert process.answer == "done"
    assert requests == [Do.READ, Do.RECORDS, Do.CHECK, Do.CHECK_CATALOG, Do.ANSWER, Do.FORGET]
