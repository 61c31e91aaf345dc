"""A podcast passed on to colleagues, on a folder and on a real S3 server."""

from dataclasses import replace

import feedparser
import pytest

from pitchcast.errors import CatalogError, UsageError
from pitchcast.feed.check.checker import check_feed
from pitchcast.model.answers.prospects import Invited
from pitchcast.model.show import Brand
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.prospects_invite import invite_colleagues
from pitchcast.workflows.show import edit
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.workflows.test_feeds_access import ENDED, feed_of, under

ACME = Chosen(who=("acme-corp",))


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show with one pitch for Acme Corp."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>")
    return project


def sam(project: Project) -> Invited:
    return invite_colleagues(project, "Acme Corp", name="Sam Lee")


def heard(project: Project, feed_id: str) -> list[str]:
    return [e.title for e in feedparser.parse(under(project, feed_of(project, feed_id).path)["feed.xml"]).entries]


def test_a_colleague_hears_what_the_prospect_hears_at_an_address_of_its_own(project: Project) -> None:
    answer = sam(project)
    assert [(feed.id, feed.name, feed.parent) for feed in answer.feeds] == [("acme-corp.2", "Sam Lee", "acme-corp")]
    publish_to(project, put_draft(project, "r2", "Second"), "acme-corp")
    assert heard(project, "acme-corp.2") == heard(project, "acme-corp") == ["Second", "Cut your bill"]
    own = under(project, feed_of(project, "acme-corp.2").path)
    parents = under(project, feed_of(project).path)
    assert own.keys() == parents.keys()
    assert {name: body for name, body in own.items() if name.endswith(".mp3")} == {
        name: body for name, body in parents.items() if name.endswith(".mp3")
    }
    for body, path in ((own, feed_of(project).path), (parents, feed_of(project, "acme-corp.2").path)):
        assert not [name for name, said in body.items() if path.encode() in said], "neither leads to the other"
    assert b"Sam Lee" in own["index.html"]
    assert not [f for f in check_feed(own["feed.xml"], where="x", private=True) if f.level == "error"]


def test_spare_links_are_on_no_page(project: Project) -> None:
    answer = invite_colleagues(project, "acme-corp", spare=3)
    assert [feed.name for feed in answer.feeds] == ["", "", ""]
    for feed in answer.feeds:
        path = feed_of(project, feed.id).path
        holding = {key.split("/")[1] for key, body in public_objects(project).items() if path.encode() in body}
        assert holding == {path}


def test_asking_twice_gives_the_same_link_and_a_dry_run_none(project: Project) -> None:
    first = sam(project)
    again = sam(project)
    assert (again.created, again.feeds, again.catalog_revision) == (False, first.feeds, first.catalog_revision)
    before = {info.key: info.etag for info in project.bucket.list("")}
    assert invite_colleagues(replace(project, dry_run=True), "acme-corp.2", name="Kim").feeds[0].id == "acme-corp.3"
    assert {info.key: info.etag for info in project.bucket.list("")} == before
    with pytest.raises(UsageError, match="no number"):
        invite_colleagues(project, "acme-corp")


def test_revoking_asks_what_becomes_of_those_it_was_passed_on_to(project: Project) -> None:
    sam(project)
    invite_colleagues(project, "acme-corp.2", name="Kim")
    with pytest.raises(UsageError, match=r"acme-corp\.2, acme-corp\.3") as caught:
        access.revoke(project, ACME)
    assert "--with-children" in caught.value.hint
    assert feed_of(project).state == "active"
    kept = access.revoke(project, ACME, with_children=False)
    assert [feed.id for feed in kept.feeds] == ["acme-corp"]
    assert heard(project, "acme-corp.2") == ["Cut your bill"]
    closed = access.revoke(project, ACME, with_children=True)
    assert [feed.id for feed in closed.feeds] == ["acme-corp.2", "acme-corp.3"]
    for child in ("acme-corp.2", "acme-corp.3"):
        assert under(project, feed_of(project, child).path).keys() == ENDED


def test_removing_the_prospect_takes_all_and_a_child_is_no_prospect(project: Project) -> None:
    path = feed_of(project, sam(project).feeds[0].id).path
    with pytest.raises(CatalogError, match="no prospect"):
        access.remove(project, Chosen(who=("acme-corp.2",)))
    access.remove(project, ACME)
    assert under(project, path).keys() == ENDED
    assert not [key for key, body in public_objects(project).items() if b"Sam Lee" in body]


def test_the_page_that_counts_the_call_to_action_lies_beside_each_feed(project: Project) -> None:
    sam(project)
    edit(project, {"call_to_action": "Book", "call_to_action_url": "https://seller.example/book"})
    for feed_id in ("acme-corp", "acme-corp.2"):
        objects = under(project, feed_of(project, feed_id).path)
        address = f"{project.catalog().public_url}/{feed_of(project, feed_id).path}/call.html"
        assert b"https://seller.example/book" in objects["call.html"]
        assert address.encode() in objects["index.html"]
        assert address.encode() in objects["feed.xml"]
        assert b"seller.example" not in objects["index.html"]
        assert not [f for f in check_feed(objects["feed.xml"], where="x", private=True) if f.level == "error"]
    edit(project, {"call_to_action_url": ""})
    assert project.catalog().brand == Brand(call_to_action="Book", address="team")
    assert "call.html" not in under(project, feed_of(project).path)
