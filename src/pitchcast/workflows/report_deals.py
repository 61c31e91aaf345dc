"""Deals of a CRM's list beside what was seen before them: preceded by it, which is not caused by it."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pitchcast.analytics.audience import Period
from pitchcast.analytics.signals import Signal
from pitchcast.crm.deals import DateOrder, check_date_order, find_deal_columns, read_deals
from pitchcast.crm.files import read_list_file
from pitchcast.crm.table import TableOptions, read_table
from pitchcast.model.answers.leads import LogLine
from pitchcast.model.answers.report import (
    ComparedDeal,
    DealGroup,
    DealsCompared,
    DealSignal,
    UnmatchedDeal,
)
from pitchcast.model.catalog import Catalog
from pitchcast.model.deals import Deal, DealMatch, DealMatcher
from pitchcast.model.objections import objectors
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.books import StoredLogs, sound_lines

__all__ = ["DealList", "check_date_order", "compare_deals", "read_deal_list", "read_list_file"]

_KINDS: Mapping[str, Literal["play", "tap", "passed on"]] = {
    "play": "play",
    "tap": "tap",
    "passed on": "passed on",
    "colleague": "passed on",
}
"""Which signals count here, and what they are called: a colleague's feed that is used was passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealList:
    """A list that was read: its deals, under which headers they were found, and the SHA-256 of the file."""

    deals: tuple[Deal, ...]
    columns: dict[str, str]
    date_order: DateOrder
    sha256: str


DealDate = Literal["creation", "closing"]
Logged = Literal["all", "some", "none"]


class _Before(NamedTuple):
    """A signal of a prospect, and before which of a deal's dates it was seen."""

    prospect: str
    signal: Signal
    dates: tuple[DealDate, ...]


class _Judged(NamedTuple):
    """A deal with its prospects, whether the days before it have logs, and what was seen before it."""

    deal: Deal
    match: DealMatch
    logged: Logged
    signals: tuple[_Before, ...]


def read_deal_list(
    body: bytes, where: str, mapping: Sequence[str] = (), order: DateOrder = "", encoding: str = ""
) -> DealList:
    """Return the deals of a CSV file or spreadsheet, its columns recognised or mapped by ``field=Header``.

    Raises TableError or UsageError, naming *where* it lies.
    """
    table = read_table(body, where, TableOptions(encoding=encoding), mapping)
    columns = find_deal_columns(table.header, mapping, where)
    return DealList(
        deals=read_deals(table, columns, order, where),
        columns=columns.named(),
        date_order=order,
        sha256=hashlib.sha256(body).hexdigest(),
    )


def compare_deals(
    project: Project,
    catalog: Catalog,
    logs: StoredLogs,
    signals: Mapping[str, Sequence[Signal]],
    given: DealList,
    period: Period,
    within_days: int,
) -> DealsCompared:
    """Return the deals created or closed in the period: those with a signal in the days before that, and the others."""
    matcher, objecting = DealMatcher(catalog.prospects), objectors(catalog)
    judged: list[_Judged] = []
    unmatched: list[UnmatchedDeal] = []
    outside = 0
    for deal in given.deals:
        dates = _dates(deal, period)
        if not dates:
            outside += 1
            continue
        match = _counted_only(matcher.match(deal), objecting)
        logged = _logged(logs, min(dates.values()) - timedelta(days=within_days), max(dates.values()))
        if not match.prospects or logged == "none":
            why = match.why or "no access log covers the days before it"
            unmatched.append(UnmatchedDeal(row=deal.row, id=deal.id, name=deal.name, why=why))
            continue
        judged.append(_Judged(deal, match, logged, _before(match, signals, dates, within_days)))
    traced = _traced(project, logs, judged)
    return DealsCompared(
        within_days=within_days,
        sha256=given.sha256,
        columns=given.columns,
        date_order=given.date_order,
        preceded=_group([one for one in traced if one.signals]),
        not_preceded=_group([one for one in traced if not one.signals]),
        unmatched_count=len(unmatched),
        unmatched=tuple(unmatched),
        outside=outside,
    )


def _counted_only(match: DealMatch, objecting: Set[str]) -> DealMatch:
    """Return a match without those of whom nothing is kept: that nothing was seen of them says nothing."""
    counted = tuple(prospect for prospect in match.prospects if prospect not in objecting)
    if match.prospects and not counted:
        return DealMatch((), "", "no statistics are kept of its prospects")
    return match._replace(prospects=counted)


def _dates(deal: Deal, period: Period) -> dict[DealDate, datetime]:
    """Return the dates of a deal that are in the period; an expected closing is not, for it is still to come."""
    dates: dict[DealDate, datetime] = {}
    if deal.created and period.first <= deal.created.at.date() <= period.last:
        dates["creation"] = deal.created.at
    if deal.closed and period.first <= deal.closed.at.date() <= period.last:
        dates["closing"] = deal.closed.at
    return dates


def _logged(logs: StoredLogs, first: datetime, last: datetime) -> Logged:
    """Return whether logs were read for the days from *first* on, as far as the earliest of them says it."""
    begin = min(logs.days)
    if begin <= first.date():
        return "all"
    return "some" if begin <= last.date() else "none"


def _before(
    match: DealMatch,
    signals: Mapping[str, Sequence[Signal]],
    dates: Mapping[DealDate, datetime],
    within_days: int,
) -> tuple[_Before, ...]:
    """Return what was seen of a deal's prospects in the days before its dates, oldest first.

    Where a list has days without times, nothing of the day itself is before it.
    """
    within = timedelta(days=within_days)
    found = []
    for prospect in match.prospects:
        for signal in signals.get(prospect, ()):
            before = tuple(what for what, at in dates.items() if at - within <= signal.moment < at)
            if signal.kind in _KINDS and before:
                found.append(_Before(prospect, signal, before))
    return tuple(sorted(found, key=lambda one: (one.signal.moment, one.prospect, one.signal.kind)))


def _traced(project: Project, logs: StoredLogs, judged: Sequence[_Judged]) -> list[ComparedDeal]:
    """Return the deals as they are answered, each signal with its log lines."""
    before = [signal for one in judged for signal in one.signals]
    keys = {one.signal.sound for one in before if one.signal.sound}
    lines = sound_lines(project, logs, keys) if keys else {}

    def answered(one: _Before) -> DealSignal:
        signal = one.signal
        of_sound = lines.get(signal.sound, ()) if signal.sound else ()
        return DealSignal(
            what=_KINDS[signal.kind],
            at=signal.moment,
            prospect=one.prospect,
            before=one.dates,
            lines=tuple(LogLine(id=f"{line.id:016x}", at=line.at, log=line.log) for line in (*signal.lines, *of_sound)),
        )

    return [
        ComparedDeal(
            row=one.deal.row,
            id=one.deal.id,
            name=one.deal.name,
            stage=one.deal.stage,
            amount=one.deal.amount,
            created=one.deal.created.at if one.deal.created else None,
            closed=one.deal.closed.at if one.deal.closed else None,
            prospects=one.match.prospects,
            matched_by=one.match.by,
            logged=one.logged,
            signals=tuple(answered(signal) for signal in one.signals),
        )
        for one in judged
    ]


def _group(deals: Sequence[ComparedDeal]) -> DealGroup:
    won = sum("won" in deal.stage.casefold() for deal in deals)
    return DealGroup(deals=len(deals), won=won, each=tuple(deals))
