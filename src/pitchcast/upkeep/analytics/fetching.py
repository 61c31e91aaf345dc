"""Logs fetched into a temporary folder, washed, and recognised."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pitchcast.analytics.database import MOST_LINE_BYTES
from pitchcast.analytics.formats.recogniser import LOOKED_AT, recognise, why_unknown
from pitchcast.analytics.reading import CleanLog, piece_name
from pitchcast.analytics.sums import Sums
from pitchcast.analytics.washing import Piece, Washed, wash
from pitchcast.errors import FileError, ObjectMissing
from pitchcast.upkeep.analytics.logs import AccessLog

_THREADS = 16
_BATCH_BYTES = 128 << 20
_BATCH_LOGS = 4000
_UNPACKED = 12  # times as large: about what gzip makes of logs


@dataclass(frozen=True, slots=True)
class Fetched:
    """A log that was fetched. ``parts`` are what is to be read of it, none where its form is unknown or it is gone.

    ``left_out`` are the lines that were left out beforehand. ``problem`` is why it was not read, "" where it was.
    """

    log: AccessLog
    parts: tuple[CleanLog, ...]
    left_out: Sums
    problem: str = ""


def batches(logs: Sequence[AccessLog]) -> Iterator[list[AccessLog]]:
    """Yield the logs in groups that fit onto the disk together."""
    group: list[AccessLog] = []
    size_bytes = 0
    for log in logs:
        expected_bytes = log.size_bytes * (_UNPACKED if log.source.endswith((".gz", ".zst")) else 1)
        if group and (size_bytes + expected_bytes > _BATCH_BYTES or len(group) == _BATCH_LOGS):
            yield group
            group, size_bytes = [], 0
        group.append(log)
        size_bytes += expected_bytes
    if group:
        yield group


def fetch_all(logs: Sequence[AccessLog], folder: Path) -> list[Fetched]:
    """Fetch logs, several at once, and return them in their order."""
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda number: _fetch(number, logs[number], folder), range(len(logs))))


def _fetch(number: int, log: AccessLog, folder: Path) -> Fetched:
    try:
        with log.open() as file:
            washed = wash(file, folder, piece_name(number))
    except (FileError, ObjectMissing) as error:
        return Fetched(log, (), Sums(), error.message)
    return _recognised(number, log, washed)


def _recognised(number: int, log: AccessLog, washed: Washed) -> Fetched:
    """Return a log with its format; where its lines have ids, it can be read piece by piece."""
    left_out = Sums(lines=washed.too_long + washed.not_text)
    left_out.unreadable["too long"] += washed.too_long
    left_out.unreadable["form"] += washed.not_text
    if not washed.pieces:
        return Fetched(log, (), left_out)
    first_lines = _first_lines(washed.pieces[0].path)
    form = recognise(first_lines)
    if form is None:
        return Fetched(log, (), Sums(), why_unknown(first_lines))
    last_line = _last_line(washed)
    if last_line and not form.unique:
        # Read as it is, it would be another request than the one that it becomes.
        _take_off(washed.pieces[-1], last_line)
        left_out.count("unfinished", 1)
        left_out.lines += 1
        last_line = ""
    together = [washed.pieces] if not form.unique else [[piece] for piece in washed.pieces]
    parts = []
    for pieces in together:
        is_last = pieces[-1] is washed.pieces[-1]
        part = CleanLog(
            number=number,
            source=log.source,
            format=form,
            header=form.header_of(first_lines),
            first_line=first_lines[0],
            pieces=tuple(piece.path for piece in pieces),
            lines=sum(piece.lines for piece in pieces),
            last_line=last_line if is_last else "",
        )
        parts.append(part)
    return Fetched(log, tuple(parts), left_out)


def _first_lines(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\n") for line in islice(file, LOOKED_AT)]


def _last_line(washed: Washed) -> str:
    """Return the last line where it may be a part of one; "" where it has its end."""
    if washed.unfinished or not washed.cut_off:
        return washed.unfinished
    path = washed.pieces[-1].path
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_LINE_BYTES))
        return file.read().splitlines()[-1].decode("utf-8", "replace")


def _take_off(piece: Piece, last_line: str) -> None:
    """Take the last line off a file of clean lines."""
    os.truncate(piece.path, piece.path.stat().st_size - len(last_line.encode("utf-8")) - 1)
    piece.lines -= 1
