"""``pitchcast history``: who changed what, and an earlier state brought back."""

from functools import partial

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted, moment_of
from pitchcast.cli.names import listed, sent_to
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError
from pitchcast.model.answers.history import RestoredRevision, RevisionAnswer, Revisions, RevisionShown
from pitchcast.model.answers.sent import Sending
from pitchcast.workflows import history as workflow

app = new_group("Who changed what, and an earlier state brought back.")

_SHOWN = 20


@command(app, "list")
def list_(common: Common, limit: options.Limit = _SHOWN) -> None:
    """List the latest changes: when, by whom, what, and for whom.

    \b
    Example:
      pitchcast history list
      pitchcast history list --limit 0 --json
    """
    display = Display(common)
    revisions = workflow.list_revisions(open_show(display), limit)
    display.answer(Revisions(revisions=tuple(revisions)), _show_list)


def _show_list(display: Display, answer: Revisions) -> None:
    rows = [(str(one.revision), _when(one), one.who, one.what) for one in answer.revisions]
    display.table(("revision", "when", "who", "what"), rows, right=("revision",), whole=("when",))


@command(app, "show")
def show(common: Common, revision: options.Revision) -> None:
    """Show what the show was at a revision, and what that sent to whom.

    \b
    Example:
      pitchcast history show 12
    """
    display = Display(common)
    found = workflow.show(open_show(display), revision)
    display.answer(found, _show)


def _show(display: Display, found: RevisionShown) -> None:
    display.pairs(
        [
            ("revision", f"{found.revision.revision}{' (the current one)' if found.revision.current else ''}"),
            ("when", _when(found.revision)),
            ("who", found.revision.who),
            ("what", found.revision.what),
            *(("sent", _sent(one)) for one in found.sent),
            ("show", found.show),
            ("episodes", listed([episode.name for episode in found.episodes], 20) or "none"),
            ("prospects", str(found.prospects)),
            ("feeds", f"{found.feeds}{f', {found.revoked} revoked' if found.revoked else ''}"),
        ]
    )


@command(app, "restore")
def restore(common: Common, revision: options.Revision, dry_run: options.DryRun = False) -> None:
    """Bring texts, episodes and deliveries of an earlier revision back, as a new revision.

    What was added since stays: prospects, links, episodes and deliveries; 'undo' or 'episodes withdraw' take them back.
    Who can reach what stays as it is now: nothing that was revoked, withdrawn or erased comes back, and no old address
    works again.

    \b
    Example:
      pitchcast history restore 12 --dry-run
      pitchcast history restore 12
    """
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    common.refuse_unmeant(f"restoring revision {revision} changes feeds", dry_run=dry_run)
    if common.may_ask and not dry_run:
        _ask_first(display, workflow.restore(project.as_dry_run(), revision))
    with showing_progress(display, project) as project:
        done = workflow.restore(project, revision)
    display.answer(done, partial(_show_restored, dry_run=dry_run))


def _ask_first(display: Display, planned: RestoredRevision) -> None:
    if not planned.changed:
        return
    for remark in planned.remarks:
        display.say(f"  {remark}")
    question = f"This changes {counted(planned.feeds, 'feed')}. Restore revision {planned.revision}?"
    if not confirm(question, default=False):
        raise CatalogError("nothing was restored", hint="Everything is as it was.")


def _show_restored(display: Display, done: RestoredRevision, *, dry_run: bool) -> None:
    if not done.changed and done.remarks:
        display.result(f"There is nothing to bring back from revision {done.revision}; nothing changed.")
    elif not done.changed:
        display.result(f"All that revision {done.revision} had is as it was then; nothing changed.")
    else:
        what = "Would restore" if dry_run else "Restored"
        display.result(f"{what} revision {done.revision}: {counted(done.feeds, 'feed')} built.")
    for remark in done.remarks:
        display.say(f"  {remark}")


def _sent(sending: Sending) -> str:
    return f"“{sending.episode.name}” to {sent_to(sending)}"


def _when(revision: RevisionAnswer) -> str:
    return moment_of(revision.at)
