"""A log's bytes as clean lines of UTF-8 in files that DuckDB reads: nothing in them stops it or makes it skip a line.

Each line is washed by itself, so the same line is the same text wherever it stands. What is left out is counted.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pitchcast.analytics.database import MOST_LINE_BYTES, one_column_sql, open_database

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PIECE_BYTES = 256 << 20
"""How many bytes of lines are read at once, which bounds the memory."""

_BLOCK_BYTES = 1 << 20
"""Larger ones cost more: the system gives memory of that size anew each time, and clears it."""
_LINES_AT_ONCE = 10_000
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SPECIAL = (b"\0", b"\x01", b"\x1f", b"\r")
_CONTROLS = re.compile(rb"[\x00\x01\x1f\r]")
_REPLACED = "\ufffd".encode()


@dataclass(slots=True)
class Piece:
    """A file of clean lines, and how many there are."""

    path: Path
    lines: int = 0


@dataclass(slots=True)
class Washed:
    """The clean lines of one log: files of them, and how many lines there are.

    ``too_long`` and ``not_text`` were left out. ``unfinished`` is the last line where that had no end, ``cut_off`` says
    whether the log ended in the midst of its compressed bytes.
    """

    pieces: list["Piece"] = field(default_factory=list)
    too_long: int = 0
    not_text: int = 0
    unfinished: str = ""
    cut_off: bool = False


class _PieceWriter:
    """Writes clean lines to files in *folder*, a new one whenever one is full."""

    def __init__(self, folder: Path, name: str) -> None:
        self.all: list[Piece] = []
        self._folder, self._name = folder, name
        self._file: BinaryIO | None = None
        self._room = 0

    def write(self, lines: bytes, number: int) -> None:
        """Write so many lines, which each have their end."""
        if self._file is None or self._room <= 0:
            self.close()
            self.all.append(Piece(self._folder / f"{self._name}-{len(self.all)}"))
            self._file = self.all[-1].path.open("wb")
            self._room = PIECE_BYTES
        self._file.write(lines)
        self.all[-1].lines += number
        self._room -= len(lines)

    def close(self) -> None:
        """Close the last file."""
        if self._file:
            self._file.close()
            self._file = None


def wash(source: BinaryIO, folder: Path, name: str) -> Washed:
    """Write the lines of a log to files in *folder* whose names begin with *name*, and return what came of it.

    It is plain, or packed with gzip or zstandard. Raises OSError where the disk is full.
    """
    washed = Washed()
    pieces = _PieceWriter(folder, name)
    rest = b""
    skipping = False
    try:
        for block in _unpacked(source, washed, folder / f"{name}.zst"):
            body = rest + block
            end = body.rfind(b"\n") + 1
            if not end:
                skipping = skipping or len(body) > MOST_LINE_BYTES
                rest = b"" if skipping else body
                continue
            if skipping:
                washed.too_long += 1
                body, skipping = body[body.index(b"\n") + 1 :], False
                end = body.rfind(b"\n") + 1
            _wash_lines(body[:end], pieces, washed)
            rest = body[end:]
        _wash_end(rest, pieces, washed, skipping=skipping)
    finally:
        pieces.close()
    washed.pieces = pieces.all
    return washed


def _wash_end(rest: bytes, pieces: _PieceWriter, washed: Washed, *, skipping: bool) -> None:
    """Count a last line without an end; it is kept unless its bytes were cut off."""
    if skipping:
        washed.too_long += 1
    elif rest.strip():
        line = b"".join(_washed_one_by_one(rest, washed))
        washed.unfinished = line[:-1].decode("utf-8")
        _wash_lines(line, pieces, washed)


def _wash_lines(lines: bytes, pieces: _PieceWriter, washed: Washed) -> None:
    """Write whole lines, as they are where nothing is odd about any of them."""
    number = _count_clean(lines) if lines else 0
    if lines and not number:
        lines = b"".join(_washed_one_by_one(lines, washed))
        number = lines.count(b"\n")
    if lines:
        pieces.write(lines, number)


def _count_clean(lines: bytes) -> int:
    """Return how many whole lines these are, 0 where something is odd about one of them."""
    import numpy as np

    if not lines.isascii() and not _is_utf8(lines):
        return 0
    if any(special in lines for special in _SPECIAL) or not _has_short_lines(lines):
        return 0
    is_end = np.frombuffer(lines, np.uint8) == ord("\n")
    has_empty = is_end[0] or bool((is_end[1:] & is_end[:-1]).any())  # several times as fast as to look for two ends
    return 0 if has_empty else int(np.count_nonzero(is_end))


def _has_short_lines(lines: bytes) -> bool:
    """Return whether no line can be longer than is allowed: there is an end in every half of that."""
    half = MOST_LINE_BYTES // 2
    return all(lines.find(b"\n", at, at + half) >= 0 for at in range(0, len(lines), half))


def _is_utf8(lines: bytes) -> bool:
    try:
        lines.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _washed_one_by_one(lines: bytes, washed: Washed) -> Iterator[bytes]:
    for line in lines.split(b"\n"):
        line = line.rstrip(b"\r")
        if not line.strip():
            continue
        if len(line) > MOST_LINE_BYTES:
            washed.too_long += 1
            continue
        if not (line.isascii() or _is_utf8(line)):
            line = line.decode("latin-1").encode("utf-8")
        yield _CONTROLS.sub(_REPLACED, line) + b"\n"


def _unpacked(source: BinaryIO, washed: Washed, aside: Path) -> Iterator[bytes]:
    """Yield a log's bytes, unpacked; of a damaged one as much as can be had. *aside* is room for a file."""
    block = source.read(_BLOCK_BYTES)
    if block.startswith(_GZIP_MAGIC):
        yield from _from_gzip(block, source, washed)
    elif block.startswith(_ZSTD_MAGIC):
        yield from _from_zstd(block, source, washed, aside)
    else:
        while block:
            yield block
            block = source.read(_BLOCK_BYTES)


def _from_zstd(block: bytes, source: BinaryIO, washed: Washed, path: Path) -> Iterator[bytes]:
    """Yield the lines of a log packed with zstandard, which DuckDB unpacks; it sets aside what is not UTF-8.

    Those lines come last, as Latin-1 has them; where the log has bytes that are not Latin-1 either, they are left out.
    """
    from duckdb import Error

    with path.open("wb") as file:
        while block:
            file.write(block)
            block = source.read(_BLOCK_BYTES)
    connection = open_database(path.parent)
    try:
        for lines in _lines_of_zstd(connection, path, "store_rejects = true"):
            yield "".join(f"{line}\n" for line in lines).encode("utf-8")
        rejected = dict(connection.execute("SELECT error_type, count(*) FROM reject_errors GROUP BY ALL").fetchall())
        washed.too_long += rejected.pop("LINE SIZE OVER MAXIMUM", 0)
        washed.not_text += sum(rejected.values())
        if rejected:
            yield from _in_latin_1(connection, path, washed)
    except Error:
        washed.cut_off = True
    finally:
        connection.close()
        path.unlink()


def _lines_of_zstd(connection: "DuckDBPyConnection", path: Path, options: str) -> Iterator[list[str]]:
    """Yield lines that are not empty, some thousands at a time."""
    connection.execute(one_column_sql([path], f"compression = 'zstd', {options}"))
    while rows := connection.fetchmany(_LINES_AT_ONCE):
        yield [line for (line,) in rows if line]


def _in_latin_1(connection: "DuckDBPyConnection", path: Path, washed: Washed) -> Iterator[bytes]:
    """Yield the lines of a log that are not UTF-8, as their bytes are, none where some are not Latin-1 either."""
    from duckdb import InvalidInputException

    found = []
    try:
        for lines in _lines_of_zstd(connection, path, "encoding = 'latin-1', ignore_errors = true"):
            as_bytes = (line.encode("latin-1") for line in lines)
            found += [line for line in as_bytes if not _is_utf8(line)]
    except InvalidInputException:
        return
    washed.not_text -= len(found)
    yield b"".join(line + b"\n" for line in found)


def _from_gzip(block: bytes, source: BinaryIO, washed: Washed) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    while block:
        try:
            unpacked = unpacker.decompress(block, _BLOCK_BYTES)
        except zlib.error:
            washed.cut_off = True
            return
        if unpacked:
            yield unpacked
        block = unpacker.unconsumed_tail
        if unpacker.eof:
            block = unpacker.unused_data.lstrip(b"\0") or source.read(_BLOCK_BYTES).lstrip(b"\0")
            if block:  # a file may be made of several
                unpacker = zlib.decompressobj(wbits=_GZIP)
        elif not block:
            block = source.read(_BLOCK_BYTES)
    washed.cut_off = not unpacker.eof
