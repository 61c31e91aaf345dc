"""What was last seen of each feed, in one small object: enough for the show at a glance, which counts nothing."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from pitchcast.analytics.requests import SUMMARY_KEY
from pitchcast.analytics.signals import Deed
from pitchcast.model.base import Record
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.books import find_logs, has_books, open_audience
from pitchcast.upkeep.analytics.documents import change_document, read_document

_DAYS = timedelta(days=60)


class LastSeen(Record, frozen=True):
    """When a feed's page was last opened and its call tapped, None for not lately, and which episodes were played."""

    feed: str
    opened: datetime | None = None
    tapped: datetime | None = None
    played: dict[str, datetime] = msgspec.field(default_factory=dict)


class Summary(Record, frozen=True):
    """What was last seen of feeds, in logs that were read until ``until``."""

    feeds: tuple[LastSeen, ...] = ()
    until: datetime | None = None


def write_summary(project: Project) -> None:
    """Count what was last seen of each prospect's feeds, and keep it. Raises StorageError."""
    catalog = project.catalog()
    logs = find_logs(project)
    first = max((project.now() - _DAYS).date(), min(logs.days))
    with open_audience(project, logs, first, None) as (audience, _):
        audience.know({feed.id: feed.prospect for feed in catalog.feeds}, ())
        found = Summary(feeds=_last_seen(audience.deeds_on_pages()), until=audience.newest())
        audience.sum_up()  # whoever counts next finds each day's sums
    change_document(project.bucket, SUMMARY_KEY, Summary, lambda _: found)


def read_summary(project: Project) -> Summary:
    """Return what was last seen; nothing is asked for where, as far as is known here, no log was ever read."""
    if not (project.settings.audience.logs or has_books(project)):
        return Summary()
    return _stored(project.bucket)


def _stored(bucket: Bucket) -> Summary:
    found, _ = read_document(bucket, SUMMARY_KEY, Summary)
    return found or Summary()


def _last_seen(deeds: Iterable[Deed]) -> tuple[LastSeen, ...]:
    """Return each feed with what was last seen of it; *deeds* are oldest first."""
    feeds: dict[str, LastSeen] = {}
    for deed in deeds:
        seen = feeds.get(deed.feed, LastSeen(feed=deed.feed))
        if deed.did == "open":
            seen = msgspec.structs.replace(seen, opened=deed.moment)
        elif deed.did == "tap":
            seen = msgspec.structs.replace(seen, tapped=deed.moment)
        elif deed.did == "play":
            seen = msgspec.structs.replace(seen, played={**seen.played, deed.episode: deed.moment})
        else:
            continue
        feeds[deed.feed] = seen
    return tuple(feeds[feed] for feed in sorted(feeds))
