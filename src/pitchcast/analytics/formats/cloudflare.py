"""Cloudflare's Logpush, data set ``http_requests``: one JSON object a line.

Cloudflare Logs, "HTTP requests". Moments are nanoseconds, seconds or RFC 3339, told apart by their size. What the edge
asked for itself is no listener's request.
"""

from pitchcast.analytics.formats.line import LogFormat, sent_span_sql, uid_sql

_NAMES = (
    "ClientIP",
    "ClientRequestMethod",
    "ClientRequestURI",
    "ClientRequestPath",
    "ClientRequestUserAgent",
    "ClientRequestHost",
    "ClientRequestSource",
    "EdgeResponseStatus",
    "EdgeResponseBodyBytes",
    "EdgeStartTimestamp",
    "RayID",
)
_SECONDS_BELOW = 100_000_000_000  # a number of seconds until the year 5138; more are nanoseconds
_FIRST, _LAST = sent_span_sql("status", "NULL", "sent")
_UID = uid_sql("'cloudflare'", "RayID", "requested_at", "ClientIP", "ClientRequestMethod", "uri", "status", "sent")


def fits(line: str) -> bool:
    """Return whether a line can be of this format."""
    return line.startswith("{") and '"ClientIP"' in line and '"EdgeStartTimestamp"' in line


def sql(_header: str) -> str:
    """Return the query that takes the lines apart; one that is not JSON is odd."""
    shape = ", ".join(f'"{name}": "VARCHAR"' for name in _NAMES)
    columns = ", ".join(f"s['{name}'] AS {name}" for name in _NAMES)
    return f"""
WITH parsed AS (
  SELECT file, line, from_json(CASE WHEN json_valid(line) THEN line END, '{{{shape}}}') AS s FROM lines
),
named AS (SELECT file, line, {columns}, try_cast(s['EdgeStartTimestamp'] AS BIGINT) AS moment FROM parsed),
typed AS (
  SELECT *,
    TRY(CASE
      WHEN moment IS NULL THEN try_cast(EdgeStartTimestamp AS TIMESTAMPTZ)
      WHEN moment < {_SECONDS_BELOW} THEN make_timestamptz(moment * 1000000)
      ELSE make_timestamptz(moment // 1000)
    END) AS requested_at,
    coalesce(ClientRequestURI, ClientRequestPath) AS uri,
    try_cast(EdgeResponseStatus AS SMALLINT) AS status,
    coalesce(whole_number(EdgeResponseBodyBytes), 0) AS sent
  FROM named
)
SELECT file, line, requested_at, ClientRequestMethod AS method, coalesce(lower(ClientRequestHost), '') AS place,
  split_part(uri, '?', 1) AS path, CASE WHEN contains(uri, '?') THEN split_part(uri, '?', 2) ELSE '' END AS query,
  status, sent, 0 AS size, {_FIRST} AS first, {_LAST} AS last, ClientIP AS address,
  coalesce(ClientRequestUserAgent, '') AS agent, false AS signed, false AS assumed,
  CASE WHEN coalesce(ClientRequestSource, 'eyeball') = 'eyeball' THEN '' ELSE 'edge' END AS skipped,
  CASE WHEN RayID IS NULL THEN line ELSE {_UID} END AS uid,
  NOT coalesce(
    requested_at IS NOT NULL AND status >= 0 AND uri <> '' AND ClientRequestMethod <> '' AND ClientIP <> '',
    false
  ) AS odd
FROM typed
"""


CLOUDFLARE = LogFormat(name="Cloudflare", fits=fits, sql=sql)
