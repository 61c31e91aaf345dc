"""Temporary folders, which also go when their owner was killed.

They are hidden, lie beside the result, and go with the job. A lock in each says that its owner lives: the next run
removes folders whose lock is free, left by a process that could not clean up.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pitchcast.audio.delivery import cannot_write

if os.name == "nt":
    import msvcrt
else:
    import fcntl

PREFIX = ".pitchcast-"
_LOCK = "owner"


@contextlib.contextmanager
def workshop(parent: Path) -> Iterator[Path]:
    """Give an empty folder in *parent* and remove it afterwards, whatever happens; abandoned ones go first.

    Raises AudioError where it, or a file in it, cannot be written.
    """
    try:
        with owned_folder(parent) as folder:
            yield folder
    except OSError as error:
        raise cannot_write(parent, error) from error


@contextlib.contextmanager
def owned_folder(parent: Path) -> Iterator[Path]:
    """Give the same, and let errors through. Raises OSError where the folder cannot be made."""
    remove_abandoned(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        with _owned(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove the folders in *parent* whose owner is no longer alive; those without a lock are not ours."""
    with contextlib.suppress(OSError):
        for folder in parent.glob(f"{PREFIX}*"):
            if (folder / _LOCK).is_file() and _is_abandoned(folder / _LOCK):
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; it gets its name once it is held, so that a run that cleans up cannot find it free."""
    fresh = folder / (_LOCK if os.name == "nt" else f"{_LOCK}.new")
    with fresh.open("wb") as lock:
        _lock(lock)
        if os.name != "nt":  # Windows renames no open file; nor does it remove one
            fresh.replace(folder / _LOCK)
        yield


def _is_abandoned(path: Path) -> bool:
    try:
        with path.open("r+b") as file:
            _lock(file)
    except OSError:
        return False
    return True


def _lock(file: IO[bytes]) -> None:
    """Lock the file until it is closed or its owner ends. Raises OSError where somebody else holds it."""
    if os.name == "nt":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore] # Windows only
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
