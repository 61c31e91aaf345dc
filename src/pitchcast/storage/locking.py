"""How processes on one machine take turns: a lock file whose lock the operating system drops with its holder."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pitchcast.errors import StorageUnavailable

LOCK_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
_RETRY_S = 0.001

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def locked(descriptor: int, path: Path, *, timeout_s: float = 30.0) -> Iterator[None]:
    """Hold the lock of an open file, and close it afterwards; *path* is for messages. Threads exclude each other too.

    A killed holder leaves nothing locked. Not reentrant. Raises StorageUnavailable where another holds it too long.
    """
    try:
        _wait_for_lock(descriptor, path, time.monotonic() + timeout_s)
        try:
            yield
        finally:
            _unlock(descriptor)
    finally:
        os.close(descriptor)


class HeldLock:
    """The lock of a file that this process holds until it lets go, or ends in whatever way."""

    def __init__(self, path: Path) -> None:
        """Make the file *path* and lock it. Raises OSError where that cannot be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._descriptor = os.open(path, LOCK_FLAGS, 0o600)
        _try_lock(self._descriptor)

    @property
    def name(self) -> str:
        """Return the name of the locked file."""
        return self._path.name

    def let_go(self) -> None:
        """Give the lock back and remove its file; a second time changes nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            with suppress(OSError):
                self._path.unlink()


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock of that file."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _wait_for_lock(descriptor: int, path: Path, deadline: float) -> None:
    while not _try_lock(descriptor):
        if time.monotonic() > deadline:
            raise StorageUnavailable(f"{path} is held by another pitchcast", hint="Wait until it is done, run again.")
        time.sleep(_RETRY_S)
