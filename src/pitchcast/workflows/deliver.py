"""Deliver an episode that exists to further prospects: a new release, in one commit, without touching its audio."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pitchcast.audio.recording import hash_recording
from pitchcast.errors import UsageError
from pitchcast.model.answers.episodes import answer_episode
from pitchcast.model.answers.publish import Published
from pitchcast.model.catalog import (
    Audience,
    Catalog,
    Resolved,
    episode_with_id,
    find_guid,
    one_episode,
    resolve_audience,
)
from pitchcast.model.episode import Episode
from pitchcast.model.naming import compare_form
from pitchcast.model.steps.greetings import greet
from pitchcast.model.steps.publish import publish_episode
from pitchcast.site.attempt import Attempt, Facts, begin, command
from pitchcast.site.change import Step, Wish, change
from pitchcast.site.privacy import check_before_publishing, check_reachable
from pitchcast.site.project import Project
from pitchcast.workflows.delivered import (
    Delivered,
    check_master,
    find_similar,
    folders_of,
    meaning_of,
    published_feeds,
    told_addresses,
    told_names,
)
from pitchcast.workflows.greeting import (
    Spoken,
    StoredGreeting,
    greeting_put,
    greeting_warnings,
    is_heard,
    read_greeting,
)


class DeliveryFacts(Facts, frozen=True):
    """The guid of the episode, and the number that the catalog's next release had."""

    guid: str
    next_release: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPlan:
    """What a delivery would do. ``similar`` is as in Delivered; ``lacking`` counts feeds that don't hold it yet.

    ``greeting`` is what the one prospect hears first, None for nothing.
    """

    attempt: Attempt[DeliveryFacts]
    episode: Episode
    audience: Audience
    personalise: bool
    catalog: Catalog
    resolved: Resolved
    similar: dict[str, tuple[str, ...]]
    lacking: int
    greeting: Spoken | None = None

    @property
    def feed_count(self) -> int:
        """Return how many feeds would hold the episode."""
        return len(self.resolved.feeds) + len(self.resolved.new) + self.resolved.public

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is worth knowing beforehand."""
        skipped = self.resolved.skipped
        left_out = [f"left out because their feeds are revoked: {', '.join(skipped)}"] if skipped else []
        greeted = greeting_warnings(self.catalog, self.episode, self.resolved, self.greeting)
        told = (*told_names(self.catalog, self.audience), *told_addresses(self.catalog, self.audience))
        return (*told, *greeted, *left_out)


def plan_delivery(
    project: Project, name: str, audience: Audience, *, personalise: bool = False, greeting: Path | None = None
) -> DeliveryPlan:
    """Return what delivering the episode, by id or title, would do; write nothing.

    Raises UnknownName, AmbiguousName, UsageError, CatalogError where it was withdrawn or cannot be filled in for
    everybody, or RecordingError where *greeting* is none.
    """
    catalog = project.catalog()
    typed = command(
        "episodes deliver",
        episode=compare_form(name),
        personalise=personalise,
        greeting=hash_recording(greeting) if greeting else "",
        **meaning_of(audience),
    )
    attempt = begin(
        project,
        typed,
        catalog,
        lambda found: DeliveryFacts(guid=one_episode(found, name).guid, next_release=found.next_release),
        DeliveryFacts,
        is_void=lambda found, facts: find_guid(found, facts.guid) is None,
    )
    episode = find_guid(catalog, attempt.facts.guid) or one_episode(catalog, name)
    resolved = resolve_audience(catalog, audience)
    if not (resolved.feeds or resolved.new or resolved.public):
        raise UsageError("nobody to deliver to", hint="Say whom it is for: --to, --segment or --all")
    after = _step(project, episode.id, audience, personalise=personalise)(catalog)
    before = {feed.id: feed for feed in catalog.feeds}
    lacking = sum(feed.id not in before or before[feed.id].releases != feed.releases for feed in after.feeds)
    if lacking:
        check_master(project, episode)
    return DeliveryPlan(
        attempt=attempt,
        episode=episode,
        audience=audience,
        personalise=personalise,
        catalog=catalog,
        resolved=resolved,
        similar=find_similar(catalog, resolved.new),
        lacking=lacking,
        greeting=read_greeting(greeting, audience, resolved),
    )


def deliver(project: Project, plan: DeliveryPlan, *, unverified: bool = False) -> Published:
    """Carry out a plan and return what came of it, as publish does; run again, it changes nothing.

    Raises NotPrivate, what plan_delivery raises, FeedError and StorageError; also where everything is done, but
    listeners cannot reach it.
    """
    check_before_publishing(project, unverified=unverified)
    with _greeting(project, plan) as made:
        step = _step(project, plan.episode.id, plan.audience, personalise=plan.personalise, made=made)
        wish = Wish(
            what=f"delivered {plan.episode.id}",
            names=lambda after: folders_of(after, find_guid(after, plan.episode.guid), plan.audience),
            sources=made.sources if made else {},
        )
        done = change(project, step, wish, plan.attempt)
    answer = _answer(plan, done.catalog, made)
    check_reachable(project, answer.feeds)
    return answer


def _greeting(project: Project, plan: DeliveryPlan) -> AbstractContextManager[StoredGreeting | None]:
    """Give the greeting before the episode's master, stored; None where none is wanted, or it is heard already."""
    if plan.greeting is None or is_heard(project, plan.catalog, plan.episode, plan.resolved, plan.greeting):
        return nullcontext()
    return greeting_put(project, plan.greeting, plan.episode.master)


def _step(
    project: Project, episode_id: str, audience: Audience, *, personalise: bool, made: StoredGreeting | None = None
) -> Step:
    """Return the step that delivers the episode as it is then; its date is that of now even when it runs again."""
    date = project.now()

    def step(found: Catalog) -> Catalog:
        episode = episode_with_id(found, episode_id)
        draft = msgspec.structs.replace(episode, title="", personalised=episode.personalised or personalise)
        after = publish_episode(found, draft, audience, date=date, who=project.who, new_token=project.new_token)
        return greet(found, after, episode, audience, made.greeting, date) if made else after

    return step


def _answer(plan: DeliveryPlan, catalog: Catalog, made: StoredGreeting | None) -> Published:
    episode = episode_with_id(catalog, plan.episode.id)
    since = plan.attempt.facts.next_release
    return Published(
        episode=answer_episode(catalog, episode),
        feeds=published_feeds(Delivered(plan.catalog, catalog, episode, plan.audience, plan.similar, since)),
        catalog_revision=catalog.revision,
        changed=plan.attempt.resumes or catalog.revision != plan.catalog.revision,
        trimmed_s=0.0,
        remarks=made.remarks if made else (),
        warnings=plan.warnings,
    )
