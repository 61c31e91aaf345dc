"""Which format a log has: the one that fits most of its first lines."""

import re
from collections.abc import Sequence

from pitchcast.analytics.formats import caddy, cloudflare, cloudfront, combined, s3
from pitchcast.analytics.formats.line import LogFormat

FORMATS: Sequence[LogFormat] = (
    s3.S3,
    cloudfront.W3C,
    cloudfront.JSON,
    cloudflare.CLOUDFLARE,
    caddy.CADDY,
    combined.COMBINED,
)
"""In the order in which they are tried; where two fit as many lines, the first one is meant."""

LOOKED_AT, MOST_LOOKED_AT = 10, 1000
"""How many lines that are not empty are looked at, and how many where none of those fits: a scanner may be first."""


_CLOUDFRONT = "let CloudFront write W3C or JSON (the output format, in the distribution's settings under Logging)"
_PARQUET = "PAR1"
_A_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}|1[0-9]{9}(?:[0-9]{3})?")
_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "PUT", "POST"))
_BETWEEN = re.compile(r"[\t,;| ]")


def why_unknown(lines: Sequence[str]) -> str:
    """Return why a log that begins with these lines fits no format, and what to set where that is known."""
    if lines and lines[0].startswith(_PARQUET):
        return f"it is Parquet, which is not read: {_CLOUDFRONT}"
    if any(map(_has_fields_without_names, lines)):
        return f"its fields have no names (a line “#Fields: …”): {_CLOUDFRONT}"
    return "its lines are of no form that is known"


def _has_fields_without_names(line: str) -> bool:
    """Return whether a line looks like one of CloudFront's delimited texts, whose fields can be any in any order."""
    fields = [field.strip('"') for field in _BETWEEN.split(line)]
    return any(map(_A_DAY.fullmatch, fields)) and not _METHODS.isdisjoint(fields)


def recognise(lines: Sequence[str]) -> LogFormat | None:
    """Return the format of a log that begins with these lines, None for one that fits none."""
    if any(cloudfront.W3C.fits(line) for line in lines[:3]):
        return cloudfront.W3C  # its header says so; the lines below it could be anything
    fitting: dict[str, int] = {}
    for one in FORMATS:
        fitting[one.name] = sum(map(one.fits, lines))
        if lines and fitting[one.name] == len(lines):
            return one  # no other fits more of them
    best = max(FORMATS, key=lambda one: fitting[one.name])
    return best if fitting[best.name] else None
