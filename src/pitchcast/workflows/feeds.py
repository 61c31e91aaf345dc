"""Feeds: list, show, build, check."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from pitchcast.errors import FileError, ObjectMissing
from pitchcast.feed.check.checker import check_feed
from pitchcast.feed.check.parsing import MAX_BYTES
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.base import Failures
from pitchcast.model.answers.feeds import Built, BuiltFeeds, FeedAnswer, NotBuilt, answer_feed
from pitchcast.model.catalog import Catalog, Tombstone, one_feed
from pitchcast.model.contents import Contents, folders, heard_folders
from pitchcast.model.feed import Feed
from pitchcast.model.finding import Finding
from pitchcast.model.lookup import Names
from pitchcast.model.objects import feed_key
from pitchcast.model.token import mask_tokens
from pitchcast.reading import FileKind, read_bytes
from pitchcast.site.build import build_feeds
from pitchcast.site.change import keep_up
from pitchcast.site.executors import ALONE, Executors, FolderDone
from pitchcast.site.pending import announced
from pitchcast.site.project import Project

_FEED_FILE = FileKind(
    what="a feed: apps give up long before",
    at_most_bytes=MAX_BYTES,
    error=FileError,
    hint="Name a feed file, or --all.",
)


def list_feeds(project: Project) -> tuple[FeedAnswer, ...]:
    """Return every feed, in the order in which they were made."""
    catalog = project.catalog()
    contents = Contents(catalog)
    return tuple(answer_feed(contents, feed) for feed in catalog.feeds)


def show(project: Project, name: str) -> FeedAnswer:
    """Return a feed by its id, its prospect or a colleague. Raises UnknownName or AmbiguousName."""
    catalog = project.catalog()
    return answer_feed(Contents(catalog), one_feed(catalog, name))


def build(
    project: Project,
    *,
    names: Sequence[str] = (),
    segment: str = "",
    executors: Executors = ALONE,
    tell: Callable[[FolderDone], None] = lambda _folder: None,
) -> BuiltFeeds:
    """Build the feeds named, those of a segment's prospects, or all where neither is given.

    *executors* do the work, *tell* is told of each folder. A feed that cannot be built is among those failed.
    """
    if not project.dry_run:
        keep_up(project, finishes_all=not names and not segment)
    catalog = project.catalog()
    done = _Done(tell)
    wanted = _wanted(catalog, names, segment)
    if segment and not wanted:
        project.outcome.notes.append(f"nobody is in the segment “{segment}”: there was nothing to build")
    built = _build(project, wanted, executors, done)
    return BuiltFeeds(
        **msgspec.structs.asdict(built),
        failed=tuple(done.failed),
        fetched_again=tuple(done.again),
        failures=Failures(feeds=len(done.failed)),
    )


class _Done:
    """What is to be said of single feeds at the end."""

    def __init__(self, tell: Callable[[FolderDone], None]) -> None:
        self.failed: list[NotBuilt] = []
        self.again: list[str] = []
        self._tell = tell

    def __call__(self, folder: FolderDone) -> None:
        if folder.error:
            self.failed.append(NotBuilt(feed=folder.feed, reason=folder.error.message))
        if folder.fetched_again:
            self.again.append(folder.feed)
        self._tell(folder)


def _wanted(catalog: Catalog, names: Sequence[str], segment: str) -> list[str]:
    """Return the folders of the feeds named, of a segment, or of all."""
    if not names and not segment:
        return folders(catalog)
    known = Names(catalog.prospects, catalog.feeds)
    feeds = [known.feed(name) for name in names] if names else list(catalog.feeds)
    if segment:
        members = _members_of(catalog, segment)
        feeds = [feed for feed in feeds if feed.prospect in members]
    return heard_folders(catalog, feeds) + [feed.path for feed in feeds]


def _members_of(catalog: Catalog, segment: str) -> set[str]:
    """Return the ids of the prospects in a segment."""
    return {prospect.id for prospect in catalog.prospects if prospect.is_in(segment)}


def check_stored(project: Project, names: Sequence[str] = ()) -> tuple[Finding, ...]:
    """Return what directories or apps would object to in the feeds named, or in every feed, as they lie in storage."""
    catalog = project.catalog()
    contents = Contents(catalog)
    known = Names(catalog.prospects, catalog.feeds)
    findings: list[Finding] = []
    for feed in [known.feed(name) for name in names] or catalog.feeds:
        if feed.state == "revoked":
            continue
        try:
            body, _ = project.bucket.get(feed_key(feed.path))
        except ObjectMissing:
            findings.append(_missing(feed))
            continue
        private = feed.access == "private"
        content = contents.of(feed)
        findings += check_feed(
            body,
            where=feed.id,
            private=private,
            feed_url=content.feed_url,
            moved_to=content.new_feed_url,
            now=project.now(),
        )
    for tombstone in () if names else catalog.tombstones:
        findings += _check_tombstone(project, contents, tombstone)
    return tuple(findings)


def check_file(path: Path) -> tuple[Finding, ...]:
    """Return what directories or apps would object to in a feed file of anybody's."""
    return tuple(check_feed(read_bytes(path, _FEED_FILE), where=path.name))


def _check_tombstone(project: Project, contents: Contents, tombstone: Tombstone) -> list[Finding]:
    where = f"ended {mask_tokens(tombstone.path)}"
    try:
        body, _ = project.bucket.get(feed_key(tombstone.path))
    except ObjectMissing:
        do = f"Build it: {pitchcast_command('feeds build')}"
        return [Finding(level="error", where=where, what="what says that the address ended is missing", do=do)]
    found = check_feed(body, where=where, private=True, feed_url=contents.of_tombstone(tombstone).feed_url)
    return [finding for finding in found if finding.level == "error"]  # it lacks host and cover on purpose


def _build(project: Project, paths: Sequence[str], executors: Executors, tell: Callable[[FolderDone], None]) -> Built:
    """Build, announced as every build is, so that somebody finishes it if this process dies."""
    if project.dry_run:
        return build_feeds(project, paths, executors=executors, tell=tell)
    with announced(project, paths) as announcement:
        return build_feeds(project, paths, keep=announcement.keep, executors=executors, tell=tell)


def _missing(feed: Feed) -> Finding:
    return Finding(
        level="error",
        where=feed.id,
        what="feed.xml is missing",
        do=f"Build it: {pitchcast_command('feeds build', feed.id)}",
    )
