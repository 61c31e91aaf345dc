"""The keys under which addresses are hashed, one for each quarter of a year; they end with their last rows."""

import base64
import secrets
from collections.abc import Mapping

import msgspec

from pitchcast.analytics.requests import KEYS_KEY
from pitchcast.model.base import Record
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document

_KEY_BYTES = 32


class QuarterKeys(Record, frozen=True):
    """Keys by their quarters, such as ``2026Q3``, in base64."""

    keys: dict[str, str] = msgspec.field(default_factory=dict)


class Keys:
    """The keys of a storage. One that is missing is made, and used only once it is stored: others then use it too."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        stored, _ = read_document(bucket, KEYS_KEY, QuarterKeys)
        self._keys: Mapping[str, str] = stored.keys if stored else {}

    def of(self, quarter: str) -> bytes:
        """Return the key of a quarter."""
        if quarter not in self._keys:
            self._keys = change_document(self._bucket, KEYS_KEY, QuarterKeys, lambda found: _with(found, quarter)).keys
        return base64.b64decode(self._keys[quarter])


def _with(found: QuarterKeys | None, quarter: str) -> QuarterKeys:
    keys = found.keys if found else {}
    if quarter in keys:
        return found or QuarterKeys()
    fresh = base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
    return msgspec.structs.replace(found or QuarterKeys(), keys={**keys, quarter: fresh})
