"""``doctor --repair`` and ``--prune``: on a folder and on a real S3 server."""

import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from threading import Event
from typing import cast

import msgspec
import numpy as np
import pytest
import soundfile

from pitchcast.errors import CatalogError
from pitchcast.model.catalog import Audience, Catalog
from pitchcast.model.feed import Feed
from pitchcast.model.finding import Finding
from pitchcast.model.layout import CATALOG, HISTORY, PENDING, Headers, headers_of, history_key, master_key, pending_key
from pitchcast.model.prospect import parse_mention
from pitchcast.model.steps.access import Chosen
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.ledger import Ledger
from pitchcast.workflows import feeds
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.publish import Pitch, plan_publish, publish
from pitchcast.workflows.repair import prune, repair
from pitchcast.workflows.undo import withdraw
from tests.chaos.faults import Clock, Fault, Faulty
from tests.fixtures.projects import a_project, audio_of, later, public_objects, publish_to, publishing, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

STRAY = "public/abcdefghijklmnopqrstuvwxyz/left-1.mp3"
FOREIGN = "public/notes/readme.txt"


@pytest.fixture
def project(any_storage: StorageUnderTest) -> Project:
    """A show with one pitch for two prospects."""
    project = a_project(any_storage)
    publish_to(project, put_draft(project), "Acme Corp <jo@acme.example>", "Umbrella")
    return project


def feed_of(project: Project, feed_id: str = "acme-corp") -> Feed:
    return next(feed for feed in project.catalog().feeds if feed.id == feed_id)


def faults(project: Project) -> list[str]:
    errors = [f"{f.where}: {f.what}" for f in examine(project) if f.level == "error"]
    return [error for error in errors if "listeners cannot read public/" not in error]


class Beside:
    """A command in a thread of its own, begun by ``begin()``, that halts where it calls what it was given.

    ``begin()`` returns when it halts or has ended; leaving the context lets it go on to its end.
    """

    def __init__(self, command: Callable[[Callable[[], None]], None]) -> None:
        self._halted, self._go_on = Event(), Event()
        self._command = command
        self._pool = ThreadPoolExecutor(1)
        self._running: Future[None] | None = None

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        self._go_on.set()
        self._pool.shutdown()
        if self._running:
            self._running.result()

    def begin(self) -> None:
        if self._running is None:
            self._running = self._pool.submit(self._command, self._halt)
            self._running.add_done_callback(lambda _: self._halted.set())
            assert self._halted.wait(300)

    def _halt(self) -> None:
        self._halted.set()
        assert self._go_on.wait(300)


def faults_of_feeds(project: Project) -> list[str]:
    return [finding.what for finding in feeds.check_stored(project) if finding.level == "error"]


def said(findings: tuple[Finding, ...]) -> str:
    return "\n".join(f"{finding.level} {finding.where}: {finding.what}" for finding in findings)


def put(project: Project, key: str, body: bytes = b"x") -> None:
    project.bucket.put(key, body, headers_of(key))


def damage(project: Project, body: bytes = b"\x1f\x8b cut") -> None:
    put(project, CATALOG, body)


def test_where_all_is_well_nothing_is_mended(project: Project) -> None:
    before = public_objects(project)
    assert repair(project) == ()
    assert public_objects(project) == before


def test_objects_that_are_lost_changed_or_too_many_are_made_right(project: Project) -> None:
    before = public_objects(project)
    path = feed_of(project).path
    audio = next(key for key in before if path in key and key.endswith(".mp3"))
    project.bucket.delete([audio, f"public/{feed_of(project, 'umbrella').path}/feed.xml"])
    put(project, f"public/{path}/feed.xml", b"<rss/>")
    put(project, f"public/{path}/extra.mp3")
    planned = repair(replace(project, dry_run=True))
    assert "would be mended: built as the catalog says: acme-corp, umbrella" in said(planned)
    assert public_objects(project) != before
    assert "mended: built as the catalog says: acme-corp, umbrella" in said(repair(project))
    assert public_objects(project) == before
    assert faults(project) == []


def test_a_folder_of_no_feed_goes_if_it_is_ours_and_old(project: Project) -> None:
    put(project, STRAY)
    put(project, FOREIGN)
    assert repair(project) == (), "it may be of somebody who publishes right now"
    found = repair(later(project, timedelta(minutes=61)))
    assert "public/abcd…: mended: 1 object of no feed deleted" in said(found)
    assert STRAY not in public_objects(project)
    assert FOREIGN in public_objects(project)


def test_a_missing_master_comes_back_from_a_public_copy_that_is_the_same(project: Project) -> None:
    key = master_key(project.catalog().episodes[0].master.sha256)
    body, _ = project.bucket.get(key)
    project.bucket.delete([key])
    path = feed_of(project).path
    audio = next(name for name in public_objects(project) if path in name and name.endswith(".mp3"))
    put(project, audio, body[:-1] + b"?")
    put(project, next(n for n in public_objects(project) if n.endswith(".mp3") and path not in n), b"other")
    assert "put back" not in said(repair(project)), "neither copy holds its bytes"
    put(project, audio, body)
    assert "put back from its public copy" in said(repair(project))
    assert project.bucket.get(key)[0] == body
    assert faults(project) == []


def test_builds_that_nobody_finished_are_finished_even_where_the_record_is_damaged(project: Project) -> None:
    put(project, pending_key("0" * 32), b"{cut")
    before = public_objects(project)
    project.bucket.delete([f"public/{feed_of(project).path}/index.html"])
    assert "1 abandoned build finished" in said(repair(later(project, timedelta(minutes=31))))
    assert not list(project.bucket.list(PENDING))
    assert public_objects(project) == before


class TestADamagedCatalog:
    def test_the_newest_revision_takes_its_place_as_a_new_one(self, project: Project) -> None:
        publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp")
        lost = project.catalog().revision
        damage(project)
        planned = repair(replace(project, dry_run=True))
        assert f"would be mended: damaged; revision {lost - 1} takes its place" in said(planned)
        with pytest.raises(CatalogError, match="damaged"):
            project.catalog()
        found = repair(project)
        assert "Lost: what was changed after it" in said(found)
        catalog = project.catalog()
        assert catalog.revision == lost + 1
        assert [episode.title for episode in catalog.episodes] == ["Cut your bill"]
        assert project.bucket.get(f"{HISTORY}{lost:010d}.damaged")[0] == b"\x1f\x8b cut"
        assert faults(project) == []
        publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp")
        assert len(project.catalog().episodes) == 2

    def test_what_was_lost_is_named_where_the_beginning_can_be_read(self, project: Project) -> None:
        publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp")
        damage(project, project.bucket.get(CATALOG)[0][:-20])
        assert "Lost: “published” by dana@laptop" in said(repair(project))

    def test_a_missing_one_comes_back_too_and_damaged_history_is_passed_over(self, project: Project) -> None:
        publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp")
        newest = project.catalog().revision - 1
        put(project, history_key(newest), b"broken")
        project.bucket.delete([CATALOG])
        repair(project)
        assert project.catalog().revision > newest + 1

    @pytest.mark.parametrize("closing", [access.revoke, access.rotate])
    def test_a_feed_that_the_lost_revision_closed_stays_closed(self, project: Project, closing: object) -> None:
        closed = feed_of(project).path
        closing(project, Chosen(who=("acme-corp",)))  # type: ignore[operator]
        damage(project)
        found = repair(project)
        assert "closed since that revision, and stay so: acme-corp" in said(found)
        assert feed_of(project).state == "revoked"
        assert closed in project.catalog().retired_paths
        assert not [key for key in public_objects(project) if closed in key and key.endswith(".mp3")]
        assert feed_of(project, "umbrella").state == "active"
        assert all("belong to no feed" in fault for fault in faults(project)), "the address that was lost with it"
        repair(later(project, timedelta(hours=2)))
        assert all("lost with the damaged catalog" in fault for fault in faults(project)), "people may use it"
        prune(project)
        assert faults(project) == []
        access.restore(project, Chosen(who=("acme-corp",)))
        assert feed_of(project).path != closed

    @pytest.mark.parametrize("closing", [access.revoke, access.rotate])
    def test_an_empty_feed_that_the_lost_revision_closed_stays_closed(self, project: Project, closing: object) -> None:
        """It had no audio that could be missing: what lies there tells that the address has ended."""
        withdraw(project, "cut-your-bill")
        closing(project, Chosen(who=("acme-corp",)))  # type: ignore[operator]
        damage(project)
        assert "closed since that revision, and stay so: acme-corp" in said(repair(project))
        assert feed_of(project, "umbrella").state == "active"

    def test_an_episode_that_the_lost_revision_withdrew_is_in_no_feed(self, project: Project) -> None:
        publish_to(project, put_draft(project, "r2", "Second"), "Acme Corp", "Umbrella")
        withdraw(project, "second")
        damage(project)
        assert "not brought back: second" in said(repair(project))
        audio = [key for key in public_objects(project) if key.endswith(".mp3")]
        assert len(audio) == 2
        assert "second" not in "".join(audio)

    def test_where_no_revision_can_be_read_a_backup_is_asked_for(self, project: Project) -> None:
        damage(project)
        for info in list(project.bucket.list(HISTORY)):
            put(project, info.key, b"broken")
        with pytest.raises(CatalogError, match="no earlier revision can be read"):
            repair(project)


class TestPrune:
    def test_only_old_masters_that_no_kept_revision_names_go(self, project: Project) -> None:
        orphan = master_key("0" * 64)
        put(project, orphan)
        withdrawn = put_draft(project, "r2", "Second")
        publish_to(project, withdrawn, "Acme Corp")
        withdraw(project, "second")
        kept = {info.key for info in project.bucket.list("private/masters/")} - {orphan}
        pictures = {info.key for info in project.bucket.list("private/assets/")}
        assert "named, or younger" in said(prune(project))
        future = later(project, timedelta(days=7, minutes=1))
        assert "would be mended: 1 master" in said(prune(replace(future, dry_run=True)))
        assert "1 master or picture that nothing names deleted" in said(prune(future))
        assert {info.key for info in project.bucket.list("private/masters/")} == kept
        assert {info.key for info in project.bucket.list("private/assets/")} == pictures

    def test_a_publish_at_the_same_moment_keeps_its_master(self, folder_storage: StorageUnderTest) -> None:
        """A recording whose master is an orphan is published: begun and paused anywhere in a prune, ended after it."""
        clock, real = Clock(), a_project(folder_storage)

        def asking(faults: tuple[Fault, ...] = (), meanwhile: Callable[[], None] = lambda: None) -> Project:
            bucket = cast(Bucket, Faulty(real.bucket, clock, faults, meanwhile=meanwhile))
            return replace(real, bucket=bucket, ledger=Ledger(bucket, new_nonce=secrets.token_hex))

        def published(project: Project, name: str) -> None:
            draft = put_draft(project, name, name)
            sources = {master_key(draft.master.sha256): audio_of(name)}
            with suppress(CatalogError):  # its audio can be gone for a moment, and is then put right by a later build
                change(project, publishing(project, draft, "Acme Corp"), Wish(what=name, sources=sources))

        published(asking(), "first")
        for begun, paused in product(range(7, 15), (5, 99)):
            name = f"pitch {begun} {paused}"
            orphan = master_key(put_draft(asking(), name, name).master.sha256)
            clock.time += timedelta(days=8)
            real.ledger.forget(real.ledger.revisions())  # so that every prune makes the same requests

            def publish_and_pause(halt: Callable[[], None], name: str = name, at: int = paused) -> None:
                published(asking((Fault(at, "meanwhile"),), halt), name)

            with Beside(publish_and_pause) as other:
                prune(asking((Fault(begun, "meanwhile"),), other.begin))
                other.begin()
            assert name in {episode.title for episode in real.catalog().episodes}
            assert real.bucket.head(orphan)
            feeds.build(asking())
            assert faults_of_feeds(real) == []
        assert list(real.bucket.list("private/pruned/")) == []

    def test_publishing_puts_again_what_was_taken_before_it_was_named(
        self, folder_storage: StorageUnderTest, tmp_path: Path
    ) -> None:
        project = a_project(folder_storage)
        recording = tmp_path / "tone.wav"
        sine = np.sin(np.arange(2 * 48_000) / 20) * 0.3
        soundfile.write(recording, sine, 48_000)

        class Pruned(FolderBucket):
            def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
                self.delete([info.key for info in self.list("private/masters/") if key == CATALOG])
                return super().replace_if(key, body, etag, headers)

        bucket = Pruned(Path(folder_storage.url))
        pruning = replace(project, bucket=bucket, ledger=Ledger(bucket, new_nonce=secrets.token_hex))
        audience = Audience(to=(parse_mention("Acme Corp"),))
        publish(pruning, plan_publish(pruning, Pitch(recording=recording, audience=audience)))
        master = project.catalog().episodes[0].master.sha256
        assert project.bucket.head(master_key(master))
        assert [key for key in public_objects(project) if key.endswith(".mp3")]

    def test_what_only_history_names_stays(self, project: Project) -> None:
        sha256 = project.catalog().episodes[0].master.sha256

        def forget(found: Catalog | None) -> Catalog:
            assert found is not None
            feeds = tuple(msgspec.structs.replace(feed, releases=()) for feed in found.feeds)
            return msgspec.structs.replace(found, episodes=(), releases=(), feeds=feeds)

        project.ledger.commit(forget, who="x", what="x", at=project.now())
        prune(later(project, timedelta(days=8)))
        assert project.bucket.head(master_key(sha256))

    def test_where_a_revision_is_damaged_nothing_is_deleted(self, project: Project) -> None:
        put(project, master_key("0" * 64))
        put(project, history_key(1), b"broken")
        with pytest.raises(CatalogError, match="revision 1 is damaged"):
            prune(later(project, timedelta(days=8)))
        assert project.bucket.head(master_key("0" * 64))
