"""``pitchcast report``: what was sent, what came of it by week, and what went before which deals."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.dates import parse_day, parse_span
from pitchcast.cli.display import Display, counted
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.errors import UsageError
from pitchcast.model.answers.report import DealsCompared, Report, ReportDifference, VerifiedReport
from pitchcast.workflows import report as workflow
from pitchcast.workflows.report_deals import check_date_order, read_deal_list, read_list_file

if TYPE_CHECKING:
    from pitchcast.workflows.report_deals import DealList

app = new_group()

_NAMED = 20


@command(app, "report")
def report(
    common: Common,
    first: options.FromDay = "",
    last: options.ToDay = "",
    deals: options.Deals = "",
    within: options.Within = "",
    mapping: options.Mapping = [],  # noqa: B006 (typer copies it)
    dates: options.DateOrder = "",
    encoding: options.ListEncoding = "",
    aggregate: options.Aggregate = False,
    html: options.StatsHtml = "",
    verify: options.Verify = None,
) -> None:
    """Show by week what was published and what was seen of it, and which deals that went before.

    \b
    Example:
      pitchcast report
      pitchcast report --from 2026-07-01 --to 2026-09-30 --html quarter.html
      pitchcast report --deals deals.csv --within 60d
      pitchcast report --deals deals.csv --map created="Opened on" --dates dmy
      pitchcast report --deals deals.csv --aggregate --json
      pitchcast report --verify quarter.html

    A deal is preceded by a play, a tap or a pass-on; nothing says that it was caused by it. --verify counts every
    number of a report again and names what differs; then the exit code is 1. More: docs/report.md.
    """
    display = Display(common)
    if verify:
        if first or last or html or aggregate or mapping or dates:
            raise UsageError(
                "--verify takes days and columns from the report", hint="Give only --deals and --encoding with it."
            )
        _verify(display, verify, deals, encoding)
        return
    request = workflow.ReportRequest(
        first=parse_day(first, "--from"),
        last=parse_day(last, "--to"),
        within_days=_within_days(within),
        aggregate=aggregate,
        deals=_deals(deals, mapping, dates, encoding),
    )
    with showing_progress(display, open_show(display)) as project:
        found = workflow.make_report(project, request)
    if html:
        from pitchcast.workflows.report_html import write_report

        write_report(Path(html), found)
        common.wrote.append(html)
        display.say(f"Wrote {html}.")
    if common.json or not html:
        display.answer(found, _show)


def _within_days(text: str) -> int:
    if not text:
        return workflow.WITHIN_DAYS
    days = parse_span(text, "--within").days
    if days < 1:
        raise UsageError("--within is less than a day", hint="Write it as --within 90d.")
    return days


def _deals(file: str, mapping: list[str], dates: str, encoding: str) -> "DealList | None":
    if not file:
        if mapping or dates or encoding:
            raise UsageError("--map, --dates and --encoding are about a list of deals", hint="Name it: --deals FILE")
        return None
    return read_deal_list(*_body(file), mapping, check_date_order(dates), encoding)


def _body(file: str) -> tuple[bytes, str]:
    from pitchcast.workflows.prospects_import import read_list_from

    if file == "-":
        return read_list_from(sys.stdin.buffer, "standard input"), "standard input"
    return read_list_file(Path(file)), file


def _verify(display: Display, file: Path, deals: str, encoding: str) -> None:
    from pitchcast.workflows.report_verify import read_report, verify_report

    told = read_report(file)
    with showing_progress(display, open_show(display)) as project:
        found = verify_report(project, told, file, _body(deals) if deals else None, encoding)
    display.answer(found, _show_verified)
    if not found.holds:
        raise typer.Exit(1)


def _show_verified(display: Display, found: VerifiedReport) -> None:
    if found.holds:
        display.result(f"The report holds: all {counted(found.numbers, 'value')} are the same when counted again.")
    else:
        display.result(f"The report does not hold: of {counted(found.numbers, 'value')} these differ.")
        rows = [(one.where, one.told, one.counted) for one in found.differences]
        display.table(("what", "the report says", "counted now"), rows)
    if found.sources:
        display.result(f"What it was counted from has changed: {', '.join(map(_source, found.sources))}.")


def _source(one: ReportDifference) -> str:
    return f"{one.where} ({one.told[:12]} then, {one.counted[:12]} now)"


def _show(display: Display, found: Report) -> None:
    from pitchcast.workflows.report_html import FIGURES, cells_of
    from pitchcast.workflows.stats import period_of

    display.say(period_of(found.first_day, found.last_day, found.counted_from.until))
    rows = [(str(week.week), *cells_of(week)) for week in found.weeks]
    display.table(("week of", *FIGURES), [*rows, ("in all", *cells_of(found.total))], right=FIGURES)
    _show_publishers(display, found)
    if found.deals:
        display.result("")
        _show_deals(display, found.deals)
    if found.aggregate:
        display.say("<5: fewer than five prospects are behind the number, so it is not shown.")


def _show_publishers(display: Display, found: Report) -> None:
    quiet = [one for one in found.publishers if one.is_quiet]
    if quiet:
        display.result("")
        display.result(f"Not published for more than {found.quiet_after_days} days:")
        rows = [(one.name, f"{one.last_published:%Y-%m-%d}", f"{one.days_ago:,}") for one in quiet[:_NAMED]]
        display.table(("who", "last published", "days ago"), rows, right=("days ago",))


def _show_deals(display: Display, deals: DealsCompared) -> None:
    from pitchcast.workflows.report_html import in_words, shown

    before = f"preceded by a play, a tap or a pass-on within {deals.within_days} days"
    display.pairs(
        [
            (f"deals {before}", f"{shown(deals.preceded.deals)}, won {shown(deals.preceded.won)}"),
            ("not preceded by any", f"{shown(deals.not_preceded.deals)}, won {shown(deals.not_preceded.won)}"),
            ("unmatched", shown(deals.unmatched_count)),
            ("of other times", shown(deals.outside)),
        ]
    )
    for deal in deals.preceded.each:
        display.result(f"{deal.name} ({', '.join(deal.prospects)}, by {deal.matched_by})")
        for signal in deal.signals:
            display.indented(in_words(signal))
    if deals.not_preceded.each:
        display.result(f"Not preceded: {', '.join(deal.name for deal in deals.not_preceded.each)}")
    for one in deals.unmatched:
        display.result(f"Unmatched, row {one.row}: {one.name}: {one.why}")
    display.say("Preceded by is not caused by: who is about to buy also opens more of what is sent.")
