"""``pitchcast episodes deliver``: an episode that exists goes to further prospects."""

from typing import TYPE_CHECKING

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted
from pitchcast.cli.prompts import confirm, settle_audience
from pitchcast.cli.publish_output import listed, show_published, with_greeting
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError, UsageError
from pitchcast.model.answers.publish import PlannedEpisode, PlannedPublish, planned_feeds
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import parse_mention

if TYPE_CHECKING:
    from pitchcast.workflows.deliver import DeliveryPlan


def deliver_episode(
    common: Common,
    episode: options.EpisodeName,
    to: options.To = [],  # noqa: B006 (typer copies it)
    segment: options.ToSegment = [],  # noqa: B006
    everyone: options.ToAll = False,
    public: options.Public = False,
    existing_only: options.ExistingOnly = False,
    personalise: options.Personalise = False,
    greeting: options.Greeting = None,
    unverified: options.Unverified = False,
    dry_run: options.DryRun = False,
) -> None:
    """Deliver an episode that exists to further prospects, and print their links.

    Those who have it already keep it as it is, unless --greeting puts words of their own before it. Who joins a segment
    later gets it by delivering it again.

    \b
    Example:
      pitchcast episodes deliver cut-your-cloud-bill --to "Acme Corp"
      pitchcast episodes deliver cut-your-cloud-bill --to acme-corp --greeting hello-acme.m4a
      pitchcast episodes deliver cut-your-cloud-bill --segment fintech --yes --json
    """
    from pitchcast.workflows.deliver import deliver, plan_delivery

    display = Display(common)
    audience = Audience(
        to=tuple(map(parse_mention, to)),
        segments=tuple(segment),
        everyone=everyone,
        public=public,
        existing_only=existing_only,
    )
    if everyone and not (common.yes or common.may_ask or dry_run):
        raise UsageError("--all delivers to every prospect", hint="Add --yes to say that this is meant.")
    project = open_show(display)
    plan = plan_delivery(project, episode, audience, personalise=personalise, greeting=greeting)
    if common.may_ask and not dry_run:
        settled = _settled(display, plan)
        plan = plan_delivery(project, episode, settled, personalise=personalise, greeting=greeting)
        _confirm(plan)
    _announce(display, plan)
    if dry_run:
        _show_plan(display, plan)
        return
    with showing_progress(display, project) as project:
        done = deliver(project, plan, unverified=unverified)
    show_published(display, done, mastered=False)


def _settled(display: Display, plan: "DeliveryPlan") -> Audience:
    """Return the audience with those who were meant by names that are nearly those of prospects."""
    names = {prospect.id: prospect.name for prospect in plan.catalog.prospects}
    return settle_audience(display, plan.audience, plan.resolved.new, plan.similar, names)


def _confirm(plan: "DeliveryPlan") -> None:
    """Ask before an episode goes to several, or to everyone. Raises CatalogError for a no."""
    if plan.feed_count <= 1 and not plan.resolved.public:
        return
    everybody = _everybody(plan)
    question = f"“{plan.episode.title}” goes to {counted(len(everybody), 'feed')}: {listed(everybody)}. Deliver?"
    if not confirm(question, default=False):
        raise CatalogError("nothing was delivered", hint="Name others with --to, or --segment.")


def _everybody(plan: "DeliveryPlan") -> list[str]:
    names = {prospect.id: prospect.name for prospect in plan.catalog.prospects}
    everybody = [names[feed.prospect] for feed in plan.resolved.feeds] + [m.name for m in plan.resolved.new]
    return everybody + (["the public feed, which anyone can find"] if plan.resolved.public else [])


def _announce(display: Display, plan: "DeliveryPlan") -> None:
    new = [mention.name for mention in plan.resolved.new]
    if new:
        display.say(f"{listed(new)} {'is a new prospect' if len(new) == 1 else 'are new prospects'}.")
    for name, similar in () if display.common.may_ask else plan.similar.items():
        if similar:
            display.warn(f"“{name}” is nearly {listed(similar)}, who is a prospect already")
    for warning in plan.warnings:
        display.warn(warning)


def _show_plan(display: Display, plan: "DeliveryPlan") -> None:
    """Print what a delivery would do."""
    planned = PlannedPublish(
        dry_run=True,
        episode=PlannedEpisode(id=plan.episode.id, title=plan.episode.title),
        feeds=planned_feeds(plan.catalog, plan.resolved, plan.similar),
        greeting=plan.greeting.path.name if plan.greeting else "",
        warnings=tuple(plan.warnings),
    )
    there = plan.feed_count - plan.lacking
    already = f" ({there:,} of them have it already)" if there else ""
    told = (
        f"Would deliver “{plan.episode.title}” to {counted(plan.feed_count, 'feed')}: {listed(_everybody(plan))}"
        f"{with_greeting(plan.greeting)}{already}. Nothing was written."
    )
    display.answer(planned, lambda to, _answer: to.result(told))
