"""``pitchcast doctor``: is everything in order, and what to do about what is not."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec
import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted
from pitchcast.cli.session import chosen_show, open_show, showing_progress
from pitchcast.errors import UsageError
from pitchcast.invocation import further_hint
from pitchcast.model.answers.doctor import Findings
from pitchcast.model.finding import Finding
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.repair import prune as prune_orphans
from pitchcast.workflows.repair import repair as mend

app = new_group()


@command(app, "doctor")
def doctor(
    common: Common,
    repair: options.Repair = False,
    prune: options.Prune = False,
    thorough: options.Thorough = False,
    dry_run: options.DryRun = False,
) -> None:
    """Find out whether everything is in order, and what to do if not.

    It tries out ffmpeg and the storage, who can read what, compares every feed with the catalog, and asks
    whether a cache still serves what has ended.
    With --repair it first mends what it can: feeds that are not what the catalog says, interrupted commands,
    masters and pictures of which a right copy is left, objects that belong to no feed, and a damaged catalog,
    of which it says what was lost. What is wrong after that, it says what a person must do about.
    Ends with exit code 1 if something is wrong.

    \b
    Example:
      pitchcast doctor
      pitchcast doctor --repair --dry-run
      pitchcast doctor --prune --json
      pitchcast doctor --repair --thorough
    """
    if dry_run and not (repair or prune):
        raise UsageError("--dry-run says what --repair or --prune would do", hint="Add one of them, or leave it out.")
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    which = _which_show(common)
    if not common.verbose:  # then it is shown as a finding
        display.say(f"Looking at {which.where}: {which.what.partition(': ')[2]}")
    found: tuple[Finding, ...] = (which,)
    with showing_progress(display, project) as shown:
        if repair:
            found += mend(shown, thorough=thorough)
        if prune:
            found += prune_orphans(shown)
        as_one_step = replace(shown, progress=lambda _step, fraction: shown.progress("examining", fraction))
        found += examine(as_one_step, thorough=thorough)
    show_findings(display, found, good="Everything is in order.")


def _which_show(common: Common) -> Finding:
    """Return which show was looked at, and why that one."""
    chosen = chosen_show(common)
    return Finding(level="ok", where=str(chosen.file or Path.cwd()), what=f"this show: {chosen.said}")


def show_findings(display: Display, findings: tuple[Finding, ...], *, good: str) -> None:
    """Print findings, errors first; ends the command with exit code 1 where there are errors."""
    findings = tuple(_with_another_step(finding, display.common) for finding in findings)
    errors = sum(finding.level == "error" for finding in findings)
    said = f"{counted(errors, 'error')}; what to do stands below each." if errors else good
    display.answer(Findings(findings=findings), partial(_show, said=said))
    if errors:
        raise typer.Exit(1)


def _with_another_step(finding: Finding, common: Common) -> Finding:
    """Return a finding that does not tell to run the command that has just found it."""
    return msgspec.structs.replace(finding, do=further_hint(finding.do, common.typed))


def _show(display: Display, answer: Findings, *, said: str) -> None:
    display.findings(answer.findings)
    display.say(said)
