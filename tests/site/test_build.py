"""Large builds: only what changed is rendered, workers may die, and whoever builds, the bytes are the same."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest

from pitchcast.errors import AccessRefused, ConfigError, StorageUnavailable
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import BUILT, asset_key, headers_of
from pitchcast.model.show import Artwork
from pitchcast.model.steps.edit import edit_prospect
from pitchcast.site import build as build_module
from pitchcast.site import executors as executors_module
from pitchcast.site import render as rendering
from pitchcast.site.build import build_feeds
from pitchcast.site.change import Wish, change
from pitchcast.site.executors import Executors, FolderDone, Part, working
from pitchcast.site.project import Project
from pitchcast.workflows import feeds
from tests.fixtures.projects import a_project, existing, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

COUNT = 24


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two dozen feeds be many."""
    monkeypatch.setattr(build_module, "_LISTED_WHOLE", 10)
    monkeypatch.setattr(build_module, "_BATCH", 4)


@pytest.fixture
def no_rendering(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def refuse(*_: object) -> None:
        raise AssertionError("a feed was rendered")

    return lambda: monkeypatch.setattr(rendering.Renderer, "render", refuse)


def many(storage: StorageUnderTest) -> Project:
    """Return a show whose feeds were published but are not there."""
    project = a_project(storage)
    publish_to(project, put_draft(project), *(f"Firm & Sons {number}" for number in range(COUNT)))
    project.bucket.delete(public_objects(project))
    return project


def paths(project: Project) -> list[str]:
    return [feed.path for feed in project.catalog().feeds]


@pytest.mark.usefixtures("small")
def test_what_is_right_is_not_rendered_again(any_storage: StorageUnderTest, no_rendering: Callable[[], None]) -> None:
    project = many(any_storage)
    first = build_feeds(project, paths(project))
    assert (first.put, first.copied, first.unchanged) == (2 * COUNT, COUNT, 0)
    before = public_objects(project)
    no_rendering()
    again = build_feeds(project, paths(project))
    assert (again.put, again.copied, again.deleted, again.unchanged) == (0, 0, 0, 3 * COUNT)
    assert public_objects(project) == before


@pytest.mark.usefixtures("small")
def test_of_one_changed_prospect_only_that_feed_is_built(any_storage: StorageUnderTest) -> None:
    project = many(any_storage)
    build_feeds(project, paths(project))
    changed = project.catalog().feeds[3]
    change(project, lambda found: edit_prospect(found, changed.id, name="Firma"), Wish(what="renamed"))
    project.bucket.delete([f"public/{changed.path}/index.html"])
    told: list[FolderDone] = []
    built = build_feeds(project, paths(project), tell=told.append)
    assert (built.put, built.unchanged) == (1, 3 * COUNT - 1)
    assert [folder.feed for folder in told if folder.built.put] == [changed.id]


@pytest.mark.usefixtures("small")
def test_what_was_right_and_changes_during_the_build_is_built_too(folder_storage: StorageUnderTest) -> None:
    """Somebody renames a prospect while others' feeds are built, and their own build does not come to it."""
    project = many(folder_storage)
    build_feeds(project, paths(project))
    ids = [feed.id for feed in project.catalog().feeds]

    def rename(feed: str, name: str) -> None:
        at = project.now()
        project.ledger.commit(lambda found: edit_prospect(existing(found), feed, name=name), who="x", what="x", at=at)

    for number in range(12):
        rename(ids[number], f"Renamed {number}")
    told: list[str] = []

    def meanwhile(folder: FolderDone) -> None:
        told.append(folder.feed)
        if len(told) == 1:
            rename(ids[20], "Late Ltd")

    build_feeds(project, paths(project), tell=meanwhile)
    path = project.catalog().feeds[20].path
    assert b"Late Ltd" in project.bucket.get(f"public/{path}/feed.xml")[0]
    assert sorted(told) == sorted(ids)


@pytest.mark.usefixtures("small")
def test_nothing_is_trusted_that_was_not_checked(any_storage: StorageUnderTest) -> None:
    """Somebody wrote over a page and lost an audio file; then what is remembered is damaged."""
    project = many(any_storage)
    build_feeds(project, paths(project))
    before = public_objects(project)
    page = f"public/{paths(project)[0]}/index.html"
    audio = next(key for key in before if paths(project)[1] in key and key.endswith(".mp3"))
    project.bucket.put(page, b"x" * len(before[page]), headers_of(page))
    project.bucket.delete([audio])
    built = build_feeds(project, paths(project))
    assert (built.put, built.copied) == (1, 1)
    assert public_objects(project) == before
    project.bucket.put(BUILT, b"\x1f\x8bnonsense", headers_of(BUILT))
    assert build_feeds(project, paths(project)).put == 0


@pytest.mark.usefixtures("small")
def test_a_cover_that_all_share_comes_back_where_nothing_else_is_wrong(folder_storage: StorageUnderTest) -> None:
    project = many(folder_storage)
    cover = Artwork(sha256=hashlib.sha256(b"picture").hexdigest(), extension="jpg", size_px=3000)
    project.bucket.put(asset_key(cover), b"picture", headers_of(asset_key(cover)))

    def give_cover(catalog: Catalog) -> Catalog:
        show = msgspec.structs.replace(catalog.show, cover=cover)
        return msgspec.structs.replace(catalog, show=show)

    change(project, give_cover, Wish(what="cover"))
    before = public_objects(project)
    [key] = [key for key in before if before[key] == b"picture"]
    project.bucket.delete([key])
    assert build_feeds(project.as_dry_run(), paths(project)).put == 0
    assert build_feeds(project, paths(project)).unchanged == 3 * COUNT
    assert public_objects(project) == before


@pytest.mark.usefixtures("small")
def test_what_cannot_be_built_is_named_and_the_rest_is_built(folder_storage: StorageUnderTest) -> None:
    project = many(folder_storage)
    draft = put_draft(project, "r2", "Second")
    publish_to(project, draft, "Firm & Sons 1")
    project.bucket.delete([*public_objects(project), f"private/masters/{draft.master.sha256}.mp3"])
    built = feeds.build(project)
    assert [failed.feed for failed in built.failed] == ["firm-sons-1"]
    assert draft.master.sha256 in built.failed[0].reason
    assert built.put == 2 * (COUNT - 1)


@pytest.mark.usefixtures("small")
def test_a_dry_run_names_whose_audio_is_fetched_again(folder_storage: StorageUnderTest) -> None:
    project = many(folder_storage)
    build_feeds(project, paths(project))
    path = paths(project)[2]
    [audio] = [key for key in public_objects(project) if path in key and key.endswith(".mp3")]
    project.bucket.put(audio.replace(".mp3", "")[:-8] + "00000000.mp3", b"older", headers_of(audio))
    project.bucket.delete([audio])
    before = public_objects(project)
    planned = feeds.build(project.as_dry_run())
    assert planned.fetched_again == (project.catalog().feeds[2].id,)
    assert (planned.put, planned.copied, planned.deleted) == (0, 1, 1)
    assert public_objects(project) == before


@pytest.mark.usefixtures("small")
def test_processes_build_the_same_also_when_one_is_killed(folder_storage: StorageUnderTest) -> None:
    project = many(folder_storage)
    build_feeds(project, paths(project))
    before = public_objects(project)
    project.bucket.delete([*before, BUILT])
    killed: list[int] = []

    def kill_one(_folder: FolderDone) -> None:
        if not killed:
            child = multiprocessing.active_children()[0]
            killed.append(child.pid or 0)
            child.kill()

    build_feeds(project, paths(project), executors=Executors(jobs=2), tell=kill_one)
    assert killed
    assert public_objects(project) == before


@pytest.fixture
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


@pytest.mark.usefixtures("small")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # Dask's own
def test_a_dask_cluster_builds_the_same_also_when_a_worker_is_killed(
    folder_storage: StorageUnderTest, cluster: Any
) -> None:
    project = many(folder_storage)
    build_feeds(project, paths(project))
    before = public_objects(project)
    project.bucket.delete([*before, BUILT])
    killed: list[str] = []

    def kill_one(_folder: FolderDone) -> None:
        if not killed:
            nanny = next(iter(cluster.workers.values()))
            killed.append(nanny.worker_address)
            nanny.process.process._process.kill()

    built = build_feeds(project, paths(project), executors=Executors(dask=cluster.scheduler_address), tell=kill_one)
    assert killed
    assert built.feeds == COUNT
    assert public_objects(project) == before


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # Dask's own
def test_what_fails_on_a_dask_worker_names_the_worker(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its disk, its keys and its packages are its own: ops look for the machine first."""
    addresses = [worker.worker_address for worker in cluster.workers.values()]
    executors = Executors(dask=cluster.scheduler_address)

    def without_keys(_part: Part) -> list[FolderDone]:
        raise AccessRefused("there are no credentials", hint="Bring some.")

    def broken(_part: Part) -> list[FolderDone]:
        raise KeyError("x")

    for task, error, said in ((without_keys, AccessRefused, "no credentials"), (broken, RuntimeError, "KeyError: 'x'")):
        with working(executors, task, task, 1) as workers:
            caught = workers.submit(Part(("a",))).exception()
        assert isinstance(caught, error)
        assert said in str(caught)
        assert any(address in str(caught) for address in addresses)
    monkeypatch.setattr(executors_module, "__version__", "0.0.1")
    with pytest.raises(ConfigError, match=r"has pitchcast 0\.1\.0, not 0\.0\.1") as refused, ExitStack() as stack:
        stack.enter_context(working(executors, broken, broken, 1))
    assert all(address in refused.value.message for address in addresses)


def test_a_dask_scheduler_that_is_not_there_is_said(
    folder_storage: StorageUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors_module, "_DASK_ANSWERS_S", 1)  # nobody listens there, however long one waits
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    with pytest.raises((ConfigError, StorageUnavailable), match="--dask"):
        build_feeds(project, paths(project), executors=Executors(dask="tcp://127.0.0.1:9"))
