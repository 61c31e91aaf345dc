"""What was handed to a CRM: each signal once, as notes and tasks there can be added and never changed."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import msgspec

from pitchcast.analytics.requests import EXPORTED_KEY
from pitchcast.model.base import Record, Row
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import change_document, read_document


class ExportedSignal(Row, frozen=True):
    """A signal that was exported: of which prospect, by which run, and when."""

    prospect: str
    run: str
    at: datetime


class ExportedLead(Row, frozen=True):
    """How a lead was last exported."""

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

    What is about prospects who are not *known* any more, or older than *forget_before*, is forgotten.
    """

    def change(before: ExportedTo) -> ExportedTo:
        kept = {
            event: one
            for event, one in before.signals.items()
            if one.prospect in known and (one.at >= forget_before or event.startswith(LASTING))
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


def forget_exported(bucket: Bucket, prospects: Collection[str]) -> None:
    """Forget what was exported of prospects who were removed; nothing is written where there is nothing of them."""
    found, _ = read_document(bucket, EXPORTED_KEY, Exported)
    if any(_is_about(one, prospects) for one in (found or {}).values()):
        change_document(
            bucket,
            EXPORTED_KEY,
            Exported,
            lambda found: {target: _without(one, prospects) for target, one in (found or {}).items()},
        )


def _change(bucket: Bucket, target: str, change: Callable[[ExportedTo], ExportedTo]) -> ExportedTo:
    def changed(found: Exported | None) -> Exported:
        before = found or {}
        return {**before, target: change(before.get(target, ExportedTo()))}

    return change_document(bucket, EXPORTED_KEY, Exported, changed)[target]


def _is_about(one: ExportedTo, prospects: Collection[str]) -> bool:
    return any(prospect in one.leads for prospect in prospects) or any(
        signal.prospect in prospects for signal in one.signals.values()
    )


def _without(one: ExportedTo, prospects: Collection[str]) -> ExportedTo:
    return ExportedTo(
        signals={event: signal for event, signal in one.signals.items() if signal.prospect not in prospects},
        leads={prospect: lead for prospect, lead in one.leads.items() if prospect not in prospects},
    )
