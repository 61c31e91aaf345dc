"""Which feed folders were right when they were last looked at: what large builds remember, to do only what changed.

A folder's mark is a hash of all that it is rendered from and of the ETag of each object in it. While neither changes,
the folder is right, and nothing of it is rendered. The marks lie in ``private/built.json.gz``; each is checked against
what was listed, so an old or lost document costs time and nothing else, and writers need not take turns.
"""

import gzip
import hashlib
import zlib
from collections.abc import Container, Iterable, Mapping

import msgspec

from pitchcast.errors import ObjectMissing
from pitchcast.model.catalog import RENDERER
from pitchcast.model.feed import FeedContent
from pitchcast.model.layout import BUILT, headers_of
from pitchcast.storage.bucket import Bucket

_MARK_BYTES = 12


class Marks:
    """The marks of a storage's folders, by path."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)

    @classmethod
    def load(cls, bucket: Bucket) -> "Marks":
        """Return what was remembered; nothing where that cannot be read."""
        try:
            body, _ = bucket.get(BUILT)
            return cls(msgspec.json.decode(gzip.decompress(body), type=dict[str, str]))
        except (ObjectMissing, OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError):
            return cls({})

    def of(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the marks of these folders, as far as there are any."""
        return {path: self._known[path] for path in paths if path in self._known}

    def update(self, marks: Mapping[str, str]) -> None:
        """Remember further marks; "" forgets one."""
        for path, mark in marks.items():
            if mark:
                self._known[path] = mark
            else:
                self._known.pop(path, None)

    def save(self, bucket: Bucket, paths: Container[str]) -> None:
        """Store the marks of those folders that are among *paths*."""
        kept = {path: mark for path, mark in sorted(self._known.items()) if path in paths}
        bucket.put(BUILT, gzip.compress(msgspec.json.encode(kept), 6, mtime=0), headers_of(BUILT))


def mark_of(content: FeedContent, etags: Mapping[str, str]) -> str:
    """Return the mark of a folder that holds *content* in objects with these ETags, by key."""
    said = hashlib.blake2b(digest_size=_MARK_BYTES)
    said.update(msgspec.json.encode((RENDERER, content, sorted(etags.items()))))
    return said.hexdigest()
