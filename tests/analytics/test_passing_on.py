"""How a podcast was passed on: what counts as a step, whose a download is, and what proves two people."""

from datetime import timedelta

import pytest

from pitchcast.analytics.passing_on import Event, SeenAtStep, Step, proofs_of_two, steps_of, tree_of
from tests.analytics.counting import NOON

MARK, CHILD_MARK, OTHERS = "0123abcd", "89abcdef", "ffffffff"
MARKS = {MARK: "acme-corp", CHILD_MARK: "acme-corp.2"}


def an_event(did: str, after_s: float = 0, **changes: object) -> Event:
    values = {"feed": "acme-corp", "address": 7, "agent": 1, "block": 70, "device": "phone", "via": ""} | changes
    return Event(did=did, moment=NOON + timedelta(seconds=after_s), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("via", "steps"),
    [
        pytest.param("", (), id="the prospect's own link"),
        pytest.param(MARK, ("acme-corp",), id="one step"),
        pytest.param(f"{MARK}.{MARK}", ("acme-corp", "acme-corp"), id="two steps from one page"),
        pytest.param(f"{CHILD_MARK}.{MARK}", ("acme-corp.2", "acme-corp"), id="by a colleague's page"),
        pytest.param(OTHERS, (), id="another prospect's mark"),
        pytest.param(f"{MARK}.{OTHERS}", (), id="another prospect's mark behind a right one"),
        pytest.param(".".join([MARK] * 20), ("acme-corp",) * 20, id="twenty steps"),
        pytest.param(".".join([MARK] * 21), (), id="more than twenty"),
        pytest.param(MARK.upper(), (), id="not as pages write it"),
        pytest.param(f"{MARK}\n", (), id="with a line feed"),
        pytest.param(f"{MARK}.", (), id="broken off"),
    ],
)
def test_steps(via: str, steps: tuple[str, ...]) -> None:
    assert steps_of(via, MARKS) == steps


@pytest.mark.parametrize(
    ("event", "via"),
    [
        pytest.param(an_event("download", 60), ("acme-corp",), id="the same listener's"),
        pytest.param(an_event("download", 86_400), ("acme-corp",), id="after 24 hours"),
        pytest.param(an_event("download", 86_401), (), id="after more than that"),
        pytest.param(an_event("download", 60, address=8), (), id="another address"),
        pytest.param(an_event("download", 60, agent=2), (), id="another agent"),
        pytest.param(an_event("tap", 60), ("acme-corp",), id="a tap"),
        pytest.param(an_event("tap", 60, via=CHILD_MARK), ("acme-corp.2",), id="a tap with a way of its own"),
    ],
)
def test_a_download_belongs_to_the_step_of_the_open_before_it(event: Event, via: tuple[str, ...]) -> None:
    tree = tree_of([an_event("open", via=MARK), event], MARKS)
    assert tree[Step("acme-corp", via)].did[event.did] == 1


def test_what_is_told_of_a_step_is_what_was_seen() -> None:
    opens = [an_event("open", n, address=n, block=n % 2, device=("phone", "computer")[n % 2]) for n in range(4)]
    seen: SeenAtStep = tree_of(opens, MARKS)[Step("acme-corp")]
    assert (seen.did["open"], len(seen.networks), seen.devices) == (4, 2, {"phone", "computer"})


@pytest.mark.parametrize(
    ("events", "proofs"),
    [
        pytest.param([an_event("open"), an_event("open", 60, address=8)], [], id="two networks are no two people"),
        pytest.param([an_event("open", feed="acme-corp.2")], ["colleague"], id="a colleague's feed"),
        pytest.param([an_event("open"), an_event("open", 60, via=MARK)], [], id="one's own link, opened again"),
        pytest.param(
            [an_event("open"), an_event("open", 60, via=MARK, address=8)], ["passed on"], id="opened by somebody new"
        ),
        pytest.param(
            [an_event("open"), an_event("open", 60, via=OTHERS, address=8)], [], id="another prospect's mark is nothing"
        ),
        pytest.param(
            [an_event("download"), an_event("download", 600, block=71)], ["two networks"], id="sound on two networks"
        ),
        pytest.param([an_event("download"), an_event("download", 601, block=71)], [], id="later than ten minutes"),
        pytest.param([an_event("download"), an_event("download", 60)], [], id="sound on one network"),
    ],
)
def test_proofs_of_two_people(events: list[Event], proofs: list[str]) -> None:
    assert [proof.what for proof in proofs_of_two(events, MARKS, "acme-corp")] == proofs
