"""A storage in a folder of this machine: for trying out, for web servers that serve a folder, and for tests.

Every object is a file that is only ever replaced as a whole, never changed: copies may be hard links. All writers take
turns at a lock file for the moment of compare and replace. Symbolic links below the root are nobody's objects.
What is public is listed without being read: its ETag is made of the file's own numbers.
"""

import errno
import hashlib
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from pitchcast.errors import AccessRefused, LostRace, ObjectExists, ObjectMissing, StorageError
from pitchcast.files import retried
from pitchcast.model.feed import mask_tokens
from pitchcast.model.layout import PRIVATE, PUBLIC, Headers
from pitchcast.reading import NotAFileError, open_file
from pitchcast.storage.bucket import ObjectInfo, Progress, Reach, check_size
from pitchcast.storage.keys import check_key, check_prefix, is_key
from pitchcast.storage.locking import lock_file

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
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError, NotAFileError)  # what is no file is no object
_T = TypeVar("_T")


class FolderBucket:
    """The promises of ``bucket.Bucket`` kept by a local folder. It is made at the first write."""

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow links that the user may move
        self._prepared = False
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
            if os.path.lexists(self._path(key)):
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

        def fill(temporary: Path) -> None:
            with self._reading(source) as file:
                copied = _link_or_copy(source, self._path(source), file, temporary)
            if if_match and copied != if_match:
                raise LostRace(f"{self._name(source)} was replaced meanwhile", hint="Run again.")

        return self._write(target, fill, lambda: None)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield every object whose key starts with *prefix*, in the order of keys."""
        folder = check_prefix(prefix).rpartition("/")[0]
        with _translated(self._root / folder):
            if self._is_ours(self._root / folder):
                yield from self._below(folder, prefix)

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
            with _translated(path):
                if self._is_ours(path) and path.is_file():
                    self._prepare()
                    with self._turn():
                        _remove(path)
                        self._prune(path.parent)

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

    @property
    def _lock(self) -> Path:
        return self._root / PRIVATE / f"{_TEMPORARY}lock"

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _name(self, key: str) -> str:
        return mask_tokens(str(self._root / key))

    def _is_ours(self, path: Path) -> bool:
        """Return whether *path* is reached without following any link below the root."""
        inside = path.relative_to(self._root)
        if os.name == "nt":  # junctions lead elsewhere as links do, and only resolving tells
            return path.resolve() == self._root.resolve() / inside
        reached = str(self._root)
        return not any(os.path.islink(reached := f"{reached}/{part}") for part in inside.parts)  # noqa: PTH114 - quick

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the lock; threads wait for each other without asking the file again and again."""
        with self._turns, lock_file(self._lock):
            yield

    @contextmanager
    def _reading(self, key: str) -> Iterator[BinaryIO]:
        path = self._path(key)
        with _translated(path):
            if not self._is_ours(path) or path.is_dir():
                raise ObjectMissing(f"{self._name(key)} does not exist")
            try:
                file = retried(lambda: open_file(path))
            except _ABSENT as error:
                raise ObjectMissing(f"{self._name(key)} does not exist") from error
            with file:
                yield file

    def _write(self, key: str, fill: Callable[[Path], None], check: Callable[[], None], *, is_new: bool = False) -> str:
        """Fill a temporary file beside the object; under the lock, check and put it in the object's place.

        What must be new needs no turn where a second name can be given: that happens only where there is none.
        """
        path = self._path(key)
        with _translated(path):
            self._prepare()
            with self._temporary(path, fill) as temporary:
                etag = _written(key, temporary)
                if not (is_new and _link(temporary, path)):
                    with self._turn():
                        check()
                        retried(lambda: temporary.replace(path))
                _sync_private(key, path)
        return etag

    @contextmanager
    def _temporary(self, path: Path, fill: Callable[[Path], None]) -> Iterator[Path]:
        temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
        try:
            self._make_parent(path.parent)
            try:
                fill(temporary)
            except FileNotFoundError:
                if path.parent.is_dir():
                    raise
                self._make_parent(path.parent)  # a deletion took the empty folder away
                fill(temporary)
            yield temporary
        finally:
            _remove(temporary)  # also after success: replacing a link by a link of the same file does nothing

    def _make_parent(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
        if not self._is_ours(folder):
            hint = "Put a folder there, or set storage.url to its target."
            raise StorageError(f"{mask_tokens(str(folder))} is a symbolic link", hint=hint)

    def _prepare(self) -> None:
        """Make the root and its private half: closed to other users, to web servers and to git."""
        if self._prepared:
            return
        private = self._root / PRIVATE
        self._root.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            private.mkdir(mode=0o700)
        for name, text in ((".htaccess", _HTACCESS), (".gitignore", "*\n")):
            with suppress(FileExistsError), (private / name).open("x", encoding="utf-8") as file:
                file.write(text)
        self._prepared = True

    def _below(self, folder: str, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what lies below a folder that was seen to be no link, in the order of keys."""
        try:
            with os.scandir(f"{self._root}/{folder}") as entries:
                named = sorted((name, entry.path) for entry in entries if (name := _entry_name(entry)))
        except _ABSENT:
            return
        for name, path in named:
            key = f"{folder}/{name}" if folder else name
            if name.endswith("/"):
                inside = key.startswith(prefix) or prefix.startswith(key)
                if inside and (os.name != "nt" or self._is_ours(Path(path))):
                    yield from self._below(key[:-1], prefix)
            elif key.startswith(prefix):
                with suppress(ObjectMissing, FileNotFoundError):  # deleted since the folder was read
                    yield _described(key, os.lstat(path)) if key.startswith(PUBLIC) else self.head(key)

    def _prune(self, folder: Path) -> None:
        """Remove forgotten temporary files from *folder*, then it and its parents as far as they are empty."""
        _remove_stale(folder)
        while folder != self._root:
            try:
                folder.rmdir()
            except OSError:  # not empty
                return
            folder = folder.parent


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


def _written(key: str, temporary: Path) -> str:
    """Return the ETag that a finished file has as the object *key*."""
    if key.startswith(PUBLIC):
        return _described(key, os.lstat(temporary)).etag
    with temporary.open("rb") as file:
        return _info(key, file).etag


def _described(key: str, found: os.stat_result, etag: str = "") -> ObjectInfo:
    """Describe a file; without an ETag it gets one that is made of its own numbers.

    Each writing makes a new file and gives it a random time of its own, so two contents never share all three; the dash
    tells, as in S3, that this is no MD5. What is private is small or never replaced, and gets an MD5: there are file
    systems that keep times to two seconds.
    """
    moment = datetime.fromtimestamp(found.st_mtime_ns // 1000 / 1_000_000, UTC)
    return ObjectInfo(key, etag or f"{found.st_mtime_ns:x}{found.st_ino:x}-{found.st_size}", found.st_size, moment)


def _filler(body: bytes | Path, progress: Progress | None) -> Callable[[Path], None]:
    """Return what writes *body* to a new file and waits until it is on the disk."""

    def fill(temporary: Path) -> None:
        with _new_file(temporary) as target:
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
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file for writing; on success it is on the disk and has a modification time of its own."""
    with path.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    moment_ns = time.time_ns() // 1_000_000 * 1_000_000 + secrets.randbelow(1_000_000)
    os.utime(path, ns=(moment_ns, moment_ns))


def _link_or_copy(key: str, source: Path, file: BinaryIO, temporary: Path) -> str:
    """Return the ETag that the object *key*, of which *temporary* is now a copy, has: link it, else copy *file*."""
    if not _link(source, temporary):
        with _new_file(temporary) as target:
            _clone(file, target)
        return _info(key, file).etag
    with temporary.open("rb") as linked:
        return _info(key, linked).etag


def _link(source: Path, target: Path) -> bool:
    """Return whether *target* became another name of the file: not where there is one, or links run out."""
    try:
        os.link(source, target)  # ext4 allows 65,000 links to a file, NTFS 1,024, FAT none
    except OSError:
        return False
    return True


def _clone(source: BinaryIO, target: BinaryIO) -> None:
    """Copy the rest of *source*; file systems that can share blocks do."""
    if sys.platform == "linux":
        with suppress(OSError):
            while os.copy_file_range(source.fileno(), target.fileno(), 1 << 30):
                pass
        source.seek(os.lseek(source.fileno(), 0, os.SEEK_CUR))
    shutil.copyfileobj(source, target, _CHUNK_BYTES)


def _remove(path: Path) -> None:
    retried(lambda: path.unlink(missing_ok=True))


def _remove_stale(folder: Path) -> None:
    """Remove temporary files that killed processes left an hour ago or earlier."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        with suppress(OSError):
            if path.stat().st_mtime < time.time() - _STALE_S and path.name != f"{_TEMPORARY}lock":
                path.unlink()


def _sync_private(key: str, path: Path) -> None:
    """Wait until the new name of what is private is on the disk; Windows has no such call."""
    if os.name == "posix" and key.startswith(PRIVATE):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what the operating system says into StorageError, naming the file."""
    try:
        yield
    except OSError as error:
        raise _translation(error, path) from error


def _translation(error: OSError, path: Path) -> StorageError:
    name = mask_tokens(str(error.filename or path))
    if error.errno in _FULL:
        return StorageError(f"{name}: the disk is full", hint="Make room, then run the same command again.")
    if error.errno in _REFUSED:
        hint = "Check who may read and write there, and that no program has it open."
        return AccessRefused(f"{name}: permission denied", hint=hint)
    return StorageError(f"{name}: {error.strerror or error}", hint="Check the folder in storage.url.")
