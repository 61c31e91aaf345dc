"""A log's lines become classified parts: whose each is, and why it is not kept where it is not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.analytics.database import DELIMITER, load_table, read_lines_sql
from pitchcast.analytics.formats.line import COLUMNS, LineParts, LogFormat, RefusedLine
from pitchcast.analytics.targets import Folder, Targets

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE = 100_000
_MASK = (1 << 63) - 1
_MOST_DIGITS = 15  # of a number of bytes: sums of two of them are still numbers of 64 bits
_TYPES = dict(
    zip(
        COLUMNS,
        (
            *("TIMESTAMPTZ", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "SMALLINT", "BIGINT", "BIGINT", "BIGINT"),
            *("BIGINT", "VARCHAR", "VARCHAR", "BOOLEAN", "BOOLEAN", "VARCHAR", "VARCHAR", "BOOLEAN"),
        ),
        strict=True,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanLog:
    """A log that was washed: its number, the name by which it is known, and the files that hold its lines.

    Where they are *shared*, they hold lines of other logs too, and its number stands before each of its own. ``lines``
    is how many of its lines they hold, ``first_line`` its first one. ``last_line`` is the last one where it was left
    without its end, so that it may be only a part of what it will be; else "".
    """

    number: int
    source: str
    format: LogFormat
    header: str
    first_line: str
    pieces: tuple[Path, ...]
    is_shared: bool
    lines: int
    last_line: str = ""


def numbered(number: int, lines: bytes) -> bytes:
    """Return the lines of a log, each with its number before it, as files have them that logs share."""
    if not lines:
        return b""
    prefix = b"%d%c" % (number, DELIMITER)
    return prefix + lines[:-1].replace(b"\n", b"\n" + prefix) + b"\n"


def read_logs(connection: "DuckDBPyConnection", logs: Sequence[CleanLog]) -> dict[int, Counter[str]]:
    """Read logs that lie in the same files into the table ``parsed``: each line with its fate, what is kept in full.

    Return what could not be read, by log and reason. Needs the tables of ``load_targets``.
    """
    form = logs[0].format
    lines = lines_sql(logs)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE parsed AS WITH lines AS ({lines}), parts AS ({form.sql(logs[0].header)}) "
        + _classified_sql("parts")
    )
    return _read_odd(connection, form, {log.number: log.last_line for log in logs if log.last_line})


def load_targets(connection: "DuckDBPyConnection", targets: Targets) -> None:
    """Tell the database whose folders, files and marks there are."""
    folders, files = targets.folders, list(targets.files)
    marks = {**targets.marks, **dict.fromkeys(targets.dropped_marks, "")}
    kinds = [_kind_of(folder) for folder in folders]
    tables = {
        "target_folders": {
            "path": [folder.path for folder in folders],
            "feed": [folder.feed for folder in folders],
            "dropped": [folder.dropped for folder in folders],
            "kind": kinds,
        },
        "target_files": {"name": files},
        "target_marks": {
            "mark": list(marks),
            "feed": list(marks.values()),
            "dropped": [targets.dropped_marks.get(mark, "") for mark in marks],
        },
        "target_places": {"place": sorted(targets.places)},
    }
    for name, columns in tables.items():
        load_table(connection, name, columns)
    define_macros(connection)


def define_macros(connection: "DuckDBPyConnection") -> None:
    """Give the database the functions that the SQL of formats uses."""
    connection.execute(
        "CREATE OR REPLACE TEMP MACRO whole_number(t) AS "
        f"CASE WHEN length(t) <= {_MOST_DIGITS} AND NOT starts_with(t, '-') THEN try_cast(t AS BIGINT) END"
    )
    connection.execute("CREATE OR REPLACE TEMP MACRO once_decoded(p) AS coalesce(TRY(url_decode(p)), p)")
    connection.execute("CREATE OR REPLACE TEMP MACRO decoded_path(p) AS once_decoded(once_decoded(p))")


def _kind_of(folder: Folder) -> str:
    """Return how a folder is known as ours: where it lies (``open``), by a mark (``shared``) or by its name."""
    if not folder.secret:
        return "open"
    return "secret" if folder.feed or folder.dropped else "shared"


def id_sql(text: str) -> str:
    """Return the SQL of a row's id: 63 bits of the MD5 of what tells its line from any other.

    They are those of ``md5_number_lower``, which takes twice as long.
    """
    return f"((md5_number({text}) >> 64) & {_MASK})::BIGINT"


def lines_sql(logs: Sequence[CleanLog]) -> str:
    """Return the query of the lines of logs that lie in the same files, each with the number of its log."""
    first = logs[0]
    if not first.is_shared:
        return f"SELECT line, {first.number} AS file FROM ({read_lines_sql(first.pieces, {'line': 'VARCHAR'})})"
    numbers = ", ".join(str(log.number) for log in logs)
    numbered_lines = read_lines_sql(first.pieces, {"file": "INTEGER", "line": "VARCHAR"})
    return f"SELECT line, file FROM ({numbered_lines}) WHERE file IN ({numbers})"


_KEPT = "CASE WHEN fate = 'kept' THEN {0} END AS {0}"
_VIA = r"(?:^|&)via=([0-9a-f]{8}(?:\.[0-9a-f]{8}){0,19})(?:&|$)"
_FEED = r"(?:^|&)x-feed=([0-9a-f]{8})(?:&|$)"


def _classified_sql(parts: str) -> str:
    """Return what goes on from a WITH that ends in *parts*: it says of the lines whose they are."""
    kept = ("requested_at", "status", "sent", "size", "first", "last", "address", "agent", "signed", "assumed")
    columns = ", ".join(_KEPT.format(name) for name in (*kept, "feed", "name", "via"))
    return f"""
, decoded AS (
  SELECT * EXCLUDE (path), CASE WHEN contains(path, '%') THEN decoded_path(path) ELSE path END AS path FROM {parts}
),
split AS (SELECT *, string_split(path, '/') AS steps FROM decoded),
named AS (SELECT * EXCLUDE (steps), steps[-1] AS name, coalesce(steps[-2], '') AS folder FROM split),
found AS (
  SELECT named.*, folders.feed AS folder_feed, folders.dropped AS folder_dropped, folders.kind AS folder_kind,
    files.name IS NOT NULL AS is_known,
    CASE WHEN folders.kind = 'open' THEN
      place || left(named.path, greatest(length(named.path) - length(folder) - length(named.name) - 2, 0)) END AS base,
    CASE WHEN folders.kind = 'shared' THEN regexp_extract(query, '{_FEED}', 1) ELSE '' END AS mark
  FROM named
  LEFT JOIN target_folders AS folders ON folders.path = named.folder
  LEFT JOIN target_files AS files ON files.name = named.name
),
owned AS (
  SELECT found.* EXCLUDE (skipped), skipped,
    CASE folder_kind WHEN 'shared' THEN marks.feed ELSE folder_feed END AS feed,
    CASE folder_kind WHEN 'shared' THEN coalesce(marks.dropped, '') ELSE folder_dropped END AS dropped,
    coalesce(is_known AND CASE folder_kind
      WHEN 'open' THEN base IN (SELECT place FROM target_places)
      WHEN 'shared' THEN marks.mark IS NOT NULL
      WHEN 'secret' THEN true
    END, false) AS ours
  FROM found LEFT JOIN target_marks AS marks ON found.mark <> '' AND marks.mark = found.mark
),
fated AS (
  SELECT *, CASE
      WHEN skipped = '#' THEN '#'
      WHEN odd THEN 'odd'
      WHEN NOT ours THEN 'others'
      WHEN dropped <> '' THEN dropped
      WHEN skipped <> '' THEN skipped
      WHEN method <> 'GET' THEN 'method'
      ELSE 'kept' END AS fate,
    CASE WHEN contains(query, 'via=') THEN regexp_extract(query, '{_VIA}', 1) ELSE '' END AS via
  FROM owned
)
SELECT file, fate, {columns}, CASE WHEN fate = 'kept' THEN {id_sql("uid")} END AS id,
  CASE WHEN fate = 'odd' OR (fate = 'kept' AND uid IS NULL) THEN line END AS line
FROM fated
"""


def _read_odd(
    connection: "DuckDBPyConnection", form: LogFormat, last_lines: Mapping[int, str]
) -> dict[int, Counter[str]]:
    """Read the lines that SQL found odd one by one; return why which of them cannot be read, by log."""
    refused: dict[int, Counter[str]] = {}
    connection.execute("CREATE OR REPLACE TEMP TABLE odd AS SELECT file, line FROM parsed WHERE fate = 'odd'")
    start = 0
    while rows := _odd_lines(connection, start):
        start += _AT_ONCE
        read = []
        for file, line in rows:
            try:
                read.append((file, line, _strictly(form, line)))
            except RefusedLine as error:
                reason = "unfinished" if last_lines.get(file) == line else str(error)
                refused.setdefault(file, Counter())[reason] += 1
        if read:
            _insert_read(connection, read)
    connection.execute("DELETE FROM parsed WHERE fate = 'odd'")
    return refused


def _odd_lines(connection: "DuckDBPyConnection", start: int) -> list[tuple[int, str]]:
    return connection.execute(
        "SELECT file, line FROM odd WHERE rowid >= ? AND rowid < ?", [start, start + _AT_ONCE]
    ).fetchall()


def _strictly(form: LogFormat, line: str) -> LineParts:
    if form.strict is None:
        raise RefusedLine("form")
    return form.strict(line)


def _insert_read(connection: "DuckDBPyConnection", read: Sequence[tuple[int, str, LineParts]]) -> None:
    """Add lines that were read in Python to the table ``parsed``, classified like all others."""
    rows = [(file, line, *parts, False) for file, line, parts in read]
    names = ("file", "line", *COLUMNS)
    texts = {
        name: [_text(value) for value in column] for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    load_table(connection, "strict_texts", texts)
    casts = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in _TYPES.items())
    connection.execute(f"""
INSERT INTO parsed WITH parts AS (SELECT file::INTEGER AS file, line, {casts} FROM strict_texts)
{_classified_sql("parts")}""")


def _text(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
