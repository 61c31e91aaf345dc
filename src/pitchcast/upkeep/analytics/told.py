"""Which signals were told: each is claimed before it is sent, so that two computers never tell one twice."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from pitchcast.analytics.requests import TOLD_KEY
from pitchcast.model.base import Record
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document


class Telling(Record, frozen=True):
    """A signal that was claimed: by which run and when; ``sent`` says that it certainly arrived.

    ``feed`` is the prospect's own feed, by which forgetting somebody finds it.
    """

    feed: str
    run: str
    at: datetime
    sent: bool = False


class ToldSignals(Record, frozen=True):
    """Signals that were told, or perhaps told, by their ids."""

    told: dict[str, Telling] = msgspec.field(default_factory=dict)


def read_told(bucket: Bucket) -> Mapping[str, Telling]:
    """Return what was told, or was about to be."""
    found, _ = read_document(bucket, TOLD_KEY, ToldSignals)
    return found.told if found else {}


def claim(
    bucket: Bucket, wanted: Mapping[str, Telling], *, known: Collection[str], forget_before: datetime
) -> frozenset[str]:
    """Claim signals that nobody has claimed, and return which of them are this run's to tell.

    What was told of feeds that are not *known* any more, or before *forget_before*, is forgotten. Raises
    StorageError; what was claimed by then stays claimed, and nobody tells it.
    """

    def change(found: ToldSignals | None) -> ToldSignals:
        kept = {
            event: one
            for event, one in (found.told if found else {}).items()
            if one.feed in known and one.at >= forget_before
        }
        return ToldSignals(told={**wanted, **kept})

    after = change_document(bucket, TOLD_KEY, ToldSignals, change).told
    return frozenset(event for event, one in wanted.items() if after[event].run == one.run)


def mark_sent(bucket: Bucket, run: str) -> None:
    """Note that what a run had claimed arrived."""

    def change(found: ToldSignals | None) -> ToldSignals:
        told = found.told if found else {}
        return ToldSignals(told={event: _sent(one) if one.run == run else one for event, one in told.items()})

    change_document(bucket, TOLD_KEY, ToldSignals, change)


def give_back(bucket: Bucket, run: str) -> None:
    """Give back what a run had claimed, where it is certain that nothing of it was sent."""

    def change(found: ToldSignals | None) -> ToldSignals:
        told = found.told if found else {}
        return ToldSignals(told={event: one for event, one in told.items() if one.run != run})

    change_document(bucket, TOLD_KEY, ToldSignals, change)


def _sent(one: Telling) -> Telling:
    return msgspec.structs.replace(one, sent=True)
