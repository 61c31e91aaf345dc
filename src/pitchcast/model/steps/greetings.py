"""Greetings: the steps that put one before an episode in a prospect's feed, and keep it there when the audio changes.

A greeting belongs to one delivery, and is heard before one master only. Whoever gives an episode other audio puts the
greetings before it anew; one that was taken back never returns.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from pitchcast.errors import CatalogError, UsageError
from pitchcast.model.catalog import (
    Audience,
    Catalog,
    Resolved,
    next_revision,
    public_number_of,
    releases_of,
    resolve_audience,
)
from pitchcast.model.contents import Contents
from pitchcast.model.episode import EarlierAudio, Episode, Greeting
from pitchcast.model.feed import Feed


def check_one_listener(audience: Audience, resolved: Resolved) -> None:
    """Raise UsageError where a greeting would be heard by anybody but one prospect."""
    several = audience.segments or audience.everyone or audience.public
    if several or len(resolved.feeds) + len(resolved.new) != 1:
        raise UsageError(
            "a greeting is spoken for one prospect",
            hint="Give --greeting with one --to; for several people, run it once for each.",
        )


def find_greeting(catalog: Catalog, feed: Feed, episode: Episode) -> Greeting | None:
    """Return what is heard before the episode in that feed, None where nothing is."""
    numbers = releases_of(catalog, episode.id).intersection(feed.releases)
    heard = (g for g in catalog.greetings if g.feed == feed.id and g.episode_master_sha256 == episode.master.sha256)
    return next((g for g in heard if g.release in numbers), None)


def greetings_of(catalog: Catalog, episode_id: str) -> tuple[Greeting, ...]:
    """Return the greetings of every delivery of the episode."""
    numbers = releases_of(catalog, episode_id)
    return tuple(g for g in catalog.greetings if g.release in numbers)


# ---- steps


def greet(
    before: Catalog, after: Catalog, episode: Episode, audience: Audience, made: Greeting, at: datetime
) -> Catalog:
    """Return *after*, in which the audience's one feed holds the episode, with *made* heard first there.

    *before* is the catalog that the whole step began with: what the feed showed then stays readable for a while.
    Returns *after* itself where the same greeting is there. Raises CatalogError where the episode got other audio
    since the greeting was put before it.
    """
    if made.episode_master_sha256 != episode.master.sha256:
        raise CatalogError(
            f"somebody gave “{episode.title}” other audio at this moment", hint="Run the same command again."
        )
    (feed,) = resolve_audience(after, audience).feeds
    number = next(iter(releases_of(after, episode.id).intersection(feed.releases)))
    old = next((g for g in after.greetings if (g.feed, g.release) == (feed.id, number)), None)
    if old and old.known_by == made.known_by:
        return after
    earlier = _with_present(old.earlier_audio if old else (), Contents(before).audio_name(feed.id, number), at)
    greeting = _put(after, made, earlier, feed=feed.id, release=number)
    others = tuple(g for g in after.greetings if g is not old)
    return msgspec.structs.replace(after, greetings=(*others, greeting))


def put_anew(catalog: Catalog, episode_id: str, anew: Iterable[Greeting], at: datetime) -> tuple[Greeting, ...]:
    """Return all greetings of the catalog, those of the episode put before its other audio.

    Raises CatalogError where a delivery of the episode has another greeting than was put anew.
    """
    if not catalog.greetings:
        return ()
    made = {(g.feed, g.release): g for g in anew}
    numbers = releases_of(catalog, episode_id)
    contents = Contents(catalog)

    def moved(old: Greeting) -> Greeting:
        new = made.get((old.feed, old.release))
        if new is None or new.known_by[:-1] != old.known_by[:-1]:
            raise CatalogError(
                f"somebody gave {old.feed} another greeting at this moment", hint="Run the same command again."
            )
        earlier = _with_present(old.earlier_audio, contents.audio_name(old.feed, old.release), at)
        return _put(catalog, new, earlier)

    return tuple(moved(g) if g.release in numbers else g for g in catalog.greetings)


def settle_greetings(greetings: tuple[Greeting, ...], now: datetime, kept: timedelta) -> tuple[Greeting, ...]:
    """Return the greetings without files whose place they took longer ago than *kept*; the same ones if none has."""
    if all(old.replaced_at + kept > now for greeting in greetings for old in greeting.earlier_audio):
        return greetings
    return tuple(
        msgspec.structs.replace(g, earlier_audio=tuple(old for old in g.earlier_audio if old.replaced_at + kept > now))
        for g in greetings
    )


def return_greetings(
    catalog: Catalog,
    old: Catalog,
    feeds: Collection[Feed],
    episodes: Collection[Episode],
    at: datetime,
) -> tuple[Greeting, ...]:
    """Return the greetings of now that are still heard once *old* is brought back: its episodes, in these feeds.

    Where an episode gets its audio of then again, what was heard before that comes along, under a name of its own.
    """
    if not catalog.greetings:
        return ()
    contents = Contents(catalog)
    then = {(g.feed, g.release): g for g in old.greetings}
    delivered = {(feed.id, number) for feed in feeds for number in feed.releases}
    audio = {episode.id: episode.master.sha256 for episode in episodes}
    behind = {release.number: audio.get(release.episode, "") for release in catalog.releases}

    def fitting(now: Greeting) -> Greeting | None:
        place = now.feed, now.release
        past = then.get(place)
        if place not in delivered:
            return None
        if now.episode_master_sha256 == behind[now.release]:
            return now
        if past is None or past.episode_master_sha256 != behind[now.release]:
            return None
        earlier = _with_present(now.earlier_audio, contents.audio_name(*place), at)
        return _put(catalog, past, earlier)

    return tuple(filter(None, map(fitting, catalog.greetings)))


def _with_present(earlier: tuple[EarlierAudio, ...], name: str, at: datetime) -> tuple[EarlierAudio, ...]:
    return (*earlier, EarlierAudio(name=name, replaced_at=at)) if name else earlier


def _put(catalog: Catalog, made: Greeting, earlier: tuple[EarlierAudio, ...], **place: str | int) -> Greeting:
    """Return a greeting that comes with the next revision, under a name that no file had."""
    revision = next_revision(catalog)
    number = public_number_of(catalog, revision)
    return msgspec.structs.replace(
        made, changed_revision=revision, public_number=number, earlier_audio=earlier, **place
    )
