"""Prospects whom a list lacks: what suspends them, what ends that, and that nothing of it is left behind."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import concerned_paths
from pitchcast.model.steps.access import (
    expire_feeds,
    remove_prospects,
    restore_feeds,
    revoke_feeds,
    rotate_feeds,
    settle,
)
from pitchcast.model.steps.import_list import Entry, Rejected, import_entries
from pitchcast.model.steps.invitations import invite
from pitchcast.model.steps.publish import undo_release
from pitchcast.model.steps.restore import without_people
from pitchcast.model.steps.suspension import end_suspensions, suspend, suspended
from tests.model.steps.test_access import DAY, GONE, NOON, a_catalog, feed
from tests.model.test_catalog import new_token

WEEK = timedelta(weeks=1)
ACME = {"acme-corp"}


def a_suspended_catalog() -> Catalog:
    return suspend(a_catalog(), ACME, NOON, WEEK)


def test_the_days_count_from_the_first_list_and_the_last_grace_holds() -> None:
    unsuspended = a_catalog()
    before = suspend(unsuspended, ACME, NOON, WEEK)
    assert suspend(before, ACME, NOON + DAY, WEEK) is before
    assert suspend(before, ACME, NOON + DAY, 2 * WEEK).suspensions[0].ends == NOON + 2 * WEEK
    assert concerned_paths(unsuspended, before) == [], "until it is over nothing changes for anybody"
    assert end_suspensions(before, ACME) == unsuspended


def test_a_feed_ends_after_the_grace_with_those_passed_on_from_it() -> None:
    before, _, _ = invite(a_suspended_catalog(), "acme-corp", ["Kim"], new_token)
    assert settle(before, NOON + WEEK - DAY, gone=GONE) is before
    after = settle(before, NOON + WEEK, gone=GONE)
    assert [feed(after, each).state for each in ("acme-corp", "acme-corp.2")] == ["revoked", "revoked"]
    assert after.suspensions == ()


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda c: revoke_feeds(c, ACME, NOON), id="revoke"),
        pytest.param(lambda c: settle(expire_feeds(c, ACME, NOON), NOON, gone=GONE), id="expire"),
        pytest.param(lambda c: remove_prospects(c, ACME, NOON), id="remove"),
        pytest.param(lambda c: undo_release(c, 1, NOON), id="undo"),
        pytest.param(lambda c: without_people(c, [feed(c).path]), id="purge"),
    ],
)
def test_nothing_is_left_that_could_end_somebody_else_of_that_id(step: Callable[[Catalog], Catalog]) -> None:
    assert step(a_suspended_catalog()).suspensions == ()


def test_a_new_address_does_not_end_it_but_an_opened_feed_is_open() -> None:
    before = a_suspended_catalog()
    assert suspended(rotate_feeds(before, ACME, NOON, new_token)) == ACME
    assert suspended(restore_feeds(revoke_feeds(before, ACME, NOON), ACME, new_token)) == set()


@pytest.mark.parametrize(
    ("entries", "rejected"),
    [
        pytest.param((Entry(2, "Acme Corp"),), (), id="a row"),
        pytest.param((Entry(2, "Other"),), (Rejected(3, "its address is none", name="acme corp"),), id="a bad row"),
    ],
)
def test_whoever_is_in_a_list_again_is_back(entries: tuple[Entry, ...], rejected: tuple[Rejected, ...]) -> None:
    came = import_entries(a_suspended_catalog(), entries, rejected, new_token)
    assert came.returned == ("acme-corp",)
    assert came.catalog.suspensions == ()
