"""From a count back to the log: which lines a listener's sound was fetched by, and the lines themselves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pitchcast.analytics.database import load_table, one_column_sql, open_database, quoted_path
from pitchcast.analytics.day_books import parquet_of
from pitchcast.analytics.formats.line import RefusedLine
from pitchcast.analytics.reading import CleanLog, define_macros, id_sql
from pitchcast.analytics.rules import is_answered_with_sound
from pitchcast.analytics.signals import SoundKey, SourceLine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_LINES = 20
"""So many lines are named for one download: a player may ask for hundreds of small parts."""


def write_sound_lines(database: "DuckDBPyConnection", requests: Sequence[Path], file: Path, at_work: Path) -> None:
    """Write which lines the sound of a day was fetched by, from the files of its requests; *at_work* is room for it."""
    query = f"""
        SELECT r.feed, r.episode, r.address, r.agent, r.requested_at, r.id, r.source FROM {parquet_of(requests)} r
        WHERE r.what = 'audio' AND {is_answered_with_sound()} ORDER BY r.feed, r.requested_at, r.id"""
    draft = at_work / file.name
    database.execute(f"COPY ({query}) TO '{quoted_path(draft)}' (FORMAT parquet, COMPRESSION zstd)")
    draft.chmod(0o600)
    draft.replace(file)


def lines_of_sound(
    database: "DuckDBPyConnection", files: Mapping[date, Path], keys: Iterable[SoundKey]
) -> dict[SoundKey, tuple[SourceLine, ...]]:
    """Return the first lines by which each download was fetched, from what ``write_sound_lines`` wrote of its day."""
    wanted: dict[date, list[SoundKey]] = {}
    for key in keys:
        wanted.setdefault(key.day, []).append(key)
    found: dict[SoundKey, tuple[SourceLine, ...]] = {}
    for day, of_day in wanted.items():
        load_table(database, "wanted", {name: [str(getattr(key, name)) for key in of_day] for name in SoundKey._fields})
        rows = database.execute(f"""
            SELECT r.feed, r.episode, r.address, r.agent, r.id, r.requested_at, r.source
            FROM {parquet_of([files[day]])} r
            JOIN (SELECT DISTINCT * FROM wanted) w ON r.feed = w.feed AND r.episode = w.episode
                AND r.address = w.address::BIGINT AND r.agent = w.agent::BIGINT
            QUALIFY ROW_NUMBER() OVER (
                PARTITION BY r.feed, r.episode, r.address, r.agent ORDER BY r.requested_at, r.id) <= {MOST_LINES}
            ORDER BY r.requested_at, r.id""").fetchall()
        for feed, episode, address, agent, number, moment, source in rows:
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
            texts = one_column_sql(part.pieces, "filename = false")
            lines = f"SELECT line, 1 AS file FROM ({texts}) WHERE line IS NOT NULL"
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
