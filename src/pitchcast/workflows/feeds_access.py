"""Who can reach what: rotate, revoke, restore and expire feeds; remove prospects.

Whom a command means is looked up in the catalog of the moment, also when it runs again after a lost race. A command
that was interrupted after the catalog was replaced completes its work when it is run again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from pitchcast.errors import CatalogError, PitchcastError, UsageError
from pitchcast.model.answers import AccessChanged, FeedAnswer, LeftOut, Named, RemovedProspects, answer_feed
from pitchcast.model.catalog import Catalog, Contents
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.steps.access import (
    Chosen,
    choose_feeds,
    descendants,
    expire_feeds,
    never,
    remove_prospects,
    restore_feeds,
    revoke_feeds,
    rotate_feeds,
    split_feeds,
    why_not_expire,
    why_not_rotate,
)
from pitchcast.site.build import build_feeds
from pitchcast.site.change import change
from pitchcast.site.project import Progress, Project, no_progress
from pitchcast.workflows.prospects_purge import purge


def rotate(project: Project, chosen: Chosen, *, progress: Progress = no_progress) -> AccessChanged:
    """Give feeds new addresses; the old ones stop at once, audio first. Guids stay, so apps know the podcast again.

    The new address must travel outside the feed: nothing at the old one leads there. Its page says for ``gone_days``
    that there is a new link.
    """
    at = project.now()

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return rotate_feeds(catalog, ids, at, project.new_token)

    return _change_access(project, chosen, _Wanted("rotated", step, why_not_rotate), progress)


def revoke(
    project: Project, chosen: Chosen, *, with_children: bool | None = None, progress: Progress = no_progress
) -> AccessChanged:
    """Close feeds: audio goes at once, page and feed say for ``gone_days`` that they are gone, then nothing is left.

    *with_children* says whether feeds that were passed on from them close too; where there are such feeds and nobody
    said, UsageError is raised and names them.
    """
    at = project.now()

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return revoke_feeds(catalog, ids, at)

    def more(catalog: Catalog, meant: tuple[Feed, ...]) -> tuple[Feed, ...]:
        children = _open_children(catalog, meant)
        if children and with_children is None:
            raise UsageError(
                f"passed on from these feeds: {', '.join(child.id for child in children)}",
                hint="Say --with-children to close these too, or --keep-children.",
            )
        return children if with_children else ()

    return _change_access(project, chosen, _Wanted("revoked", step, never, more), progress)


def passed_on(project: Project, chosen: Chosen) -> tuple[FeedAnswer, ...]:
    """Return the open feeds that were passed on from those meant, and are not meant themselves."""
    catalog = project.catalog()
    contents = Contents(catalog)
    return tuple(answer_feed(contents, feed) for feed in _open_children(catalog, choose_feeds(catalog, chosen)))


def restore(project: Project, chosen: Chosen, *, progress: Progress = no_progress) -> AccessChanged:
    """Open revoked feeds again, each at a new address: the old ones stay closed for ever."""

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return restore_feeds(catalog, ids, project.new_token)

    return _change_access(project, chosen, _Wanted("restored", step, never), progress)


def expire(
    project: Project,
    chosen: Chosen,
    *,
    on: datetime | None = None,
    after: timedelta | None = None,
    progress: Progress = no_progress,
) -> AccessChanged:
    """Let feeds end at a moment, after a time counted from now by the storage's clock, or never where neither is given.

    Raises UsageError for a moment that has passed.
    """
    when = project.now() + after if after is not None else on
    if when is not None and when <= project.now():
        raise UsageError(f"{when.isoformat()} has passed", hint="To end a feed now: pitchcast feeds revoke WHO")

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return expire_feeds(catalog, ids, when)

    said = f"set to end on {when.isoformat()}" if when else "set never to end"
    return _change_access(project, chosen, _Wanted(said, step, why_not_expire), progress)


def remove(
    project: Project, chosen: Chosen, *, purge_history: bool = False, progress: Progress = no_progress
) -> RemovedProspects:
    """Revoke the feeds of prospects and erase what the catalog knows of them.

    With *purge_history* everybody who was ever removed is taken out of kept revisions and of old versions of objects
    as well; nobody need be chosen then.
    Raises CatalogError for the public feed, UnknownName, AmbiguousName.
    """
    before = project.catalog()
    _, removed = _people(before, chosen)
    at = project.now()

    def step(found: Catalog | None) -> Catalog:
        nonlocal removed
        ids, removed = _people(found or before, chosen)
        return remove_prospects(found or before, ids, at)

    revision, problems = before.revision, []
    if removed:
        what = f"removed {len(removed)} prospect{'' if len(removed) == 1 else 's'}"  # names nobody: history stays
        done = change(project, step, what=what, progress=progress, tell_problem=True, takes_away=True)
        revision, problems = done.catalog.revision, [done.problem] if done.problem else []
    purged = purge(project, progress=progress) if purge_history and not project.dry_run else None
    return RemovedProspects(prospects=removed, purged=purged, catalog_revision=revision, problems=tuple(problems))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A change of access: how history calls it, the step on feeds by their ids, and what speaks against a feed.

    ``more`` gives further feeds that are meant along with those chosen.
    """

    what: str
    step: Callable[[Catalog, set[str]], Catalog]
    objection: Callable[[Feed], str]
    more: Callable[[Catalog, tuple[Feed, ...]], tuple[Feed, ...]] = lambda _catalog, _meant: ()

    def split(self, catalog: Catalog, chosen: Chosen) -> tuple[tuple[Feed, ...], tuple[Feed, ...]]:
        """Return the feeds that are meant in this catalog, and those left out of them."""
        meant, left = split_feeds(catalog, chosen, self.objection)
        return (*meant, *self.more(catalog, meant)), left


def _change_access(project: Project, chosen: Chosen, wanted: _Wanted, progress: Progress) -> AccessChanged:
    before = project.catalog()
    seen, (meant, left) = before, wanted.split(before, chosen)

    def step(found: Catalog | None) -> Catalog:
        nonlocal seen, meant, left
        seen = found or before
        meant, left = wanted.split(seen, chosen)
        return wanted.step(seen, {feed.id for feed in meant})

    whose = meant[0].id if len(meant) == 1 else f"{len(meant)} feeds"
    what = f"{wanted.what}: {whose}"
    done = change(project, step, what=what, progress=progress, tell_problem=True, takes_away=True)
    now = {feed.id: feed for feed in done.catalog.feeds}
    pairs = [(feed, now.get(feed.id, feed)) for feed in meant]
    unchanged = [then for then, now in pairs if now == then]
    problems = [done.problem] if done.problem else _complete(project, unchanged, progress)
    return AccessChanged(
        feeds=_answers(project, seen, done.catalog, [(then, now) for then, now in pairs if now != then]),
        unchanged=tuple(feed.id for feed in unchanged),
        left_out=tuple(LeftOut(id=feed.id, why=wanted.objection(feed)) for feed in left),
        catalog_revision=done.catalog.revision,
        problems=tuple(problems),
    )


def _complete(project: Project, feeds: Sequence[Feed], progress: Progress) -> list[str]:
    """Build feeds that the catalog had as they were wanted: an earlier run may have been interrupted there."""
    if project.dry_run or not feeds:
        return []
    try:
        build_feeds(project, [feed.path for feed in feeds], progress=progress)
    except PitchcastError as error:
        return [f"{error.message} {error.hint}".strip()]
    return []


def _answers(
    project: Project, seen: Catalog, after: Catalog, pairs: Sequence[tuple[Feed, Feed]]
) -> tuple[FeedAnswer, ...]:
    """Return the feeds as they are now; in a dry run at the addresses they have, for new ones are made up each time."""
    contents = Contents(seen if project.dry_run else after)
    rows = [msgspec.structs.replace(now, path=then.path) if project.dry_run else now for then, now in pairs]
    return tuple(answer_feed(contents, row) for row in rows)


def _open_children(catalog: Catalog, feeds: Sequence[Feed]) -> tuple[Feed, ...]:
    ids = descendants(catalog, {feed.id for feed in feeds})
    return tuple(feed for feed in catalog.feeds if feed.id in ids and feed.state == "active")


def _people(catalog: Catalog, chosen: Chosen) -> tuple[set[str], tuple[Named, ...]]:
    feeds = choose_feeds(catalog, chosen) if chosen != Chosen() else ()
    if any(feed.id == PUBLIC_FEED for feed in feeds):
        raise CatalogError("the public feed is nobody's", hint="Close it with: pitchcast feeds revoke public")
    for child in (feed for feed in feeds if feed.parent):
        raise CatalogError(
            f"{child.id} is a feed passed on from {child.parent}, and no prospect",
            hint=f"Close it with: pitchcast feeds revoke {child.id}",
        )
    ids = {feed.prospect for feed in feeds}
    return ids, tuple(Named(id=p.id, name=p.name) for p in catalog.prospects if p.id in ids)
