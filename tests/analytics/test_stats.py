"""``pitchcast stats`` on a show whose logs were read."""

import os
import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from pitchcast.analytics.keeping import Total, write_totals
from pitchcast.model.log_marks import mark_of
from tests.analytics import counting as c
from tests.analytics.counting import Request, a_call, a_feed, a_page, a_request, by_day, write_agents, write_day
from tests.fixtures.program import Run, stored

A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def own_cache(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own for what is kept on this computer."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def read(show: Path, requests: Iterable[Request]) -> None:
    """Put requests where reading the logs puts them."""
    analytics = show / "site/private/analytics"
    for day, rows in by_day(requests).items():
        write_day(rows, analytics / f"requests/day={day}/requests.parquet")
    write_agents(analytics / "agents.parquet")


def episode_of(show: Path, pitchcast: Run) -> str:
    return str(pitchcast("episodes", "list", "--json").json["episodes"][0]["id"])


def test_without_a_log_it_says_what_to_do_first(published: Path, pitchcast: Run) -> None:
    done = pitchcast("stats")
    assert done.code == 1
    assert "no access log has been read yet" in done.err
    assert "pitchcast logs sync FILE" in done.err


@pytest.fixture
def week(published: Path, pitchcast: Run) -> str:
    """A show with a week of requests; the id of its episode."""
    pitchcast("prospects", "edit", "acme-corp", "--segment", "fintech", "--segment", "europe")
    episode = episode_of(published, pitchcast)
    browser = {"agent": c.BROWSER, "address": 8, "block": 80, "episode": episode}
    read(
        published,
        [
            a_page(0, **(browser | {"episode": ""})),
            a_request(60, **browser),
            a_call(120, **(browser | {"episode": ""})),
            a_request(A_DAY, episode=episode),
            a_request(2 * A_DAY, episode=episode, feed="acme-corp.2", network="vpn"),
            a_feed(A_DAY),
            a_feed(2 * A_DAY),
            a_request(3 * A_DAY, episode=episode, agent=c.PROGRAM, network="hosting"),
            a_request(3 * A_DAY, episode=episode, sent=1000),
            a_request(3 * A_DAY, episode=episode, status=404),
        ],
    )
    return episode


def test_the_answer_has_the_promised_names(week: str, pitchcast: Run) -> None:
    answer = pitchcast("stats", "--json").json
    # the feed acme-corp.2 is none of the catalog's, so nobody is told of it
    assert (answer["downloads"], answer["listeners"], answer["plays"]) == (2, 2, 1)
    assert (answer["page_opens"], answer["cta_clicks"], answer["subscribers"]) == (1, 1, 1)
    assert (answer["first_day"], answer["last_day"]) == ("2026-09-08", "2026-09-11")
    (episode,) = answer["episodes"]
    assert (episode["id"], episode["downloads"], episode["listeners"]) == (week, 2, 2)
    (prospect,) = answer["prospects"]
    assert (prospect["id"], prospect["downloads"], prospect["listeners"]) == ("acme-corp", 2, 2)
    assert (prospect["page_opens"], prospect["cta_clicks"]) == (1, 1)
    assert answer["apps"] == [{"app": "Overcast", "feeds": 1, "subscribers": 1}]
    assert {one["rule"]: one["requests"] for one in answer["set_aside"]} == {"F2": 1, "F5": 1, "T1": 1}


@pytest.mark.usefixtures("week")
def test_opens_and_taps_are_of_a_page_and_not_of_an_episode(pitchcast: Run) -> None:
    headers = [line.split() for line in pitchcast("stats").out.splitlines() if "listeners" in line and "plays" in line]
    assert headers == [
        ["episode", "downloads", "listeners", "plays", "delivered"],
        ["prospect", "downloads", "listeners", "plays", "opens", "taps", "delivered"],
    ]
    assert "opens" not in pitchcast("stats", "--by", "episode").out


def test_a_colleague_s_feed_is_the_prospects(week: str, pitchcast: Run) -> None:
    assert pitchcast("prospects", "invite", "Sam Lee", "--by", "acme-corp").code == 0
    answer = pitchcast("stats", "--json").json
    assert (answer["prospects"][0]["downloads"], answer["prospects"][0]["listeners"]) == (3, 2)


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("episode", None),
        ("prospect", ["acme-corp"]),
        ("segment", ["europe", "fintech"]),
        ("day", ["2026-09-08", "2026-09-09"]),
        ("app", ["Chrome", "Overcast"]),
        ("device", ["computer", "phone"]),
        ("network", ["home"]),
    ],
)
def test_by(week: str, pitchcast: Run, by: str, keys: list[str] | None) -> None:
    answer = pitchcast("stats", "--by", by, "--json").json
    assert sorted(row["key"] for row in answer["rows"]) == (keys or [week])
    shared = 2 if by == "segment" else 1
    assert sum(row["downloads"] for row in answer["rows"]) == shared * answer["downloads"]


def test_a_period_counts_its_days_and_understands_them_by_those_before(week: str, pitchcast: Run) -> None:
    day = pitchcast("stats", "--from", "2026-09-09", "--to", "2026-09-09", "--json").json
    assert (day["downloads"], day["page_opens"], day["first_day"], day["last_day"]) == (
        1,
        0,
        "2026-09-09",
        "2026-09-09",
    )
    none = pitchcast("stats", "--from", "2027-01-01", "--json").json
    assert (none["downloads"], none["episodes"][0]["downloads"]) == (0, 0)


def test_the_table_names_the_period_and_what_was_set_aside_and_claims_nothing(week: str, pitchcast: Run) -> None:
    for options in ((), ("--by", "day"), ("--set-aside",)):
        done = pitchcast("stats", *options)
        assert done.code == 0
        assert "2026-09-08 to 2026-09-11" in done.out + done.err
        assert "Set aside: 3 requests for sound" in done.out
        assert not re.search(r"heard|completed|listened|minutes", done.out + done.err)
    assert "stats --set-aside" in pitchcast("stats").out
    assert "curl/8.0" in pitchcast("stats", "--set-aside").out


def test_csv(week: str, published: Path, pitchcast: Run) -> None:
    assert pitchcast("stats", "--by", "day", "--csv", "days.csv").code == 0
    header, *rows = (published / "days.csv").read_text("utf-8").splitlines()
    assert header.split(",")[:5] == ["from", "to", "day", "name", "downloads"]
    assert [row.split(",")[2] for row in rows] == ["2026-09-08", "2026-09-09"]
    assert pitchcast("stats", "--csv", "-").out.splitlines()[1].split(",")[2:5] == ["acme-corp", "Acme Corp", "2"]


@pytest.mark.parametrize(
    "options",
    [
        ("--by", "country"),
        ("--from", "yesteryear"),
        ("--from", "2026-09-09", "--to", "2026-09-08"),
        ("--json", "--csv", "x.csv"),
    ],
)
def test_what_cannot_be_meant_is_refused(week: str, pitchcast: Run, options: tuple[str, ...]) -> None:
    assert pitchcast("stats", *options).code == 2


def test_books_follow_the_storage(week: str, published: Path, pitchcast: Run, own_cache: Path) -> None:
    """What is counted is what the storage holds now, and nothing of what it no longer holds stays on this computer."""
    before = pitchcast("stats", "--json").json
    books = stored(own_cache)
    assert any("day=2026-09-08" in name for name in books)
    assert pitchcast("stats", "--json").json == before
    assert stored(own_cache).keys() == books.keys()
    read(published, [a_request(A_DAY, episode=week), a_request(A_DAY, episode=week, address=99)])
    assert pitchcast("stats", "--json").json["downloads"] == before["downloads"] + 1
    for file in (published / "site/private/analytics/requests").glob("day=2026-09-0[89]/*"):
        file.unlink()
    after = pitchcast("stats", "--json").json
    assert (after["downloads"], after["first_day"]) == (0, "2026-09-10")
    assert not any("day=2026-09-08" in name for name in stored(own_cache))


@pytest.fixture
def totals(week: str, published: Path) -> date:
    """Totals of a day before that week, of which nothing else is kept, and of a day in it, of which all is."""
    day = date(2025, 8, 1)
    for each, downloads in ((day, 5), (date(2026, 9, 9), 1000)):
        file = published / "site/private/analytics" / f"totals/day={each}/totals.parquet"
        file.parent.mkdir(parents=True)
        write_totals([Total("acme-corp", week, downloads), Total("acme-corp.2", week, 50)], file)
    return day


def test_days_of_which_only_totals_are_kept_count_as_downloads(
    week: str, totals: date, published: Path, pitchcast: Run
) -> None:
    answer = pitchcast("stats", "--json", "--by", "segment").json
    assert (answer["downloads"], answer["listeners"], answer["first_day"]) == (7, 2, "2025-08-01")
    assert (answer["episodes"][0]["downloads"], answer["prospects"][0]["downloads"]) == (7, 7)
    assert [(row["key"], row["downloads"]) for row in answer["rows"]] == [("europe", 7), ("fintech", 7)]
    assert answer["only_downloads_until"] == "2025-08-01"
    days = pitchcast("stats", "--json", "--by", "day").json["rows"]
    assert {row["key"]: (row["downloads"], row["listeners"]) for row in days}["2025-08-01"] == (5, 0)
    apps = {row["key"]: row["downloads"] for row in pitchcast("stats", "--json", "--by", "app").json["rows"]}
    assert apps == {"unknown": 5, "Chrome": 1, "Overcast": 1}
    assert "Until 2025-08-01 only downloads are kept" in pitchcast("stats").out
    later = pitchcast("stats", "--json", "--from", "2026-09-01").json
    assert (later["downloads"], later["only_downloads_until"]) == (2, None)
    assert pitchcast("stats", "--html", "stats.html").code == 0
    assert "Until 2025-08-01 only downloads are kept" in (published / "stats.html").read_text("utf-8")


def test_totals_alone_are_counted_too(totals: date, published: Path, pitchcast: Run) -> None:
    for file in (published / "site/private/analytics/requests").glob("*/*"):
        file.unlink()
    answer = pitchcast("stats", "--json").json
    assert (answer["downloads"], answer["listeners"], answer["until"]) == (1005, 0, None)
    assert pitchcast("leads").code == 1  # who did what is gone


def test_what_a_killed_count_left_goes_after_a_day(week: str, pitchcast: Run, own_cache: Path) -> None:
    pitchcast("stats")
    (show,) = (own_cache / "pitchcast/audience").iterdir()
    old, new = show / "at-work-old", show / "at-work-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "requests.parquet").touch()
    os.utime(old, (0, 0))
    pitchcast("stats", "--by", "day")
    assert (old.exists(), new.exists()) == (False, True)


def test_who_was_set_aside_is_in_the_answer_too(week: str, pitchcast: Run) -> None:
    rows = pitchcast("stats", "--json", "--set-aside").json["set_aside_requests"]
    assert {"rule": "F5", "agent": "curl/8.0", "network": "hosting", "requests": 1} in rows


def test_tree(week: str, published: Path, pitchcast: Run) -> None:
    """Feeds, steps and what was seen of them; a mark that is nobody's of the prospect's is none."""
    pitchcast("prospects", "invite", "Sam Lee", "--by", "acme-corp")
    page = pitchcast("prospects", "show", "acme-corp", "--json").json["page_url"]
    mark = mark_of(page.split("/")[-2])
    phone = {"address": 9, "block": 90, "agent": c.BROWSER, "via": mark}
    read(
        published,
        [
            a_page(agent=c.APP),
            a_page(60, **phone),
            a_request(90, **(phone | {"via": "", "episode": week})),
            a_page(120, via="ffffffff", address=10),
            a_page(180, feed="acme-corp.2", address=11, block=70),
        ],
    )
    answer = pitchcast("stats", "--tree", "Acme", "--json").json
    steps = {(step["feed"], tuple(step["via"])): step for step in answer["steps"]}
    assert {key: step["page_opens"] for key, step in steps.items()} == {
        ("acme-corp", ()): 2,
        ("acme-corp", ("acme-corp",)): 1,
        ("acme-corp.2", ()): 1,
    }
    passed_on = steps["acme-corp", ("acme-corp",)]
    assert (passed_on["plays"], passed_on["downloads"], passed_on["networks"]) == (1, 1, 1)
    assert [proof["what"] for proof in answer["at_least_two"]] == ["passed on", "colleague"]
    told = pitchcast("stats", "--tree", "Acme").out
    assert "Acme Corp (acme-corp): 2 opens, 1 download; seen from 1 network, 2 kinds of device" in told
    assert "→ one step on: 1 open, 1 play, 1 download" in told
    assert "└─ Sam Lee (acme-corp.2): 1 open" in told
    assert "At least two people: a link that was passed on was opened" in told
    assert pitchcast("stats", "--tree", "Acme", "--by", "day").code == 2
    assert pitchcast("stats", "--tree", "Nobody").code == 1


def test_html(week: str, published: Path, pitchcast: Run) -> None:
    done = pitchcast("stats", "--html", "stats.html", "--by", "app")
    assert done.code == 0
    page = (published / "stats.html").read_text("utf-8")
    assert "2026-09-08 to 2026-09-11, days in UTC" in page
    assert "By app" in page
    assert "Acme Corp" in page
    assert "F5: programs" in page
    assert pitchcast("stats", "--html", "x.html", "--csv", "x.csv").code == 2
    assert pitchcast("stats", "--html", "nowhere/x.html").code == 1
