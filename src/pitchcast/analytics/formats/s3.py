"""Server access logs of Amazon S3, and of services that write the same lines (B2, OVH, DigitalOcean, Ceph …).

Amazon S3 User Guide, "Amazon S3 server access log format". Request, referer and agent are written raw, so quotes in
them are not escaped: a line with more quotes than three fields have is read strictly. The object is taken from the key,
which only the service writes; from the request nothing is taken but the query.
"""

import re
from datetime import datetime

from pitchcast.analytics.formats.line import LineParts, LogFormat, RefusedLine, sent_span, sent_span_sql, uid_sql

_READS = frozenset({"REST.GET.OBJECT", "WEBSITE.GET.OBJECT"})
_READS_OF_B2 = "REST.S3_GET_OBJECT"  # and whatever its own API calls a download
_START = re.compile(
    r"(\S+) (\S+) \[(\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (\S+) (\S+) (\S+) ([A-Z0-9_.]+) (\S+) "
)
_MIDDLE = re.compile(r'(?:^-|") (\d{3}|-) ([\w.-]+) (\d{1,15}|-) (\d{1,15}|-) (\d{1,15}|-) (\d{1,15}|-) (?=["-])')
_TIME = "%d/%b/%Y:%H:%M:%S %z"


def fits(line: str) -> bool:
    """Return whether a line can be of this format: its time stands third, in brackets."""
    return _START.match(line) is not None


def sql(_header: str) -> str:
    """Return the query that takes the lines apart; every line but an odd one has exactly three quoted fields."""
    first, last = sent_span_sql("status", "NULL", "sent")
    uid = uid_sql(
        "bucket", "moment", "address", "request_id", "operation", "key", "request", "status_text", "sent_text"
    )
    return f"""
WITH quoted AS (SELECT file, line, string_split(line, '"') AS p FROM lines),
spaced AS (
  SELECT file, line, len(p) = 7 AND p[5] = ' ' AS whole, string_split(p[1], ' ') AS a, p[2] AS request,
    string_split(p[3], ' ') AS b, p[6] AS agent
  FROM quoted
),
flat AS (
  SELECT file, line, whole AND len(a) = 10 AND len(b) = 8 AND a[10] = '' AND b[1] = '' AND b[8] = ''
    AND (b[4] = '-' OR whole_number(b[4]) IS NOT NULL) AS whole,
    a[2] AS bucket, a[3] || ' ' || a[4] AS moment, a[5] AS address, a[6] AS requester, a[7] AS request_id,
    a[8] AS operation, a[9] AS key, request, b[2] AS status_text, b[4] AS sent_text, b[5] AS size_text,
    agent
  FROM spaced
),
typed AS (
  SELECT *, try_strptime(moment, '[{_TIME}]') AS requested_at,
    CASE WHEN status_text = '-' THEN 0 ELSE try_cast(status_text AS SMALLINT) END AS status,
    coalesce(whole_number(size_text), 0) AS size,
    operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT', 'REST.S3_GET_OBJECT')
      OR (starts_with(operation, 'B2_API.') AND contains(operation, 'DOWNLOAD')) AS reads,
    sent_text = '-' AND status_text = '200' AND size_text NOT IN ('-', '0')
      AND (operation = 'REST.S3_GET_OBJECT' OR starts_with(operation, 'B2_API.')) AS assumed
  FROM flat
),
summed AS (
  SELECT *, CASE WHEN assumed THEN size ELSE coalesce(whole_number(sent_text), 0) END AS sent FROM typed
)
SELECT file, line, requested_at, CASE WHEN reads THEN 'GET' ELSE operation END AS method, bucket || '/' AS place,
  key AS path, CASE WHEN contains(request, '?') THEN split_part(split_part(request, '?', 2), ' ', 1) ELSE '' END
    AS query,
  status, sent, size, {first} AS first, {last} AS last, address, agent, requester <> '-' AS signed, assumed,
  '' AS skipped, {uid} AS uid,
  NOT coalesce(whole AND requested_at IS NOT NULL AND status IS NOT NULL, false) AS odd
FROM summed
"""


def strict(line: str) -> LineParts:
    """Return the parts of a line that has quotes where none belong.

    Raises Refused where what follows a request occurs more than once: then one of them was forged.
    """
    start = _START.match(line)
    if start is None:
        raise RefusedLine("form")
    _, bucket, moment, address, requester, request_id, operation, key = start.groups()
    rest = line[start.end() :]
    middles = list(_MIDDLE.finditer(rest))
    if len(middles) > 1:
        raise RefusedLine("forged")
    if not middles:
        raise RefusedLine("form")
    middle = middles[0]
    request = rest[: middle.start()].removeprefix('"')
    agent = _agent_of(rest[middle.end() :])
    status_text, _, sent_text, size_text, _, _ = middle.groups()
    status, size = _number(status_text), _number(size_text)
    is_assumed = sent_text == "-" and status == 200 and size > 0 and _is_read_of_b2(operation)
    sent = size if is_assumed else _number(sent_text)
    first, last = sent_span(status, None, sent)
    return LineParts(
        requested_at=_moment(moment),
        method="GET" if operation in _READS or _is_read_of_b2(operation) else operation,
        place=f"{bucket}/",
        path=key,
        query=request.partition("?")[2].partition(" ")[0].partition("?")[0],
        status=status,
        sent=sent,
        size=size,
        first=first,
        last=last,
        address=address,
        agent=agent,
        signed=requester != "-",
        assumed=is_assumed,
        skipped="",
        uid="\x1f".join((bucket, f"[{moment}]", address, request_id, operation, key, request, status_text, sent_text)),
    )


def _is_read_of_b2(operation: str) -> bool:
    return operation == _READS_OF_B2 or (operation.startswith("B2_API.") and "DOWNLOAD" in operation)


def _agent_of(end: str) -> str:
    """Return the agent in a line's end, which begins with the referer; "" where there is none.

    The referer ends at the first quote behind which an agent may stand, the agent at the last quote of all. Raises
    Refused.
    """
    last = end.rfind('"')
    has_referer = end.startswith('"') and last > 0
    if not has_referer and not end.startswith("- "):
        raise RefusedLine("form")
    begin = end.find('" "', 1) + 2 if has_referer else 2
    if 1 < begin < last and end[begin] == '"':
        agent, behind = end[begin + 1 : last], end[last + 1 :]
    else:
        place = last + 1 if has_referer else 1
        if end[place : place + 2] != " -":
            raise RefusedLine("form")
        agent, behind = "", end[place + 2 :]
    if '"' in behind or behind[:1] not in ("", " "):
        raise RefusedLine("form")
    return agent


def _number(text: str) -> int:
    return 0 if text == "-" else int(text)


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME)  # noqa: DTZ007 - its offset is in it
    except ValueError as error:
        raise RefusedLine("time") from error


S3 = LogFormat(name="S3", fits=fits, sql=sql, strict=strict)
