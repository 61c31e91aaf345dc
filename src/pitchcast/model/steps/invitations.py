"""Passes a prospect's podcast on to a colleague, by a feed of its own that follows the prospect's.

A child shows whatever the prospect's feed holds, at a secret address of its own, and remembers which feed it was passed
on from; so an access log tells who passed it to whom, and one link can be closed without the others.
"""

from collections.abc import Sequence

import msgspec

from pitchcast.errors import CatalogError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog, next_revision, one_feed, refuse_revoked, used_paths
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.naming import compare_form
from pitchcast.model.token import NewToken, fresh_token

_FIRST_CHILD = 2  # the prospect's own feed is the first


def invite(
    catalog: Catalog, by: str, names: Sequence[str], new_token: NewToken
) -> tuple[Catalog, tuple[Feed, ...], bool]:
    """Return a catalog with a child of the feed *by* for each name, "" for one nobody is named for yet.

    And these feeds, and whether any is new: who was invited by the same feed before has it already. Raises
    CatalogError where *by* is public or revoked, or that colleague's feed is; UnknownName, AmbiguousName.
    """
    parent = inviting_feed(catalog, by)
    known = {compare_form(f.name): f for f in catalog.feeds if f.parent == parent.id and f.name}
    used = used_paths(catalog)
    number = _next_number(catalog, parent.prospect)
    feeds: list[Feed] = []
    new: list[Feed] = []
    for name in names:
        if name and compare_form(name) in known:
            invited_before = known[compare_form(name)]
            refuse_revoked(invited_before)
            feeds.append(invited_before)
            continue
        token = fresh_token(used, new_token)
        used.add(token)
        child_id = f"{parent.prospect}.{number + len(new)}"
        child = Feed(
            child_id,
            token,
            parent.prospect,
            changed_revision=next_revision(catalog),
            parent=parent.id,
            name=name,
            title_language=catalog.show.language,
        )
        feeds.append(child)
        new.append(child)
    if not new:
        return catalog, tuple(feeds), False
    return msgspec.structs.replace(catalog, feeds=(*catalog.feeds, *new)), tuple(feeds), True


def inviting_feed(catalog: Catalog, who: str) -> Feed:
    """Return the private feed, by id, prospect or colleague, that may be passed on. Raises what invite raises."""
    feed = one_feed(catalog, who)
    if feed.id == PUBLIC_FEED:
        raise CatalogError(
            "the public feed is for everyone", hint=f"Send its own link: {pitchcast_command('link public')}"
        )
    refuse_revoked(feed)
    return feed


def children_of(catalog: Catalog, prospect_id: str) -> tuple[Feed, ...]:
    """Return the feeds that were passed on from a prospect's, at any number of steps, oldest first."""
    return tuple(feed for feed in catalog.feeds if feed.parent and feed.prospect == prospect_id)


def _next_number(catalog: Catalog, prospect_id: str) -> int:
    """Return a number that no child of the prospect's has."""
    numbers = [int(child.id.rpartition(".")[2]) for child in children_of(catalog, prospect_id)]
    return max(numbers, default=_FIRST_CHILD - 1) + 1
