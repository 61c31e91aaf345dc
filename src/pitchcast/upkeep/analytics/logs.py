"""Where logs lie, and how they come from there: files, folders, a bucket, or standard input."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import BinaryIO

from pitchcast.errors import FileError, ObjectMissing
from pitchcast.model.place import Address
from pitchcast.reading import open_file
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.connect import open_bucket
from pitchcast.storage.s3.location import parse_s3_url
from pitchcast.upkeep.analytics.dated import list_since

_PART_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class AccessLog:
    """A log that may be read. ``source`` is its whole name, ``mark`` what changes with its content, "" if unknown.

    ``open`` returns its bytes. Raises ObjectMissing or FileError where it is gone.
    """

    source: str
    mark: str
    size_bytes: int
    open: Callable[[], BinaryIO]


def find_logs(place: str, base: Path, address: Address, since: date | None = None) -> list[AccessLog]:
    """Return the logs at a place, by name: a file, a folder, ``s3://BUCKET/PREFIX``, or ``-`` for standard input.

    In a bucket, logs whose names say that they are of days before *since* are left out. A bucket is reached as the
    storage at *address* is. Raises FileError where there is no such file or folder.
    """
    if place == "-":
        return [AccessLog("-", "", 0, lambda: sys.stdin.buffer)]
    if place.startswith("s3://"):
        return list(_in_bucket(place, address, since))
    path = base / Path(place.removeprefix("file://")).expanduser()
    if path.is_dir():
        return [_file(one) for one in sorted(path.rglob("*")) if _is_log(one, path)]
    if not path.exists():
        raise FileError(f"there is no log {path}", hint="Name a file, a folder, s3://BUCKET/PREFIX or “-”.")
    return [_file(path)]


def _is_log(path: Path, folder: Path) -> bool:
    is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not is_hidden and path.is_file() and not path.is_symlink()


def _file(path: Path) -> AccessLog:
    found = path.stat()
    mark = f"{found.st_size}-{found.st_mtime_ns:x}"
    return AccessLog(str(path.absolute()), mark, found.st_size, lambda: _opened(path))


def _opened(path: Path) -> BinaryIO:
    try:
        return open_file(path)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or error}", hint="Name a log that can.") from error


def _in_bucket(url: str, address: Address, since: date | None) -> Iterator[AccessLog]:
    bucket_name, _, prefix = url.removeprefix("s3://").partition("/")
    root = parse_s3_url(f"s3://{bucket_name}", setting="audience.logs").url
    bucket = open_bucket(replace(_plain(address), url=root))
    for info in list_since(bucket, prefix, since):
        if info.size_bytes:
            yield AccessLog(f"{root}/{info.key}", info.etag, info.size_bytes, _opener(bucket, info))


def _plain(address: Address) -> Address:
    """Return an address of one bucket, which is only read."""
    fields: Sequence[str] = ("base", "endpoint_url", "insecure", "region", "profile", "addressing", "client")
    kept = {name: getattr(address, name) for name in fields}
    return Address(url="", checksums=address.checksums, timeout_s=address.timeout_s, **kept)


def _opener(bucket: Bucket, info: ObjectInfo) -> Callable[[], BinaryIO]:
    if info.size_bytes <= _PART_BYTES:
        return lambda: io.BytesIO(bucket.get(info.key)[0])
    return lambda: io.BufferedReader(_ObjectReader(bucket, info), _PART_BYTES)


class _ObjectReader(io.RawIOBase):
    """A large object, read in parts of some megabytes."""

    def __init__(self, bucket: Bucket, info: ObjectInfo) -> None:
        self._bucket, self._info, self._at = bucket, info, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override] # what io calls it with
        """Read the next part. Raises ObjectMissing where the object is another one by now."""
        wanted = min(len(buffer), self._info.size_bytes - self._at)
        if wanted <= 0:
            return 0
        part = self._bucket.read_range(self._info.key, self._at, wanted)
        if not part:
            raise ObjectMissing(f"{self._info.key} became shorter while it was read", hint="Run again.")
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
