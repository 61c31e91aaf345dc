"""The catalog: the one document that says what exists, and how things in it are found."""

import hashlib
from collections.abc import Iterable, Mapping, Set
from datetime import datetime, timedelta

import msgspec

from pitchcast.errors import CatalogError, UnknownName
from pitchcast.invocation import pitchcast_command
from pitchcast.model.base import Record, Row
from pitchcast.model.episode import Episode, Greeting
from pitchcast.model.feed import Ending, Feed, team_of
from pitchcast.model.lookup import Names, meant_episode
from pitchcast.model.naming import compare_form
from pitchcast.model.personal import asked_fields
from pitchcast.model.place import Moved, Place
from pitchcast.model.prospect import Mention, Prospect
from pitchcast.model.show import Brand, NamedCover, Show

FORMAT = 4
"""The shape of the catalog; a pitchcast that knows only older ones refuses to touch it."""

RENDERER = 5
"""Grows when feeds or pages render to other bytes; an older pitchcast must not build what a newer one built."""


class Release(Row, frozen=True):
    """One act of publishing or delivering: an episode, when and by whom, and the prospects it created.

    ``public_number`` stands for the number in the names of files, which tell nothing of how many releases there are; 0
    in a release of an earlier pitchcast, whose files keep their names.
    """

    number: int
    episode: str
    date: datetime
    who: str
    created: tuple[str, ...] = ()
    public_number: int = 0


class Saved(Record, frozen=True):
    """When, by whom and for what a revision was written."""

    at: datetime
    who: str
    what: str


class Dated(Row, frozen=True):
    """When a revision was written that last changed something that feeds show."""

    revision: int
    at: datetime


class Tombstone(Row, frozen=True):
    """An ended address: a folder that says for a while that what was there is no longer available; it names nobody.

    ``guid`` is the podcast:guid of the feed that was there, ``changed_revision`` the catalog revision that ended it,
    ``ending`` why, as its page says it.
    """

    path: str
    guid: str
    ended_at: datetime
    changed_revision: int
    public: bool = False
    ending: Ending = "closed"


class Suspension(Row, frozen=True):
    """A prospect whom a list lacked: ``since`` when, and when the prospect's links end unless a list names it again."""

    prospect: str
    since: datetime
    ends: datetime


class Intent(Row, frozen=True):
    """What one writing command wanted, by which an interrupted one is known again: carried out, or given up.

    ``command`` is the digest of what was typed, ``revision`` the one that it led to, ``at`` when. One that is
    ``cancelled`` can never be carried out any more.
    """

    id: str
    who: str
    command: str
    revision: int
    at: datetime
    cancelled: bool = False


class Catalog(Record, frozen=True):
    """What exists in a show.

    ``nonce`` is new in every revision, so that a writer recognises its own. ``episodes`` and ``releases`` are oldest
    first. ``retired_paths`` are folders under ``public/`` that are never used again, also those of feeds revoked at
    present. ``tombstones`` are the ended addresses that still say so; ``erased_paths`` the folders of prospects that
    were removed, by which they are known in earlier catalogs. ``public_url`` is the address of ``public/``, without a
    slash at the end. ``writer`` is the one who may write where the storage cannot compare and swap, else "". ``moved``
    is set where the show lies elsewhere now; ``former_places`` are those that it came from and whose feeds still name
    the new addresses.
    ``greetings`` are those of the deliveries that begin with one, oldest first.
    ``named_covers`` are the covers that carry a name, where the show has one for each prospect.
    ``intents`` are those of the last 30 days, oldest first. ``suspensions`` are those of prospects with an open feed.
    ``uncounted_paths`` are folders of prospects of whom nothing is read from access logs: the first of their own feed,
    which names nobody else ever. See objections.py.
    ``dates`` are those of the revisions by which anything here was changed last, oldest first; earlier pitchcasts kept
    none.
    """

    format: int
    renderer: int
    revision: int
    nonce: str
    saved: Saved
    show: Show
    public_url: str
    next_release: int
    brand: Brand = Brand()
    episodes: tuple[Episode, ...] = ()
    releases: tuple[Release, ...] = ()
    prospects: tuple[Prospect, ...] = ()
    feeds: tuple[Feed, ...] = ()
    retired_paths: tuple[str, ...] = msgspec.field(name="retired", default=())
    writer: str = ""
    tombstones: tuple[Tombstone, ...] = ()
    erased_paths: tuple[str, ...] = msgspec.field(name="erased", default=())
    moved: Moved | None = None
    former_places: tuple[Place, ...] = msgspec.field(name="left", default=())
    greetings: tuple[Greeting, ...] = ()
    named_covers: tuple[NamedCover, ...] = ()
    intents: tuple[Intent, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    uncounted_paths: tuple[str, ...] = msgspec.field(name="uncounted", default=())
    dates: tuple[Dated, ...] = ()


class Audience(Record, frozen=True):
    """Whom an episode is for, as it was asked for; it is looked up in the catalog of the moment.

    Where it ``may_be_empty``, segments in which nobody is are left out.
    """

    to: tuple[Mention, ...] = ()
    segments: tuple[str, ...] = ()
    everyone: bool = False
    public: bool = False
    existing_only: bool = False
    may_be_empty: bool = False


class Resolved(Record, frozen=True):
    """Whom an audience means in one catalog: feeds that exist, prospects still to be created, feeds left out."""

    feeds: tuple[Feed, ...]
    new: tuple[Mention, ...]
    public: bool
    skipped: tuple[str, ...] = ()


INTENTS_KEPT = timedelta(days=30)
"""How long the catalog remembers an intent; a process that slept for longer must not commit any more."""


def with_date(catalog: Catalog, at: datetime) -> Catalog:
    """Return a catalog that knows when its revision was written, and of earlier ones only what feeds still show."""
    shown = _shown_revisions(catalog)
    kept = [dated for dated in catalog.dates if dated.revision in shown and dated.revision != catalog.revision]
    if catalog.revision in shown:
        kept.append(Dated(catalog.revision, at))
    return msgspec.structs.replace(catalog, dates=tuple(kept))


def _shown_revisions(catalog: Catalog) -> set[int]:
    """Return the revisions by which something that feeds show was changed last."""
    shown = {catalog.show.changed_revision}
    if catalog.moved:
        shown.add(catalog.moved.changed_revision)
    for changed in (catalog.episodes, catalog.feeds, catalog.greetings, catalog.named_covers):
        shown.update(one.changed_revision for one in changed)
    return shown


# ---- looking things up


def next_revision(catalog: Catalog) -> int:
    """Return the revision that a step on this catalog leads to."""
    return catalog.revision + 1


def public_number_of(catalog: Catalog, number: int) -> int:
    """Return what stands in public for a number that counts the whole show's changes or releases.

    Different numbers have different ones, for the same number it is always the same. Nobody can get the number back:
    the show's id is random and in no public object.
    """
    digest = hashlib.sha256(f"{catalog.show.id}:{number}".encode()).digest()
    return 1 + int.from_bytes(digest[:6])


def find_intent(catalog: Catalog, intent_id: str) -> Intent | None:
    """Return what became of an intent, or None where it was neither carried out nor given up."""
    return next((intent for intent in catalog.intents if intent.id == intent_id), None)


def with_intents(catalog: Catalog, intents: Iterable[Intent], now: datetime) -> Catalog:
    """Return a catalog that remembers these intents too, and no longer those that are too old to matter."""
    kept = tuple(intent for intent in catalog.intents if intent.at + INTENTS_KEPT > now)
    return msgspec.structs.replace(catalog, intents=(*kept, *intents))


def find_feed(catalog: Catalog, feed_id: str) -> Feed | None:
    """Return the feed of that id, or None."""
    return next((feed for feed in catalog.feeds if feed.id == feed_id), None)


def addressed_names(catalog: Catalog) -> dict[str, str]:
    """Return whom each open private feed speaks to, by the feed's id: a colleague, a company's team or the prospect."""
    prospects = {prospect.id: prospect for prospect in catalog.prospects}
    addressed = {}
    for feed in catalog.feeds:
        is_open_private = feed.state == "active" and feed.access == "private"
        prospect = prospects.get(feed.prospect)
        name = feed.name or ((team_of(catalog.brand, feed, prospect) or prospect.name) if prospect else "")
        if is_open_private and name:
            addressed[feed.id] = name
    return addressed


def find_release(catalog: Catalog, number: int) -> Release | None:
    """Return the release of that number, or None."""
    return next((release for release in catalog.releases if release.number == number), None)


def find_recording(catalog: Catalog, recording: str, repeat: int) -> Episode | None:
    """Return the episode made from that recording (SHA-256) for the *repeat*-th time, or None."""
    return next((e for e in catalog.episodes if e.recording_sha256 == recording and e.repeat == repeat), None)


def find_guid(catalog: Catalog, guid: str) -> Episode | None:
    """Return the episode of that guid, which no other one ever gets, or None."""
    return next((episode for episode in catalog.episodes if episode.guid == guid), None)


def one_prospect(catalog: Catalog, mention: Mention) -> Prospect:
    """Return the one prospect that is meant. Raises UnknownName or AmbiguousName, listing the candidates."""
    return Names(catalog.prospects, catalog.feeds).prospect(mention)


def one_feed(catalog: Catalog, who: str) -> Feed:
    """Return the one feed that is meant: by its id, its prospect, or the colleague whom it was passed on to.

    Raises UnknownName or AmbiguousName, listing the candidates.
    """
    return Names(catalog.prospects, catalog.feeds).feed(who)


def one_episode(catalog: Catalog, name: str) -> Episode:
    """Return the one episode that is meant by id, guid, title or a part of it.

    Raises UnknownName or AmbiguousName, listing the candidates.
    """
    return meant_episode(catalog.episodes, name)


def one_heard_episode(catalog: Catalog, name: str) -> Episode:
    """Return the one episode that is meant. Raises what one_episode raises, CatalogError where it was withdrawn."""
    episode = one_episode(catalog, name)
    if episode.withdrawn:
        again = pitchcast_command("publish RECORDING --again --to WHO")
        raise CatalogError(f"{episode.id} is withdrawn", hint=f"Publish its recording again with: {again}")
    return episode


def prospect_with_id(catalog: Catalog, prospect_id: str) -> Prospect:
    """Return the prospect that a command has decided on. Raises UnknownName where it was removed meanwhile."""
    found = next((prospect for prospect in catalog.prospects if prospect.id == prospect_id), None)
    if found is None:
        raise UnknownName(
            f"the prospect {prospect_id} is gone", hint=f"See who there is: {pitchcast_command('prospects list')}"
        )
    return found


def episode_with_id(catalog: Catalog, episode_id: str) -> Episode:
    """Return the episode that a command has decided on. Raises UnknownName where it was taken back meanwhile."""
    found = next((episode for episode in catalog.episodes if episode.id == episode_id), None)
    if found is None:
        raise UnknownName(
            f"the episode {episode_id} is gone", hint=f"See them all with: {pitchcast_command('episodes list')}"
        )
    return found


def releases_of(catalog: Catalog, episode_id: str) -> set[int]:
    """Return the numbers of the releases that carry the episode."""
    return {release.number for release in catalog.releases if release.episode == episode_id}


def feeds_showing(catalog: Catalog, numbers: Set[int]) -> list[Feed]:
    """Return the active feeds that show one of these releases; a child shows what its prospect's own feed holds."""
    holding = {feed.id for feed in catalog.feeds if not numbers.isdisjoint(feed.releases)}
    return [feed for feed in catalog.feeds if feed.state == "active" and feed.source in holding]


def resolve_audience(catalog: Catalog, audience: Audience) -> Resolved:
    """Return whom an audience means in this catalog.

    Raises UnknownName (an unknown bare address, a newcomer where only existing prospects are wanted, a segment
    without members), AmbiguousName, or CatalogError for a revoked prospect named outright; in a segment those are
    left out and named.
    """
    feeds = {feed.id: feed for feed in catalog.feeds}
    chosen, new = _mentioned(catalog, audience, feeds)
    members = _members(catalog, audience, feeds)
    chosen |= {feed.id: feed for feed in members if feed.state == "active"}
    skipped = tuple(feed.id for feed in members if feed.state == "revoked")
    return Resolved(feeds=tuple(chosen.values()), new=tuple(new.values()), public=audience.public, skipped=skipped)


def _mentioned(
    catalog: Catalog, audience: Audience, feeds: Mapping[str, Feed]
) -> tuple[dict[str, Feed], dict[str, Mention]]:
    """Return the feeds of the prospects that an audience names outright, by id, and the newcomers that it names."""
    names = Names(catalog.prospects, catalog.feeds)
    chosen: dict[str, Feed] = {}
    new: dict[str, Mention] = {}
    for mention in audience.to:
        if not names.find(mention):
            _check_newcomer(mention, audience, names)
            new.setdefault(compare_form(str(mention)), mention)
            continue
        feed = feeds[names.prospect(mention).id]
        refuse_revoked(feed)
        chosen[feed.id] = feed
    return chosen, new


def refuse_revoked(feed: Feed) -> None:
    """Raise CatalogError where a feed is revoked: what comes into it now would reach nobody."""
    if feed.state == "revoked":
        raise CatalogError(
            f"the feed of {feed.id} is revoked",
            hint=f"Give it a new address with: {pitchcast_command('feeds restore', feed.id)}",
        )


def _members(catalog: Catalog, audience: Audience, feeds: Mapping[str, Feed]) -> list[Feed]:
    """Return the feeds of those who are in the audience's segments, or of everyone, in whatever state."""
    empty = empty_segments(catalog, audience) if audience.may_be_empty else ()
    segments = [segment for segment in audience.segments if segment not in empty]
    return [feeds[p.id] for p in members_of(catalog, segments, everyone=audience.everyone)]


def _check_newcomer(mention: Mention, audience: Audience, names: Names) -> None:
    child = next(iter(names.colleagues(mention)), None)
    if child:
        somebody_else = f" For somebody else of that name, add an address: “{child.name} <…>”." if child.name else ""
        raise CatalogError(
            f"{child.id} was passed on from {child.parent} and follows it by itself",
            hint=f"Publish for {child.prospect}: all who got it from there hear it too.{somebody_else}",
        )
    if audience.existing_only:
        unknown, otherwise = f"no prospect is called “{mention}”", "Leave --existing-only out to create one."
        raise names.unknown(mention, unknown, otherwise)
    if not mention.name:
        unknown, otherwise = (
            f"nobody has the address {mention.email}",
            f'Give a name with it: --to "Name <{mention.email}>"',
        )
        raise names.unknown(mention, unknown, otherwise)


def empty_segments(catalog: Catalog, audience: Audience) -> tuple[str, ...]:
    """Return those segments of an audience that nobody is in."""
    there = {tag.casefold() for prospect in catalog.prospects for tag in prospect.segments}
    return tuple(segment for segment in audience.segments if segment.casefold() not in there)


def members_of(catalog: Catalog, segments: Iterable[str], *, everyone: bool) -> tuple[Prospect, ...]:
    """Return the prospects in any of the segments, each once, or all there are. Raises UnknownName for an empty one."""
    if everyone:
        return catalog.prospects
    found: dict[str, Prospect] = {}
    for segment in segments:
        members = [prospect for prospect in catalog.prospects if prospect.is_in(segment)]
        if not members:
            raise UnknownName(
                f"nobody is in the segment “{segment}”", hint=f"See who is: {pitchcast_command('prospects list')}"
            )
        found |= {p.id: p for p in members}
    return tuple(found.values())


def fields_needed(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return, for each prospect who has personalised episodes, the fields that their texts ask for.

    What was passed on from a prospect's feed has no releases of its own and asks for nothing further.
    """
    asked = {episode.id: asked_fields(episode, catalog.brand) for episode in catalog.episodes}
    by_release = {r.number: asked[r.episode] for r in catalog.releases if asked.get(r.episode)}
    if not by_release:
        return {}
    needed: dict[str, frozenset[str]] = {}
    for feed in catalog.feeds:
        fields = frozenset[str]().union(*(by_release.get(number, ()) for number in feed.releases))
        if feed.prospect and fields:
            needed[feed.prospect] = fields
    return needed


def new_addresses(catalog: Catalog, audience: Audience) -> dict[str, str]:
    """Return the addresses that an audience gives for prospects who have none, by the prospects' ids."""
    names = Names(catalog.prospects, catalog.feeds)
    addresses = {}
    for mention in audience.to:
        if not (mention.name and mention.email):
            continue
        found = names.find(mention)
        is_one_without = len(found) == 1 and not found[0].email
        if is_one_without:
            addresses[found[0].id] = mention.email
    return addresses


def used_paths(catalog: Catalog) -> set[str]:
    """Return every folder under ``public/`` that is or was in use."""
    shared = {episode.audio_path for episode in catalog.episodes}
    return {feed.path for feed in catalog.feeds} | set(catalog.retired_paths) | {catalog.show.art_token} | shared
