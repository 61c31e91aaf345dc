"""Prospects of whom nothing is read from access logs, because they objected to it.

An objection is kept by the first folder of the prospect's own feed: an id can come to name somebody else, a folder
never does. So it outlives other addresses and earlier catalogs that are brought back.
"""

from collections.abc import Iterator

import msgspec

from pitchcast.model.catalog import Catalog, find_feed, next_revision
from pitchcast.model.feed import Feed


def objectors(catalog: Catalog) -> frozenset[str]:
    """Return the ids of the prospects of whom nothing is counted."""
    return frozenset(feed.prospect for feed in _own_feeds(catalog) if feed.paths[0] in catalog.uncounted_paths)


def objecting_feeds(catalog: Catalog) -> tuple[Feed, ...]:
    """Return the feeds of these prospects, those that were passed on from them too."""
    people = objectors(catalog)
    return tuple(feed for feed in catalog.feeds if feed.prospect in people)


def unread_paths(catalog: Catalog) -> frozenset[str]:
    """Return the folders whose requests are not kept: those of objectors, and of prospects who were removed."""
    objecting = {path for feed in objecting_feeds(catalog) for path in feed.paths}
    return frozenset(objecting.union(catalog.erased_paths))


def with_objection(catalog: Catalog, prospect_id: str, *, objects: bool) -> Catalog:
    """Return a catalog in which a prospect objects to being counted, or no longer does; or the same one.

    Their pages say whether they are counted, and so their feeds change.
    """
    own = find_feed(catalog, prospect_id)
    if own is None or objects == (prospect_id in objectors(catalog)):
        return catalog
    first = own.paths[0]
    others = tuple(path for path in catalog.uncounted_paths if path != first)
    revision = next_revision(catalog)
    feeds = [
        msgspec.structs.replace(feed, changed_revision=revision) if feed.prospect == prospect_id else feed
        for feed in catalog.feeds
    ]
    after = msgspec.structs.replace(catalog, uncounted_paths=(*others, first) if objects else others)
    return after if catalog.show.counted == "no" else msgspec.structs.replace(after, feeds=tuple(feeds))


def _own_feeds(catalog: Catalog) -> Iterator[Feed]:
    return (feed for feed in catalog.feeds if feed.prospect and not feed.parent)
