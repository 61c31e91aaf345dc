"""A made-up quarter of a show, for pictures and tests of its documents."""

import math
from datetime import UTC, date, datetime, timedelta

from pitchcast.model.answers.leads import LogLine
from pitchcast.model.answers.report import (
    ComparedDeal,
    CountedFrom,
    DealGroup,
    DealsCompared,
    DealSignal,
    Publisher,
    Report,
    UnmatchedDeal,
    WeekCounts,
)
from pitchcast.model.answers.stats import (
    AppCounts,
    AsideRule,
    CountedRow,
    Counts,
    EpisodeCounts,
    ProspectCounts,
    Stats,
)

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
UNTIL = datetime(2026, 9, 30, 22, 40, tzinfo=UTC)
NAMES = (
    *("Acme Corp", "Borealis Versicherungsgesellschaft auf Gegenseitigkeit", "Citrine Labs", "Delta Freight"),
    *("Ember & Sons", "Fjord Analytics", "Granite Bank", "Halcyon Health"),
)


def numbers(downloads: int) -> dict[str, int]:
    """Return counts that go with so many downloads."""
    return {
        "downloads": downloads,
        "listeners": max(downloads * 2 // 3, min(downloads, 1)),
        "bytes_delivered": downloads * 4_812_345,
        "plays": downloads // 3,
        "page_opens": downloads + downloads // 4,
        "cta_clicks": downloads // 7,
    }


def days_to_show() -> tuple[CountedRow, ...]:
    """Return a month that is quiet on its weekends."""
    rows = []
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        busy = 26 + 14 * math.sin(number / 3.1) if day.weekday() < 5 else 3
        rows.append(CountedRow(key=str(day), name="", **numbers(round(busy))))
    return tuple(rows)


def stats_to_show() -> Stats:
    """Return the statistics of that month."""
    episodes = (
        ("Cut your cloud bill in three steps", 311),
        ("What your invoice does not say", 190),
        ("Nightly jobs", 42),
    )
    return Stats(
        **numbers(543),
        unsure_cta_clicks=9,
        link_previews=12,
        first_day=FIRST,
        last_day=LAST,
        until=UNTIL,
        subscribers=38,
        episodes=tuple(EpisodeCounts(id=f"e{n}", title=t, **numbers(d)) for n, (t, d) in enumerate(episodes)),
        prospects=tuple(
            ProspectCounts(id=f"p{n}", name=name, subscribers=n, **numbers(150 // (n + 1)))
            for n, name in enumerate(NAMES)
        ),
        public=Counts(),
        apps=tuple(
            AppCounts(app=a, feeds=f, subscribers=s) for a, f, s in (("Overcast", 14, 20), ("Apple Podcasts", 11, 18))
        ),
        by="",
        rows=(),
        set_aside=(
            AsideRule(rule="F5", what="programs", requests=214),
            AsideRule(rule="F7", what="data centres and Tor", requests=61),
            AsideRule(rule="T1", what="less than a minute", requests=33),
        ),
    )


def a_week(monday: date, busy: int) -> WeekCounts:
    """Return a week in which so much happened."""
    return WeekCounts(
        week=monday,
        published=1 + busy // 20,
        delivered=busy * 2,
        downloads=busy * 3,
        plays=busy,
        page_opens=busy * 4,
        cta_clicks=busy // 4,
        pass_ons=busy // 6,
    )


def a_deal(row: int, name: str, prospect: str, *signals: DealSignal) -> ComparedDeal:
    """Return a deal that was created in September."""
    return ComparedDeal(
        row=row,
        id=f"90{row}",
        name=name,
        stage="Closed Won" if row % 2 else "Proposal",
        amount=f"{row * 4_000} EUR",
        created=datetime(2026, 9, 10 + row, 9, 30, tzinfo=UTC),
        closed=datetime(2026, 9, 20 + row, 16, tzinfo=UTC) if row % 2 else None,
        prospects=(prospect,),
        matched_by="id",
        logged="all",
        signals=signals,
    )


def report_to_show() -> Report:
    """Return the report of a quarter."""
    mondays = [date(2026, 7, 6) + timedelta(weeks=number) for number in range(12)]
    weeks = tuple(a_week(monday, 18 + round(12 * math.sin(n / 2))) for n, monday in enumerate(mondays))
    line = LogLine(id="0a1b2c3d4e5f6071", at=UNTIL - timedelta(days=21), log="2026-09-09-00-00-00-5A1F2C")
    play = DealSignal(what="play", at=line.at, prospect="acme-corp", before=("creation", "closing"), lines=(line,))
    tap = DealSignal(
        what="tap", at=line.at + timedelta(hours=19), prospect="acme-corp", before=("closing",), lines=(line,)
    )
    acme = a_deal(3, "Acme: yearly licence", "acme-corp", play, tap)
    return Report(
        show="Pitches by Dana",
        first_day=mondays[0],
        last_day=LAST,
        made_at=UNTIL,
        aggregate=False,
        weeks=weeks,
        total=a_week(mondays[0], 203),
        publishers=(
            Publisher(name="Robin Vale", last_published=UNTIL - timedelta(days=47), days_ago=47, is_quiet=True),
            Publisher(name="Dana Reyes", last_published=UNTIL - timedelta(days=2), days_ago=2, is_quiet=False),
        ),
        quiet_publishers=1,
        quiet_after_days=30,
        deals=DealsCompared(
            within_days=90,
            sha256="5" * 64,
            columns={"name": "Deal Name", "created": "Create Date"},
            date_order="",
            preceded=DealGroup(deals=1, won=1, each=(acme,)),
            not_preceded=DealGroup(deals=1, won=0, each=(a_deal(4, "Citrine pilot", "citrine-labs"),)),
            unmatched_count=1,
            unmatched=(UnmatchedDeal(row=5, id="905", name="Zeta", why="none of the show's prospects is in it"),),
            outside=7,
        ),
        counted_from=CountedFrom(
            pitchcast="0.1.0",
            guidelines="IAB Tech Lab Podcast Technical Measurement Guidelines 2.3",
            rules={"rules.py": "1" * 64},
            objects={"private/analytics/requests/day=2026-09-08/requests.parquet": "2" * 64},
            catalog_revision=118,
            until=UNTIL,
        ),
    )
