"""The steps that publish an episode for an audience, and take a release back.

Every step is a pure function that is run again on a newer catalog when a race was lost, so it takes what is wanted
("this recording, for these people"), never a result computed from an older catalog.
"""

from collections.abc import Callable, Container, Iterable
from datetime import datetime, timedelta

import msgspec

from pitchcast.errors import CatalogError, UnknownName
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import (
    Audience,
    Catalog,
    Release,
    find_feed,
    find_recording,
    find_release,
    new_addresses,
    next_revision,
    public_number_of,
    releases_of,
    resolve_audience,
    used_paths,
)
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.naming import compare_form, make_slug, unique
from pitchcast.model.steps.access import with_tombstones
from pitchcast.model.steps.edit import add_prospect, check_personal, with_edited
from pitchcast.model.steps.suspension import end_suspensions
from pitchcast.model.token import NewToken, fresh_token


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
    _refuse_other_title(catalog, draft, audience, wanted)
    catalog, episode = _with_episode(catalog, draft)
    carrying = releases_of(catalog, episode.id)
    lacking = set(wanted) - {feed.id for feed in catalog.feeds if not carrying.isdisjoint(feed.releases)}
    if not lacking:
        check_personal(catalog, [episode])
        return catalog
    number = catalog.next_release
    taken = {release.date for release in catalog.releases}
    release = Release(
        number, episode.id, free_date(taken, date), who, tuple(created), public_number_of(catalog, number)
    )
    after = msgspec.structs.replace(
        catalog,
        releases=(*catalog.releases, release),
        next_release=number + 1,
        feeds=tuple(
            msgspec.structs.replace(f, releases=(*f.releases, number), changed_revision=next_revision(catalog))
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

    def is_otherwise(episode: Episode) -> bool:
        """Return whether an episode's audio lies otherwise than the show says; a withdrawn one needs no folder."""
        has_folder = episode.audio_path != ""
        return has_folder != share and not (share and episode.withdrawn)

    if not any(map(is_otherwise, catalog.episodes)):
        return catalog
    revision, used = next_revision(catalog), used_paths(catalog)
    episodes = []
    for episode in catalog.episodes:
        if is_otherwise(episode):
            path = fresh_token(used, new_token) if share else ""
            used.add(path)
            episode = msgspec.structs.replace(episode, audio_path=path, changed_revision=revision)
        episodes.append(episode)
    given_up = {e.audio_path for e in catalog.episodes} - {e.audio_path for e in episodes}
    retired = (*catalog.retired_paths, *sorted(given_up))
    return msgspec.structs.replace(catalog, episodes=tuple(episodes), retired_paths=retired)


def refuse_replaced(catalog: Catalog, recording: str, repeat: int) -> None:
    """Raise CatalogError where that recording is what an episode sounded like before its audio was replaced."""
    for episode in catalog.episodes:
        if any((old.recording_sha256, old.repeat) == (recording, repeat) for old in episode.replaced):
            raise CatalogError(
                f"this recording was replaced by another one in “{episode.title}”",
                hint="Publish the newer recording, or this one as an episode of its own with --again.",
            )


def last_release(catalog: Catalog, is_own: Callable[[str], bool], episode_id: str = "") -> Release:
    """Return what was published last by those labels that are one's own, of one episode where given.

    Raises UnknownName.
    """
    own = [release for release in catalog.releases if is_own(release.who)]
    if episode_id:
        own = [release for release in own if release.episode == episode_id]
    if not own:
        raise UnknownName(
            "there is nothing of yours to take back" + (f" in the episode {episode_id}" if episode_id else ""),
            hint="A colleague's episode can be taken out of every feed with: "
            f"{pitchcast_command('episodes withdraw EPISODE')}",
        )
    return own[-1]


def undo_release(catalog: Catalog, number: int, at: datetime) -> Catalog:
    """Return a catalog without that release, the prospects it created, and its episode if nothing else carries it.

    Their addresses end *at* that moment. A prospect whom something else was delivered to since stays; so does a
    withdrawn episode, so that it cannot come back.
    """
    release = find_release(catalog, number)
    if release is None:
        return catalog
    revision = next_revision(catalog)
    releases = tuple(other for other in catalog.releases if other.number != number)
    carried = {other.episode for other in releases}
    withdrawn = {episode.id for episode in catalog.episodes if episode.withdrawn}
    staying = carried | withdrawn
    catalog = msgspec.structs.replace(
        catalog,
        releases=releases,
        episodes=tuple(episode for episode in catalog.episodes if episode.id in staying),
        greetings=tuple(greeting for greeting in catalog.greetings if greeting.release != number),
        feeds=tuple(_without_release(feed, number, revision) for feed in catalog.feeds),
    )
    return _without_emptied_feeds(catalog, release, at)


def _without_release(feed: Feed, number: int, revision: int) -> Feed:
    if number not in feed.releases:
        return feed
    staying = tuple(n for n in feed.releases if n != number)
    return msgspec.structs.replace(feed, releases=staying, changed_revision=revision)


def _without_emptied_feeds(catalog: Catalog, undone: Release, at: datetime) -> Catalog:
    """Return a catalog without the feeds that exist because of the release *undone* and that it left empty."""
    gone = _emptied_feeds(catalog, undone)
    closing = [feed for feed in catalog.feeds if feed.id in gone]
    ending = [feed for feed in closing if feed.state == "active"]
    # the public feed opens again under its own slug; a token is never used twice
    retiring = [feed.path for feed in closing if feed.access == "private"]
    return msgspec.structs.replace(
        with_tombstones(end_suspensions(catalog, gone), ending, at, "closed"),
        prospects=tuple(prospect for prospect in catalog.prospects if prospect.id not in gone),
        feeds=tuple(feed for feed in catalog.feeds if feed.id not in gone),
        retired_paths=(*catalog.retired_paths, *retiring),
    )


def _emptied_feeds(catalog: Catalog, undone: Release) -> set[str]:
    """Return the ids of the feeds that the release *undone* opened and that are empty without it.

    A prospect's feed has the prospect's id. What was passed on from it goes with it.
    """
    opened = {*undone.created, PUBLIC_FEED}
    revision = next_revision(catalog)
    candidates = [feed for feed in catalog.feeds if feed.id in opened]
    emptied = {feed.id for feed in candidates if _was_emptied(feed, revision)}
    passed_on = [feed for feed in catalog.feeds if feed.parent]
    children = {feed.id for feed in passed_on if feed.prospect in emptied}
    return emptied | children


def _was_emptied(feed: Feed, revision: int) -> bool:
    """Return whether the step to *revision* took the last release out of the feed, which was not empty before."""
    return not feed.releases and feed.changed_revision == revision


def _with_addresses(catalog: Catalog, audience: Audience) -> Catalog:
    """Keep new addresses; feeds stay as they are, since no address is in any."""
    addresses = new_addresses(catalog, audience)
    if not addresses:
        return catalog
    prospects = tuple(
        msgspec.structs.replace(p, email=addresses[p.id]) if p.id in addresses else p for p in catalog.prospects
    )
    return msgspec.structs.replace(catalog, prospects=prospects)


def _refuse_other_title(catalog: Catalog, draft: Episode, audience: Audience, wanted: Iterable[str]) -> None:
    """Raise CatalogError where the recording is published under another title than the draft has.

    *wanted* are the ids of the feeds that it is for: who has the episode already needs no delivery.
    """
    known = find_recording(catalog, draft.recording_sha256, draft.repeat)
    if known is None or known.withdrawn or not draft.title:
        return
    if compare_form(draft.title) == compare_form(known.title):
        return
    carrying = releases_of(catalog, known.id)
    having = {feed.id for feed in catalog.feeds if not carrying.isdisjoint(feed.releases)}
    deliver = pitchcast_command("episodes deliver", known.id, *_as_options(audience))
    delivered = "" if having.issuperset(wanted) else f"To send it under that title: {deliver}. "
    rename = pitchcast_command("episodes edit", known.id, "--title", draft.title)
    raise CatalogError(
        f"this recording is already published as “{known.title}”",
        hint=f"{delivered}To rename it for all who have it: {rename}. Or make a second one with --again.",
    )


def _as_options(audience: Audience) -> list[str]:
    """Return an audience as one types it."""
    said = []
    for mention in audience.to:
        said += ["--to", str(mention)]
    for segment in audience.segments:
        said += ["--segment", segment]
    flags = {"--all": audience.everyone, "--public": audience.public, "--existing-only": audience.existing_only}
    return [*said, *(flag for flag, given in flags.items() if given)]


def _with_episode(catalog: Catalog, draft: Episode) -> tuple[Catalog, Episode]:
    known = find_recording(catalog, draft.recording_sha256, draft.repeat)
    if known is None:
        refuse_replaced(catalog, draft.recording_sha256, draft.repeat)
    if known and known.withdrawn:
        raise CatalogError(
            f"the episode {known.id} made from this recording was withdrawn",
            hint="To publish the recording as a new episode, add --again.",
        )
    if known and draft.personalised and not known.personalised:
        personal = msgspec.structs.replace(known, personalised=True, changed_revision=next_revision(catalog))
        return with_edited(catalog, personal), personal
    if known:
        return catalog, known
    episode_id = unique(make_slug(draft.title, fallback="episode"), {e.id for e in catalog.episodes})
    # a number behind the slug would tell of other episodes: what tells the names of files apart is their hash
    slug = make_slug(draft.title, fallback="episode")
    episode = msgspec.structs.replace(draft, id=episode_id, slug=slug, changed_revision=next_revision(catalog))
    return msgspec.structs.replace(catalog, episodes=(*catalog.episodes, episode)), episode


def _with_public_feed(catalog: Catalog) -> Catalog:
    if find_feed(catalog, PUBLIC_FEED):
        return catalog
    slug = catalog.show.slug or make_slug(catalog.show.title, fallback="show")
    feed = Feed(PUBLIC_FEED, unique(slug, used_paths(catalog)), changed_revision=next_revision(catalog))
    show = msgspec.structs.replace(catalog.show, slug=slug)
    standing = tuple(t for t in catalog.tombstones if t.path != feed.path)  # it was undone: it opens again
    return msgspec.structs.replace(catalog, show=show, feeds=(*catalog.feeds, feed), tombstones=standing)


def free_date(taken: Container[datetime], date: datetime) -> datetime:
    """Return *date* in whole seconds, moved on until it is not among those *taken*."""
    date = date.replace(microsecond=0)
    while date in taken:
        date += timedelta(seconds=1)
    return date
