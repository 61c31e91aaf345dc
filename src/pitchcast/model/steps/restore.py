"""Earlier catalogs: bring one back without undoing what must not be undone, and take people out of one.

Texts, episodes and deliveries come back. Who can reach what stays as it is now: no retired folder is used again, what
was revoked stays revoked, what was withdrawn stays withdrawn, and who was erased stays erased.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec

from pitchcast.model.base import Record
from pitchcast.model.catalog import (
    Catalog,
    NewToken,
    Release,
    find_feed,
    free_date,
    fresh_token,
    next_revision,
    used_paths,
    with_audio_paths,
)
from pitchcast.model.episode import Episode, Greeting, ReplacedAudio
from pitchcast.model.feed import PUBLIC_FEED, Feed, podcast_guid
from pitchcast.model.naming import unique
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import NamedCover, Show
from pitchcast.model.steps.greetings import return_greetings

ERASED_WORDS = "a change concerning somebody who was removed"


class Returned(Record, frozen=True):
    """What bringing an earlier catalog back leads to, and what it does not bring back.

    ``readdressed``, ``revoked`` and ``dropped`` are ids of feeds: those that come back at another address, those that
    stay revoked, and those that were made since and go. ``withdrawn`` are ids of episodes that stay withdrawn,
    ``unpublished`` of those that were published since and go; ``erased`` is how many people stay erased.
    ``ungreeted`` are ids of feeds in which something comes back without the greeting that was heard before it.
    """

    catalog: Catalog
    readdressed: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()
    erased: int = 0
    ungreeted: tuple[str, ...] = ()


def return_to(catalog: Catalog, old: Catalog, *, at: datetime, new_token: NewToken) -> Returned:
    """Return *catalog* with what *old*, an earlier one of the same show, said; the same one if nothing differs."""
    episodes = _episodes(catalog, old, at)
    releases, numbers = _releases(catalog, old, {episode.id for episode in episodes})
    pairs = _pairs(catalog, old)
    feeds = _feeds(catalog, old, pairs, numbers, new_token)
    staying = {feed.id for feed in feeds}
    greetings = return_greetings(catalog, old, feeds, episodes, at)
    after = msgspec.structs.replace(
        catalog,
        show=_show(catalog, old),
        brand=old.brand,
        episodes=episodes,
        releases=_with_known_people(releases, staying),
        next_release=max([catalog.next_release, *(number + 1 for number in numbers.values())]),
        prospects=tuple(p for p in old.prospects if p.id in staying),
        feeds=feeds,
        retired=tuple(dict.fromkeys((*catalog.retired, *_left_behind(catalog, old, feeds)))),
        greetings=greetings,
    )
    after = with_audio_paths(after, new_token)
    paired = {now.id for _, now in pairs if now}
    current = {episode.guid: episode for episode in catalog.episodes}
    kept = {episode.guid for episode in episodes}
    return Returned(
        catalog=catalog if after == catalog else after,
        readdressed=tuple(then.id for then, now in pairs if now is None and then.state == "active"),
        revoked=tuple(then.id for then, now in pairs if now and now.state == "revoked" and then.state == "active"),
        dropped=tuple(feed.id for feed in catalog.feeds if feed.id not in paired),
        withdrawn=tuple(
            e.id for e in old.episodes if not e.withdrawn and e.guid in current and current[e.guid].withdrawn
        ),
        unpublished=tuple(e.id for e in catalog.episodes if e.guid not in kept),
        erased=len(_erased_feeds(old, catalog.erased)),
        ungreeted=_ungreeted(old, feeds, numbers, greetings),
    )


def without_people(old: Catalog, erased: Collection[str]) -> Catalog:
    """Return an earlier catalog without the prospects whose feeds had one of the folders *erased*; or the same one."""
    feeds = _erased_feeds(old, erased)
    if not feeds:
        return old
    gone = {feed.prospect for feed in feeds}
    closed = {feed.id for feed in feeds}
    saved = old.saved
    if _names_any(saved.what, [p for p in old.prospects if p.id in gone]):
        saved = msgspec.structs.replace(saved, what=ERASED_WORDS)
    return msgspec.structs.replace(
        old,
        saved=saved,
        prospects=tuple(p for p in old.prospects if p.id not in gone),
        feeds=tuple(f for f in old.feeds if f.prospect not in gone),
        releases=tuple(
            msgspec.structs.replace(r, created=tuple(p for p in r.created if p not in gone)) for r in old.releases
        ),
        greetings=tuple(g for g in old.greetings if g.feed not in closed),
        named_covers=_without_names(old, gone),
    )


def erased_greetings(old: Catalog, erased: Collection[str]) -> tuple[Greeting, ...]:
    """Return the greetings that an earlier catalog has of the prospects whose feeds had one of the folders *erased*."""
    gone = {feed.id for feed in _erased_feeds(old, erased)}
    return tuple(greeting for greeting in old.greetings if greeting.feed in gone)


def erased_covers(old: Catalog, erased: Collection[str]) -> tuple[NamedCover, ...]:
    """Return the covers that carry a name which only prospects have whose feeds had one of the folders *erased*."""
    if not old.named_covers:
        return ()
    staying = set(without_people(old, erased).named_covers)
    return tuple(cover for cover in old.named_covers if cover not in staying)


def _without_names(old: Catalog, gone: Collection[str]) -> tuple[NamedCover, ...]:
    """Return the covers that carry a name which somebody has who is not among the prospects *gone*."""
    if not old.named_covers:
        return ()
    staying = {p.name for p in old.prospects if p.id not in gone} | {
        f.name for f in old.feeds if f.prospect not in gone
    }
    return tuple(cover for cover in old.named_covers if cover.name in staying)


def _erased_feeds(old: Catalog, erased: Collection[str]) -> list[Feed]:
    folders = frozenset(erased)
    return [feed for feed in old.feeds if not folders.isdisjoint((feed.path, *feed.earlier))]


def _names_any(text: str, people: Collection[Prospect]) -> bool:
    said = text.casefold()
    return any(name.casefold() in said for p in people for name in (p.id, p.name, p.email, p.company) if name)


def _pairs(catalog: Catalog, old: Catalog) -> list[tuple[Feed, Feed | None]]:
    """Return the feeds of *old* whose people are not erased, each with what it is now, None where it is gone.

    A feed is known by its folders and not by its id: another prospect may be called alike since.
    """
    now_at = {path: feed for feed in catalog.feeds for path in (feed.path, *feed.earlier)}
    public = find_feed(catalog, PUBLIC_FEED)
    erased = {feed.id for feed in _erased_feeds(old, catalog.erased)}
    return [
        (feed, public if feed.id == PUBLIC_FEED else now_at.get(feed.path))
        for feed in old.feeds
        if feed.id not in erased
    ]


def _feeds(
    catalog: Catalog,
    old: Catalog,
    pairs: Collection[tuple[Feed, Feed | None]],
    numbers: dict[int, int],
    new_token: NewToken,
) -> tuple[Feed, ...]:
    used = used_paths(catalog) | {path for feed in old.feeds for path in (feed.path, *feed.earlier)}
    people_now = {prospect.id: prospect for prospect in catalog.prospects}
    people_then = {prospect.id: prospect for prospect in old.prospects}
    feeds = []
    for then, now in pairs:
        releases = tuple(numbers[number] for number in then.releases if number in numbers)
        if now is None:
            feeds.append(msgspec.structs.replace(_readdressed(catalog, old, then, used, new_token), releases=releases))
        elif now.releases != releases or people_now.get(now.prospect) != people_then.get(then.prospect):
            feeds.append(msgspec.structs.replace(now, releases=releases, changed=next_revision(catalog)))
        else:
            feeds.append(now)
    return tuple(feeds)


def _readdressed(catalog: Catalog, old: Catalog, then: Feed, used: set[str], new_token: NewToken) -> Feed:
    """Return a feed that is gone since, at an address that was never used; one that was revoked stays so."""
    revision = next_revision(catalog)
    if then.state == "revoked":
        return msgspec.structs.replace(then, changed=revision)
    path = unique(catalog.show.slug or then.path, used) if then.id == PUBLIC_FEED else fresh_token(used, new_token)
    used.add(path)
    guid = podcast_guid(old.show, then)
    return msgspec.structs.replace(then, path=path, guid=guid, earlier=(*then.earlier, then.path), changed=revision)


def _ungreeted(
    old: Catalog, feeds: Collection[Feed], numbers: dict[int, int], greetings: Collection[Greeting]
) -> tuple[str, ...]:
    """Return the feeds to which a delivery returns that had a greeting then and has none now."""
    heard = {(greeting.feed, greeting.release) for greeting in greetings}
    back = {(feed.id, number) for feed in feeds for number in feed.releases} - heard
    lost = (g.feed for g in old.greetings if (g.feed, numbers.get(g.release)) in back)
    return tuple(dict.fromkeys(lost))


def _left_behind(catalog: Catalog, old: Catalog, feeds: Collection[Feed]) -> list[str]:
    """Return the folders that no feed has any more."""
    there = {feed.path for feed in feeds if feed.state == "active"}
    return [feed.path for feed in (*catalog.feeds, *old.feeds) if feed.path not in there]


def _episodes(catalog: Catalog, old: Catalog, at: datetime) -> tuple[Episode, ...]:
    """Return the episodes of *old*, and those withdrawn since then, which nothing may bring back as new ones."""
    current = {episode.guid: episode for episode in catalog.episodes}
    then = {episode.guid for episode in old.episodes}
    withdrawn = [e for e in catalog.episodes if e.withdrawn and e.guid not in then]
    taken = {episode.id for episode in withdrawn}
    back = [_episode(catalog, current.get(e.guid), e, at) for e in old.episodes if e.id not in taken]
    return (*back, *withdrawn)


def _episode(catalog: Catalog, now: Episode | None, then: Episode, at: datetime) -> Episode:
    """Return the episode with its texts of then; audio that was replaced comes back under a name of its own."""
    revision = next_revision(catalog)
    if now is None:
        silent = tuple(msgspec.structs.replace(old, kept=False) for old in then.replaced)
        return msgspec.structs.replace(then, replaced=silent, audio_path="", changed=revision)
    mastered, replaced = now.mastered, now.replaced
    if now.master != then.master:
        mastered = revision
        replaced = (*replaced, _replaced(now, at))
    back = msgspec.structs.replace(
        then,
        withdrawn=then.withdrawn or now.withdrawn,
        mastered=mastered,
        replaced=replaced,
        audio_path=now.audio_path,
        changed=now.changed,
    )
    return now if back == now else msgspec.structs.replace(back, changed=revision)


def _replaced(now: Episode, at: datetime) -> ReplacedAudio:
    sha256 = now.master.sha256
    return ReplacedAudio(recording=now.recording, again=now.again, master=sha256, mastered=now.mastered, at=at)


def _releases(catalog: Catalog, old: Catalog, episodes: Collection[str]) -> tuple[list[Release], dict[int, int]]:
    """Return the releases of *old*, and their numbers now by those of then.

    One that was taken back since gets a new number, so that the names of its deleted files are not used again.
    """
    present = {release.number for release in catalog.releases}
    following = catalog.next_release
    releases: list[Release] = []
    numbers: dict[int, int] = {}
    taken: set[datetime] = set()
    for release in old.releases:
        if release.episode not in episodes:
            continue
        number = release.number
        if number not in present:
            number, following = following, following + 1
        date = free_date(taken, release.date)
        taken.add(date)
        releases.append(msgspec.structs.replace(release, number=number, date=date))
        numbers[release.number] = number
    return releases, numbers


def _with_known_people(releases: Collection[Release], people: Collection[str]) -> tuple[Release, ...]:
    return tuple(
        msgspec.structs.replace(r, created=tuple(p for p in r.created if p in people)) if r.created else r
        for r in releases
    )


def _show(catalog: Catalog, old: Catalog) -> Show:
    """Return the show of then; its folder and what feeds' guids follow from stay."""
    back = msgspec.structs.replace(
        old.show,
        slug=catalog.show.slug or old.show.slug,
        first_address=catalog.show.first_address,
        art_token=catalog.show.art_token,
        audio=catalog.show.audio,
        changed=catalog.show.changed,
    )
    same = back == catalog.show and old.brand == catalog.brand
    return catalog.show if same else msgspec.structs.replace(back, changed=next_revision(catalog))
