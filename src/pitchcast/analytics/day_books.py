"""A day's requests made ready to be counted: what has to be looked at closely is worked out once.

Most listeners fetch an episode in one request, which says all there is to say: a book has the day's requests themselves
for these. For listeners with several requests it has one row each, and for what is set aside by address the addresses.
A book says what happened and leaves out who asked: what an agent is may be decided anew, so that is looked up when
books are counted. Books can be made again from the storage's requests at any time.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pitchcast.analytics import rules
from pitchcast.analytics.database import load_numbers, quoted_path, repeated
from pitchcast.analytics.requests import REQUEST_COLUMNS, columns_sql
from pitchcast.files import retried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

BOOK_VERSION = 2
"""Grows when books are made otherwise, so that earlier ones are not used."""


class DayBook(NamedTuple):
    """The files of a day's book.

    ``requests`` are the day's, as they are stored. ``gathered`` has what listeners fetched in several requests, and
    what counts for nothing by agent and rule. ``addresses`` are ours, or have too much to do. ``moments``
    are those of pages, calls and feeds.
    """

    requests: Path
    gathered: Path
    addresses: Path
    moments: Path

    @property
    def is_there(self) -> bool:
        """Return whether the book is whole."""
        return all(file.exists() for file in self)


def book_in(folder: Path, name: str) -> DayBook:
    """Return the book of that name in a folder."""
    return DayBook(*(folder / f"{name}.{part}.parquet" for part in DayBook._fields))


def write_book(connection: "DuckDBPyConnection", requests: "Sequence[Path]", book: DayBook, at_work: Path) -> None:
    """Write the book of the day whose requests are in these files; *at_work* is a folder of this process alone.

    Where they are one file, that is moved into the book.
    """
    connection.execute(f"CREATE OR REPLACE TEMP VIEW one_day AS SELECT * FROM {parquet_of(requests)}")
    busy = repeated(connection, "SELECT address FROM one_day WHERE network <> 'kept'", rules.FEWEST_OF_CROWDED)
    load_numbers(connection, "busy", "address", busy)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE ours AS {rules.own_addresses('one_day')}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE crowded AS {rules.crowded_addresses('one_day', 'busy')}")
    _write(connection, _ADDRESSES, book.addresses, at_work)
    _write(connection, _MOMENTS, book.moments, at_work)
    load_numbers(connection, "several", "listener", repeated(connection, f"SELECT {_NUMBER} FROM {_SOUND}", 1))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE fetched AS {_FETCHED}")
    _write(connection, f"{_SETTLED} UNION ALL {_NOTHING}", book.gathered, at_work)
    connection.execute("DROP TABLE fetched")
    if len(requests) == 1:
        retried(lambda: requests[0].replace(book.requests))
    else:
        _write(connection, "SELECT * FROM one_day", book.requests, at_work)


def write_empty_day(connection: "DuckDBPyConnection", file: Path) -> None:
    """Write the requests of a day without any."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE no_requests ({columns_sql(REQUEST_COLUMNS)})")
    write_parquet(connection, "SELECT * FROM no_requests", file, file.with_suffix(".new"))


def lone_sounds(requests: str, gathered: str) -> str:
    """Return a query of what listeners fetched in one request, in the columns of *gathered*, whose listeners are not.

    Both are tables of several days, told apart by ``day``.
    """
    return f"""
        SELECT r.day, r.feed, r.episode, r.address, r.agent, r.block, r.network, r.requested_at AS began,
            CAST(1 AS BIGINT) AS requests, r.sent, '' AS nothing, {_PLACED} + {_UNPLACED} >= r.need AS enough
        FROM {requests} r
        ANTI JOIN {gathered} g ON r.day = g.day AND r.address = g.address AND r.agent = g.agent
            AND r.feed = g.feed AND r.episode = g.episode
        WHERE r.what = 'audio' AND {_IS_COUNTED}"""


def parquet_of(files: "Sequence[Path]", *, of_days: bool = False) -> str:
    """Return SQL that reads these files as one table, *of_days* with the day that the folder of each is named by."""
    named = ", ".join(f"'{quoted_path(file)}'" for file in files)
    days = "hive_types = {'day': DATE}" if of_days else "hive_partitioning = false"
    return f"read_parquet([{named}], {days})"


def bytes_got(requests: str, listener: str) -> str:
    """T1. Return a query of what each listener got of each file: the union of what is placed, and what is not.

    At most the file's size [PTM 5.5.3]. *requests* are those that count, *listener* the columns that tell listeners
    apart; a file is told by its size and by what it needs.
    """
    return f"""
        SELECT {listener}, size, need,
            LEAST(size, SUM(CASE WHEN start_byte IS NULL THEN sent
                WHEN end_byte > GREATEST(start_byte, reached) THEN end_byte - GREATEST(start_byte, reached)
                ELSE 0 END)) AS got
        FROM (
            SELECT p.*, COALESCE(MAX(end_byte) OVER (
                PARTITION BY {listener}, size, need ORDER BY start_byte, end_byte, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS reached
            FROM (
                SELECT r.* REPLACE ({rules.known_size()} AS size), {rules.known_start()} AS start_byte,
                    CASE WHEN {rules.known_start()} IS NOT NULL THEN {rules.known_end()} END AS end_byte
                FROM {requests} r) p) q
        GROUP BY {listener}, size, need"""


def write_parquet(connection: "DuckDBPyConnection", query: str, file: Path, draft: Path) -> None:
    """Write what a query answers, in one step by way of *draft*; speed counts more than space in a cache."""
    connection.execute(f"COPY ({query}) TO '{quoted_path(draft)}' (FORMAT parquet, COMPRESSION lz4_raw)")
    draft.chmod(0o600)
    retried(lambda: draft.replace(file))


def _write(connection: "DuckDBPyConnection", query: str, file: Path, at_work: Path) -> None:
    write_parquet(connection, query, file, at_work / file.name)


_ADDRESSES = """
    SELECT address, address IN (SELECT address FROM ours) AS ours, address IN (SELECT address FROM crowded) AS crowded
    FROM (SELECT address FROM ours UNION SELECT address FROM crowded)"""

_MOMENTS = """
    SELECT r.id, r.requested_at AS moment, r.feed, r.what, r.address, r.block, r.network, r.agent, r.via, r.source
    FROM one_day r
    WHERE r.what IN ('page', 'call', 'feed') AND r.status IN (200, 304)"""

_LISTENER = rules.listener_of_a_day()
_NUMBER = f"HASH({_LISTENER}) AS listener"
"""A number for a listener. Two may have the same: they are then looked at closely for nothing."""

_IS_COUNTED = f"{rules.is_answered_with_sound()} AND {rules.is_more_than_a_look()}"
_SOUND = f"one_day r WHERE r.what = 'audio' AND {_IS_COUNTED}"

_PLACED = (
    f"CASE WHEN {rules.known_start()} IS NULL THEN 0 ELSE GREATEST({rules.known_end()} - {rules.known_start()}, 0) END"
)
"""How many bytes from a known place a request got."""
_UNPLACED = f"CASE WHEN {rules.known_start()} IS NULL THEN r.sent ELSE 0 END"
"""How many bytes it got from who knows where."""

# What one listener got is at least what is not placed and the longest piece, at most what is not placed and all pieces:
# where need lies in between, or there were several files, it has to be looked at closely.
_FETCHED = f"""
    SELECT {_LISTENER}, ANY_VALUE(block) AS block, ANY_VALUE(network) AS network,
        MIN(requested_at) AS began, COUNT(*) AS requests, CAST(SUM(sent) AS BIGINT) AS sent, '' AS nothing,
        CASE
            WHEN MIN(need) <> MAX(need) OR MIN(size) <> MAX(size) THEN NULL
            WHEN SUM(unplaced) + MAX(placed) >= MAX(need) THEN TRUE
            WHEN SUM(unplaced) + SUM(placed) < MAX(need) THEN FALSE
        END AS enough
    FROM (
        SELECT r.*, {_PLACED} AS placed, {_UNPLACED} AS unplaced
        FROM {_SOUND} AND HASH({_LISTENER}) IN (SELECT listener FROM several))
    GROUP BY {_LISTENER}"""

_UNSETTLED = f"""(
    SELECT r.* FROM one_day r SEMI JOIN (SELECT * FROM fetched WHERE enough IS NULL) f USING ({_LISTENER})
    WHERE r.what = 'audio' AND {_IS_COUNTED})"""

_SETTLED = f"""
    SELECT f.* REPLACE (COALESCE(f.enough, g.enough) AS enough)
    FROM fetched f
    LEFT JOIN (
        SELECT {_LISTENER}, BOOL_OR(got >= need) AS enough
        FROM ({bytes_got(_UNSETTLED, _LISTENER)})
        GROUP BY {_LISTENER}) g USING ({_LISTENER})"""

_NOTHING = f"""
    SELECT '', '', NULL, agent, NULL, '', MIN(requested_at), COUNT(*), 0, nothing, FALSE
    FROM (
        SELECT r.agent, r.requested_at, CASE WHEN {rules.is_answered_with_sound()} THEN 'F3' ELSE 'F2' END AS nothing
        FROM one_day r WHERE r.what = 'audio' AND NOT ({_IS_COUNTED}))
    GROUP BY agent, nothing"""
"""A row in which ``nothing`` is a rule stands for an agent's requests that were nothing by that rule."""
