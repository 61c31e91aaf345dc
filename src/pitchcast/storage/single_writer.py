"""A storage without compare-and-swap, used by one writer at a time: conditions are checked, then trusted."""

from pitchcast.errors import LostRace, ObjectExists, ObjectMissing
from pitchcast.model.layout import Headers
from pitchcast.storage.bucket import Bucket


class SingleWriter:
    """Any bucket, with create-only and replace-if done by a look beforehand instead of by the service.

    Only safe while nobody else writes: what ``single_writer = true`` in pitchcast.toml promises.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def __getattr__(self, name: str) -> object:
        return getattr(self._bucket, name)

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        """Write an object if a look just before found none. Raises ObjectExists."""
        try:
            self._bucket.head(key)
        except ObjectMissing:
            return self._bucket.put(key, body, headers)
        raise ObjectExists(f"{key} exists already")

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        """Replace an object if a look just before found that ETag. Raises LostRace."""
        try:
            found = self._bucket.head(key).etag
        except ObjectMissing:
            found = ""
        if found != etag:
            raise LostRace(f"{key} was replaced by somebody else")
        return self._bucket.put(key, body, headers)
