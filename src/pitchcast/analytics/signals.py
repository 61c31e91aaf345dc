"""What makes somebody a lead: signals, each a thing that a prospect did, with the log lines that say so.

Nothing here says how long anybody listened: bytes cannot tell. What is deliberate counts: presses of play, taps, links
that were passed on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from pitchcast.analytics.passing_on import steps_of
from pitchcast.analytics.subscribers import SEEN_WITHIN_DAYS, claimed_subscribers
from pitchcast.model.leads import SignalKind

_DOWNLOADS_A_DAY = 3  # more are never worth anything
_ONE_WEEK = timedelta(days=7)
_RETURNS_ON_DAYS = 3
_RETURNS_WITHIN = timedelta(days=14)
_BY_A_PERSON = frozenset(("open", "play", "tap"))
_USES = frozenset(("open", "play", "tap", "download"))


class Deed(NamedTuple):
    """Something that one address and agent did with a feed, as the books have it.

    ``did`` is open, play, tap, unsure tap, download, preview or subscribe. ``line`` is the id of the row that says so,
    None for sound, whose rows are looked up; ``log`` is the log that it stood in.
    """

    did: str
    feed: str
    moment: datetime
    address: int
    agent: int
    block: int
    device: str
    app: str
    episode: str
    via: str
    line: int | None
    log: str


class SoundKey(NamedTuple):
    """What tells one listener's download on one day from all others."""

    day: date
    feed: str
    episode: str
    address: int
    agent: int


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a log: the id of its row, when it was asked, and the log's name."""

    id: int
    at: datetime
    log: str


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that counts. ``what`` is an episode's id or an app's name, ``steps`` how often a link was passed on.

    ``lines`` say so; for sound they are empty until they are looked up under ``sound``.
    """

    kind: SignalKind
    feed: str
    moment: datetime
    what: str = ""
    steps: int = 0
    lines: tuple[SourceLine, ...] = ()
    sound: SoundKey | None = None


_SOUND = "feed, began, address, agent, block, device, app, episode, '', NULL, ''"
_ON_PAGES = f"""
            SELECT 'open' AS did, feed, moment, address, agent, block, device, app, '' AS episode, via, id, source
            FROM opens
            UNION ALL SELECT CASE WHEN sure THEN 'tap' ELSE 'unsure tap' END,
                feed, moment, address, agent, block, device, app, '', via, id, source FROM taps
            UNION ALL SELECT 'play', {_SOUND} FROM plays"""


def deeds() -> str:
    """Return a query of all deeds of prospects, oldest first."""
    return _of_prospects(f"""{_ON_PAGES}
            UNION ALL SELECT 'download', {_SOUND} FROM ({_app_downloads()})
            UNION ALL SELECT 'preview', feed, moment, 0, 0, 0, device, app, '', '', id, source FROM previews
            UNION ALL SELECT 'subscribe', feed, moment, 0, 0, 0, '', app, '', '', id, source FROM ({_subscribed()})""")


def deeds_on_pages() -> str:
    """Return a query of prospects' opens, taps and plays alone, oldest first: no app's downloads are looked at."""
    return _of_prospects(_ON_PAGES)


def _of_prospects(found: str) -> str:
    return f"""
        SELECT d.* FROM ({found}) d
        JOIN whose w ON d.feed = w.feed
        WHERE w.prospect <> ''
        ORDER BY d.moment, d.did, d.feed, d.address, d.agent"""


def _app_downloads() -> str:
    """Return a query of downloads by apps that are no page's sound, a few for each feed and day."""
    # The first moments are found without sorting; of the few downloads at these moments the right ones are taken.
    return f"""
        WITH by_apps AS (
            SELECT d.* FROM downloads d ANTI JOIN page_sounds USING (feed, episode, address, agent, began)
            WHERE d.kind = 'app'),
        firsts AS (
            SELECT feed, day, LIST_LAST(MIN(began, {_DOWNLOADS_A_DAY})) AS last FROM by_apps GROUP BY feed, day)
        SELECT b.* FROM by_apps b JOIN firsts f ON b.feed = f.feed AND b.day = f.day AND b.began <= f.last
        QUALIFY {_DOWNLOADS_A_DAY} >= ROW_NUMBER() OVER (
            PARTITION BY b.feed, b.day ORDER BY b.began, b.address, b.agent)"""


def _subscribed() -> str:
    """C1. Return a query of when each app was first seen to be subscribed to each feed."""
    return f"""
        WITH fetches AS (
            SELECT m.feed, m.address, m.day, m.moment, m.id, m.source,
                COALESCE(NULLIF(m.app, ''), SPLIT_PART(a.text, '/', 1)) AS app, {claimed_subscribers()} > 0 AS claims
            FROM moments m JOIN agents a ON m.agent = a.id
            WHERE m.what = 'feed' AND m.rule NOT IN ('F10', 'F11') AND a.kind IN ('app', 'program', 'watch')),
        daily AS (
            SELECT feed, app, address, day, MIN(moment) AS moment, ARG_MIN(id, moment) AS id,
                ARG_MIN(source, moment) AS source, COALESCE(BOOL_OR(claims), FALSE) AS claims
            FROM fetches GROUP BY feed, app, address, day),
        seen AS (
            SELECT *, LAG(day) OVER (PARTITION BY feed, app, address ORDER BY day) AS before FROM daily)
        SELECT feed, app, MIN(moment) AS moment, ARG_MIN(id, moment) AS id, ARG_MIN(source, moment) AS source
        FROM seen WHERE claims OR day - before < {SEEN_WITHIN_DAYS}
        GROUP BY feed, app"""


def signals_of(deeds: Sequence[Deed], marks: Mapping[str, str], own: str, since: date) -> list[Signal]:
    """Return what counts of one prospect's deeds, oldest first; those before *since* only say what is new after it.

    *deeds* are oldest first, *marks* those of the prospect's feeds with their ids, *own* is the prospect's own feed.
    """
    kinds = (
        _once_a_day(deeds, "play", "play"),
        _once_a_day(deeds, "tap", "tap"),
        _once_a_day(deeds, "unsure tap", "unsure tap"),
        _once_a_day(deeds, "open", "open"),
        _passed_on(deeds, marks),
        _colleagues(deeds, own),
        _pasted(deeds),
        (_signal("subscribed", deed, deed.app) for deed in deeds if deed.did == "subscribe"),
        (_signal("download", deed, deed.episode) for deed in deeds if deed.did == "download"),
        _returning(deeds),
    )
    found = [signal for signals in kinds for signal in signals if signal.moment.date() >= since]
    return sorted(found, key=lambda signal: (signal.moment, signal.kind, signal.feed))


def networks_of(deeds: Iterable[Deed], since: date) -> int:
    """Return from how many networks people were seen; hashes of different quarters of a year cannot be compared."""
    by_quarter: dict[tuple[int, int], set[int]] = defaultdict(set)
    for deed in deeds:
        if deed.did in _USES and deed.moment.date() >= since:
            by_quarter[_quarter(deed.moment)].add(deed.block)
    return max(map(len, by_quarter.values()), default=0)


def _signal(kind: SignalKind, deed: Deed, what: str = "", steps: int = 0) -> Signal:
    if deed.line is None:
        key = SoundKey(deed.moment.date(), deed.feed, deed.episode, deed.address, deed.agent)
        return Signal(kind, deed.feed, deed.moment, what, steps, sound=key)
    return Signal(kind, deed.feed, deed.moment, what, steps, (SourceLine(deed.line, deed.moment, deed.log),))


def _once_a_day(deeds: Iterable[Deed], did: str, kind: SignalKind) -> Iterator[Signal]:
    """Yield the first of each day."""
    days: set[date] = set()
    for deed in deeds:
        if deed.did == did and deed.moment.date() not in days:
            days.add(deed.moment.date())
            yield _signal(kind, deed, deed.episode)


def _passed_on(deeds: Iterable[Deed], marks: Mapping[str, str]) -> Iterator[Signal]:
    """H6, H7. Yield opens of links that were passed on, from an address and agent that had not been seen in that feed.

    After a new quarter of a year nobody's address is known any more: who comes by the same way with the same agent is
    then no news.
    """
    known: set[tuple[str, int, int]] = set()
    ways: dict[tuple[str, str, int], tuple[int, int]] = {}
    for deed in deeds:
        if deed.did not in _USES:
            continue
        who, way = (deed.feed, deed.address, deed.agent), (deed.feed, deed.via, deed.agent)
        steps = steps_of(deed.via, marks) if deed.did == "open" else ()
        came_before = ways.get(way, _quarter(deed.moment)) != _quarter(deed.moment)
        if steps and who not in known and not came_before:
            yield _signal("passed on", deed, steps=len(steps))
        known.add(who)
        if steps:
            ways[way] = _quarter(deed.moment)


def _colleagues(deeds: Iterable[Deed], own: str) -> Iterator[Signal]:
    """Yield the first use of each feed that was made for somebody else."""
    used: set[str] = set()
    for deed in deeds:
        if deed.did in _USES and deed.feed != own and deed.feed not in used:
            used.add(deed.feed)
            yield _signal("colleague", deed)


def _pasted(deeds: Iterable[Deed]) -> Iterator[Signal]:
    """H2. Yield that a link was pasted into a chat, after the first open, once a week."""
    opened = False
    last: datetime | None = None
    for deed in deeds:
        opened = opened or deed.did == "open"
        if deed.did == "preview" and opened and (last is None or deed.moment - last >= _ONE_WEEK):
            last = deed.moment
            yield _signal("pasted", deed, deed.app)


def _returning(deeds: Iterable[Deed]) -> Iterator[Signal]:
    """Yield that somebody was there on 3 days of 14, once in 14 days; what apps do by themselves is no sign of it."""
    firsts: list[Deed] = []
    last: date | None = None
    for deed in deeds:
        day = deed.moment.date()
        if deed.did not in _BY_A_PERSON or (firsts and firsts[-1].moment.date() == day):
            continue
        firsts = [one for one in firsts if day - one.moment.date() < _RETURNS_WITHIN] + [deed]
        if len(firsts) >= _RETURNS_ON_DAYS and (last is None or day - last >= _RETURNS_WITHIN):
            last = day
            yield _of_several(firsts[-_RETURNS_ON_DAYS:])


def _of_several(several: Sequence[Deed]) -> Signal:
    """Return that somebody came back, with the lines of all these days as far as they are known here."""
    lines = tuple(SourceLine(deed.line, deed.moment, deed.log) for deed in several if deed.line is not None)
    last = _signal("returning", several[-1])
    return Signal("returning", last.feed, last.moment, lines=lines, sound=last.sound)


def _quarter(moment: datetime) -> tuple[int, int]:
    return moment.year, (moment.month - 1) // 3
