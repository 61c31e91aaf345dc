"""What counts of what a prospect did, what it is worth, and what is to be done."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from pitchcast.analytics.audience import Period
from pitchcast.analytics.lead_words import Titles, summary, what_to_do
from pitchcast.analytics.scoring import band_of, score_of, weigh
from pitchcast.analytics.signals import Deed, Signal, networks_of, signals_of
from pitchcast.model.leads import LeadRules, SignalKind
from tests.analytics import counting as c
from tests.analytics.counting import NOON, a_call, a_feed, a_page, a_request, counted

OWN, CHILD = "acme-corp", "acme-corp.2"
MARK, OTHERS = "0123abcd", "ffffffff"
MARKS = {MARK: OWN, "89abcdef": CHILD}
A_DAY = 86_400
RULES = LeadRules()


def a_deed(did: str, after_s: float = 0, **changes: object) -> Deed:
    values: dict[str, object] = {
        "feed": OWN,
        "address": 7,
        "agent": 1,
        "block": 70,
        "device": "phone",
        "app": "Chrome",
        "episode": "",
        "via": "",
        "line": int(after_s) + 1,
        "log": "log",
    }
    return Deed(did=did, moment=NOON + timedelta(seconds=after_s), **(values | changes))  # type: ignore[arg-type]


def kinds(deeds: Sequence[Deed], since: date = date(2026, 1, 1)) -> list[str]:
    return [signal.kind for signal in signals_of(deeds, MARKS, OWN, since)]


@pytest.mark.parametrize(
    ("deeds", "expected"),
    [
        pytest.param([a_deed("open"), a_deed("open", 7200)], ["open"], id="opens of a day are one"),
        pytest.param([a_deed("open"), a_deed("open", A_DAY)], ["open", "open"], id="opens of two days"),
        pytest.param([a_deed("play"), a_deed("play", 600, episode="other")], ["play"], id="plays of a day are one"),
        pytest.param([a_deed("tap"), a_deed("tap", 60), a_deed("unsure tap", 90)], ["tap", "unsure tap"], id="taps"),
        pytest.param([a_deed("open"), a_deed("open", A_DAY, via=MARK)], ["open", "open"], id="one's own link again"),
        pytest.param(
            [a_deed("open"), a_deed("open", 60, via=MARK, address=8)], ["open", "passed on"], id="opened by another"
        ),
        pytest.param([a_deed("open", via=OTHERS)], ["open"], id="another prospect's mark is no step"),
        pytest.param([a_deed("download", feed=CHILD)], ["colleague", "download"], id="a colleague's feed"),
        pytest.param(
            [a_deed("open", feed=CHILD), a_deed("open", A_DAY, feed=CHILD)],
            ["colleague", "open", "open"],
            id="a colleague's feed is news once",
        ),
        pytest.param([a_deed("preview"), a_deed("open", 60)], ["open"], id="pasted before the first open"),
        pytest.param(
            [a_deed("open"), *(a_deed("preview", n * A_DAY) for n in (1, 2, 8))],
            ["open", "pasted", "pasted"],
            id="pasted, once a week",
        ),
        pytest.param([a_deed("subscribe", app="Overcast")], ["subscribed"], id="subscribed"),
        pytest.param(
            [a_deed("open", n * 6 * A_DAY) for n in range(3)], ["open", "open", "open", "returning"], id="3 days of 14"
        ),
        pytest.param([a_deed("open", n * 7 * A_DAY) for n in range(3)], ["open"] * 3, id="3 days of 15"),
        pytest.param([a_deed("download", n * A_DAY) for n in range(3)], ["download"] * 3, id="apps come by themselves"),
    ],
)
def test_signals(deeds: list[Deed], expected: list[str]) -> None:
    assert kinds(deeds) == expected


def test_what_was_before_says_what_is_new_and_counts_no_more() -> None:
    """A colleague's feed that had been used before the time that is looked at is no news in it."""
    deeds = [a_deed("open", feed=CHILD), a_deed("open", 20 * A_DAY, feed=CHILD)]
    assert kinds(deeds, NOON.date() + timedelta(days=10)) == ["open"]


def test_a_new_quarter_makes_nobody_new() -> None:
    """Hashes of addresses change with the quarter: who comes again by the same way and agent is not somebody new."""
    first, later = a_deed("open", via=MARK, address=8), a_deed("open", 30 * A_DAY, via=MARK, address=99)
    assert kinds([first, later]) == ["open", "passed on", "open"]
    other = a_deed("open", 30 * A_DAY, via=MARK, address=99, agent=2)
    assert kinds([first, other]) == ["open", "passed on", "open", "passed on"]
    assert networks_of([first, later._replace(block=71)], NOON.date()) == 1


@pytest.mark.parametrize(
    ("signals", "score"),
    [
        pytest.param([("play", 0), ("play", 0)], 18, id="another play"),
        pytest.param([("passed on", 0)] * 6, 50, id="passed on, at most 50"),
        pytest.param([("download", 0)] * 5, 9, id="downloads, at most 9"),
        pytest.param([("tap", 14)], 15, id="half after 14 days"),
        pytest.param([("tap", 28)], 7.5, id="a quarter after 28"),
        pytest.param([("unsure tap", 0), ("open", 0), ("pasted", 0), ("subscribed", 0)], 27, id="small things"),
    ],
)
def test_points(signals: list[tuple[SignalKind, int]], score: float) -> None:
    found = [Signal(kind, OWN, NOON - timedelta(days=days)) for kind, days in signals]
    assert score_of(weigh(found, RULES, NOON)) == score


def test_downloads_count_again_after_30_days() -> None:
    found = [Signal("download", OWN, NOON + timedelta(days=days)) for days in (0, 1, 2, 3, 31)]
    assert len(weigh(found, RULES, NOON)) == 4


@pytest.mark.parametrize(
    ("signals", "band"),
    [
        pytest.param([("tap", 0), ("play", 0)], "call today", id="a tap and a play"),
        pytest.param([("tap", 0)], "warm", id="a tap alone"),
        pytest.param([("tap", 8), ("passed on", 8), ("colleague", 8)], "warm", id="nothing in the last 7 days"),
        pytest.param([("subscribed", 0), ("play", 0), ("returning", 0), ("play", 0)], "warm", id="no reason to call"),
        pytest.param([("play", 0)], "", id="a play"),
    ],
)
def test_bands(signals: list[tuple[SignalKind, int]], band: str) -> None:
    found = [Signal(kind, OWN, NOON - timedelta(days=days)) for kind, days in signals]
    assert band_of(weigh(found, RULES, NOON), RULES, NOON) == band


def test_rules_can_be_set() -> None:
    rules = LeadRules(half_life=1, points_tap=100, warm=50, call_today=51)
    found = [Signal("tap", OWN, NOON - timedelta(days=1))]
    weighed = weigh(found, rules, NOON)
    assert (score_of(weighed), band_of(weighed, rules, NOON)) == (50, "warm")


def test_words_say_what_was_seen_and_what_to_do() -> None:
    names = Titles(episodes={"e": "Cloud bills"}, colleagues={CHILD: "Sam Lee"}, call="Book twenty minutes")
    signals = [
        Signal("play", OWN, NOON - timedelta(days=20), "e"),
        Signal("open", OWN, NOON),
        Signal("tap", OWN, NOON),
        Signal("colleague", CHILD, NOON),
    ]
    told = summary(signals, names, NOON, 3)
    assert told == (
        "pressed play on ‘Cloud bills’ 19 Aug 12:00; opened ‘Book twenty minutes’ Tue 12:00; "
        "the link made for Sam Lee was used Tue 12:00; seen from 3 networks"
    )
    assert what_to_do(signals, "call today", names) == "Ask who else should hear it."
    assert what_to_do(signals[:1], "", names) == "Ask what they think of ‘Cloud bills’."


def test_deeds_of_requests(tmp_path: Path) -> None:
    """What the books have of an open, a play, a tap, an app and its subscription; scanners' pages are none."""
    browser = {"agent": c.BROWSER, "address": 8, "block": 80}
    day = timedelta(days=1)
    audience = counted(
        [
            a_page(0, via=MARK, source="first", **browser),
            a_request(60, **browser),
            a_call(120, **browser),
            a_call(180, address=44),
            a_request(day),
            *(a_request(day + timedelta(minutes=n), address=50 + n) for n in range(4)),
            a_feed(0),
            a_feed(day, source="feed"),
            a_feed(0, agent=c.READER, address=9),
            a_page(200, agent=c.PREVIEW, address=10),
            a_page(300, address=11, block=11),
            a_call(301, address=12, block=11),
        ],
        tmp_path,
        Period(NOON.date(), NOON.date() + day),
    )
    found = [(deed.did, deed.app, deed.via, deed.log) for deed in audience.deeds() if deed.did != "download"]
    assert found == [
        ("open", "Chrome", MARK, "first"),
        ("subscribe", "Feedly", "", "log"),
        ("play", "Chrome", "", ""),
        ("tap", "Chrome", "", "log"),
        ("unsure tap", "Chrome", "", "log"),
        ("preview", "Slack", "", "log"),
        ("subscribe", "Overcast", "", "feed"),
    ]
    assert sum(deed.did == "download" for deed in audience.deeds()) == 3


def test_what_an_iphone_plays_on_the_page_is_no_app_download(tmp_path: Path) -> None:
    requests = [
        a_page(0),
        a_request(60, agent=c.BROWSER),
        a_request(61, agent=c.PLAYER),
        a_page(0, address=8, block=80),
        a_request(60, agent=c.PLAYER, address=8, block=80),
        a_request(60, agent=c.PLAYER, address=9, block=90),
    ]
    found = [(deed.did, deed.address) for deed in counted(requests, tmp_path).deeds() if deed.did != "open"]
    assert sorted(found) == [("download", 9), ("play", 7), ("play", 8)]
