"""``pitchcast storage``: what ops do once to a bucket."""

import os
from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show
from pitchcast.config import write_config
from pitchcast.errors import StorageError, UsageError
from pitchcast.invocation import command_line, pitchcast_command
from pitchcast.model.answers.storage import StorageSetUp
from pitchcast.site.project import Project
from pitchcast.workflows import storage_logs
from pitchcast.workflows.join import render_join
from pitchcast.workflows.storage_setup import carry_out, plan_setup

app = new_group("Open a bucket's public half to listeners, or switch its access logs on.")


@command(app, "setup")
def setup(
    common: Common,
    write_join: options.WriteJoin = None,
    logs: options.SetupLogs = None,
    expire_logs: options.ExpireLogs = None,
    dry_run: options.DryRun = False,
) -> None:
    """Let listeners read public/, and nothing else; print the least rights that salespeople need.

    The bucket's own policy and CORS rules stay; pitchcast only adds or corrects its own statements.
    Run it once, with credentials that may change the bucket's policy.

    With --logs it switches access logs on instead, for “pitchcast logs sync” to read, and names them in pitchcast.toml.
    They hold whole addresses of listeners: give them a bucket that nobody else reads.

    \b
    Example:
      pitchcast storage setup --dry-run
      pitchcast storage setup --write-join company.toml --yes
      pitchcast storage setup --logs s3://acme-logs/pitches --expire-logs 30 --yes
    """
    common.require_yes("storage setup", dry_run=dry_run)
    display = Display(common)
    if logs is None:
        if expire_logs is not None:
            raise UsageError("--expire-logs needs --logs", hint="Say where the logs lie: --logs s3://BUCKET/PREFIX")
        _open_to_listeners(display, write_join, dry_run=dry_run)
    else:
        if write_join is not None:
            raise UsageError("--logs and --write-join are two jobs", hint="Give one of them, then the other.")
        _switch_logs_on(display, logs, expire_logs, dry_run=dry_run)


def _open_to_listeners(display: Display, write_join: Path | None, *, dry_run: bool) -> None:
    project = open_show(display)
    plan = plan_setup(project)
    if plan.difference:
        display.say(plan.difference)
    carried_out = plan.needed and not dry_run
    if carried_out:
        if display.common.may_ask and not confirm("Apply these changes to the bucket?", default=False):
            raise StorageError("nothing was changed", hint="Run it again when you are ready.")
        carry_out(project, plan)
        display.say(f"Listeners can read public/ now. See whether all is well with: {pitchcast_command('doctor')}")
    elif not plan.needed:
        display.say("Nothing to change: listeners can read public/ already.")
    if write_join and not dry_run:
        write_config(write_join, render_join(project.settings.storage))
        theirs = command_line(["pitchcast", "join", write_join.name])  # as they type it, on their own computers
        display.say(f"Wrote {write_join} for people who publish, without keys: {theirs}")
    answer = StorageSetUp(
        needed=plan.needed, changed=carried_out, difference=plan.difference, writer_policy=plan.writer_policy
    )
    display.answer(answer, _show_policy)


def _switch_logs_on(display: Display, url: str, expire_days: int | None, *, dry_run: bool) -> None:
    project = open_show(display)
    may_ask = display.common.may_ask and not dry_run
    plan = _plan_logs(project, url, expire_days, may_ask=may_ask)
    _tell_what_changes(display, plan)
    is_needed = plan.needed or plan.says_otherwise
    file, problem = "", ""
    if not is_needed:
        display.say(f"Nothing to change: access logs go to {plan.url} already.")
    elif not dry_run:
        if may_ask and not confirm("Apply these changes?", default=False):
            raise StorageError("nothing was changed", hint="Run it again when you are ready.")
        file, problem = storage_logs.carry_out(project, plan, os.environ)
        _tell_what_follows(display, plan, problem)
    answer = StorageSetUp(
        needed=is_needed,
        changed=is_needed and not dry_run,
        difference=plan.difference,
        logs=plan.url,
        reader_policy=plan.reader_policy,
        settings=file,
        problems=(problem,) if problem else (),
    )
    display.answer(answer, _show_policy)


def _plan_logs(project: Project, url: str, expire_days: int | None, *, may_ask: bool) -> storage_logs.LogsSetup:
    """Return what is to change; where logs would stay for ever, somebody who can answer is asked about that first."""
    plan = storage_logs.plan_logs(project, url, expire_days=expire_days)
    if plan.plan.keeps_forever and may_ask and _offers_expiry(plan):
        return storage_logs.plan_logs(project, url, expire_days=storage_logs.EXPIRE_DAYS)
    return plan


def _tell_what_changes(display: Display, plan: storage_logs.LogsSetup) -> None:
    if plan.difference:
        display.say(plan.difference)
    if plan.says_otherwise:
        display.say(f'pitchcast.toml gets: [audience] logs = "{plan.url}"')


def _offers_expiry(plan: storage_logs.LogsSetup) -> bool:
    """Ask whether old logs are to be deleted; where they share a bucket with other things, no rule can do that."""
    days = storage_logs.EXPIRE_DAYS
    what = f"Logs hold whole addresses of listeners. Delete each log at {plan.url} after {days} days?"
    return bool(plan.plan.logs.prefix) and confirm(what, default=True)


def _tell_what_follows(display: Display, plan: storage_logs.LogsSetup, problem: str) -> None:
    if problem:
        display.warn(problem)
    if plan.plan.keeps_forever:
        display.warn("logs hold whole addresses of listeners and stay for ever; --expire-logs 30 deletes old ones")
    display.say(f"The first logs come within some hours. Then read them with: {pitchcast_command('logs sync')}")
    display.say(f"Let the pages say that requests are counted: {pitchcast_command('show apply')}")


def _show_policy(display: Display, answer: StorageSetUp) -> None:
    if answer.writer_policy:
        display.say("The least rights for people who publish, as a policy for their keys:")
        display.result(answer.writer_policy, lines=True)
    if answer.reader_policy:
        display.say("The least rights for whoever reads the logs, as a policy for their keys:")
        display.result(answer.reader_policy, lines=True)
