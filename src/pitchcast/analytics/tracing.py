"""From a count back to the log: which lines sound was fetched by, the lines themselves, and when the last one was."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.analytics.database import load_table, open_database
from pitchcast.analytics.day_books import parquet_of
from pitchcast.analytics.formats.line import RefusedLine
from pitchcast.analytics.reading import CleanLog, define_macros, id_sql, lines_sql
from pitchcast.analytics.rules import is_answered_with_sound
from pitchcast.analytics.signals import SoundKey, SourceLine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_LINES = 20
"""So many lines are named for one download: a player may ask for hundreds of small parts."""


def lines_of_sound(
    database: "DuckDBPyConnection", requests: Mapping[date, Path], keys: Collection[SoundKey]
) -> dict[SoundKey, tuple[SourceLine, ...]]:
    """Return the first lines by which each download was fetched, from the requests of their days."""
    load_table(database, "wanted", {name: [str(getattr(key, name)) for key in keys] for name in SoundKey._fields})
    database.execute("""
        CREATE OR REPLACE TEMP TABLE wanted AS
        SELECT DISTINCT day::DATE AS day, feed, episode, address::BIGINT AS address, agent::BIGINT AS agent
        FROM wanted""")
    files = parquet_of(list(requests.values()), of_days=True)
    rows = database.execute(f"""
        SELECT r.day, r.feed, r.episode, r.address, r.agent, r.id, r.requested_at, r.source
        FROM {files} r
        JOIN wanted w ON r.day = w.day AND r.feed = w.feed AND r.episode = w.episode
            AND r.address = w.address AND r.agent = w.agent
        WHERE r.what = 'audio' AND {is_answered_with_sound()}
        QUALIFY ROW_NUMBER() OVER (
            PARTITION BY r.day, r.feed, r.episode, r.address, r.agent ORDER BY r.requested_at, r.id) <= {MOST_LINES}
        ORDER BY r.requested_at, r.id""").fetchall()
    found: dict[SoundKey, tuple[SourceLine, ...]] = {}
    for day, feed, episode, address, agent, number, moment, source in rows:
        key = SoundKey(day, feed, episode, address, agent)
        found[key] = (*found.get(key, ()), SourceLine(number, moment, source))
    return found


def find_lines(parts: Sequence[CleanLog], ids: Collection[int], folder: Path) -> dict[int, str]:
    """Return the lines of a log whose rows have these ids, as far as they are in it; *folder* is room to work in."""
    found: dict[int, str] = {}
    with closing(open_database(folder)) as database:
        define_macros(database)
        load_table(database, "wanted", {"id": [str(one) for one in ids]})
        for part in parts:
            load_table(database, "first_line", {"text": [part.first_line]})
            lines = lines_sql([part])
            parsed = f"WITH lines AS ({lines}), parts AS ({part.format.sql(part.header)})"
            if part.format.unique:
                _remember_odd(database, part, parsed)
                told = "SELECT uid AS told, line FROM parts WHERE NOT odd UNION ALL SELECT uid, line FROM odd_lines"
            else:
                turn = "row_number() OVER (PARTITION BY line)"
                told = (
                    f"SELECT concat_ws(chr(31), (SELECT text FROM first_line), line, {turn}) AS told, line FROM lines"
                )
            query = f"""{parsed}
                SELECT t.id, t.line FROM (
                    SELECT {id_sql("told")} AS id, line FROM ({told})) t
                JOIN wanted w ON t.id = w.id::BIGINT"""
            found |= dict(database.execute(query).fetchall())
    return found


def newest_line(parts: Sequence[CleanLog], folder: Path) -> datetime | None:
    """Return when the last request was in a log, as far as its lines are plain; *folder* is room to work in."""
    moments: list[datetime] = []
    with closing(open_database(folder)) as database:
        define_macros(database)
        for part in parts:
            query = f"""
                WITH lines AS ({lines_sql([part])}), parts AS ({part.format.sql(part.header)})
                SELECT MAX(requested_at) FROM parts WHERE NOT odd"""
            moments.extend(found for (found,) in database.execute(query).fetchall() if found)
    return max(moments, default=None)


def _remember_odd(database: "DuckDBPyConnection", part: CleanLog, parsed: str) -> None:
    """Put the lines that SQL cannot take apart into a table, with what tells them from any other."""
    rows: list[tuple[str, str]] = []
    for (line,) in database.execute(f"{parsed} SELECT line FROM parts WHERE odd").fetchall():
        try:
            taken_apart = part.format.strict(line) if part.format.strict else None
        except RefusedLine:
            continue
        if taken_apart is not None and taken_apart.uid:
            rows.append((taken_apart.uid, line))
    load_table(database, "odd_lines", {"uid": [uid for uid, _ in rows], "line": [line for _, line in rows]})
