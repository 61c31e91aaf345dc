"""A report as one HTML file, with itself as JSON inside, so that the file alone can be verified."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from pitchcast.analytics.charts import Chart
from pitchcast.analytics.documents import Figure, HtmlDocument, HtmlTable, Passage, render_document
from pitchcast.crm.files import write_list_file
from pitchcast.model.answers.report import ComparedDeal, DealGroup, DealsCompared, DealSignal, Report, WeekCounts
from pitchcast.workflows.stats import period_of
from pitchcast.workflows.stats_html import CLAIMS_NOTHING

HIDDEN = "<5"
"""What stands in place of a number that fewer than five prospects are behind."""

FIGURES = ("published", "delivered", "downloads", "plays", "opens", "taps", "pass-ons")
_LINES_SHOWN = 3


def write_report(path: Path, report: Report) -> None:
    """Write a report, readable by its owner only. Raises TableError."""
    write_list_file(path, render_document(_document(report)))


def cells_of(week: WeekCounts) -> tuple[str, ...]:
    """Return a week's numbers as text, in the order of the columns."""
    numbers = (
        *(week.published, week.delivered, week.downloads, week.plays, week.page_opens, week.cta_clicks),
        week.pass_ons,
    )
    return tuple(shown(number) for number in numbers)


def shown(number: int | None) -> str:
    """Return a number as text, also one that is not shown."""
    return HIDDEN if number is None else f"{number:,}"


def in_words(signal: DealSignal) -> str:
    """Return what was seen before a deal, when, and by which lines of logs."""
    lines = "; ".join(f"{line.log}, line {line.id}" for line in signal.lines[:_LINES_SHOWN])
    more = f" and {len(signal.lines) - _LINES_SHOWN} more" if len(signal.lines) > _LINES_SHOWN else ""
    return f"{signal.what} {signal.at:%Y-%m-%d %H:%M}, before its {' and '.join(signal.before)} ({lines}{more})"


def _document(report: Report) -> HtmlDocument:
    hidden = ("Numbers that fewer than five prospects are behind are not shown.",) if report.aggregate else ()
    period = period_of(report.first_day, report.last_day, report.counted_from.until)
    return HtmlDocument(
        title=f"{report.show}: report",
        leads=(period, CLAIMS_NOTHING, *hidden),
        figures=[Figure(name, cell) for name, cell in zip(FIGURES, cells_of(report.total), strict=True)],
        parts=tuple(_parts(report)),
        data=msgspec.json.format(msgspec.json.encode(report), indent=1).decode(),
    )


def _parts(report: Report) -> Iterator[Chart | HtmlTable | Passage]:
    weeks = report.weeks
    yield Chart(
        heading="Week by week",
        labels=[f"{week.week:%d %b}".lstrip("0") for week in weeks],
        lines={
            "plays on the page": [week.plays for week in weeks],
            "taps on the call": [week.cta_clicks for week in weeks],
            "pass-ons": [week.pass_ons for week in weeks],
        },
    )
    rows = [(str(week.week), *cells_of(week)) for week in weeks]
    yield HtmlTable(heading="Weeks, from their Mondays", columns=("week", *FIGURES), rows=rows, numbers=FIGURES)
    yield _publishers(report)
    if report.deals:
        yield from _deals(report.deals)
    yield _source(report)


def _publishers(report: Report) -> HtmlTable | Passage:
    heading = "Who publishes"
    quiet = f"Not published for more than {report.quiet_after_days} days: {shown(report.quiet_publishers)}."
    if not report.publishers:
        return Passage(heading=heading, lines=(quiet,))
    rows = [
        (one.name, f"{one.last_published:%Y-%m-%d}", f"{one.days_ago:,}", "not for a while" if one.is_quiet else "")
        for one in report.publishers
    ]
    columns = ("who", "last published", "days ago", "remark")
    return HtmlTable(heading=heading, columns=columns, rows=rows, bars="days ago", numbers=("days ago",), note=quiet)


def _deals(deals: DealsCompared) -> Iterator[HtmlTable | Passage]:
    groups = (
        (f"preceded by a play, a tap or a pass-on within {deals.within_days} days", deals.preceded),
        ("not preceded by any", deals.not_preceded),
    )
    rows = [(name, shown(group.deals), shown(group.won)) for name, group in groups]
    yield HtmlTable(
        heading="Deals created or closed in the period",
        columns=("deals", "number", "won"),
        rows=[*rows, ("unmatched", shown(deals.unmatched_count), "")],
        bars="number",
        numbers=("number", "won"),
        note="Preceded by is not caused by: who is about to buy also opens more of what is sent.",
    )
    if deals.preceded.each:
        yield _deals_table("Deals that were preceded", deals.preceded)
    if deals.not_preceded.each:
        yield _deals_table("Deals that were not", deals.not_preceded)
    if deals.unmatched:
        unmatched = [(one.name, f"{one.row}", one.why) for one in deals.unmatched]
        yield HtmlTable(heading="Unmatched deals", columns=("deal", "row", "why"), rows=unmatched)


def _deals_table(heading: str, group: DealGroup) -> HtmlTable:
    columns = ("deal", "stage", "dates", "prospect", "seen before")
    return HtmlTable(heading=heading, columns=columns, rows=[_deal(one) for one in group.each])


def _deal(deal: ComparedDeal) -> Sequence[str]:
    created = f"created {deal.created:%Y-%m-%d}" if deal.created else ""
    closed = f"closed {deal.closed:%Y-%m-%d}" if deal.closed else ""
    partly = "logs begin later" if deal.logged == "some" else ""
    seen = [in_words(signal) for signal in deal.signals] or ["nothing"]
    return (
        *(deal.name, _lines(deal.stage, deal.amount), _lines(created, closed)),
        _lines(*deal.prospects, f"by {deal.matched_by}"),
        _lines(*seen, partly),
    )


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def _source(report: Report) -> Passage:
    source = report.counted_from
    return Passage(
        heading="What it was counted from",
        lines=(
            f"By pitchcast {source.pitchcast}, after the {source.guidelines}; revision {source.catalog_revision} of the"
            f" catalog. The JSON in this file names {len(source.objects):,} objects and the rules by their SHA-256.",
            "Every number can be counted again: “report --verify” with this file names what differs.",
        ),
    )
