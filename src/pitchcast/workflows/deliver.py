"""Deliver an episode that exists to further prospects: a new release, in one commit, without touching its audio."""

from pathlib import Path

from pitchcast.audio.recording import hash_recording
from pitchcast.errors import UsageError
from pitchcast.model.answers.episodes import answer_episode
from pitchcast.model.answers.publish import Published, count_published
from pitchcast.model.catalog import Audience, episode_with_id, find_guid, one_episode
from pitchcast.model.episode import Episode
from pitchcast.model.naming import compare_form
from pitchcast.production.delivery import (
    DeliveryPlan,
    Making,
    audience_named,
    carry_out,
    count_lacking,
    find_similar,
    foresee,
    meaning_of,
    reach,
)
from pitchcast.production.greeting import read_greeting
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.privacy import check_before_publishing
from pitchcast.site.project import Project


class DeliveryFacts(Facts, frozen=True):
    """The guid of the episode, and the number that the catalog's next release had."""

    guid: str
    next_release: int


def plan_delivery(
    project: Project,
    name: str,
    audience: Audience,
    *,
    personalise: bool = False,
    greeting: Path | None = None,
    unverified: bool = False,
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
    nobody = UsageError("nobody to deliver to", hint="Say whom it is for: --to, --segment or --all")
    resolved = reach(catalog, audience, nobody)
    spoken = read_greeting(greeting, audience, resolved)
    return DeliveryPlan(
        attempt=attempt,
        known=episode,
        title=episode.title,
        audience=audience,
        personalise=personalise,
        unverified=unverified,
        catalog=catalog,
        resolved=resolved,
        similar=find_similar(catalog, resolved.new),
        lacking=count_lacking(project, catalog, episode, audience, title="", personalise=personalise),
        greeting=spoken,
        warnings=foresee(catalog, audience, episode, spoken),
    )


def deliver(project: Project, plan: DeliveryPlan) -> Published:
    """Carry out a plan and return what came of it, as publish does; run again, or for nobody, it changes nothing.

    Raises NotPrivate, what plan_delivery raises, FeedError and StorageError; also where everything is done, but
    listeners cannot reach it.
    """
    episode = plan.known
    assert episode is not None  # noqa: S101 (plan_delivery looked it up)
    if not plan.feed_count:
        return _for_nobody(plan, episode)
    check_before_publishing(project, unverified=plan.unverified)
    making = Making(
        what=f"delivered {plan.title} to {audience_named(plan.catalog, plan.resolved)}",
        of=lambda found: episode_with_id(found, episode.id),
        after=lambda found: find_guid(found, episode.guid),
        master=episode.master,
        date=project.now(),
    )
    return carry_out(project, plan, making)


def _for_nobody(plan: DeliveryPlan, episode: Episode) -> Published:
    """Return the answer where an audience that may be empty is."""
    return Published(
        episode=answer_episode(plan.catalog, episode),
        feeds=(),
        catalog_revision=plan.catalog.revision,
        changed=False,
        trimmed_s=0.0,
        remarks=(),
        warnings=plan.warnings,
        counts=count_published(()),
    )
