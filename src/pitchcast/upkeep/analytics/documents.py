"""Small documents that several computers change: each reads, changes and swaps, and begins again where it lost."""

import gzip
import random
import time
from collections.abc import Callable
from typing import TypeVar

import msgspec

from pitchcast.analytics.requests import FORMAT_KEY, FORMAT_VERSION
from pitchcast.errors import (
    CatalogError,
    LostRace,
    NeedsUpdate,
    ObjectExists,
    ObjectMissing,
    StorageUnavailable,
)
from pitchcast.invocation import pip_install
from pitchcast.model.base import Record
from pitchcast.model.layout import headers_of
from pitchcast.reading import parse_json, unpacked
from pitchcast.storage.bucket import Bucket

_T = TypeVar("_T")

_ATTEMPTS = 40
_UNANSWERED = 3
_MAX_WAIT_S = 2.0
_MOST_BYTES = 512_000_000


class Format(Record, frozen=True):
    """Which shape everything under ``private/analytics/`` has."""

    format: int


def ensure_format(bucket: Bucket) -> None:
    """Say which shape the files have, where nothing says so yet. Raises NeedsUpdate for a newer one."""
    try:
        bucket.put_new(FORMAT_KEY, msgspec.json.encode(Format(format=FORMAT_VERSION)), headers_of(FORMAT_KEY))
    except ObjectExists:
        check_format(bucket)


def check_format(bucket: Bucket) -> bool:
    """Return whether anything was ever read from logs. Raises NeedsUpdate where a newer pitchcast did."""
    try:
        body, _ = bucket.get(FORMAT_KEY)
    except ObjectMissing:
        return False
    found = _parsed(body, Format, FORMAT_KEY)
    if found.format > FORMAT_VERSION:
        raise NeedsUpdate(
            f"{bucket.url}: what was read from logs was written by a newer pitchcast",
            hint=f"Update yours: {pip_install('--upgrade', 'pitchcast')}",
        )
    return True


def read_document(bucket: Bucket, key: str, shape: type[_T]) -> tuple[_T | None, str]:
    """Return a document and its ETag; None and "" where there is none. Raises CatalogError where it is damaged."""
    try:
        body, info = bucket.get(key)
    except ObjectMissing:
        return None, ""
    return _parsed(body, shape, key), info.etag


def change_document(bucket: Bucket, key: str, shape: type[_T], change: Callable[[_T | None], _T]) -> _T:
    """Put what *change* makes of a document in its place, and return it; nothing is written where it is the same.

    *change* may be called several times. Raises StorageUnavailable where others were always faster.
    """

    def attempt() -> _T:
        found, etag = read_document(bucket, key, shape)
        changed = change(found)
        if found is None or changed != found:
            swap(bucket, key, _packed(key, changed), etag)
        return changed

    return persistently(attempt, key)


def swap(bucket: Bucket, key: str, body: bytes, etag: str) -> None:
    """Put an object in the place of the one with that ETag, or where there is none if that is "".

    Raises LostRace or ObjectExists where somebody was faster.
    """
    if etag:
        bucket.replace_if(key, body, etag, headers_of(key))
    else:
        bucket.put_new(key, body, headers_of(key))


def persistently(attempt: Callable[[], _T], key: str) -> _T:
    """Return what *attempt* returns, which begins again where a race was lost or a write was not answered.

    Raises StorageUnavailable.
    """
    unanswered = 0
    for number in range(_ATTEMPTS):
        try:
            return attempt()
        except (LostRace, ObjectExists):
            pass
        except StorageUnavailable:
            unanswered += 1
            if unanswered == _UNANSWERED:
                raise
        time.sleep(random.uniform(0, min(_MAX_WAIT_S, 0.02 * 2**number)))  # noqa: S311 (jitter, not a secret)
    raise StorageUnavailable(
        f"{key}: others changed it {_ATTEMPTS} times in a row before this change", hint="Run the command again."
    )


def _packed(key: str, document: object) -> bytes:
    body = msgspec.json.encode(document)
    return gzip.compress(body, 6, mtime=0) if key.endswith(".gz") else body


def _parsed(body: bytes, shape: type[_T], key: str) -> _T:
    try:
        return parse_json(unpacked(body, _MOST_BYTES) if key.endswith(".gz") else body, shape)
    except ValueError as error:
        raise CatalogError(f"{key} is damaged: {error}", hint="Restore it from a backup, or delete it.") from error
