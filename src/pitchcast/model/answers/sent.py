"""What was sent to whom, when and by whom, as the catalog has it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from pitchcast.model.answers.base import Answer, Named
from pitchcast.model.catalog import Catalog, Release
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED, Access, Feed, State
from pitchcast.model.writer import name_in

_NAMED = 5


class SentEpisode(Answer, frozen=True):
    """An episode that somebody was sent: when, and by whom; ``greeting`` says whether words for them come first.

    A ``withdrawn`` one is heard no more.
    """

    episode: Named
    date: datetime
    who: str
    greeting: bool
    withdrawn: bool


class Recipient(Answer, frozen=True):
    """Who was sent an episode, when and by whom: one feed.

    ``prospect`` is None for the public feed. A colleague's feed has the id of the feed that it was passed on from as
    ``parent``, and as ``passed_on_by`` the name of whoever passed it on; it follows the prospect's feed, and its date
    is that of the prospect. ``name`` is the prospect's or the colleague's, "" for a spare link and the public feed.
    """

    feed: str
    prospect: Named | None
    name: str
    access: Access
    state: State
    date: datetime
    who: str
    parent: str
    passed_on_by: str


class SeenSince(Answer, frozen=True):
    """What was seen after something was sent: how many prospects opened their page, played the episode, and tapped.

    Colleagues to whom a feed was passed on count with its prospect.
    """

    opened: int
    played: int
    tapped: int


class Sending(Answer, frozen=True):
    """One act of publishing or delivering: which episode, when, by whom, and to whom.

    ``feeds`` is how many feeds hold it, colleagues' not counted; ``prospects`` are the first five. ``public`` says
    whether the public feed is one of them. ``seen`` is what access logs say, None where nothing was looked up.
    """

    episode: Named
    date: datetime
    who: str
    prospects: tuple[Named, ...]
    feeds: int
    public: bool
    withdrawn: bool
    seen: SeenSince | None = None


def sent_episodes(catalog: Catalog, feed: Feed) -> tuple[SentEpisode, ...]:
    """Return what a prospect's feed was given, latest first; what was undone is not known any more."""
    numbers = frozenset(feed.releases)
    releases = [release for release in catalog.releases if release.number in numbers]
    greeted = {greeting.release for greeting in catalog.greetings if greeting.feed == feed.id}
    episodes = {episode.id: episode for episode in catalog.episodes}
    sent = [
        SentEpisode(
            episode=Named(id=release.episode, name=episodes[release.episode].title),
            date=release.date,
            who=name_in(release.who),
            greeting=release.number in greeted,
            withdrawn=episodes[release.episode].withdrawn,
        )
        for release in releases
    ]
    return tuple(sorted(sent, key=lambda one: one.date, reverse=True))


def recipients_of(catalog: Catalog, episode_id: str) -> tuple[Recipient, ...]:
    """Return everybody who was sent an episode, first sent first, colleagues behind whoever passed it on to them."""
    releases = {release.number: release for release in catalog.releases if release.episode == episode_id}
    held = _releases_held(catalog.feeds, releases)
    names = {prospect.id: prospect.name for prospect in catalog.prospects}
    feeds = {feed.id: feed for feed in catalog.feeds}

    def recipient(feed: Feed) -> Recipient:
        release, parent = held[feed.source], feeds.get(feed.parent)
        return Recipient(
            feed=feed.id,
            prospect=Named(id=feed.prospect, name=names[feed.prospect]) if feed.prospect else None,
            name=_name(feed, names),
            access=feed.access,
            state=feed.state,
            date=release.date,
            who=name_in(release.who),
            parent=feed.parent,
            passed_on_by=(_name(parent, names) or parent.id) if parent else "",
        )

    children = _children_of(catalog.feeds)
    own = [feed for feed in catalog.feeds if feed.id in held]
    own.sort(key=lambda feed: held[feed.id].date)
    return tuple(recipient(one) for feed in own for one in _with_children(feed, children))


def sendings(catalog: Catalog, releases: Iterable[Release]) -> tuple[Sending, ...]:
    """Return what these releases of a catalog sent to whom, in their order."""
    wanted = {release.number: release for release in releases}
    holding: dict[int, list[Feed]] = {number: [] for number in wanted}
    for feed in catalog.feeds:
        for number in feed.releases:
            if number in holding:
                holding[number].append(feed)
    names = {prospect.id: prospect.name for prospect in catalog.prospects}
    episodes = {episode.id: episode for episode in catalog.episodes}
    return tuple(
        _sending(release, episodes[release.episode], holding[number], names) for number, release in wanted.items()
    )


def _sending(release: Release, episode: Episode, holding: Sequence[Feed], names: Mapping[str, str]) -> Sending:
    """Return one release as an answer; *holding* are the feeds that hold it, *names* those of prospects by id."""
    prospects = [feed.prospect for feed in holding if feed.prospect]
    return Sending(
        episode=Named(id=episode.id, name=episode.title),
        date=release.date,
        who=name_in(release.who),
        prospects=tuple(Named(id=prospect, name=names[prospect]) for prospect in prospects[:_NAMED]),
        feeds=len(holding),
        public=any(feed.id == PUBLIC_FEED for feed in holding),
        withdrawn=episode.withdrawn,
    )


def _releases_held(feeds: Iterable[Feed], releases: Mapping[int, Release]) -> dict[str, Release]:
    """Return, for each feed that holds one of these releases, the first of them, by the feed's id."""
    held = {}
    for feed in feeds:
        first = next((number for number in feed.releases if number in releases), None)
        if first is not None:
            held[feed.id] = releases[first]
    return held


def _children_of(feeds: Iterable[Feed]) -> dict[str, list[Feed]]:
    """Return the feeds that were passed on, by the id of the feed that they were passed on from."""
    children: dict[str, list[Feed]] = {}
    for feed in feeds:
        if feed.parent:
            children.setdefault(feed.parent, []).append(feed)
    return children


def _with_children(feed: Feed, children: Mapping[str, Iterable[Feed]]) -> Iterator[Feed]:
    """Yield a feed, and behind it whatever was passed on from it, at any number of steps."""
    yield feed
    for child in children.get(feed.id, ()):
        yield from _with_children(child, children)


def _name(feed: Feed, names: Mapping[str, str]) -> str:
    return feed.name if feed.parent else names.get(feed.prospect, "")
