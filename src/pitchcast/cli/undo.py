"""``pitchcast undo``: take back one's own last publish."""

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.names import audience_of, listed
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError
from pitchcast.model.answers.undo import TakenBack
from pitchcast.site.project import Project
from pitchcast.workflows import undo as take_back

app = new_group()

STAYS = "Copies that were fetched already stay where they are."


@command(app, "undo")
def undo(common: Common, episode: options.EpisodeToUndo = "", dry_run: options.DryRun = False) -> None:
    """Take back your last publish: out of every feed, audio first, with the prospects it created.

    Only what you published yourself; a colleague's pitch is taken out with “episodes withdraw”. What you seem to have
    published from another computer is shown, and asked about; a script names the episode.

    \b
    Example:
      pitchcast undo
      pitchcast undo "Cut your cloud bill"
    """
    common.require_yes("undo", dry_run=dry_run)
    display = Display(common)
    project = open_show(display)
    attempt, planned = take_back.plan_undo(project, episode, elsewhere=common.may_ask or bool(episode))
    if dry_run:
        show_taken_back(display, planned, "Would take back")
        return
    if common.may_ask and not attempt.completes:
        when = attempt.facts.date.astimezone()
        other = take_back.published_elsewhere_by(project, attempt)
        whence = f" from another computer, by {other}" if other else ""
        display.say(f"Published on {when:%Y-%m-%d} at {when:%H:%M}{whence}: {describe(planned)}")
        if not confirm("Was that you, and is it to be taken back?" if other else "Take it back?", default=not other):
            raise CatalogError("nothing was taken back", hint="It stays published.")
    with showing_progress(display, project) as project:
        done = take_back.undo(project, attempt)
    show_taken_back(display, done, "Took back")
    display.say(STAYS)
    if attempt.completes and common.may_ask:
        _offer_next(display, project, episode)


def _offer_next(display: Display, project: Project, episode: str) -> None:
    """Ask whether the publish before is meant too: what was completed just now had been asked for earlier."""
    display.tell_outcome()
    project.outcome.answered()
    try:
        attempt, planned = take_back.plan_undo(project, episode)
    except CatalogError:  # nothing else that could be taken back
        return
    if not confirm(f"Also take back {describe(planned)}?", default=False):
        return
    with showing_progress(display, project) as project:
        done = take_back.undo(project, attempt)
    show_taken_back(display, done, "Took back")


def describe(taken: TakenBack) -> str:
    """Return which episode goes out of whose feed, and which prospects go with it."""
    said = f"“{taken.episode.name}” for {listed([audience_of(feed) for feed in taken.feeds]) or 'nobody'}"
    gone = [prospect.name for prospect in taken.removed_prospects]
    return f"{said} (and the prospect{'s' if len(gone) > 1 else ''} {listed(gone)})" if gone else said


def show_taken_back(display: Display, taken: TakenBack, what: str) -> None:
    """Print what was taken back, or would be."""
    display.answer(taken, lambda to, answer: to.result(f"{what} {describe(answer)}."))
