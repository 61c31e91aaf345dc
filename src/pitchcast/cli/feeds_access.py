"""What the commands share that change who can reach what: whom they mean, the question beforehand, what came of it."""

from collections.abc import Sequence
from functools import partial

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted
from pitchcast.cli.names import audience_of, listed
from pitchcast.cli.prompts import confirm
from pitchcast.cli.sending import say_where_it_works
from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import AccessChanged
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project

_LINKED = 10  # more links than that say nothing to somebody at a terminal


def chosen_from(
    common: Common,
    who: Sequence[str] | None,
    segments: Sequence[str] | None,
    everyone: bool,
    *,
    dry_run: bool,
) -> Chosen:
    """Return whose feeds a command is for.

    Raises UsageError where nobody is named, or a script says --all without --yes.
    """
    chosen = Chosen(who=tuple(who or ()), segments=tuple(segments or ()), everyone=everyone)
    if chosen == Chosen():
        raise UsageError("nobody was named", hint="Name prospects, or give --segment TAG or --all.")
    if everyone:
        common.refuse_unmeant("--all means every prospect there is", dry_run=dry_run)
    return chosen


def ask_first(project: Project, planned: AccessChanged, consequence: str, verb: str) -> None:
    """Ask before access is changed, saying what will stop working; not again for what was interrupted.

    Raises CatalogError for a no.
    """
    if not planned.feeds or project.outcome.resumed:
        return
    names = listed([audience_of(feed) for feed in planned.feeds])
    count = f"{counted(len(planned.feeds), 'feed')}: " if len(planned.feeds) > 1 else ""
    if not confirm(f"{count}{names}. {consequence} {verb}?", default=False):
        raise CatalogError("nothing was changed", hint="Everything works as before.")


def show_access(display: Display, done: AccessChanged, what: str, *, links: bool = False, details: str = "") -> None:
    """Print whose access was changed, with the new links where there are some."""
    for one in done.left_out:
        display.warn(f"left out: {one.id} {one.why}")
    display.answer(done, partial(_show, what=what, links=links, details=details))


def _show(display: Display, done: AccessChanged, *, what: str, links: bool, details: str) -> None:
    _show_names(display, done, what)
    if details and done.feeds:
        display.say(details)
    if links:
        _show_links(display, done)


def _show_names(display: Display, done: AccessChanged, what: str) -> None:
    if done.feeds:
        display.result(f"{what} {_whose(done)}.")
    if done.unchanged:
        display.say(f"Nothing to change for {listed(done.unchanged)}.")
    if not done.feeds and not done.unchanged:
        display.say("No feeds.")


def _whose(done: AccessChanged) -> str:
    names = listed([audience_of(feed) for feed in done.feeds])
    return f"the feed of {names}" if len(done.feeds) == 1 else f"{counted(len(done.feeds), 'feed')}: {names}"


def _show_links(display: Display, done: AccessChanged) -> None:
    if not done.feeds:
        return
    display.say("Send the new link yourself:" if len(done.feeds) == 1 else "Send the new links yourself:")
    if len(done.feeds) > _LINKED:
        display.say(f"  See them with: {pitchcast_command('feeds list')}")
        return
    for feed in done.feeds:
        display.result(feed.page_url)
    say_where_it_works(display, *(feed.page_url for feed in done.feeds))
