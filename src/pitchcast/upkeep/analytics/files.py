"""Every file name of feeds that was ever seen: names of replaced audio leave the catalog, and logs come later."""

from collections.abc import Mapping

from pitchcast.analytics.requests import FILES_KEY
from pitchcast.analytics.targets import KnownFile
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document

_Files = dict[str, KnownFile]


def read_files(bucket: Bucket) -> Mapping[str, KnownFile]:
    """Return the file names that were seen before."""
    found, _ = read_document(bucket, FILES_KEY, _Files)
    return found or {}


def remember_files(bucket: Bucket, files: Mapping[str, KnownFile]) -> Mapping[str, KnownFile]:
    """Add file names to those that were seen, and return all; a size that was known once stays known."""

    def change(found: _Files | None) -> _Files:
        together = dict(sorted(files.items()))
        for name, known in (found or {}).items():
            if name not in together or (known.size_bytes and not together[name].size_bytes):
                together[name] = known
        return together

    return change_document(bucket, FILES_KEY, _Files, change)
