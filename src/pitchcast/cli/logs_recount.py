"""``pitchcast logs sync --recount``: what today's lists change is shown, and done after a yes."""

from functools import partial

from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted
from pitchcast.cli.prompts import confirm
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.logs import LogsRecounted
from pitchcast.workflows.logs_recount import plan_recount, recount

_SHOWN = 20


def recount_logs(common: Common, *, dry_run: bool) -> None:
    """Show what today's lists change in what was read; apply it with --yes, or after a yes at a terminal."""
    display = Display(common)
    project = open_show(display, dry_run=dry_run)
    with showing_progress(display, project) as watched:
        answer = plan_recount(watched)
    is_shown = bool(answer.agents) and common.may_ask and not dry_run
    if is_shown:
        _show_plan(display, answer)
    if answer.agents and not dry_run and (common.yes or (is_shown and confirm("Apply this?", default=False))):
        answer = recount(project, answer)
    display.answer(answer, partial(_show, is_shown=is_shown))


def _show(display: Display, answer: LogsRecounted, *, is_shown: bool) -> None:
    if not answer.agents:
        display.result(f"Nothing changes: today's lists say the same of {_agents(answer.of)}.")
        return
    if not is_shown:
        _show_plan(display, answer)
    if answer.applied:
        display.result(f"{_agents(len(answer.agents))} decided anew; every figure is counted so from now on.")
        return
    display.result("Nothing was changed.")
    display.say(f"Apply it: {pitchcast_command('logs sync --recount --yes')}")


def _show_plan(display: Display, answer: LogsRecounted) -> None:
    display.result(f"Today's lists say something else of {len(answer.agents):,} of {_agents(answer.of)}:")
    for one in answer.agents[:_SHOWN]:
        before, after = _named(one.kind_before, one.app_before), _named(one.kind_after, one.app_after)
        change = f"{before} → {after}" if before != after else f"{before}, with another device or system"
        display.indented(f"{change}: {one.agent}")
    if len(answer.agents) > _SHOWN:
        display.indented(f"and {len(answer.agents) - _SHOWN:,} more (all with --json)")
    rows = [
        (
            _named(row.kind, row.app),
            _change(row.agents_before, row.agents_after),
            _change(row.downloads_before, row.downloads_after),
            _change(row.page_opens_before, row.page_opens_after),
        )
        for row in answer.rows
    ]
    downloads = _change(answer.downloads_before, answer.downloads_after)
    rows.append(("everything", f"{answer.of:,}", downloads, _change(answer.page_opens_before, answer.page_opens_after)))
    display.table(("kind and app", "agents", "downloads", "opens"), rows, right=("agents", "downloads", "opens"))


def _agents(number: int) -> str:
    return counted(number, "agent")


def _named(kind: str, app: str) -> str:
    return f"{kind} {app}" if app else kind


def _change(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} → {after:,}"
