"""Which format a log has: the one that fits most of its first lines."""

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

LOOKED_AT = 100
"""How many lines that are not empty are looked at."""


def recognise(lines: Sequence[str]) -> LogFormat | None:
    """Return the format of a log that begins with these lines, None for one that fits none."""
    looked_at = lines[:LOOKED_AT]
    if any(cloudfront.W3C.fits(line) for line in looked_at[:3]):
        return cloudfront.W3C  # its header says so; the lines below it could be anything
    fitting: dict[str, int] = {}
    for one in FORMATS:
        fitting[one.name] = sum(map(one.fits, looked_at))
        if looked_at and fitting[one.name] == len(looked_at):
            return one  # no other fits more of them
    best = max(FORMATS, key=lambda one: fitting[one.name])
    return best if fitting[best.name] else None
