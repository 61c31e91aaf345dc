"""An episode for an audience, planned and carried out: a new one and one that exists, in one way."""

from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pitchcast.errors import CatalogError, ObjectMissing, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.episodes import answer_episode
from pitchcast.model.answers.publish import Published, PublishedFeed, PublishedFor, answer_greeting, count_published
from pitchcast.model.catalog import (
    Audience,
    Catalog,
    Resolved,
    empty_segments,
    find_feed,
    new_addresses,
    releases_of,
    resolve_audience,
)
from pitchcast.model.contents import Contents
from pitchcast.model.episode import Episode, Master
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.layout import master_key
from pitchcast.model.lookup import Names
from pitchcast.model.naming import compare_form
from pitchcast.model.prospect import Mention, similar_prospects
from pitchcast.model.steps.greetings import greet
from pitchcast.model.steps.publish import publish_episode
from pitchcast.production.greeting import Spoken, StoredGreeting, greeting_put, greeting_warnings, is_heard
from pitchcast.production.mastering import UntaggedAudio
from pitchcast.site.attempt import Attempt
from pitchcast.site.change import Wish, change
from pitchcast.site.privacy import check_reachable
from pitchcast.site.project import Project

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPlan:
    """What giving an episode to an audience would do.

    ``known`` is the episode where it exists, ``title`` what it is or would be called. ``similar`` gives, for each
    prospect that would be created, ids of those with nearly that name. ``lacking`` counts the feeds that do not hold it
    yet. ``greeting`` is what the one prospect hears first. With ``unverified`` it is carried out although privacy could
    not be proved for lack of an answer.
    """

    attempt: Attempt[Any]
    known: Episode | None
    title: str
    audience: Audience
    personalise: bool
    unverified: bool
    catalog: Catalog
    resolved: Resolved
    similar: Mapping[str, tuple[str, ...]]
    lacking: int
    greeting: Spoken | None
    warnings: tuple[str, ...]
    temp_dir: Path | None = None

    @property
    def feed_count(self) -> int:
        """Return how many feeds would hold the episode."""
        return _feed_count(self.resolved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """The episode of a delivery, made or found: how a catalog is asked for it, and what of it was stored just now.

    ``of`` returns the episode to deliver, ``after`` the one that is there when it was delivered. ``finished`` is the
    audio where it was made just now, ``sources`` what was stored for it, by key.
    """

    what: str
    of: Callable[[Catalog], Episode]
    after: Callable[[Catalog], Episode | None]
    master: Master
    date: datetime
    finished: UntaggedAudio | None = None
    sources: Mapping[str, bytes | Path] = field(default_factory=dict)


def reach(catalog: Catalog, audience: Audience, nobody: UsageError) -> Resolved:
    """Return the feeds of an audience. Raises what resolve_audience raises, and *nobody* where it may not be empty."""
    resolved = resolve_audience(catalog, audience)
    if not _feed_count(resolved) and not audience.may_be_empty:
        raise nobody
    return resolved


def count_lacking(
    project: Project, catalog: Catalog, known: Episode, audience: Audience, *, title: str, personalise: bool
) -> int:
    """Return how many feeds would get an episode that exists, *title* being what was said of it ("" for nothing).

    Raises CatalogError where it was withdrawn, has another title, cannot be filled in for everybody, or its finished
    audio is missing.
    """
    draft = _as_asked(known, title, personalise)
    after = publish_episode(catalog, draft, audience, date=project.now(), who=project.who, new_token=project.new_token)
    before = {feed.id: feed for feed in catalog.feeds}
    lacking = sum(feed.id not in before or before[feed.id].releases != feed.releases for feed in after.feeds)
    if lacking:
        check_master(project, known)
    return lacking


def foresee(catalog: Catalog, audience: Audience, known: Episode | None, greeting: Spoken | None) -> tuple[str, ...]:
    """Return what is worth knowing before an episode is delivered."""
    resolved = resolve_audience(catalog, audience)
    skipped = resolved.skipped
    left_out = [f"left out because their feeds are revoked: {', '.join(skipped)}"] if skipped else []
    empty = [f"nobody is in the segment “{one}”" for one in empty_segments(catalog, audience)]
    greeted = greeting_warnings(catalog, known, resolved, greeting)
    return (*told_names(catalog, audience), *told_addresses(catalog, audience), *greeted, *left_out, *empty)


def carry_out(project: Project, plan: DeliveryPlan, making: Making, *, title: str = "") -> Published:
    """Deliver the episode, and return what came of it; run again, it changes nothing.

    Its date is that of now even when the step runs again. Raises FeedError, CatalogError and StorageError; also where
    everything is done, but listeners cannot reach it.
    """

    def step(before: Catalog) -> Catalog:
        draft = _as_asked(making.of(before), title, plan.personalise)
        after = publish_episode(
            before, draft, plan.audience, date=making.date, who=project.who, new_token=project.new_token
        )
        episode = making.after(after)
        return greet(before, after, episode, plan.audience, made.greeting, now) if made and episode else after

    now = project.now()
    with _greeting(project, plan, making) as made:
        wish = Wish(
            what=making.what,
            names=lambda after: folders_of(after, making.after(after), plan.audience),
            sources={**making.sources, **(made.sources if made else {})},
        )
        done = change(project, step, wish, plan.attempt)
    answer = _answer(plan, done.catalog, making, made)
    check_reachable(project, answer.feeds)
    return answer


def _feed_count(resolved: Resolved) -> int:
    return len(resolved.feeds) + len(resolved.new) + resolved.public


def _as_asked(episode: Episode, title: str, personalise: bool) -> Episode:
    """Return an episode as a draft: with the title that was given, which is compared, or none."""
    return msgspec.structs.replace(episode, title=title, personalised=episode.personalised or personalise)


def _greeting(project: Project, plan: DeliveryPlan, making: Making) -> AbstractContextManager[StoredGreeting | None]:
    """Give the greeting before the episode's master, stored; None where none is wanted, or it is heard already."""
    spoken, known = plan.greeting, plan.known
    if spoken is None or (known and is_heard(project, plan.catalog, known, plan.resolved, spoken)):
        return nullcontext()
    before = making.finished.path if making.finished else None
    return greeting_put(project, spoken, making.master, finished=before, temp_dir=plan.temp_dir)


def _answer(plan: DeliveryPlan, catalog: Catalog, making: Making, made: StoredGreeting | None) -> Published:
    episode = making.after(catalog)
    assert episode is not None  # noqa: S101 (the commit just put it there)
    mastered = making.finished.mastered if making.finished else None
    feeds = _published_feeds(plan, catalog, episode)
    return Published(
        episode=answer_episode(catalog, episode),
        feeds=feeds,
        catalog_revision=catalog.revision,
        changed=plan.attempt.resumes or catalog.revision != plan.catalog.revision,
        trimmed_s=round(mastered.trimmed_start_s + mastered.trimmed_end_s, 3) if mastered else 0.0,
        remarks=(*(mastered.remarks if mastered else ()), *(made.remarks if made else ())),
        warnings=plan.warnings,
        counts=count_published(feeds),
    )


def find_similar(catalog: Catalog, new: Iterable[Mention]) -> dict[str, tuple[str, ...]]:
    """Return, for each prospect that would be created, ids of those with nearly that name."""
    return {mention.name: tuple(p.id for p in similar_prospects(catalog.prospects, mention.name)) for mention in new}


def audience_named(catalog: Catalog, resolved: Resolved) -> str:
    """Return whom an episode is for, as the history says it: the first three by name, and how many there are more."""
    names = {prospect.id: prospect.name for prospect in catalog.prospects}
    named = [names[feed.prospect] for feed in resolved.feeds[:_NAMED]] + [one.name for one in resolved.new]
    named = [*named[:_NAMED], *(["everyone"] if resolved.public else [])]
    more = _feed_count(resolved) - len(named)
    said = ", ".join(named)
    return f"{said} and {more:,} more" if more else said


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
            hint=f"Put it back from a public copy, where there is one: {pitchcast_command('doctor --repair')}",
        ) from error


def _published_feeds(plan: DeliveryPlan, after: Catalog, episode: Episode) -> tuple[PublishedFeed, ...]:
    """Return the audience's feeds that hold the episode now.

    Releases from the number that the catalog's next one had are the command's own, or came while it ran.
    """
    feeds = list(resolve_audience(after, plan.audience).feeds)
    public = find_feed(after, PUBLIC_FEED)
    if plan.audience.public and public:
        feeds.append(public)
    numbers = releases_of(after, episode.id)
    since = plan.attempt.facts.next_release
    created = {
        who
        for release in after.releases
        if release.number in numbers and release.number >= since
        for who in release.created
    }
    told = _Told(plan, episode, Contents(after), {feed.id for feed in plan.catalog.feeds})
    return tuple(
        told.feed(feed, created=feed.prospect in created) for feed in feeds if not numbers.isdisjoint(feed.releases)
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said of feeds that hold an episode now; ``before`` are the ids of the feeds that were there."""

    plan: DeliveryPlan
    episode: Episode
    contents: Contents
    before: Set[str]

    def feed(self, feed: Feed, *, created: bool) -> PublishedFeed:
        """Return the answer about one feed."""
        content = self.contents.of(feed)
        delivery = next(d for d in content.deliveries if d.episode.id == self.episode.id)
        since = self.plan.attempt.facts.next_release
        prospect = content.prospect
        told = None
        if prospect:
            similar = self.plan.similar.get(prospect.name, ())
            told = PublishedFor(id=prospect.id, name=prospect.name, created=created, similar=similar)
        return PublishedFeed(
            prospect=told,
            access=feed.access,
            feed_url=content.feed_url,
            page_url=content.page_url,
            audio_url=content.audio_url(delivery),
            new=any(number >= since for number in feed.releases) or feed.id not in self.before,
            episodes=len(content.deliveries),
            duration_s=round(delivery.episode.master.duration_s, 3),
            size_bytes=delivery.episode.master.size_bytes,
            sha256=delivery.episode.master.sha256,
            greeting=answer_greeting(delivery.greeting) if delivery.greeting else None,
        )
