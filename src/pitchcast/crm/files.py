"""How does a list come onto the disk? Whole or not at all, and readable by its owner only: it may hold secret links."""

import os
import tempfile
import time
from pathlib import Path

from pitchcast.errors import TableError

_TRIES = 20
_WAIT_S = 0.05


def read_list_file(path: Path) -> bytes:
    """Return what a file holds. Raises TableError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}", hint="Check the file's name.") from error


def write_list_file(path: Path, body: bytes) -> None:
    """Write a file in one step; what was there before is replaced. Raises TableError where it cannot be written."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".pitchcast-", dir=path.absolute().parent)  # mode 0600
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
            _replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror}", hint="Name another file.") from error


def _replace(source: Path, target: Path) -> None:
    """Replace *target*; on Windows a spreadsheet program or virus scanner may hold it for a moment."""
    for left in reversed(range(_TRIES)):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt" or not left:
                raise
            time.sleep(_WAIT_S)
        else:
            return
