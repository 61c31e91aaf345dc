"""Replaced audio: readable for a week, then gone; at once where the episode or the feed goes."""

from datetime import timedelta

import feedparser
import pytest

from pitchcast.model.feed import Feed
from pitchcast.model.steps.access import Chosen, replace_audio
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import undo as take_back
from pitchcast.workflows.feeds import build, list_feeds
from tests.fixtures.projects import a_project, later, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.workflows.test_feeds_access import faults, feed_of, under

EPISODE = "cut-your-bill"
ACME = Chosen(who=("acme-corp",))


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show whose one pitch, in a private and the public feed, got other audio."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp", public=True)
    other, at = put_draft(project, "r2").master, project.now()
    change(
        project,
        lambda found: replace_audio(found, EPISODE, recording="r2", master=other, chapters=(), at=at),
        Wish(what="replaced"),
    )
    return project


def audio(project: Project, feed: Feed) -> set[str]:
    return {name for name in under(project, feed.path) if name.endswith(".mp3")}


def named(project: Project, feed: Feed) -> str:
    (entry,) = feedparser.parse(under(project, feed.path)["feed.xml"]).entries
    return str(entry.enclosures[0].href.rpartition("/")[2])


def test_the_feed_names_the_new_audio_and_the_old_stays_for_a_week(project: Project) -> None:
    for feed in project.catalog().feeds:
        assert len(audio(project, feed)) == 2
        assert named(project, feed) in audio(project, feed)
    assert faults(project) == []
    almost, after = later(project, timedelta(days=6, hours=23)), later(project, timedelta(days=7, minutes=1))
    build(almost)
    list_feeds(after)
    assert len(audio(project, feed_of(project))) == 2
    build(after)
    for feed in project.catalog().feeds:
        assert audio(project, feed) == {named(project, feed)}
    assert faults(project) == []


def test_a_withdrawn_episode_leaves_neither(project: Project) -> None:
    take_back.withdraw(project, EPISODE)
    assert [audio(project, feed) for feed in project.catalog().feeds] == [set(), set()]


def test_a_revoked_feed_leaves_neither_and_a_rotated_one_takes_only_the_new_along(project: Project) -> None:
    before = feed_of(project)
    access.rotate(project, ACME)
    assert audio(project, before) == set()
    assert audio(project, feed_of(project)) == {named(project, feed_of(project))}
    access.revoke(project, Chosen(who=("public",)))
    assert audio(project, feed_of(project, "public")) == set()


def test_the_replaced_recording_is_known_again(project: Project) -> None:
    done = publish_to(project, put_draft(project, "r2"), "acme-corp")
    assert done.paths == ()
