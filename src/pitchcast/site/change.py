"""Change the catalog, then build the feeds that the change concerns: how every writing command ends.

First it does what time has brought: builds that somebody did not finish, feeds that expired, remains that were kept
long enough. Only writing commands do that; a command that lists never deletes. Before the catalog is replaced, a
pending record names the feeds concerned; it goes when they are built. If the writer dies in between, the next writing
command finds the record and builds them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from pitchcast.errors import ObjectMissing, PitchcastError, StorageError
from pitchcast.model.answers import Built
from pitchcast.model.catalog import Catalog, Contents, concerned_paths
from pitchcast.model.layout import headers_of
from pitchcast.model.steps.access import settle
from pitchcast.model.steps.named_covers import with_covers
from pitchcast.site.build import build_feeds
from pitchcast.site.former_places import close_left, closing_paths
from pitchcast.site.named_covers import cover_drawer
from pitchcast.site.pending import Announcement, heal
from pitchcast.site.privacy import check_private
from pitchcast.site.project import Progress, Project, no_progress
from pitchcast.site.render import render_folder
from pitchcast.storage.ledger import to_thin

SETTLED = "carried out what had become due"
_CHECKED_BEFORE_COMMIT = 3

_NO_SOURCES: Mapping[str, bytes | Path] = MappingProxyType({})

Step = Callable[[Catalog | None], Catalog]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change led to; ``paths`` are the folders that were built, none where nothing changed.

    ``problem`` says what went wrong after the catalog was replaced, "" where nothing did.
    """

    catalog: Catalog
    paths: tuple[str, ...]
    built: Built
    problem: str = ""


def change(
    project: Project,
    step: Step,
    *,
    what: str,
    progress: Progress = no_progress,
    tell_problem: bool = False,
    build_new: bool = True,
    takes_away: bool = False,
    sources: Mapping[str, bytes | Path] = _NO_SOURCES,
) -> Changed:
    """Carry out *step* on the catalog and build the feeds it concerns. *what* goes into the history.

    Where the private half of the storage can be read by anyone, only what *takes_away* is carried out.

    Raises what *step* raises (nothing is changed then), FeedError before anything is written where a feed would be
    rejected, NotPrivate, and StorageError; after one of those the same command completes the work. With
    *tell_problem* what fails once the catalog was replaced is told in the answer instead. Without *build_new* the
    empty feeds of new prospects are left to be built later. *sources* are the masters and pictures that the caller put
    for this change, by key: what a prune took before the catalog named it is put again.
    """
    if project.dry_run:
        after, paths = preview_change(project, step)
        return Changed(after, paths, Built(feeds=len(paths)))
    if not takes_away:
        check_private(project)
    keep_up(project, progress=progress)
    return _change(project, step, what, progress, tell_problem=tell_problem, build_new=build_new, sources=sources)


def preview_change(project: Project, step: Step) -> tuple[Catalog, tuple[str, ...]]:
    """Return the catalog and the folders that a change would lead to, writing nothing."""
    before = project.ledger.load().catalog
    if before is not None:
        project.ledger.refuse_other_writer(before, project.who)
        before = settle(before, project.now(), gone=gone_after(project))
    after = step(before)
    after = after if after is before else with_covers(after, ())  # nothing is drawn to look ahead
    paths = () if after is before else tuple(concerned_paths(before, after))
    _check_some(project, after, paths)
    return after, paths


def keep_up(project: Project, *, progress: Progress = no_progress) -> None:
    """Do what time has brought: finish old builds, revoke what expired, remove what was kept long enough.

    Raises CatalogError where only somebody else may write.
    """
    catalog = project.ledger.load().catalog
    if catalog:
        project.ledger.refuse_other_writer(catalog, project.who)
    if heal(project):
        catalog = project.ledger.load().catalog
    if catalog is None:
        return
    now, gone = project.now(), gone_after(project)
    if catalog.saved.at.date() < now.date():  # the first writing command of the day
        thin_history(project, now)
    if settle(catalog, now, gone=gone) is not catalog:
        _change(project, lambda found: settle(found or catalog, now, gone=gone), SETTLED, progress)


def gone_after(project: Project) -> timedelta:
    """Return how long an ended address says that it ended: ``gone_days``."""
    return timedelta(days=project.settings.storage.gone_days)


def thin_history(project: Project, now: datetime) -> int:
    """Delete revisions older than ``history_days`` but the last one of each day, and return how many there were."""
    replaced_at = {number: info.modified for number, info in project.ledger.revisions().items()}
    superfluous = to_thin(replaced_at, now - timedelta(days=project.settings.storage.history_days))
    if superfluous:
        project.ledger.forget(superfluous)
    return len(superfluous)


def _change(
    project: Project,
    step: Step,
    what: str,
    progress: Progress,
    *,
    tell_problem: bool = False,
    build_new: bool = True,
    sources: Mapping[str, bytes | Path] = _NO_SOURCES,
) -> Changed:
    pending = Announcement(project)
    drawn = cover_drawer(project, progress)
    concerned: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()

    def announced(before: Catalog | None) -> Catalog:
        nonlocal concerned, closing
        after = step(before)
        if after is before:
            concerned = closing = ()
            return after
        after = drawn(after)
        concerned = _to_build(before, after, build_new=build_new)
        closing = closing_paths(before, after, concerned)
        _check_some(project, after, concerned)
        if concerned:
            pending.put(concerned, base=before.revision if before else 0)
        return after

    try:
        catalog = project.ledger.commit(announced, who=project.who, what=what, at=project.now())
    except StorageError:
        raise  # the catalog may have been replaced: the record stays for the next writing command
    except PitchcastError:
        pending.delete()
        raise
    try:
        _put_what_was_pruned(project, sources)
        built = build_feeds(project, concerned, progress=progress, keep=pending.keep)
        close_left(project, catalog, closing)
        pending.delete()
    except PitchcastError as error:
        if not tell_problem:
            raise
        return Changed(catalog, concerned, Built(), problem=f"{error.message} {error.hint}".strip())
    return Changed(catalog, concerned, built)


def _put_what_was_pruned(project: Project, sources: Mapping[str, bytes | Path]) -> None:
    for key, body in sources.items():
        try:
            project.bucket.head(key)
        except ObjectMissing:
            project.bucket.put(key, body, headers_of(key))


def _to_build(before: Catalog | None, after: Catalog, *, build_new: bool) -> tuple[str, ...]:
    paths = concerned_paths(before, after)
    if build_new:
        return tuple(paths)
    known = {feed.id for feed in before.feeds} if before else set()
    later = {feed.path for feed in after.feeds if feed.id not in known and not feed.releases}
    return tuple(path for path in paths if path not in later)


def _check_some(project: Project, catalog: Catalog, paths: tuple[str, ...]) -> None:
    """Render a few of the feeds concerned, so that a feed that apps would reject stops the change beforehand."""
    contents = Contents(catalog)
    for content in filter(None, map(contents.at, paths[:_CHECKED_BEFORE_COMMIT])):
        render_folder(content, project.assets)
