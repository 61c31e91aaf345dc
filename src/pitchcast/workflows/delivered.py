"""What is told of feeds that an episode was delivered to: by publish and by deliver alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pitchcast.errors import CatalogError, ObjectMissing
from pitchcast.model.answers.publish import PublishedFeed, PublishedFor, answer_greeting
from pitchcast.model.catalog import Audience, Catalog, find_feed, new_addresses, releases_of, resolve_audience
from pitchcast.model.contents import Contents
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.layout import master_key
from pitchcast.model.lookup import Names
from pitchcast.model.naming import compare_form
from pitchcast.model.prospect import Mention, similar_prospects
from pitchcast.site.project import Project


@dataclass(frozen=True, slots=True)
class Delivered:
    """Who got what: the catalog before and after, the episode as it is after, and whom it was for.

    ``similar`` gives, for each prospect that was created, ids of those with nearly that name. Releases from the number
    ``since`` on are the command's own, or came while it ran.
    """

    before: Catalog
    after: Catalog
    episode: Episode
    audience: Audience
    similar: Mapping[str, tuple[str, ...]]
    since: int


def find_similar(catalog: Catalog, new: Iterable[Mention]) -> dict[str, tuple[str, ...]]:
    """Return, for each prospect that would be created, ids of those with nearly that name."""
    return {mention.name: tuple(p.id for p in similar_prospects(catalog.prospects, mention.name)) for mention in new}


def told_addresses(catalog: Catalog, audience: Audience) -> list[str]:
    """Return a sentence for each address that is kept with a prospect who had none."""
    return [f"{who} had no address: {email} is kept" for who, email in new_addresses(catalog, audience).items()]


def told_names(catalog: Catalog, audience: Audience) -> list[str]:
    """Return a sentence for each name that means a prospect only without legal form, or with its words reordered."""
    names = Names(catalog.prospects, catalog.feeds)
    loose = [(mention, names.find(mention)) for mention in audience.to if not names.find_exactly(mention)]
    return [f"“{mention}” was taken for {found[0].name} ({found[0].id})" for mention, found in loose if found]


def meaning_of(audience: Audience) -> dict[str, object]:
    """Return an audience so that it does not matter how names are written, or in which order."""
    return {
        "to": sorted(compare_form(str(mention)) for mention in audience.to),
        "segments": sorted(segment.casefold() for segment in audience.segments),
        "everyone": audience.everyone,
        "public": audience.public,
    }


def folders_of(catalog: Catalog, episode: Episode | None, audience: Audience) -> list[str]:
    """Return the folders that must be right for an audience to hear the episode: its shared audio, and the feeds."""
    if episode is None:
        return []
    resolved = resolve_audience(catalog, audience)
    public = [feed.path for feed in catalog.feeds if feed.id == PUBLIC_FEED and audience.public]
    shared = [episode.audio_path] if episode.audio_path else []
    return [*shared, *(feed.path for feed in resolved.feeds), *public]


def check_master(project: Project, episode: Episode) -> None:
    """Raise CatalogError where an episode's finished audio is missing: it could reach nobody further."""
    key = master_key(episode.master.sha256)
    try:
        project.bucket.head(key)
    except ObjectMissing as error:
        raise CatalogError(
            f"the audio of “{episode.title}” is missing: {project.bucket.url}/{key}",
            hint="Put it back from a public copy, where there is one: pitchcast doctor --repair",
        ) from error


def published_feeds(delivered: Delivered) -> tuple[PublishedFeed, ...]:
    """Return the audience's feeds that hold the episode now."""
    after, audience = delivered.after, delivered.audience
    feeds = list(resolve_audience(after, audience).feeds)
    public = find_feed(after, PUBLIC_FEED)
    if audience.public and public:
        feeds.append(public)
    numbers = releases_of(after, delivered.episode.id)
    before = {feed.id: feed for feed in delivered.before.feeds}
    ours = [r for r in after.releases if r.number in numbers and r.number >= delivered.since]
    created = {prospect_id for release in ours for prospect_id in release.created}
    contents = Contents(after)
    return tuple(
        _published_feed(delivered, contents, feed, before.get(feed.id), created=feed.prospect in created)
        for feed in feeds
        if not numbers.isdisjoint(feed.releases)
    )


def _published_feed(
    delivered: Delivered, contents: Contents, feed: Feed, before: Feed | None, *, created: bool
) -> PublishedFeed:
    content = contents.of(feed)
    delivery = next(d for d in content.deliveries if d.episode.id == delivered.episode.id)
    prospect = content.prospect
    return PublishedFeed(
        prospect=PublishedFor(
            id=prospect.id,
            name=prospect.name,
            created=created,
            similar=delivered.similar.get(prospect.name, ()),
        )
        if prospect
        else None,
        access=feed.access,
        feed_url=content.feed_url,
        page_url=content.page_url,
        audio_url=content.audio_url(delivery),
        new=any(number >= delivered.since for number in feed.releases) or before is None,
        episodes=len(content.deliveries),
        duration_s=round(delivery.episode.master.duration_s, 3),
        size_bytes=delivery.episode.master.size_bytes,
        sha256=delivery.episode.master.sha256,
        greeting=answer_greeting(delivery.greeting) if delivery.greeting else None,
    )
