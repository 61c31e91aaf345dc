r"""The "combined" log of nginx and Apache, with or without the range that was asked for as its last field.

nginx writes a quote in a field as ``\x22``, Apache as ``\"``; what has more quotes than its fields is read strictly.
Lines have no request id and seconds only, so two equal lines are two requests.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from pitchcast.analytics.formats.line import LineParts, LogFormat, RefusedLine, sent_span, sent_span_sql

_MOMENT = r"\[(\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]"
_START = re.compile(rf'(\S+) \S+ [^"]*?{_MOMENT} "')
_MOMENTS = re.compile(_MOMENT)
_MIDDLE = re.compile(r'" (\d{3}) (\d{1,15}|-)(?= |$)')
_FIELD = r'"((?:[^"\\]|\\.)*)"'
_END = re.compile(rf'(?: {_FIELD} {_FIELD}(?: {_FIELD})?)?(?: [^"]*)?')
_RANGE = re.compile(r"bytes=(\d{1,15})-\d*")
_TIME = "%d/%b/%Y:%H:%M:%S %z"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LAST_BYTE = 0xFF  # what comes by HTTP has one byte a character
_RENDERED = re.compile(
    rb"(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1) - - \[\d\d/[A-Z][a-z]{2}/[\d:]{13} [+-]\d{4}\] "
    rb'"[ !#-~]*" \d{1,3} \d+ "[ !#-~]*" "[ !#-~]*" "[ !#-~]*"\n?'
)
_UNPLAIN = re.compile(r'[^\x20-\x7e]|["\\]')


def fits(line: str) -> bool:
    """Return whether a line can be of this format: an address, and the time in brackets before the request."""
    return _START.match(line) is not None and _MIDDLE.search(line) is not None


def sql(_header: str) -> str:
    """Return the query that takes the lines apart; every line but an odd one has three or four quoted fields."""
    start = "CASE WHEN asked LIKE 'bytes=%' THEN whole_number(split_part(substr(asked, 7), '-', 1)) END"
    first, last = sent_span_sql("status", "start", "sent")
    return f"""
WITH quoted AS (SELECT file, line, string_split(line, '"') AS p FROM lines),
spaced AS (
  SELECT file, line, (len(p) = 7 OR (len(p) = 9 AND p[7] = ' ')) AND p[5] = ' ' AS whole,
    string_split(p[1], ' ') AS a, string_split(p[2], ' ') AS r, string_split(p[3], ' ') AS b, p[6] AS agent,
    CASE WHEN len(p) = 9 AND NOT contains(p[8], ',') THEN p[8] ELSE '-' END AS asked
  FROM quoted
),
flat AS (
  SELECT file, line,
    whole AND len(a) = 6 AND a[6] = '' AND len(r) = 3 AND len(b) = 4 AND b[1] = '' AND b[4] = ''
    AND NOT contains(r[2], '\\') AND (b[3] = '-' OR whole_number(b[3]) IS NOT NULL) AS whole,
    a[1] AS address, a[4] || ' ' || a[5] AS moment, r[1] AS method, r[2] AS uri, try_cast(b[2] AS SMALLINT) AS status,
    coalesce(whole_number(b[3]), 0) AS sent, agent, {start} AS start
  FROM spaced
),
typed AS (SELECT *, try_strptime(moment, '[{_TIME}]') AS requested_at FROM flat)
SELECT file, line, requested_at, method, '' AS place, split_part(uri, '?', 1) AS path,
  CASE WHEN contains(uri, '?') THEN split_part(uri, '?', 2) ELSE '' END AS query, status, sent, 0 AS size,
  {first} AS first, {last} AS last, address, agent, false AS signed, false AS assumed, '' AS skipped,
  NULL::VARCHAR AS uid, NOT coalesce(whole AND requested_at IS NOT NULL AND status IS NOT NULL, false) AS odd
FROM typed
"""


def strict(line: str) -> LineParts:
    """Return the parts of a line that has quotes or spaces where none belong.

    Raises Refused where what follows a request, or a time, occurs more than once: then one of them was forged.
    """
    start = _START.match(line)
    if start is None:
        raise RefusedLine("form")
    address, moment = start.groups()
    rest = line[start.end() - 1 :]
    middles = list(_MIDDLE.finditer(rest, 1))
    if len(middles) > 1 or len(_MOMENTS.findall(line[: start.end()])) > 1:
        raise RefusedLine("forged")
    end = _END.fullmatch(rest, middles[0].end()) if middles else None
    if end is None:
        raise RefusedLine("form")
    status, sent_text = int(middles[0][1]), middles[0][2]
    sent = 0 if sent_text == "-" else int(sent_text)
    method, _, uri = rest[1 : middles[0].start()].partition(" ")
    path, _, query = uri.rpartition(" ")[0].partition("?")
    asked = _RANGE.fullmatch(end[3] or "")
    first, last = sent_span(status, int(asked[1]) if asked else None, sent)
    return LineParts(
        requested_at=_parsed_moment(moment),
        method=method,
        place="",
        path=path,
        query=query.partition("?")[0],
        status=status,
        sent=sent,
        size=0,
        first=first,
        last=last,
        address=address,
        agent=end[2] or "",
        signed=False,
        assumed=False,
        skipped="",
        uid=None,
    )


def _parsed_moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME)  # noqa: DTZ007 - its offset is in it
    except ValueError as error:
        raise RefusedLine("time") from error


COMBINED = LogFormat(name="combined", fits=fits, sql=sql, unique=False, strict=strict, agent_coding="backslash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request as a web server logs it once it was answered. ``asked_range`` is the header Range, "" for none."""

    at: datetime
    address: str
    request: str
    status: int
    sent_bytes: int
    referrer: str
    agent: str
    asked_range: str


def render_line(answered: Answered) -> bytes:
    """Return a request as a line with its end, as nginx writes it with the range as the last field."""
    month = _MONTHS[answered.at.month - 1]  # whatever language the computer speaks
    fields = (answered.referrer or "-", answered.agent or "-", answered.asked_range or "-")
    quoted = " ".join(f'"{_escaped(field)}"' for field in fields)
    line = (
        f"{answered.address} - - [{answered.at:%d}/{month}/{answered.at:%Y:%H:%M:%S %z}] "
        f'"{_escaped(answered.request)}" {answered.status} {answered.sent_bytes} {quoted}\n'
    )
    return line.encode("ascii")


def is_rendered(line: bytes) -> bool:
    """Return whether a line is as ``render_line`` writes those of requests from this computer."""
    return _RENDERED.fullmatch(line) is not None


def _escaped(text: str) -> str:
    r"""Return a field as nginx writes it: quotes, backslashes and what is not printable ASCII as ``\xXX``."""
    if any(ord(character) > _LAST_BYTE for character in text):
        text = text.encode("utf-8", "replace").decode("latin-1")
    return _UNPLAIN.sub(_hex, text)


def _hex(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02X}"
