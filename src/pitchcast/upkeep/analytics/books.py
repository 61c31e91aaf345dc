"""Books of the days that logs were read for, made from the storage's requests and kept on this computer.

A book is made once for a day's requests as they are, and again when they are others: the storage's ETags say so. What
is no longer right is deleted, so that whoever was taken out of the storage is soon out of here too.
"""

import hashlib
import re
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import platformdirs

from pitchcast import __version__
from pitchcast.analytics.audience import BookReader, BookShelf, Period
from pitchcast.analytics.database import open_database
from pitchcast.analytics.day_books import BOOK_VERSION, DayBook, book_in, write_book, write_empty_day
from pitchcast.analytics.extra import require_stats
from pitchcast.analytics.keeping import Total
from pitchcast.analytics.requests import AGENTS_KEY, REQUESTS
from pitchcast.analytics.signals import SoundKey, SourceLine
from pitchcast.analytics.tracing import lines_of_sound
from pitchcast.errors import CatalogError
from pitchcast.files import write_whole
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.site.project import Project
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.upkeep.analytics.days import totals_stored
from pitchcast.upkeep.analytics.documents import check_format

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

_DAY = re.compile(re.escape(REQUESTS) + r"day=([0-9]{4}-[0-9]{2}-[0-9]{2})/[^/]+\.parquet")
_AT_ONCE = 8
_AT_WORK = "at-work-"
_LEFT_AFTER_S = 86_400  # no count takes a day


@dataclass(frozen=True, slots=True)
class StoredLogs:
    """What the storage holds of read logs: the objects of each day, and the agents; ``folder`` is where books go.

    ``totals`` are those of earlier days, of which no requests are kept any more.
    """

    folder: Path
    days: Mapping[date, list[ObjectInfo]]
    agents: ObjectInfo
    totals: Mapping[date, ObjectInfo]

    @property
    def all_days(self) -> list[date]:
        """Return the days of which anything is kept, oldest first."""
        return sorted({*self.totals, *self.days})

    @property
    def state(self) -> str:
        """Return what is another text after every change of what is stored, and of how books are made."""
        objects = [*(info for day in self.days.values() for info in day), self.agents, *self.totals.values()]
        return _digest(BOOK_VERSION, *(f"{info.key}:{info.etag}" for info in objects))

    def remembered(self, *asked: object) -> Path:
        """Return where an answer to what was *asked* is kept, as long as nothing changes."""
        return self.folder / f"answer-{self.state}-{_digest(*asked)}.json"


def find_logs(project: Project, *, totals_suffice: bool = False) -> StoredLogs:
    """Return what the storage holds of read logs.

    With *totals_suffice* there may be totals alone, all requests being older than they are kept.
    Raises CatalogError where no log has been read yet, NeedsUpdate where a newer pitchcast read them, ConfigError where
    the extra is not installed.
    """
    require_stats("stats")
    check_format(project.bucket)
    days = _stored_days(project)
    totals = {day: info for day, info in totals_stored(project.bucket) if day not in days}
    if not days and not (totals and totals_suffice):
        raise CatalogError(
            "no access log has been read yet, so there is nothing to count",
            hint=f"Read one first: {pitchcast_command('logs sync FILE')}",
        )
    return StoredLogs(_cache_of(project), days, project.bucket.head(AGENTS_KEY), totals)


@contextmanager
def open_audience(
    project: Project, logs: StoredLogs, first: date | None, last: date | None, *, judged_by: Path | None = None
) -> Iterator[tuple[BookReader, Period]]:
    """Give what the logs say of the days from *first* to *last*, of all days that there are where these are None.

    *judged_by* is a file of agents to be used in place of the stored ones.
    """
    period = _period(list(logs.days), first, last)
    with _shelf_of(project, logs, period.with_days_before) as (database, shelf):
        if judged_by:  # what is kept was judged by others
            shelf = BookShelf(shelf.books, judged_by, shelf.totals)
        else:
            again = logs.remembered("again", __version__, period.first, period.last).with_suffix(".parquet")
            shelf = replace(shelf, again=again)
        yield BookReader(database, shelf, period), period


def whole_period(logs: StoredLogs, first: date | None, last: date | None) -> Period:
    """Return the period from *first* to *last*, where these are None with the days of which only totals are kept."""
    return _period(logs.all_days, first, last)


def sound_lines(
    project: Project, logs: StoredLogs, keys: Collection[SoundKey]
) -> dict[SoundKey, tuple[SourceLine, ...]]:
    """Return the lines by which downloads were fetched."""
    days = {key.day for key in keys}
    with _shelf_of(project, logs, Period(min(days), max(days))) as (database, shelf):
        return lines_of_sound(database, {day: shelf.books[day].requests for day in days}, keys)


@contextmanager
def _shelf_of(project: Project, logs: StoredLogs, wanted: Period) -> Iterator[tuple["DuckDBPyConnection", BookShelf]]:
    """Give a database and what there is of these days, made where it is not there yet."""
    folder = logs.folder
    with (
        TemporaryDirectory(dir=folder, prefix=_AT_WORK) as at_work,
        closing(open_database(Path(at_work))) as database,
    ):
        agents = _agents(project, logs)
        books = {day: _book_of(folder, day, stored) for day, stored in logs.days.items()}
        totals = {day: _total_of(folder, day, stored) for day, stored in logs.totals.items()}
        sums = {day: _sums_of(book, logs.agents) for day, book in books.items()}
        _tidy(logs, books, {agents, *totals.values(), *sums.values()})
        chosen = _within(books, wanted)
        chosen = chosen or {wanted.last: _empty_book(database, Path(at_work), wanted.last)}
        _write_missing(project, logs, chosen, database, Path(at_work))
        old = _within(totals, wanted)
        _fetch_totals(project, logs, old)
        yield database, BookShelf(chosen, agents, old, {day: sums[day] for day in chosen if day in sums})


def _within(days: Mapping[date, T], wanted: Period) -> dict[date, T]:
    return {day: found for day, found in days.items() if wanted.first <= day <= wanted.last}


def _write_missing(
    project: Project, logs: StoredLogs, chosen: Mapping[date, DayBook], database: "DuckDBPyConnection", at_work: Path
) -> None:
    """Write the books of the chosen days that are not there yet."""
    missing = {day: logs.days[day] for day, book in chosen.items() if not book.is_there}
    for number, (day, files) in enumerate(_fetched(project, at_work, missing)):
        project.progress("reading days", number / len(missing))
        chosen[day].requests.parent.mkdir(mode=0o700, exist_ok=True)
        write_book(database, files, chosen[day], at_work)
        for file in files:
            file.unlink(missing_ok=True)


def _empty_book(database: "DuckDBPyConnection", folder: Path, day: date) -> DayBook:
    """Return the book of a day on which nothing was asked for: there is always one to read from."""
    requests = folder / "none.parquet"
    write_empty_day(database, requests)
    book = book_in(folder / f"day={day}", "empty")
    book.requests.parent.mkdir()
    write_book(database, [requests], book, folder)
    return book


def _fetch_totals(project: Project, logs: StoredLogs, wanted: Mapping[date, Path]) -> None:
    """Fetch the totals of days that are not here yet."""

    def fetch(day: date) -> None:
        body, _ = project.bucket.get(logs.totals[day].key)
        wanted[day].parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(wanted[day], body)

    missing = [day for day, file in wanted.items() if not file.exists()]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(fetch, missing))


def prospects_of_feeds(catalog: Catalog) -> dict[str, str]:
    """Return each feed's prospect. What is kept without whose feed it was is nobody's, as is what is public."""
    return {"": "", **{feed.id: feed.prospect for feed in catalog.feeds}}


def totals_of_day(requests: Path, agents: Path) -> list[Total]:
    """Return how often a feed's episode was downloaded on the day of which these are the requests, and the agents."""
    day = date(2000, 1, 1)  # any will do: all requests are of one
    with (
        TemporaryDirectory(prefix="pitchcast-") as at_work,
        closing(open_database(Path(at_work))) as database,
    ):
        folder = Path(at_work) / f"day={day}"
        folder.mkdir()
        book = book_in(folder, "book")
        write_book(database, [requests], book, folder)
        return BookReader(database, BookShelf({day: book}, agents), Period(day, day)).totals()


def _period(days: Sequence[date], first: date | None, last: date | None) -> Period:
    """Return the period that is asked for, as far as it is given, and else that of the days that there are."""
    begin = first or min(*days, last or days[0])
    return Period(begin, last or max(*days, begin))


def _stored_days(project: Project) -> dict[date, list[ObjectInfo]]:
    """Return the objects that hold requests, by their day."""
    days: dict[date, list[ObjectInfo]] = {}
    for info in project.bucket.list(REQUESTS):
        if found := _DAY.fullmatch(info.key):
            days.setdefault(date.fromisoformat(found[1]), []).append(info)
    return dict(sorted(days.items()))


def has_books(project: Project) -> bool:
    """Return whether this show's logs were ever counted on this computer."""
    return _place_of_cache(project).exists()


def _place_of_cache(project: Project) -> Path:
    name = hashlib.sha256(project.bucket.url.encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("pitchcast", appauthor=False) / "audience" / name


def _cache_of(project: Project) -> Path:
    """Return the folder of this show's books, readable by its owner only."""
    folder = _place_of_cache(project)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def _book_of(folder: Path, day: date, stored: Iterable[ObjectInfo]) -> DayBook:
    """Return where the book of a day's requests is, as these are now."""
    name = _digest(BOOK_VERSION, *(f"{info.key}:{info.etag}:{info.size_bytes}" for info in stored))
    return book_in(folder / f"day={day}", name)


def _sums_of(book: DayBook, agents: ObjectInfo) -> Path:
    """Return where the sums of a day are: they are of its book, and of what the agents are."""
    name = book.requests.name.partition(".")[0]
    return book.requests.with_name(f"{name}-{_digest(__version__, agents.etag)}.sums.parquet")


def _total_of(folder: Path, day: date, stored: ObjectInfo) -> Path:
    """Return where a day's totals are on this computer, as they are now."""
    return folder / f"day={day}" / f"{_digest(stored.key, stored.etag)}.totals.parquet"


def _digest(*texts: object) -> str:
    return hashlib.sha256("\n".join(map(str, texts)).encode()).hexdigest()[:16]


def _agents(project: Project, logs: StoredLogs) -> Path:
    """Return the agents as a file."""
    file = logs.folder / f"agents-{_digest(logs.agents.etag)}.parquet"
    if not file.exists():
        body, _ = project.bucket.get(AGENTS_KEY)
        write_whole(file, body)
    return file


def _tidy(logs: StoredLogs, books: Mapping[date, DayBook], others: Collection[Path]) -> None:
    """Delete what was made from requests and agents that are no longer the storage's, and what killed runs left."""
    right = {file for book in books.values() for file in book} | set(others)
    for file in (*logs.folder.glob("day=*/*.parquet"), *logs.folder.glob("agents-*")):
        if file not in right:
            file.unlink(missing_ok=True)
    for left in logs.folder.glob(f"{_AT_WORK}*"):
        with suppress(FileNotFoundError):  # another count has just ended
            if time.time() - left.stat().st_mtime > _LEFT_AFTER_S:
                shutil.rmtree(left, ignore_errors=True)
    for answer in logs.folder.glob("answer-*"):
        if not answer.name.startswith(f"answer-{logs.state}-"):
            answer.unlink(missing_ok=True)


def _fetched(
    project: Project, folder: Path, days: Mapping[date, list[ObjectInfo]]
) -> Iterator[tuple[date, list[Path]]]:
    """Yield days with their requests as files in *folder*, several being fetched at once."""

    def fetch(day: date) -> list[Path]:
        files = []
        for number, info in enumerate(days[day]):
            body, _ = project.bucket.get(info.key)
            file = folder / f"{day}-{number}.parquet"
            write_whole(file, body)
            files.append(file)
        return files

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from zip(days, pool.map(fetch, days), strict=True)
