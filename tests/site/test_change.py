"""Changing the catalog and building feeds: on a folder and on a real S3 server."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import feedparser
import msgspec
import pytest

from pitchcast.errors import CatalogError, FeedError, StorageUnavailable
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import folders
from pitchcast.model.feed import Feed
from pitchcast.model.layout import CATALOG, PENDING, Headers, headers_of, pending_key
from pitchcast.model.steps.edit import edit_episode
from pitchcast.model.steps.publish import undo_release
from pitchcast.production.beginning import ensure_show
from pitchcast.site import pending as pending_module
from pitchcast.site.attempt import anonymous
from pitchcast.site.build import build_feeds
from pitchcast.site.change import Changed, Wish, change, keep_up, unchanged
from pitchcast.site.pending import Pending, announced, read_pending, read_records
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket
from tests.fixtures.projects import a_project, later, public_objects, publish_to, publishing, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest


def feed_of(project: Project, feed_id: str) -> Feed:
    return next(feed for feed in project.catalog().feeds if feed.id == feed_id)


def titles(project: Project, feed_id: str) -> list[str]:
    body, _ = project.bucket.get(f"public/{feed_of(project, feed_id).path}/feed.xml")
    return [entry.title for entry in feedparser.parse(body).entries]


def kept_up(project: Project) -> Changed[None]:
    done = keep_up(project)
    assert done is not None
    return done


def last_change(project: Project, feed_id: str) -> datetime:
    body, _ = project.bucket.get(f"public/{feed_of(project, feed_id).path}/feed.xml")
    return parsedate_to_datetime(feedparser.parse(body).feed.updated)


def test_a_feed_is_dated_by_the_last_change_of_what_it_shows(folder_storage: StorageUnderTest) -> None:
    """Also by one that leaves no newer episode; what others were sent does not count."""
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    first = project.catalog().releases[0].date
    assert last_change(project, "acme-corp") == first
    edited = later(project, timedelta(days=1))
    episode = edited.catalog().episodes[0].id
    change(edited, lambda catalog: edit_episode(catalog, episode, notes="Corrected."), Wish(what="edit"))
    second = edited.catalog().saved.at
    assert second >= first + timedelta(days=1)
    assert last_change(project, "acme-corp") == second
    publish_to(later(project, timedelta(days=2)), put_draft(project, "r2", "Second"), "Umbrella")
    build_feeds(project, folders(project.catalog()))
    assert last_change(project, "acme-corp") == second
    assert last_change(project, "umbrella") > second
    assert len(project.catalog().dates) <= 3


class TestOnEveryStorage:
    def test_a_published_feed_lies_complete_under_its_token(self, any_storage: StorageUnderTest) -> None:
        project = a_project(any_storage)
        draft = put_draft(project)
        publish_to(project, draft, "Acme Corp")
        path = feed_of(project, "acme-corp").path
        names = sorted(key.split("/")[-1] for key in public_objects(project) if f"/{path}/" in key)
        audio = next(name for name in names if name.endswith(".mp3"))
        assert [audio, "feed.xml", "index.html"] == [*names]
        assert (
            public_objects(project)[f"public/{path}/{audio}"]
            == project.bucket.get(f"private/masters/{draft.master.sha256}.mp3")[0]
        )
        assert not list(project.bucket.list(PENDING))

    def test_building_again_uploads_nothing_and_changes_no_byte(self, any_storage: StorageUnderTest) -> None:
        project = a_project(any_storage)
        publish_to(project, put_draft(project), "Acme Corp", "Umbrella", public=True)
        before = public_objects(project)
        built = build_feeds(project, [feed.path for feed in project.catalog().feeds])
        assert (built.put, built.copied, built.deleted, built.unchanged) == (0, 0, 0, 9)
        assert public_objects(project) == before

    def test_whatever_is_lost_under_public_is_built_again_the_same(self, any_storage: StorageUnderTest) -> None:
        project = a_project(any_storage)
        publish_to(project, put_draft(project), "Acme Corp", "Umbrella")
        before = public_objects(project)
        project.bucket.delete(before)
        build_feeds(project, [feed.path for feed in project.catalog().feeds])
        assert public_objects(project) == before

    def test_undo_leaves_nothing_of_it_to_be_heard(self, any_storage: StorageUnderTest) -> None:
        project = a_project(any_storage)
        publish_to(project, put_draft(project), "Acme Corp")
        kept = public_objects(project)
        publish_to(project, put_draft(project, "r2", "Wrong person"), "Umbrella", "Acme Corp")
        change(project, lambda found: undo_release(found, 2, project.now()), Wish(what="undo"))
        assert titles(project, "acme-corp") == ["Cut your bill"]
        left = public_objects(project)
        assert {key for key in left if not key.endswith(("feed.xml", ".html"))} == {
            key for key in kept if not key.endswith(("feed.xml", ".html"))
        }
        assert not any(b"Wrong person" in body for body in left.values())

    def test_four_people_publishing_at_once_lose_nothing(self, any_storage: StorageUnderTest) -> None:
        first = a_project(any_storage)
        ensure_show(first)

        def one(number: int) -> None:
            project = a_project(any_storage, who=f"person{number}")
            publish_to(project, put_draft(project, f"r{number}", f"Pitch {number}"), "Acme Corp", f"Own {number}")

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(4)))
        assert sorted(titles(first, "acme-corp")) == [f"Pitch {n}" for n in range(4)]
        assert len(first.catalog().prospects) == 5
        assert [titles(first, f"own-{n}") for n in range(4)] == [[f"Pitch {n}"] for n in range(4)]

    def test_an_undo_during_a_build_wins(self, any_storage: StorageUnderTest) -> None:
        """A builder that planned with the older catalog finds that it moved on, and removes what it copied."""
        project = a_project(any_storage)
        publish_to(project, put_draft(project), "Acme Corp")
        step = publishing(project, put_draft(project, "r2", "Taken back"), "Acme Corp")
        colleague = a_project(any_storage)

        def take_back() -> None:
            change(colleague, lambda found: undo_release(found, 2, colleague.now()), Wish(what="undo"))

        slow = behind(project, bucket=Interrupted(project.bucket, "copy", take_back))
        change(slow, step, Wish(what="published"))
        assert titles(project, "acme-corp") == ["Cut your bill"]
        assert len([key for key in public_objects(project) if key.endswith(".mp3")]) == 1

    def test_a_crash_after_the_commit_is_healed_by_the_next_command_of_the_writer(
        self, any_storage: StorageUnderTest
    ) -> None:
        project = a_project(any_storage)
        publish_to(project, put_draft(project), "Acme Corp")
        dying = behind(project, bucket=Failing(project.bucket, "copy", after=1))
        with pytest.raises(StorageUnavailable):
            publish_to(dying, put_draft(project, "r2", "Second"), "Acme Corp")
        assert titles(project, "acme-corp") == ["Cut your bill"]
        assert len(list(project.bucket.list(PENDING))) == 1
        colleague = a_project(any_storage, who="sam@desk")
        publish_to(colleague, put_draft(project, "r3", "Elsewhere"), "Initech")
        assert titles(project, "acme-corp") == ["Cut your bill"], "what concerns others and is young is left to them"
        publish_to(project, put_draft(project, "r4", "Third"), "Umbrella")
        assert titles(project, "acme-corp") == ["Second", "Cut your bill"]
        assert not list(read_pending(project)), "its process has surely ended, so nothing need be kept"

    @pytest.mark.parametrize("failing", ["list", "get", "put", "put_new", "replace_if", "copy", "head"])
    def test_after_any_failure_the_same_step_completes(self, any_storage: StorageUnderTest, failing: str) -> None:
        project = a_project(any_storage)
        publish_to(project, put_draft(project), "Acme Corp")
        step = publishing(project, put_draft(project, "r2", "Second"), "Acme Corp", "Umbrella")
        calls = 0
        while True:
            calls += 1
            faulty = behind(project, bucket=Failing(project.bucket, failing, after=calls))
            try:
                change(faulty, step, Wish(what="published"))
                break
            except StorageUnavailable:
                for entry in list(public_objects(project)):
                    if entry.endswith("feed.xml"):
                        assert_nothing_missing(project, entry)
        paths = [feed.path for feed in project.catalog().feeds]
        build_feeds(project, paths)
        assert titles(project, "acme-corp") == ["Second", "Cut your bill"]
        assert titles(project, "umbrella") == ["Second"]
        assert len(project.catalog().episodes) == 2


def assert_nothing_missing(project: Project, feed_key: str) -> None:
    """A feed never names an object that is not there."""
    folder = feed_key.rpartition("/")[0]
    for entry in feedparser.parse(project.bucket.get(feed_key)[0]).entries:
        name = entry.enclosures[0].href.rpartition("/")[2]
        assert project.bucket.head(f"{folder}/{name}").size_bytes == int(entry.enclosures[0].length)


def test_a_feed_that_apps_would_reject_stops_the_change_beforehand(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    before = public_objects(project)
    with pytest.raises(FeedError):
        change(project, lambda found: edit_episode(found, "cut-your-bill", guid=""), Wish(what="broken"))
    assert project.catalog().episodes[0].guid == "guid-r1"
    assert public_objects(project) == before
    assert not list(project.bucket.list(PENDING))


def test_a_step_that_refuses_leaves_no_pending_record(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    ensure_show(project)

    def refuse(_catalog: Catalog) -> Catalog:
        raise CatalogError("no")

    with pytest.raises(CatalogError):
        change(project, refuse, Wish(what="refused"))
    assert not list(project.bucket.list(PENDING))


def test_only_starting_a_show_makes_a_catalog(folder_storage: StorageUnderTest) -> None:
    """A catalog that is gone while a command runs does not come back as that command remembers it."""
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    attempt = anonymous(project, project.catalog())
    project.bucket.delete([CATALOG])
    with pytest.raises(CatalogError, match="the catalog is gone"):
        change(project, unchanged, Wish(what="nothing"), attempt)
    with pytest.raises(CatalogError, match="nothing has been published"):
        project.catalog()
    assert not list(project.bucket.list(PENDING))


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_a_step_returns_besides_the_catalog_is_told(folder_storage: StorageUnderTest, dry_run: bool) -> None:
    project = a_project(folder_storage)
    ensure_show(project)
    done = change(replace(project, dry_run=dry_run), lambda catalog: (catalog, "told"), Wish(what="nothing"))
    assert (done.extra, done.paths) == ("told", ())


def test_a_build_that_fails_while_it_is_announced_is_left_to_others(folder_storage: StorageUnderTest) -> None:
    project = a_project(folder_storage)
    ensure_show(project)
    with pytest.raises(FeedError), announced(project, ["acme"]):
        raise FeedError("rejected")
    (found,) = read_records(project)
    assert (found.record.paths, found.is_alive) == (("acme",), False)
    with announced(project, ["umbrella"]):
        assert {one.record.paths: one.is_alive for one in read_records(project)} == {
            ("acme",): False,
            ("umbrella",): True,
        }
    assert [one.record.paths for one in read_records(project)] == [("acme",)]


def test_looking_ahead_reports_no_progress(folder_storage: StorageUnderTest) -> None:
    told: list[str] = []
    project = replace(a_project(folder_storage), progress=lambda step, _fraction: told.append(step))
    publish_to(project, put_draft(project), "Acme Corp")
    assert told
    told.clear()
    build_feeds(project.as_dry_run(), folders(project.catalog()))
    assert not told


def test_a_pending_record_of_a_folder_that_never_came_to_be_is_cleared(
    folder_storage: StorageUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = a_project(folder_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    record = Pending(at=project.now(), who="x", paths=("z" * 26,))
    project.bucket.put(pending_key("abandoned"), msgspec.json.encode(record), headers_of(pending_key("abandoned")))
    before = public_objects(project)
    monkeypatch.setattr(pending_module, "HEAL_AFTER", -pending_module.HEAL_AFTER)
    assert len(kept_up(project).records) == 1
    assert public_objects(project) == before
    assert not list(project.bucket.list(PENDING))


class Through:
    """A real bucket behind a network that misbehaves."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def __getattr__(self, name: str) -> object:
        return getattr(self._bucket, name)


class Failing(Through):
    """One kind of request fails from its *after*-th call on, without an effect."""

    def __init__(self, bucket: Bucket, method: str, after: int = 1) -> None:
        super().__init__(bucket)
        self._left = after
        self._lock = threading.Lock()
        setattr(self, method, self._maybe(getattr(bucket, method)))

    def _maybe(self, call: object) -> object:
        def guarded(*args: object, **kwargs: object) -> object:
            with self._lock:
                self._left -= 1
                if self._left <= 0:
                    raise StorageUnavailable("the network is gone")
            return call(*args, **kwargs)  # type: ignore[operator]

        return guarded


class Interrupted(Through):
    """Just before the first copy, somebody else does something."""

    def __init__(self, bucket: Bucket, _method: str, meanwhile: object) -> None:
        super().__init__(bucket)
        self._meanwhile = meanwhile

    def copy(self, source: str, target: str, headers: Headers, *, if_match: str = "") -> None:
        if target.startswith("public/") and self._meanwhile:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()  # type: ignore[operator]
        self._bucket.copy(source, target, headers, if_match=if_match)


def behind(project: Project, *, bucket: object) -> Project:
    """Return the project behind another bucket, ledger included."""
    from pitchcast.site.assets import Assets
    from pitchcast.storage.ledger import Ledger

    numbers = iter(range(10**6))
    return Project(
        settings=project.settings,
        bucket=bucket,  # type: ignore[arg-type]
        ledger=Ledger(bucket, new_nonce=lambda: f"{id(bucket)}-{next(numbers)}"),  # type: ignore[arg-type]
        assets=Assets(bucket),  # type: ignore[arg-type]
        who=project.who,
        new_token=project.new_token,
    )


def test_a_healer_makes_sure_that_an_announced_commit_can_no_longer_happen(
    any_storage: StorageUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer falls asleep between its pending record and its commit; meanwhile somebody takes the record over."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp")
    monkeypatch.setattr(pending_module, "HEAL_AFTER", -pending_module.HEAL_AFTER)
    colleague = a_project(any_storage, who="sam@desk")
    healed: list[int] = []
    sleepy = behind(project, bucket=Sleeping(project.bucket, lambda: healed.append(len(kept_up(colleague).records))))
    revision = project.catalog().revision
    monkeypatch.setattr(pending_module, "_REFRESH_S", -1.0)
    publish_to(sleepy, put_draft(project, "r2", "Second"), "Acme Corp")
    assert healed == [1]
    assert project.catalog().revision == revision + 2, "the fence, then the publish on top of it"
    assert titles(project, "acme-corp") == ["Second", "Cut your bill"]
    assert not list(project.bucket.list(PENDING))


class Sleeping(Through):
    """Just before the catalog is replaced for the first time, somebody else does something."""

    def __init__(self, bucket: Bucket, meanwhile: Callable[[], None]) -> None:
        super().__init__(bucket)
        self._meanwhile: Callable[[], None] | None = meanwhile

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        if key == CATALOG and self._meanwhile:
            meanwhile, self._meanwhile = self._meanwhile, None
            meanwhile()
        return self._bucket.replace_if(key, body, etag, headers)
