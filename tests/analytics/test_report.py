"""``pitchcast report`` on a show whose logs were read."""

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from pitchcast.model.log_marks import mark_of
from tests.analytics import counting as c
from tests.analytics.counting import Request, a_call, a_page, a_request, by_day, write_agents, write_day
from tests.fixtures.program import Run

A_DAY = timedelta(days=1)
HUBSPOT = (
    "Record ID,Deal Name,Deal Stage,Close Date,Create Date,Amount,Associated Company,Associated Contact\n"
    "1,Acme renewal,Closed Won,2026-09-20 10:00,2026-09-08 11:00,1000,Acme Corp,Jo Doe (jo@acme.example)\n"
    "2,Acme pilot,Qualified,,2026-09-08,500,Acme Corporation Ltd; Acme Corp,\n"
    "3,Nobody's,Qualified,,2026-09-10 09:00,500,Zeta AG,\n"
    "4,Long ago,Closed Lost,2020-01-01,2019-01-01,500,Acme Corp,\n"
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def read(show: Path, requests: Iterable[Request]) -> None:
    """Put requests where reading the logs puts them."""
    analytics = show / "site/private/analytics"
    for day, rows in by_day(requests).items():
        write_day(rows, analytics / f"requests/day={day}/requests.parquet")
    write_agents(analytics / "agents.parquet")


@pytest.fixture
def weeks(published: Path, pitchcast: Run) -> Path:
    """A show whose logs have an open, a play and a tap of a Tuesday, and a pass-on ten days later."""
    episode = pitchcast("episodes", "list", "--json").json["episodes"][0]["id"]
    page = pitchcast("prospects", "show", "acme-corp", "--json").json["page_url"]
    desk = {"agent": c.BROWSER, "address": 8, "block": 80}
    read(
        published,
        [
            a_page(0, **desk, source="first.log"),
            a_request(60, **desk, episode=episode, source="second.log"),
            a_call(120, **desk, source="third.log"),
            a_page(
                10 * A_DAY, agent=c.BROWSER, address=9, block=90, via=mark_of(page.split("/")[-2]), source="fourth.log"
            ),
        ],
    )
    (published / "deals.csv").write_text(HUBSPOT, "utf-8")
    return published


def test_weeks_deals_and_where_they_come_from(weeks: Path, pitchcast: Run) -> None:
    answer = pitchcast("report", "--deals", "deals.csv", "--to", "2026-12-31", "--json").json
    by_week = {week["week"]: week for week in answer["weeks"]}
    first, second = by_week["2026-09-07"], by_week["2026-09-14"]
    assert [first[name] for name in ("downloads", "plays", "page_opens", "cta_clicks", "pass_ons")] == [1, 1, 1, 1, 0]
    assert [second[name] for name in ("downloads", "page_opens", "pass_ons")] == [0, 1, 1]
    assert (answer["total"]["published"], answer["total"]["delivered"]) == (1, 1)  # this week, not that of the logs
    assert [one["is_quiet"] for one in answer["publishers"]] == [False]

    deals = answer["deals"]
    (renewal,) = deals["preceded"]["each"]
    assert (renewal["name"], renewal["matched_by"], deals["preceded"]["won"]) == ("Acme renewal", "company", 1)
    seen = {signal["what"]: signal for signal in renewal["signals"]}
    assert {what: signal["before"] for what, signal in seen.items()} == {
        "play": ["closing"],  # at noon, and the deal was created at eleven
        "tap": ["closing"],
        "passed on": ["closing"],
    }
    assert [line["log"] for signal in seen.values() for line in signal["lines"]] == [
        "second.log",
        "third.log",
        "fourth.log",
    ]
    assert [deal["name"] for deal in deals["not_preceded"]["each"]] == ["Acme pilot"]  # the same day is not before it
    assert [(deal["row"], deal["name"]) for deal in deals["unmatched"]] == [(4, "Nobody's")]
    assert deals["outside"] == 1

    objects = answer["counted_from"]["objects"]
    for key, digest in objects.items():
        assert hashlib.sha256((weeks / "site" / key).read_bytes()).hexdigest() == digest
    assert len(objects) == 3


def test_the_table_claims_no_cause(weeks: Path, pitchcast: Run) -> None:
    done = pitchcast("report", "--deals", "deals.csv", "--from", "2026-09-01", "--to", "2026-09-30")
    assert done.code == 0
    assert "deals preceded by a play, a tap or a pass-on within 90 days" in done.out
    assert "tap 2026-09-08 12:02, before its closing (third.log, line " in done.out
    assert "Unmatched, row 4: Nobody's" in done.out
    assert "Preceded by is not caused by" in done.err
    assert (
        pitchcast("report", "--deals", "deals.csv", "--within", "2d", "--to", "2026-09-30", "--json").json["deals"][
            "preceded"
        ]["each"][0]["signals"][0]["what"]
        == "passed on"
    )


@pytest.mark.parametrize("form", ["json", "html"])
def test_a_report_can_be_verified(weeks: Path, pitchcast: Run, form: str) -> None:
    """It holds until something that was counted is another thing; then that is named, and the day that changed."""
    made = pitchcast("report", "--deals", "deals.csv", *(("--html", "r.html") if form == "html" else ("--json",)))
    if form == "json":
        (weeks / "r.json").write_text(made.out, "utf-8")
    verify = ("report", "--verify", f"r.{form}")
    assert pitchcast(*verify).code == 2  # without its deals
    done = pitchcast(*verify, "--deals", "deals.csv")
    assert (done.code, "The report holds" in done.out) == (0, True)

    day = weeks / "site/private/analytics/requests/day=2026-09-18/requests.parquet"
    write_day([a_page(10 * A_DAY, agent=c.BROWSER, address=9, block=90)], day)
    changed = pitchcast(*verify, "--deals", "deals.csv", "--json")
    assert changed.code == 1
    wheres = [one["where"] for one in changed.json["differences"]]
    assert "weeks 2026-09-14 pass_ons" in wheres
    assert not [where for where in wheres if "2026-09-07" in where or "unmatched" in where]
    assert [one["where"] for one in changed.json["sources"]] == [
        "private/analytics/requests/day=2026-09-18/requests.parquet"
    ]


def test_a_number_that_was_changed_in_a_report_is_named(weeks: Path, pitchcast: Run) -> None:
    report = pitchcast("report", "--json").json
    report["weeks"][0]["plays"] = 12
    (weeks / "r.json").write_text(json.dumps(report), "utf-8")
    done = pitchcast("report", "--verify", "r.json", "--json")
    assert done.code == 1
    assert done.json["differences"] == [{"where": "weeks 2026-09-07 plays", "told": "12", "counted": "1"}]
    (weeks / "r.json").write_text("{}", "utf-8")
    assert pitchcast("report", "--verify", "r.json").code == 1


def test_who_objects_is_in_no_comparison(weeks: Path, pitchcast: Run) -> None:
    """That nothing was seen of somebody of whom nothing is kept would say that deals go well without it."""
    assert pitchcast("prospects", "edit", "acme-corp", "--no-statistics", "--yes").code == 0
    read(weeks, [a_page(0, feed="public")])  # what a sync leaves is not this test's
    deals = pitchcast("report", "--deals", "deals.csv", "--from", "2026-09-01", "--to", "2026-09-30", "--json").json[
        "deals"
    ]
    assert (deals["preceded"]["deals"], deals["not_preceded"]["deals"]) == (0, 0)
    assert {one["why"] for one in deals["unmatched"]} == {
        "no statistics are kept of its prospects",
        "none of the show's prospects is in it",
    }


def test_without_statistics_by_prospect_deals_are_refused(weeks: Path, pitchcast: Run) -> None:
    settings = weeks / "pitchcast.toml"
    text = settings.read_text("utf-8").replace("[audience]", "[audience]\nper_prospect = false")
    settings.write_text(text, "utf-8")
    done = pitchcast("report", "--deals", "deals.csv")
    assert (done.code, "per_prospect = false" in done.err) == (2, True)


def test_what_is_kept_without_whose_feed_it_was_is_in_the_weeks(weeks: Path, pitchcast: Run) -> None:
    before = pitchcast("report", "--to", "2026-09-30", "--json").json["total"]
    settings = weeks / "pitchcast.toml"
    text = settings.read_text("utf-8").replace("[audience]", "[audience]\nper_prospect = false")
    settings.write_text(text, "utf-8")
    other = '198.51.100.1 - - [01/Sep/2026:10:00:00 +0000] "GET /other HTTP/1.1" 200 9000 "-" "Mozilla"\n'
    (weeks / "access.log").write_text(other, "utf-8")
    assert pitchcast("logs", "sync", "access.log").code == 0  # takes away whose the feeds were
    after = pitchcast("report", "--to", "2026-09-30", "--json").json["total"]
    assert before["downloads"] == after["downloads"] > 0


def test_in_aggregate_nobody_is_named_and_no_group_is_small(weeks: Path, pitchcast: Run) -> None:
    done = pitchcast("report", "--deals", "deals.csv", "--aggregate", "--to", "2026-09-30", "--json")
    answer = done.json
    for week in (*answer["weeks"], answer["total"]):
        assert {week[name] for name in ("downloads", "plays", "page_opens", "cta_clicks", "pass_ons")} == {None}
    assert (answer["publishers"], answer["deals"]["preceded"]["deals"], answer["deals"]["unmatched_count"]) == (
        [],
        None,
        None,
    )
    assert "Acme" not in done.out
    assert pitchcast("report", "--aggregate", "--html", "r.html").code == 0
    assert "Acme" not in (weeks / "r.html").read_text("utf-8")


def test_a_group_of_five_is_shown_in_aggregate(published: Path, pitchcast: Run) -> None:
    (published / "five.csv").write_text("name\n" + "".join(f"Company {n}\n" for n in range(5)), "utf-8")
    pitchcast("prospects", "import", "five.csv", "--no-build")
    feeds = [f"company-{n}" for n in range(5)]
    read(published, [a_page(n, feed=f, address=n, block=n, agent=c.BROWSER) for n, f in enumerate(feeds)])
    (week,) = pitchcast("report", "--aggregate", "--json").json["weeks"]
    assert (week["page_opens"], week["plays"]) == (5, None)


def test_html(weeks: Path, pitchcast: Run) -> None:
    assert pitchcast("report", "--deals", "deals.csv", "--html", "r.html").code == 0
    page = (weeks / "r.html").read_text("utf-8")
    assert "Preceded by is not caused by" in page
    assert "Acme renewal" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    "options",
    [
        ("--within", "2h"),
        ("--dates", "ymd", "--deals", "deals.csv"),
        ("--map", "created=X"),
        ("--deals", "deals.csv", "--map", "colour=X"),
        ("--verify", "r.json", "--aggregate"),
    ],
)
def test_what_cannot_be_meant_is_refused(weeks: Path, pitchcast: Run, options: tuple[str, ...]) -> None:
    assert pitchcast("report", *options).code == 2
