"""Logs fetched into a temporary folder, washed, and recognised."""

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pitchcast.analytics.formats.line import LogFormat
from pitchcast.analytics.formats.recogniser import LOOKED_AT, MOST_LOOKED_AT, recognise, why_unknown
from pitchcast.analytics.reading import CleanLog, numbered
from pitchcast.analytics.sums import Sums
from pitchcast.analytics.washing import CleanLines, Washed, wash
from pitchcast.errors import FileError, ObjectMissing
from pitchcast.upkeep.analytics.logs import AccessLog

_THREADS = 16
_AHEAD = 8 * _THREADS
_BATCH_BYTES = 128 << 20
_BATCH_LOGS = 4000
_UNPACKED = 12  # times as large: about what gzip makes of logs
_PIECE_BYTES = 256 << 20
"""How many bytes of lines are read at once, which bounds the memory."""


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
    """Fetch logs and return them in their order; their lines are kept in files in *folder*."""
    with closing(_LineKeeper(folder)) as keeper:
        return [keeper.keep(*each) for each in zip(count(), logs, _opened(logs))]


def _opened(logs: Sequence[AccessLog]) -> Iterator[Future[BinaryIO]]:
    """Yield logs as they are opened, some ahead of the one that is read: to fetch them takes time."""
    with ThreadPoolExecutor(_THREADS) as pool:
        opening = (pool.submit(log.open) for log in logs)
        ahead = deque(islice(opening, _AHEAD))
        while ahead:
            yield ahead.popleft()
            ahead.extend(islice(opening, 1))


_Kind = tuple[str, str]
"""The form of a log, and its header."""


class _Piece(NamedTuple):
    """Files with lines of a log that are read at once, and how many lines of it there are."""

    paths: tuple[Path, ...]
    lines: int


class _LineKeeper:
    """Keeps the lines of logs in files in *folder*.

    Small logs of one form and header lie in one file: to make a file for each takes longer than to fetch it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shared: dict[_Kind, Path] = {}
        self._kind: _Kind | None = None
        self._file: BinaryIO = io.BytesIO()
        self._names = count()

    def close(self) -> None:
        """Close the file that is open."""
        self._file.close()

    def keep(self, number: int, log: AccessLog, opened: Future[BinaryIO]) -> Fetched:
        """Read the log that has this number, as it comes."""
        try:
            with opened.result() as file:
                return self._read(number, log, file)
        except (FileError, ObjectMissing) as error:
            return Fetched(log, (), Sums(), error.message)

    def _read(self, number: int, log: AccessLog, file: BinaryIO) -> Fetched:
        """Return a log with its format; where its lines have ids, it can be read piece by piece."""
        washed = Washed()
        blocks = wash(file, washed)
        begin = list(islice(blocks, 2))
        text = begin[0].text if begin else washed.unfinished
        if not text:
            return Fetched(log, (), _left_out(washed))
        first_lines = _first_lines(text, LOOKED_AT)
        form = recognise(first_lines) or recognise(_first_lines(text, MOST_LOOKED_AT))
        if form is None:
            return Fetched(log, (), Sums(), why_unknown(first_lines))
        header, is_small = form.header_of(first_lines), len(begin) < 2
        lines = _to_be_read(chain(begin, blocks), washed, form)
        pieces = [self._share(number, lines, (form.name, header))] if is_small else list(self._write(lines))
        parts = tuple(
            CleanLog(
                number=number,
                source=log.source,
                format=form,
                header=header,
                first_line=first_lines[0],
                pieces=piece.paths,
                is_shared=is_small,
                lines=piece.lines,
                last_line=washed.unfinished.decode("utf-8"),
            )
            for piece in (pieces if form.unique else [_as_one(pieces)])
        )
        return Fetched(log, parts, _left_out(washed, form))

    def _share(self, number: int, lines: Iterable[CleanLines], kind: _Kind) -> _Piece:
        """Add the lines of a small log to the file of its kind, a new one where that is full."""
        all_lines = list(lines)
        if kind != self._kind:
            self._open(kind)
        if self._file.tell() > _PIECE_BYTES:
            del self._shared[kind]
            self._open(kind)
        self._file.write(numbered(number, b"".join(each.text for each in all_lines)))
        return _Piece((self._shared[kind],), sum(each.number for each in all_lines))

    def _open(self, kind: _Kind) -> None:
        """Open the file of a kind instead of that which is open: one at a time, however many kinds there are."""
        self._file.close()
        if kind not in self._shared:
            self._shared[kind] = self._new_path()
        self._kind, self._file = kind, self._shared[kind].open("ab")

    def _write(self, lines: Iterator[CleanLines]) -> Iterator[_Piece]:
        """Write the lines of a large log to files of its own."""
        for first in lines:
            path, number = self._new_path(), 0
            with path.open("wb") as file:
                for each in chain((first,), lines):
                    file.write(each.text)
                    number += each.number
                    if file.tell() > _PIECE_BYTES:
                        break
            yield _Piece((path,), number)

    def _new_path(self) -> Path:
        return self._folder / f"lines-{next(self._names)}"


def _as_one(pieces: Sequence[_Piece]) -> _Piece:
    return _Piece(tuple(path for piece in pieces for path in piece.paths), sum(piece.lines for piece in pieces))


def _first_lines(text: bytes, most: int) -> list[str]:
    lines = text.rstrip(b"\n").split(b"\n", most)[:most]
    return [line.decode("utf-8") for line in lines]


def _to_be_read(lines: Iterable[CleanLines], washed: Washed, form: LogFormat) -> Iterator[CleanLines]:
    """Yield what is to be read of a log: a last line without its end only where its id says which one it is.

    Another one would be taken for another request than the one that it becomes.
    """
    yield from lines
    if washed.unfinished and form.unique:
        yield CleanLines(washed.unfinished + b"\n", 1)


def _left_out(washed: Washed, form: LogFormat | None = None) -> Sums:
    """Return the sums of the lines that are not to be read."""
    left_out = Sums(lines=washed.too_long)
    left_out.unreadable["too long"] += washed.too_long
    if form and washed.unfinished and not form.unique:
        left_out.count("unfinished", 1)
        left_out.lines += 1
    return left_out
