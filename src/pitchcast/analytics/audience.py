"""What the books of a period say: downloads, listeners, opens, plays, taps and subscribers, counted in DuckDB."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pitchcast.analytics import rules, visits
from pitchcast.analytics.day_books import DayBook, parquet_of
from pitchcast.analytics.keeping import Total
from pitchcast.analytics.passing_on import Event
from pitchcast.analytics.signals import Deed, deeds
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
    "network": "r.network",
}
"""By what can be counted, and the SQL for it."""


class BookReader:
    """The requests of a period, ready to be counted: *books* are of its days and of some before."""

    def __init__(
        self, connection: "DuckDBPyConnection", books: Mapping[date, DayBook], agents: Path, period: Period
    ) -> None:
        self._connection = connection
        self._period = period
        self._run(f"CREATE TEMP TABLE agents AS SELECT id, text, kind, app, device FROM {parquet_of([agents])}")
        sounds = [file for book in books.values() for file in (book.sounds, book.settled)]
        self._run(f"CREATE TEMP VIEW sounds AS {_judged(_with_days(sounds, 'WHERE enough IS NOT NULL'), 'r.nothing')}")
        moments = [book.moments for book in books.values()]
        self._run(f"CREATE TEMP TABLE moments AS {_judged(_with_days(moments))}")
        self._run("CREATE TEMP VIEW downloads AS SELECT * FROM sounds WHERE rule = '' AND enough")
        self._run(f"CREATE TEMP TABLE scanned AS {visits.scanned()}")
        self._run(f"CREATE TEMP TABLE pages AS {visits.pages_by_people()}")
        self._run(f"CREATE TEMP TABLE opens AS {visits.opens()}")
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
        query = f"SELECT feed, episode, COUNT(*) FROM downloads WHERE {_IN_PERIOD} GROUP BY ALL ORDER BY ALL"
        return [Total(*row) for row in self._all(query, **self._days)]

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
        query = f"""
            SELECT CASE WHEN rule = '' THEN 'T1' ELSE rule END, CAST(SUM(requests) AS BIGINT)
            FROM sounds WHERE (rule <> '' OR NOT enough) AND {_IN_PERIOD} GROUP BY ALL"""
        return dict(self._all(query, **self._days))

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

    def newest(self) -> datetime | None:
        """Return the moment of the last request that was read."""
        query = "SELECT MAX(began) FROM sounds UNION ALL SELECT MAX(moment) FROM moments"
        return max((moment for (moment,) in self._all(query) if moment), default=None)

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
        key, joins = DIMENSIONS[by], _joins(by)
        query = rules.listeners(f"downloads r {joins} WHERE {_IN_PERIOD}", key)
        for found, downloads, listeners, sent in self._all(query, **self._days):
            yield found, "downloads", downloads
            yield found, "listeners", listeners
            yield found, "bytes_delivered", sent

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


def _with_days(files: Sequence[Path], condition: str = "") -> str:
    """Return a query of these files of books, with the day that the folder of each is named by."""
    table = parquet_of(files).replace("hive_partitioning = false", "hive_types = {'day': DATE}")
    return f"SELECT * FROM {table} {condition}"


def _judged(query: str, known: str = "''") -> str:
    """Return a query whose rows say who asked, and which rule sets that aside: *known* where that is decided."""
    return f"""
        SELECT r.*, COALESCE(a.kind, 'none') AS kind, COALESCE(a.app, '') AS app, COALESCE(a.device, '') AS device,
            CASE WHEN {known} <> '' THEN {known} ELSE {rules.set_aside_by()} END AS rule
        FROM ({query}) r LEFT JOIN agents a ON r.agent = a.id"""
