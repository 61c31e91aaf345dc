"""Standard logs of Amazon CloudFront, version 1 and 2: W3C lines, or JSON with the same names.

Amazon CloudFront Developer Guide, "Configure standard logging". Fields go by their names. Paths and agents are
percent-encoded. ``sc-bytes`` counts headers too; a range that is named was promised, and need not have come.
"""

import re
from collections.abc import Sequence

from pitchcast.analytics.formats.line import LogFormat, sent_span_sql, uid_sql

_HEADER = re.compile(r"#(Version|Fields):", re.IGNORECASE)
_FIELDS = "#Fields:"
_DELIMITERS = ("\t", ",", "|", " ")
_HEADERS_BYTES = 1024
"""About what an answer's headers take at most; subtracted where the length of what was promised is not reached."""

_NAMES = {
    "date": "day",
    "time": "clock",
    "timestamp": "seconds",
    "timestamp(ms)": "milliseconds",
    "sc-bytes": "sc_bytes",
    "sc-content-len": "content_len",
    "sc-range-start": "range_start",
    "c-ip": "address",
    "cs-method": "method",
    "cs(Host)": "host",
    "x-host-header": "host_header",
    "cs-uri-stem": "path",
    "cs-uri-query": "query",
    "sc-status": "status",
    "cs(User-Agent)": "agent",
    "x-edge-request-id": "request_id",
}
"""The fields that are read, and what they are called in SQL."""


def _is_json(line: str) -> bool:
    return line.startswith("{") and '"c-ip"' in line and '"cs-uri-stem"' in line


def header_of(lines: Sequence[str]) -> str:
    """Return the line that names the fields, "" where there is none; after it, what stands between fields."""
    fields = next((line for line in lines if line.lower().startswith(_FIELDS.lower())), "")
    first = next((line for line in lines if not line.startswith("#")), "")
    wanted = len(fields.split()) - 1
    between = next((sign for sign in _DELIMITERS if len(first.split(sign)) == wanted), "\t")
    return f"{fields}\n{between}" if fields else ""


def _w3c_sql(header: str) -> str:
    fields, _, between = header.partition("\n")
    names = fields.split()[1:]
    columns = [f"{_cell(names, name)} AS {called}" for name, called in _NAMES.items()]
    return f"""
WITH split AS (
  SELECT file, line, string_split(line, '{between}') AS s FROM lines
),
named AS (SELECT file, line, len(s) = {len(names)} AS whole, {", ".join(columns)} FROM split)
{_TYPED}"""


def _cell(names: Sequence[str], name: str) -> str:
    return f"nullif(s[{names.index(name) + 1}], '-')" if name in names else "NULL::VARCHAR"


def _json_sql(_header: str) -> str:
    shape = ", ".join(f'"{name}": "VARCHAR"' for name in _NAMES)
    columns = [f"""nullif(s['{name}'], '-') AS {called}""" for name, called in _NAMES.items()]
    return f"""
WITH parsed AS (
  SELECT file, line, from_json(CASE WHEN json_valid(line) THEN line END, '{{{shape}}}') AS s FROM lines
),
named AS (SELECT file, line, s IS NOT NULL AS whole, {", ".join(columns)} FROM parsed)
{_TYPED}"""


_SOUND = f"""CASE
    WHEN status_text = '000' THEN 0
    WHEN content_len IS NULL THEN greatest(sc_bytes - {_HEADERS_BYTES}, 0)
    WHEN sc_bytes < content_len THEN greatest(sc_bytes - {_HEADERS_BYTES}, 0)
    ELSE content_len END"""
_FIRST, _LAST = sent_span_sql("status", "range_start", "sent")
_UID = uid_sql("'cloudfront'", "request_id", "requested_at", "address", "method", "path", "query", "status", "sc_bytes")
_TYPED = f"""
, typed AS (
  SELECT file, line, whole,
    coalesce(
      try_strptime(day || ' ' || clock || ' +0000', '%Y-%m-%d %H:%M:%S %z'),
      make_timestamptz(whole_number(milliseconds) * 1000),
      make_timestamptz(whole_number(left(seconds, 12)) * 1000000)
    ) AS requested_at,
    method,
    CASE WHEN host_header IS NULL AND host LIKE '%.cloudfront.net' THEN '' ELSE coalesce(host_header, host, '') END
      AS host,
    path, coalesce(query, '') AS query, status AS status_text,
    try_cast(status AS SMALLINT) AS status, coalesce(whole_number(sc_bytes), 0) AS sc_bytes,
    whole_number(content_len) AS content_len, whole_number(range_start) AS range_start, address,
    coalesce(agent, '') AS agent, request_id
  FROM named
),
summed AS (SELECT *, {_SOUND} AS sent FROM typed)
SELECT file, line, requested_at, method, lower(host) AS place, path, query, status, sent, 0 AS size, {_FIRST} AS first,
  {_LAST} AS last, address, agent, false AS signed, false AS assumed,
  CASE WHEN starts_with(line, '#') THEN '#' ELSE '' END AS skipped,
  CASE WHEN request_id IS NULL THEN line ELSE {_UID} END AS uid,
  NOT coalesce(
    whole AND requested_at IS NOT NULL AND status >= 0 AND method <> '' AND path <> '' AND address <> '', false
  ) AS odd
FROM summed
"""

W3C = LogFormat(
    name="CloudFront",
    fits=lambda line: _HEADER.match(line) is not None,
    sql=_w3c_sql,
    header_of=header_of,
    agent_coding="percent",
)
JSON = LogFormat(name="CloudFront JSON", fits=_is_json, sql=_json_sql, agent_coding="percent")
