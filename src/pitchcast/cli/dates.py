"""Dates and times as people write them: “2026-12-31”, “31.12.2026”, “next friday”, “in 2 weeks”, “end of month”.

A date is where that day begins, local time. What can be read in two ways is refused, naming both.
"""

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from pitchcast.errors import UsageError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SPAN = re.compile(r"(?:in )?(a|an|one|[1-9][0-9]{0,4}) ?([a-z]+)(?: from now)?")
_NO_TIME = re.compile(r"0 ?[a-z]*")
_UNITS = {
    **dict.fromkeys(("h", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks"), timedelta(weeks=1)),
}
_MONTHS_IN = {"month": 1, "months": 1, "quarter": 3, "quarters": 3, "year": 12, "years": 12}
_NUMBERS = re.compile(r"([0-9]{1,2})([./-]) ?([0-9]{1,2})\2 ?([0-9]{4})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?\.? (?:of )?([a-z]{3,9})\.?,?(?: ([0-9]{4}))?")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?,?(?: ([0-9]{4}))?")
_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?(?:(\d{1,7}(?:\.\d{1,3})?)s)?", re.ASCII)
_HAS_UNIT = re.compile(r"[a-z]")
_LONGEST_S = 30 * 24 * 3600.0
_HINT = "Write it as 2026-12-31, or with a time as 2026-12-31T18:00"


def parse_date(text: str, option: str = "--date") -> datetime | None:
    """Return the moment that *option* names, UTC, None for ""; without an offset it is local time.

    Raises UsageError where it is neither a date nor a date and time of ISO 8601, or can be read in two ways.
    """
    if not text:
        return None
    try:
        return _iso(text) or _begin(_calendar_date(_plain(text), option, _today()))
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"{option} “{text}” is not a date", hint="Write it as 2026-03-02, or with a time as 2026-03-02T09:30."
        ) from error


def parse_day(text: str, option: str) -> date | None:
    """Return the day that *option* names, the same one in every time zone; None for "". Raises UsageError."""
    moment = parse_date(text, option)
    return moment.astimezone().date() if moment else None


def parse_end(text: str, option: str, now: datetime | None = None) -> datetime | timedelta | None:
    """Return the moment at which something ends, UTC, or the time from now until then; None for "".

    Weekdays and days without a year are the first after today. Raises UsageError as parse_date does.
    """
    if not text:
        return None
    now = (now or datetime.now(UTC)).astimezone()
    plain = _plain(text)
    try:
        return _iso(text) or _span(plain) or _begin(_coming_day(plain, option, now.date()))
    except (ValueError, OverflowError, OSError) as error:
        others = ", “30d”, “next friday” or “end of month”"
        raise UsageError(f"{option} “{text}” is not a date or time", hint=f"{_HINT}{others}.") from error


def parse_duration_s(text: str, option: str) -> float:
    """Return a time such as ``90s``, ``10m`` or ``1h30m`` in seconds; a number alone is seconds. Raises UsageError."""
    plain = "".join(text.casefold().split())
    found = _DURATION.fullmatch(plain if _HAS_UNIT.search(plain) else f"{plain}s")
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0.0, 0.0, 0.0)
    duration_s = 3600 * hours + 60 * minutes + seconds
    if not 0 < duration_s <= _LONGEST_S:
        raise UsageError(f"{option} “{text}” is not a time", hint=f"Write it as {option} 90s, 10m or 1h30m.")
    return duration_s


def parse_span(text: str, option: str) -> timedelta:
    """Return a time in hours, days or weeks, or none at all. Raises UsageError."""
    plain = _plain(text)
    span = timedelta(0) if _NO_TIME.fullmatch(plain) else _span(plain)
    if span is None:
        raise UsageError(f"{option} “{text}” is not a time", hint=f"Write it as {option} 7d, 12h or 2w; 0 is none.")
    return span


def parse_since(text: str, option: str) -> datetime | None:
    """Return the moment from which on something counts, UTC: a date, or so long ago; None for "". Raises UsageError."""
    span = _span(_plain(text)) if text else None
    return datetime.now(UTC) - span if span is not None else parse_date(text, option)


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _iso(text: str) -> datetime | None:
    """Return a moment of ISO 8601, None where it is written otherwise. Raises OverflowError, OSError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.astimezone(UTC)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone(UTC)


def _span(plain: str) -> timedelta | None:
    """Return hours, days or weeks; None for anything else."""
    found = _SPAN.fullmatch("a week" if plain == "next week" else plain)
    if found is None or found[2] not in _UNITS:
        return None
    return _count(found[1]) * _UNITS[found[2]]


def _coming_day(plain: str, option: str, today: date) -> date:
    """Return the day that is meant, by name, by how far it is, or as it stands in a calendar. Raises ValueError."""
    named: dict[str, Callable[[], date]] = {
        "today": lambda: today,
        "tonight": lambda: today + timedelta(days=1),
        "tomorrow": lambda: today + timedelta(days=1),
        "day after tomorrow": lambda: today + timedelta(days=2),
        "next month": lambda: _later(today, 1),
        "next year": lambda: _later(today, 12),
    }
    if plain in named:
        return named[plain]()
    if end := re.fullmatch(r"(?:the )?end of (?:(the|this|next) )?(week|month|quarter|year)", plain):
        return _after_period(today, end[2], 1 if end[1] == "next" else 0)
    span = _SPAN.fullmatch(plain)
    if span and span[2] in _MONTHS_IN:
        return _later(today, _count(span[1]) * _MONTHS_IN[span[2]])
    weekday = _index(_DAYS, plain.removeprefix("on ").removeprefix("next ").removeprefix("this "), 3)
    if weekday is not None:
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    return _calendar_date(plain, option, today)


def _calendar_date(plain: str, option: str, today: date) -> date:
    """Return a day as it is written in numbers or with the month's name. Raises ValueError, or UsageError for two."""
    if numbers := _NUMBERS.fullmatch(plain):
        return _from_numbers(int(numbers[1]), int(numbers[3]), int(numbers[4]), numbers[2], f"{option} “{plain}”")
    if short := re.fullmatch(r"([0-9]{1,2})\. ?([0-9]{1,2})\.", plain):
        return _first_after(today, int(short[2]), int(short[1]))
    if found := _DAY_FIRST.fullmatch(plain):
        day, name, year = found[1], found[2], found[3]
    elif found := _MONTH_FIRST.fullmatch(plain):
        day, name, year = found[2], found[1], found[3]
    else:
        raise ValueError(plain)
    month = _index(_MONTHS, name, 3)
    if month is None:
        raise ValueError(plain)
    return date(int(year), month + 1, int(day)) if year else _first_after(today, month + 1, int(day))


def _from_numbers(first: int, second: int, year: int, mark: str, said: str) -> date:
    """Return the day of two numbers and a year; with points the day comes first everywhere."""
    readings = [(second, first)] if mark == "." else [(second, first), (first, second)]
    possible = list(dict.fromkeys(date(year, month, day) for month, day in readings if month <= 12))
    if len(possible) > 1:
        raise UsageError(
            f"{said} is either {_said(possible[0])} or {_said(possible[1])}",
            hint=f"Write it as {possible[0]} or as {possible[1]}.",
        )
    if not possible:
        raise ValueError(said)
    return possible[0]


def _said(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1].title()} {day.year}"


def _first_after(today: date, month: int, day: int) -> date:
    """Return the first such day after today; the 29th of February of the next leap year."""
    years = (year for year in range(today.year, today.year + 9) if day <= calendar.monthrange(year, month)[1])
    coming = (date(year, month, day) for year in years)
    found = next((one for one in coming if one > today), None)
    if found is None:
        raise ValueError(f"{day}.{month}.")
    return found


def _later(today: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month where it has no such day."""
    month = today.month - 1 + months
    year, month = today.year + month // 12, month % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _after_period(today: date, period: str, further: int) -> date:
    """Return the day after the last one of this week, month, quarter or year, or of one *further* on."""
    if period == "week":
        return today + timedelta(days=7 - today.weekday() + 7 * further)
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    first = date(today.year, today.month - (today.month - 1) % months, 1)
    return _later(first, months * (1 + further))


def _count(word: str) -> int:
    return int(word) if word.isdecimal() else 1


def _index(names: tuple[str, ...], word: str, at_least: int) -> int | None:
    """Return which of the names is meant by its first letters, None for none."""
    if len(word) < at_least:
        return None
    return next((n for n, name in enumerate(names) if name.startswith(word)), None)
