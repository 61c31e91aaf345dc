"""What ``stats`` answers as one HTML file: figures, days as a chart, rankings as tables with bars."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from pitchcast.analytics.charts import Chart
from pitchcast.analytics.documents import Figure, HtmlDocument, HtmlTable, Passage, render_document
from pitchcast.crm.files import write_list_file
from pitchcast.model.answers.stats import CountedRow, Counts, Stats
from pitchcast.workflows.stats import cells_of, columns_of, kept_until, megabytes, period_of

_SHOWN = 50

CLAIMS_NOTHING = "A log sees what was fetched. It cannot tell whether anybody listened, and nothing here says so."


def write_html(path: Path, title: str, stats: Stats, days: Sequence[CountedRow]) -> None:
    """Write the statistics of a show, readable by their owner only. Raises TableError."""
    write_list_file(path, render_document(_document(title, stats, days)))


def _document(title: str, stats: Stats, days: Sequence[CountedRow]) -> HtmlDocument:
    return HtmlDocument(
        title=f"{title}: statistics",
        leads=(period_of(stats.first_day, stats.last_day, stats.until), *_kept(stats), CLAIMS_NOTHING),
        figures=_figures(stats),
        parts=tuple(_parts(stats, days)),
    )


def _kept(stats: Stats) -> tuple[str, ...]:
    return (kept_until(stats.only_downloads_until),) if stats.only_downloads_until else ()


def _figures(stats: Stats) -> tuple[Figure, ...]:
    unsure = stats.unsure_cta_clicks
    return (
        Figure("downloads", f"{stats.downloads:,}"),
        Figure("listeners", f"{stats.listeners:,}", "in the whole period"),
        Figure("plays on the page", f"{stats.plays:,}"),
        Figure("opens of the page", f"{stats.page_opens:,}"),
        Figure("taps on the call", f"{stats.cta_clicks:,}", f"and {unsure:,} that may be programs" if unsure else ""),
        Figure("subscribers", f"{stats.subscribers:,}"),
        Figure("link previews", f"{stats.link_previews:,}"),
        Figure("delivered", megabytes(stats.bytes_delivered)),
    )


def _parts(stats: Stats, days: Sequence[CountedRow]) -> Iterator[Chart | HtmlTable | Passage]:
    yield _days_chart(stats, days)
    yield from _chosen_ranking(stats)
    yield from _ranked_episodes(stats)
    yield from _ranked_prospects(stats)
    yield from _apps(stats)
    yield _table("Days", "day", [(row.key, row) for row in days], folded=True)
    yield _set_aside(stats)


def _chosen_ranking(stats: Stats) -> Iterator[HtmlTable]:
    """Yield what was counted by the dimension that was asked for, except by those that have a table anyway."""
    if stats.by not in ("", "day", "episode", "prospect"):
        yield _table(f"By {stats.by}", stats.by, [(row.name or row.key, row) for row in stats.rows])


def _ranked_episodes(stats: Stats) -> Iterator[HtmlTable]:
    episodes = [(one.title or one.id, one) for one in stats.episodes if one.downloads]
    if episodes:
        yield _table("Episodes", "episode", sorted(episodes, key=lambda one: -one[1].downloads))


def _ranked_prospects(stats: Stats) -> Iterator[HtmlTable]:
    prospects = [(one.name, one) for one in stats.prospects if one.downloads or one.page_opens]
    if prospects:
        ranked = sorted(prospects, key=lambda one: (-one[1].downloads, -one[1].page_opens, one[0]))
        yield _table("Prospects", "prospect", ranked)


def _apps(stats: Stats) -> Iterator[HtmlTable]:
    if stats.apps:
        rows = [(app.app, f"{app.subscribers:,}", f"{app.feeds:,}") for app in stats.apps]
        columns = ("app", "subscribers", "feeds")
        yield HtmlTable(
            heading="Apps that come back", columns=columns, rows=rows, bars="subscribers", numbers=columns[1:]
        )


def _days_chart(stats: Stats, days: Sequence[CountedRow]) -> Chart:
    """Return all days of the period, also those on which nothing happened."""
    by_day = {row.key: row for row in days}
    length = (stats.last_day - stats.first_day).days + 1
    dates = [stats.first_day + timedelta(days=number) for number in range(length)]
    rows = [by_day.get(str(day), Counts()) for day in dates]
    return Chart(
        heading="Day by day",
        labels=[f"{day:%d %b}".lstrip("0") for day in dates],
        lines={
            "downloads": [row.downloads for row in rows],
            "opens of the page": [row.page_opens for row in rows],
            "plays on the page": [row.plays for row in rows],
        },
    )


def _table(heading: str, what: str, named: Sequence[tuple[str, Counts]], *, folded: bool = False) -> HtmlTable:
    shown = named if folded else named[:_SHOWN]
    left_out = len(named) - len(shown)
    columns = columns_of(what)
    return HtmlTable(
        heading=heading,
        columns=(what, *columns),
        rows=[(name, *cells_of(counts, what)) for name, counts in shown],
        bars="downloads",
        numbers=columns,
        note=f"The first {len(shown):,}; {left_out:,} more are left out." if left_out else "",
        folded=folded,
    )


def _set_aside(stats: Stats) -> HtmlTable | Passage:
    heading = "What was set aside"
    if not stats.set_aside:
        return Passage(heading=heading, lines=("No request for sound was set aside.",))
    rows = [(f"{one.rule}: {one.what}", f"{one.requests:,}") for one in stats.set_aside]
    note = "Requests for sound that count for nothing, by the rule that says so; “stats --set-aside” shows who."
    columns = ("rule", "requests")
    return HtmlTable(heading=heading, columns=columns, rows=rows, bars="requests", numbers=columns[1:], note=note)
