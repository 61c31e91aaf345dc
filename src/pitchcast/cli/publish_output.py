"""What is shown around a publish: whom it goes to, what became of the recording, and the link to send."""

import sys
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from pitchcast.cli.display import Display, clock, counted
from pitchcast.cli.names import listed
from pitchcast.cli.prompts import confirm
from pitchcast.cli.sending import say_where_it_works
from pitchcast.cli.sound import length, numbers, sound
from pitchcast.cli.unclear import typed_with
from pitchcast.errors import CatalogError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.publish import (
    PlannedEpisode,
    PlannedPublish,
    Published,
    PublishedFeed,
    planned_feeds,
)
from pitchcast.model.place import is_here

if TYPE_CHECKING:
    from pitchcast.production.delivery import DeliveryPlan
    from pitchcast.production.greeting import Spoken

_LINKED = 10  # more links than that say nothing to somebody at a terminal
_AUDIBLE_CUT_S = 0.5


def announce(display: Display, plan: "DeliveryPlan", *, dry_run: bool = False) -> None:
    """Say who is new, whom that may be confused with, and what else is worth knowing."""
    new = [mention.name for mention in plan.resolved.new]
    if new:
        display.say(f"{listed(new)} {'is a new prospect' if len(new) == 1 else 'are new prospects'}.")
    if not display.common.may_ask:
        _tell_nearly_meant(display, plan, dry_run=dry_run)
    for warning in plan.warnings:
        display.warn(warning)


def _tell_nearly_meant(display: Display, plan: "DeliveryPlan", *, dry_run: bool) -> None:
    """Tell a script of names that are nearly those of prospects, with the commands for whoever meant those."""
    meant: dict[str, str] = {}
    for mention in plan.resolved.new:
        similar = plan.similar.get(mention.name, ())
        if similar:
            display.warn(f"“{mention.name}” is nearly {listed(similar)}, who is a prospect already")
            meant[str(mention)] = similar[0]
    if not meant:
        return
    undone = "" if dry_run else pitchcast_command("undo --yes")
    commands = list(filter(None, [undone, typed_with(display.common, meant)]))
    if commands:
        display.warn("\n  ".join([f"if {listed(list(meant.values()))} was meant, this puts it right:", *commands]))


def confirm_audience(plan: "DeliveryPlan", what: str, question: str, *, done: str) -> None:
    """Ask before *what* goes to several, or to everyone. Raises CatalogError for a no: nothing was *done*."""
    if plan.feed_count <= 1 and not plan.resolved.public:
        return
    everybody = recipients(plan)
    if not confirm(
        f"{what} goes to {counted(len(everybody), 'feed')}: {listed(everybody)}. {question}?", default=False
    ):
        raise CatalogError(f"nothing was {done}", hint="Name others with --to, or --segment.")


def recipients(plan: "DeliveryPlan") -> list[str]:
    """Return whom an episode would go to, by name."""
    names = {prospect.id: prospect.name for prospect in plan.catalog.prospects}
    known = [names[feed.prospect] for feed in plan.resolved.feeds]
    new = [mention.name for mention in plan.resolved.new]
    return [*known, *new, *(["the public feed, which anyone can find"] if plan.resolved.public else [])]


def show_plan(display: Display, plan: "DeliveryPlan") -> None:
    """Print what publishing or delivering an episode would do."""
    planned = PlannedPublish(
        dry_run=True,
        episode=PlannedEpisode(id=plan.known.id if plan.known else None, title=plan.title),
        feeds=planned_feeds(plan.catalog, plan.resolved, plan.similar),
        greeting=plan.greeting.path.name if plan.greeting else "",
        warnings=plan.warnings,
    )
    display.answer(planned, partial(_show_planned, plan=plan))


def _show_planned(display: Display, planned: PlannedPublish, *, plan: "DeliveryPlan") -> None:
    announce(display, plan, dry_run=True)
    greeted, everybody = with_greeting(plan.greeting), listed(recipients(plan))
    if plan.known is None:
        display.result(f"Would publish “{planned.episode.title}” for {everybody}{greeted}. Nothing was written.")
        return
    there = plan.feed_count - plan.lacking
    already = f" ({there:,} of them have it already)" if there else ""
    if not plan.feed_count:
        display.result(f"Would deliver “{plan.title}” to nobody. Nothing was written.")
        return
    feeds = counted(plan.feed_count, "feed")
    display.result(f"Would deliver “{plan.title}” to {feeds}: {everybody}{greeted}{already}. Nothing was written.")


def with_greeting(spoken: "Spoken | None") -> str:
    """Return what is heard first as the end of a clause, "" for nothing."""
    return f", with the greeting {spoken.path.name}" if spoken else ""


def show_published(display: Display, published: Published, *, mastered: bool, everyone: bool) -> None:
    """Print the links on stdout, and all around them on stderr; one JSON document for scripts.

    What went to *everyone* is counted there: a document of 50,000 feeds is read by nobody.
    """
    if published.changed:
        _say_what_was_made(display, published, mastered=mastered)
    for remark in published.remarks:
        display.say(f"  {remark}")
    if display.common.json or display.common.quiet:  # others are told below the links
        say_where_it_works(display, *(feed.page_url for feed in published.feeds))
    summary = display.common.json and everyone
    display.answer(msgspec.structs.replace(published, feeds=()) if summary else published, _show_links_and_more)


def _say_what_was_made(display: Display, published: Published, *, mastered: bool) -> None:
    verbose = display.common.verbose
    if mastered:
        display.say(f"  {describe(published, verbose)}")
    for feed in published.feeds:
        if feed.greeting:
            display.say(f"  {describe_greeting(feed, verbose)}")


def _show_links_and_more(display: Display, published: Published) -> None:
    if not published.feeds:
        display.result("Delivered to nobody: nothing changed.")
        return
    display.say()
    _show_links(display, published)
    display.say()
    _say_what_next(display, published)
    if len(published.feeds) > 1:
        display.say(f"  Send to each     {pitchcast_command('feeds export')}   (a list for a mail merge)")


def describe(published: Published, verbose: int = 0) -> str:
    """Return how long the episode is and how it sounds, in one line."""
    episode, cut_s = published.episode, published.trimmed_s
    said = f"{length(episode.duration_s)}, sound {sound(episode.heard_lufs, episode.true_peak_dbtp)}"
    said += numbers(episode.heard_lufs, episode.true_peak_dbtp, verbose)
    return said + (f", {cut_s:.0f} s of silence cut" if cut_s >= _AUDIBLE_CUT_S else "")


def describe_greeting(feed: PublishedFeed, verbose: int = 0) -> str:
    """Return how long the greeting is and how long the whole, in one line; "" for none."""
    said = feed.greeting
    if said is None:
        return ""
    loudness = f", {said.heard_lufs:.1f} LUFS as heard" if verbose else ""
    return f"Greeting of {said.duration_s:.0f} s{loudness}; {clock(feed.duration_s)} in all"


def _show_links(display: Display, published: Published) -> None:
    feeds = published.feeds
    if len(feeds) == 1:
        display.say(_headline(feeds[0], changed=published.changed))
        display.result(feeds[0].page_url, style="bold")
        return
    count = counted(len(feeds), "feed")
    display.say(f"Published for {count}:" if published.changed else _UNCHANGED.format(count))
    if len(feeds) > _LINKED and sys.stdout.isatty():
        display.say(f"  See the links with: {pitchcast_command('feeds list')}")
        return
    for feed in feeds:
        if len(feeds) <= _LINKED:
            display.say(f"  {_name(feed)}")
        display.result(feed.page_url)


_UNCHANGED = "Already published for {}; nothing changed:"


def _headline(feed: PublishedFeed, *, changed: bool) -> str:
    if not changed:
        return _UNCHANGED.format(_name(feed))
    if not feed.new:
        return f"Changed for {_name(feed)} (episode {feed.episodes}):"
    return f"Published for {_name(feed)} (episode {feed.episodes}):"


def _name(feed: PublishedFeed) -> str:
    return feed.prospect.name if feed.prospect else "everyone"


def _say_what_next(display: Display, published: Published) -> None:
    undoable = any(feed.new for feed in published.feeds)  # a new greeting alone is nothing that undo knows
    several = "These links work" if len(published.feeds) > 1 else "This link works"
    if not is_here(published.feeds[0].page_url):
        send = "Send the links." if len(published.feeds) > 1 else "Send the link."
        display.say(f"{send} Wrong person? Take it back with: {pitchcast_command('undo')}" if undoable else send)
        return
    display.say(f"{several} on this computer only.")
    display.say(f"  Listen now       {pitchcast_command('preview')}")
    display.say(f"  Put it online    {pitchcast_command('join FILE')}   (ops' file), or")
    display.say(f"                   {pitchcast_command('move s3://BUCKET')}")
    if undoable:
        display.say(f"  Wrong person?    {pitchcast_command('undo')}")
