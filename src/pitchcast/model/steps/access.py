"""Who can reach what: the steps that give feeds new addresses, close them, open them again, and forget people.

They are pure, and run again on a newer catalog when a race was lost. A folder that was once retired is never used
again, whatever happens later.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from itertools import chain

import msgspec

from pitchcast.errors import CatalogError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.base import Record
from pitchcast.model.catalog import (
    Catalog,
    Release,
    Tombstone,
    find_recording,
    members_of,
    next_revision,
    one_heard_episode,
    public_number_of,
    used_paths,
)
from pitchcast.model.episode import Chapter, Episode, Greeting, Master, ReplacedAudio, audio_replaced
from pitchcast.model.feed import PUBLIC_FEED, Ending, Feed, podcast_guid
from pitchcast.model.lookup import Names
from pitchcast.model.naming import unique
from pitchcast.model.steps.edit import with_edited
from pitchcast.model.steps.greetings import put_anew, settle_greetings
from pitchcast.model.steps.suspension import end_suspensions, whose_grace_is_over
from pitchcast.model.token import NewToken, fresh_token
from pitchcast.model.transcript import Timeline, TranscriptFile

REPLACED_KEPT = timedelta(days=7)
"""How long replaced audio stays readable: apps hold a feed's old version for days."""


_Changes = dict[str, dict[str, object]]  # further attributes of feeds, by their ids


class Chosen(Record, frozen=True):
    """Whose feeds a command is for, as it was asked: names, ids or addresses; segments; or every prospect."""

    who: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    everyone: bool = False


def choose_feeds(catalog: Catalog, chosen: Chosen) -> tuple[Feed, ...]:
    """Return the feeds that are meant in this catalog, each once; the public one only where it is named.

    Raises UnknownName (also for an empty segment) or AmbiguousName.
    """
    by_id = {feed.id: feed for feed in catalog.feeds}
    names = Names(catalog.prospects, catalog.feeds)
    named = [names.feed(who) for who in chosen.who]
    if not chosen.segments and not chosen.everyone:
        return tuple(dict.fromkeys(named))
    members = members_of(catalog, chosen.segments, everyone=chosen.everyone)
    return tuple(dict.fromkeys([*named, *(by_id[member.id] for member in members)]))


def split_feeds(
    catalog: Catalog, chosen: Chosen, objection: Callable[[Feed], str]
) -> tuple[tuple[Feed, ...], tuple[Feed, ...]]:
    """Return the feeds that are meant, and apart those that *objection* gives a reason against.

    Raises CatalogError with the reason where such a feed was named outright.
    """
    named = choose_feeds(catalog, Chosen(who=chosen.who)) if chosen.who else ()
    for feed in named:
        if objection(feed):
            raise CatalogError(f"the feed of {feed.id} {objection(feed)}", hint=_way_out(feed))
    feeds = choose_feeds(catalog, chosen)
    return tuple(f for f in feeds if not objection(f)), tuple(f for f in feeds if objection(f))


def why_not_rotate(feed: Feed) -> str:
    """Return why a feed cannot get another address, "" where it can."""
    if feed.id == PUBLIC_FEED:
        return "is public: its address is no secret"
    return why_not_expire(feed)


def why_not_expire(feed: Feed) -> str:
    """Return why no date can be set after which a feed ends, "" where one can."""
    return "is revoked" if feed.state == "revoked" else ""


def never(_feed: Feed) -> str:
    """Object to no feed."""
    return ""


def descendants(catalog: Catalog, ids: Collection[str]) -> set[str]:
    """Return the ids of the feeds that were passed on from these, at any number of steps; not these themselves."""
    found = set(ids)
    for feed in catalog.feeds:  # a child comes after its parent
        if feed.parent in found:
            found.add(feed.id)
    return found.difference(ids)


# ---- steps


def with_tombstones(catalog: Catalog, feeds: Iterable[Feed], at: datetime, why: Ending) -> Catalog:
    """Return a catalog in which the addresses of these feeds have ended: for a while their folders say so."""
    show, revision = catalog.show, next_revision(catalog)
    new = [Tombstone(f.path, podcast_guid(show, f), at, revision, f.access == "public", why) for f in feeds]
    return msgspec.structs.replace(catalog, tombstones=(*catalog.tombstones, *new)) if new else catalog


def rotate_feeds(catalog: Catalog, ids: Collection[str], at: datetime, new_token: NewToken) -> Catalog:
    """Return a catalog in which these feeds have new addresses; podcast:guid and episodes stay.

    The old folders retire, and say for a while that there is a new link, but never which.
    """
    moving = [feed for feed in catalog.feeds if feed.id in ids and feed.state == "active"]
    return _moved(with_tombstones(catalog, moving, at, "rotated"), moving, new_token)


def revoke_feeds(catalog: Catalog, ids: Collection[str], at: datetime, why: Ending = "closed") -> Catalog:
    """Return a catalog in which these feeds are revoked: their folders retire and say so for a while."""
    closing = [feed for feed in catalog.feeds if feed.id in ids and feed.state == "active"]
    if not closing:
        return catalog
    changes: _Changes = {
        f.id: {"state": "revoked", "expires": None, "changed_revision": next_revision(catalog)} for f in closing
    }
    after = _with_feeds(_buried(catalog, closing, at, why), changes)
    return end_suspensions(after, changes)  # a prospect's own feed has the prospect's id


def restore_feeds(catalog: Catalog, ids: Collection[str], new_token: NewToken) -> Catalog:
    """Return a catalog in which these revoked feeds are open again, each at an address that it never had."""
    return _moved(catalog, [f for f in catalog.feeds if f.id in ids and f.state == "revoked"], new_token)


def expire_feeds(catalog: Catalog, ids: Collection[str], when: datetime | None) -> Catalog:
    """Return a catalog in which these feeds will be revoked by the first writing command after *when*; None: never."""
    changes: _Changes = {f.id: {"expires": when} for f in catalog.feeds if f.id in ids and f.expires != when}
    return _with_feeds(catalog, changes) if changes else catalog


def remove_prospects(catalog: Catalog, ids: Collection[str], at: datetime) -> Catalog:
    """Return a catalog that knows nothing of these prospects but that their folders are never used again.

    What was delivered to nobody else stays an episode. Earlier catalogs still name them: see restore.py.
    """
    gone = [feed for feed in catalog.feeds if feed.prospect in ids]
    if not gone:
        return catalog
    catalog = _buried(catalog, [feed for feed in gone if feed.state == "active"], at, "closed")
    closed = {feed.id for feed in gone}
    catalog = end_suspensions(catalog, ids)
    return msgspec.structs.replace(
        catalog,
        prospects=tuple(prospect for prospect in catalog.prospects if prospect.id not in ids),
        feeds=tuple(feed for feed in catalog.feeds if feed.id not in closed),
        releases=forget_created(catalog.releases, ids),
        erased_paths=(*catalog.erased_paths, *chain.from_iterable(feed.paths for feed in gone)),
        greetings=tuple(greeting for greeting in catalog.greetings if greeting.feed not in closed),
    )


def forget_created(releases: Iterable[Release], ids: Collection[str]) -> tuple[Release, ...]:
    """Return the releases without the note that they created these prospects."""
    return tuple(_forgetting(release, ids) for release in releases)


def _forgetting(release: Release, ids: Collection[str]) -> Release:
    remembered = tuple(prospect_id for prospect_id in release.created if prospect_id not in ids)
    return msgspec.structs.replace(release, created=remembered)


def replace_audio(
    catalog: Catalog,
    episode_id: str,
    *,
    recording: str,
    master: Master,
    chapters: tuple[Chapter, ...],
    at: datetime,
    timeline: Timeline | None = None,
    transcript: TranscriptFile | None = None,
    greetings: Iterable[Greeting] = (),
) -> Catalog:
    """Return a catalog in which the episode has other audio; id, guid, dates and texts stay.

    The old audio's name stays readable until settle() finds it old enough, the new audio's name is a new one.
    *greetings* are those of the episode, put before the new master.
    Raises what check_replacement and put_anew raise.
    """
    episode = check_replacement(catalog, episode_id, recording)
    if episode.recording_sha256 == recording:
        return catalog
    revision = next_revision(catalog)
    changed = msgspec.structs.replace(
        episode,
        recording_sha256=recording,
        repeat=0,
        master=master,
        chapters=chapters,
        timeline=timeline,
        transcript=transcript,
        audio_revision=public_number_of(catalog, revision),
        replaced=(*episode.replaced, audio_replaced(episode, at)),
        changed_revision=revision,
    )
    greetings_anew = put_anew(catalog, episode_id, greetings, at)
    return msgspec.structs.replace(with_edited(catalog, changed), greetings=greetings_anew)


def check_replacement(catalog: Catalog, name: str, recording: str) -> Episode:
    """Return the episode, by id or title, if that recording (SHA-256) may become its audio.

    Raises CatalogError where it was withdrawn, or the recording is published as another episode; UnknownName.
    """
    episode = one_heard_episode(catalog, name)
    known = find_recording(catalog, recording, 0)
    if known and known.id != episode.id:
        raise CatalogError(
            f"this recording is already published as “{known.title}”",
            hint="Name another recording, or withdraw the other episode: "
            f"{pitchcast_command('episodes withdraw', known.id)}",
        )
    return episode


def settle(catalog: Catalog, now: datetime, *, gone: timedelta) -> Catalog:
    """Return a catalog in which everything that was left to time has happened, or the same one.

    Feeds that expired are revoked with those passed on from them, and so are those of prospects whom a list lacked for
    longer than the grace; ended addresses have said so for the time *gone*, replaced audio was kept long enough.
    """
    catalog = _without_expired_feeds(catalog, now)
    catalog = close_suspended(catalog, now)
    catalog = _without_old_tombstones(catalog, now, gone)
    catalog = _without_old_audio(catalog, now)
    greetings = settle_greetings(catalog.greetings, now, REPLACED_KEPT)
    if greetings is catalog.greetings:
        return catalog
    return msgspec.structs.replace(catalog, greetings=greetings)


def _without_expired_feeds(catalog: Catalog, now: datetime) -> Catalog:
    expired = {feed.id for feed in catalog.feeds if _has_expired(feed, now)}
    if not expired:
        return catalog
    return revoke_feeds(catalog, expired | descendants(catalog, expired), now, "expired")


def close_suspended(catalog: Catalog, now: datetime) -> Catalog:
    """Return a catalog in which the feeds of prospects whose grace is over are revoked, with those passed on."""
    over = whose_grace_is_over(catalog, now)
    if not over:
        return catalog
    return revoke_feeds(catalog, over | descendants(catalog, over), now)


def _has_expired(feed: Feed, now: datetime) -> bool:
    if feed.expires is None or feed.state == "revoked":
        return False
    return feed.expires <= now


def _without_old_tombstones(catalog: Catalog, now: datetime, gone: timedelta) -> Catalog:
    standing = tuple(tombstone for tombstone in catalog.tombstones if tombstone.ended_at + gone > now)
    if len(standing) == len(catalog.tombstones):
        return catalog
    return msgspec.structs.replace(catalog, tombstones=standing)


def _without_old_audio(catalog: Catalog, now: datetime) -> Catalog:
    """Return a catalog in which replaced audio is kept no longer than it has to be, or the same one."""
    if not any(_is_overdue(old, now) for episode in catalog.episodes for old in episode.replaced):
        return catalog
    episodes = tuple(_with_overdue_silent(episode, now) for episode in catalog.episodes)
    return msgspec.structs.replace(catalog, episodes=episodes)


def _with_overdue_silent(episode: Episode, now: datetime) -> Episode:
    replaced = tuple(
        msgspec.structs.replace(old, still_readable=False) if _is_overdue(old, now) else old for old in episode.replaced
    )
    return msgspec.structs.replace(episode, replaced=replaced)


def _is_overdue(old: ReplacedAudio, now: datetime) -> bool:
    return old.still_readable and old.replaced_at + REPLACED_KEPT <= now


def _way_out(feed: Feed) -> str:
    if feed.state == "revoked":
        return f"Give it a new address with: {pitchcast_command('feeds restore', feed.id)}"
    return f"Take it away with: {pitchcast_command('feeds revoke public')}"


def _moved(catalog: Catalog, moving: Iterable[Feed], new_token: NewToken) -> Catalog:
    """Return a catalog in which these feeds are open at addresses that were never used."""
    used = used_paths(catalog)
    changes: _Changes = {}
    for feed in moving:
        path = unique(catalog.show.slug, used) if feed.id == PUBLIC_FEED else fresh_token(used, new_token)
        used.add(path)
        changes[feed.id] = {
            "path": path,
            "state": "active",
            "guid": podcast_guid(catalog.show, feed),
            "earlier_paths": (*feed.earlier_paths, feed.path),
            "changed_revision": next_revision(catalog),
        }
    if not changes:
        return catalog
    left = [feed.path for feed in catalog.feeds if feed.id in changes]
    return _with_feeds(_retired(catalog, left), changes)


def _buried(catalog: Catalog, feeds: Collection[Feed], at: datetime, why: Ending) -> Catalog:
    """Return a catalog in which the folders of these feeds are retired and say that their addresses ended."""
    return with_tombstones(_retired(catalog, [feed.path for feed in feeds]), feeds, at, why)


def _retired(catalog: Catalog, paths: Iterable[str]) -> Catalog:
    return msgspec.structs.replace(catalog, retired_paths=tuple(dict.fromkeys((*catalog.retired_paths, *paths))))


def _with_feeds(catalog: Catalog, changes: _Changes) -> Catalog:
    feeds = tuple(msgspec.structs.replace(f, **changes[f.id]) if f.id in changes else f for f in catalog.feeds)
    return msgspec.structs.replace(catalog, feeds=feeds)
