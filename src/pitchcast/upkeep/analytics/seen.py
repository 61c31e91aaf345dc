"""Which logs need not be read again, and which syncs began: to lose this costs time, and no count."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from pitchcast.analytics.requests import READ_KEY
from pitchcast.model.base import Record, Row
from pitchcast.model.catalog import Catalog
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document

_LATE = timedelta(days=8)  # logs that come later than that wait until all are listed
_WHOLE_EVERY = timedelta(days=7)
_FORGOTTEN_AFTER = timedelta(days=1)  # no sync takes so long


class Begun(Row, frozen=True):
    """A sync that may have written: who was gone when it began, and when that was."""

    gone: str
    at: datetime


class Listing(Row, frozen=True):
    """When a bucket's logs were listed last, and when all of them were."""

    at: datetime
    whole_at: datetime


class ReadLogs(Record, frozen=True):
    """Logs by their names with the marks that they had, syncs that began and did not end, and the time of the last.

    ``listed`` are places in buckets.
    """

    logs: dict[str, str] = msgspec.field(default_factory=dict)
    begun: dict[str, Begun] = msgspec.field(default_factory=dict)
    synced_at: datetime | None = None
    listed: dict[str, Listing] = msgspec.field(default_factory=dict)


def read_seen(bucket: Bucket) -> ReadLogs:
    """Return what was read before."""
    found, _ = read_document(bucket, READ_KEY, ReadLogs)
    return found or ReadLogs()


def listed_since(read: ReadLogs, place: str, now: datetime) -> date | None:
    """Return the day since which a place's logs must be listed by the dates in their names, None for all of them.

    All are listed once a week, so that also those are found that came later than anybody expects.
    """
    last = read.listed.get(place)
    if last is None or last.whole_at < now - _WHOLE_EVERY:
        return None
    return (last.at - _LATE).date()


def digest_of_gone(catalog: Catalog, without: Collection[str]) -> str:
    """Return what changes when somebody is removed, or objects to statistics."""
    gone = [*sorted(catalog.erased_paths), "", *sorted(catalog.retired_paths), "", *sorted(without)]
    return hashlib.sha256("\n".join(gone).encode()).hexdigest()[:16]


def begin(bucket: Bucket, token: str, begun: Begun) -> ReadLogs:
    """Note that a sync begins to write, and return what was noted before."""
    return change_document(
        bucket,
        READ_KEY,
        ReadLogs,
        lambda found: msgspec.structs.replace(found or ReadLogs(), begun={**(found or ReadLogs()).begun, token: begun}),
    )


def remember(bucket: Bucket, logs: Mapping[str, str]) -> None:
    """Note logs that were read whole, with their marks."""
    change_document(
        bucket,
        READ_KEY,
        ReadLogs,
        lambda found: msgspec.structs.replace(found or ReadLogs(), logs={**(found or ReadLogs()).logs, **logs}),
    )


class LogsSeen(NamedTuple):
    """What a sync saw: the names of the logs that it found, the places of which these are all that there are.

    ``listed`` are places in buckets, and whether all of their logs were listed.
    """

    found: Collection[str]
    whole_places: Collection[str]
    listed: Mapping[str, bool]


def end(bucket: Bucket, token: str, now: datetime, seen: LogsSeen) -> None:
    """Note that a sync ended, which began to look for logs at *now*; logs that are not there any more are forgotten."""
    change_document(bucket, READ_KEY, ReadLogs, lambda found: _after(found or ReadLogs(), token, now, seen))


def _after(before: ReadLogs, token: str, now: datetime, seen: LogsSeen) -> ReadLogs:
    there, places = set(seen.found), tuple(seen.whole_places)
    logs = {name: mark for name, mark in before.logs.items() if name in there or not name.startswith(places)}
    begun = {one: what for one, what in before.begun.items() if one != token and what.at > now - _FORGOTTEN_AFTER}
    listed = {place: _listing(before.listed.get(place), now, is_whole) for place, is_whole in seen.listed.items()}
    return ReadLogs(logs=logs, begun=begun, synced_at=now, listed={**before.listed, **listed})


def _listing(last: Listing | None, now: datetime, is_whole: bool) -> Listing:
    return Listing(now, now if is_whole or last is None else last.whole_at)
