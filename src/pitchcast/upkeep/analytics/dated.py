"""Logs in a bucket by the dates in their names: those of old days are jumped over, not listed.

Amazon S3 names logs ``PREFIX2026-09-08-10-15-00-UNIQUE``, below folders such as ``2026/09/08/`` if told to,
CloudFront ``ID.2026-09-08-10.UNIQUE.gz`` or below ``year=2026/month=09/day=08/``, Logpush below ``20260908/``.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from pitchcast.storage.bucket import Bucket, ObjectInfo

_DATE = re.compile(
    r"(?<![0-9])(20[0-9]{2})(-|/month=|/|(?<=[/._-][0-9]{4}))(0[1-9]|1[0-2])(-|/day=|/|)(0[1-9]|[12][0-9]|3[01])(?![0-9])"
)
_MOST_JUMPS = 200
"""Each is a request of its own: where names begin in so many ways, reading on is as quick."""


class _DatedNames(NamedTuple):
    """The name of a log: what stands before its date, and the date as it is written."""

    stem: str
    year: str
    before_month: str
    month: str
    before_day: str
    day: str

    @property
    def written(self) -> str:
        return f"{self.year}{self.before_month}{self.month}{self.before_day}{self.day}"

    def first_of(self, day: date) -> str:
        """Return how names of that day, and of this kind, begin."""
        return f"{self.stem}{day:%Y}{self.before_month}{day:%m}{self.before_day}{day:%d}"


def list_since(bucket: Bucket, prefix: str, since: date | None) -> Iterator[ObjectInfo]:
    """Yield the objects below a prefix, but those whose names say that they are of days before *since*, if given.

    Names without a date are all yielded. Of old ones no more is listed than a page for each way in which names begin.
    """
    after, jumps = "", 0
    while True:
        old = None
        for info in bucket.list_after(prefix, after):
            old = _first_kept(info.key, prefix, since) if since else None
            if old and jumps < _MOST_JUMPS:
                break
            if not old:
                yield info
        else:
            return
        after, jumps = old, jumps + 1


def _first_kept(key: str, prefix: str, since: date) -> str:
    """Return how the names that are kept begin, where this one is older than they are; else ""."""
    found = _DATE.search(key, len(prefix))
    if not found:
        return ""
    dated = _DatedNames(key[: found.start()], *found.groups())
    first = dated.first_of(since)
    return first if f"{dated.stem}{dated.written}" < first else ""
