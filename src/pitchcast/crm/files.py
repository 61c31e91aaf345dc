"""Writes a list to disk, whole or not at all, and readable by its owner only: it may hold secret links."""

from pathlib import Path
from typing import BinaryIO

from pitchcast.crm.table import MAX_BYTES
from pitchcast.errors import TableError
from pitchcast.files import check_writable, write_whole
from pitchcast.reading import FileKind, read_bytes

_LIST = FileKind(what="a list", at_most_bytes=MAX_BYTES, error=TableError, hint="Check the file's name.")


def read_list_file(path: Path) -> bytes:
    """Return what a file holds. Raises TableError where it cannot be read, or is too large to be a list."""
    return read_bytes(path, _LIST)


def read_list_from(stream: BinaryIO, where: str) -> bytes:
    """Return what a stream holds. Raises TableError, naming *where* it comes from, where that is too large."""
    body = stream.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise TableError(f"{where} is too large for a list", hint="Import it in parts.")
    return body


def write_list_file(path: Path, body: bytes) -> None:
    """Write a file in one step; what was there before is replaced. Raises TableError where it cannot be written."""
    try:
        write_whole(path, body)
    except OSError as error:
        raise _not_writable(path, error) from error


def check_list_file(path: Path) -> None:
    """Raise TableError where a list could not be written there; nothing is written."""
    try:
        check_writable(path)
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> TableError:
    return TableError(f"{path} cannot be written: {error.strerror}", hint="Name another file.")
