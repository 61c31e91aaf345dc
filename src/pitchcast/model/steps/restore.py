"""Earlier catalogs: bring one back without undoing what must not be undone, and take people out of one.

Texts come back, and so does what was taken away since: episodes, deliveries, prospects. What was added since stays.
Who can reach what stays as it is now: no retired folder is used again, what was revoked stays revoked, what was
withdrawn stays withdrawn, and who was erased stays erased.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

import msgspec

from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, Release, Saved, find_feed, next_revision, public_number_of, used_paths
from pitchcast.model.episode import Episode, Greeting, audio_replaced
from pitchcast.model.feed import PUBLIC_FEED, Feed, podcast_guid
from pitchcast.model.naming import unique
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import NamedCover, Show
from pitchcast.model.steps.access import forget_created
from pitchcast.model.steps.edit import check_personal
from pitchcast.model.steps.greetings import return_greetings
from pitchcast.model.steps.publish import free_date, with_audio_paths
from pitchcast.model.steps.suspension import end_suspensions
from pitchcast.model.token import NewToken, fresh_token

ERASED_WORDS = "a change concerning somebody who was removed"


class Returned(Record, frozen=True):
    """What bringing an earlier catalog back leads to, what it does not bring back, and what it leaves alone.

    ``readdressed``, ``rotated``, ``revoked`` and ``added`` are ids of feeds: those that come back at another address,
    those that have another one by now and keep it, those that stay revoked, and those that were added since and stay.
    ``withdrawn`` are ids of episodes that stay withdrawn,
    ``published`` of those that were published since and stay, ``delivered`` of earlier ones that went to further feeds
    since, which stay too; ``erased`` is how many people stay erased. ``ungreeted`` are ids of feeds in which something
    is heard without the greeting that it had.
    """

    catalog: Catalog
    readdressed: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    delivered: tuple[str, ...] = ()
    erased: int = 0
    ungreeted: tuple[str, ...] = ()
    rotated: tuple[str, ...] = ()


class _Pair(Record, frozen=True):
    """A feed of an earlier catalog, what it is now (None where it is gone), and its ids once it is back.

    The ids differ from those of then where somebody else has these by now.
    """

    then: Feed
    now: Feed | None
    id: str
    prospect: str
    parent: str


class _Match(Record, frozen=True):
    """An earlier catalog beside the one of now, and what its things are called once they are back.

    ``episodes`` are those once they are back, with those published since; ``episode_ids`` gives the ids that the
    episodes of *old* have then, by their ids in *old*. ``releases`` are those of *old* as they would be now, by their
    numbers in *old*. ``people`` gives the ids that prospects have then, by their ids in *old*.
    """

    now: Catalog
    old: Catalog
    episodes: tuple[Episode, ...]
    episode_ids: dict[str, str]
    releases: dict[int, Release]
    pairs: tuple[_Pair, ...]
    people: dict[str, str]


def return_to(catalog: Catalog, old: Catalog, *, at: datetime, new_token: NewToken) -> Returned:
    """Return *catalog* with what *old*, an earlier one of the same show, said; the same one if nothing differs.

    What was added since stays. Raises CatalogError or UsageError where a personalised text of then cannot be filled in
    for somebody who has got the episode since.
    """
    match = _match(catalog, old, at)
    after = with_audio_paths(_brought_back(match, at, new_token), new_token)
    check_personal(after, set(after.episodes) - set(catalog.episodes))
    return _report(match, after)


def _match(catalog: Catalog, old: Catalog, at: datetime) -> _Match:
    episodes, episode_ids = _episodes(catalog, old, at)
    pairs = tuple(_pairs(catalog, old))
    return _Match(
        now=catalog,
        old=old,
        episodes=episodes,
        episode_ids=episode_ids,
        releases=_numbered(catalog, old, episode_ids),
        pairs=pairs,
        people={pair.then.prospect: pair.prospect for pair in pairs if pair.prospect},
    )


def _brought_back(match: _Match, at: datetime, new_token: NewToken) -> Catalog:
    catalog, old = match.now, match.old
    prospects = _prospects(match)
    feeds = _feeds(match, prospects, new_token)
    releases = _releases(match, feeds)
    following = [release.number + 1 for release in releases]
    left_behind = _left_behind(catalog, old, feeds)
    return msgspec.structs.replace(
        catalog,
        show=_show(catalog, old),
        brand=old.brand,
        episodes=match.episodes,
        releases=releases,
        next_release=max([catalog.next_release, *following]),
        prospects=prospects,
        feeds=feeds,
        retired_paths=tuple(dict.fromkeys((*catalog.retired_paths, *left_behind))),
        greetings=return_greetings(catalog, old, feeds, match.episodes, at),
    )


def _report(match: _Match, after: Catalog) -> Returned:
    """Return the catalog that bringing the earlier one back leads to, with everything to be said about it."""
    catalog = match.now
    paired = {pair.now.id for pair in match.pairs if pair.now}
    return Returned(
        catalog=catalog if after == catalog else after,
        readdressed=tuple(pair.id for pair in match.pairs if _is_readdressed(pair)),
        revoked=tuple(pair.id for pair in match.pairs if _was_revoked_since(pair)),
        added=tuple(feed.id for feed in catalog.feeds if feed.id not in paired),
        withdrawn=_withdrawn_since(match),
        published=_published_since(match),
        delivered=_delivered_since(match),
        erased=len(_erased_feeds(match.old, catalog.erased_paths)),
        ungreeted=_ungreeted(match, after),
        rotated=tuple(pair.id for pair in match.pairs if _was_rotated_since(pair)),
    )


def _is_readdressed(pair: _Pair) -> bool:
    return pair.now is None and pair.then.state == "active"


def _was_rotated_since(pair: _Pair) -> bool:
    """Return whether a feed that is open has another address than then, which it keeps."""
    return pair.now is not None and pair.now.state == "active" and pair.now.path != pair.then.path


def _was_revoked_since(pair: _Pair) -> bool:
    return pair.now is not None and pair.now.state == "revoked" and pair.then.state == "active"


def _withdrawn_since(match: _Match) -> tuple[str, ...]:
    """Return the ids of the episodes that were heard then and stay withdrawn."""
    withdrawn = {episode.guid for episode in match.now.episodes if episode.withdrawn}
    heard = [episode for episode in match.old.episodes if not episode.withdrawn]
    return tuple(match.episode_ids[episode.id] for episode in heard if episode.guid in withdrawn)


def _published_since(match: _Match) -> tuple[str, ...]:
    """Return the ids of the episodes that were published since and stay."""
    known = _guids(match.old)
    heard = [episode for episode in match.now.episodes if not episode.withdrawn]
    return tuple(episode.id for episode in heard if episode.guid not in known)


def _delivered_since(match: _Match) -> tuple[str, ...]:
    """Return the ids of the episodes of then that went to further feeds since; each once."""
    guids = _guids(match.old)
    returning = {episode.id for episode in match.episodes if episode.guid in guids}
    numbers = {release.number for release in match.old.releases}
    since = [release.episode for release in match.now.releases if release.number not in numbers]
    return tuple(dict.fromkeys(episode_id for episode_id in since if episode_id in returning))


def without_people(old: Catalog, erased: Collection[str]) -> Catalog:
    """Return an earlier catalog without the prospects whose feeds had one of the folders *erased*; or the same one."""
    feeds = _erased_feeds(old, erased)
    if not feeds:
        return old
    gone = {feed.prospect for feed in feeds}
    closed = {feed.id for feed in feeds}
    return msgspec.structs.replace(
        end_suspensions(old, gone),
        saved=_without_mention(old, gone),
        prospects=tuple(prospect for prospect in old.prospects if prospect.id not in gone),
        feeds=tuple(feed for feed in old.feeds if feed.prospect not in gone),
        releases=forget_created(old.releases, gone),
        greetings=tuple(greeting for greeting in old.greetings if greeting.feed not in closed),
        named_covers=_without_names(old, gone),
    )


def _without_mention(old: Catalog, gone: Collection[str]) -> Saved:
    """Return for what *old* was written, in words that name none of the prospects *gone*."""
    people = [prospect for prospect in old.prospects if prospect.id in gone]
    if not _names_any(old.saved.what, people):
        return old.saved
    return msgspec.structs.replace(old.saved, what=ERASED_WORDS)


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
    prospects = {prospect.name for prospect in old.prospects if prospect.id not in gone}
    colleagues = {feed.name for feed in old.feeds if feed.prospect not in gone}
    staying = prospects | colleagues
    return tuple(cover for cover in old.named_covers if cover.name in staying)


def _erased_feeds(old: Catalog, erased: Collection[str]) -> list[Feed]:
    folders = frozenset(erased)
    return [feed for feed in old.feeds if not folders.isdisjoint(feed.paths)]


def _names_any(text: str, people: Collection[Prospect]) -> bool:
    said = text.casefold()
    return any(_is_named(person, said) for person in people)


def _is_named(person: Prospect, said: str) -> bool:
    """Return whether a text in lower case holds any of the names by which people speak of a prospect."""
    names = filter(None, (person.id, person.name, person.email, person.company))
    return any(name.casefold() in said for name in names)


def _guids(catalog: Catalog) -> set[str]:
    return {episode.guid for episode in catalog.episodes}


def _pairs(catalog: Catalog, old: Catalog) -> list[_Pair]:
    """Return the feeds of *old* whose people are not erased, each with what it is now and how it will be called.

    A feed is known by its folders and not by its id: another prospect may be called alike since.
    """
    now_at = {path: feed for feed in catalog.feeds for path in feed.paths}
    public = find_feed(catalog, PUBLIC_FEED)
    erased = {feed.prospect for feed in _erased_feeds(old, catalog.erased_paths)}
    taken = {feed.id for feed in catalog.feeds} | {prospect.id for prospect in catalog.prospects} | {PUBLIC_FEED}
    people: dict[str, str] = {}
    ids: dict[str, str] = {}
    pairs = []
    for then in old.feeds:  # a child comes after its parent, and after the feed of its prospect
        if then.prospect in erased:
            continue
        now = public if then.id == PUBLIC_FEED else now_at.get(then.path)
        if now is not None:
            found = now.id, now.prospect, now.parent
        elif then.id == PUBLIC_FEED:
            found = PUBLIC_FEED, "", ""
        elif then.parent:
            prospect = people[then.prospect]
            found = _free_child_id(then, prospect, taken), prospect, ids[then.parent]
        else:
            own = unique(then.id, taken)
            found = own, own, ""
        ids[then.id], people[then.prospect], parent = found
        taken.add(ids[then.id])
        pairs.append(_Pair(then=then, now=now, id=found[0], prospect=found[1], parent=parent))
    return pairs


def _free_child_id(then: Feed, prospect: str, taken: Collection[str]) -> str:
    """Return the id of a feed that was passed on, with the first number from its own one on that is free."""
    number = int(then.id.rpartition(".")[2])
    while f"{prospect}.{number}" in taken:
        number += 1
    return f"{prospect}.{number}"


def _prospects(match: _Match) -> tuple[Prospect, ...]:
    """Return the prospects of then whose people are not erased, and those added since."""
    people = match.people
    back = [msgspec.structs.replace(p, id=people[p.id]) for p in match.old.prospects if p.id in people]
    there = {prospect.id for prospect in back}
    return (*back, *(prospect for prospect in match.now.prospects if prospect.id not in there))


def _feeds(match: _Match, prospects: Collection[Prospect], new_token: NewToken) -> tuple[Feed, ...]:
    """Return the feeds of then as they are now, with the deliveries of then, and those that were added since."""
    used = used_paths(match.now).union(*(feed.paths for feed in match.old.feeds))
    edited = _edited_prospects(match.now, prospects)
    carrying = {release.number: release.episode for release in match.now.releases}
    feeds = []
    for pair in match.pairs:
        releases = _deliveries(pair, match.releases, carrying)
        if pair.now is None:
            back = _readdressed(match.now, match.old, pair, used, new_token)
            feeds.append(msgspec.structs.replace(back, releases=releases))
        elif pair.now.releases == releases and pair.now.prospect not in edited:
            feeds.append(pair.now)
        else:
            revision = next_revision(match.now)
            feeds.append(msgspec.structs.replace(pair.now, releases=releases, changed_revision=revision))
    there = {feed.id for feed in feeds}
    return (*feeds, *(feed for feed in match.now.feeds if feed.id not in there))


def _edited_prospects(catalog: Catalog, prospects: Collection[Prospect]) -> set[str]:
    """Return the ids of the prospects who differ from those of now, or are new."""
    now = {prospect.id: prospect for prospect in catalog.prospects}
    return {prospect.id for prospect in prospects if prospect != now.get(prospect.id)}


def _deliveries(pair: _Pair, numbered: dict[int, Release], carrying: dict[int, str]) -> tuple[int, ...]:
    """Return the releases in a feed once it is back: those of then and those since, no episode twice.

    *numbered* are the releases of then, by their numbers then, *carrying* gives the episode of each one of now.
    """
    now = pair.now.releases if pair.now else ()
    heard = {carrying[number] for number in now}
    then = [numbered[number] for number in pair.then.releases if number in numbered]
    back = []
    for release in then:
        is_heard_otherwise = release.episode in heard and release.number not in now
        if not is_heard_otherwise:
            back.append(release.number)
    since = [number for number in now if number not in back]
    return (*back, *since)


def _readdressed(catalog: Catalog, old: Catalog, pair: _Pair, used: set[str], new_token: NewToken) -> Feed:
    """Return a feed that is gone since, at an address that was never used; one that was revoked stays so."""
    then = pair.then
    back = msgspec.structs.replace(
        then, id=pair.id, prospect=pair.prospect, parent=pair.parent, changed_revision=next_revision(catalog)
    )
    if then.state == "revoked":
        return back
    path = unique(catalog.show.slug or then.path, used) if then.id == PUBLIC_FEED else fresh_token(used, new_token)
    used.add(path)
    guid = podcast_guid(old.show, then)
    return msgspec.structs.replace(back, path=path, guid=guid, earlier_paths=(*then.earlier_paths, then.path))


def _ungreeted(match: _Match, after: Catalog) -> tuple[str, ...]:
    """Return the feeds in which a delivery had a greeting, then or until now, and has none any more."""
    heard = {(greeting.feed, greeting.release) for greeting in after.greetings}
    had = [*_greeted_then(match), *((greeting.feed, greeting.release) for greeting in match.now.greetings)]
    lost = [one for one in had if one not in heard]
    delivered = {feed.id: feed.releases for feed in after.feeds}
    # where the delivery is gone altogether, no greeting is missing
    return tuple(dict.fromkeys(feed_id for feed_id, number in lost if number in delivered.get(feed_id, ())))


def _greeted_then(match: _Match) -> Iterator[tuple[str, int]]:
    """Yield feed and release of each delivery that had a greeting then, as both are called now."""
    ids = {pair.then.id: pair.id for pair in match.pairs}
    for greeting in match.old.greetings:
        if greeting.release in match.releases:
            yield ids.get(greeting.feed, ""), match.releases[greeting.release].number


def _left_behind(catalog: Catalog, old: Catalog, feeds: Collection[Feed]) -> list[str]:
    """Return the folders that no feed has any more."""
    there = {feed.path for feed in feeds if feed.state == "active"}
    return [feed.path for feed in (*catalog.feeds, *old.feeds) if feed.path not in there]


def _episodes(catalog: Catalog, old: Catalog, at: datetime) -> tuple[tuple[Episode, ...], dict[str, str]]:
    """Return the episodes of *old* and those published since, and the ids of *old*'s, by their ids then.

    One that was taken back since has another id where a later one has got its own.
    """
    current = {episode.guid: episode for episode in catalog.episodes}
    taken = {episode.id for episode in catalog.episodes}
    ids: dict[str, str] = {}
    back = []
    for then in old.episodes:
        now = current.get(then.guid)
        ids[then.id] = now.id if now else unique(then.id, taken)
        taken.add(ids[then.id])
        back.append(_changed_back(catalog, now, then, at) if now else _taken_up(catalog, then, ids[then.id]))
    known = _guids(old)
    return (*back, *(episode for episode in catalog.episodes if episode.guid not in known)), ids


def _taken_up(catalog: Catalog, then: Episode, episode_id: str) -> Episode:
    """Return an episode that was taken back since; audio that it had before this one is not kept."""
    silent = tuple(msgspec.structs.replace(old, still_readable=False) for old in then.replaced)
    return msgspec.structs.replace(
        then, id=episode_id, replaced=silent, audio_path="", changed_revision=next_revision(catalog)
    )


def _changed_back(catalog: Catalog, now: Episode, then: Episode, at: datetime) -> Episode:
    """Return the episode with its texts of then; audio that was replaced comes back under a name of its own."""
    revision = next_revision(catalog)
    audio_revision, replaced = now.audio_revision, now.replaced
    if now.master != then.master:
        audio_revision = public_number_of(catalog, revision)
        replaced = (*replaced, audio_replaced(now, at))
    back = msgspec.structs.replace(
        then,
        id=now.id,
        slug=now.slug,
        withdrawn=then.withdrawn or now.withdrawn,
        audio_revision=audio_revision,
        replaced=replaced,
        audio_path=now.audio_path,
        changed_revision=now.changed_revision,
    )
    return now if back == now else msgspec.structs.replace(back, changed_revision=revision)


def _numbered(catalog: Catalog, old: Catalog, episode_ids: dict[str, str]) -> dict[int, Release]:
    """Return the releases of *old* as they would be now, by their numbers then.

    One that was taken back since gets a new number, so that the names of its deleted files are not used again.
    """
    present = {release.number: release for release in catalog.releases}
    taken = {release.date for release in catalog.releases}
    following = catalog.next_release
    numbered: dict[int, Release] = {}
    for then in old.releases:
        if then.number in present:
            numbered[then.number] = present[then.number]
            continue
        date = free_date(taken, then.date)
        taken.add(date)
        numbered[then.number] = msgspec.structs.replace(
            then,
            number=following,
            date=date,
            episode=episode_ids[then.episode],
            public_number=public_number_of(catalog, following),
        )
        following += 1
    return numbered


def _releases(match: _Match, feeds: Collection[Feed]) -> tuple[Release, ...]:
    """Return the releases of then and those since; of those taken back, the ones that come back into a feed."""
    present = {release.number for release in match.now.releases}
    carried = set().union(*(feed.releases for feed in feeds))
    back = []
    for release in match.releases.values():
        if release.number in present:
            back.append(release)
        elif release.number in carried:
            back.append(_with_known_people(release, match.people))
    there = {release.number for release in back}
    return (*back, *(release for release in match.now.releases if release.number not in there))


def _with_known_people(release: Release, people: dict[str, str]) -> Release:
    return msgspec.structs.replace(release, created=tuple(people[p] for p in release.created if p in people))


def _show(catalog: Catalog, old: Catalog) -> Show:
    """Return the show of then; its folder, what feeds' guids follow from, and what pages say of counting stay."""
    back = msgspec.structs.replace(
        old.show,
        slug=catalog.show.slug or old.show.slug,
        first_address=catalog.show.first_address,
        art_token=catalog.show.art_token,
        audio=catalog.show.audio,
        counted=catalog.show.counted,
        changed_revision=catalog.show.changed_revision,
    )
    same = back == catalog.show and old.brand == catalog.brand
    return catalog.show if same else msgspec.structs.replace(back, changed_revision=next_revision(catalog))
