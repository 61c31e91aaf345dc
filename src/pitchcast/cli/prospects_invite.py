"""``pitchcast prospects invite``: a colleague's own link; and, drawn as a tree, who has it from whom."""

from collections.abc import Iterator
from functools import partial

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display
from pitchcast.cli.sending import say_where_it_works
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import UsageError
from pitchcast.model.answers.prospects import Invited, ProspectAnswer
from pitchcast.model.text import check_line
from pitchcast.workflows.prospects_invite import invite_colleagues


def invite(
    common: Common,
    by: options.InvitedBy,
    name: options.Colleague = "",
    spare: options.Spare = 0,
    dry_run: options.DryRun = False,
) -> None:
    """Give a prospect's colleague a link of its own, which follows the prospect's podcast.

    The colleague hears all that the prospect hears. Each link can be closed without the others, and tells in the access
    log who passed it on. --spare makes links to hand on yourself, for people whose names you don't know yet.

    \b
    Example:
      pitchcast prospects invite "Sam Lee" --by acme-corp
      pitchcast prospects invite --by acme-corp --spare 5
    """
    display = Display(common)
    if "@" in name:
        raise UsageError("a colleague's e-mail address is not kept", hint="Give the name alone; you send the link.")
    given = check_line(name, "the colleague's name") if name else ""
    project = open_show(display, dry_run=dry_run)
    with showing_progress(display, project) as project:
        done = invite_colleagues(project, by, name=given, spare=spare)
    display.answer(done, partial(_show_invited, dry_run=dry_run))


def draw_tree(prospect: ProspectAnswer) -> list[str]:
    """Return, line by line, to whom a prospect's podcast was passed on, and from there."""
    return list(_branches(prospect, prospect.id, ""))


def _branches(prospect: ProspectAnswer, parent: str, indent: str) -> Iterator[str]:
    children = [child for child in prospect.invited if child.parent == parent]
    for child in children:
        last = child is children[-1]
        revoked = f", {child.state}" if child.state != "active" else ""
        yield f"{indent}{'└' if last else '├'}─ {child.name or 'spare'} ({child.id}{revoked})"
        yield from _branches(prospect, child.id, indent + ("   " if last else "│  "))


def _show_invited(display: Display, done: Invited, *, dry_run: bool) -> None:
    if dry_run:
        display.result(f"Would pass on {done.parent} to {', '.join(feed.id for feed in done.feeds)}.")
        return
    display.say("Send each link to one person:" if done.created else "Invited before; the link is still:")
    for feed in done.feeds:
        display.say(f"  {feed.name or 'spare'} ({feed.id})")
        display.result(feed.page_url)
    say_where_it_works(display, *(feed.page_url for feed in done.feeds))
