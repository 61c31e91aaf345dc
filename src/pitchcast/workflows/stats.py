"""What access logs say: downloads, listeners, opens, plays, taps and subscribers of a period."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

from pitchcast import __version__
from pitchcast.analytics.audience import BookReader, Period, Tally
from pitchcast.analytics.rules import SET_ASIDE
from pitchcast.crm.files import write_list_file
from pitchcast.crm.table import write_csv
from pitchcast.errors import UsageError
from pitchcast.files import write_whole
from pitchcast.model.answers.stats import (
    AppCounts,
    AsideRequests,
    AsideRule,
    CountedRow,
    Counts,
    EpisodeCounts,
    ProspectCounts,
    Stats,
)
from pitchcast.model.catalog import Catalog
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.books import find_logs, open_audience, prospects_of_feeds, whole_period

By = Literal["", "episode", "prospect", "segment", "day", "app", "device", "network"]

_MOST_SET_ASIDE = 200
_COUNTED_AS = 3
"""Grows when the same books give another answer, so that earlier answers are not given again."""

_COLUMNS = ("downloads", "listeners", "plays", "opens", "taps", "delivered")
_COLUMNS_OF_EPISODES = ("downloads", "listeners", "plays", "delivered")
_CSV_HEADER = (
    *("downloads", "listeners", "plays", "page opens", "taps", "unsure taps", "link previews", "bytes delivered"),
)


def check_by(text: str) -> By:
    """Return by what is counted. Raises UsageError for what nothing can be counted by."""
    wanted = text.strip().casefold()
    for by in get_args(By):
        if by == wanted:
            return by  # type: ignore[no-any-return] # one of the literals
    known = ", ".join(filter(None, get_args(By)))
    raise UsageError(f"--by “{text}” is not known", hint=f"Known are: {known}.")


def count(
    project: Project, by: By = "", *, first: date | None = None, last: date | None = None, set_aside: bool = False
) -> Stats:
    """Return what the logs say of a period, of all that was read where that is not given; rows as *by* says.

    With *set_aside* it says who was set aside too. Raises UsageError where the period ends before it begins,
    CatalogError where no log has been read yet.
    """
    if first and last and last < first:
        raise UsageError("--to is before --from", hint="Give the earlier day with --from.")
    catalog = project.catalog()
    logs = find_logs(project, totals_suffice=True)
    known = logs.remembered(_COUNTED_AS, __version__, catalog.nonce, by, first, last, set_aside)
    answer = _remembered(known)
    if answer is None:
        with open_audience(project, logs, *whole_period(logs, first, last)) as (audience, period):
            audience.know(prospects_of_feeds(catalog), _segments(catalog))
            answer = _answer(audience, period, catalog, by, set_aside=set_aside)
        write_whole(known, msgspec.json.encode(answer))
    return answer


class StatsWithDays(NamedTuple):
    """What was counted, the rows of its days, and what the show is called."""

    stats: Stats
    days: tuple[CountedRow, ...]
    show: str


def count_with_days(
    project: Project, by: By = "", *, first: date | None = None, last: date | None = None
) -> StatsWithDays:
    """Return what count() does, and the days of the period. Raises what count() raises."""
    stats = count(project, by, first=first, last=last)
    days = count(project, "day", first=first, last=last).rows
    return StatsWithDays(stats, days, project.catalog().show.title)


def _remembered(file: Path) -> Stats | None:
    """Return the answer that was given before to the same question, when everything was as it is now."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Stats)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def kept_until(day: date) -> str:
    """Return the sentence that says of which days only downloads are known."""
    return f"Until {day} only downloads are kept: listeners, opens, taps and all else are of the days after."


def period_of(first: date, last: date, until: datetime | None) -> str:
    """Return the sentence that names a period, and until when logs were read."""
    read = f"{until.astimezone(UTC):%Y-%m-%d %H:%M}" if until else "nothing yet"
    return f"{first} to {last}, days in UTC; logs read until {read}."


def columns_of(what: str) -> tuple[str, ...]:
    """Return the columns of a table that counts by *what*: a page's opens and taps are of no single episode."""
    return _COLUMNS_OF_EPISODES if what == "episode" else _COLUMNS


def cells_of(counts: Counts, what: str) -> tuple[str, ...]:
    """Return the figures that stand in those columns."""
    numbers = (counts.downloads, counts.listeners, counts.plays, counts.page_opens, counts.cta_clicks)
    texts = (*(f"{number:,}" for number in numbers), megabytes(counts.bytes_delivered))
    cells = dict(zip(_COLUMNS, texts, strict=True))
    return tuple(cells[column] for column in columns_of(what))


def megabytes(size_bytes: int) -> str:
    """Return a size for people."""
    return f"{size_bytes / 1e9:,.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:,.1f} MB"


def write_rows(path: Path, stats: Stats) -> None:
    """Write the rows as CSV, readable by their owner only. Raises TableError."""
    write_list_file(path, render_rows(stats))


def render_rows(stats: Stats) -> bytes:
    """Return the rows as CSV in UTF-8, with the period in each; no cell can become a formula."""
    header = ("from", "to", stats.by, "name", *_CSV_HEADER)
    days = (str(stats.first_day), str(stats.last_day))
    rows = [(*days, row.key, row.name, *map(str, _figures(row))) for row in stats.rows]
    return write_csv(header, rows).encode("utf-8", errors="replace")


def _figures(counts: Counts) -> tuple[int, ...]:
    return (
        *(counts.downloads, counts.listeners, counts.plays, counts.page_opens, counts.cta_clicks),
        *(counts.unsure_cta_clicks, counts.link_previews, counts.bytes_delivered),
    )


def _answer(audience: BookReader, period: Period, catalog: Catalog, by: By, *, set_aside: bool) -> Stats:
    by_prospect = audience.tallies("prospect")
    subscribers = audience.subscribers()
    whose = prospects_of_feeds(catalog)
    followers: Counter[str] = Counter()
    for feed, _, number in subscribers:
        followers[whose[feed]] += number
    return Stats(
        **_fields(audience.tallies().get("")),
        first_day=period.first,
        last_day=period.last,
        until=audience.newest(),
        subscribers=followers.total(),
        episodes=_episodes(catalog, audience.tallies("episode")),
        prospects=_prospects(catalog, by_prospect, followers),
        public=Counts(**_fields(by_prospect.get(""))),
        apps=_apps(subscribers),
        by=by,
        rows=_rows(catalog, audience.tallies(by), by) if by else (),
        set_aside=_set_aside(audience),
        set_aside_requests=_who_was_set_aside(audience) if set_aside else (),
        only_downloads_until=audience.only_downloads_until,
    )


def _segments(catalog: Catalog) -> list[tuple[str, str]]:
    return [(prospect.id, tag) for prospect in catalog.prospects for tag in dict.fromkeys(prospect.segments)]


def _fields(tally: Tally | None) -> dict[str, int]:
    return asdict(tally or Tally())


def _episodes(catalog: Catalog, tallies: Mapping[str, Tally]) -> tuple[EpisodeCounts, ...]:
    """Return every episode, and those that are gone from the catalog and were delivered."""
    titles = {episode.id: episode.title for episode in catalog.episodes}
    ids = dict.fromkeys([*titles, *sorted(tallies)])
    return tuple(EpisodeCounts(id=e, title=titles.get(e, ""), **_fields(tallies.get(e))) for e in ids)


def _prospects(
    catalog: Catalog, tallies: Mapping[str, Tally], followers: Mapping[str, int]
) -> tuple[ProspectCounts, ...]:
    return tuple(
        ProspectCounts(id=p.id, name=p.name, subscribers=followers.get(p.id, 0), **_fields(tallies.get(p.id)))
        for p in catalog.prospects
    )


def _apps(subscribers: list[tuple[str, str, int]]) -> tuple[AppCounts, ...]:
    feeds: Counter[str] = Counter()
    people: Counter[str] = Counter()
    for _, app, number in subscribers:
        feeds[app] += 1
        people[app] += number
    return tuple(AppCounts(app=app, feeds=feeds[app], subscribers=people[app]) for app, _ in people.most_common())


def _rows(catalog: Catalog, tallies: Mapping[str, Tally], by: By) -> tuple[CountedRow, ...]:
    """Return what was counted: days in their order, all else by downloads, then by opens."""
    name_of = _names(catalog, by)
    rows = [CountedRow(key=_key(key, by), name=name_of(key), **_fields(tally)) for key, tally in tallies.items()]
    if by == "day":
        return tuple(sorted(rows, key=lambda row: row.key))
    return tuple(sorted(rows, key=lambda row: (-row.downloads, -row.page_opens, row.key)))


def _key(key: str, by: By) -> str:
    return PUBLIC_FEED if by == "prospect" and not key else key


def _names(catalog: Catalog, by: By) -> Callable[[str], str]:
    """Return what gives the name for a key: that of a prospect or an episode, else the key itself."""
    if by == "prospect":
        names = {prospect.id: prospect.name for prospect in catalog.prospects} | {"": "the public feed"}
        return lambda key: names.get(key, key)
    if by == "episode":
        titles = {episode.id: episode.title for episode in catalog.episodes}
        return lambda key: titles.get(key, key)
    return lambda key: key


def _set_aside(audience: BookReader) -> tuple[AsideRule, ...]:
    found = audience.set_aside()
    return tuple(
        AsideRule(rule=rule, what=what, requests=found[rule]) for rule, what in SET_ASIDE.items() if rule in found
    )


def _who_was_set_aside(audience: BookReader) -> tuple[AsideRequests, ...]:
    rows = audience.set_aside_rows(_MOST_SET_ASIDE)
    return tuple(AsideRequests(rule=r.rule, agent=r.agent, network=r.network, requests=r.requests) for r in rows)
