"""Every ended address ends politely: what its folder still holds, for how long, and what it never holds."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest

from pitchcast.feed.check.checker import check_feed
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project
from pitchcast.workflows import episodes, show
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import undo as take_back
from pitchcast.workflows.feeds import build, check_stored
from tests.fixtures.projects import a_project, later, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.page.test_listen import Outline
from tests.workflows.test_feeds_access import ENDED, faults, feed_of, under

WHO = "jo-doe"
JO = Chosen(who=(WHO,))
PERSONAL = (b"jo doe", b"jo-doe", b"jo%20doe", b"jo@")
BOOK = "https://seller.example/book?from={name}&topic=bills"


@pytest.fixture
def project(folder_storage: StorageUnderTest, tmp_path: Path) -> Project:
    """A show with a personalised pitch for a prospect, with all the files that a feed's folder can hold."""
    project = a_project(folder_storage)
    draft = put_draft(project, title="For {name}", personalised=True)
    publish_to(project, draft, "Jo Doe <jo@acme.example>")
    show.edit(project, {"cover_per_prospect": True})
    show.edit(project, {"call_to_action": "Book a call, {name}", "call_to_action_url": BOOK})
    chapters, transcript = tmp_path / "chapters.txt", tmp_path / "said.txt"
    chapters.write_text("00:00 Hello\n00:10 What to turn off\n", encoding="utf-8")
    transcript.write_text("Good morning, Jo Doe.", encoding="utf-8")
    [episode] = project.catalog().episodes
    episodes.edit(project, episode.id, {"chapters": chapters, "transcript": transcript})
    return project


def undo(project: Project) -> None:
    take_back.undo(project, take_back.plan_undo(project)[0])


def expire(project: Project) -> None:
    access.expire(project, JO, on=project.now() + timedelta(days=1))
    build(later(project, timedelta(days=1, minutes=1)))


Command = Callable[[Project], object]
COMMANDS = [
    pytest.param(lambda project: access.rotate(project, JO), "There is a new link to this podcast", id="rotate"),
    pytest.param(lambda project: access.revoke(project, JO), "no longer available", id="revoke"),
    pytest.param(lambda project: access.remove(project, JO), "no longer available", id="remove"),
    pytest.param(undo, "no longer available", id="undo"),
    pytest.param(expire, "This link has ended", id="expire"),
]


@pytest.mark.parametrize(("command", "words"), COMMANDS)
def test_an_ended_address_says_so_and_holds_nothing_personal(project: Project, command: Command, words: str) -> None:
    path = feed_of(project, WHO).path
    before = under(project, path)
    suffixes = {Path(name).suffix for name in before}
    assert suffixes == {".html", ".xml", ".mp3", ".json", ".txt", ".jpg"}
    command(project)
    left = under(project, path)
    assert left.keys() == ENDED
    for body in left.values():
        assert not [name for name in PERSONAL if name in body.lower()]
    page = Outline(left["index.html"])
    assert words in page.text
    assert "ask Dana Reyes" in page.text
    assert page.meta("robots") == "noindex"
    assert b"Dana" not in left["feed.xml"]
    parsed = feedparser.parse(left["feed.xml"])
    assert (parsed.bozo, parsed.entries) == (False, [])
    assert parsed.feed.podcast_guid == feedparser.parse(before["feed.xml"]).feed.podcast_guid
    assert words in parsed.feed.title
    assert not [f for f in check_feed(left["feed.xml"], where="x", private=True) if f.level == "error"]
    [refresh] = Outline(left["call.html"]).attributes("meta", **{"http-equiv": "refresh"})
    assert refresh["content"] == "0; url=https://seller.example/book?from=&topic=bills"
    for feed in project.catalog().feeds:
        assert feed.path == path or not [body for body in left.values() if feed.path.encode() in body]
    assert not [finding for finding in check_stored(project) if finding.level == "error"]
    assert faults(project) == []


def test_it_says_so_for_gone_days_and_the_next_writing_command_empties_it(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage, gone_days=10)
    publish_to(project, put_draft(project), "Jo Doe")
    path = feed_of(project, WHO).path
    access.rotate(project, JO)
    build(later(project, timedelta(days=9, hours=23)))
    assert under(project, path).keys() == ENDED
    build(later(project, timedelta(days=10, minutes=1)))
    assert under(project, path) == {}
    assert path in project.catalog().retired_paths


def test_a_later_call_to_action_is_where_the_old_notes_lead(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Jo Doe")
    path = feed_of(project, WHO).path
    access.revoke(project, JO)
    left = under(project, path)
    assert left["call.html"] == left["index.html"], "without a call to action: the gone page, and no service's error"
    show.edit(project, {"call_to_action_url": "https://seller.example/new"})
    assert b"https://seller.example/new" in under(project, path)["call.html"]


def test_a_feed_whose_only_episode_was_withdrawn_stays_open_and_says_so(project: Project) -> None:
    path = feed_of(project, WHO).path
    [episode] = project.catalog().episodes
    take_back.withdraw(project, episode.id)
    left = under(project, path)
    assert {Path(name).suffix for name in left} == {".html", ".xml", ".jpg"}
    assert "Nothing here at the moment" in Outline(left["index.html"]).text
    assert not [name for name in PERSONAL if name in left["call.html"].lower()]
    assert "{name}" not in Outline(left["index.html"]).text + left["call.html"].decode()
    publish_to(project, put_draft(project, "r2", "Another"), WHO)
    assert len(feedparser.parse(under(project, path)["feed.xml"]).entries) == 1


def test_a_public_address_that_was_undone_opens_again(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), public=True)
    path = feed_of(project, PUBLIC_FEED).path
    undo(project)
    assert under(project, path).keys() == ENDED
    publish_to(project, put_draft(project, "r2", "Another"), public=True)
    assert feed_of(project, PUBLIC_FEED).path == path
    assert len(feedparser.parse(under(project, path)["feed.xml"]).entries) == 1
    assert faults(project) == []


def test_many_ended_addresses_are_filled_in_like_one(folder_storage: StorageUnderTest) -> None:
    """The form that many feeds share holds for gone pages, too: each has its own address and guid."""
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), *(f"Prospect {number}" for number in range(8)))
    paths = {feed.path: feed.id for feed in project.catalog().feeds}
    access.rotate(project, Chosen(everyone=True))
    pages = {path: under(project, path) for path in paths}
    assert {frozenset(page) for page in pages.values()} == {frozenset(ENDED)}
    guids = {feedparser.parse(page["feed.xml"]).feed.podcast_guid for page in pages.values()}
    assert len(guids) == len(paths)
    for path, page in pages.items():
        assert path.encode() in page["feed.xml"]
    assert build(project).put == 0
