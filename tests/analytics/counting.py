"""Requests to count, and a counter of them that is slow and obvious: it goes through the rules row by row."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from pitchcast.analytics.audience import BookReader, BookShelf, Period
from pitchcast.analytics.database import open_database
from pitchcast.analytics.day_books import book_in, write_book
from pitchcast.analytics.requests import AGENT_COLUMNS, REQUEST_COLUMNS, columns_sql

NOON = datetime(2026, 9, 8, 12, tzinfo=UTC)
SIZE, NEED = 5_000_000, 1_000_000
BROWSER, APP, PROGRAM, PREVIEW, SCANNER, WATCH, NONE, OURS, CLOUDFRONT, READER = range(1, 11)
PLAYER, READER_TOO = 11, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A row of the agents."""

    id: int
    text: str
    kind: str
    app: str = ""
    device: str = "phone"
    os: str = ""
    lists: str = ""


AGENTS = (
    Agent(id=BROWSER, text="Mozilla/5.0 Chrome", kind="browser", app="Chrome", device="computer"),
    Agent(id=APP, text="Overcast/3.0", kind="app", app="Overcast"),
    Agent(id=PROGRAM, text="curl/8.0", kind="program", app="curl"),
    Agent(id=PREVIEW, text="Slackbot-LinkExpanding 1.0", kind="preview", app="Slack"),
    Agent(id=SCANNER, text="BarracudaCentral", kind="scanner"),
    Agent(id=WATCH, text="atc/1.0 watchOS/10", kind="watch"),
    Agent(id=NONE, text="-", kind="none"),
    Agent(id=OURS, text="pitchcast/0.1", kind="program"),
    Agent(id=CLOUDFRONT, text="Amazon CloudFront", kind="program"),
    Agent(id=READER, text="Feedly/1.0 (+http://feedly.example; 12 subscribers)", kind="program", app="Feedly"),
    Agent(id=PLAYER, text="AppleCoreMedia/1.0.0", kind="app", app="AppleCoreMedia"),
    Agent(id=READER_TOO, text="Feedly/1.0 (+http://feedly.example; 1 subscriber)", kind="program", app="Feedly"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A row of the requests."""

    id: int
    requested_at: datetime
    feed: str
    what: str
    episode: str
    status: int
    sent: int
    size: int
    need: int
    first: int | None
    last: int | None
    address: int
    block: int
    network: str
    agent: int
    via: str
    signed: bool
    assumed: bool
    source: str


_numbers = itertools.count(1)


def a_request(after: timedelta | float = 0.0, **changes: object) -> Request:
    """Return a request for a whole episode by an app, *after* (seconds) noon, but for what is given otherwise."""
    moment = NOON + (after if isinstance(after, timedelta) else timedelta(seconds=after))
    values: dict[str, object] = {
        "id": next(_numbers),
        "requested_at": moment,
        "feed": "acme-corp",
        "what": "audio",
        "episode": "pitch",
        "status": 200,
        "sent": SIZE,
        "size": SIZE,
        "need": NEED,
        "first": None,
        "last": None,
        "address": 7,
        "block": 70,
        "network": "home",
        "agent": APP,
        "via": "",
        "signed": False,
        "assumed": False,
        "source": "log",
    }
    return Request(**(values | changes))  # type: ignore[arg-type]


def a_page(after: timedelta | float = 0.0, **changes: object) -> Request:
    """Return a look at the page by a browser."""
    plain = {"what": "page", "episode": "", "sent": 30_000, "size": 0, "need": 0, "agent": BROWSER}
    return a_request(after, **(plain | changes))


def a_call(after: timedelta | float = 0.0, **changes: object) -> Request:
    """Return a tap on the call to action by a browser."""
    return a_page(after, **({"what": "call"} | changes))


def a_feed(after: timedelta | float = 0.0, **changes: object) -> Request:
    """Return an app's fetch of the feed."""
    return a_page(after, **({"what": "feed", "agent": APP} | changes))


def write_day(requests: Iterable[Request], file: Path) -> None:
    """Write requests as the file of a day."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(REQUEST_COLUMNS, [[getattr(one, name) for name in REQUEST_COLUMNS] for one in requests], file)


def write_agents(file: Path, agents: Iterable[Agent] = AGENTS) -> None:
    """Write agents as their file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    _write(AGENT_COLUMNS, [[getattr(one, name) for name in AGENT_COLUMNS] for one in agents], file)


def _write(columns: dict[str, str], rows: Sequence[Sequence[object]], file: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE t ({columns_sql(columns)})")
        if rows:
            connection.executemany(f"INSERT INTO t VALUES ({', '.join('?' for _ in columns)})", rows)  # noqa: S608
        connection.execute(f"COPY t TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def by_day(requests: Iterable[Request]) -> dict[date, list[Request]]:
    """Return requests by their calendar day in UTC."""
    days: dict[date, list[Request]] = {}
    for one in requests:
        days.setdefault(one.requested_at.astimezone(UTC).date(), []).append(one)
    return dict(sorted(days.items()))


def counted(requests: Iterable[Request], folder: Path, period: Period | None = None) -> BookReader:
    """Return the audience that the program counts in these requests; every feed is of the prospect it is named by."""
    days = by_day(requests)
    write_agents(folder / "agents.parquet")
    connection = open_database(folder)
    books = {}
    for day, rows in days.items():
        file = folder / f"day={day}" / "requests-0.parquet"
        write_day(rows, file)
        books[day] = book_in(file.parent, "book")
        write_book(connection, [file], books[day], folder)
    whole = Period(min(days), max(days))
    audience = BookReader(connection, BookShelf(books, folder / "agents.parquet"), period or whole)
    feeds = {one.feed for rows in days.values() for one in rows}
    audience.know({feed: feed.partition(".")[0] for feed in feeds}, [("acme-corp", "fintech")])
    return audience


# ---- slowly


def kind_of(request: Request) -> Agent:
    return next(agent for agent in AGENTS if agent.id == request.agent)


class SlowCounter:
    """Counts the requests of a few days as the rules say it, one after the other."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self.requests = sorted(requests, key=lambda one: (one.requested_at, one.id))

    def set_aside(self, request: Request) -> str:
        """Return the rule that sets a request aside for who asked."""
        agent = kind_of(request)
        same_day = [one for one in self.requests if one.requested_at.date() == request.requested_at.date()]
        of_address = [one for one in same_day if one.address == request.address]
        unkept = [one for one in of_address if one.network != "kept"]
        if any(one.signed for one in of_address) or request.network == "own" or agent.text.startswith("pitchcast"):
            return "F10"
        if request.network == "cdn" or agent.text == "Amazon CloudFront":
            return "F11"
        if agent.kind == "none":
            return "F4"
        if agent.kind == "watch":
            return "F6"
        if agent.kind in ("program", "preview", "scanner"):
            return "F5"
        if request.network in ("hosting", "tor"):
            return "F7"
        if len({one.feed for one in unkept}) > 20 or len({one.agent for one in unkept}) > 50:
            return "F8"
        return ""

    def downloads(self) -> dict[tuple[object, ...], datetime]:
        """Return each download with its first request: day, feed, episode, address and agent of the listener."""
        got: dict[tuple[object, ...], dict[tuple[int, int], tuple[set[int], int]]] = {}
        began: dict[tuple[object, ...], datetime] = {}
        for one in self.requests:
            asked_for_two = one.last is not None and one.last <= 1
            if one.what != "audio" or one.status not in (200, 206) or one.sent <= 2 or asked_for_two:
                continue
            if self.set_aside(one):
                continue
            listener = (one.requested_at.date(), one.feed, one.episode, one.address, one.agent)
            began.setdefault(listener, one.requested_at)
            file = got.setdefault(listener, {})
            places, unplaced = file.setdefault((one.size, one.need), (set(), 0))
            start = 0 if one.first is None and one.status == 200 else one.first
            if start is None:
                file[one.size, one.need] = (places, unplaced + one.sent)
                continue
            whole = one.size or 1_000
            promised = whole if one.last is None or one.last < start else one.last + 1
            places |= set(range(start, min(start + one.sent, promised, whole)))
        return {
            listener: began[listener]
            for listener, files in got.items()
            if any(min(len(places) + more, size or 1_000) >= need for (size, need), (places, more) in files.items())
        }

    def listeners(self) -> int:
        return len({(listener[3], listener[4]) for listener in self.downloads()})

    def scanned(self) -> set[int]:
        """Return the ids of pages and calls that came together."""
        found = set()
        for page, call in itertools.product(self.answered("page"), self.answered("call")):
            apart = abs((page.requested_at - call.requested_at).total_seconds())
            if page.feed == call.feed and page.block == call.block and apart <= 2:
                found |= {page.id, call.id}
        return found

    def answered(self, what: str) -> list[Request]:
        return [one for one in self.requests if one.what == what and one.status in (200, 304)]

    def by_people(self, what: str) -> list[Request]:
        scanned = self.scanned()
        return [
            one
            for one in self.answered(what)
            if one.id not in scanned and not self.set_aside(one) and kind_of(one).kind in ("browser", "app")
        ]

    def opens(self) -> list[Request]:
        last: dict[tuple[object, ...], datetime] = {}
        found = []
        for page in self.by_people("page"):
            who = (page.feed, page.address, page.agent)
            if who not in last or page.requested_at - last[who] > timedelta(minutes=30):
                found.append(page)
            last[who] = page.requested_at
        return found

    def plays(self) -> list[tuple[str, int, datetime]]:
        found, by_browsers, by_players = [], set(), []
        for (day, feed, episode, address, agent_id), began in self.downloads().items():
            agent = next(one for one in AGENTS if one.id == agent_id)
            waits = [
                began - page.requested_at
                for page in self.by_people("page")
                if page.feed == feed and page.address == address
            ]
            opened = any(timedelta(0) <= wait <= timedelta(hours=4) for wait in waits)
            play = (str(feed), int(str(address)), began)
            if opened and agent.kind == "browser":
                found.append(play)
                by_browsers.add((day, feed, episode, address))
            elif opened and agent.app == "AppleCoreMedia":
                by_players.append(((day, feed, episode, address), play))
        return found + [play for where, play in by_players if where not in by_browsers]

    def taps(self) -> tuple[int, int]:
        """Return how many taps are sure, and how many are not."""
        before = [(one.feed, one.address, one.requested_at) for one in self.opens()]
        before += self.plays()
        for (_, feed, _, address, agent_id), began in self.downloads().items():
            if next(one for one in AGENTS if one.id == agent_id).kind == "app":
                before.append((str(feed), int(str(address)), began))
        sure = unsure = 0
        for tap in self.by_people("call"):
            waits = [
                tap.requested_at - moment
                for feed, address, moment in before
                if feed == tap.feed and address == tap.address
            ]
            if any(timedelta(seconds=2) < wait <= timedelta(days=30) for wait in waits):
                sure += 1
            else:
                unsure += 1
        return sure, unsure


assert [field.name for field in fields(Request)] == list(REQUEST_COLUMNS)
