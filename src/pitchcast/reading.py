"""The one door for texts and tables: their size, depth and time are limited before anything parses them.

What comes in may have been made to harm: a pipe or a device that never ends, a file that grows, nesting that fills the
memory, a few bytes that unpack to gigabytes, a server that sends a byte now and then.
"""

import errno
import hashlib
import os
import re
import stat
import threading
import time
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

import msgspec

from pitchcast.errors import PitchcastError, StorageUnavailable

_T = TypeVar("_T")
_CHUNK_BYTES = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS
_MOST_NESTED = 50  # tables in tables, parts of a dotted key; what people write has three
_BYTE = re.compile(r"\(byte ([0-9]{1,12})\)$")
_TELLING = frozenset("\"'#.\n=[]{},")  # what ends or nests something in TOML
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)

_ZIPPED = "zipped"
_DOCUMENTS = (
    (b"{\\rtf", "a Rich Text document (RTF)"),
    (b"%PDF-", "a PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an older Word document"),
    (b"PK\x03\x04", _ZIPPED),
)
_IN_ZIP = (
    (b"word/document.xml", "a Word document (DOCX)"),
    (b"application/vnd.oasis.opendocument", "an OpenDocument text (ODT)"),
    (b"Index/Document.iwa", "a Pages document"),
    (b"xl/workbook.xml", "a spreadsheet"),
)
"""What a ZIP archive holds by name, uncompressed, tells what kind of document it is."""


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """A kind of file that people hand over: what it is called, how large it may be, and which error says otherwise.

    ``what`` completes “is too large for …”; ``hint`` says what to hand over instead.
    """

    what: str
    at_most_bytes: int
    error: type[PitchcastError]
    hint: str


class NotAFileError(OSError):
    """What was named is a pipe, a socket or a device."""


class NotUtf8(UnicodeError):
    """A text is not UTF-8; ``line`` is where that shows first."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} is not UTF-8")
        self.line = line


def read_bytes(path: Path, kind: FileKind, *, name: str = "") -> bytes:
    """Return what a file holds; messages call it *name*, or by its path.

    Raises the kind's error where it cannot be read, is no file but a folder, pipe or device, or is too large. Never
    reads more than is allowed, however the file grows meanwhile.
    """
    name = name or str(path)
    try:
        with open_file(path) as file:
            body = _read_at_most(file, kind.at_most_bytes)
    except OSError as error:
        raise kind.error(f"{name} {_why(path, error)}", hint=kind.hint) from error
    if len(body) > kind.at_most_bytes:
        raise _too_large(name, kind)
    return body


def read_text(path: Path, kind: FileKind, *, name: str = "") -> str:
    """Return the text of a file in UTF-8, with or without a byte order mark; lines end with a line feed alone.

    Raises the kind's error as ``read_bytes`` does, and where it is not UTF-8.
    """
    body = read_bytes(path, kind, name=name)
    try:
        return text_of(body)
    except NotUtf8 as error:
        message = f"{name or path} is not UTF-8 text (line {error.line})"
        raise kind.error(message, hint=f"Save it as UTF-8. {kind.hint}") from error


def refuse_documents(body: bytes, name: str, kind: FileKind, save_as: str) -> None:
    """Raise the kind's error where a file is a word processor's document, or a PDF, whatever its name ends in.

    *save_as* is what to save instead.
    """
    found = next((what for start, what in _DOCUMENTS if body.lstrip()[: len(start)] == start), "")
    if found == _ZIPPED:
        found = next((what for inside, what in _IN_ZIP if inside in body), "a ZIP archive")
    if found:
        raise kind.error(f"{name} is {found}, not plain text", hint=f"Open it and save it as {save_as}.")


def text_of(body: bytes) -> str:
    """Return bytes in UTF-8 as text, as ``read_text`` does. Raises NotUtf8."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotUtf8(error.object[: error.start].count(b"\n") + 1) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def open_file(path: Path) -> BufferedReader:
    """Open a file for reading without ever waiting for it.

    Raises OSError, also for a folder, a pipe or a device: what they say has no end.
    """
    _check_regular(path.stat())  # before it is opened: opening alone can do something to a device
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NOT_WAITING))  # noqa: SIM115
    try:
        _check_regular(os.fstat(file.fileno()))
    except OSError:
        file.close()
        raise
    return file


def digest_of(path: Path, kind: FileKind) -> str:
    """Return the SHA-256 of a file in hex, read in parts. Raises the kind's error as ``read_bytes`` does."""
    digest = hashlib.sha256()
    room = kind.at_most_bytes
    try:
        with open_file(path) as file:
            while part := file.read(_CHUNK_BYTES):
                digest.update(part)
                room -= len(part)
                if room < 0:
                    break
    except OSError as error:
        raise kind.error(f"{path} {_why(path, error)}", hint=kind.hint) from error
    if room < 0:
        raise _too_large(str(path), kind)
    return digest.hexdigest()


def parse_json(text: str | bytes, shape: type[_T]) -> _T:
    """Return a JSON document of that shape, a type that msgspec knows.

    Raises ValueError, whatever is wrong with it: also numbers without end and nesting too deep to follow.
    """
    try:
        return msgspec.json.decode(text, type=shape)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise ValueError(_with_line(str(error), text)) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Return a TOML document. Raises ValueError, as tomllib does, and for nesting that nobody writes by hand.

    Keys of a thousand parts, which are valid, take the parser seconds and hundreds of megabytes.
    """
    if _toml_depth(text) > _MOST_NESTED:
        raise ValueError(f"its keys or values are nested more than {_MOST_NESTED} deep")
    return tomllib.loads(text)


def unpacked(body: bytes, at_most_bytes: int) -> bytes:
    """Return what a gzip file holds. Raises ValueError where it is damaged, or would unpack to more than that."""
    parts: list[bytes] = []
    room = at_most_bytes + 1
    rest = body
    while rest:
        unpacker = zlib.decompressobj(wbits=_GZIP)
        try:
            part = unpacker.decompress(rest, room)
        except zlib.error as error:
            raise ValueError(f"it cannot be unpacked: {error}") from error
        room -= len(part)
        if room <= 0:
            raise ValueError(f"it unpacks to {_limit(at_most_bytes)}")
        if not unpacker.eof:
            raise ValueError("it ends too early")
        parts.append(part)
        rest = unpacker.unused_data.lstrip(b"\0")  # a file may be padded, or made of several
    if not parts:
        raise ValueError("it is empty")
    return b"".join(parts)


class HttpResponse(Protocol):
    """A server's answer, of which the body is still to be read."""

    def read1(self, n: int = ..., /) -> bytes:
        """Return some bytes, none at the end."""
        ...


def read_body(answer: HttpResponse, at_most_bytes: int) -> bytes:
    """Return the body of an answer, and of one that is longer the first *at_most_bytes* and one more.

    Who waits for it says for how long: see ``in_time``.
    """
    parts: list[bytes] = []
    room = at_most_bytes + 1
    while room > 0:
        part = answer.read1(min(room, _CHUNK_BYTES))
        if not part:
            break
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def in_time(act: Callable[[], _T], limit_s: float, what: str) -> _T:
    """Return what *act* returns, or raise what it raises; it has *limit_s* for everything that it does.

    A time-out of a connection begins anew with each byte, so that a server which sends one now and then keeps its
    caller for ever. What is not done in time goes on in a thread that ends with the program, and nobody waits for it.
    Raises StorageUnavailable, naming *what*.
    """
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as error:  # noqa: BLE001 - raised again below, where it is waited for
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="pitchcast-fetch")
    thread.start()
    ends_s = time.monotonic() + limit_s
    while thread.is_alive() and (left_s := ends_s - time.monotonic()) > 0:
        thread.join(min(left_s, 1.0))  # in steps: Windows cannot be interrupted while it waits
    if errors:
        raise errors[0]
    if not results:
        raise StorageUnavailable(
            f"{what}: no whole answer in {limit_s:.0f} s", hint="Check the address, and run again."
        )
    return results[0]


def _check_regular(found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder, not a file")
    if not stat.S_ISREG(found.st_mode):
        raise NotAFileError(errno.EINVAL, "it is a pipe or a device, not a file")


def _read_at_most(file: BinaryIO, at_most_bytes: int) -> bytes:
    """Return all that a file holds, or one byte more than allowed; memory grows with what is there."""
    parts: list[bytes] = []
    room = at_most_bytes + 1
    size_bytes = max(os.fstat(file.fileno()).st_size + 1, _CHUNK_BYTES)
    while room > 0:
        part = file.read(min(room, size_bytes))
        if not part:
            break
        parts.append(part)
        room -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large(name: str, kind: FileKind) -> PitchcastError:
    return kind.error(f"{name} is too large for {kind.what}: {_limit(kind.at_most_bytes)}", hint=kind.hint)


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, IsADirectoryError) or (isinstance(error, PermissionError) and path.is_dir()):
        return "is a folder, not a file"
    if isinstance(error, NotAFileError):
        return "is a pipe or a device, not a file"
    return f"cannot be read: {error.strerror or error}"


def _limit(size_bytes: int) -> str:
    for unit, factor in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)):
        if size_bytes >= factor:
            return f"more than {size_bytes / factor:.3g} {unit}"
    return f"more than {size_bytes} bytes"


def _with_line(message: str, text: str | bytes) -> str:
    """Return what msgspec says of a document, with the line instead of the byte."""
    place = _BYTE.search(message)
    if not place:
        return message
    body = text if isinstance(text, bytes) else text.encode()
    line = body.count(b"\n", 0, int(place[1])) + 1
    return f"{message[: place.start()]}(line {line})"


def _toml_depth(text: str) -> int:
    """Return how deep the keys and values of a TOML text are nested at most, read once from left to right.

    Of a text that is not TOML it is that of a part, which is all that a parser gets to see of it.
    """
    deepest = brackets = parts = at = 0
    while at < len(text):
        sign = text[at]
        if sign not in _TELLING:
            at += 1
            continue
        if sign in "\"'":
            at = _end_of_string(text, at)
            continue
        if sign == "#":
            at = (text.find("\n", at) + 1 or len(text) + 1) - 1
            continue
        if sign in "[{":
            brackets += 1
        elif sign in "]}":
            brackets = max(0, brackets - 1)
        parts = parts + 1 if sign == "." else 0
        deepest = max(deepest, brackets, parts)
        at += 1
    return deepest


def _end_of_string(text: str, start: int) -> int:
    """Return where the TOML string ends that starts there; the text's end where it never does."""
    quote = text[start]
    end = quote * 3 if text.startswith(quote * 3, start) else quote
    at = start + len(end)
    found = -1
    while True:
        if found < at:  # looked for again only where an escape stepped over it
            found = text.find(end, at)
        if found < 0:
            return len(text)
        backslash = text.find("\\", at, found) if quote == '"' else -1
        if backslash < 0:
            return found + len(end)
        at = backslash + 2
