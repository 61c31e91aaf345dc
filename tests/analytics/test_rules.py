"""The rules of counting, each by rows that show what it does; and together equal to a slow, obvious counter."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.analytics.audience import Tally
from pitchcast.analytics.targets import bytes_needed
from pitchcast.model.episode import Master
from tests.analytics import counting as c
from tests.analytics.counting import NEED, SIZE, Request, SlowCounter, a_call, a_feed, a_page, a_request, counted

A_DAY = timedelta(days=1)
UNPLACED = {"status": 206, "first": None, "last": None}


def ranges(*pieces: tuple[int, int], **changes: object) -> list[Request]:
    """Return requests for pieces of an episode, one a second, that were sent whole."""
    return [
        a_request(n, status=206, first=first, last=last, sent=last - first + 1, **changes)
        for n, (first, last) in enumerate(pieces)
    ]


@pytest.mark.parametrize(
    ("requests", "downloads", "listeners"),
    [
        pytest.param([a_request()], 1, 1, id="a whole file"),
        pytest.param([a_request(status=304, sent=0)], 0, 0, id="F2 not modified"),
        pytest.param([a_request(status=404)], 0, 0, id="F2 not found"),
        pytest.param([a_request(status=0)], 0, 0, id="F2 nothing came"),
        pytest.param([a_request(status=499)], 0, 0, id="F2 the client hung up"),
        pytest.param(ranges((0, 1), need=2), 0, 0, id="F3 a look at two bytes"),
        pytest.param([a_request(status=206, sent=2, need=2)], 0, 0, id="F3 two bytes without a range"),
        pytest.param([a_request(agent=c.NONE)], 0, 0, id="F4 no agent"),
        pytest.param([a_request(agent=99)], 0, 0, id="F4 an agent that nobody knows"),
        pytest.param([a_request(agent=c.PROGRAM)], 0, 0, id="F5 curl"),
        pytest.param([a_request(agent=c.PREVIEW)], 0, 0, id="F5 a preview"),
        pytest.param([a_request(agent=c.WATCH)], 0, 0, id="F6 a watch"),
        pytest.param([a_request(network="hosting")], 0, 0, id="F7 a data centre"),
        pytest.param([a_request(network="tor")], 0, 0, id="F7 Tor"),
        pytest.param([a_request(network="vpn")], 1, 1, id="F7 a VPN is kept"),
        pytest.param([a_request(network="relay")], 1, 1, id="F7 Apple's relay is kept"),
        pytest.param([a_request(feed=f"p{n}") for n in range(20)], 20, 1, id="F8 twenty feeds"),
        pytest.param([a_request(feed=f"p{n}") for n in range(21)], 0, 0, id="F8 twenty-one feeds"),
        pytest.param(
            [a_request(feed=f"p{n}", network="kept") for n in range(21)], 21, 1, id="F8 a network that is kept"
        ),
        pytest.param(
            [a_request(n % 2 * A_DAY, feed=f"p{n}") for n in range(21)], 21, 1, id="F8 twenty-one feeds on two days"
        ),
        pytest.param([a_request(agent=c.OURS)], 0, 0, id="F10 pitchcast itself"),
        pytest.param([a_request(network="own")], 0, 0, id="F10 the company's network"),
        pytest.param(
            [a_request(), a_feed(5, signed=True, agent=c.PROGRAM)], 0, 0, id="F10 an address that signed that day"
        ),
        pytest.param([a_request(), a_feed(A_DAY, signed=True)], 1, 1, id="F10 an address that signed on another day"),
        pytest.param([a_request(agent=c.CLOUDFRONT)], 0, 0, id="F11 a CDN's own fetch"),
        pytest.param([a_request(network="cdn")], 0, 0, id="F11 a CDN's network"),
        pytest.param([a_request(sent=NEED)], 1, 1, id="T1 broken off behind the minute"),
        pytest.param([a_request(sent=NEED - 1)], 0, 0, id="T1 broken off before the minute"),
        pytest.param(ranges((0, NEED - 1)), 1, 1, id="T1 the first minute"),
        pytest.param(ranges((0, NEED - 2)), 0, 0, id="T1 one byte less"),
        pytest.param(ranges((0, 499_999), (500_000, NEED - 1)), 1, 1, id="T1 two ranges in a row"),
        pytest.param(ranges((0, 599_999), (400_000, 999_998)), 0, 0, id="T1 what overlaps counts once"),
        pytest.param(ranges((0, 599_999), (0, 599_999)), 0, 0, id="T1 the same range twice"),
        pytest.param(ranges((4_000_000, 4_499_999), (0, 499_999)), 1, 1, id="T1 ranges anywhere, in any order"),
        pytest.param(
            [a_request(status=206, first=0, last=SIZE - 1, sent=NEED - 1)], 0, 0, id="T1 promised and not sent"
        ),
        pytest.param(
            [a_request(n, sent=600_000, **UNPLACED) for n in range(2)], 1, 1, id="T1 without ranges what was sent"
        ),
        pytest.param([a_request(n, sent=600_000) for n in range(2)], 0, 0, id="T1 status 200 begins at the start"),
        pytest.param([a_request(n, sent=600_000, episode=f"e{n}") for n in range(2)], 0, 0, id="T1 two episodes"),
        pytest.param(
            [a_request(n, sent=600_000, size=SIZE + n, **UNPLACED) for n in range(2)], 0, 0, id="T1 two files"
        ),
        pytest.param([a_request(size=0)], 1, 1, id="T1 of a file whose size nobody knows any more"),
        pytest.param([a_request(), a_request(60)], 1, 1, id="U3 play, pause, play"),
        pytest.param([a_request(), a_request(60, agent=c.BROWSER)], 2, 2, id="U1 two agents are two"),
        pytest.param([a_request(), a_request(60, address=8)], 2, 2, id="U1 two addresses are two"),
        pytest.param([a_request(), a_request(60, episode="other")], 2, 1, id="U1 two episodes, L1 one listener"),
        pytest.param([a_request(), a_request(60, feed="acme-corp.2")], 2, 1, id="U1 two feeds, L1 one listener"),
        pytest.param([a_request(), a_request(A_DAY)], 2, 1, id="U1 two days, L1 one listener"),
        pytest.param(
            [a_request(timedelta(hours=11, minutes=59)), a_request(timedelta(hours=12))], 2, 1, id="W1 midnight in UTC"
        ),
        pytest.param(
            [
                a_request(
                    timedelta(hours=h), sent=600_000, requested_at=datetime(2026, 9, d, h, tzinfo=UTC), **UNPLACED
                )
                for d, h in ((8, 23), (9, 0))
            ],
            0,
            0,
            id="W1 a play across midnight reaches neither day's minute",
        ),
    ],
)
def test_downloads(requests: list[Request], downloads: int, listeners: int, tmp_path: Path) -> None:
    found = counted(requests, tmp_path).tallies().get("", Tally())
    assert (found.downloads, found.listeners) == (downloads, listeners)


WINDOW_TABLE = (
    ("Monday 22:00", datetime(2026, 9, 7, 22, tzinfo=UTC), 1),
    ("Tuesday 03:00", datetime(2026, 9, 8, 3, tzinfo=UTC), 1),
    ("Tuesday 22:15", datetime(2026, 9, 8, 22, 15, tzinfo=UTC), 0),
    ("Wednesday 23:15", datetime(2026, 9, 9, 23, 15, tzinfo=UTC), 1),
)
"""Requests of one address and agent for one episode, and whether each is a download by a calendar day [PTM 5.5.1].

The guideline's other columns are of windows that roll (1, 0, 1, 1) or are extended (1, 0, 0, 1), which W1 is not.
"""


@pytest.mark.parametrize("so_far", range(1, len(WINDOW_TABLE) + 1), ids=[when for when, _, _ in WINDOW_TABLE])
def test_the_guideline_s_table_of_measurement_windows(so_far: int, tmp_path: Path) -> None:
    """W1: one request after the other, by the column for a fixed calendar day."""
    seen = WINDOW_TABLE[:so_far]
    found = counted([a_request(requested_at=moment) for _, moment, _ in seen], tmp_path).tallies()[""]
    assert (found.downloads, found.listeners) == (sum(is_new for _, _, is_new in seen), 1)


MASTER = Master(
    sha256="0" * 64,
    size_bytes=2_000_000,
    samples=240 * 48_000,
    sample_rate_hz=48_000,
    channels=1,
    bitrate_kbps=64,
    integrated_lufs=-19.0,
    heard_lufs=-16.0,
    true_peak_dbtp=-1.0,
    audio_offset_bytes=80_000,
)


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        pytest.param({}, 80_000 + 480_000, id="T2 a quarter of the sound of four minutes"),
        pytest.param({"samples": 59 * 48_000}, 2_000_000, id="T2 a shorter file whole"),
        pytest.param({"samples": 60 * 48_000}, 2_000_000, id="T2 a file of just one minute"),
        pytest.param({"samples": 240 * 48_000 - 1}, 80_000 + 480_001, id="T2 a part of a byte is a byte"),
    ],
)
def test_bytes_needed(changes: dict[str, int], need: int) -> None:
    assert bytes_needed(msgspec.structs.replace(MASTER, **changes)) == need


PHONE = {"agent": c.BROWSER, "address": 9, "block": 90}


@pytest.mark.parametrize(
    ("requests", "opens", "plays", "taps", "unsure", "previews"),
    [
        pytest.param([a_page()], 1, 0, 0, 0, 0, id="H1 an open"),
        pytest.param([a_page(), a_page(A_DAY, status=304)], 2, 0, 0, 0, 0, id="H1 a second visit, not modified"),
        pytest.param([a_page(), a_page(1800)], 1, 0, 0, 0, 0, id="H1 within 30 minutes"),
        pytest.param([a_page(), a_page(1801)], 2, 0, 0, 0, 0, id="H1 later than that"),
        pytest.param([a_page(), a_page(1200), a_page(2400)], 1, 0, 0, 0, 0, id="H1 one look after the other"),
        pytest.param([a_page(status=404)], 0, 0, 0, 0, 0, id="H1 no page"),
        pytest.param([a_page(network="own")], 0, 0, 0, 0, 0, id="H1 we ourselves"),
        pytest.param([a_page(agent=c.PREVIEW), a_page(9, agent=c.PREVIEW)], 0, 0, 0, 0, 1, id="H2 pasted into Slack"),
        pytest.param([a_page(agent=c.SCANNER)], 0, 0, 0, 0, 0, id="H3 a scanner by name"),
        pytest.param([a_page(network="hosting")], 0, 0, 0, 0, 0, id="H3 a scanner in a data centre"),
        pytest.param([a_page(), a_call(2, agent=c.APP)], 0, 0, 0, 0, 0, id="H3 page and call within two seconds"),
        pytest.param([a_call(), a_page(1, address=8)], 0, 0, 0, 0, 0, id="H3 in the other order, from its neighbour"),
        pytest.param([a_page(), a_call(2, block=71)], 1, 0, 0, 1, 0, id="H3 from another block"),
        pytest.param([a_page(), a_call(3)], 1, 0, 1, 0, 0, id="H4 a tap behind an open"),
        pytest.param([a_call()], 0, 0, 0, 1, 0, id="H4 a tap out of nowhere"),
        pytest.param([a_request(), a_call(60)], 0, 0, 1, 0, 0, id="H4 a tap in an app's notes"),
        pytest.param([a_page(), a_call(30 * A_DAY)], 1, 0, 1, 0, 0, id="H4 after 30 days"),
        pytest.param(
            [a_page(), a_call(30 * A_DAY + timedelta(seconds=1))], 1, 0, 0, 1, 0, id="H4 after more than that"
        ),
        pytest.param([a_page(feed="acme-corp.2"), a_call(60)], 1, 0, 0, 1, 0, id="H4 behind another feed's open"),
        pytest.param([a_page(), a_request(60, agent=c.BROWSER)], 1, 1, 0, 0, 0, id="H5 a play on the page"),
        pytest.param([a_page(), a_request(60, agent=c.PLAYER)], 1, 1, 0, 0, 0, id="H5 a play in Safari on an iPhone"),
        pytest.param(
            [a_page(), a_request(60, agent=c.BROWSER), a_request(61, agent=c.PLAYER)],
            *(1, 1, 0, 0, 0),
            id="H5 Safari and its player are one play",
        ),
        pytest.param(
            [a_page(), a_request(60, agent=c.BROWSER), a_request(61, agent=c.PLAYER, episode="p-2")],
            *(1, 2, 0, 0, 0),
            id="H5 of two episodes",
        ),
        pytest.param([a_page(), a_request(60)], 1, 0, 0, 0, 0, id="H5 an app is no play on the page"),
        pytest.param([a_page(), a_request(60, agent=c.BROWSER, sent=9)], 1, 0, 0, 0, 0, id="H5 less than a minute"),
        pytest.param([a_page(), a_request(14_400, agent=c.BROWSER)], 1, 1, 0, 0, 0, id="H5 after four hours"),
        pytest.param([a_page(), a_request(14_401, agent=c.BROWSER)], 1, 0, 0, 0, 0, id="H5 after more than that"),
        pytest.param([a_page(), a_request(60, **PHONE)], 1, 0, 0, 0, 0, id="H5 from another address"),
        pytest.param([a_request(agent=c.BROWSER), a_page(60)], 1, 0, 0, 0, 0, id="H5 before the open"),
    ],
)
def test_visits(
    requests: list[Request], opens: int, plays: int, taps: int, unsure: int, previews: int, tmp_path: Path
) -> None:
    found = counted(requests, tmp_path).tallies().get("", Tally())
    counts = (found.page_opens, found.plays, found.cta_clicks, found.unsure_cta_clicks, found.link_previews)
    assert counts == (opens, plays, taps, unsure, previews)


@pytest.mark.parametrize(
    ("requests", "found"),
    [
        pytest.param([a_feed()], [], id="C1 once"),
        pytest.param([a_feed(), a_feed(60)], [], id="C1 twice on one day"),
        pytest.param([a_feed(), a_feed(A_DAY)], [("acme-corp", "Overcast", 1)], id="C1 on two days"),
        pytest.param([a_feed(), a_feed(14 * A_DAY)], [], id="C1 on two days of fifteen"),
        pytest.param(
            [a_feed(n * A_DAY, address=a) for n in range(2) for a in (7, 8)],
            [("acme-corp", "Overcast", 2)],
            id="C1 two addresses",
        ),
        pytest.param([a_feed(agent=c.READER)], [("acme-corp", "Feedly", 12)], id="C1 an aggregator says it"),
        pytest.param(
            [a_feed(agent=c.READER), a_feed(60, agent=c.READER_TOO)], [("acme-corp", "Feedly", 12)], id="C1 the largest"
        ),
        pytest.param([a_feed(agent=c.READER), a_page(7 * A_DAY)], [], id="C1 said longer than seven days ago"),
        pytest.param([a_feed(n * A_DAY, agent=c.BROWSER) for n in range(2)], [], id="C1 a browser is none"),
        pytest.param([a_feed(n * A_DAY, network="own") for n in range(2)], [], id="C1 we ourselves"),
    ],
)
def test_subscribers(requests: list[Request], found: list[tuple[str, str, int]], tmp_path: Path) -> None:
    assert counted(requests, tmp_path).subscribers() == found


# ---- random requests: small files, so that a set of bytes can be made of each

MINUTES = st.integers(0, 3 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes) - timedelta(days=1))
MOMENTS = st.builds(lambda minutes, s: minutes + timedelta(seconds=s), MINUTES, st.integers(0, 6))
WHO = {
    "address": st.integers(1, 3),
    "block": st.integers(1, 2),
    "agent": st.sampled_from([agent.id for agent in c.AGENTS]) | st.sampled_from([c.BROWSER, c.APP, c.PLAYER]),
    "network": st.sampled_from(["home", "home", "home", "vpn", "hosting", "own", "kept", "cdn"]),
    "feed": st.sampled_from(["acme-corp", "acme-corp.2", "globex"]),
    "signed": st.sampled_from([False] * 30 + [True]),
}
SOUNDS = st.builds(
    a_request,
    MOMENTS,
    episode=st.sampled_from(["pitch", "other"]),
    status=st.sampled_from([200, 206, 206, 206, 304, 404]),
    size=st.sampled_from([100, 100, 100, 90, 0]),
    need=st.just(40),
    sent=st.integers(0, 100),
    first=st.none() | st.integers(0, 99),
    last=st.none() | st.integers(0, 99),
    **WHO,
)
PAGES = st.builds(
    a_page, MOMENTS, what=st.sampled_from(["page", "call"]), status=st.sampled_from([200, 304, 404]), **WHO
)


@settings(max_examples=25, deadline=None)
@given(st.lists(SOUNDS | PAGES, min_size=1, max_size=40))
def test_the_count_is_that_of_a_slow_counter(tmp_path_factory: pytest.TempPathFactory, requests: list[Request]) -> None:
    slow = SlowCounter(requests)
    found = counted(requests, tmp_path_factory.mktemp("random")).tallies().get("", Tally())
    counts = (found.downloads, found.listeners, found.page_opens, found.plays, found.cta_clicks)
    expected = (len(slow.downloads()), slow.listeners(), len(slow.opens()), len(slow.plays()), *slow.taps())
    assert (*counts, found.unsure_cta_clicks) == expected
