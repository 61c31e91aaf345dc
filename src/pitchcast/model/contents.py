"""What each folder under ``public/`` holds, and which folders differ between two catalogs."""

import hashlib
from collections.abc import Iterable, Set
from datetime import UTC, datetime

import msgspec

from pitchcast.model.catalog import Catalog, Tombstone, addressed_names, feeds_showing, releases_of
from pitchcast.model.episode import Episode, greeted_episode
from pitchcast.model.feed import PUBLIC_FEED, Delivery, Feed, FeedContent, podcast_guid, shared_cover_url, team_of
from pitchcast.model.layout import cover_name, logo_name, photo_name
from pitchcast.model.objections import objectors
from pitchcast.model.personal import fill_brand, fill_episode, generic_brand
from pitchcast.model.preview import card_name
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand, NamedCover, Show

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Contents:
    """What each feed of one catalog holds; made once a catalog, so that many feeds are quick."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._episodes = {episode.id: episode for episode in catalog.episodes}
        self._releases = {release.number: release for release in catalog.releases}
        self._prospects = {prospect.id: prospect for prospect in catalog.prospects}
        self._feeds = {feed.id: feed for feed in catalog.feeds}
        self._active = {feed.path: feed for feed in _active_feeds(catalog)}
        self._tombstones = {tombstone.path: tombstone for tombstone in catalog.tombstones}
        self._shared = {episode.audio_path: episode for episode in _sharing_episodes(catalog)}
        self._greetings = {(greeting.feed, greeting.release): greeting for greeting in catalog.greetings}
        self._dates = {dated.revision: dated.at for dated in catalog.dates}
        self._named_covers = {cover.name: cover for cover in catalog.named_covers}
        self._suspended_until = {suspension.prospect: suspension.ends for suspension in catalog.suspensions}
        self._plain: dict[int, Delivery] = {}
        self._card_urls: dict[str, str] = {}
        self._objectors = objectors(catalog)
        self._uncounted_show = msgspec.structs.replace(catalog.show, counted="no")

    def of(self, feed: Feed) -> FeedContent:
        """Return everything that the feed's RSS and page are rendered from."""
        catalog = self._catalog
        prospect = self._addressed(feed)
        spoken_to = (team_of(catalog.brand, feed, prospect) or prospect.name) if prospect else ""
        named_cover = self._named_covers.get(spoken_to)
        source = self._feeds.get(feed.source, feed) if feed.parent else feed
        carried = [self._delivery(feed, number, prospect) for number in source.releases]
        deliveries = [delivery for delivery in carried if not delivery.episode.withdrawn]
        deliveries.sort(key=lambda delivery: delivery.date, reverse=True)
        # what is carried and withdrawn counts too: that it is heard no more is a change
        changed = max(feed.changed_revision, source.changed_revision, self._last_change(carried, named_cover))
        base_url = f"{catalog.public_url}/{feed.path}"
        content = FeedContent(
            show=self._uncounted_show if feed.prospect in self._objectors else catalog.show,
            brand=self._brand(prospect, deliveries),
            feed=feed,
            prospect=prospect,
            deliveries=tuple(deliveries),
            base_url=base_url,
            cover_url=show_cover_url(catalog),
            covers=_cover_urls(base_url, deliveries),
            kept=_kept_beside_feed(deliveries),
            revision=shown_revision(catalog.show, feed.path, changed),
            updated=self._updated(changed, deliveries),
            moved_to=self._moved_to(feed),
            logo_url=logo_url(catalog),
            small_cover_url=show_cover_url(catalog, small=True),
            photo_url=photo_url(catalog),
            preview_url=self._preview_url(deliveries[0].episode.id) if deliveries else "",
        )
        return content.with_own_cover(named_cover.artwork) if named_cover else content

    def _preview_url(self, episode_id: str) -> str:
        """Return the address of the card that chats show of an episode; it says nothing that is filled in."""
        if episode_id not in self._card_urls:
            catalog = self._catalog
            name = card_name(catalog, self._episodes[episode_id])
            self._card_urls[episode_id] = f"{catalog.public_url}/{catalog.show.art_token}/{name}"
        return self._card_urls[episode_id]

    def _last_change(self, carried: Iterable[Delivery], named_cover: NamedCover | None) -> int:
        """Return the last revision that changed anything a feed shows which is not the feed's own."""
        changes = [self._catalog.show.changed_revision]
        for delivery in carried:
            changes.append(delivery.episode.changed_revision)
            if delivery.greeting:
                changes.append(delivery.greeting.changed_revision)
        if self._catalog.moved:
            changes.append(self._catalog.moved.changed_revision)
        if named_cover:
            changes.append(named_cover.changed_revision)
        return max(changes)

    def _updated(self, changed: int, deliveries: Iterable[Delivery]) -> datetime | None:
        """Return when what a feed shows was changed last, as far as that is known; no episode is newer."""
        moments = [delivery.date for delivery in deliveries]
        if changed in self._dates:
            moments.append(self._dates[changed])
        return max(moments, default=None)

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
        content = self.of_tombstone(Tombstone(feed.path, guid, _LONG_AGO, feed.changed_revision, public, "moved"))
        return msgspec.structs.replace(content, moved_to=self._moved_to(feed))

    def of_tombstone(self, tombstone: Tombstone) -> FeedContent:
        """Return what an ended address still holds; it names no prospect."""
        catalog = self._catalog
        feed_id = PUBLIC_FEED if tombstone.public else "revoked"
        return FeedContent(
            show=catalog.show,
            brand=generic_brand(catalog.brand),
            feed=Feed(
                feed_id,
                tombstone.path,
                changed_revision=tombstone.changed_revision,
                state="revoked",
                guid=tombstone.guid,
            ),
            prospect=None,
            deliveries=(),
            base_url=f"{catalog.public_url}/{tombstone.path}",
            cover_url="",
            revision=shown_revision(
                catalog.show, tombstone.path, max(tombstone.changed_revision, catalog.show.changed_revision)
            ),
            ending=tombstone.ending,
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

    def suspended_until(self, feed: Feed) -> datetime | None:
        """Return when an open feed ends because a list lacked its prospect, None where none did."""
        return self._suspended_until.get(feed.prospect) if feed.state == "active" else None

    def _addressed(self, feed: Feed) -> Prospect | None:
        """Return whom the feed speaks to: a colleague by the name that was given, all else as the prospect."""
        prospect = self.prospect_of(feed)
        if prospect is None or not feed.name:
            return prospect
        return msgspec.structs.replace(
            prospect, name=feed.name, first_name=feed.name, email="", external_id="", external_id_kind=""
        )

    def _delivery(self, feed: Feed, number: int, prospect: Prospect | None) -> Delivery:
        """Return an episode as the feed has it: what is said to nobody in particular is one object for all feeds.

        A child's has no greeting: that was spoken for somebody else.
        """
        greeting = self._greetings.get((feed.id, number))
        if greeting is None and number in self._plain:
            return self._plain[number]
        release = self._releases[number]
        episode = self._episodes[release.episode]
        if greeting and greeting.episode_master_sha256 != episode.master.sha256:
            greeting = None
        personalised = episode.personalised
        if personalised:
            episode = fill_episode(episode, prospect)
        if greeting:
            episode = greeted_episode(episode, greeting)
        delivery = Delivery(
            episode=episode, date=release.date, release=number, greeting=greeting, public_number=release.public_number
        )
        if greeting is None and not personalised:
            self._plain[number] = delivery
        return delivery


def _cover_urls(base_url: str, deliveries: Iterable[Delivery]) -> dict[str, str]:
    """Return the addresses of the episodes' own covers in a feed's folder, in every size, by their SHA-256."""
    urls = {}
    for delivery in deliveries:
        cover = delivery.episode.cover
        for size in cover.sizes if cover else ():
            urls[size.sha256] = f"{base_url}/{cover_name(size)}"
    return urls


def _kept_beside_feed(deliveries: Iterable[Delivery]) -> tuple[str, ...]:
    """Return the names of replaced audio in a feed's own folder; what feeds share is kept in the shared one."""
    kept: list[str] = []
    for delivery in deliveries:
        if not delivery.audio_path:
            kept.extend(delivery.kept_names)
    return tuple(kept)


# ---- which folders there are


def folders(catalog: Catalog) -> list[str]:
    """Return the folders under ``public/`` that hold shared audio, a feed or a tombstone, in a stable order."""
    feeds = [feed.path for feed in _active_feeds(catalog)]
    ended = [tombstone.path for tombstone in catalog.tombstones]
    return [*shared_folders(catalog), *feeds, *ended]


def shared_folders(catalog: Catalog) -> list[str]:
    """Return the folders under ``public/`` with audio that feeds share; they are built before any feed."""
    return [episode.audio_path for episode in _sharing_episodes(catalog)]


def heard_folders(catalog: Catalog, feeds: Iterable[Feed]) -> list[str]:
    """Return the folders of shared audio that these feeds name."""
    sharing = _sharing_episodes(catalog)
    if not sharing:
        return []
    by_id = {feed.id: feed for feed in catalog.feeds}
    numbers: set[int] = set()
    for feed in feeds:
        numbers.update(by_id.get(feed.source, feed).releases)
    heard = {release.episode for release in catalog.releases if release.number in numbers}
    return [episode.audio_path for episode in sharing if episode.id in heard]


def carrying_folders(catalog: Catalog, episode_id: str) -> list[str]:
    """Return the folders under ``public/`` that show an episode: its shared audio first, then the feeds."""
    shared = [episode.audio_path for episode in _sharing_episodes(catalog) if episode.id == episode_id]
    return [*shared, *(feed.path for feed in feeds_showing(catalog, releases_of(catalog, episode_id)))]


def _active_feeds(catalog: Catalog) -> list[Feed]:
    return [feed for feed in catalog.feeds if feed.state == "active"]


def _sharing_episodes(catalog: Catalog) -> list[Episode]:
    """Return the episodes whose audio lies in a folder that feeds share."""
    return [episode for episode in catalog.episodes if episode.audio_path and not episode.withdrawn]


# ---- which folders differ


def concerned_paths(before: Catalog | None, after: Catalog) -> list[str]:
    """Return the folders under ``public/`` whose objects differ between two catalogs, in a stable order.

    First the folders that are removed, then ended addresses, shared audio and feeds: feeds name shared audio, so it
    must be there before them.
    """
    if before is None:
        return folders(after)
    there = set(folders(after))
    removed = [path for path in folders(before) if path not in there]
    if _every_folder_differs(before, after):
        return removed + folders(after)
    edited = _edited_episodes(before, after)
    feeds = _changed_feeds(before, after, edited)
    edited_audio = [episode.audio_path for episode in _sharing_episodes(after) if episode.id in edited]
    audio = dict.fromkeys([*edited_audio, *heard_folders(after, feeds)])
    return [*removed, *_new_tombstones(before, after), *audio, *(feed.path for feed in feeds)]


def _every_folder_differs(before: Catalog, after: Catalog) -> bool:
    """Return whether something changed that every feed and page shows."""
    show_before = msgspec.structs.replace(before.show, slug=after.show.slug)  # the slug is rendered nowhere
    shown_before = (show_before, before.brand, before.public_url, before.moved)
    return shown_before != (after.show, after.brand, after.public_url, after.moved)


def _edited_episodes(before: Catalog, after: Catalog) -> set[str]:
    """Return the ids of the episodes that were there and differ; a new one shows in the feeds that it was added to."""
    old = {episode.id: episode for episode in before.episodes}
    return {episode.id for episode in after.episodes if old.get(episode.id, episode) != episode}


def _changed_feeds(before: Catalog, after: Catalog, edited: Set[str]) -> list[Feed]:
    """Return the active feeds that show something else than before; *edited* are ids of episodes."""
    touched = _greeted_anew(before, after) | _redrawn(before, after)
    then_at = {feed.path: feed for feed in _active_feeds(before)}
    changed_sources = _changed_sources(before, after, edited)
    return [
        feed
        for feed in _active_feeds(after)
        if feed.id in touched or feed.source in changed_sources or _differs(then_at.get(feed.path), feed)
    ]


def _changed_sources(before: Catalog, after: Catalog, edited: Set[str]) -> set[str]:
    """Return the ids of feeds that hold an edited episode, or whose colleagues' feeds show something else with them."""
    edited_releases = {release.number for release in after.releases if release.episode in edited}
    then = {feed.id: feed for feed in before.feeds}
    followed = {feed.source for feed in after.feeds if feed.parent}
    changed = set()
    for feed in after.feeds:
        holds_edited = not edited_releases.isdisjoint(feed.releases)
        if holds_edited or (feed.id in followed and _differs(then.get(feed.id), feed)):
            changed.add(feed.id)
    return changed


def _greeted_anew(before: Catalog, after: Catalog) -> set[str]:
    """Return the ids of feeds in which a greeting comes, goes or is another one."""
    return {greeting.feed for greeting in set(before.greetings) ^ set(after.greetings)}


def _redrawn(before: Catalog, after: Catalog) -> set[str]:
    """Return the ids of feeds whose cover with a name comes, goes or is another one."""
    names = {cover.name for cover in set(before.named_covers) ^ set(after.named_covers)}
    if not names:
        return set()
    return {feed_id for feed_id, name in addressed_names(after).items() if name in names}


def _differs(before: Feed | None, after: Feed) -> bool:
    """Return whether a feed shows something else; when it expires is seen nowhere."""
    if before is None:
        return True
    return before != after and msgspec.structs.replace(before, expires=after.expires) != after


def _new_tombstones(before: Catalog, after: Catalog) -> list[str]:
    old = set(before.tombstones)
    return [tombstone.path for tombstone in after.tombstones if tombstone not in old]


# ---- what folders show of the catalog


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


def photo_url(catalog: Catalog) -> str:
    """Return the address of the host's photo, "" where there is none."""
    photo = catalog.show.photo
    return f"{catalog.public_url}/{catalog.show.art_token}/{photo_name(photo)}" if photo else ""
