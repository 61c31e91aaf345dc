"""Listing, showing and restoring revisions, and thinning them: on a folder and on a real S3 server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from pitchcast.errors import CatalogError
from pitchcast.model.steps.access import Chosen
from pitchcast.site.change import Wish, change, thin_history
from pitchcast.site.project import Project
from pitchcast.storage.ledger import to_thin
from pitchcast.workflows import episodes, history
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import undo as take_back
from tests.fixtures.program import Run
from tests.fixtures.projects import a_project, later, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.workflows.test_feeds_access import ENDED, feed_of, under


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show with a pitch for two prospects (revision 2) and a second one (revision 3)."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp", "Umbrella")
    publish_to(project, put_draft(project, "r2", "A mistake"), "Acme Corp")
    return project


def titles(project: Project, feed_id: str) -> list[str]:
    return [e.title for e in feedparser.parse(under(project, feed_of(project, feed_id).path)["feed.xml"]).entries]


def test_revisions_say_who_changed_what_and_when(project: Project) -> None:
    take_back.withdraw(replace(project, who="sam@desk"), "a-mistake")
    listed = history.list_revisions(project)
    assert [(one.revision, one.who, one.what) for one in listed] == [
        (4, "sam@desk", "withdrew a-mistake"),
        (3, "dana@laptop", "published"),
        (2, "dana@laptop", "published"),
        (1, "dana@laptop", "started the show"),
    ]
    assert [one.current for one in listed] == [True, False, False, False]
    assert all(timedelta() <= project.now() - one.at < timedelta(minutes=5) for one in listed)
    assert [one.revision for one in history.list_revisions(project, limit=2)] == [4, 3]


def test_a_revision_is_shown_and_one_that_is_not_kept_is_named(project: Project) -> None:
    shown = history.show(project, 2)
    assert [episode.id for episode in shown.episodes] == ["cut-your-bill"]
    assert (shown.prospects, shown.feeds, shown.revoked) == (2, 2, 0)
    assert history.show(project, 3).revision.current
    with pytest.raises(CatalogError, match="no revision 77"):
        history.show(project, 77)


def test_an_earlier_revision_comes_back_as_a_new_one(project: Project) -> None:
    acme = feed_of(project).path
    episodes.edit(project, "cut-your-bill", {"title": "Spoilt"}, keep_file=True)
    publish_to(project, put_draft(project, "r3", "Third"), "Zeta", "Umbrella")
    zeta = under(project, feed_of(project, "zeta").path)
    answer = history.restore(project, 2)
    assert answer.changed
    assert answer.catalog_revision == 6
    assert answer.remarks == (
        "added since, and stay as they are: zeta",
        "published since, and stay where they are: a-mistake, third",
    )
    assert titles(project, "acme-corp") == ["A mistake", "Cut your bill"]
    assert titles(project, "umbrella") == ["Third", "Cut your bill"]
    assert feed_of(project).path == acme
    assert under(project, feed_of(project, "zeta").path) == zeta
    assert history.list_revisions(project)[0].what == "restored revision 2"
    assert not history.restore(project, 2).changed


def test_what_was_taken_back_since_comes_back(project: Project) -> None:
    release, _ = take_back.plan_undo(project)
    take_back.undo(project, release)
    assert titles(project, "acme-corp") == ["Cut your bill"]
    answer = history.restore(project, 3)
    assert (answer.feeds, answer.remarks) == (1, ())
    assert titles(project, "acme-corp") == ["A mistake", "Cut your bill"]


def test_nothing_closed_is_opened_again(project: Project) -> None:
    old = {feed.id: feed.path for feed in project.catalog().feeds}
    access.rotate(project, Chosen(who=("umbrella",)))
    access.revoke(project, Chosen(who=("acme-corp",)))
    take_back.withdraw(project, "cut-your-bill")
    answer = history.restore(project, 2)
    assert "revoked since, and stay so: acme-corp" in answer.remarks
    assert "with new links since, and keep them: umbrella" in answer.remarks
    assert "withdrawn since, and stay so: cut-your-bill" in answer.remarks
    assert under(project, old["umbrella"]).keys() == ENDED
    assert under(project, old["acme-corp"]).keys() == ENDED
    assert titles(project, "umbrella") == []
    assert not [key for key in public_objects(project) if key.endswith(".mp3")]


def test_an_erased_person_stays_erased(project: Project) -> None:
    access.remove(project, Chosen(who=("acme-corp",)))
    answer = history.restore(project, 2)
    assert "erased, and not brought back: 1 removed prospect" in answer.remarks
    assert [p.id for p in project.catalog().prospects] == ["umbrella"]


def test_a_restore_that_would_change_nothing_changes_nothing(project: Project) -> None:
    answer = history.restore(project, 3)
    assert (answer.changed, answer.catalog_revision, answer.remarks) == (False, 3, ())


def test_who_keeps_a_new_link_is_said_also_where_nothing_else_is_otherwise(published: Path, pitchcast: Run) -> None:
    assert pitchcast("history", "restore", "2", "--dry-run").out.startswith("All that revision 2 had is as it was")
    assert pitchcast("feeds", "rotate", "acme-corp", "--yes").code == 0
    done = pitchcast("history", "restore", "2", "--dry-run")
    assert done.out == "There is nothing to bring back from revision 2; nothing changed.\n"
    assert "with new links since, and keep them: acme-corp" in done.err


def test_a_dry_run_of_a_restore_writes_nothing(project: Project) -> None:
    episodes.edit(project, "a-mistake", {"title": "Spoilt"}, keep_file=True)
    before = {info.key: info.etag for info in project.bucket.list("")}
    answer = history.restore(replace(project, dry_run=True), 3)
    assert (answer.changed, answer.feeds) == (True, 1)
    assert {info.key: info.etag for info in project.bucket.list("")} == before


def test_old_history_is_thinned_to_one_revision_a_day_by_the_first_command_of_a_day(project: Project) -> None:
    for number in range(3, 6):
        publish_to(project, put_draft(project, f"r{number}", f"Pitch {number}"), "Umbrella")
    replaced = project.ledger.revisions()
    days = {info.modified.date() for info in replaced.values()}
    soon, future = later(project, timedelta(days=89)), later(project, timedelta(days=92))
    change(soon, lambda found: found, Wish(what="nothing"))
    assert project.ledger.revisions().keys() == replaced.keys()
    change(future, lambda found: found, Wish(what="nothing"))
    assert len(project.ledger.revisions()) == len(days)
    assert max(replaced) in project.ledger.revisions()
    assert thin_history(project, future.now()) == 0


def test_a_command_later_the_same_day_leaves_history_alone(project: Project) -> None:
    change(project, lambda found: found, Wish(what="nothing"))
    assert len(project.ledger.revisions()) == 2


@pytest.mark.parametrize(
    ("hours", "thinned"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([0, 1, 2], [1, 2], id="of one day the last stays"),
        pytest.param([0, 25, 26, 60], [2], id="each day has its own last"),
        pytest.param([0, 1, 100], [1], id="young ones stay"),
        pytest.param([90, 91, 100], [], id="the day of the limit is not yet thinned where all are young"),
    ],
)
def test_which_revisions_are_thinned(hours: list[int], thinned: list[int]) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    replaced_at = {number: start + timedelta(hours=hour) for number, hour in enumerate(hours, 1)}
    assert to_thin(replaced_at, start + timedelta(hours=80)) == thinned
