"""Files on this computer, replaced whole or not at all."""

import errno
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

_PATIENCE_S = 3.0

_T = TypeVar("_T")


def retried(act: Callable[[], _T]) -> _T:
    """Return what *act* returns; Windows refuses for a moment while another program has the file open."""
    deadline = time.monotonic() + (_PATIENCE_S if os.name == "nt" else 0.0)
    while True:
        try:
            return act()
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01 + secrets.randbelow(40) / 1000)


def write_whole(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put *content* in a file's place in one step, on the disk before that; *mode* are its rights.

    Raises OSError; what was there before is then still there.
    """
    draft = _draft_of(path)
    try:
        descriptor = _create(draft)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        retried(lambda: draft.replace(path))
    finally:
        draft.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise OSError where ``write_whole`` could not put a file there; what is there stays, and nothing is added."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    draft = _draft_of(path)
    try:
        os.close(_create(draft))
    finally:
        draft.unlink(missing_ok=True)


def _draft_of(path: Path) -> Path:
    """Return a name beside a file that nobody has."""
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")


def _create(draft: Path) -> int:
    """Return the descriptor of a new file, readable for the user only. Raises OSError."""
    return os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
