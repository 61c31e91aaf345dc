"""Files of a folder, reached without following any link below it: nobody can lead what we do there to another place.

Where the system has descriptors of folders, every step starts at the folder that the last one reached, so nothing can
be exchanged between a look and what follows it. Windows has none; there every step is looked at before it is taken.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pitchcast.errors import AccessRefused
from pitchcast.files import retried
from pitchcast.model.token import mask_tokens
from pitchcast.storage.locking import LOCK_FLAGS

_CALLS = {os.open, os.mkdir, os.stat, os.unlink, os.rmdir, os.link, os.rename}
_BY_DESCRIPTOR = _CALLS.issubset(os.supports_dir_fd) and os.scandir in os.supports_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_FILE = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe must not stop us
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_IS_LINK = (errno.ELOOP, errno.EMLINK, errno.ENOTDIR)
_LINK_ITSELF = {"follow_symlinks": False} if os.link in os.supports_follow_symlinks else {}
_FILE_MODE = 0o644  # a web server reads it as another user; who may get there is up to the folders


class OpenFolder:
    """One folder that is open. ``path`` is for messages, and what Windows goes by."""

    def __init__(self, path: str, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def at(cls, path: str) -> "OpenFolder":
        """Open a folder by its path, which may be or hold links: whoever names it may choose. Raises OSError."""
        if _BY_DESCRIPTOR:
            return cls(path, os.open(path, _FOLDER))
        if not Path(path).is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return cls(path, None)

    def enter(self, name: str) -> "OpenFolder":
        """Open a folder in this one. Raises FileNotFoundError, or NotADirectoryError for a link and for a file."""
        path = f"{self.path}/{name}"
        if self._descriptor is None:
            return self._enter_by_path(path)
        try:
            return OpenFolder(path, os.open(name, _FOLDER | _NO_LINK, dir_fd=self._descriptor))
        except OSError as error:
            if error.errno in _IS_LINK:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from error
            raise

    def _enter_by_path(self, path: str) -> "OpenFolder":
        if not os.path.lexists(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if _leads_elsewhere(path) or not Path(path).is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return OpenFolder(path, None)

    def make(self, name: str, mode: int) -> "OpenFolder":
        """Make a folder in this one, with exactly these rights, and open it; one made meanwhile is left as it is."""
        is_new = True
        try:
            os.mkdir(self._name(name), mode, dir_fd=self._descriptor)
        except FileExistsError:
            is_new = False
        made = self.enter(name)
        if is_new and self._descriptor is not None:
            made.set_mode(mode)  # the umask may have taken rights that a web server needs
        return made

    def is_link(self, name: str) -> bool:
        """Return whether a name in this folder is that of a link."""
        try:
            return stat.S_ISLNK(self.look(name).st_mode) or (os.name == "nt" and _leads_elsewhere(self._name(name)))
        except OSError:
            return False

    def look(self, name: str) -> os.stat_result:
        """Return what the system knows of a name in this folder, of a link itself. Raises OSError."""
        return os.stat(self._name(name), dir_fd=self._descriptor, follow_symlinks=False)

    def status(self) -> os.stat_result:
        """Return what the system knows of the folder itself."""
        return Path(self.path).stat() if self._descriptor is None else os.fstat(self._descriptor)

    def set_mode(self, mode: int) -> None:
        """Change who may do what with the folder itself; Windows knows no such rights. Raises OSError."""
        if self._descriptor is not None:
            os.fchmod(self._descriptor, mode)

    def read(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises FileNotFoundError, also for what is a link or no file."""
        if self._descriptor is None and _leads_elsewhere(self._name(name)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{self.path}/{name}")
        try:
            found = os.open(self._name(name), _FILE | _NO_LINK, dir_fd=self._descriptor)
        except OSError as error:
            if error.errno in _IS_LINK:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{self.path}/{name}") from error
            raise
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{self.path}/{name}")
        return os.fdopen(found, "rb")

    def create(self, name: str) -> BinaryIO:
        """Open a new file for writing and reading. Raises FileExistsError, also where a link has that name."""
        made = os.open(self._name(name), _NEW | _NO_LINK, _FILE_MODE, dir_fd=self._descriptor)
        if hasattr(os, "fchmod"):
            os.fchmod(made, _FILE_MODE)
        return os.fdopen(made, "w+b")

    def link(self, name: str, target: "OpenFolder", new_name: str) -> bool:
        """Return whether *new_name* became another name of the file: not where there is one, or links run out."""
        try:
            os.link(
                self._name(name),
                target._name(new_name),
                src_dir_fd=self._descriptor,
                dst_dir_fd=target._descriptor,
                **_LINK_ITSELF,
            )
        except OSError:
            return False
        return True

    def replace(self, name: str, new_name: str) -> None:
        """Put a file in the place of another one in this folder; a link there is replaced, not followed."""
        here = self._descriptor
        retried(lambda: os.replace(self._name(name), self._name(new_name), src_dir_fd=here, dst_dir_fd=here))

    def remove(self, name: str) -> None:
        """Remove a file, or a link itself; none is fine."""
        with suppress(FileNotFoundError):
            retried(lambda: os.unlink(self._name(name), dir_fd=self._descriptor))

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder in this one. Raises OSError where it is not empty."""
        os.rmdir(self._name(name), dir_fd=self._descriptor)

    def set_time(self, name: str, file: BinaryIO, moment_ns: int) -> None:
        """Give an open file a modification time."""
        target = file.fileno() if os.utime in os.supports_fd else self._name(name)
        os.utime(target, ns=(moment_ns, moment_ns))

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield what is in the folder."""
        with os.scandir(self.path if self._descriptor is None else self._descriptor) as found:
            yield from found

    def sync(self) -> None:
        """Wait until the folder's names are on the disk; Windows has no such call."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def open_lock(self, name: str) -> int:
        """Return a descriptor of a file to lock, made if missing. Raises OSError, also for a link."""
        return os.open(self._name(name), LOCK_FLAGS, 0o600, dir_fd=self._descriptor)

    def close(self) -> None:
        """Close the folder; nothing can be done in it afterwards."""
        if self._descriptor is not None:
            os.close(self._descriptor)

    def _name(self, name: str) -> str:
        return f"{self.path}/{name}" if self._descriptor is None else name


@contextmanager
def opened(root: str, inside: str = "", *, making: int | None = None) -> Iterator[OpenFolder]:
    """Give the folder *inside* the folder *root*, whose own path may hold links.

    With *making* folders that are missing are made with that mode. Raises OSError where there is none (a link to a
    folder is none), AccessRefused for a link where one is to be made.
    """
    here = OpenFolder.at(root)
    try:
        for name in inside.split("/") if inside else ():
            below = here.enter(name) if making is None else _entered(here, name, making)
            here.close()
            here = below
        yield here
    finally:
        here.close()


def _entered(here: OpenFolder, name: str, mode: int) -> OpenFolder:
    """Return a folder in another one, made where it is missing."""
    try:
        try:
            return here.enter(name)
        except FileNotFoundError:
            return here.make(name, mode)
    except NotADirectoryError as error:
        if not here.is_link(name):
            raise
        hint = "Put a folder there, or set storage.url to its target."
        raise AccessRefused(f"{mask_tokens(f'{here.path}/{name}')} is a symbolic link", hint=hint) from error


def _leads_elsewhere(path: str) -> bool:
    """Return whether a path is a link, or a junction of Windows, which only resolving tells."""
    whole = Path(path)
    return whole.resolve() != whole.parent.resolve() / whole.name
