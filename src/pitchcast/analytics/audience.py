"""What the books of a period say: downloads, listeners, opens, plays, taps and subscribers, counted in DuckDB."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pitchcast.analytics import rules, visits
from pitchcast.analytics.database import load_numbers, repeated
from pitchcast.analytics.day_books import DayBook, lone_sounds, parquet_of, write_parquet
from pitchcast.analytics.keeping import Total
from pitchcast.analytics.passing_on import Event
from pitchcast.analytics.signals import Deed, deeds, deeds_on_pages
from pitchcast.analytics.subscribers import subscribers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DAYS_BEFORE = visits.TAP_AFTER_DAYS
"""So many days before a period say what its first day means: a tap may follow an open of 30 days before."""


class Period(NamedTuple):
    """Calendar days in UTC, both ends included."""

    first: date
    last: date

    @property
    def with_days_before(self) -> "Period":
        """Return the period with the days that are needed to understand it."""
        return Period(self.first - timedelta(days=DAYS_BEFORE), self.last)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted of one thing: an episode, a prospect, a day, or everything."""

    downloads: int = 0
    listeners: int = 0
    bytes_delivered: int = 0
    plays: int = 0
    page_opens: int = 0
    cta_clicks: int = 0
    unsure_cta_clicks: int = 0
    link_previews: int = 0


@dataclass(frozen=True, slots=True)
class AsideRow:
    """Requests that one rule set aside, by who asked and from where."""

    rule: str
    agent: str
    network: str
    requests: int


class AgentTally(NamedTuple):
    """What was counted of some agents."""

    downloads: int = 0
    page_opens: int = 0


DIMENSIONS: Mapping[str, str] = {
    "": "''",
    "episode": "r.episode",
    "prospect": "w.prospect",
    "feed": "r.feed",
    "segment": "g.segment",
    "day": "CAST(r.day AS VARCHAR)",
    "app": "COALESCE(NULLIF(r.app, ''), 'unknown')",
    "device": "COALESCE(NULLIF(r.device, ''), 'unknown')",
    "network": "COALESCE(NULLIF(r.network, ''), 'unknown')",
}
"""By what can be counted, and the SQL for it."""

_SAME_AT_ONCE = 20_000_000
"""So many numbers are sorted at once, in 160 MB."""


@dataclass(frozen=True, slots=True)
class BookShelf:
    """What there is to count: the books of days, the agents, and the totals of days of which nothing else is kept.

    ``sums`` are where those of each day are kept, ``again`` where it is kept who had several downloads in the period;
    without them nothing is kept.
    """

    books: Mapping[date, DayBook]
    agents: Path
    totals: Mapping[date, Path] = field(default_factory=dict)
    sums: Mapping[date, Path] = field(default_factory=dict)
    again: Path | None = None


class BookReader:
    """The requests of a period, ready to be counted: the books are of its days and of some before."""

    def __init__(self, connection: "DuckDBPyConnection", shelf: BookShelf, period: Period) -> None:
        self._connection = connection
        self._shelf = shelf
        self._period = period
        self._has_sums = False
        self._run(f"""
            CREATE TEMP TABLE agents AS
            SELECT id, text, kind, app, device, {rules.agent_facts()},
                CAST(DENSE_RANK() OVER (ORDER BY app, device) AS INTEGER) AS profile
            FROM {parquet_of([shelf.agents])}""")
        for part in DayBook._fields:
            files = [getattr(book, part) for book in shelf.books.values()]
            self._run(f"CREATE TEMP VIEW book_{part} AS SELECT * FROM {parquet_of(files, of_days=True)}")
        self._run(f"CREATE TEMP VIEW sounds AS {_judged(_sounds('book_requests'), 'r.nothing')}")
        self._run(f"CREATE TEMP TABLE moments AS {_judged('SELECT * FROM book_moments')}")
        self._run("CREATE TEMP VIEW downloads AS SELECT * FROM sounds WHERE rule = '' AND enough")
        self._run(f"CREATE TEMP TABLE scanned AS {visits.scanned()}")
        self._run(f"CREATE TEMP TABLE pages AS {visits.pages_by_people()}")
        self._run(f"CREATE TEMP TABLE opens AS {visits.opens()}")
        self._run(f"CREATE TEMP TABLE by_visitors AS {_by_visitors()}")
        self._run(f"CREATE TEMP TABLE page_sounds AS {visits.page_sounds()}")
        self._run(f"CREATE TEMP TABLE plays AS {visits.plays()}")
        self._run(f"CREATE TEMP TABLE taps AS {visits.taps()}")
        self._run(f"CREATE TEMP TABLE previews AS {visits.previews()}")

    def know(self, whose: Mapping[str, str], segments: Sequence[tuple[str, str]]) -> None:
        """Take in each feed's prospect, and pairs of prospect and segment. What is of no such feed is not counted."""
        self._run(
            "CREATE OR REPLACE TEMP TABLE whose AS SELECT UNNEST($feeds) AS feed, UNNEST($prospects) AS prospect",
            feeds=list(whose),
            prospects=list(whose.values()),
        )
        self._run(
            "CREATE OR REPLACE TEMP TABLE segments AS SELECT UNNEST($prospects) AS prospect, UNNEST($tags) AS segment",
            prospects=[prospect for prospect, _ in segments],
            tags=[tag for _, tag in segments],
        )

    def tallies(self, by: str = "") -> dict[str, Tally]:
        """Return what was counted by one of ``DIMENSIONS``; "" has everything under ""."""
        found: dict[str, dict[str, int]] = {}
        for key, name, count in self._counts(by):
            found.setdefault(key, {})[name] = count
        return {key: Tally(**counts) for key, counts in found.items()}

    def totals(self) -> list[Total]:
        """Return the downloads of each episode in each feed, also of feeds that nobody was told of."""
        self.sum_up()
        query = """
            SELECT feed, episode, SUM(downloads)::BIGINT AS n FROM sums
            GROUP BY feed, episode HAVING n > 0 ORDER BY ALL"""
        return [Total(*row) for row in self._all(query)]

    def by_agents(self) -> dict[tuple[str, str], AgentTally]:
        """Return what was counted of the agents of each kind and app."""
        query = f"""
            SELECT r.kind, r.app, COUNT(*) FILTER (r.what = 'download'), COUNT(*) FILTER (r.what = 'open')
            FROM (
                SELECT feed, day, kind, app, 'download' AS what FROM downloads
                UNION ALL SELECT o.feed, o.day, a.kind, a.app, 'open' FROM opens o JOIN agents a ON o.agent = a.id) r
            JOIN whose w ON r.feed = w.feed
            WHERE {_IN_PERIOD} GROUP BY ALL"""
        return {(kind, app): AgentTally(*counts) for kind, app, *counts in self._all(query, **self._days)}

    def subscribers(self) -> list[tuple[str, str, int]]:
        """Return feed, app and subscribers, as they were at the period's end."""
        query = f"SELECT s.* FROM ({subscribers()}) s JOIN whose w ON s.feed = w.feed ORDER BY ALL"
        return self._all(query, last=self._period.last)

    def set_aside(self) -> dict[str, int]:
        """Return how many requests for sound each rule set aside."""
        self.sum_up()
        return dict(self._all("SELECT rule, SUM(requests)::BIGINT FROM sums WHERE rule <> '' GROUP BY rule"))

    def set_aside_rows(self, most: int) -> list[AsideRow]:
        """Return who was set aside, by rule, agent and network; those with most requests first, at most *most*."""
        query = f"""
            SELECT CASE WHEN s.rule = '' THEN 'T1' ELSE s.rule END, COALESCE(a.text, ''), s.network,
                CAST(SUM(s.requests) AS BIGINT) AS requests
            FROM sounds s LEFT JOIN agents a ON s.agent = a.id
            WHERE (s.rule <> '' OR NOT s.enough) AND {_IN_PERIOD}
            GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT {most}"""
        return [AsideRow(*row) for row in self._all(query, **self._days)]

    def events(self, feeds: Sequence[str]) -> list[Event]:
        """Return what people did with these feeds in the period and in the days before, oldest first."""
        query = """
            SELECT 'open' AS did, feed, moment, address, agent, block, device, via FROM opens
            UNION ALL SELECT 'tap', feed, moment, address, agent, block, device, via FROM taps WHERE sure
            UNION ALL SELECT 'download', feed, began, address, agent, block, device, '' FROM downloads
            UNION ALL SELECT 'play', feed, began, address, agent, block, device, '' FROM plays"""
        chosen = f"SELECT * FROM ({query}) WHERE LIST_CONTAINS($feeds, feed) ORDER BY moment, did, feed, address, agent"
        return [Event(*row) for row in self._all(chosen, feeds=list(feeds))]

    def deeds(self) -> list[Deed]:
        """Return what people did with prospects' feeds in the period and in the days before, oldest first."""
        return [Deed(*row) for row in self._all(deeds())]

    def deeds_on_pages(self) -> list[Deed]:
        """Return the opens, taps and plays among the deeds, oldest first."""
        return [Deed(*row) for row in self._all(deeds_on_pages())]

    @property
    def only_downloads_until(self) -> date | None:
        """Return the last day of the period of which only totals are kept, None where there is none."""
        return max(self._totals_of_period(), default=None)

    def newest(self) -> datetime | None:
        """Return the moment of the last request that was read."""
        last = "SELECT MAX(day) FROM book_requests"  # no other day has to be looked at
        ((moment,),) = self._all(f"SELECT MAX(requested_at) FROM book_requests WHERE day = ({last})")
        return moment  # type: ignore[no-any-return] # what MAX of moments is

    def _totals_of_period(self) -> dict[date, Path]:
        return {day: file for day, file in self._shelf.totals.items() if self._is_of_period(day)}

    def _is_of_period(self, day: date) -> bool:
        return self._period.first <= day <= self._period.last

    @property
    def _of_period(self) -> str:
        return f"day BETWEEN '{self._period.first}' AND '{self._period.last}'"

    def _counts(self, by: str) -> Iterator[tuple[str, str, int]]:
        """Yield key, what was counted, and how many."""
        yield from self._downloads(by)
        key, joins = DIMENSIONS[by], _joins(by)
        for name, (table, condition) in _FACTS.items():
            if by == "episode" and name != "plays":
                continue  # a page shows several episodes
            query = f"SELECT {key}, COUNT(*) FROM {table} r {joins} WHERE {_IN_PERIOD} {condition} GROUP BY 1"
            for found, count in self._all(query, **self._days):
                yield found, name, count

    def _downloads(self, by: str) -> Iterator[tuple[str, str, int]]:
        self.sum_up()
        key, joins = DIMENSIONS[by], _joins(by)
        query = rules.listeners(f"sums r {joins} WHERE r.rule = ''", f"heard_again r {joins}", key)
        for found, downloads, listeners, sent in self._all(query):
            yield found, "downloads", downloads
            yield found, "listeners", listeners
            yield found, "bytes_delivered", sent

    def sum_up(self) -> None:
        """Make the tables ``sums`` and ``heard_again`` of the period, from what is kept where there is something."""
        if self._has_sums:
            return
        once = self._sums_of_days()
        profiles = "SELECT DISTINCT profile, app, device FROM agents UNION ALL SELECT NULL, '', ''"
        self._run(f"CREATE TEMP TABLE profiles AS {profiles}")
        with_profile = "JOIN profiles p ON r.profile IS NOT DISTINCT FROM p.profile"
        self._run(f"""
            CREATE TEMP TABLE sums AS SELECT r.*, p.app, p.device FROM (
                SELECT *, downloads AS traced FROM ({once}) UNION ALL BY NAME {self._old_totals()}) r {with_profile}""")
        kept = self._shelf.again
        if kept is None:
            self._run(f"CREATE TEMP TABLE again AS {self._downloads_again()}")
        else:
            if not kept.exists():
                self._write(self._downloads_again(), kept)
            self._run(f"CREATE TEMP VIEW again AS SELECT * FROM {parquet_of([kept])}")
        self._run(f"CREATE TEMP VIEW heard_again AS SELECT r.*, p.app, p.device FROM again r {with_profile}")
        self._has_sums = True

    def _sums_of_days(self) -> str:
        """Return a query of the sums of each day of the period; those that are not kept yet are made."""
        if not self._shelf.sums:
            return _added_up(self._of_period)
        files = {day: file for day, file in self._shelf.sums.items() if self._is_of_period(day)}
        for day, file in files.items():
            if not file.exists():
                self._write(_added_up(f"day = '{day}'"), file)
        return f"SELECT * FROM {parquet_of(list(files.values()))}" if files else _added_up("FALSE")

    def _downloads_again(self) -> str:
        """Note the listeners who may have had several downloads in the period, and return a query of these."""
        self._run("CREATE TEMP TABLE listeners (listener UBIGINT)")
        ((requests,),) = self._all(f"SELECT COUNT(*) FROM book_requests WHERE {self._of_period}")
        slices = 1 + requests // _SAME_AT_ONCE
        for number in range(slices):
            # Also what is no download is looked at: who had but one request for sound had at most one download.
            asked = f"SELECT {_NUMBER} FROM book_requests WHERE what = 'audio' AND {self._of_period}"
            in_slice = f"{asked} AND {_NUMBER} % {slices} = {number}"
            load_numbers(self._connection, "found", "listener", repeated(self._connection, in_slice, 1))
            self._run("INSERT INTO listeners SELECT listener FROM found")
        return _downloads_again(self._of_period)

    def _write(self, query: str, file: Path) -> None:
        write_parquet(self._connection, query, file, file.with_name(f"{file.name}.{os.getpid()}"))

    def _old_totals(self) -> str:
        """Return a query of the downloads of days of which only totals are kept."""
        files = list(self._totals_of_period().values())
        if not files:
            return f"SELECT *, 0 AS traced FROM ({_added_up('FALSE')})"
        return f"""
            SELECT day, feed, episode, NULL AS profile, '' AS network, '' AS rule, downloads, 0 AS traced, 0 AS sent,
                0 AS requests FROM {parquet_of(files, of_days=True)}"""

    @property
    def _days(self) -> dict[str, date]:
        return {"first": self._period.first, "last": self._period.last}

    def _all(self, query: str, **values: object) -> list[Any]:
        return self._connection.execute(query, values or None).fetchall()

    def _run(self, query: str, **values: object) -> None:
        self._connection.execute(query, values or None)


_IN_PERIOD = "day BETWEEN $first AND $last"

_FACTS = {
    "plays": ("plays", ""),
    "page_opens": ("opens", ""),
    "cta_clicks": ("taps", "AND sure"),
    "unsure_cta_clicks": ("taps", "AND NOT sure"),
    "link_previews": ("previews", ""),
}
"""What is counted besides downloads: the table, and which of its rows."""


def _joins(by: str) -> str:
    """Return the join that leaves out what is nobody's, and the one that *by* needs."""
    segments = "JOIN segments g ON w.prospect = g.prospect" if by == "segment" else ""
    return f"JOIN whose w ON r.feed = w.feed {segments}"


_NUMBER = "HASH(address, agent)"
"""A number for a listener. Two may have the same: they are then compared for nothing."""


def _sounds(requests: str) -> str:
    """Return a query of what listeners fetched, and of what was nothing; *requests* has those that are looked at."""
    return f"{lone_sounds(requests, 'book_gathered')} UNION ALL BY NAME SELECT * FROM book_gathered"


def _judged(query: str, known: str = "''") -> str:
    """Return a query whose rows say who asked, and which rule sets that aside: *known* where that is decided."""
    return f"""
        SELECT r.*, COALESCE(a.kind, 'none') AS kind, COALESCE(a.app, '') AS app, COALESCE(a.device, '') AS device,
            a.profile,
            CASE WHEN {known} <> '' THEN {known} ELSE {rules.set_aside_by()} END AS rule
        FROM (
            SELECT q.*, COALESCE(s.ours, FALSE) AS ours, COALESCE(s.crowded, FALSE) AS crowded
            FROM ({query}) q LEFT JOIN book_addresses s ON q.day = s.day AND q.address = s.address) r
        LEFT JOIN agents a ON r.agent = a.id"""


def _by_visitors() -> str:
    """Return a query of the downloads by addresses that also asked for a page or a call of that feed."""
    visitors = "(SELECT DISTINCT feed, address FROM moments WHERE what IN ('page', 'call'))"
    asked = f"(SELECT q.* FROM book_requests q SEMI JOIN {visitors} v ON q.address = v.address AND q.feed = v.feed)"
    query = f"SELECT * FROM ({_judged(_sounds(asked), 'r.nothing')}) WHERE rule = '' AND enough"
    return f"SELECT d.* FROM ({query}) d SEMI JOIN {visitors} v ON d.address = v.address AND d.feed = v.feed"


def _downloads_again(of_period: str) -> str:
    """Return a query of the downloads of listeners who may have had others too."""
    asked = f"(SELECT * FROM book_requests WHERE {_NUMBER} IN (SELECT listener FROM listeners))"
    return f"""
        SELECT day, feed, episode, profile, network, address, agent FROM ({_judged(_sounds(asked), "r.nothing")})
        WHERE rule = '' AND enough AND {of_period} AND {_NUMBER} IN (SELECT listener FROM listeners)"""


def _added_up(of_days: str) -> str:
    """Return a query of the sums of some days: downloads, and requests that were set aside by each rule."""
    return f"""
        SELECT day, feed, episode, profile, network,
            CASE WHEN rule = '' AND NOT enough THEN 'T1' ELSE rule END AS rule,
            COUNT(*) FILTER (rule = '' AND enough) AS downloads,
            CAST(SUM(sent) AS BIGINT) AS sent, CAST(SUM(requests) AS BIGINT) AS requests
        FROM sounds WHERE {of_days}
        GROUP BY ALL"""
