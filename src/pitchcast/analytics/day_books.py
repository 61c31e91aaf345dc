"""A day's requests made short: one row for each listener of an episode, and the moments of pages, calls and feeds.

A book says what happened and leaves out who asked: what an agent is may be decided anew, so that is looked up when
books are counted. Books can be made again from the requests at any time.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pitchcast.analytics import rules
from pitchcast.analytics.database import quoted_path
from pitchcast.files import retried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

BOOK_VERSION = 1
"""Grows when books are made otherwise, so that earlier ones are not used."""


class DayBook(NamedTuple):
    """The files of a day's book: what listeners fetched in one request or more, and moments of pages, calls and feeds.

    Where it takes a close look to tell whether a listener got enough, the row in ``sounds`` leaves that open, and
    ``settled`` has the row that counts.
    """

    sounds: Path
    settled: Path
    moments: Path

    @property
    def is_there(self) -> bool:
        """Return whether the book is whole."""
        return all(file.exists() for file in self)


def book_in(folder: Path, name: str) -> DayBook:
    """Return the book of that name in a folder."""
    return DayBook(*(folder / f"{name}.{part}.parquet" for part in DayBook._fields))


def write_book(connection: "DuckDBPyConnection", requests: "Sequence[Path]", book: DayBook, at_work: Path) -> None:
    """Write the book of the day whose requests are in these files; *at_work* is a folder of this process alone."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW one_day AS SELECT * FROM {parquet_of(requests)}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE ours AS {rules.own_addresses('one_day')}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE crowded AS {rules.crowded_addresses('one_day')}")
    _write(connection, _MOMENTS, book.moments, at_work)
    _write(connection, f"{_marked(_FETCHED)} UNION ALL {_NOTHING}", book.sounds, at_work)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW fetched AS SELECT * FROM {parquet_of([book.sounds])}")
    _write(connection, _SETTLED, book.settled, at_work)


def parquet_of(files: "Sequence[Path]") -> str:
    """Return SQL that reads these files as one table."""
    named = ", ".join(f"'{quoted_path(file)}'" for file in files)
    return f"read_parquet([{named}], hive_partitioning = false)"


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


def _write(connection: "DuckDBPyConnection", query: str, file: Path, at_work: Path) -> None:
    """Write what a query answers, in one step; speed counts more than space in a cache."""
    draft = at_work / file.name
    connection.execute(f"COPY ({query}) TO '{quoted_path(draft)}' (FORMAT parquet, COMPRESSION lz4_raw)")
    draft.chmod(0o600)
    retried(lambda: draft.replace(file))


def _marked(query: str) -> str:
    """Return a query whose rows say besides whether their address is one of ours, or has too much to do."""
    return f"""
        SELECT r.*, r.address IN (SELECT address FROM ours) AS ours,
            r.address IN (SELECT address FROM crowded) AS crowded
        FROM ({query}) r"""


_MOMENTS = _marked("""
    SELECT r.id, r.requested_at AS moment, r.feed, r.what, r.address, r.block, r.network, r.agent, r.via, r.source
    FROM one_day r
    WHERE r.what IN ('page', 'call', 'feed') AND r.status IN (200, 304)""")

_LISTENER = rules.listener_of_a_day()
_IS_COUNTED = f"{rules.is_answered_with_sound()} AND {rules.is_more_than_a_look()}"

_PLACED = (
    f"CASE WHEN {rules.known_start()} IS NOT NULL THEN GREATEST({rules.known_end()} - {rules.known_start()}, 0) END"
)
"""How many bytes from a known place a request got."""

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
        SELECT r.*, COALESCE({_PLACED}, 0) AS placed,
            CASE WHEN {rules.known_start()} IS NULL THEN r.sent ELSE 0 END AS unplaced
        FROM one_day r WHERE r.what = 'audio' AND {_IS_COUNTED})
    GROUP BY {_LISTENER}"""

_UNSETTLED = f"""(
    SELECT r.* FROM one_day r SEMI JOIN (SELECT * FROM fetched WHERE enough IS NULL) f USING ({_LISTENER})
    WHERE r.what = 'audio' AND {_IS_COUNTED})"""

_SETTLED = f"""
    SELECT f.* REPLACE (g.enough AS enough)
    FROM fetched f
    JOIN (
        SELECT {_LISTENER}, BOOL_OR(got >= need) AS enough
        FROM ({bytes_got(_UNSETTLED, _LISTENER)})
        GROUP BY {_LISTENER}) g USING ({_LISTENER})
    WHERE f.enough IS NULL"""

_NOTHING = f"""
    SELECT '', '', NULL, agent, NULL, '', MIN(requested_at), COUNT(*), 0, nothing, FALSE, FALSE, FALSE
    FROM (
        SELECT r.agent, r.requested_at, CASE WHEN {rules.is_answered_with_sound()} THEN 'F3' ELSE 'F2' END AS nothing
        FROM one_day r WHERE r.what = 'audio' AND NOT ({_IS_COUNTED}))
    GROUP BY agent, nothing"""
"""A row in which ``nothing`` is a rule stands for an agent's requests that were nothing by that rule."""
