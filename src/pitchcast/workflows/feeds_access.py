"""Who can reach what: rotate, revoke, restore and expire feeds; remove prospects.

Whom a command means is decided once, in the first catalog that it reads, by the folders of the feeds: an id can come to
name somebody else, a folder never does.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.base import Named
from pitchcast.model.answers.feeds import AccessChanged, FeedAnswer, LeftOut, answer_feed
from pitchcast.model.answers.prospects import RemovedProspects
from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import Contents
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.naming import compare_form
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
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.pending import forget_finished
from pitchcast.site.project import Project
from pitchcast.upkeep.purge import purge
from pitchcast.upkeep.statistics import forget_soon


class FeedAt(Record, frozen=True):
    """A feed by its id, and the folder that it had when the command decided."""

    id: str
    path: str


class AccessFacts(Facts, frozen=True):
    """The feeds that a command means, and those that it leaves out, each with the reason."""

    feeds: tuple[FeedAt, ...]
    left_out: tuple[LeftOut, ...] = ()


class RemoveFacts(Facts, frozen=True):
    """The prospects that are removed, and the folders of all their feeds."""

    prospects: tuple[Named, ...]
    paths: tuple[str, ...]


def rotate(project: Project, chosen: Chosen) -> AccessChanged:
    """Give feeds new addresses; the old ones stop at once, audio first. Guids stay, so apps know the podcast again.

    The new address must travel outside the feed: nothing at the old one leads there. Its page says for ``gone_days``
    that there is a new link.
    """
    at = project.now()

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return rotate_feeds(catalog, ids, at, project.new_token)

    return _change_access(project, chosen, _AccessChange("feeds rotate", "rotated", step, why_not_rotate))


def revoke(project: Project, chosen: Chosen, *, with_children: bool | None = None) -> AccessChanged:
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

    return _change_access(project, chosen, _AccessChange("feeds revoke", "revoked", step, never, more))


def passed_on(project: Project, chosen: Chosen) -> tuple[FeedAnswer, ...]:
    """Return the open feeds that were passed on from those meant, and are not meant themselves."""
    catalog = project.catalog()
    contents = Contents(catalog)
    return tuple(answer_feed(contents, feed) for feed in _open_children(catalog, choose_feeds(catalog, chosen)))


def restore(project: Project, chosen: Chosen) -> AccessChanged:
    """Open revoked feeds again, each at a new address: the old ones stay closed for ever."""

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return restore_feeds(catalog, ids, project.new_token)

    return _change_access(project, chosen, _AccessChange("feeds restore", "restored", step, never))


def expire(
    project: Project,
    chosen: Chosen,
    *,
    on: datetime | None = None,
    after: timedelta | None = None,
) -> AccessChanged:
    """Let feeds end at a moment, after a time counted from now by the storage's clock, or never where neither is given.

    Raises UsageError for a moment that has passed.
    """
    when = project.now() + after if after is not None else on
    if when is not None and when <= project.now():
        raise UsageError(
            f"{when.isoformat()} has passed", hint=f"To end a feed now: {pitchcast_command('feeds revoke WHO')}"
        )

    def step(catalog: Catalog, ids: set[str]) -> Catalog:
        return expire_feeds(catalog, ids, when)

    said = f"set to end on {when.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if when else "set never to end"
    wanted = _AccessChange("feeds expire", said, step, why_not_expire, meaning=[on, after])
    return _change_access(project, chosen, wanted)


def remove(project: Project, chosen: Chosen, *, purge_history: bool = False) -> RemovedProspects:
    """Revoke the feeds of prospects and erase what the catalog knows of them.

    With *purge_history* everybody who was ever removed is taken out of kept revisions and of old versions of objects
    as well; nobody need be chosen then.
    Raises CatalogError for the public feed, UnknownName, AmbiguousName.
    """
    before = project.catalog()
    removed: tuple[Named, ...] = ()
    revision = before.revision
    if chosen != Chosen():
        removed, revision = _remove(project, before, chosen, purge_history=purge_history)
        if not project.dry_run and not purge_history:
            forget_soon(project)
    purged = None
    if purge_history and not project.dry_run:
        project.outcome.after_answer(partial(forget_finished, project))  # records name whom they were about
        purged = purge(project)
    return RemovedProspects(prospects=removed, purged=purged, catalog_revision=revision)


def _remove(project: Project, before: Catalog, chosen: Chosen, *, purge_history: bool) -> tuple[tuple[Named, ...], int]:
    """Return whom the catalog no longer knows, and its revision."""
    attempt = begin(
        project,
        command("prospects remove", **_meaning(chosen), purge=purge_history),
        before,
        lambda catalog: _people(catalog, chosen),
        RemoveFacts,
        is_void=lambda catalog, facts: {feed.path for feed in catalog.feeds}.isdisjoint(facts.paths),
    )
    facts, at = attempt.facts, project.now()

    def step(catalog: Catalog) -> Catalog:
        ids = {feed.prospect for feed in catalog.feeds if feed.path in facts.paths}
        return remove_prospects(catalog, ids, at)

    count = len(facts.prospects)
    what = f"removed {count} prospect{'' if count == 1 else 's'}"  # names nobody: history stays
    wish = Wish(what=what, names=lambda _catalog: facts.paths, takes_away=True)
    done = change(project, step, wish, attempt)
    return facts.prospects, done.catalog.revision


@dataclass(frozen=True, slots=True)
class _AccessChange:
    """A change of access: its command, how history calls it, the step on feeds by id, what speaks against a feed.

    ``more`` gives further feeds that are meant along with those chosen, ``meaning`` is what else the command was told.
    """

    command: str
    what: str
    step: Callable[[Catalog, set[str]], Catalog]
    objection: Callable[[Feed], str]
    more: Callable[[Catalog, tuple[Feed, ...]], tuple[Feed, ...]] = lambda _catalog, _meant: ()
    meaning: Sequence[object] = ()

    def decide(self, catalog: Catalog, chosen: Chosen) -> AccessFacts:
        """Return the feeds that are meant in this catalog, and those left out of them."""
        meant, left = split_feeds(catalog, chosen, self.objection)
        feeds = tuple(FeedAt(id=feed.id, path=feed.path) for feed in (*meant, *self.more(catalog, meant)))
        return AccessFacts(
            subject="" if self.meaning else " ".join(sorted(feed.id for feed in feeds)),
            feeds=feeds,
            left_out=tuple(LeftOut(id=feed.id, why=self.objection(feed)) for feed in left),
        )


def _change_access(project: Project, chosen: Chosen, wanted: _AccessChange) -> AccessChanged:
    before = project.catalog()
    attempt = begin(
        project,
        command(wanted.command, **_meaning(chosen), more=wanted.meaning),
        before,
        lambda catalog: wanted.decide(catalog, chosen),
        AccessFacts,
        is_void=lambda catalog, facts: not _still_there(catalog, facts.feeds),
    )
    facts = attempt.facts

    def step(seen: Catalog) -> tuple[Catalog, Catalog]:
        return wanted.step(seen, _still_there(seen, facts.feeds)), seen

    def concerned(catalog: Catalog) -> Iterable[str]:
        ids = {feed.id for feed in facts.feeds}
        return (*(feed.path for feed in facts.feeds), *(feed.path for feed in catalog.feeds if feed.id in ids))

    whose = facts.feeds[0].id if len(facts.feeds) == 1 else f"{len(facts.feeds)} feeds"
    wish = Wish(what=f"{wanted.what}: {whose}", names=concerned, takes_away=True)
    done = change(project, step, wish, attempt)
    return _access_answer(project, facts, done.extra or before, done.catalog, resumed=attempt.completes)


def _access_answer(
    project: Project, facts: AccessFacts, seen: Catalog, after: Catalog, *, resumed: bool
) -> AccessChanged:
    """Return what came of a change from the catalog that was *seen* to the one *after* it.

    Of an interrupted run that is completed, all feeds count as changed.
    """
    ids = {feed.id for feed in facts.feeds}
    now = {feed.id: feed for feed in after.feeds}
    pairs = [(then, now.get(then.id, then)) for then in seen.feeds if then.id in ids]
    changed = [(then, now) for then, now in pairs if resumed or now != then]
    return AccessChanged(
        feeds=_answers(project, seen, after, changed),
        unchanged=tuple(then.id for then, now in pairs if not resumed and now == then),
        left_out=facts.left_out,
        catalog_revision=after.revision,
    )


def _still_there(catalog: Catalog, feeds: Iterable[FeedAt]) -> set[str]:
    """Return the ids of those feeds that still have the folder that they had when the command decided."""
    wanted = {(feed.id, feed.path) for feed in feeds}
    return {feed.id for feed in catalog.feeds if (feed.id, feed.path) in wanted}


def _meaning(chosen: Chosen) -> dict[str, object]:
    """Return whom a command was told it is for, so that it does not matter how names are written or in which order."""
    return {
        "who": sorted(map(compare_form, chosen.who)),
        "segments": sorted(segment.casefold() for segment in chosen.segments),
        "everyone": chosen.everyone,
    }


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


def _people(catalog: Catalog, chosen: Chosen) -> RemoveFacts:
    feeds = choose_feeds(catalog, chosen)
    if any(feed.id == PUBLIC_FEED for feed in feeds):
        raise CatalogError(
            "the public feed is nobody's", hint=f"Close it with: {pitchcast_command('feeds revoke public')}"
        )
    for child in (feed for feed in feeds if feed.parent):
        raise CatalogError(
            f"{child.id} is a feed passed on from {child.parent}, and no prospect",
            hint=f"Close it with: {pitchcast_command('feeds revoke', child.id)}",
        )
    ids = {feed.prospect for feed in feeds}
    return RemoveFacts(
        subject=" ".join(sorted(ids)),
        prospects=tuple(Named(id=p.id, name=p.name) for p in catalog.prospects if p.id in ids),
        paths=tuple(feed.path for feed in catalog.feeds if feed.prospect in ids),
    )
