"""A storage in a folder of this machine: for trying out, for web servers that serve a folder, and for tests.

Every object is a file that is only ever replaced as a whole, never changed: copies may be hard links. All writers take
turns at a lock file for the moment of compare and replace. Symbolic links below the root are nobody's objects.
What is public is listed without being read: its ETag is made of the file's own numbers.

Other users of the machine cannot list what is public, nor enter what is private, nor lead us elsewhere by a link.
"""

import errno
import hashlib
import os
import secrets
import shlex
import shutil
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pitchcast.errors import AccessRefused, LostRace, ObjectExists, ObjectMissing, StorageError
from pitchcast.files import retried
from pitchcast.model.layout import PRIVATE, PUBLIC, Headers
from pitchcast.model.token import mask_tokens
from pitchcast.storage.bucket import ObjectInfo, Progress, Reach, check_size
from pitchcast.storage.keys import check_key, check_prefix, is_key
from pitchcast.storage.locking import locked
from pitchcast.storage.nofollow import OpenFolder, opened

PREVIEW_URL = "http://127.0.0.1:8760"
_CHUNK_BYTES = 1 << 20
_HASHED_BYTES = 1 << 20
_TEMPORARY = ".pitchcast-"
_STALE_S = 3600
_HTACCESS = """\
<IfModule mod_authz_core.c>
  Require all denied
</IfModule>
<IfModule !mod_authz_core.c>
  Deny from all
</IfModule>
"""
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quota error
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_PRIVATE_MODE = 0o700
_PUBLIC_MODE = 0o711  # a web server may go through it to a name that it was told, and nobody may list it
_LOCK = f"{_TEMPORARY}lock"
_Fill = Callable[[OpenFolder, str], None]


class FolderBucket:
    """The promises of ``bucket.Bucket`` kept by a local folder. It is made at the first write."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links that the user may move
        self._prepared: set[str] = set()
        self._turns = threading.Lock()
        self.url = str(self._root)
        self.reach = Reach()

    @property
    def root(self) -> Path:
        """Where the folder is."""
        return self._root

    def put(self, key: str, body: bytes | Path, headers: Headers, progress: Progress | None = None) -> str:
        """Write an object whole or not at all, whatever was there, and return its ETag."""
        return self._write(key, _filler(body, progress), lambda: None)

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        """Write an object only if there is none, and return its ETag. Raises ObjectExists."""

        def check() -> None:
            with suppress(*_ABSENT), self._folder_of(key) as folder:
                folder.look(_last(key))
                raise ObjectExists(f"{self._name(key)} exists already")

        return self._write(key, _filler(body, None), check, is_new=True)

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        """Replace an object only if it still has that ETag, and return the new one. Raises LostRace, also if gone."""

        def check() -> None:
            try:
                current = self.head(key).etag
            except ObjectMissing as error:
                raise LostRace(f"{self._name(key)} was deleted meanwhile", hint="Run again.") from error
            if current != etag:
                raise LostRace(f"{self._name(key)} was replaced meanwhile", hint="Run again.")

        return self._write(key, _filler(body, None), check)

    def get(self, key: str) -> tuple[bytes, ObjectInfo]:
        """Return a whole object. Raises ObjectMissing, or ObjectTooLarge without reading it."""
        with self._reading(key) as file:
            check_size(self._name(key), key, os.fstat(file.fileno()).st_size)
            info = _info(key, file)
            return file.read(info.size_bytes), info

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return at most *length* bytes from *start*; fewer at the end. Raises ObjectMissing."""
        with self._reading(key) as file:
            file.seek(start)
            return file.read(max(0, length))

    def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object. Raises ObjectMissing."""
        with self._reading(key) as file:
            return _info(key, file)

    def copy(self, source: str, target: str, headers: Headers, *, if_match: str = "") -> str:
        """Copy as a hard link, or the bytes where links run out, and return the copy's ETag.

        Raises ObjectMissing, or LostRace where *if_match* is given and the source no longer has that ETag.
        """

        def fill(folder: OpenFolder, temporary: str) -> None:
            with self._reading(source) as file, self._folder_of(source) as origin:
                copied = _link_or_copy(source, origin, file, folder, temporary)
            if if_match and copied != if_match:
                raise LostRace(f"{self._name(source)} was replaced meanwhile", hint="Run again.")

        return self._write(target, fill, lambda: None)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield every object whose key starts with *prefix*, in the order of keys."""
        path = check_prefix(prefix).rpartition("/")[0]
        with _translated(self._root / path), suppress(*_ABSENT), opened(self.url, path) as folder:
            yield from self._below(folder, path, prefix)

    def list_after(self, prefix: str, after: str) -> Iterator[ObjectInfo]:
        """Yield what ``list`` yields behind the key *after*."""
        return (info for info in self.list(prefix) if info.key > after)

    def survey(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what ``list`` yields: a disk is not quicker for being asked several times at once."""
        return self.list(prefix)

    def holds(self, info: ObjectInfo, body: bytes) -> bool:
        """Return whether an object, as it was listed, is exactly these bytes."""
        if info.size_bytes != len(body):
            return False
        try:
            found, now = self.get(info.key)
        except ObjectMissing:
            return False
        return found == body and now.etag == info.etag

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects and the folders that become empty; what is not there counts as deleted."""
        for key in keys:
            path = self._path(key)
            with _translated(path), suppress(*_ABSENT), self._folder_of(key) as folder:
                if stat.S_ISREG(folder.look(_last(key)).st_mode):
                    self._prepare(key)
                    with self._turn():
                        folder.remove(_last(key))
                        _remove_stale(folder)
                        self._prune(key)

    def now(self) -> datetime:
        """Return the machine's clock, UTC."""
        return datetime.now(UTC)

    def default_public_url(self) -> str:
        """Return the address of ``pitchcast preview``."""
        return PREVIEW_URL

    def addresses_of(self, key: str) -> Sequence[str]:
        """Return no address: a folder is served by others."""
        return ()

    def listing_addresses(self) -> Sequence[str]:
        """Return no address: a folder is served by others."""
        return ()

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _folder_of(self, key: str) -> AbstractContextManager[OpenFolder]:
        """Open the folder that holds an object."""
        return opened(self.url, check_key(key).rpartition("/")[0])

    def _name(self, key: str) -> str:
        return mask_tokens(str(self._root / key))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the lock; threads wait for each other without asking the file again and again."""
        path = self._root / PRIVATE / _LOCK
        with self._turns, opened(self.url, PRIVATE[:-1]) as folder, locked(folder.open_lock(_LOCK), path):
            yield

    @contextmanager
    def _reading(self, key: str) -> Iterator[BinaryIO]:
        with _translated(self._path(key)):
            try:
                with self._folder_of(key) as folder:
                    file = retried(lambda: folder.read(_last(key)))
            except _ABSENT as error:
                raise ObjectMissing(f"{self._name(key)} does not exist") from error
            with file:
                yield file

    def _write(self, key: str, fill: _Fill, check: Callable[[], None], *, is_new: bool = False) -> str:
        """Fill a temporary file beside the object; under the lock, check and put it in the object's place.

        What must be new needs no turn where a second name can be given: that happens only where there is none.
        """
        name = _last(key)
        with _translated(self._path(key)):
            self._prepare(key)
            with self._temporary(key, fill) as (folder, temporary):
                etag = _written(key, folder, temporary)
                if not (is_new and folder.link(temporary, folder, name)):
                    with self._turn():
                        check()
                        folder.replace(temporary, name)
                if key.startswith(PRIVATE):
                    folder.sync()
        return etag

    @contextmanager
    def _temporary(self, key: str, fill: _Fill) -> Iterator[tuple[OpenFolder, str]]:
        """Give the folder of an object, made where it is missing, and the name of a filled file in it."""
        temporary = f"{_TEMPORARY}{secrets.token_hex(8)}"
        with ExitStack() as stack:
            folder = stack.enter_context(self._made(key))
            stack.callback(folder.remove, temporary)  # also after success: a link is not replaced by itself
            try:
                fill(folder, temporary)
            except FileNotFoundError:
                if self._has_folder_of(key):
                    raise
                # A deletion took the empty folder away.
                folder = stack.enter_context(self._made(key))
                stack.callback(folder.remove, temporary)
                fill(folder, temporary)
            yield folder, temporary

    def _has_folder_of(self, key: str) -> bool:
        with suppress(*_ABSENT), self._folder_of(key):
            return True
        return False

    def _made(self, key: str) -> AbstractContextManager[OpenFolder]:
        """Open the folder of an object, made where it is missing."""
        mode = _PRIVATE_MODE if key.startswith(PRIVATE) else _PUBLIC_MODE
        return opened(self.url, key.rpartition("/")[0], making=mode)

    def _prepare(self, key: str) -> None:
        """Make the root and its private half, and close it and the half of *key*: to other users, web servers, git."""
        if PRIVATE not in self._prepared:
            self._root.mkdir(parents=True, exist_ok=True)
            self._close(PRIVATE, _PRIVATE_MODE)
            with opened(self.url, PRIVATE[:-1]) as private:
                for name, text in ((".htaccess", _HTACCESS), (".gitignore", "*\n")):
                    with suppress(FileExistsError), private.create(name) as file:
                        file.write(text.encode())
        if key.startswith(PUBLIC) and PUBLIC not in self._prepared:
            self._close(PUBLIC, _PUBLIC_MODE)

    def _close(self, half: str, mode: int) -> None:
        """Make a half of the storage, and take from others the rights that are too many."""
        with opened(self.url) as root, opened(self.url, half[:-1], making=mode) as folder:
            if os.name == "posix":
                _close_to_others(folder, mode, root.status().st_uid)
        self._prepared.add(half)

    def _below(self, folder: OpenFolder, path: str, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what lies below a folder, *path* from the root, in the order of keys."""
        for name in sorted(name for entry in folder.entries() if (name := _entry_name(entry))):
            key = f"{path}/{name}" if path else name
            if name.endswith("/"):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._below_if_there(folder, key[:-1], prefix)
            elif key.startswith(prefix):
                with suppress(*_ABSENT):  # deleted since the folder was read
                    yield _listed(key, folder)

    def _below_if_there(self, above: OpenFolder, path: str, prefix: str) -> Iterator[ObjectInfo]:
        with suppress(*_ABSENT):  # deleted since, or led elsewhere
            folder = above.enter(_last(path))
            try:
                yield from self._below(folder, path, prefix)
            finally:
                folder.close()

    def _prune(self, key: str) -> None:
        """Remove the folder of an object and those above it as far as they are empty."""
        path = key.rpartition("/")[0]
        while path:
            above, _, name = path.rpartition("/")
            try:
                with opened(self.url, above) as folder:
                    folder.remove_folder(name)
            except OSError:  # not empty
                return
            path = above


def _last(key: str) -> str:
    return key.rpartition("/")[2]


def _close_to_others(folder: OpenFolder, mode: int, owner_of_storage: int) -> None:
    """Take away what others may do beyond *mode*; where nothing changes, the file system knows no rights.

    Raises AccessRefused for a folder of somebody who has no part in this storage, or who alone could close it.
    """
    found = folder.status()
    name = shlex.quote(folder.path)
    if found.st_uid not in (os.geteuid(), 0, owner_of_storage):
        hint = f"Move it away, or make it yours: sudo chown -R {os.geteuid()} {name}"
        raise AccessRefused(f"{folder.path} belongs to another user of this computer", hint=hint)
    too_much = stat.S_IMODE(found.st_mode) & 0o077 & ~mode
    if too_much:
        try:
            folder.set_mode(stat.S_IMODE(found.st_mode) & ~too_much)
        except PermissionError as error:
            hint = f"Let its owner close it: sudo chmod {mode:o} {name}"
            raise AccessRefused(f"{folder.path} is open to other users of this computer", hint=hint) from error


def _entry_name(entry: os.DirEntry[str]) -> str:
    """Return an object's file name, a folder's with a slash at the end, as it sorts, or "" for what is neither."""
    if entry.is_symlink() or not is_key(entry.name):
        return ""
    return f"{entry.name}/" if entry.is_dir() else entry.name


def _info(key: str, file: BinaryIO) -> ObjectInfo:
    """Describe an open file, which nobody changes; its position afterwards is its start."""
    found = os.fstat(file.fileno())
    etag = ""
    if found.st_size <= _HASHED_BYTES and not key.startswith(PUBLIC):
        file.seek(0)
        etag = hashlib.md5(file.read(), usedforsecurity=False).hexdigest()
    file.seek(0)
    return _described(key, found, etag)


def _listed(key: str, folder: OpenFolder) -> ObjectInfo:
    """Describe an object for a list: what is public without being read."""
    if key.startswith(PUBLIC):
        return _described(key, folder.look(_last(key)))
    return _read_info(key, folder, _last(key))


def _written(key: str, folder: OpenFolder, temporary: str) -> str:
    """Return the ETag that a finished file has as the object *key*."""
    if key.startswith(PUBLIC):
        return _described(key, folder.look(temporary)).etag
    return _read_info(key, folder, temporary).etag


def _read_info(key: str, folder: OpenFolder, name: str) -> ObjectInfo:
    with folder.read(name) as file:
        return _info(key, file)


def _described(key: str, found: os.stat_result, etag: str = "") -> ObjectInfo:
    """Describe a file; without an ETag it gets one that is made of its own numbers.

    Each writing makes a new file and gives it a random time of its own, so two contents never share all three; the dash
    tells, as in S3, that this is no MD5. What is private is small or never replaced, and gets an MD5: there are file
    systems that keep times to two seconds.
    """
    moment = datetime.fromtimestamp(found.st_mtime_ns // 1000 / 1_000_000, UTC)
    return ObjectInfo(key, etag or f"{found.st_mtime_ns:x}{found.st_ino:x}-{found.st_size}", found.st_size, moment)


def _filler(body: bytes | Path, progress: Progress | None) -> _Fill:
    """Return what writes *body* to a new file and waits until it is on the disk."""

    def fill(folder: OpenFolder, temporary: str) -> None:
        with _new_file(folder, temporary) as target:
            for chunk in _chunks(body):
                target.write(chunk)
                if progress:
                    progress(len(chunk))

    return fill


def _chunks(body: bytes | Path) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


@contextmanager
def _new_file(folder: OpenFolder, name: str) -> Iterator[BinaryIO]:
    """Open a new file for writing; on success it is on the disk and has a modification time of its own."""
    with folder.create(name) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        moment_ns = time.time_ns() // 1_000_000 * 1_000_000 + secrets.randbelow(1_000_000)
        folder.set_time(name, file, moment_ns)


def _link_or_copy(key: str, origin: OpenFolder, file: BinaryIO, folder: OpenFolder, temporary: str) -> str:
    """Return the ETag that the object *key*, of which *temporary* is now a copy, has: link it, else copy *file*."""
    if not origin.link(_last(key), folder, temporary):
        with _new_file(folder, temporary) as target:
            _clone(file, target)
        return _info(key, file).etag
    return _read_info(key, folder, temporary).etag


def _clone(source: BinaryIO, target: BinaryIO) -> None:
    """Copy the rest of *source*; file systems that can share blocks do."""
    if sys.platform == "linux":
        with suppress(OSError):
            while os.copy_file_range(source.fileno(), target.fileno(), 1 << 30):
                pass
        source.seek(os.lseek(source.fileno(), 0, os.SEEK_CUR))
    shutil.copyfileobj(source, target, _CHUNK_BYTES)


def _remove_stale(folder: OpenFolder) -> None:
    """Remove temporary files that killed processes left an hour ago or earlier."""
    for entry in folder.entries():
        if entry.name.startswith(_TEMPORARY) and entry.name != _LOCK:
            with suppress(OSError):
                if folder.look(entry.name).st_mtime < time.time() - _STALE_S:
                    folder.remove(entry.name)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what the operating system says into StorageError, naming the file."""
    try:
        yield
    except OSError as error:
        raise _translation(error, path) from error


def _translation(error: OSError, path: Path) -> StorageError:
    named = Path(str(error.filename or path))
    name = mask_tokens(str(named if named.is_absolute() else path))  # a name alone is one within a folder
    if error.errno in _FULL:
        return StorageError(f"{name}: the disk is full", hint="Make room, then run the same command again.")
    if error.errno in _REFUSED:
        hint = "Check who may read and write there, and that no program has it open."
        return AccessRefused(f"{name}: permission denied", hint=hint)
    return StorageError(f"{name}: {error.strerror or error}", hint="Check the folder in storage.url.")
