"""One writer at a time, on a service that knows no conditional writes: who is named, who is refused, who takes over."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pitchcast.errors import CatalogError, StorageError
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project, open_project
from pitchcast.workflows import feeds, repair
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.history import list_revisions
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.storage.proxy import Exchange, proxy

Open = Callable[..., Project]


def as_backblaze(exchange: Exchange) -> None:
    if exchange.method == "PUT" and exchange.asked.keys() & {"if-match", "if-none-match"}:
        exchange.answer(501, "NotImplemented")


@pytest.fixture
def opened_by(s3_environment: SeaweedFS, s3_storage: StorageUnderTest) -> Iterator[Open]:
    """Open a show as one person would, through a proxy that refuses every conditional write."""
    with proxy(s3_environment.endpoint_url, before=as_backblaze) as endpoint_url:
        behind = replace(s3_storage, endpoint_url=endpoint_url)

        def opened(who: str, *, take_over: bool = False) -> Project:
            settings = a_project(behind, single_writer=True).settings
            return open_project(settings, {"PITCHCAST_USER": who}, take_over=take_over)

        yield opened


def test_without_the_promise_nothing_is_written(opened_by: Open, s3_storage: StorageUnderTest) -> None:
    settings = opened_by("dana@laptop").settings
    careless = open_project(
        replace(settings, storage=replace(settings.storage, single_writer=False)), {"PITCHCAST_USER": "dana@laptop"}
    )
    with pytest.raises(StorageError, match="cannot do this") as caught:
        publish_to(careless, put_draft(careless), "Acme Corp")
    assert "single_writer = true" in caught.value.hint
    assert list(s3_storage.bucket.list("public/")) == []


def test_the_first_is_named_another_takes_over_and_the_first_is_refused(opened_by: Open) -> None:
    dana, sam = opened_by("dana@laptop"), opened_by("sam@desk")
    publish_to(dana, put_draft(dana), "Acme Corp")
    before = public_objects(dana)

    def refused(project: Project, name: str) -> None:
        everybody = Chosen(everyone=True)
        for attempt in (
            lambda: publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp"),
            lambda: access.rotate(project, everybody),
            lambda: access.rotate(replace(project, dry_run=True), everybody),
            lambda: feeds.build(project),
            lambda: repair.repair(project),
            lambda: repair.prune(project),
        ):
            with pytest.raises(CatalogError, match=f"one writer, {name}") as caught:
                attempt()
            assert "--take-over" in caught.value.hint

    refused(sam, "dana@laptop")
    assert public_objects(dana) == before
    new = opened_by("sam@desk", take_over=True)
    publish_to(new, put_draft(new, "r2", "Second"), "Acme Corp")
    after = public_objects(dana)
    assert after != before
    refused(dana, "sam@desk")
    assert public_objects(dana) == after
    publish_to(sam, put_draft(sam, "r3", "Third"), "Acme Corp")  # needs to say so only once
    assert len(sam.catalog().episodes) == 3
    assert [r.revision for r in list_revisions(sam)] == list(range(sam.catalog().revision, 0, -1))


def test_taking_over_alone_is_a_change(opened_by: Open) -> None:
    """Somebody who runs a command that changes nothing else is the writer afterwards."""
    dana = opened_by("dana@laptop")
    publish_to(dana, put_draft(dana), "Acme Corp")
    sam = opened_by("sam@desk", take_over=True)
    publish_to(sam, put_draft(sam), "Acme Corp")
    assert sam.catalog().writer == "sam@desk"
    with pytest.raises(CatalogError, match="sam@desk"):
        publish_to(dana, put_draft(dana), "Acme Corp")


def test_settings_that_lack_the_promise_are_refused_too(folder_storage: StorageUnderTest) -> None:
    """A colleague whose pitchcast.toml does not say ``single_writer`` would spoil the writer's work as well."""
    dana = a_project(folder_storage, single_writer=True)
    publish_to(dana, put_draft(dana), "Acme Corp")
    sam = a_project(folder_storage, who="sam@desk")
    with pytest.raises(CatalogError, match="one writer, dana@laptop"):
        publish_to(sam, put_draft(sam, "r2", "Second"), "Acme Corp")
    dana = a_project(folder_storage)  # the storage has learnt to compare and swap
    publish_to(dana, put_draft(dana, "r2", "Second"), "Acme Corp")
    publish_to(sam, put_draft(sam, "r3", "Third"), "Acme Corp")
