"""Caddy's access log: one JSON object a line [Caddy documentation, "log" directive]."""

from pitchcast.analytics.formats.line import LogFormat, sent_span_sql

_SHAPE = """{"ts": "JSON", "status": "VARCHAR", "size": "VARCHAR",
 "request": {"client_ip": "VARCHAR", "remote_ip": "VARCHAR", "method": "VARCHAR", "host": "VARCHAR", "uri": "VARCHAR",
  "headers": {"User-Agent": ["VARCHAR"], "Range": ["VARCHAR"]}},
 "resp_headers": {"Content-Range": ["VARCHAR"]}}"""
_FIRST, _LAST = sent_span_sql("status", "start", "sent")


def fits(line: str) -> bool:
    """Return whether a line can be of this format."""
    return line.startswith("{") and '"request"' in line and '"uri"' in line


def sql(_header: str) -> str:
    """Return the query that takes the lines apart; one that is not JSON is odd."""
    return f"""
WITH parsed AS (
  SELECT file, line, from_json(CASE WHEN json_valid(line) THEN line END, '{_SHAPE}') AS s FROM lines
),
named AS (
  SELECT file, line, json_extract_string(s.ts, '$') AS moment, try_cast(s.status AS SMALLINT) AS status,
    whole_number(s.size) AS sent, s.request.uri AS uri,
    s.request.method AS method, coalesce(s.request.client_ip, s.request.remote_ip) AS address, s.request.host AS host,
    coalesce(s.request.headers['User-Agent'][1], '') AS agent, s.resp_headers['Content-Range'][1] AS span
  FROM parsed
),
typed AS (
  SELECT *,
    TRY(coalesce(
      make_timestamptz((try_cast(moment AS DOUBLE) * 1000000)::BIGINT),
      try_cast(moment AS TIMESTAMPTZ)
    )) AS requested_at,
    CASE WHEN starts_with(span, 'bytes ') THEN whole_number(split_part(substr(span, 7), '-', 1)) END AS start
  FROM named
)
SELECT file, line, requested_at, method, coalesce(lower(host), '') AS place, split_part(uri, '?', 1) AS path,
  CASE WHEN contains(uri, '?') THEN split_part(uri, '?', 2) ELSE '' END AS query, status, sent, 0 AS size,
  {_FIRST} AS first, {_LAST} AS last, address, agent, false AS signed, false AS assumed, '' AS skipped,
  NULL::VARCHAR AS uid,
  NOT coalesce(
    requested_at IS NOT NULL AND status >= 0 AND sent IS NOT NULL AND uri <> '' AND method <> '' AND address <> '',
    false
  ) AS odd
FROM typed
"""


CADDY = LogFormat(name="Caddy", fits=fits, sql=sql, unique=False)
