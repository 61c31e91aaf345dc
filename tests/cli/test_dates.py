"""Dates as people write them, and those that are refused because they can be read in two ways."""

from datetime import date, datetime, timedelta

import pytest

from pitchcast.cli.dates import parse_date, parse_duration_s, parse_end
from pitchcast.errors import UsageError

A_WEDNESDAY = datetime(2026, 11, 25, 15, 30).astimezone()


def local_day(moment: datetime | timedelta | None) -> date:
    assert isinstance(moment, datetime)
    local = moment.astimezone()
    assert (local.hour, local.minute) == (0, 0)
    return local.date()


@pytest.mark.parametrize(
    ("written", "day"),
    [
        pytest.param("2026-12-31", date(2026, 12, 31), id="ISO"),
        pytest.param("31.12.2026", date(2026, 12, 31), id="points"),
        pytest.param("3.4.2027", date(2027, 4, 3), id="with points the day comes first"),
        pytest.param("31. 12. 2026", date(2026, 12, 31), id="points and spaces"),
        pytest.param("31/12/2026", date(2026, 12, 31), id="only one reading, day first"),
        pytest.param("12/31/2026", date(2026, 12, 31), id="only one reading, month first"),
        pytest.param("4/4/2027", date(2027, 4, 4), id="both readings the same"),
        pytest.param("31 December 2026", date(2026, 12, 31), id="month by name"),
        pytest.param("Dec 31, 2026", date(2026, 12, 31), id="month first, short"),
        pytest.param("1st of March", date(2027, 3, 1), id="without a year the first after today"),
        pytest.param("26. 11.", date(2026, 11, 26), id="tomorrow without a year"),
        pytest.param("25.11.", date(2027, 11, 25), id="today without a year is next year's"),
        pytest.param("29 feb", date(2028, 2, 29), id="the next leap day"),
        pytest.param("tomorrow", date(2026, 11, 26), id="tomorrow"),
        pytest.param("Next Friday", date(2026, 11, 27), id="next friday"),
        pytest.param("fri", date(2026, 11, 27), id="short weekday"),
        pytest.param("wednesday", date(2026, 12, 2), id="today's weekday is in a week"),
        pytest.param("on tuesday", date(2026, 12, 1), id="over the end of the month"),
        pytest.param("in 3 months", date(2027, 2, 25), id="months"),
        pytest.param("a year", date(2027, 11, 25), id="a year"),
        pytest.param("next month", date(2026, 12, 25), id="next month"),
        pytest.param("end of month", date(2026, 12, 1), id="when the month has ended"),
        pytest.param("the end of the week", date(2026, 11, 30), id="when the week has ended"),
        pytest.param("end of next month", date(2027, 1, 1), id="next month's end"),
        pytest.param("end of quarter", date(2027, 1, 1), id="quarter"),
        pytest.param("end of year", date(2027, 1, 1), id="year"),
    ],
)
def test_days(written: str, day: date) -> None:
    assert local_day(parse_end(written, "--on", A_WEDNESDAY)) == day


@pytest.mark.parametrize(
    ("written", "span"),
    [
        pytest.param("12h", timedelta(hours=12), id="hours"),
        pytest.param("30d", timedelta(days=30), id="days"),
        pytest.param("30 days", timedelta(days=30), id="in words"),
        pytest.param("8W", timedelta(weeks=8), id="weeks"),
        pytest.param("in 2 weeks", timedelta(weeks=2), id="in"),
        pytest.param("a week from now", timedelta(weeks=1), id="from now"),
        pytest.param("next week", timedelta(weeks=1), id="next week"),
    ],
)
def test_times(written: str, span: timedelta) -> None:
    assert parse_end(written, "--after", A_WEDNESDAY) == span


def test_a_time_of_day_stays() -> None:
    moment = parse_end("2026-12-31T18:00", "--on", A_WEDNESDAY)
    assert isinstance(moment, datetime)
    assert moment == datetime(2026, 12, 31, 18).astimezone()


def test_the_last_day_of_a_shorter_month() -> None:
    last = datetime(2027, 1, 31).astimezone()
    assert local_day(parse_end("in 1 month", "--on", last)) == date(2027, 2, 28)


@pytest.mark.parametrize("written", ["3/4/2026", "3-4-2026", "03/04/2026"])
def test_two_readings_are_refused_and_both_named(written: str) -> None:
    with pytest.raises(UsageError, match="either 3 April 2026 or 4 March 2026") as caught:
        parse_end(written, "--on", A_WEDNESDAY)
    assert caught.value.hint == "Write it as 2026-04-03 or as 2026-03-04."
    with pytest.raises(UsageError):
        parse_date(written)


@pytest.mark.parametrize(
    "written",
    ["soon", "0d", "30m", "32.12.2026", "31.02.2027", "13/13/2026", "31.2.", "next", "f", "31 foo", "99999-01-01", "5"],
)
def test_what_is_no_date(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_end(written, "--on", A_WEDNESDAY)
    assert caught.value.hint


def test_nothing_is_nothing() -> None:
    assert parse_end("", "--on") is None
    assert parse_date("") is None


def test_a_date_for_publish() -> None:
    assert local_day(parse_date("31.12.2025")) == date(2025, 12, 31)
    with pytest.raises(UsageError, match="--date “friday” is not a date"):
        parse_date("friday")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("0.5s", 0.5), ("10m", 600), ("10 min", 600), ("2h", 7200), ("1h30m", 5400)],
)
def test_how_long_something_may_take(written: str, seconds: float) -> None:
    assert parse_duration_s(written, "--timeout") == seconds
