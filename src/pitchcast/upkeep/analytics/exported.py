"""What was handed to a CRM: each signal once, as notes and tasks there can be added and never changed."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import msgspec

from pitchcast.analytics.requests import EXPORTED_KEY
from pitchcast.model.base import Record
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document


class ExportedSignal(Record, frozen=True):
    """A signal that was exported: by which run, and when.

    ``feed`` is the prospect's own feed, by which forgetting somebody finds it.
    """

    feed: str
    run: str
    at: datetime


class ExportedLead(Record, frozen=True):
    """How a lead was last exported; ``feed`` is its own feed, by which forgetting somebody finds it."""

    feed: str
    score: int
    band: str
    last: str


class ExportedTo(Record, frozen=True):
    """What one CRM was given: signals by their ids, leads by their prospects' ids."""

    signals: dict[str, ExportedSignal] = msgspec.field(default_factory=dict)
    leads: dict[str, ExportedLead] = msgspec.field(default_factory=dict)


Exported = dict[str, ExportedTo]

LASTING = "member-"
"""How the ids of signals begin that are never forgotten: a campaign takes a member once."""


def read_exported(bucket: Bucket, target: str) -> ExportedTo:
    """Return what a CRM was given."""
    found, _ = read_document(bucket, EXPORTED_KEY, Exported)
    return (found or {}).get(target, ExportedTo())


def claim_exports(
    bucket: Bucket,
    target: str,
    signals: Mapping[str, ExportedSignal],
    *,
    known: Collection[str],
    forget_before: datetime,
) -> frozenset[str]:
    """Claim signals that nobody has exported to a CRM, and return which of them are this run's to export.

    What is about feeds that are not *known* any more, or older than *forget_before*, is forgotten.
    """

    def change(before: ExportedTo) -> ExportedTo:
        kept = {
            event: one
            for event, one in before.signals.items()
            if one.feed in known and (one.at >= forget_before or event.startswith(LASTING))
        }
        leads = {prospect: lead for prospect, lead in before.leads.items() if prospect in known}
        return ExportedTo(signals={**signals, **kept}, leads=leads)

    after = _change(bucket, target, change)
    return frozenset(event for event, one in signals.items() if after.signals[event].run == one.run)


def remember_leads(bucket: Bucket, target: str, leads: Mapping[str, ExportedLead]) -> None:
    """Note how leads were exported."""
    _change(bucket, target, lambda before: msgspec.structs.replace(before, leads={**before.leads, **leads}))


def give_back_exports(bucket: Bucket, target: str, run: str) -> None:
    """Give back what a run had claimed, where its files were not written."""

    def change(before: ExportedTo) -> ExportedTo:
        kept = {event: one for event, one in before.signals.items() if one.run != run}
        return msgspec.structs.replace(before, signals=kept)

    _change(bucket, target, change)


def _change(bucket: Bucket, target: str, change: Callable[[ExportedTo], ExportedTo]) -> ExportedTo:
    def changed(found: Exported | None) -> Exported:
        before = found or {}
        return {**before, target: change(before.get(target, ExportedTo()))}

    return change_document(bucket, EXPORTED_KEY, Exported, changed)[target]
