"""What pitchcast asks of a storage, and nothing more: every implementation keeps all of these promises.

Keys are those of ``model.layout``: relative, with ``/``, below the storage's own prefix.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from pitchcast.errors import ObjectTooLarge
from pitchcast.model.layout import Headers, most_bytes

Progress = Callable[[int], None]
"""Called with the number of further bytes that were moved."""


class ObjectInfo(msgspec.Struct, frozen=True, gc=False):
    """What the storage says of one object. ``etag`` is opaque, without quotes; ``modified`` is UTC."""

    key: str
    etag: str
    size_bytes: int
    modified: datetime


class Reach(msgspec.Struct, frozen=True):
    """How addresses are asked from here, without credentials: as the storage itself is.

    ``timeout_s`` is how long an answer is waited for; ``ca_bundle`` a file of certificates to trust beside this
    computer's own, "" for none but what AWS_CA_BUNDLE names.
    """

    timeout_s: float = 20.0
    ca_bundle: str = ""


def check_size(name: str, key: str, size_bytes: int) -> None:
    """Raise ObjectTooLarge, which calls it *name*, where an object is larger than one under such a *key* can be."""
    if size_bytes > most_bytes(key):
        raise ObjectTooLarge(
            f"{name} has {size_bytes / 1e6:.0f} MB: nothing that pitchcast puts there is so large",
            hint="Somebody else put it there: bring back an earlier version of it from a backup of the storage.",
        )


class Bucket(Protocol):
    """A storage.

    Every method raises ``AccessRefused`` where credentials do not allow it and ``StorageUnavailable`` where the
    service does not answer or fails after retries; a write may then have happened or not.
    """

    url: str
    """Where this is, for messages; holds no secret."""

    reach: Reach
    """How a look at its addresses from outside is to be taken."""

    def put(self, key: str, body: bytes | Path, headers: Headers, progress: Progress | None = None) -> str:
        """Write an object whole or not at all, whatever was there, and return its ETag."""
        ...

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        """Write an object only if there is none, and return its ETag. Raises ObjectExists."""
        ...

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        """Replace an object only if it still has that ETag, and return the new one. Raises LostRace, also if gone."""
        ...

    def get(self, key: str) -> tuple[bytes, ObjectInfo]:
        """Return a whole object. Raises ObjectMissing, or ObjectTooLarge without reading it."""
        ...

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return at most *length* bytes from *start*; fewer at the end. Raises ObjectMissing."""
        ...

    def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object. Raises ObjectMissing."""
        ...

    def copy(self, source: str, target: str, headers: Headers, *, if_match: str = "") -> str:
        """Copy within the storage, not through this machine, and return the copy's ETag.

        Raises ObjectMissing, or LostRace where *if_match* is given and the source no longer has that ETag.
        """
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield every object whose key starts with *prefix*, in the order of keys."""
        ...

    def list_after(self, prefix: str, after: str) -> Iterator[ObjectInfo]:
        """Yield what ``list`` yields behind the key *after*, all of it for "", in the service's own order.

        That is the order of keys, or that of folders in which those are sorted: beginning again behind a key leaves out
        what comes before it in that order. Nothing is asked for before it is wanted.
        """
        ...

    def survey(self, prefix: str) -> Iterator[ObjectInfo]:
        """Yield what ``list`` yields, in any order: with several requests at once, for very many objects."""
        ...

    def holds(self, info: ObjectInfo, body: bytes) -> bool:
        """Return whether an object, as it was listed, is exactly these bytes; False also where that is not known."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; what is not there counts as deleted."""
        ...

    def now(self) -> datetime:
        """Return the storage's own clock, UTC, so that machines with wrong clocks agree."""
        ...

    def default_public_url(self) -> str:
        """Return the address under which ``public/`` is reached if no ``public_url`` is set; no slash at the end."""
        ...

    def addresses_of(self, key: str) -> Sequence[str]:
        """Return every address where a service itself might show the object, the usual one first; a folder has none."""
        ...

    def listing_addresses(self) -> Sequence[str]:
        """Return every address at which the service itself might list the storage; a folder: none."""
        ...
