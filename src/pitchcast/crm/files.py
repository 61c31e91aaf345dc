"""How does a list come onto the disk? Whole or not at all, and readable by its owner only: it may hold secret links."""

from pathlib import Path

from pitchcast.errors import TableError
from pitchcast.files import write_whole


def read_list_file(path: Path) -> bytes:
    """Return what a file holds. Raises TableError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}", hint="Check the file's name.") from error


def write_list_file(path: Path, body: bytes) -> None:
    """Write a file in one step; what was there before is replaced. Raises TableError where it cannot be written."""
    try:
        write_whole(path, body)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror}", hint="Name another file.") from error
