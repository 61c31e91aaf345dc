"""A made-up quarter of a show, for pictures and tests of its documents."""

import math
from datetime import UTC, date, datetime, timedelta

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
