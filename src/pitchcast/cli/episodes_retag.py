"""``pitchcast episodes edit --retag``: audio that holds a picture is made anew, after the plan was shown."""

from collections.abc import Sequence
from functools import partial

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted
from pitchcast.cli.names import audience_of, listed
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import CatalogError, UsageError
from pitchcast.model.answers.episodes import Retagged
from pitchcast.workflows.episodes_retag import plan_retag, planned_answer, retag


def retag_episodes(common: Common, names: Sequence[str], *, everything: bool, dry_run: bool) -> None:
    """Show whose apps will fetch audio again, ask, and make it anew.

    Raises UsageError where no episode is named, or a script does not say --yes.
    """
    if not (names or everything):
        raise UsageError("no episode was named", hint="Name episodes, or give --all.")
    hint = "See whose with --dry-run, then add --yes to say it is meant."
    common.refuse_unmeant("--retag makes apps fetch audio again", hint, dry_run=dry_run)
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    plan = plan_retag(project, names, everything=everything)
    done = planned_answer(plan)
    if not dry_run:
        if plan.episodes:
            _announce(display, done)
        if plan.episodes and common.may_ask and not confirm("Make them anew?", default=False):
            raise CatalogError("nothing was changed", hint="Everything stays as it is.")
        with showing_progress(display, project) as project:
            done = retag(project, plan)
    _show(display, done, dry_run=dry_run)


def _announce(display: Display, planned: Retagged) -> None:
    """Say what will be made anew, and whose apps will fetch it again."""
    display.say(f"{_files(planned)} hold a picture. The sound, links and dates stay as they are.")
    display.say(_fetching(planned))


def _show(display: Display, done: Retagged, *, dry_run: bool) -> None:
    for name in done.passed_over if not dry_run else ():
        display.warn(f"{name} was changed by somebody else at this moment: run the same command again")
    display.answer(done, partial(_show_files, dry_run=dry_run))


def _show_files(display: Display, done: Retagged, *, dry_run: bool) -> None:
    if not done.changed:
        why = "Others were at work" if done.passed_over else "No picture is in the audio"
        display.result(f"{why}; nothing changed.")
        return
    display.result(f"{'Would make' if dry_run else 'Made'} {_files(done)} anew without a picture.")
    if dry_run:
        display.say(_fetching(done))
    if done.old_audio_until:
        display.say(f"The old files stay readable until {done.old_audio_until.astimezone():%Y-%m-%d}.")


def _files(answer: Retagged) -> str:
    titles = listed([f"“{episode.title}”" for episode in answer.episodes])
    return f"{counted(answer.files, 'file')} of {counted(len(answer.episodes), 'episode')} ({titles})"


def _fetching(answer: Retagged) -> str:
    holding = listed([audience_of(feed) for feed in answer.feeds])
    return f"Podcast apps may fetch the audio again: {holding}" if holding else "It is in nobody's feed."
