"""SHA-256 of what counts are made from, so that a report can say from what it was counted."""

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from pitchcast.files import write_whole
from pitchcast.site.project import Project
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.upkeep.analytics.books import StoredLogs

_AT_ONCE = 8
_KNOWN_FILE = "hashes.json"


def hash_objects(project: Project, logs: StoredLogs, wanted: Iterable[ObjectInfo]) -> dict[str, str]:
    """Return the SHA-256 of objects by their keys; those that have not changed since the last time are not read."""
    file = logs.folder / _KNOWN_FILE
    try:
        known = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except (FileNotFoundError, msgspec.MsgspecError):
        known = {}

    def hash_one(info: ObjectInfo) -> tuple[str, str, str]:
        name = _name_of(info)
        if name in known:
            return info.key, name, known[name]
        body, _ = project.bucket.get(info.key)
        return info.key, name, hashlib.sha256(body).hexdigest()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(hash_one, wanted))
    of_days = [info for day in logs.days.values() for info in day]
    stored = {_name_of(info) for info in (logs.agents, *of_days, *logs.totals.values())}
    kept = {name: digest for name, digest in known.items() if name in stored}
    write_whole(file, msgspec.json.encode(kept | {name: digest for _, name, digest in found}))
    return {key: digest for key, _, digest in sorted(found)}


def _name_of(info: ObjectInfo) -> str:
    return f"{info.key} {info.etag} {info.size_bytes}"
