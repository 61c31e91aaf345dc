"""Which logs need not be read again, and which syncs began: to lose this costs time, and no count."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from pitchcast.analytics.requests import READ_KEY
from pitchcast.model.base import Record, Row
from pitchcast.model.catalog import Catalog
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document

_FORGOTTEN_AFTER = timedelta(days=1)  # no sync takes so long


class Begun(Row, frozen=True):
    """A sync that may have written: who was gone when it began, and when that was."""

    gone: str
    at: datetime


class ReadLogs(Record, frozen=True):
    """Logs by their names with the marks that they had, syncs that began and did not end, and the time of the last."""

    logs: dict[str, str] = msgspec.field(default_factory=dict)
    begun: dict[str, Begun] = msgspec.field(default_factory=dict)
    synced_at: datetime | None = None


def read_seen(bucket: Bucket) -> ReadLogs:
    """Return what was read before."""
    found, _ = read_document(bucket, READ_KEY, ReadLogs)
    return found or ReadLogs()


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


def end(bucket: Bucket, token: str, now: datetime, listed: Iterable[str], places: Collection[str]) -> None:
    """Note that a sync ended; logs of these places that are not *listed* any more are forgotten."""
    there = set(listed)

    def change(found: ReadLogs | None) -> ReadLogs:
        before = found or ReadLogs()
        logs = {name: mark for name, mark in before.logs.items() if name in there or not name.startswith(tuple(places))}
        begun = {one: what for one, what in before.begun.items() if one != token and what.at > now - _FORGOTTEN_AFTER}
        return ReadLogs(logs=logs, begun=begun, synced_at=now)

    change_document(bucket, READ_KEY, ReadLogs, change)
