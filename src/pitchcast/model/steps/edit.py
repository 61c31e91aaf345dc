"""The steps that edit prospects, episodes and the show."""

from collections.abc import Callable, Iterable

import msgspec

from pitchcast.errors import CatalogError
from pitchcast.model.catalog import Catalog, feeds_showing, fields_needed, next_revision, releases_of, used_paths
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.naming import make_slug, unique
from pitchcast.model.personal import check_texts
from pitchcast.model.prospect import Mention, Prospect
from pitchcast.model.show import Brand, Show
from pitchcast.model.token import NewToken, fresh_token


def add_prospect(
    catalog: Catalog, wanted: Mention, new_token: NewToken, **details: str | tuple[str, ...]
) -> tuple[Catalog, Prospect]:
    """Return a catalog with one prospect more, who has an empty private feed; and the prospect.

    *details* are further attributes of Prospect.
    """
    taken = {p.id for p in catalog.prospects} | {PUBLIC_FEED}
    prospect_id = unique(make_slug(wanted.name, fallback="prospect"), taken)
    prospect = Prospect(prospect_id, wanted.name, email=wanted.email, **details)  # type: ignore[arg-type]
    feed = Feed(
        prospect_id,
        fresh_token(used_paths(catalog), new_token),
        prospect_id,
        changed_revision=next_revision(catalog),
        title_language=catalog.show.language,
    )
    return msgspec.structs.replace(
        catalog, prospects=(*catalog.prospects, prospect), feeds=(*catalog.feeds, feed)
    ), prospect


def edit_prospect(catalog: Catalog, prospect_id: str, **changes: str | tuple[str, ...]) -> Catalog:
    """Return a catalog in which the prospect has other attributes; its id stays. Its feed counts as changed."""
    prospects = tuple(msgspec.structs.replace(p, **changes) if p.id == prospect_id else p for p in catalog.prospects)
    if prospects == catalog.prospects:
        return catalog
    catalog = msgspec.structs.replace(catalog, prospects=prospects)
    needed = fields_needed(catalog).get(prospect_id, frozenset())
    if any(field in needed and not value for field, value in changes.items()):
        check_personal(catalog, catalog.episodes)
    return _touch_feeds(catalog, lambda feed: feed.prospect == prospect_id)


def edit_episode(catalog: Catalog, episode_id: str, **changes: object) -> Catalog:
    """Return a catalog in which the episode has other attributes; id, guid and file names stay (see retag.py).

    Raises what check_texts raises where a personalised one could not be filled in any more.
    """
    episode = next((e for e in catalog.episodes if e.id == episode_id), None)
    if episode is None:
        return catalog
    edited = msgspec.structs.replace(episode, **changes, changed_revision=next_revision(catalog))
    after = with_edited(catalog, edited)
    check_personal(after, [edited])
    return after


def edit_show(catalog: Catalog, show: Show, brand: Brand, public_url: str) -> Catalog:
    """Return a catalog with another show, brand or public address, or the same one if nothing differs."""
    if (show, brand, public_url) == (catalog.show, catalog.brand, catalog.public_url):
        return catalog
    show = msgspec.structs.replace(show, changed_revision=next_revision(catalog))
    after = msgspec.structs.replace(catalog, show=show, brand=brand, public_url=public_url)
    if brand != catalog.brand:
        check_personal(after, after.episodes)
    return after


def check_personal(catalog: Catalog, episodes: Iterable[Episode]) -> None:
    """Raise CatalogError or UsageError where one of these episodes cannot be filled in for everybody who has it."""
    for episode in episodes:
        if not episode.personalised or episode.withdrawn:
            continue
        carrying = feeds_showing(catalog, releases_of(catalog, episode.id))
        if any(feed.access == "public" for feed in carrying):
            raise CatalogError(
                f"“{episode.title}” is personalised and cannot be in the public feed",
                hint="Publish it for prospects only, or without --personalise.",
            )
        ids = {feed.prospect for feed in carrying}
        check_texts(episode.title, episode.notes, catalog.brand, (p for p in catalog.prospects if p.id in ids))


def with_edited(catalog: Catalog, edited: Episode) -> Catalog:
    """Return a catalog with this episode in place of the one of its id."""
    episodes = tuple(edited if episode.id == edited.id else episode for episode in catalog.episodes)
    return msgspec.structs.replace(catalog, episodes=episodes)


def _touch_feeds(catalog: Catalog, concerned: Callable[[Feed], bool]) -> Catalog:
    revision = next_revision(catalog)
    feeds = tuple(msgspec.structs.replace(f, changed_revision=revision) if concerned(f) else f for f in catalog.feeds)
    return msgspec.structs.replace(catalog, feeds=feeds)
