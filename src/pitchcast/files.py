"""Files on this computer, replaced whole or not at all."""

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
    draft = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        retried(lambda: draft.replace(path))
    finally:
        draft.unlink(missing_ok=True)
