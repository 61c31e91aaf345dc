"""``pitchcast feeds``: what each prospect subscribes to."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial

import typer

from pitchcast.cli import options
from pitchcast.cli.build_report import reporting
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.dates import parse_end
from pitchcast.cli.display import Display, counted
from pitchcast.cli.doctor import show_findings
from pitchcast.cli.feeds_access import ask_first, chosen_from, show_access
from pitchcast.cli.feeds_export import export_feeds
from pitchcast.cli.names import audience_of, listed
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.cli.undo import STAYS
from pitchcast.errors import PartlyDone, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import BuiltFeeds, FeedAnswer, Feeds
from pitchcast.site.executors import Executors
from pitchcast.workflows import feeds as workflow
from pitchcast.workflows import feeds_access as access

_NAMED = 10

app = new_group("What each prospect subscribes to: list, build, check, export, rotate, revoke …")


command(app, "export")(export_feeds)


@command(app, "list")
def list_(common: Common) -> None:
    """List the feeds with the page of each: the link to send.

    \b
    Example:
      pitchcast feeds list
      pitchcast feeds list --json
    """
    display = Display(common)
    feeds = workflow.list_feeds(open_show(display))
    display.answer(Feeds(feeds=tuple(feeds)), _show_list)


def _show_list(display: Display, answer: Feeds) -> None:
    for feed in answer.feeds:
        display.result(f"{audience_of(feed)} ({feed.id}): {_said(feed)}")
        if feed.state == "active":
            display.indented(feed.page_url)
    if not answer.feeds:
        display.say("No feeds.")


@command(app, "show")
def show(common: Common, feed: options.FeedName) -> None:
    """Show one feed: its page, and the address that podcast apps subscribe to.

    \b
    Example:
      pitchcast feeds show acme-corp
    """
    display = Display(common)
    found = workflow.show(open_show(display), feed)
    display.answer(found, _show)


def _show(display: Display, found: FeedAnswer) -> None:
    display.pairs(
        [
            ("id", found.id),
            ("for", audience_of(found)),
            ("feed", _said(found)),
            ("page to send", found.page_url if found.state == "active" else ""),
            ("for podcast apps", found.feed_url if found.state == "active" else ""),
        ]
    )


@command(app, "build")
def build(
    common: Common,
    feeds: options.FeedNames = None,
    prospects: options.EachProspect = None,
    segment: options.Segment = "",
    everything: options.EveryFeed = False,
    jobs: options.Jobs = 0,
    dask: options.Dask = "",
    report: options.Report = None,
    dry_run: options.DryRun = False,
) -> None:
    """Make feeds say again what the catalog says: those named, those of a segment, or all.

    Needed after “prospects import --no-build”, and when something went wrong: every other command builds what it
    changes. What is right already is left alone; interrupted, the same command goes on. Ends with exit code 3 if some
    feeds could not be built.

    \b
    Example:
      pitchcast feeds build
      pitchcast feeds build acme-corp --dry-run
      pitchcast feeds build --all --report built.jsonl
      pitchcast feeds build --all --dask tcp://scheduler:8786
    """
    display = Display(common)
    names = [*(feeds or ()), *(prospects or ())]
    if bool(names) + bool(segment) + everything > 1:
        raise UsageError("feeds, --segment and --all exclude each other", hint="Give one of them.")
    project = open_show(display, dry_run=dry_run)
    with ExitStack() as stack:
        tell = stack.enter_context(reporting(report))
        project = stack.enter_context(showing_progress(display, project))
        built = workflow.build(project, names=names, segment=segment, executors=Executors(jobs, dask), tell=tell)
    display.answer(built, partial(_show_built, dry_run=dry_run))
    if built.failed:
        raise typer.Exit(PartlyDone.exit_code if len(built.failed) < built.feeds else 1)


@command(app, "check")
def check(
    common: Common,
    files: options.FeedFiles = None,
    prospects: options.EachProspect = None,
    everything: options.AllFeeds = False,
) -> None:
    """Check feeds against the rules of podcast apps and directories: files, those of prospects, or all of the show.

    Ends with exit code 1 if something is wrong.

    \b
    Example:
      pitchcast feeds check --all
      pitchcast feeds check --prospect "Acme Corp"
      pitchcast feeds check feed.xml
    """
    display = Display(common)
    if bool(files) + bool(prospects) + everything != 1:
        raise UsageError(
            "name feed files, or give --prospect or --all",
            hint=f"For the feeds of this show: {pitchcast_command('feeds check --all')}",
        )
    if not files:
        found = workflow.check_stored(open_show(display), prospects or ())
    else:
        found = tuple(finding for path in files or () for finding in workflow.check_file(path))
    show_findings(display, found, good="Nothing to object to." if not found else "No errors.")


@command(app, "rotate")
def rotate(
    common: Common,
    who: options.Chosen = None,
    segments: options.ChosenSegments = None,
    everyone: options.ChosenAll = False,
    dry_run: options.DryRun = False,
) -> None:
    """Give feeds new secret addresses; the old ones stop working at once.

    For a link that came into wrong hands. Send the new link yourself: nothing at the old address leads to it.

    \b
    Example:
      pitchcast feeds rotate acme-corp
      pitchcast feeds rotate --segment retail --yes
    """
    common.require_yes("feeds rotate", dry_run=dry_run)
    display, chosen = Display(common), chosen_from(common, who, segments, everyone, dry_run=dry_run)
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        ask_first(
            project,
            access.rotate(project.as_dry_run(), chosen),
            "The link, feed and audio that they have now stop working at once.",
            "Rotate",
        )
    with showing_progress(display, project) as project:
        done = access.rotate(project, chosen)
    show_access(display, done, "Would rotate" if dry_run else "Rotated", links=not dry_run)


@command(app, "revoke")
def revoke(
    common: Common,
    who: options.Chosen = None,
    segments: options.ChosenSegments = None,
    everyone: options.ChosenAll = False,
    with_children: options.WithChildren = None,
    dry_run: options.DryRun = False,
) -> None:
    """Close feeds: the audio goes at once; page and feed say for gone_days (365) that they are gone.

    What somebody has downloaded stays with them. “feeds restore” opens a feed again, at a new address. Where a feed was
    passed on, a script says whether those passed on from it close too.

    \b
    Example:
      pitchcast feeds revoke acme-corp
      pitchcast feeds revoke acme-corp --with-children
      pitchcast feeds revoke --segment trial-2025 --yes
    """
    common.require_yes("feeds revoke", dry_run=dry_run)
    display, chosen = Display(common), chosen_from(common, who, segments, everyone, dry_run=dry_run)
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        with_children = _ask_about_children(access.passed_on(project, chosen), with_children)
        ask_first(
            project,
            access.revoke(project.as_dry_run(), chosen, with_children=with_children),
            "Their link, feed and audio stop working at once, and never work again.",
            "Revoke",
        )
    with showing_progress(display, project) as project:
        done = access.revoke(project, chosen, with_children=with_children)
    show_access(display, done, "Would revoke" if dry_run else "Revoked")
    if not dry_run and done.feeds:
        display.say(STAYS)


@command(app, "restore")
def restore(
    common: Common,
    who: options.Chosen = None,
    segments: options.ChosenSegments = None,
    everyone: options.ChosenAll = False,
    dry_run: options.DryRun = False,
) -> None:
    """Open revoked feeds again, each at a new address; the old ones stay closed for ever.

    \b
    Example:
      pitchcast feeds restore acme-corp
    """
    display, chosen = Display(common), chosen_from(common, who, segments, everyone, dry_run=dry_run)
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        ask_first(
            project,
            access.restore(project.as_dry_run(), chosen),
            "All their episodes become readable again, for whoever gets the new link.",
            "Restore",
        )
    with showing_progress(display, project) as project:
        done = access.restore(project, chosen)
    show_access(display, done, "Would restore" if dry_run else "Restored", links=not dry_run)


@command(app, "expire")
def expire(
    common: Common,
    who: options.Chosen = None,
    on: options.ExpireOn = "",
    after: options.ExpireAfter = "",
    never: options.ExpireNever = False,
    segments: options.ChosenSegments = None,
    everyone: options.ChosenAll = False,
    dry_run: options.DryRun = False,
) -> None:
    """Let feeds end: the first command that writes after that moment revokes them.

    Understood are dates (2099-12-31, 31.12.2099), days (tomorrow, friday, end of month) and times (30d, in 2 weeks). A
    date is where that day begins; “friday” and “next friday” are the first one after today.

    It is no lock: where nobody runs pitchcast, nothing happens. “pitchcast feeds build” once a day, from cron, does.

    \b
    Example:
      pitchcast feeds expire acme-corp --on 2099-03-31
      pitchcast feeds expire acme-corp --on "next friday"
      pitchcast feeds expire --segment trial --after 30d --yes
      pitchcast feeds expire acme-corp --never
    """
    display, chosen = Display(common), chosen_from(common, who, segments, everyone, dry_run=dry_run)
    if bool(on) + bool(after) + never != 1:
        raise UsageError("give one of --on, --after and --never", hint="For example: --after 30d")
    end = parse_end(on, "--on") or parse_end(after, "--after")
    moment = end if isinstance(end, datetime) else None
    span = end if isinstance(end, timedelta) else None
    project = open_show(display, dry_run=dry_run)
    if common.may_ask and not dry_run:
        planned = access.expire(project.as_dry_run(), chosen, on=moment, after=span)
        ask_first(project, planned, _ending(planned.feeds), "Set that")
    with showing_progress(display, project) as project:
        done = access.expire(project, chosen, on=moment, after=span)
    show_access(display, done, "Would set the end of" if dry_run else "Set the end of", details=_ending(done.feeds))


def _show_built(display: Display, built: BuiltFeeds, *, dry_run: bool) -> None:
    what = "Would build" if dry_run else "Built"
    display.result(
        f"{what} {counted(built.feeds - len(built.failed), 'feed')}: {counted(built.put, 'object')} put,"
        f" {built.copied:,} copied, {built.deleted:,} deleted, {built.unchanged:,} unchanged,"
        f" {built.bytes / 1e6:,.1f} MB in {built.duration_s:.1f} s"
    )
    if built.fetched_again:
        display.say(f"Podcast apps may fetch audio again: {listed(built.fetched_again)}")
    for failed in built.failed[:_NAMED]:
        display.fault(failed.reason)
    if len(built.failed) > _NAMED:
        display.fault(f"{counted(len(built.failed) - _NAMED, 'feed')} more: see them all with --report FILE, or --json")


def _ask_about_children(children: Sequence[FeedAnswer], said: bool | None) -> bool | None:
    """Return whether feeds that were passed on close too: as was said, else as is answered."""
    if said is not None or not children:
        return said
    names = listed([child.name or child.id for child in children])
    return confirm(f"It was passed on to {names}. Close that too?", default=True)


def _ending(feeds: Sequence[FeedAnswer]) -> str:
    """Return when feeds end, all at the same moment."""
    when = feeds[0].expires if feeds else None
    if when is None:
        return "They have no end any more."
    return f"Their link, feed and audio stop working with the first command that writes after {_local(when)}."


def _local(when: datetime) -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def _said(feed: FeedAnswer) -> str:
    revoked = f", {feed.state}" if feed.state != "active" else ""
    ends = f", ends {_local(feed.expires)}" if feed.expires else ""
    ends += f", suspended until {_local(feed.suspended_until)}" if feed.suspended_until else ""
    greeted = f" ({feed.greetings} with a greeting)" if feed.greetings else ""
    return f"{feed.access}, {counted(feed.episodes, 'episode')}{greeted}{revoked}{ends}"
