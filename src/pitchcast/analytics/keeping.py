"""How long kept requests stay, and of whom: rows of one day's file are dropped, made nobody's, or become totals.

Files on this computer only; upkeep/statistics.py brings them to the storage and back.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pitchcast.model.layout import ANALYTICS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

TOTAL_COLUMNS = {"feed": "VARCHAR", "episode": "VARCHAR", "downloads": "BIGINT"}
"""A day's totals: how often a feed's episode was downloaded. It holds nothing of who did."""


class Total(NamedTuple):
    """How many downloads of an episode a feed had on one day."""

    feed: str
    episode: str
    downloads: int


def oldest_kept(now: datetime, keep_days: int) -> date:
    """Return the first UTC day whose requests are kept one by one; of earlier days only totals are."""
    return now.date() - timedelta(days=keep_days)


def totals_key(day: str) -> str:
    """Return where the totals of a UTC day (``2025-08-01``) are kept."""
    return f"{ANALYTICS}totals/day={day}/totals.parquet"


def quarter_of(day: date) -> str:
    """Return the quarter of a year that a day is in, as in ``2026Q3``."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def keep_feeds(source: Path, target: Path, feeds: Collection[str]) -> int:
    """Write the rows of *source* that are of these feeds, or of none in particular, and return how many are left out.

    Serves requests and totals. *target* is not written where every row stays.
    """
    with _connect() as database:
        database.execute("CREATE TEMP TABLE kept AS SELECT unnest($feeds::VARCHAR[]) AS feed", {"feeds": list(feeds)})
        is_kept = "feed = '' OR feed IN (SELECT feed FROM kept)"
        rows = _rows(database, source)
        dropped = len(rows.filter(f"NOT ({is_kept})"))
        if dropped:
            _write(rows.filter(is_kept), target)
    return dropped


def make_nobodys(source: Path, target: Path) -> int:
    """Write the requests of *source* without whose feed it was and how it was passed on; return how many had it.

    *target* is not written where none had.
    """
    with _connect() as database:
        rows = _rows(database, source)
        named = len(rows.filter("feed <> '' OR via <> ''"))
        if named:
            _write(rows.project("* REPLACE ('' AS feed, '' AS via)").order("requested_at, id"), target)
    return named


def joined_totals(one: Iterable[Total], other: Iterable[Total]) -> list[Total]:
    """Return the totals of a day that was counted twice, from all its requests or from some: the larger ones."""
    largest: dict[tuple[str, str], int] = {}
    for total in (*one, *other):
        place = total.feed, total.episode
        largest[place] = max(total.downloads, largest.get(place, 0))
    return [Total(feed, episode, downloads) for (feed, episode), downloads in sorted(largest.items())]


def write_totals(totals: Sequence[Total], target: Path) -> None:
    """Write a day's totals, sorted; the same totals give the same rows."""
    with _connect() as database:
        database.execute("CREATE TEMP TABLE totals (feed VARCHAR, episode VARCHAR, downloads BIGINT)")
        if totals:
            database.executemany("INSERT INTO totals VALUES (?, ?, ?)", [list(total) for total in totals])
        _write(database.table("totals").order("feed, episode"), target)


def read_totals(source: Path) -> list[Total]:
    """Return the totals of a day."""
    with _connect() as database:
        return [Total(*row) for row in _rows(database, source).fetchall()]


def _connect() -> "DuckDBPyConnection":
    import duckdb  # an extra, and large

    no = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    return duckdb.connect(config={**no, "memory_limit": "600MB"})


def _rows(database: "DuckDBPyConnection", source: Path) -> "DuckDBPyRelation":
    return database.read_parquet(str(source), hive_partitioning=False)


def _write(rows: "DuckDBPyRelation", target: Path) -> None:
    rows.write_parquet(str(target), compression="zstd")
