"""A log's bytes as clean lines of UTF-8: nothing in them stops DuckDB or makes it skip a line.

Each line is washed by itself, so the same line is the same text wherever it stands. What is left out is counted.
"""

import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from pitchcast.analytics.database import MOST_LINE_BYTES

_BLOCK_BYTES = 1 << 20
"""Larger ones cost more: the system gives memory of that size anew each time, and clears it."""
_PACKED_BYTES = 1 << 17
"""What is left of a packed block is copied for each block that is unpacked of it."""
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_SPECIAL = (b"\0", b"\x01", b"\x1f", b"\r")
_CONTROLS = re.compile(rb"[\x00\x01\x1f\r]")
_REPLACED = "\ufffd".encode()


class CleanLines(NamedTuple):
    """Some clean lines, each with its end, and how many they are."""

    text: bytes
    number: int


@dataclass(slots=True)
class Washed:
    """What became of the rest of a log: how many lines were left out as ``too_long``, and the ``unfinished`` one.

    That is a last line without its end, clean; b"" where the log ends with the end of a line.
    """

    too_long: int = 0
    unfinished: bytes = b""


def wash(source: BinaryIO, washed: Washed) -> Iterator[CleanLines]:
    """Yield the lines of a log, at most some megabytes at a time; what became of the rest is told to *washed*.

    The log is plain, or packed with gzip or zstandard; of a damaged one there is as much as can be had.
    """
    rest = b""
    skipping = False
    for block in _unpacked(source):
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
        lines = _washed_lines(body[:end], washed)
        if lines.number:
            yield lines
        rest = body[end:]
    if skipping:
        washed.too_long += 1
    washed.unfinished = b"".join(_washed_one_by_one(rest, washed))[:-1]


def _washed_lines(lines: bytes, washed: Washed) -> CleanLines:
    """Return whole lines as they are where nothing is odd about any of them, else each washed."""
    number = _count_clean(lines) if lines else 0
    if not number:
        lines = b"".join(_washed_one_by_one(lines, washed))
        number = lines.count(b"\n")
    return CleanLines(lines, number)


def _count_clean(lines: bytes) -> int:
    """Return how many whole lines these are, 0 where something is odd about one of them."""
    import numpy as np

    if not lines.isascii() and not _is_utf8(lines):
        return 0
    if any(special in lines for special in _SPECIAL) or not _has_short_lines(lines):
        return 0
    ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == ord("\n"))
    has_empty = ends[0] == 0 or bool((np.diff(ends) == 1).any())
    return 0 if has_empty else len(ends)


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


def _unpacked(source: BinaryIO) -> Iterator[bytes]:
    """Yield a log's bytes, unpacked; of a damaged one as much as can be had."""
    block = source.read(_BLOCK_BYTES)
    if block.startswith(_GZIP_MAGIC):
        yield from _from_gzip(block, source)
    elif block.startswith(_ZSTD_MAGIC):
        yield from _from_zstd(block, source)
    else:
        while block:
            yield block
            block = source.read(_BLOCK_BYTES)


def _from_gzip(block: bytes, source: BinaryIO) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=_GZIP)
    while block:
        try:
            unpacked = unpacker.decompress(block, _BLOCK_BYTES)
        except zlib.error:
            return
        if unpacked:
            yield unpacked
        block = unpacker.unconsumed_tail
        if unpacker.eof:
            block = unpacker.unused_data.lstrip(b"\0") or source.read(_PACKED_BYTES).lstrip(b"\0")
            if block:  # a file may be made of several
                unpacker = zlib.decompressobj(wbits=_GZIP)
        elif not block:
            block = source.read(_PACKED_BYTES)


def _from_zstd(block: bytes, source: BinaryIO) -> Iterator[bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    unpacker = zstd.ZstdDecompressor()
    while block or not unpacker.needs_input:
        try:
            unpacked = unpacker.decompress(block, _BLOCK_BYTES)
        except zstd.ZstdError:
            return
        if unpacked:
            yield unpacked
        block = b""
        if unpacker.eof:
            block = unpacker.unused_data or source.read(_PACKED_BYTES)
            unpacker = zstd.ZstdDecompressor()  # a file may be made of several
        elif unpacker.needs_input:
            block = source.read(_PACKED_BYTES)
