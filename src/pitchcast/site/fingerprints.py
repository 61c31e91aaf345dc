"""Which feed folders were right when they were last looked at: what large builds remember, to do only what changed.

A folder's mark is a hash of all that it is rendered from and of the ETag of each object in it. While neither changes,
the folder is right, and nothing of it is rendered. The marks lie in ``private/built.json.gz``; each is checked against
what was listed, so an old or lost document costs time and nothing else, and writers need not take turns.
"""

import gzip
import hashlib
from collections.abc import Container, Iterable, Mapping

import msgspec

from pitchcast.errors import ObjectMissing, ObjectTooLarge
from pitchcast.model.catalog import RENDERER
from pitchcast.model.feed import FeedContent
from pitchcast.model.layout import BUILT, headers_of
from pitchcast.reading import parse_json, unpacked
from pitchcast.storage.bucket import Bucket

_MARK_BYTES = 12
_MOST_UNPACKED_BYTES = 256_000_000  # some million folders
_SHARED = ("show", "brand")
_KEPT = 4096  # hashes; with what they are of, so that no other object can come to have its id


class Marks:
    """The marks of a storage's folders, by path."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._is_new = False

    @classmethod
    def load(cls, bucket: Bucket) -> "Marks":
        """Return what was remembered; nothing where that cannot be read."""
        try:
            body, _ = bucket.get(BUILT)
            return cls(parse_json(unpacked(body, _MOST_UNPACKED_BYTES), dict[str, str]))
        except (ObjectMissing, ObjectTooLarge, ValueError):
            return cls({})

    def of(self, paths: Iterable[str]) -> dict[str, str]:
        """Return the marks of these folders, as far as there are any."""
        return {path: self._known[path] for path in paths if path in self._known}

    def update(self, marks: Mapping[str, str]) -> None:
        """Remember further marks; "" forgets one."""
        for path, mark in marks.items():
            self._is_new |= self._known.get(path, "") != mark
            if mark:
                self._known[path] = mark
            else:
                self._known.pop(path, None)

    def save(self, bucket: Bucket, paths: Container[str]) -> None:
        """Store the marks of those folders that are among *paths*, if there are new ones."""
        if not self._is_new:
            return
        self._is_new = False
        kept = {path: mark for path, mark in sorted(self._known.items()) if path in paths}
        bucket.put(BUILT, gzip.compress(msgspec.json.encode(kept), 6, mtime=0), headers_of(BUILT))


class Marker:
    """Makes marks of many folders: what they have in common is hashed once."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[object, str]] = {}

    def mark_of(self, content: FeedContent, etags: Mapping[str, str]) -> str:
        """Return the mark of a folder that holds *content* in objects with these ETags, by key."""
        fields = {name: getattr(content, name) for name in FeedContent.__struct_fields__}
        fields |= {name: self._hash(fields[name]) for name in _SHARED}
        fields["deliveries"] = [self._hash(delivery) for delivery in content.deliveries]
        return _hash((RENDERER, fields, sorted(etags.items())))

    def _hash(self, shared: object) -> str:
        """Return the hash of what does not change while it is kept, and is likely to be met again."""
        found = self._said.get(id(shared))
        if found is None:
            if len(self._said) >= _KEPT:
                self._said.clear()
            found = self._said[id(shared)] = shared, _hash(shared)
        return found[1]


def _hash(said: object) -> str:
    return hashlib.blake2b(msgspec.json.encode(said), digest_size=_MARK_BYTES).hexdigest()
