"""Masters and assets are named by the SHA-256 of their bytes: whoever reads them for use makes sure that they are.

Within a service objects are copied without being read. There the size is compared, which the catalog knows of masters,
and ``pitchcast doctor --thorough`` reads them. In a folder on this disk each is read once for each build.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from pitchcast.errors import CatalogError, ObjectMissing
from pitchcast.invocation import pitchcast_command
from pitchcast.model.layout import ASSETS, MASTERS, hash_in
from pitchcast.storage.bucket import Bucket, ObjectInfo

_CHUNK_BYTES = 8 << 20


def is_named_by_hash(key: str) -> bool:
    """Return whether an object's name is made of its bytes."""
    return key.startswith((MASTERS, ASSETS))


def sha256_of(bucket: Bucket, info: ObjectInfo) -> str:
    """Return the SHA-256 of an object, as large as it was listed. Raises ObjectMissing."""
    digest = hashlib.sha256()
    for chunk in _chunks(bucket, info):
        digest.update(chunk)
    return digest.hexdigest()


def fetch_named(bucket: Bucket, info: ObjectInfo, path: Path) -> None:
    """Write an object into the file *path*. Raises ObjectMissing, CatalogError where it is not what its name says."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for chunk in _chunks(bucket, info):
            digest.update(chunk)
            file.write(chunk)
    if is_named_by_hash(info.key) and digest.hexdigest() != hash_in(info.key):
        raise not_what_its_name_says(bucket, info.key)


def not_what_its_name_says(bucket: Bucket, key: str) -> CatalogError:
    """Return the error for an object that holds something else under its name."""
    return CatalogError(
        f"{bucket.url}/{key} is damaged: its bytes are not those that its name stands for",
        hint=f"See what can be done with: {pitchcast_command('doctor')}",
    )


def missing_source(bucket: Bucket, key: str) -> CatalogError:
    """Return the error for an object that the catalog names and the storage lacks."""
    return CatalogError(
        f"{bucket.url}/{key} is named by the catalog but missing",
        hint=f"See what else is missing with: {pitchcast_command('doctor')}",
    )


class Proof:
    """Which masters and assets of a storage are what their names say: each is looked at once. Threads may share one."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._is_read = not bucket.url.startswith("s3://")
        self._known: dict[str, str] = {}
        self._lock = Lock()

    def check(self, key: str, size_bytes: int) -> str:
        """Return the ETag that a copy is to insist on, "" for any; *size_bytes* is 0 where nobody knows it.

        Raises ObjectMissing, CatalogError where the object is not what its name says.
        """
        if not (self._is_read or size_bytes):
            return ""
        with self._lock:
            if key not in self._known:
                self._known[key] = self._looked_at(key, size_bytes)
            return self._known[key]

    def forget(self, key: str) -> None:
        """Look at an object again next time: it was replaced."""
        with self._lock:
            self._known.pop(key, None)

    def _looked_at(self, key: str, size_bytes: int) -> str:
        info = self._bucket.head(key)
        if size_bytes not in (0, info.size_bytes):
            raise not_what_its_name_says(self._bucket, key)
        if not self._is_read:
            return ""  # not every service holds to such a condition, and some refuse it
        if sha256_of(self._bucket, info) != hash_in(key):
            raise not_what_its_name_says(self._bucket, key)
        return info.etag


def _chunks(bucket: Bucket, info: ObjectInfo) -> Iterator[bytes]:
    """Yield an object's bytes. Raises ObjectMissing, also where it has become shorter."""
    for start in range(0, info.size_bytes, _CHUNK_BYTES):
        chunk = bucket.read_range(info.key, start, min(_CHUNK_BYTES, info.size_bytes - start))
        if not chunk:
            raise ObjectMissing(f"{bucket.url}/{info.key} was replaced meanwhile", hint="Run again.")
        yield chunk
