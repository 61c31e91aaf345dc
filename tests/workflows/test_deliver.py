"""Delivering an episode that exists, and texts that are filled in: in a folder and on a real S3 server."""

import feedparser
import pytest

from pitchcast.errors import CatalogError, UsageError
from pitchcast.model.answers.publish import Published
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import parse_mention
from pitchcast.site.build import build_feeds
from pitchcast.site.project import Project
from pitchcast.workflows.deliver import deliver, plan_delivery
from pitchcast.workflows.episodes import edit
from pitchcast.workflows.prospects_import import ImportRules, import_list, read_list
from pitchcast.workflows.storage_setup import carry_out, plan_setup
from pitchcast.workflows.undo import withdraw
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

PEOPLE = """id,name,first name,email,company,tags
1,Jo Doe,Jo,jo@acme.example,Acme,fintech
2,Ana Roe,Ana,ana@x.example,Umbrella,fintech
3,Wei Li,Wei,wei@x.example,,retail
"""


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    project = a_project(any_storage)
    if any_storage.kind == "s3":
        carry_out(project, plan_setup(project))  # listeners are let in: what nobody can reach is no success
    import_list(project, read_list(PEOPLE.encode(), "people.csv"), ImportRules())
    return project


def delivered(project: Project, *names: str, personalise: bool = False, **audience: object) -> Published:
    wanted = Audience(to=tuple(map(parse_mention, names)), **audience)  # type: ignore[arg-type]
    return deliver(project, plan_delivery(project, "cut-your-bill", wanted, personalise=personalise))


def entries(project: Project, feed_id: str) -> list[feedparser.FeedParserDict]:
    path = next(feed.path for feed in project.catalog().feeds if feed.id == feed_id)
    parsed: list[feedparser.FeedParserDict] = feedparser.parse(project.bucket.get(f"public/{path}/feed.xml")[0]).entries
    return parsed


class TestOnEveryStorage:
    def test_a_segment_gets_the_episode_in_one_release(self, project: Project) -> None:
        publish_to(project, put_draft(project), "jo-doe")
        revision = project.catalog().revision
        answer = delivered(project, segments=("fintech",))
        assert answer.catalog_revision == revision + 1
        assert [(feed.prospect.id, feed.new) for feed in answer.feeds if feed.prospect] == [
            ("jo-doe", False),
            ("ana-roe", True),
        ]
        assert [len(entries(project, feed_id)) for feed_id in ("jo-doe", "ana-roe", "wei-li")] == [1, 1, 0]
        assert len(project.catalog().releases) == 2
        again = delivered(project, segments=("fintech",))
        assert (again.changed, again.catalog_revision) == (False, revision + 1)

    def test_new_prospects_are_created_unless_refused(self, project: Project) -> None:
        publish_to(project, put_draft(project), "jo-doe")
        answer = delivered(project, "Newcomer <new@x.example>")
        assert answer.feeds[0].prospect is not None
        assert answer.feeds[0].prospect.created
        assert len(entries(project, "newcomer")) == 1
        with pytest.raises(CatalogError, match="no prospect is called"):
            delivered(project, "Another", existing_only=True)

    def test_what_was_withdrawn_is_not_delivered(self, project: Project) -> None:
        publish_to(project, put_draft(project), "jo-doe")
        withdraw(project, "cut-your-bill")
        with pytest.raises(CatalogError, match="was withdrawn"):
            delivered(project, "ana-roe")

    def test_personalised_texts_reach_feed_and_page_and_the_audio_is_the_same(self, project: Project) -> None:
        draft = put_draft(project, notes="Dear {first_name}, hello from **us** to {company}.")
        publish_to(project, draft, "jo-doe")
        delivered(project, segments=("fintech",), personalise=True)
        assert "Dear Jo, hello from <strong>us</strong> to Acme." in entries(project, "jo-doe")[0].summary
        assert "Dear Ana," in entries(project, "ana-roe")[0].summary
        objects = public_objects(project)
        for feed in project.catalog().feeds[:2]:
            page = objects[f"public/{feed.path}/index.html"].decode()
            assert "{first_name}" not in page
            assert ("Dear Jo," in page) == (feed.id == "jo-doe")
        audio = {body for key, body in objects.items() if key.endswith(".mp3")}
        assert len(audio) == 1
        build_feeds(project, [feed.path for feed in project.catalog().feeds])
        assert public_objects(project) == objects, "same content, same bytes"

    def test_everybody_is_checked_before_anything_is_written(self, project: Project) -> None:
        publish_to(project, put_draft(project, notes="For {company}"), "jo-doe")
        before = project.catalog().feeds
        with pytest.raises(CatalogError, match=r"company. in the notes is empty for wei-li"):
            delivered(project, everyone=True, personalise=True)
        edit(project, "cut-your-bill", {"notes": "For {compny}"})
        with pytest.raises(UsageError, match=r"compny. in the notes is no field"):
            delivered(project, "ana-roe", personalise=True)
        assert project.catalog().feeds == before


def test_a_plan_writes_nothing_and_counts(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Jo", "Ana")
    publish_to(project, put_draft(project, "r2", "Second"), "Wei")
    before = {info.key: info.etag for info in project.bucket.list("")}
    plan = plan_delivery(project, "Cut your bill", Audience(everyone=True))
    assert (plan.feed_count, plan.lacking) == (3, 1)
    assert {info.key: info.etag for info in project.bucket.list("")} == before
    with pytest.raises(UsageError, match="nobody to deliver to"):
        plan_delivery(project, "Cut your bill", Audience())
