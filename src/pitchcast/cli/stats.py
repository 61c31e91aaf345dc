"""``pitchcast stats``: what the access logs say of a period."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.dates import parse_day
from pitchcast.cli.display import Display, counted
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.cli.stats_tree import show_tree
from pitchcast.errors import UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.stats import CountedRow, Counts, ProspectCounts, Stats
from pitchcast.workflows import stats as workflow
from pitchcast.workflows.stats_tree import passed_on

if TYPE_CHECKING:
    from pitchcast.site.project import Project

app = new_group()

_SHOWN = 20


@command(app, "stats")
def stats(
    common: Common,
    by: options.CountBy = "",
    first: options.FromDay = "",
    last: options.ToDay = "",
    set_aside: options.SetAside = False,
    who: options.Tree = "",
    csv: options.StatsCsv = "",
    html: options.StatsHtml = "",
) -> None:
    """Show what the access logs say: downloads, listeners, opens, plays, taps.

    \b
    Example:
      pitchcast stats
      pitchcast stats --by prospect --from 2026-09-01 --to 2026-09-30
      pitchcast stats --by day --csv days.csv
      pitchcast stats --html september.html --from 2026-09-01 --to 2026-09-30
      pitchcast stats --set-aside
      pitchcast stats --tree acme-corp

    A download is a minute of an episode, fetched by one listener on one day; a log cannot tell whether anybody
    listened. Days are those of UTC. How it is counted: docs/how-downloads-are-counted.md.
    """
    display = Display(common)
    _check_outputs({"--csv": bool(csv), "--html": bool(html), "--json": common.json})
    if who and (by or csv or html or set_aside):
        raise UsageError("--tree is about one prospect alone", hint="Leave --by, --csv, --html and --set-aside out.")
    dimension = workflow.check_by(by) or ("prospect" if csv else "")
    days = (parse_day(first, "--from"), parse_day(last, "--to"))
    with showing_progress(display, open_show(display)) as project:
        if who:
            display.answer(passed_on(project, who, first=days[0], last=days[1]), show_tree)
            return
        if html:
            _write_html(display, project, html, dimension, days)
            return
        found = workflow.count(project, dimension, first=days[0], last=days[1], set_aside=set_aside)
    if csv == "-":
        display.document(workflow.render_rows(found))
    elif csv:
        workflow.write_rows(Path(csv), found)
        common.wrote.append(csv)
        display.result(f"Wrote {counted(len(found.rows), 'row')} to {csv}.")
    else:
        display.answer(found, partial(_show, set_aside=set_aside))


def _check_outputs(given: Mapping[str, bool]) -> None:
    """Raise UsageError where the answer is wanted in several forms."""
    wanted = [option for option, is_given in given.items() if is_given]
    if len(wanted) > 1:
        raise UsageError(f"{' and '.join(wanted)} exclude each other", hint="Leave one of them out.")


def _write_html(
    display: Display, project: "Project", file: str, dimension: workflow.By, days: tuple[date | None, date | None]
) -> None:
    from pitchcast.workflows.stats_html import write_html

    found = workflow.count_with_days(project, dimension, first=days[0], last=days[1])
    write_html(Path(file), found.show, found.stats, found.days)
    display.common.wrote.append(file)
    display.result(f"Wrote {file}.")


def _show(display: Display, found: Stats, *, set_aside: bool) -> None:
    display.result(workflow.period_of(found.first_day, found.last_day, found.until))
    if found.by:
        _show_rows(display, found)
    else:
        _show_all(display, found)
    if found.only_downloads_until:
        display.result("")
        display.result(workflow.kept_until(found.only_downloads_until))
    _show_set_aside(display, found)
    if set_aside:
        rows = [(f"{one.requests:,}", one.rule, one.network, one.agent) for one in found.set_aside_requests]
        if rows:
            display.table(("requests", "rule", "network", "agent"), rows, right=("requests",))
        else:
            display.result("No request for sound was set aside.")


def _show_all(display: Display, found: Stats) -> None:
    unsure = f" (and {found.unsure_cta_clicks:,} that may be programs)" if found.unsure_cta_clicks else ""
    display.pairs(
        [
            ("downloads", f"{found.downloads:,}"),
            ("listeners", f"{found.listeners:,} from {found.first_day} to {found.last_day}"),
            ("plays on the page", f"{found.plays:,}"),
            ("opens of the page", f"{found.page_opens:,}"),
            ("taps on the call", f"{found.cta_clicks:,}{unsure}"),
            ("link previews", f"{found.link_previews:,}"),
            ("subscribers", f"{found.subscribers:,}{_apps(found)}"),
            ("delivered", workflow.megabytes(found.bytes_delivered)),
        ]
    )
    episodes = [(one.title or one.id, one) for one in found.episodes if one.downloads]
    prospects: list[tuple[str, Counts]] = [(one.name, one) for one in _busiest(found)]
    if _has_figures(found.public):
        prospects.append(("the public feed", found.public))
    for what, rows in (("episode", episodes), ("prospect", prospects)):
        if rows:
            display.result("")
            _show_table(display, what, rows[:_SHOWN])


def _apps(found: Stats) -> str:
    told = ", ".join(f"{one.app} {one.subscribers:,}" for one in found.apps[:5])
    return f" ({told})" if told else ""


def _busiest(found: Stats) -> list[ProspectCounts]:
    seen = [one for one in found.prospects if _has_figures(one)]
    return sorted(seen, key=lambda one: (-one.downloads, -one.page_opens, one.name))


def _show_rows(display: Display, found: Stats) -> None:
    _show_table(display, found.by, [(_name(row), row) for row in found.rows if _has_figures(row)])
    if found.by == "segment":
        display.say("A prospect in two segments is in both rows.")


def _show_table(display: Display, what: str, named: Sequence[tuple[str, Counts]]) -> None:
    """Print counts with their names."""
    columns = workflow.columns_of(what)
    rows = [(name, *workflow.cells_of(counts, what)) for name, counts in named]
    display.table((what, *columns), rows, right=columns)


def _has_figures(counts: Counts) -> bool:
    """Return whether a table has anything to show of it."""
    return any((counts.downloads, counts.plays, counts.page_opens, counts.cta_clicks))


def _name(row: CountedRow) -> str:
    return row.name or row.key


def _show_set_aside(display: Display, found: Stats) -> None:
    """Say what was set aside, with how to see it: it stands under every table."""
    if not found.set_aside:
        return
    total = sum(one.requests for one in found.set_aside)
    told = ", ".join(f"{one.what} {one.requests:,}" for one in found.set_aside)
    display.result("")
    display.result(f"Set aside: {counted(total, 'request')} for sound ({told}).")
    if not found.set_aside_requests:
        display.result(f"See who that was: {pitchcast_command('stats --set-aside')}")
