"""The show at a glance: what was sent last, what needs attention, and what comes next.

It is what somebody sees who types the program's name alone. So it reads the catalog once, asks nothing that takes long,
and changes nothing; what is thorough is the doctor's.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from pitchcast.errors import PitchcastError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.base import Failure
from pitchcast.model.answers.home import Home
from pitchcast.model.answers.sent import SeenSince, Sending, sendings
from pitchcast.model.catalog import Catalog, Release
from pitchcast.model.finding import Finding
from pitchcast.model.place import is_here, refuse_moved
from pitchcast.model.text import first_few
from pitchcast.production.differences import differences
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.summary import LastSeen, Summary, read_summary
from pitchcast.upkeep.interrupted import check_interrupted

NOTHING_YET = Home(
    show="",
    settings_file="",
    storage="",
    public_url="",
    online=False,
    sent=(),
    attention=(),
    next="",
    problem=None,
    catalog_revision=0,
)
"""What is answered where nothing is known: no show was begun, or its settings cannot be read."""

_SENT = 5
_NAMED = 3
_ENDS_SOON = timedelta(days=14)


def look(project: Project) -> Home:
    """Return the show at a glance; one that cannot be read is told of as a problem, and raises nothing."""
    settings = project.settings
    public_url = project.public_url()
    place = msgspec.structs.replace(
        NOTHING_YET,
        show=settings.show.title if settings.file else "",
        settings_file=str(settings.file or ""),
        storage=project.bucket.url,
        public_url=public_url,
        online=not is_here(public_url),
        next=_publish(),
    )
    try:
        catalog = project.ledger.load().catalog
        if catalog is None:
            return place
        if catalog.moved and catalog.moved.announced:
            refuse_moved(catalog.moved, project.bucket.url)
        return _shown(project, place, catalog)
    except PitchcastError as error:
        return msgspec.structs.replace(place, problem=failure_of(error), next=pitchcast_command("doctor"))


def failure_of(error: PitchcastError) -> Failure:
    """Return an error as it is told in an answer."""
    return Failure(kind=error.kind, message=error.message, hint=error.hint)


def _shown(project: Project, place: Home, catalog: Catalog) -> Home:
    online = not is_here(catalog.public_url)
    latest = _latest_held(catalog)
    put_online = pitchcast_command("join FILE")
    summary = read_summary(project)
    return msgspec.structs.replace(
        place,
        show=catalog.show.title,
        public_url=catalog.public_url,
        online=online,
        sent=tuple(_seen(catalog, latest, sendings(catalog, latest), summary)),
        seen_until=summary.until,
        attention=tuple(_attention(project, catalog, nobody_has_any=not latest)),
        next=_publish() if online or not latest else put_online,
        catalog_revision=catalog.revision,
    )


def _publish() -> str:
    return pitchcast_command("publish RECORDING --to", "Acme Corp")


def _latest_held(catalog: Catalog) -> list[Release]:
    """Return the last releases that some feed still holds, latest first."""
    held = {number for feed in catalog.feeds for number in feed.releases}
    latest = (release for release in reversed(catalog.releases) if release.number in held)
    return list(islice(latest, _SENT))


def _seen(
    catalog: Catalog, releases: Sequence[Release], sent: Sequence[Sending], summary: Summary
) -> Iterator[Sending]:
    """Yield what was sent, with what was seen since then as far as logs were read."""
    if summary.until is None:
        yield from sent
        return
    last = _last_seen(catalog, summary)
    for release, sending in zip(releases, sent, strict=True):
        holding = [feed for feed in catalog.feeds if release.number in feed.releases]
        prospects = [last.get(prospect, []) for prospect in {feed.prospect for feed in holding}]
        yield msgspec.structs.replace(sending, seen=_seen_since(release, prospects))


def _last_seen(catalog: Catalog, summary: Summary) -> dict[str, list[LastSeen]]:
    """Return what was last seen of each prospect's feeds."""
    of_feeds = {one.feed: one for one in summary.feeds}
    of_prospects: dict[str, list[LastSeen]] = {}
    for feed in catalog.feeds:
        if feed.prospect and feed.id in of_feeds:
            of_prospects.setdefault(feed.prospect, []).append(of_feeds[feed.id])
    return of_prospects


def _seen_since(release: Release, prospects: Sequence[Sequence[LastSeen]]) -> SeenSince:
    """Return how many prospects did what since a release; each comes with what was last seen of its feeds."""

    def count(moment_of: Callable[[LastSeen], datetime | None]) -> int:
        moments = [[moment_of(feed) for feed in feeds] for feeds in prospects]
        return sum(any(one is not None and one >= release.date for one in some) for some in moments)

    return SeenSince(
        opened=count(lambda feed: feed.opened),
        played=count(lambda feed: feed.played.get(release.episode)),
        tapped=count(lambda feed: feed.tapped),
    )


def _attention(project: Project, catalog: Catalog, *, nobody_has_any: bool) -> Iterator[Finding]:
    """Yield what somebody should look at, as far as the catalog and the records of work under way tell it."""
    yield from (one for one in check_interrupted(project, catalog) if one.level != "ok")
    yield from _ending_soon(project, catalog)
    yield from _suspended(catalog)
    apply = f"Use what pitchcast.toml says: {pitchcast_command('show apply')}"
    for difference in differences(project, catalog):
        yield Finding(level="warning", where=difference.key, what=str(difference), do=apply)
    if nobody_has_any:
        count = len(catalog.prospects)
        people = f", of {count:,} prospect{'s' * (count != 1)}" if count else ""
        yield Finding(level="warning", where="episodes", what=f"nobody has anything to listen to yet{people}")


def _suspended(catalog: Catalog) -> Iterator[Finding]:
    """Yield the prospects whom the last list lacked, in one finding."""
    coming = sorted((one.ends, one.prospect) for one in catalog.suspensions)
    if coming:
        yield Finding(
            level="warning",
            where="prospects",
            what=f"links end because the list lacks their prospects: {_dated(coming)}",
            do=f"To keep them, import a list that names them: {pitchcast_command('prospects import FILE')}",
        )


def _ending_soon(project: Project, catalog: Catalog) -> Iterator[Finding]:
    """Yield the feeds that end within two weeks, in one finding."""
    ends = sorted((feed.expires, feed.id) for feed in catalog.feeds if feed.expires and feed.state == "active")
    if not ends:
        return  # the time is asked of storage
    until = project.now() + _ENDS_SOON
    soon = [(moment, feed_id) for moment, feed_id in ends if moment < until]
    if soon:
        yield Finding(
            level="warning",
            where="feeds",
            what=f"links end soon: {_dated(soon)}",
            do=f"To keep one open: {pitchcast_command('feeds expire', soon[0][1], '--never')}",
        )


def _dated(ends: Sequence[tuple[datetime, str]]) -> str:
    """Return the first few names, each with its day, and how many more there are."""
    return first_few([f"{name} ({moment.astimezone():%Y-%m-%d})" for moment, name in ends], _NAMED)
