"""``pitchcast move``: the show goes to another storage; guids, secret addresses and history go along."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted
from pitchcast.cli.join import take_setup
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.config import StorageSettings
from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.move import FinishAnswer, MoveAnswer
from pitchcast.site.project import Project
from pitchcast.workflows.move import Move, plan_move
from pitchcast.workflows.move import finish as finish_move
from pitchcast.workflows.move import move as carry_out

app = new_group()


@command(app, "move")
def move(
    common: Common,
    url: options.MoveTo = "",
    public_url: options.PublicUrl = None,
    endpoint_url: options.EndpointUrl = None,
    private_url: options.PrivateUrl = None,
    profile: options.Profile = None,
    finish: options.Finish = False,
    dry_run: options.DryRun = False,
) -> None:
    """Move the show to another storage: a folder goes to a bucket, or a bucket to another.

    Everything goes along: each feed keeps its secret name, every episode its guid, and the history is kept. The feeds
    and pages at the old place then lead to the new address (closed ones never do). With --finish the old audio goes,
    and each old address only leads on. If it is interrupted, the same command goes on. Where ops gave you a set-up
    file, that says all that is needed: it is the same as pitchcast join with --bring-along.

    \b
    Example:
      pitchcast move s3://pitches/cloud-bills --profile pitchcast --dry-run
      pitchcast move s3://pitches/bills --public-url https://listen.example.com
      pitchcast move company.toml
      pitchcast move --finish
    """
    display = Display(common)
    if bool(url) == finish:
        raise UsageError(
            "name the new place, or --finish", hint=f"For example: {pitchcast_command('move s3://BUCKET/PREFIX')}"
        )
    if url.endswith(".toml") or url.startswith("https://"):
        take_setup(display, url, profile=profile or "", bring_along=True, dry_run=dry_run)
        return
    project = open_show(display, dry_run=dry_run)
    if finish:
        _finish(display, project)
        return
    storage = _storage(project, url, public_url, endpoint_url, private_url, profile)
    plan = plan_move(project, storage, os.environ)
    _confirm(display, plan)
    with showing_progress(display, project) as shown:
        done = carry_out(replace(plan, source=shown), os.environ)
    _show(display, done, dry_run=dry_run)


def _storage(
    project: Project,
    url: str,
    public_url: str | None,
    endpoint_url: str | None,
    private_url: str | None,
    profile: str | None,
) -> StorageSettings:
    """Return the settings of the new place: what is not given is as it is here, but for the addresses."""
    here = project.settings.storage
    return replace(
        here,
        url=url,
        base=Path.cwd(),
        public_url=(public_url or "").rstrip("/"),
        private_url=private_url or "",
        endpoint_url=here.endpoint_url if endpoint_url is None else endpoint_url.rstrip("/"),
        profile=here.profile if profile is None else profile,
    )


def _confirm(display: Display, plan: Move) -> None:
    is_dry = plan.source.dry_run
    display.common.refuse_unmeant("moving changes every address", dry_run=is_dry)
    if is_dry or display.common.yes:
        return
    display.say(f"From {plan.source.bucket.url}")
    display.say(f"To   {plan.place.url}, listened to at {plan.place.public_url}")
    display.say("Colleagues get an error that names the new place until their pitchcast.toml does.")
    if not confirm("Move the show?", default=False):
        raise CatalogError("nothing was moved", hint="Everything is as it was.")


def _show(display: Display, done: MoveAnswer, *, dry_run: bool) -> None:
    for problem in done.problems:
        display.fault(problem)
    display.answer(done, partial(_show_moved, dry_run=dry_run))
    if done.problems:
        raise typer.Exit(1)


def _show_moved(display: Display, done: MoveAnswer, *, dry_run: bool) -> None:
    what = "Would move" if dry_run else "Moved"
    size = f"{counted(done.objects, 'object')}, {done.bytes / 1e6:.1f} MB"
    display.result(f"{what} {counted(done.feeds, 'feed')} to {done.url} ({size} copied)")
    if not dry_run:
        links = pitchcast_command("feeds export --csv links.csv")
        display.say(f"Apps that ask at the old addresses learn the new ones. Links to send: {links}")
        display.say(f"When nobody asks there any more: {pitchcast_command('move --finish')}")


def _finish(display: Display, project: Project) -> None:
    catalog = project.catalog()
    display.common.refuse_unmeant("--finish ends the old addresses for ever", dry_run=project.dry_run)
    if not (project.dry_run or display.common.yes):
        for place in catalog.former_places:
            display.say(f"  {place.public_url} only leads on from then: no audio, no episodes")
        if catalog.former_places and not confirm("End the old addresses for ever?", default=False):
            raise CatalogError("nothing was ended", hint="The old addresses still play, and lead to the new ones.")
    done = finish_move(project)
    for url in done.remaining:
        display.fault(f"{url} could not be reached from here: run this again where it can be")
    display.answer(done, partial(_show_finished, dry_run=project.dry_run))
    if done.remaining:
        raise typer.Exit(1)


def _show_finished(display: Display, done: FinishAnswer, *, dry_run: bool) -> None:
    what = "Would delete" if dry_run else "Deleted"
    display.result(f"{what} {counted(done.deleted, 'public object')} at {', '.join(done.places) or 'no place'}")
