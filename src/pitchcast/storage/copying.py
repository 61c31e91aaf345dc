"""Bring objects from one storage to another: within the service where both are in it, else through this machine."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pitchcast.errors import AccessRefused, CatalogError, ObjectMissing, StorageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.layout import ASSETS, MASTERS, headers_of
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.hashed import fetch_named

_THREADS = 8


def missing_in(target: Bucket, found: Iterable[ObjectInfo], prefix: str) -> list[ObjectInfo]:
    """Return those of the objects *found* elsewhere that *target* does not hold, below *prefix*.

    Masters and pictures are named by their content, so that their size tells enough; of all else ETags must agree.
    """
    there = {info.key: info for info in target.list(prefix)}
    return [info for info in found if not _is_there(info, there.get(info.key))]


def copy_objects(
    source: Bucket, target: Bucket, objects: Sequence[ObjectInfo], progress: Callable[[float], None]
) -> int:
    """Copy objects under the same keys, some at a time, and return how many bytes they have.

    What was deleted at the source meanwhile is left out. Raises StorageError where a master or a picture is not what
    its name says.
    """
    total = sum(info.size_bytes for info in objects) or 1
    copied = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for size_bytes in pool.map(lambda info: _copy(source, target, info), objects):
            copied += size_bytes
            progress(copied / total)
    return copied


def _is_there(info: ObjectInfo, there: ObjectInfo | None) -> bool:
    if there is None or there.size_bytes != info.size_bytes:
        return False
    return info.key.startswith((MASTERS, ASSETS)) or there.etag == info.etag


def _copy(source: Bucket, target: Bucket, info: ObjectInfo) -> int:
    try:
        if not _copied_within(source, target, info.key):
            _stream(source, target, info)
    except ObjectMissing:
        return 0
    return info.size_bytes


def _copied_within(source: Bucket, target: Bucket, key: str) -> bool:
    """Return whether the service itself copied the object, without its passing through this machine."""
    if not (source.url.startswith("s3://") and target.url.startswith("s3://")):
        return False
    from pitchcast.storage.s3.bucket import S3Bucket  # boto3 takes a while to import, and a folder does not need it

    if not (isinstance(source, S3Bucket) and isinstance(target, S3Bucket)):
        return False  # for a single writer
    if source.endpoint_url != target.endpoint_url:
        return False
    try:
        target.copy_from(source, key, headers_of(key))
    except AccessRefused:
        return False  # other keys are used there than here
    return True


def _stream(source: Bucket, target: Bucket, info: ObjectInfo) -> None:
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        path = Path(folder) / "object"
        try:
            fetch_named(source, info, path)
        except CatalogError as error:
            raise StorageError(
                f"{source.url}/{info.key} is damaged: it is not what its name says",
                hint=f"See what can be mended there with: {pitchcast_command('doctor --repair')}",
            ) from error
        target.put(info.key, path, headers_of(info.key))
