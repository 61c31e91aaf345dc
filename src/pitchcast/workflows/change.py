"""Change the catalog, then build the feeds that the change concerns: how every writing command ends.

Before the catalog is replaced, a pending record names the feeds concerned; it goes when they are built. If the
writer dies in between, the next writing command finds the record and builds them.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from pitchcast.errors import CatalogError, ObjectMissing, PitchcastError, StorageUnavailable
from pitchcast.model.answers import Built
from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, Contents, concerned_paths
from pitchcast.model.layout import PENDING, headers_of, pending_key
from pitchcast.workflows.build import build_feeds, render_folder
from pitchcast.workflows.project import Progress, Project, no_progress

HEAL_AFTER = timedelta(minutes=30)
_CHECKED_BEFORE_COMMIT = 3


class Pending(Record, frozen=True):
    """A build that was begun: when, by whom, and the folders under ``public/`` that it concerns."""

    at: datetime
    who: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change led to; ``paths`` are the folders that were built, none where nothing changed."""

    catalog: Catalog
    paths: tuple[str, ...]
    built: Built


def change(
    project: Project,
    step: Callable[[Catalog | None], Catalog],
    *,
    what: str,
    progress: Progress = no_progress,
) -> Changed:
    """Carry out *step* on the catalog and build the feeds it concerns. *what* goes into the history.

    Raises what *step* raises (nothing is changed then), FeedError before anything is written where a feed would be
    rejected, and StorageError; after one of those the same command completes the work.
    """
    if project.dry_run:
        after, paths = preview_change(project, step)
        return Changed(after, paths, Built(feeds=len(paths)))
    heal(project)
    pending = _PendingBuild(project)
    concerned: tuple[str, ...] = ()

    def announced(before: Catalog | None) -> Catalog:
        nonlocal concerned
        after = step(before)
        if after is before:
            concerned = ()
            return after
        after = _as_writer(project, after)
        concerned = tuple(concerned_paths(before, after))
        _check_some(after, concerned)
        if concerned:
            pending.put(concerned)
        return after

    try:
        catalog = project.ledger.commit(announced, who=project.who, what=what, at=project.now())
    except StorageUnavailable:
        raise  # the catalog may have been replaced: the record stays for the next writing command
    except PitchcastError:
        pending.delete()
        raise
    pending.ensure(concerned)
    built = build_feeds(project, concerned, progress=progress)
    pending.delete()
    return Changed(catalog, concerned, built)


def preview_change(project: Project, step: Callable[[Catalog | None], Catalog]) -> tuple[Catalog, tuple[str, ...]]:
    """Return the catalog and the folders that a change would lead to, writing nothing."""
    before = project.ledger.load().catalog
    after = step(before)
    paths = () if after is before else tuple(concerned_paths(before, after))
    _check_some(after, paths)
    return after, paths


def heal(project: Project) -> int:
    """Finish builds that were begun more than half an hour ago and return how many there were."""
    records = list(project.bucket.list(PENDING))
    now = project.now() if records else datetime.now(UTC)
    old = [info.key for info in records if now - info.modified > HEAL_AFTER]
    for key in old:
        try:
            body, _ = project.bucket.get(key)
        except ObjectMissing:
            continue
        build_feeds(project, msgspec.json.decode(body, type=Pending).paths)
        project.bucket.delete([key])
    return len(old)


class _PendingBuild:
    """The pending record of one change."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._key = pending_key(uuid.uuid4().hex)
        self._written: tuple[str, ...] = ()

    def put(self, paths: tuple[str, ...]) -> None:
        if paths != self._written:
            record = Pending(at=self._project.now(), who=self._project.who, paths=paths)
            self._project.bucket.put(self._key, msgspec.json.encode(record), headers_of(self._key))
            self._written = paths

    def ensure(self, paths: tuple[str, ...]) -> None:
        """Put the record back if somebody took it for abandoned while the commit was waiting."""
        if not paths:
            return
        try:
            self._project.bucket.head(self._key)
        except ObjectMissing:
            self._written = ()
            self.put(paths)

    def delete(self) -> None:
        if self._written:
            self._project.bucket.delete([self._key])


def _check_some(catalog: Catalog, paths: tuple[str, ...]) -> None:
    """Render a few of the feeds concerned, so that a feed that apps would reject stops the change beforehand."""
    contents = Contents(catalog)
    feeds = [feed for feed in catalog.feeds if feed.path in paths[:_CHECKED_BEFORE_COMMIT]]
    for feed in feeds:
        render_folder(contents.of(feed))


def _as_writer(project: Project, catalog: Catalog) -> Catalog:
    """Name the single writer in the catalog, or refuse another one, where the storage cannot compare and swap."""
    if not project.settings.storage.single_writer:
        return catalog
    if catalog.writer not in ("", project.who):
        raise CatalogError(
            f"{project.bucket.url} has one writer, {catalog.writer}, because it cannot compare and swap",
            hint="Ask them to publish, or move the show to a storage that can.",
        )
    return catalog if catalog.writer else msgspec.structs.replace(catalog, writer=project.who)
