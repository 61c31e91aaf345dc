"""The catalog: the one document that says what exists, and the steps that lead from one catalog to the next.

Every step is a pure function that is run again on a newer catalog when a race was lost, so it takes what is wanted
("this recording, for these people"), never a result computed from an older catalog.
"""

import hashlib
from collections.abc import Callable, Container, Iterable, Set
from datetime import UTC, datetime, timedelta

import msgspec

from pitchcast.errors import AmbiguousName, CatalogError, UnknownName
from pitchcast.model.base import Record, Row
from pitchcast.model.episode import Episode, Greeting, greeted_episode
from pitchcast.model.feed import (
    PUBLIC_FEED,
    Delivery,
    Ending,
    Feed,
    FeedContent,
    cover_name,
    logo_name,
    podcast_guid,
    shared_cover_url,
)
from pitchcast.model.naming import compare_form, make_slug, unique
from pitchcast.model.personal import asked_fields, check_texts, fill_brand, fill_episode, generic_brand
from pitchcast.model.place import Moved, Place
from pitchcast.model.prospect import Mention, Prospect, find_prospects
from pitchcast.model.show import Brand, NamedCover, Show

FORMAT = 2
"""The shape of the catalog; a pitchcast that knows only older ones refuses to touch it."""

RENDERER = 3
"""Grows when feeds or pages render to other bytes; an older pitchcast must not build what a newer one built."""


class Release(Row, frozen=True):
    """One act of publishing or delivering: an episode, when and by whom, and the prospects it created.

    ``veil`` stands for the number in the names of files, which tell nothing of how many releases there are; 0 in a
    release of an earlier pitchcast, whose files keep their names.
    """

    number: int
    episode: str
    date: datetime
    who: str
    created: tuple[str, ...] = ()
    veil: int = 0


class Saved(Record, frozen=True):
    """When, by whom and for what a revision was written."""

    at: datetime
    who: str
    what: str


class Tombstone(Row, frozen=True):
    """An ended address: a folder that says for a while that what was there is no longer available; it names nobody.

    ``guid`` is the podcast:guid of the feed that was there, ``at`` when it ended, ``changed`` the catalog revision of
    that, ``why`` what its page says.
    """

    path: str
    guid: str
    at: datetime
    changed: int
    public: bool = False
    why: Ending = "closed"


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
    first. ``retired`` are folders under ``public/`` that are never used again, also those of feeds revoked at present.
    ``tombstones`` are the ended addresses that still say so; ``erased`` those of prospects that were removed, by which
    they are known in earlier catalogs. ``public_url`` is the address of ``public/``, without a slash at the end.
    ``writer`` is the one who may write where the storage cannot compare and swap, else "". ``moved`` is set where the
    show lies elsewhere now; ``left`` are the places that it came from and whose feeds still name the new addresses.
    ``greetings`` are those of the deliveries that begin with one, oldest first.
    ``named_covers`` are the covers that carry a name, where the show has one for each prospect.
    ``intents`` are those of the last 30 days, oldest first.
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
    retired: tuple[str, ...] = ()
    writer: str = ""
    tombstones: tuple[Tombstone, ...] = ()
    erased: tuple[str, ...] = ()
    moved: Moved | None = None
    left: tuple[Place, ...] = ()
    greetings: tuple[Greeting, ...] = ()
    named_covers: tuple[NamedCover, ...] = ()
    intents: tuple[Intent, ...] = ()


class Audience(Record, frozen=True):
    """Whom an episode is for, as it was asked for; it is looked up in the catalog of the moment."""

    to: tuple[Mention, ...] = ()
    segments: tuple[str, ...] = ()
    everyone: bool = False
    public: bool = False
    existing_only: bool = False


class Resolved(Record, frozen=True):
    """Whom an audience means in one catalog: feeds that exist, prospects still to be created, feeds left out."""

    feeds: tuple[Feed, ...]
    new: tuple[Mention, ...]
    public: bool
    skipped: tuple[str, ...] = ()


INTENTS_KEPT = timedelta(days=30)
"""How long the catalog remembers an intent; a process that slept for longer must not commit any more."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

NewToken = Callable[[], str]


# ---- looking things up


def next_revision(catalog: Catalog) -> int:
    """Return the revision that a step on this catalog leads to."""
    return catalog.revision + 1


def veiled(catalog: Catalog, number: int) -> int:
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
    """Return the name that each open private feed speaks to, by the feed's id: a colleague's, or the prospect's."""
    names = {prospect.id: prospect.name for prospect in catalog.prospects}
    private = (feed for feed in catalog.feeds if feed.state == "active" and feed.access == "private")
    found = {feed.id: feed.name or names.get(feed.prospect, "") for feed in private}
    return {feed_id: name for feed_id, name in found.items() if name}


def find_recording(catalog: Catalog, recording: str, again: int) -> Episode | None:
    """Return the episode made from that recording (SHA-256) for the *again*-th time, or None."""
    return next((e for e in catalog.episodes if e.recording == recording and e.again == again), None)


def find_guid(catalog: Catalog, guid: str) -> Episode | None:
    """Return the episode of that guid, which no other one ever gets, or None."""
    return next((episode for episode in catalog.episodes if episode.guid == guid), None)


def refuse_replaced(catalog: Catalog, recording: str, again: int) -> None:
    """Raise CatalogError where that recording is what an episode sounded like before its audio was replaced."""
    for episode in catalog.episodes:
        if any((old.recording, old.again) == (recording, again) for old in episode.replaced):
            raise CatalogError(
                f"this recording was replaced by another one in “{episode.title}”",
                hint="Publish the newer recording, or this one as an episode of its own with --again.",
            )


def one_prospect(catalog: Catalog, mention: Mention) -> Prospect:
    """Return the one prospect that is meant. Raises UnknownName or AmbiguousName, listing the candidates."""
    found = find_prospects(catalog.prospects, mention)
    if not found:
        raise UnknownName(f"no prospect is called “{mention}”", hint="See them all with: pitchcast prospects list")
    if len(found) > 1:
        raise AmbiguousName(
            f"“{mention}” means several prospects: {', '.join(map(_told_apart, found))}", hint="Use one of these ids."
        )
    return found[0]


def _told_apart(prospect: Prospect) -> str:
    known = ", ".join(filter(None, (prospect.company, prospect.email)))
    return f"{prospect.id} ({known})" if known else prospect.id


def one_episode(catalog: Catalog, name: str) -> Episode:
    """Return the one episode that is meant by id, else by title. Raises UnknownName or AmbiguousName."""
    found = [e for e in catalog.episodes if e.id == name] or [
        e for e in catalog.episodes if compare_form(e.title) == compare_form(name)
    ]
    if not found:
        raise UnknownName(f"no episode is called “{name}”", hint="See them all with: pitchcast episodes list")
    if len(found) > 1:
        raise AmbiguousName(
            f"“{name}” means several episodes: {', '.join(e.id for e in found)}", hint="Use one of these ids."
        )
    return found[0]


def releases_of(catalog: Catalog, episode_id: str) -> set[int]:
    """Return the numbers of the releases that carry the episode."""
    return {release.number for release in catalog.releases if release.episode == episode_id}


def feeds_showing(catalog: Catalog, numbers: Set[int]) -> list[Feed]:
    """Return the active feeds that show one of these releases; a child shows what its prospect's own feed holds."""
    holding = {feed.id for feed in catalog.feeds if not numbers.isdisjoint(feed.releases)}
    return [feed for feed in catalog.feeds if feed.state == "active" and feed.source in holding]


def carrying_folders(catalog: Catalog, episode_id: str) -> list[str]:
    """Return the folders under ``public/`` that show an episode: its shared audio first, then the feeds."""
    shared = [e.audio_path for e in catalog.episodes if e.id == episode_id and e.audio_path and not e.withdrawn]
    return [*shared, *(feed.path for feed in feeds_showing(catalog, releases_of(catalog, episode_id)))]


def resolve_audience(catalog: Catalog, audience: Audience) -> Resolved:
    """Return whom an audience means in this catalog.

    Raises UnknownName (an unknown bare address, a newcomer where only existing prospects are wanted, a segment
    without members), AmbiguousName, or CatalogError for a revoked prospect named outright; in a segment those are
    left out and named.
    """
    feeds = {feed.id: feed for feed in catalog.feeds}
    chosen: dict[str, Feed] = {}
    new: dict[str, Mention] = {}
    for mention in audience.to:
        if not find_prospects(catalog.prospects, mention):
            _check_newcomer(mention, audience, feeds)
            new.setdefault(compare_form(str(mention)), mention)
            continue
        feed = feeds[one_prospect(catalog, mention).id]
        if feed.state == "revoked":
            raise CatalogError(
                f"the feed of {feed.id} is revoked",
                hint=f"Give it a new address with: pitchcast feeds restore {feed.id}",
            )
        chosen[feed.id] = feed
    members = [feeds[p.id] for p in members_of(catalog, audience.segments, everyone=audience.everyone)]
    chosen |= {feed.id: feed for feed in members if feed.state == "active"}
    skipped = tuple(feed.id for feed in members if feed.state == "revoked")
    return Resolved(feeds=tuple(chosen.values()), new=tuple(new.values()), public=audience.public, skipped=skipped)


def _check_newcomer(mention: Mention, audience: Audience, feeds: dict[str, Feed]) -> None:
    child = feeds.get(mention.name.strip().lower())
    if child and child.parent:
        raise CatalogError(
            f"{child.id} was passed on from {child.parent} and follows it by itself",
            hint=f"Publish for {child.prospect}: all who got it from there hear it too.",
        )
    if audience.existing_only:
        raise UnknownName(f"no prospect is called “{mention}”", hint="Leave --existing-only out to create one.")
    if not mention.name:
        raise UnknownName(
            f"nobody has the address {mention.email}", hint=f'Give a name with it: --to "Name <{mention.email}>"'
        )


def members_of(catalog: Catalog, segments: Iterable[str], *, everyone: bool) -> tuple[Prospect, ...]:
    """Return the prospects in any of the segments, each once, or all there are. Raises UnknownName for an empty one."""
    if everyone:
        return catalog.prospects
    found: dict[str, Prospect] = {}
    for segment in segments:
        members = [p for p in catalog.prospects if segment.casefold() in (tag.casefold() for tag in p.segments)]
        if not members:
            raise UnknownName(f"nobody is in the segment “{segment}”", hint="See who is: pitchcast prospects list")
        found |= {p.id: p for p in members}
    return tuple(found.values())


# ---- steps


def add_prospect(
    catalog: Catalog, wanted: Mention, new_token: NewToken, **details: str | tuple[str, ...]
) -> tuple[Catalog, Prospect]:
    """Return a catalog with one prospect more, who has an empty private feed; and the prospect.

    *details* are further attributes of Prospect.
    """
    taken = {p.id for p in catalog.prospects} | {PUBLIC_FEED}
    prospect_id = unique(make_slug(wanted.name, fallback="prospect"), taken)
    prospect = Prospect(prospect_id, wanted.name, email=wanted.email, **details)  # type: ignore[arg-type]
    feed = Feed(prospect_id, fresh_token(used_paths(catalog), new_token), prospect_id, changed=next_revision(catalog))
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


def fields_needed(catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return, for each prospect who has personalised episodes, the fields that their texts ask for."""
    asked = {episode.id: asked_fields(episode, catalog.brand) for episode in catalog.episodes}
    by_release = {r.number: asked[r.episode] for r in catalog.releases if asked.get(r.episode)}
    if not by_release:
        return {}
    found = {f.prospect: frozenset().union(*(by_release.get(n, ()) for n in f.releases)) for f in catalog.feeds}
    return {prospect_id: fields for prospect_id, fields in found.items() if fields and prospect_id}


def publish_episode(
    catalog: Catalog, draft: Episode, audience: Audience, *, date: datetime, who: str, new_token: NewToken
) -> Catalog:
    """Return a catalog in which the episode is delivered to the audience, or the same one if it already was.

    The episode is known again by its recording; *draft* serves only where it is new. *date* is moved by whole
    seconds until no other release has it. A known episode becomes a personalised one if the draft is one. An address
    given for a prospect who has none is kept.
    Raises CatalogError where the known episode was withdrawn or has another title, or a personalised one cannot be
    filled in for everybody (UsageError: for anybody), and what resolve_audience raises.
    """
    resolved = resolve_audience(catalog, audience)
    catalog = _with_addresses(catalog, audience)
    created: list[str] = []
    for mention in resolved.new:
        catalog, prospect = add_prospect(catalog, mention, new_token)
        created.append(prospect.id)
    wanted = [feed.id for feed in resolved.feeds] + created
    if resolved.public:
        catalog = _with_public_feed(catalog)
        wanted.append(PUBLIC_FEED)
    catalog, episode = _with_episode(catalog, draft)
    carrying = releases_of(catalog, episode.id)
    lacking = set(wanted) - {feed.id for feed in catalog.feeds if not carrying.isdisjoint(feed.releases)}
    if not lacking:
        check_personal(catalog, [episode])
        return catalog
    number = catalog.next_release
    taken = {release.date for release in catalog.releases}
    release = Release(number, episode.id, free_date(taken, date), who, tuple(created), veiled(catalog, number))
    after = msgspec.structs.replace(
        catalog,
        releases=(*catalog.releases, release),
        next_release=number + 1,
        feeds=tuple(
            msgspec.structs.replace(f, releases=(*f.releases, number), changed=next_revision(catalog))
            if f.id in lacking
            else f
            for f in catalog.feeds
        ),
    )
    check_personal(after, [episode])
    return with_audio_paths(after, new_token)


def with_audio_paths(catalog: Catalog, new_token: NewToken) -> Catalog:
    """Return a catalog in which each episode has a folder for the audio that feeds share, or none, as the show says.

    A folder that is given up is never used again.
    """
    share = catalog.show.audio == "shared"
    if all(bool(e.audio_path) == share for e in catalog.episodes if not (share and e.withdrawn)):
        return catalog
    revision, used = next_revision(catalog), used_paths(catalog)
    episodes = []
    for episode in catalog.episodes:
        if bool(episode.audio_path) != share and not (share and episode.withdrawn):
            path = fresh_token(used, new_token) if share else ""
            used.add(path)
            episode = msgspec.structs.replace(episode, audio_path=path, changed=revision)
        episodes.append(episode)
    given_up = {e.audio_path for e in catalog.episodes} - {e.audio_path for e in episodes}
    retired = (*catalog.retired, *sorted(given_up))
    return msgspec.structs.replace(catalog, episodes=tuple(episodes), retired=retired)


def new_addresses(catalog: Catalog, audience: Audience) -> dict[str, str]:
    """Return the addresses that an audience gives for prospects who have none, by the prospects' ids."""
    given = [(find_prospects(catalog.prospects, one), one.email) for one in audience.to if one.name and one.email]
    return {found[0].id: email for found, email in given if len(found) == 1 and not found[0].email}


def _with_addresses(catalog: Catalog, audience: Audience) -> Catalog:
    """Keep new addresses; feeds stay as they are, since no address is in any."""
    addresses = new_addresses(catalog, audience)
    if not addresses:
        return catalog
    prospects = tuple(
        msgspec.structs.replace(p, email=addresses[p.id]) if p.id in addresses else p for p in catalog.prospects
    )
    return msgspec.structs.replace(catalog, prospects=prospects)


def last_release(catalog: Catalog, who: str, episode_id: str = "") -> Release:
    """Return what *who* published last, of one episode where given. Raises UnknownName."""
    own = [r for r in catalog.releases if r.who == who and episode_id in ("", r.episode)]
    if not own:
        raise UnknownName(
            "there is nothing of yours to take back" + (f" in the episode {episode_id}" if episode_id else ""),
            hint="A colleague's episode can be taken out of every feed with: pitchcast episodes withdraw EPISODE",
        )
    return own[-1]


def undo_release(catalog: Catalog, number: int, at: datetime) -> Catalog:
    """Return a catalog without that release, the prospects it created, and its episode if nothing else carries it.

    Their addresses end *at* that moment. A prospect whom something else was delivered to since stays; so does a
    withdrawn episode, so that it cannot come back.
    """
    release = next((r for r in catalog.releases if r.number == number), None)
    if release is None:
        return catalog
    revision = next_revision(catalog)
    feeds = [
        msgspec.structs.replace(f, releases=tuple(n for n in f.releases if n != number), changed=revision)
        if number in f.releases
        else f
        for f in catalog.feeds
    ]
    gone = {f.id for f in feeds if not f.releases and f.changed == revision and f.id in (*release.created, PUBLIC_FEED)}
    gone |= {f.id for f in feeds if f.parent and f.prospect in gone}
    releases = tuple(r for r in catalog.releases if r.number != number)
    carried = {r.episode for r in releases}
    ended = [f for f in feeds if f.id in gone and f.state == "active"]
    return msgspec.structs.replace(
        with_tombstones(catalog, ended, at, "closed"),
        releases=releases,
        episodes=tuple(e for e in catalog.episodes if e.id in carried or e.withdrawn),
        greetings=tuple(g for g in catalog.greetings if g.release != number),
        prospects=tuple(p for p in catalog.prospects if p.id not in gone),
        feeds=tuple(f for f in feeds if f.id not in gone),
        retired=(*catalog.retired, *(f.path for f in feeds if f.id in gone and f.access == "private")),
    )


def with_tombstones(catalog: Catalog, feeds: Iterable[Feed], at: datetime, why: Ending) -> Catalog:
    """Return a catalog in which the addresses of these feeds have ended: for a while their folders say so."""
    show, revision = catalog.show, next_revision(catalog)
    new = [Tombstone(f.path, podcast_guid(show, f), at, revision, f.access == "public", why) for f in feeds]
    return msgspec.structs.replace(catalog, tombstones=(*catalog.tombstones, *new)) if new else catalog


def edit_episode(catalog: Catalog, episode_id: str, **changes: object) -> Catalog:
    """Return a catalog in which the episode has other attributes; id, guid and file names stay.

    Raises what check_texts raises where a personalised one could not be filled in any more.
    """
    episode = next((e for e in catalog.episodes if e.id == episode_id), None)
    if episode is None:
        return catalog
    edited = msgspec.structs.replace(episode, **changes, changed=next_revision(catalog))
    after = _with_edited(catalog, edited)
    check_personal(after, [edited])
    return after


def edit_show(catalog: Catalog, show: Show, brand: Brand, public_url: str) -> Catalog:
    """Return a catalog with another show, brand or public address, or the same one if nothing differs."""
    if (show, brand, public_url) == (catalog.show, catalog.brand, catalog.public_url):
        return catalog
    show = msgspec.structs.replace(show, changed=next_revision(catalog))
    after = msgspec.structs.replace(catalog, show=show, brand=brand, public_url=public_url)
    if brand != catalog.brand:
        check_personal(after, after.episodes)
    return after


def used_paths(catalog: Catalog) -> set[str]:
    """Return every folder under ``public/`` that is or was in use."""
    shared = {episode.audio_path for episode in catalog.episodes}
    return {feed.path for feed in catalog.feeds} | set(catalog.retired) | {catalog.show.art_token} | shared


def fresh_token(used: Container[str], new_token: NewToken) -> str:
    """Return a token that is not among *used*."""
    while (token := new_token()) in used:
        pass
    return token


def _with_episode(catalog: Catalog, draft: Episode) -> tuple[Catalog, Episode]:
    known = find_recording(catalog, draft.recording, draft.again)
    if known is None:
        refuse_replaced(catalog, draft.recording, draft.again)
    if known and known.withdrawn:
        raise CatalogError(
            f"the episode {known.id} made from this recording was withdrawn",
            hint="To publish the recording as a new episode, add --again.",
        )
    if known and draft.title and compare_form(draft.title) != compare_form(known.title):
        raise CatalogError(
            f"this recording is already published as “{known.title}”",
            hint=f"Rename it with: pitchcast episodes edit {known.id} --title …; or make a second one with --again.",
        )
    if known and draft.personalised and not known.personalised:
        personal = msgspec.structs.replace(known, personalised=True, changed=next_revision(catalog))
        return _with_edited(catalog, personal), personal
    if known:
        return catalog, known
    episode_id = unique(make_slug(draft.title, fallback="episode"), {e.id for e in catalog.episodes})
    # a number behind the slug would tell of other episodes: what tells the names of files apart is their hash
    slug = make_slug(draft.title, fallback="episode")
    episode = msgspec.structs.replace(draft, id=episode_id, slug=slug, changed=next_revision(catalog))
    return msgspec.structs.replace(catalog, episodes=(*catalog.episodes, episode)), episode


def _with_edited(catalog: Catalog, edited: Episode) -> Catalog:
    episodes = tuple(edited if episode.id == edited.id else episode for episode in catalog.episodes)
    return msgspec.structs.replace(catalog, episodes=episodes)


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


def _with_public_feed(catalog: Catalog) -> Catalog:
    if find_feed(catalog, PUBLIC_FEED):
        return catalog
    slug = catalog.show.slug or make_slug(catalog.show.title, fallback="show")
    feed = Feed(PUBLIC_FEED, unique(slug, used_paths(catalog)), changed=next_revision(catalog))
    show = msgspec.structs.replace(catalog.show, slug=slug)
    standing = tuple(t for t in catalog.tombstones if t.path != feed.path)  # it was undone: it opens again
    return msgspec.structs.replace(catalog, show=show, feeds=(*catalog.feeds, feed), tombstones=standing)


def free_date(taken: Container[datetime], date: datetime) -> datetime:
    """Return *date* in whole seconds, moved on until it is not among those *taken*."""
    date = date.replace(microsecond=0)
    while date in taken:
        date += timedelta(seconds=1)
    return date


def _touch_feeds(catalog: Catalog, concerned: Callable[[Feed], bool]) -> Catalog:
    revision = next_revision(catalog)
    feeds = tuple(msgspec.structs.replace(f, changed=revision) if concerned(f) else f for f in catalog.feeds)
    return msgspec.structs.replace(catalog, feeds=feeds)


# ---- what feeds hold


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
