"""``pitchcast episodes deliver``: an episode that exists goes to further prospects."""

from dataclasses import replace
from typing import TYPE_CHECKING

from pitchcast.cli import options
from pitchcast.cli.build_report import reporting
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display
from pitchcast.cli.prompts import settle_audience
from pitchcast.cli.publish_output import announce, confirm_audience, recipients, show_plan, show_published
from pitchcast.cli.sending import Ways, links_of, send
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.model.catalog import Audience
from pitchcast.model.prospect import parse_mention

if TYPE_CHECKING:
    from pitchcast.production.delivery import DeliveryPlan


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
    copy: options.Copy = False,
    mail: options.Mail = False,
    qr: options.Qr = False,
    open_: options.Open = False,
    report: options.Report = None,
    dry_run: options.DryRun = False,
) -> None:
    """Deliver an episode that exists to further prospects, and print their links.

    Those who have it already keep it as it is, unless --greeting puts words of their own before it. Who joins a segment
    later gets it by delivering it again: with --existing-only, as every night, a segment may be empty.

    \b
    Example:
      pitchcast episodes deliver cut-your-bill --to "Acme Corp"
      pitchcast episodes deliver cut-your-bill --to acme-corp --greeting hello.m4a
      pitchcast episodes deliver cut-your-bill --segment fintech --yes --json
    """
    from pitchcast.workflows.deliver import deliver, plan_delivery

    display = Display(common)
    audience = Audience(
        to=tuple(map(parse_mention, to)),
        segments=tuple(segment),
        everyone=everyone,
        public=public,
        existing_only=existing_only,
        may_be_empty=existing_only and bool(segment) and not (to or public),
    )
    if everyone:
        common.refuse_unmeant("--all delivers to every prospect", dry_run=dry_run)
    project = open_show(display)

    def planned(audience: Audience) -> "DeliveryPlan":
        return plan_delivery(
            project, episode, audience, personalise=personalise, greeting=greeting, unverified=unverified
        )

    plan = planned(audience)
    ways = Ways(copy=copy, mail=mail, qr=qr, open=open_)
    ways.refuse_several(len(recipients(plan)))
    if common.may_ask and not dry_run:
        names = {prospect.id: prospect.name for prospect in plan.catalog.prospects}
        plan = planned(settle_audience(display, audience, plan.resolved.new, plan.similar, names))
        confirm_audience(plan, f"“{plan.title}”", "Deliver", done="delivered")
    if dry_run:
        show_plan(display, plan)
        return
    announce(display, plan)
    with reporting(report) as told, showing_progress(display, project) as project:
        done = deliver(replace(project, report=told), plan)
    show_published(display, done, mastered=False, everyone=everyone)
    send(display, links_of(project, done), ways)
