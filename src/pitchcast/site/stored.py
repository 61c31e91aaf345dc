"""What lies under ``public/``, folder by folder."""

from collections import defaultdict

from pitchcast.model.layout import PUBLIC
from pitchcast.storage.bucket import Bucket, ObjectInfo


def list_folder(bucket: Bucket, path: str) -> dict[str, ObjectInfo]:
    """Return the objects of the folder *path* under ``public/``, by key."""
    return {info.key: info for info in bucket.list(f"{PUBLIC}{path}/")}


def list_public(bucket: Bucket, *, large: bool = False) -> dict[str, dict[str, ObjectInfo]]:
    """Return every public object by its key, under the name of its folder; what lies in none is a folder by itself.

    A *large* storage is asked for several parts at once.
    """
    listed: dict[str, dict[str, ObjectInfo]] = defaultdict(dict)
    for info in bucket.survey(PUBLIC) if large else bucket.list(PUBLIC):
        listed[info.key.removeprefix(PUBLIC).partition("/")[0]][info.key] = info
    return dict(listed)
