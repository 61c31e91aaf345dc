"""What each folder under ``public/`` holds, and which folders differ between two catalogs."""

import hashlib
from collections.abc import Iterable, Set
from datetime import UTC, datetime

import msgspec

from pitchcast.model.catalog import Catalog, Tombstone, addressed_names, feeds_showing, releases_of
from pitchcast.model.episode import Episode, greeted_episode
from pitchcast.model.feed import (
    PUBLIC_FEED,
    Delivery,
    Feed,
    FeedContent,
    cover_name,
    logo_name,
    podcast_guid,
    shared_cover_url,
)
from pitchcast.model.personal import fill_brand, fill_episode, generic_brand
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand, Show

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Contents:
    """What each feed of one catalog holds; made once a catalog, so that many feeds are quick."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._episodes = {episode.id: episode for episode in catalog.episodes}
        self._releases = {release.number: release for release in catalog.releases}
        self._prospects = {prospect.id: prospect for prospect in catalog.prospects}
        self._feeds = {feed.id: feed for feed in catalog.feeds}
        self._active = {feed.path: feed for feed in catalog.feeds if feed.state == "active"}
        self._tombstones = {tombstone.path: tombstone for tombstone in catalog.tombstones}
        self._shared = {e.audio_path: e for e in catalog.episodes if e.audio_path and not e.withdrawn}
        self._greetings = {(greeting.feed, greeting.release): greeting for greeting in catalog.greetings}
        self._named_covers = {cover.name: cover for cover in catalog.named_covers}
        self._plain: dict[int, Delivery] = {}

    def of(self, feed: Feed) -> FeedContent:
        """Return everything that the feed's RSS and page are rendered from."""
        catalog = self._catalog
        prospect = self._addressed(feed)
        source = self._feeds.get(feed.source, feed) if feed.parent else feed
        carried = [self._delivery(feed, number, prospect) for number in source.releases]
        deliveries = sorted((d for d in carried if not d.episode.withdrawn), key=lambda d: d.date, reverse=True)
        base_url = f"{catalog.public_url}/{feed.path}"
        changes = [feed.changed, source.changed, catalog.show.changed, *(d.episode.changed for d in carried)]
        changes += [d.greeting.changed for d in carried if d.greeting]
        if catalog.moved:
            changes.append(catalog.moved.changed)
        named = self._named_covers.get(prospect.name) if prospect else None
        if named:
            changes.append(named.changed)
        content = FeedContent(
            show=catalog.show,
            brand=self._brand(prospect, deliveries),
            feed=feed,
            prospect=prospect,
            deliveries=tuple(deliveries),
            base_url=base_url,
            cover_url=show_cover_url(catalog),
            covers={
                cover.sha256: f"{base_url}/{cover_name(cover)}"
                for d in deliveries
                if d.episode.cover
                for cover in d.episode.cover.sizes
            },
            kept=tuple(name for d in deliveries if not d.audio_path for name in d.kept_names),
            revision=shown_revision(catalog.show, feed.path, max(changes)),
            moved_to=self._moved_to(feed),
            logo_url=logo_url(catalog),
            small_cover_url=show_cover_url(catalog, small=True),
        )
        return content.with_own_cover(named.artwork) if named else content

    def _moved_to(self, feed: Feed) -> str:
        moved = self._catalog.moved
        return f"{moved.to.public_url}/{feed.path}" if moved and moved.announced else ""

    def _brand(self, prospect: Prospect | None, deliveries: Iterable[Delivery]) -> Brand:
        """Return the brand as a feed shows it: where nothing is to be heard, its call to action speaks to nobody."""
        episodes = [delivery.episode for delivery in deliveries]
        if not episodes:
            return generic_brand(self._catalog.brand)
        personal = any(episode.personalised for episode in episodes)
        return fill_brand(self._catalog.brand, prospect) if personal else self._catalog.brand

    def of_left(self, feed: Feed) -> FeedContent:
        """Return what stays of a feed where the show lay before it moved: an ended address that leads on."""
        guid, public = podcast_guid(self._catalog.show, feed), feed.access == "public"
        content = self.of_tombstone(Tombstone(feed.path, guid, _LONG_AGO, feed.changed, public, "moved"))
        return msgspec.structs.replace(content, moved_to=self._moved_to(feed))

    def of_tombstone(self, tombstone: Tombstone) -> FeedContent:
        """Return what an ended address still holds; it names no prospect."""
        catalog = self._catalog
        feed_id = PUBLIC_FEED if tombstone.public else "revoked"
        return FeedContent(
            show=catalog.show,
            brand=generic_brand(catalog.brand),
            feed=Feed(feed_id, tombstone.path, changed=tombstone.changed, state="revoked", guid=tombstone.guid),
            prospect=None,
            deliveries=(),
            base_url=f"{catalog.public_url}/{tombstone.path}",
            cover_url="",
            revision=shown_revision(catalog.show, tombstone.path, max(tombstone.changed, catalog.show.changed)),
            ending=tombstone.why,
        )

    def _of_shared(self, episode: Episode) -> FeedContent:
        """Return the audio of an episode that feeds share."""
        catalog = self._catalog
        delivery = Delivery(episode=episode, date=_LONG_AGO, release=0)
        return FeedContent(
            show=catalog.show,
            brand=Brand(),
            feed=Feed(f"audio of {episode.id}", episode.audio_path),
            prospect=None,
            deliveries=(delivery,),
            base_url=f"{catalog.public_url}/{episode.audio_path}",
            cover_url="",
            kept=delivery.kept_names,
            audio_only=True,
        )

    def at(self, path: str) -> FeedContent | None:
        """Return what the folder *path* under ``public/`` holds, None where it is empty."""
        if path in self._tombstones:
            return self.of_tombstone(self._tombstones[path])
        if path in self._shared:
            return self._of_shared(self._shared[path])
        return self.of(self._active[path]) if path in self._active else None

    def audio_name(self, feed_id: str, number: int) -> str:
        """Return the name of the audio that came into a feed with that release, "" where no open feed shows it."""
        feed = self._feeds.get(feed_id)
        if feed is None or feed.state != "active":
            return ""
        return next((d.audio_name for d in self.of(feed).deliveries if d.release == number), "")

    def prospect_of(self, feed: Feed) -> Prospect | None:
        """Return the prospect that the feed belongs to, None for the public one."""
        return self._prospects.get(feed.prospect)

    def _addressed(self, feed: Feed) -> Prospect | None:
        """Return whom the feed speaks to: a colleague by the name that was given, all else as the prospect."""
        prospect = self.prospect_of(feed)
        if prospect is None or not feed.name:
            return prospect
        return msgspec.structs.replace(prospect, name=feed.name, first_name=feed.name, email="", external_id="")

    def _delivery(self, feed: Feed, number: int, prospect: Prospect | None) -> Delivery:
        """Return an episode as the feed has it: what is said to nobody in particular is one object for all feeds.

        A child's has no greeting: that was spoken for somebody else.
        """
        greeting = self._greetings.get((feed.id, number))
        if greeting is None and number in self._plain:
            return self._plain[number]
        release = self._releases[number]
        episode = self._episodes[release.episode]
        if greeting and greeting.of != episode.master.sha256:
            greeting = None
        personalised = episode.personalised
        if personalised:
            episode = fill_episode(episode, prospect)
        if greeting:
            episode = greeted_episode(episode, greeting)
        delivery = Delivery(episode=episode, date=release.date, release=number, greeting=greeting, veil=release.veil)
        if greeting is None and not personalised:
            self._plain[number] = delivery
        return delivery


def carrying_folders(catalog: Catalog, episode_id: str) -> list[str]:
    """Return the folders under ``public/`` that show an episode: its shared audio first, then the feeds."""
    shared = [e.audio_path for e in catalog.episodes if e.id == episode_id and e.audio_path and not e.withdrawn]
    return [*shared, *(feed.path for feed in feeds_showing(catalog, releases_of(catalog, episode_id)))]


def folders(catalog: Catalog) -> list[str]:
    """Return the folders under ``public/`` that hold shared audio, a feed or a tombstone, in a stable order."""
    return (
        shared_folders(catalog)
        + [f.path for f in catalog.feeds if f.state == "active"]
        + [t.path for t in catalog.tombstones]
    )


def shared_folders(catalog: Catalog) -> list[str]:
    """Return the folders under ``public/`` with audio that feeds share; they are built before any feed."""
    return [episode.audio_path for episode in catalog.episodes if episode.audio_path and not episode.withdrawn]


def heard_folders(catalog: Catalog, feeds: Iterable[Feed]) -> list[str]:
    """Return the folders of shared audio that these feeds name."""
    if not shared_folders(catalog):
        return []
    by_id = {feed.id: feed for feed in catalog.feeds}
    numbers = {number for feed in feeds for number in by_id.get(feed.source, feed).releases}
    heard = {release.episode for release in catalog.releases if release.number in numbers}
    return [e.audio_path for e in catalog.episodes if e.id in heard and e.audio_path and not e.withdrawn]


def concerned_paths(before: Catalog | None, after: Catalog) -> list[str]:
    """Return the folders under ``public/`` whose objects differ between two catalogs, in a stable order."""
    if before is None:
        return folders(after)
    there = set(folders(after))
    removed = [path for path in folders(before) if path not in there]
    show_before = msgspec.structs.replace(before.show, slug=after.show.slug)  # the slug is rendered nowhere
    shown = (after.show, after.brand, after.public_url, after.moved)
    if (show_before, before.brand, before.public_url, before.moved) != shown:
        return removed + folders(after)
    old_feeds = {feed.path: feed for feed in before.feeds if feed.state == "active"}
    old_episodes = {episode.id: episode for episode in before.episodes}
    edited = {e.id for e in after.episodes if old_episodes.get(e.id, e) != e}
    numbers = {release.number for release in after.releases if release.episode in edited}
    active = [feed for feed in after.feeds if feed.state == "active"]
    now, then = ({feed.id: feed for feed in catalog.feeds} for catalog in (after, before))
    greeted = {greeting.feed for greeting in set(before.greetings) ^ set(after.greetings)}
    redrawn = _redrawn(before, after)
    changed = [
        f.path
        for f in active
        if _differs(old_feeds.get(f.path), f)
        or f.id in greeted
        or f.id in redrawn
        or not numbers.isdisjoint(now[f.source].releases)
        or (f.parent and _differs(then.get(f.source), now[f.source]))
    ]
    old_tombstones = set(before.tombstones)
    edited_audio = [e.audio_path for e in after.episodes if e.id in edited and e.audio_path and not e.withdrawn]
    built = set(changed)
    heard = heard_folders(after, [feed for feed in active if feed.path in built])
    new_tombstones = [tombstone.path for tombstone in after.tombstones if tombstone not in old_tombstones]
    return removed + new_tombstones + list(dict.fromkeys(edited_audio + heard)) + changed


def _redrawn(before: Catalog, after: Catalog) -> Set[str]:
    """Return the ids of feeds whose named cover another one replaces, comes or goes."""
    names = {cover.name for cover in set(before.named_covers) ^ set(after.named_covers)}
    return {feed_id for feed_id, name in addressed_names(after).items() if name in names} if names else frozenset()


def _differs(before: Feed | None, after: Feed) -> bool:
    """Return whether a feed shows something else; when it expires is seen nowhere."""
    return before is None or (before != after and msgspec.structs.replace(before, expires=after.expires) != after)


def shown_revision(show: Show, path: str, revision: int) -> str:
    """Return what the feed at *path* shows of the catalog revision of its last change.

    It is another one after every change and never comes again, so that a builder sees that a feed is not the one that
    it has listed. It counts nothing: whoever has a feed learns neither how many there are nor how often others change.
    """
    return hashlib.sha256(f"{show.id}:{path}:{revision}".encode()).hexdigest()[:16]


def show_cover_url(catalog: Catalog, *, small: bool = False) -> str:
    """Return the address of the show's cover, as apps or (*small*) pages show it; "" before one was made."""
    return shared_cover_url(catalog.show, catalog.public_url, small=small)


def logo_url(catalog: Catalog) -> str:
    """Return the address of the brand's logo, "" where it has none."""
    logo = catalog.brand.logo
    return f"{catalog.public_url}/{catalog.show.art_token}/{logo_name(logo)}" if logo else ""
