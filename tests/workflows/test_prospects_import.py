"""Importing lists: into a folder and into a real S3 server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from pitchcast.errors import CatalogError
from pitchcast.model.answers.prospects import ImportedProspects
from pitchcast.site.build import build_feeds
from pitchcast.site.project import Project
from pitchcast.workflows.feeds import build, check_stored
from pitchcast.workflows.prospects_import import ImportRules, import_list, read_list
from tests.fixtures.projects import a_project, later, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ENDED = {"index.html", "feed.xml", "call.html"}

CONTACTS = """Record ID,First Name,Last Name,Email,Company name,Tags
201,Jo,Doe,jo@acme.example,Acme,fintech;eu
202,Ana,Roe,ana@umbrella.example,Umbrella,retail
203,Jo,Doe,other@acme.example,Acme,fintech
"""
WITHOUT_ANA = "".join(line for line in CONTACTS.splitlines(keepends=True) if "ana" not in line)


def import_text(project: Project, text: str, **rules: object) -> ImportedProspects:
    return import_list(project, read_list(text.encode(), "contacts.csv"), ImportRules(**rules))  # type: ignore[arg-type]


def counts(answer: ImportedProspects) -> tuple[int, int, int, int, int]:
    return answer.created, answer.updated, answer.unchanged, answer.suspended, len(answer.rejected)


def folders(project: Project) -> set[str]:
    return {key.split("/")[1] for key in public_objects(project) if key.endswith("feed.xml")}


class TestOnEveryStorage:
    def test_a_list_becomes_prospects_whose_links_work_in_one_commit(self, any_storage: StorageUnderTest) -> None:
        project = a_project(any_storage)
        first = import_text(project, CONTACTS)
        assert counts(first) == (3, 0, 0, 0, 0)
        catalog = project.catalog()
        assert [p.id for p in catalog.prospects] == ["jo-doe", "ana-roe", "jo-doe-2"]
        assert catalog.revision == first.catalog_revision == 2, "the show was started, then all came at once"
        assert folders(project) == {feed.path for feed in catalog.feeds}
        assert not [finding for finding in check_stored(project) if finding.level == "error"]
        assert counts(import_text(project, CONTACTS)) == (0, 0, 3, 0, 0)
        assert project.catalog().revision == 2

    def test_missing_prospects_are_suspended_and_nothing_is_erased(self, any_storage: StorageUnderTest) -> None:
        project = a_project(any_storage)
        import_text(project, CONTACTS)
        publish_to(project, put_draft(project), "ana@umbrella.example", "Walk-in")
        before = public_objects(project)
        with pytest.raises(CatalogError, match=r"lacks 1 of 3 prospects \(33.3 %\): ana-roe") as caught:
            import_text(project, WITHOUT_ANA, remove_missing=True)
        assert "--max-missing 34" in caught.value.hint
        assert public_objects(project) == before
        done = import_text(project, WITHOUT_ANA, remove_missing=True, max_missing_percent=34, grace=timedelta(0))
        assert counts(done) == (0, 0, 2, 1, 0)
        catalog = project.catalog()
        assert {feed.id: feed.state for feed in catalog.feeds} == {
            "jo-doe": "active",
            "ana-roe": "revoked",
            "jo-doe-2": "active",
            "walk-in": "active",
        }
        assert len(catalog.prospects) == 4
        path = next(feed.path for feed in catalog.feeds if feed.id == "ana-roe")
        assert not [key for key in public_objects(project) if path in key and key.endswith(".mp3")]
        back = import_text(project, CONTACTS, remove_missing=True)
        assert counts(back) == (0, 0, 3, 0, 0)
        assert "ana-roe" in back.warnings[0], "a revoked feed is opened by people, not by a list"

    def test_a_link_outlives_the_grace_only_where_a_list_names_its_prospect_again(
        self, any_storage: StorageUnderTest
    ) -> None:
        project = a_project(any_storage)
        import_text(project, CONTACTS)
        publish_to(project, put_draft(project), everyone=True)
        path = next(feed.path for feed in project.catalog().feeds if feed.id == "ana-roe")
        before = public_objects(project)
        nightly = partial(import_text, remove_missing=True, max_missing_percent=34)
        assert counts(nightly(project, WITHOUT_ANA)) == (0, 0, 2, 1, 0)
        again = nightly(later(project, DAY), WITHOUT_ANA)
        assert (again.suspended, again.missing) == (0, 1), "it is suspended already, and its days count from the first"
        assert public_objects(project) == before
        assert not [one for one in check_stored(project) if one.level == "error"]

        back = import_text(later(project, 6 * DAY), CONTACTS)
        assert (counts(back), back.returned, back.suspended_until) == ((0, 0, 3, 0, 0), 1, None)
        build(later(project, 20 * DAY))
        assert public_objects(project) == before, "as if nothing had been"

        nightly(later(project, 20 * DAY), WITHOUT_ANA)
        build(later(project, 26 * DAY))
        assert public_objects(project) == before
        build(later(project, 27 * DAY + HOUR))
        assert {key.rpartition("/")[2] for key in public_objects(project) if path in key} == ENDED
        assert "ana-roe" in import_text(project, CONTACTS).warnings[0], "it is over, and a list opens nothing"

    def test_two_imports_at_once_lose_nothing_and_make_nobody_twice(self, any_storage: StorageUnderTest) -> None:
        a_list = CONTACTS
        other = "id,name\n301,New\n302,Acme\n" + "".join(f"{n},Firm {n}\n" for n in range(400, 420))
        import_text(a_project(any_storage), "id,name\n1,First\n")
        together = threading.Barrier(4)

        def one(number: int) -> ImportedProspects:
            project = a_project(any_storage, who=f"person{number}")
            together.wait()
            return import_text(project, a_list if number % 2 else other)

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(one, range(4)))
        project = a_project(any_storage)
        assert len(project.catalog().prospects) == 1 + 3 + 22
        assert sum(answer.created for answer in answers) == 25
        assert folders(project) == {feed.path for feed in project.catalog().feeds}

    def test_new_feeds_may_be_built_later_but_never_those_that_somebody_has(
        self, any_storage: StorageUnderTest
    ) -> None:
        project = a_project(any_storage)
        import_text(project, "id,name\n1,Acme\n")
        import_text(project, "id,name\n1,Acme Renamed\n2,Umbrella\n", build_new=False)
        catalog = project.catalog()
        acme, umbrella = catalog.feeds
        assert folders(project) == {acme.path}
        assert b"Acme Renamed" in project.bucket.get(f"public/{acme.path}/feed.xml")[0]
        publish_to(project, put_draft(project), "umbrella")
        assert folders(project) == {acme.path, umbrella.path}
        before = public_objects(project)
        assert build_feeds(project, [acme.path, umbrella.path]).put == 0
        assert public_objects(project) == before


def test_a_dry_run_counts_and_writes_nothing(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    import_text(project, "id,name\n1,Acme\n")
    before = {info.key: info.etag for info in project.bucket.list("")}
    dry = Project(**{**{name: getattr(project, name) for name in project.__slots__}, "dry_run": True})
    assert counts(import_text(dry, CONTACTS)) == (3, 0, 0, 0, 0)
    assert {info.key: info.etag for info in project.bucket.list("")} == before


def test_no_address_reaches_what_listeners_can_read(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    import_text(project, CONTACTS)
    publish_to(project, put_draft(project), everyone=True)
    for key, body in public_objects(project).items():
        assert b"acme.example" not in body, key
        assert b"umbrella.example" not in body, key
        assert "@" not in key


def test_an_empty_list_suspends_nobody_by_accident(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    import_text(project, CONTACTS)
    with pytest.raises(CatalogError, match="lacks 3 of 3"):
        import_text(project, "Record ID,First Name\n", remove_missing=True)
