"""The requests of each UTC day, one Parquet file a day: a set, so that joining it twice changes nothing."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

from pitchcast.analytics.distilling import Distiller, feeds_in, write_without
from pitchcast.analytics.keeping import totals_key
from pitchcast.analytics.requests import REQUESTS, TOTALS
from pitchcast.errors import ObjectMissing
from pitchcast.model.layout import requests_key
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.upkeep.analytics.documents import persistently, swap


def days_stored(bucket: Bucket) -> Iterator[tuple[date, ObjectInfo]]:
    """Yield the days of which there are requests, oldest first, with their files."""
    for info in bucket.list(REQUESTS):
        day = info.key.removeprefix(REQUESTS).removeprefix("day=").partition("/")[0]
        if info.key == requests_key(day):
            yield date.fromisoformat(day), info


def totals_stored(bucket: Bucket) -> Iterator[tuple[date, ObjectInfo]]:
    """Yield the days of which there are totals, oldest first, with their files."""
    for info in bucket.list(TOTALS):
        day = info.key.removeprefix(TOTALS).removeprefix("day=").partition("/")[0]
        if info.key == totals_key(day):
            yield date.fromisoformat(day), info


def join_day(bucket: Bucket, distiller: Distiller, day: str, folder: Path) -> int:
    """Add the rows of a day that wait in *distiller* to those that are stored, and return how many were new."""
    key, joined = requests_key(day), folder / "joined.parquet"

    def attempt() -> int:
        stored, etag = _fetched(bucket, key, folder)
        count = distiller.join_day(day, stored, joined)
        if count:
            swap(bucket, key, joined.read_bytes(), etag)
        return count

    return persistently(attempt, key)


def drop_feeds(bucket: Bucket, day: str, unwanted: Callable[[Collection[str]], Collection[str]], folder: Path) -> int:
    """Take the requests of some feeds out of a day, and return how many feeds those were.

    *unwanted* says which of the feeds in it those are. It is asked once the day was read: the catalog of that moment
    knows every feed that anybody could have written into it, so what it lacks is gone.
    """
    key, rest = requests_key(day), folder / "rest.parquet"

    def attempt() -> int:
        stored, etag = _fetched(bucket, key, folder)
        gone = unwanted(feeds_in(stored)) if stored else ()
        if stored and gone:
            write_without(stored, gone, rest)
            swap(bucket, key, rest.read_bytes(), etag)
        return len(gone)

    return persistently(attempt, key)


def _fetched(bucket: Bucket, key: str, folder: Path) -> tuple[Path | None, str]:
    """Return a day's file as it is stored, None where there is none, and its ETag."""
    try:
        body, info = bucket.get(key)
    except ObjectMissing:
        return None, ""
    path = folder / "stored.parquet"
    path.write_bytes(body)
    return path, info.etag
