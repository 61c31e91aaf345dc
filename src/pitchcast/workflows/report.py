"""The report: what was published and what came of it by week, and what went before the deals of a list."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec

from pitchcast import __version__
from pitchcast.analytics.audience import BookReader, Period, Tally
from pitchcast.analytics.signals import Deed, Signal, signals_of
from pitchcast.analytics.versions import GUIDELINES, rule_versions
from pitchcast.errors import UsageError
from pitchcast.model.answers.report import CountedFrom, DealsCompared, Publisher, Report, WeekCounts
from pitchcast.model.catalog import Catalog
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.log_marks import mark_of
from pitchcast.model.writer import id_in, name_in
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.books import StoredLogs, find_logs, open_audience, prospects_of_feeds
from pitchcast.upkeep.analytics.hashes import hash_objects
from pitchcast.workflows.report_deals import DealList, compare_deals

WITHIN_DAYS = 90
"""So many days before a deal's dates count, unless it is said otherwise."""

QUIET_AFTER_DAYS = 30
"""Who has not published for more days than these is named."""

SMALLEST_GROUP = 5
"""A report in aggregate shows no number that fewer prospects are behind."""

_PASS_ONS = ("passed on", "colleague")
_FIGURES = ("delivered", "downloads", "plays", "page_opens", "cta_clicks", "pass_ons")
_FIGURES_OF = {
    "open": ("page_opens",),
    "tap": ("cta_clicks",),
    "play": ("plays", "downloads"),
    "download": ("downloads",),
}
"""For each deed, the numbers that it is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """What a report is about: the days, all that logs were read for where not given; and the list of deals.

    ``now`` is from when it looks back, the present where not given.
    """

    first: date | None = None
    last: date | None = None
    within_days: int = WITHIN_DAYS
    aggregate: bool = False
    deals: DealList | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class _SeenInLogs:
    """What access logs say: tallies by day, what each prospect did, and signals of it, oldest first."""

    days: Mapping[str, Tally]
    deeds: Mapping[str, Sequence[Deed]]
    signals: Mapping[str, Sequence[Signal]]
    until: datetime | None


@dataclass(slots=True)
class _Week:
    """A week's numbers while they are counted, and the prospects behind each."""

    published: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_FIGURES, 0))
    behind: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def make_report(project: Project, request: ReportRequest) -> Report:
    """Return the report.

    Raises UsageError where the period ends before it begins, or deals are to be compared and nothing is kept by
    prospect; CatalogError without any log.
    """
    if request.deals and not project.settings.audience.per_prospect:
        raise UsageError(
            "deals cannot be compared, for per_prospect = false keeps nothing of single prospects",
            hint="Leave --deals out.",
        )
    catalog, logs = project.catalog(), find_logs(project)
    now = request.now or project.now()
    period = _period(logs, request)
    counted = Period(period.first - timedelta(days=request.within_days), period.last) if request.deals else period
    seen = _look(project, catalog, logs, counted)
    weeks = _weeks(catalog, seen, period)
    shown = tuple(_shown(monday, week, request.aggregate) for monday, week in weeks.items())
    publishers = _publishers(catalog, now)
    quiet = sum(one.is_quiet for one in publishers)
    return Report(
        show=catalog.show.title,
        first_day=period.first,
        last_day=period.last,
        made_at=now,
        aggregate=request.aggregate,
        weeks=shown,
        total=_total(period, shown),
        publishers=() if request.aggregate else publishers,
        quiet_publishers=None if request.aggregate and quiet < SMALLEST_GROUP else quiet,
        quiet_after_days=QUIET_AFTER_DAYS,
        deals=_deals(project, catalog, logs, seen, request, period),
        counted_from=_counted_from(project, catalog, logs, counted, seen.until),
    )


def _period(logs: StoredLogs, request: ReportRequest) -> Period:
    first = request.first or min(*logs.days, request.last or max(logs.days))
    last = request.last or max(*logs.days, first)
    if last < first:
        raise UsageError("--to is before --from", hint="Give the earlier day with --from.")
    return Period(first, last)


def _look(project: Project, catalog: Catalog, logs: StoredLogs, period: Period) -> _SeenInLogs:
    whose = prospects_of_feeds(catalog)
    with open_audience(project, logs, period.first, period.last) as (audience, _):
        audience.know(whose, ())
        return _seen(catalog, audience, whose, period)


def _seen(catalog: Catalog, audience: BookReader, whose: Mapping[str, str], period: Period) -> _SeenInLogs:
    marks: dict[str, dict[str, str]] = defaultdict(dict)
    for feed in catalog.feeds:
        marks[feed.prospect] |= {mark_of(path): feed.id for path in feed.paths}
    deeds: dict[str, list[Deed]] = defaultdict(list)
    for deed in audience.deeds():
        deeds[whose[deed.feed]].append(deed)
    signals = {who: signals_of(done, marks[who], who, period.first) for who, done in deeds.items()}
    return _SeenInLogs(audience.tallies("day"), deeds, signals, audience.newest())


# ---- by week


def _weeks(catalog: Catalog, seen: _SeenInLogs, period: Period) -> dict[date, _Week]:
    """Return the weeks of a period by their Mondays; of the first and the last only what is in the period."""
    monday = _monday(period.first)
    number = (period.last - monday).days // 7 + 1
    weeks = {monday + timedelta(weeks=n): _Week() for n in range(number)}
    _add_sends(weeks, catalog, period)
    for day, tally in seen.days.items():
        if _is_in(date.fromisoformat(day), period):
            counts = weeks[_monday(date.fromisoformat(day))].counts
            for figure in ("downloads", "plays", "page_opens", "cta_clicks"):
                counts[figure] += getattr(tally, figure)
    _add_prospects(weeks, seen, period)
    for prospect, signals in seen.signals.items():
        for signal in signals:
            if signal.kind in _PASS_ONS and _is_in(signal.moment.date(), period):
                week = weeks[_monday(signal.moment.date())]
                week.counts["pass_ons"] += 1
                week.behind["pass_ons"].add(prospect)
    return weeks


def _add_prospects(weeks: Mapping[date, _Week], seen: _SeenInLogs, period: Period) -> None:
    """Add which prospects are behind the numbers that access logs say."""
    for prospect, deeds in seen.deeds.items():
        for deed in deeds:
            if _is_in(deed.moment.date(), period):
                behind = weeks[_monday(deed.moment.date())].behind
                for figure in _FIGURES_OF.get(deed.did, ()):
                    behind[figure].add(prospect)


def _add_sends(weeks: Mapping[date, _Week], catalog: Catalog, period: Period) -> None:
    """Add what was published and delivered: an episode is published once, and delivered to each feed that holds it."""
    holders: dict[int, list[str]] = defaultdict(list)
    for feed in catalog.feeds:
        for number in feed.releases:
            holders[number].append(feed.prospect or PUBLIC_FEED)
    published: set[str] = set()
    for release in catalog.releases:
        day = release.date.astimezone(UTC).date()
        is_first = release.episode not in published
        published.add(release.episode)
        if _is_in(day, period):
            week = weeks[_monday(day)]
            week.published += is_first
            week.counts["delivered"] += len(holders[release.number])
            week.behind["delivered"].update(holders[release.number])


def _shown(monday: date, week: _Week, aggregate: bool) -> WeekCounts:
    """Return a week's numbers; in aggregate without those that fewer than five prospects are behind."""
    counts: dict[str, int | None] = dict(week.counts)
    if aggregate:
        counts = {name: n if len(week.behind[name]) >= SMALLEST_GROUP else None for name, n in counts.items()}
    return _week_counts(monday, week.published, counts)


def _total(period: Period, weeks: Sequence[WeekCounts]) -> WeekCounts:
    """Return the sums of what is shown: of everything they would tell what is not."""
    sums: dict[str, int | None] = {}
    for name in _FIGURES:
        shown = [getattr(week, name) for week in weeks if getattr(week, name) is not None]
        sums[name] = sum(shown) if shown else None
    return _week_counts(_monday(period.first), sum(week.published for week in weeks), sums)


def _week_counts(monday: date, published: int, counts: Mapping[str, int | None]) -> WeekCounts:
    return WeekCounts(
        week=monday,
        published=published,
        delivered=counts["delivered"],
        downloads=counts["downloads"],
        plays=counts["plays"],
        page_opens=counts["page_opens"],
        cta_clicks=counts["cta_clicks"],
        pass_ons=counts["pass_ons"],
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _is_in(day: date, period: Period) -> bool:
    return period.first <= day <= period.last


# ---- who publishes


def _publishers(catalog: Catalog, now: datetime) -> tuple[Publisher, ...]:
    """Return who has published, whoever has not for longest first."""
    last = {id_in(release.who): release for release in catalog.releases if release.date <= now}
    found = [
        Publisher(
            name=name_in(release.who),
            last_published=release.date,
            days_ago=(now - release.date).days,
            is_quiet=(now - release.date).days > QUIET_AFTER_DAYS,
        )
        for release in last.values()
    ]
    return tuple(sorted(found, key=lambda one: (one.last_published, one.name)))


# ---- deals, and what it was counted from


def _deals(
    project: Project, catalog: Catalog, logs: StoredLogs, seen: _SeenInLogs, request: ReportRequest, period: Period
) -> DealsCompared | None:
    if request.deals is None:
        return None
    compared = compare_deals(project, catalog, logs, seen.signals, request.deals, period, request.within_days)
    return _without_names(compared) if request.aggregate else compared


def _without_names(deals: DealsCompared) -> DealsCompared:
    """Return how many deals there are, where that is not fewer than five; a small group hides the other two too.

    Else the size of a group could be found by taking the others from the whole list.
    """
    sizes = [deals.preceded.deals, deals.not_preceded.deals, deals.unmatched_count]
    is_small = any(size is not None and 0 < size < SMALLEST_GROUP for size in sizes)
    hidden = msgspec.structs.replace(deals.preceded, deals=None, won=None, each=())
    if is_small:
        return msgspec.structs.replace(
            deals, preceded=hidden, not_preceded=hidden, unmatched_count=None, unmatched=(), outside=None
        )
    return msgspec.structs.replace(
        deals,
        preceded=msgspec.structs.replace(hidden, deals=deals.preceded.deals),
        not_preceded=msgspec.structs.replace(hidden, deals=deals.not_preceded.deals),
        unmatched=(),
        outside=None,
    )


def _counted_from(
    project: Project, catalog: Catalog, logs: StoredLogs, period: Period, until: datetime | None
) -> CountedFrom:
    days = [day for day in logs.days if _is_in(day, period.with_days_before)]
    totals = [info for day, info in logs.totals.items() if _is_in(day, period)]
    objects = [logs.agents, *(info for day in days for info in logs.days[day]), *totals]
    return CountedFrom(
        pitchcast=__version__,
        guidelines=GUIDELINES,
        rules=rule_versions(),
        objects=hash_objects(project, logs, objects),
        catalog_revision=catalog.revision,
        until=until,
    )
