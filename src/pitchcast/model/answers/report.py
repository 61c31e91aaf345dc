"""What ``pitchcast report`` answers: what was sent, what came of it by week, and which deals it went before.

A deal is *preceded by* what was seen, never caused by it. Numbers are None where a report in aggregate shows no group
as small as theirs.
"""

from datetime import date, datetime
from typing import Literal

from pitchcast.model.answers.base import Answer
from pitchcast.model.answers.leads import LogLine


class WeekCounts(Answer, frozen=True):
    """A week from its Monday on: episodes published, deliveries to feeds, and what access logs say.

    ``pass_ons`` are opens of links that were passed on, by somebody new, and first uses of colleagues' feeds.
    """

    week: date
    published: int
    delivered: int | None
    downloads: int | None
    plays: int | None
    page_opens: int | None
    cta_clicks: int | None
    pass_ons: int | None


class Publisher(Answer, frozen=True):
    """Somebody who has published, and when last; ``is_quiet`` where that is longer ago than ``quiet_after_days``."""

    name: str
    last_published: datetime
    days_ago: int
    is_quiet: bool


class DealSignal(Answer, frozen=True):
    """What was seen of a deal's prospect: ``what`` is play, tap or passed on. ``lines`` are those of the logs."""

    what: Literal["play", "tap", "passed on"]
    at: datetime
    prospect: str
    before: tuple[Literal["creation", "closing"], ...]
    lines: tuple[LogLine, ...]


class ComparedDeal(Answer, frozen=True):
    """A deal of the list with the prospects it is about, known by ``matched_by``, and what was seen before it.

    ``logged`` says whether the days before its dates have logs: all, some or none of them.
    """

    row: int
    id: str
    name: str
    stage: str
    amount: str
    created: datetime | None
    closed: datetime | None
    prospects: tuple[str, ...]
    matched_by: str
    logged: Literal["all", "some", "none"]
    signals: tuple[DealSignal, ...]


class UnmatchedDeal(Answer, frozen=True):
    """A deal that is about nobody known, and why."""

    row: int
    id: str
    name: str
    why: str


class DealGroup(Answer, frozen=True):
    """Deals on one side of the comparison: how many, how many of them won as their stage says, and each."""

    deals: int | None
    won: int | None
    each: tuple[ComparedDeal, ...]


class DealsCompared(Answer, frozen=True):
    """Deals created or closed in the period: those preceded by a play, tap or pass-on within so many days, and others.

    ``outside`` are those of other times. ``columns`` are the list's headers by field, ``sha256`` is that of the list.
    """

    within_days: int
    sha256: str
    columns: dict[str, str]
    date_order: Literal["", "dmy", "mdy"]
    preceded: DealGroup
    not_preceded: DealGroup
    unmatched_count: int | None
    unmatched: tuple[UnmatchedDeal, ...]
    outside: int | None


class CountedFrom(Answer, frozen=True):
    """What a report was counted from: the SHA-256 of each object, and of the rules, by name; and who counted.

    ``until`` is the moment of the newest line that was read.
    """

    pitchcast: str
    guidelines: str
    rules: dict[str, str]
    objects: dict[str, str]
    catalog_revision: int
    until: datetime | None


class Report(Answer, frozen=True):
    """What was published from ``first_day`` to ``last_day``, days of UTC, both included, and what was seen of it."""

    show: str
    first_day: date
    last_day: date
    made_at: datetime
    aggregate: bool
    weeks: tuple[WeekCounts, ...]
    total: WeekCounts
    publishers: tuple[Publisher, ...]
    quiet_publishers: int | None
    quiet_after_days: int
    deals: DealsCompared | None
    counted_from: CountedFrom


class ReportDifference(Answer, frozen=True):
    """Something of a report that is another one now: where it stands, what the report says, and what was counted."""

    where: str
    told: str
    counted: str


class VerifiedReport(Answer, frozen=True):
    """Whether a report's numbers are those that are counted now; ``sources`` is what has changed below them."""

    holds: bool
    made_at: datetime
    numbers: int
    differences: tuple[ReportDifference, ...]
    sources: tuple[ReportDifference, ...]
