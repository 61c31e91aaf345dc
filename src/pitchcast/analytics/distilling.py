"""What is kept of lines: rows as ``private/analytics/`` holds them, with addresses hashed and agents numbered.

Rows wait in Parquet files in a temporary folder, one for each reading, until each day's are sorted into one file.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.analytics.addresses import hash_address, parse_address
from pitchcast.analytics.agents import agent_id, decode_agent
from pitchcast.analytics.database import load_table, open_database, quoted_path
from pitchcast.analytics.day_books import parquet_of
from pitchcast.analytics.keeping import quarter_of
from pitchcast.analytics.networks import Networks
from pitchcast.analytics.reading import CleanLog, id_sql, load_targets, read_logs
from pitchcast.analytics.requests import REQUEST_COLUMNS
from pitchcast.analytics.sums import Sums
from pitchcast.analytics.targets import KnownFile, Targets
from pitchcast.errors import FileError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KeyOf = Callable[[str], bytes]
"""Gives the key of a quarter, such as ``2026Q3``; makes it where there is none yet."""

_MOST_WAITING, _MOST_FILES = 10_000_000, 1000
"""So many rows, in so many files, wait until they are written: each time a day is written anew as a whole."""

_EARLIEST, _LATEST = "2000-01-01", "2100-01-01"
_IN_UTC = "make_timestamp(epoch_us(requested_at))"
"""The moment without a time zone: what asks for its day or quarter is then many times as fast."""
_QUARTER = f"date_trunc('quarter', {_IN_UTC})::DATE"
_AS_FAST_PARQUET = "(FORMAT parquet, COMPRESSION lz4_raw)"
_JOIN_AS_WRITTEN = "SET disabled_optimizers = 'join_order,build_side_probe_side'"
"""Joins are done as they are written: lines pass by small tables, and are never gathered in a table themselves."""


@dataclass(slots=True)
class Distilled:
    """What reading some logs came to: the sums of each by its number, and the agents that were seen."""

    sums: dict[int, Sums] = field(default_factory=dict)
    agents: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """What of the show's requests is kept: those since the day *oldest*, and whether it is known whose feed it was."""

    oldest: date = date.min
    per_prospect: bool = True


class Distiller:
    """Reads logs into rows. *files* of the targets say what episode a name is of, *key_of* gives keys."""

    def __init__(self, folder: Path, targets: Targets, networks: Networks, key_of: KeyOf, kept: Kept = Kept()) -> None:
        self._connection = open_database(folder)
        self._connection.execute(_JOIN_AS_WRITTEN)
        self._networks = networks
        self._key_of = key_of
        self._kept = kept
        self._folder = folder
        self._waiting: list[Path] = []
        self._rows = 0
        load_targets(self._connection, targets)
        _load_files(self._connection, targets.files)
        self._connection.execute(
            "CREATE TEMP TABLE hashes (text VARCHAR, quarter DATE, address BIGINT, block BIGINT, network VARCHAR)"
        )
        self._connection.execute("CREATE TEMP TABLE agent_ids (coding VARCHAR, written VARCHAR, agent BIGINT)")

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    def read(self, logs: Sequence[CleanLog]) -> Distilled:
        """Read logs that lie in the same files; their rows are added to those that wait to be written.

        Raises FileError where the database cannot read them; then no row was added.
        """
        import duckdb

        try:
            return self._read(logs)
        except duckdb.Error as error:
            reason = str(error).partition("\n")[0]
            raise FileError(f"it cannot be read: {reason}", hint="Read it by itself, or leave it out.") from error

    def _read(self, logs: Sequence[CleanLog]) -> Distilled:
        connection, form = self._connection, logs[0].format
        refused = read_logs(connection, logs)
        _load_logs(connection, logs)
        connection.execute(
            "UPDATE parsed SET fate = 'time' WHERE fate = 'kept' "
            f"AND NOT requested_at BETWEEN '{_EARLIEST}' AND '{_LATEST}'"
        )
        connection.execute(
            "UPDATE parsed SET fate = 'old' WHERE fate = 'kept' AND requested_at < $oldest::DATE",
            {"oldest": max(self._kept.oldest, date(1970, 1, 1))},
        )
        self._hash_addresses()
        connection.execute(
            "UPDATE parsed SET fate = 'address' FROM hashes WHERE fate = 'kept' AND hashes.address IS NULL "
            "AND hashes.text = parsed.address"
        )
        agents = self._number_agents(form.agent_coding)
        self._add_rows(_rows_sql(form.agent_coding, unique=form.unique))
        counted = connection.execute("SELECT file, fate, count(*) FROM parsed GROUP BY ALL").fetchall()
        connection.execute("DROP TABLE parsed")
        return Distilled(_sums(logs, counted, refused), agents)

    def _add_rows(self, rows: str) -> None:
        """Let the rows of a query wait to be written."""
        if not self._kept.per_prospect:
            rows = f"SELECT * REPLACE ('' AS feed, '' AS via) FROM ({rows})"
        file = self._folder / f"rows-{len(self._waiting)}.parquet"
        count = _number(self._connection, f"COPY ({rows}) TO '{quoted_path(file)}' {_AS_FAST_PARQUET}")
        if count:
            self._waiting.append(file)
            self._rows += count

    @property
    def is_full(self) -> bool:
        """Return whether the rows that wait are so many that they should be written."""
        return self._rows >= _MOST_WAITING or len(self._waiting) >= _MOST_FILES

    def days(self) -> list[str]:
        """Return the UTC days of the rows that wait, oldest first."""
        if not self._waiting:
            return []
        query = f"SELECT DISTINCT {_IN_UTC}::DATE FROM {parquet_of(self._waiting)} ORDER BY 1"
        return [day.isoformat() for (day,) in self._connection.execute(query).fetchall()]

    def join_day(self, day: str, stored: Path | None, joined: Path) -> int:
        """Write a day's rows with those that are *stored* already to the file *joined*.

        Return how many are new; where there are none, nothing is written.
        """
        waiting, count = self._rows_of(day)
        if stored is None:
            write_day(self._connection, f"SELECT * FROM {waiting}", joined)
            return count
        known = parquet_of([stored])
        new = f"FROM {waiting} AS waiting ANTI JOIN {known} AS known USING (id)"
        count = _number(self._connection, f"SELECT count(*) {new}")
        if count:
            write_day(self._connection, f"SELECT * FROM {known} UNION ALL BY NAME SELECT waiting.* {new}", joined)
        return count

    def _rows_of(self, day: str) -> tuple[str, int]:
        """Return a query in brackets, the rows of a day that wait, each id once; and how many there are."""
        begin, end = f"TIMESTAMPTZ '{day} 00:00:00+00'", f"TIMESTAMPTZ '{_day_after(day)} 00:00:00+00'"
        rows = f"FROM {parquet_of(self._waiting)} WHERE requested_at >= {begin} AND requested_at < {end}"
        found = self._connection.execute(f"SELECT count(*), count(DISTINCT id) {rows}").fetchone()
        number, distinct = found or (0, 0)
        if number == distinct:  # most logs tell each line once
            return f"(SELECT * {rows})", number
        return f"(SELECT DISTINCT ON (id) * {rows} ORDER BY id, source)", distinct

    def forget_rows(self) -> None:
        """Forget the rows that waited: they are written."""
        for file in self._waiting:
            file.unlink()
        self._waiting, self._rows = [], 0

    def _hash_addresses(self) -> None:
        """Hash each address once, under the key of each quarter in which it was seen."""
        new = self._connection.execute(f"""
SELECT DISTINCT address, {_QUARTER} AS quarter FROM parsed WHERE fate = 'kept'
EXCEPT SELECT text, quarter FROM hashes""").fetchall()
        if not new:
            return
        key_of = cache(self._key_of)
        columns: dict[str, list[str | None]] = {"text": [], "quarter": [], "address": [], "block": [], "network": []}
        for text, quarter in new:
            address = parse_address(text)
            hashed = hash_address(address, key_of(quarter_of(quarter))) if address else None
            columns["text"].append(text)
            columns["quarter"].append(str(quarter))
            columns["address"].append(str(hashed.address) if hashed else None)
            columns["block"].append(str(hashed.block) if hashed else None)
            columns["network"].append(self._networks.kind_of(address) if address else None)
        load_table(self._connection, "new_hashes", columns)
        self._connection.execute(
            "INSERT INTO hashes SELECT text, quarter::DATE, address::BIGINT, block::BIGINT, network FROM new_hashes"
        )

    def _number_agents(self, coding: str) -> dict[int, str]:
        """Number the agents that are new here, and return their texts by their numbers."""
        new = self._connection.execute(
            f"""
SELECT DISTINCT agent FROM parsed WHERE fate = 'kept'
EXCEPT SELECT written FROM agent_ids WHERE coding = '{coding}'"""
        ).fetchall()
        written = [text for (text,) in new]
        texts = [decode_agent(text, coding) for text in written]
        numbers = [agent_id(text) for text in texts]
        if new:
            columns = {"written": written, "agent": [str(number) for number in numbers]}
            load_table(self._connection, "new_agents", columns)
            self._connection.execute(f"INSERT INTO agent_ids SELECT '{coding}', written, agent::BIGINT FROM new_agents")
        return dict(zip(numbers, texts, strict=True))


def write_day(connection: "DuckDBPyConnection", rows: str, path: Path) -> None:
    """Write the rows of a query as the Parquet file of a day, in an order that does not depend on how they came.

    They are sorted by feed, moment and id. Each feed's turn stands for its id: numbers are sorted faster than texts.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE turns AS "
        f"SELECT feed, row_number() OVER (ORDER BY feed) AS turn FROM (SELECT DISTINCT feed FROM ({rows}))"
    )
    columns = ", ".join(f'rows."{name}"::{kind} AS "{name}"' for name, kind in REQUEST_COLUMNS.items())
    connection.execute(
        f"COPY (SELECT {columns} FROM ({rows}) AS rows JOIN turns ON turns.feed = rows.feed "
        f"ORDER BY turns.turn, rows.requested_at, rows.id) TO '{quoted_path(path)}' (FORMAT parquet, COMPRESSION zstd)"
    )


def feeds_in(stored: Path) -> set[str]:
    """Return the ids of the feeds that a day's file tells of."""
    with closing(open_database(stored.parent)) as connection:
        return {feed for (feed,) in connection.execute(f"SELECT DISTINCT feed FROM {parquet_of([stored])}").fetchall()}


def write_without(stored: Path, feeds: Iterable[str], rest: Path) -> None:
    """Write a day's rows without those of some feeds to the file *rest*."""
    with closing(open_database(rest.parent)) as connection:
        load_table(connection, "unwanted", {"feed": list(feeds)})
        write_day(
            connection, f"SELECT * FROM {parquet_of([stored])} WHERE feed NOT IN (SELECT feed FROM unwanted)", rest
        )


def _rows_sql(coding: str, *, unique: bool) -> str:
    """Return the query of the rows that are kept, with the columns that files have.

    A line that has no request id is told by the first line of its log, by itself and by how many equal ones stood
    before it.
    """
    turn = "concat_ws(chr(31), logs.first_line, line, row_number() OVER (PARTITION BY kept.file, line))"
    return f"""
WITH kept AS (SELECT *, {_QUARTER} AS quarter FROM parsed WHERE fate = 'kept')
SELECT
  {"kept.id" if unique else id_sql(turn)} AS id,
  requested_at, feed, files.what, files.episode, status, sent,
  CASE WHEN files.size > 0 THEN files.size WHEN files.what = 'audio' THEN kept.size ELSE 0 END AS size,
  files.need, first, last, hashes.address, hashes.block, hashes.network, agent_ids.agent, via, signed, assumed,
  logs.source
FROM kept
JOIN read_files AS files ON files.name = kept.name
JOIN logs ON logs.file = kept.file
JOIN hashes ON hashes.text = kept.address AND hashes.quarter = kept.quarter
JOIN agent_ids ON agent_ids.written = kept.agent AND agent_ids.coding = '{coding}'
"""


def _load_files(connection: "DuckDBPyConnection", files: Mapping[str, KnownFile]) -> None:
    known = list(files.values())
    columns: dict[str, list[str | None]] = {
        "name": list(files),
        "what": [one.what for one in known],
        "episode": [one.episode for one in known],
        "size": [str(one.size_bytes) for one in known],
        "need": [str(one.need_bytes) for one in known],
    }
    load_table(connection, "file_texts", columns)
    connection.execute(
        "CREATE TEMP TABLE read_files AS "
        "SELECT name, what, episode, size::BIGINT AS size, need::BIGINT AS need FROM file_texts"
    )


def _load_logs(connection: "DuckDBPyConnection", logs: Sequence[CleanLog]) -> None:
    columns: dict[str, list[str | None]] = {
        "file": [str(log.number) for log in logs],
        "source": [log.source for log in logs],
        "first_line": [log.first_line for log in logs],
    }
    load_table(connection, "log_texts", columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE logs AS SELECT file::INTEGER AS file, source, first_line FROM log_texts"
    )


def _sums(
    logs: Sequence[CleanLog], counted: Sequence[tuple[int, str, int]], refused: Mapping[int, Counter[str]]
) -> dict[int, Sums]:
    """Return the sums of each log; lines that nobody has seen again are unreadable too."""
    sums = {log.number: Sums() for log in logs}
    comments: Counter[int] = Counter()
    for file, fate, number in counted:
        if fate == "#":
            comments[file] += number
        else:
            sums[file].count(fate, number)
    for file, reasons in refused.items():
        for reason, number in reasons.items():
            sums[file].count(reason, number)
    for log in logs:
        one = sums[log.number]
        one.lines = log.lines - comments[log.number]
        if one.accounted < one.lines:
            one.count("lost", one.lines - one.accounted)
    return sums


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _number(connection: "DuckDBPyConnection", query: str) -> int:
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0
