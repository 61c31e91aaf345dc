"""Read access logs: what they say of the show's files is kept, a UTC day at a time; the logs themselves are not.

Whatever is killed or runs at the same time: a day is a set of requests, and joining it again changes nothing.
"""

import secrets
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pitchcast.analytics.agents import AgentLists
from pitchcast.analytics.distilling import Distilled, Distiller, Kept, KeyOf
from pitchcast.analytics.extra import require_stats
from pitchcast.analytics.keeping import oldest_kept
from pitchcast.analytics.networks import Networks
from pitchcast.analytics.reading import CleanLog
from pitchcast.analytics.sums import Sums, added
from pitchcast.analytics.targets import KnownFile, feeds_without, known_files, make_targets, place_in_logs
from pitchcast.errors import ConfigError, FileError, PartlyDone
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.logs import LineSums, LogsSynced, SkippedLog, SyncedLog
from pitchcast.model.catalog import Catalog
from pitchcast.model.objections import objectors
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics import seen
from pitchcast.upkeep.analytics.agents import KnownAgents
from pitchcast.upkeep.analytics.books import totals_of_day
from pitchcast.upkeep.analytics.days import days_stored, drop_feeds, join_day
from pitchcast.upkeep.analytics.documents import ensure_format
from pitchcast.upkeep.analytics.fetching import Fetched, batches, fetch_all
from pitchcast.upkeep.analytics.files import read_files, remember_files
from pitchcast.upkeep.analytics.keys import Keys
from pitchcast.upkeep.analytics.logs import AccessLog, find_logs
from pitchcast.upkeep.analytics.summary import write_summary
from pitchcast.upkeep.statistics import tidy
from pitchcast.workflows.stats import count

_STEP = "Reading logs"


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """Which logs are to be read: *places*, or where the settings say that they arrive. *again* reads all of them."""

    places: tuple[str, ...] = ()
    again: bool = False


@dataclass(slots=True)
class _Run:
    """What one sync has done so far. ``waiting`` are logs whose rows are not written yet."""

    token: str
    began_with: str
    logs: list[SyncedLog] = field(default_factory=list)
    skipped: list[SkippedLog] = field(default_factory=list)
    sums: list[Sums] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    agents: dict[int, str] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    new_agents: int = 0
    removed: int = 0
    others_began: Mapping[str, seen.Begun] = field(default_factory=dict)
    has_begun: bool = False


def sync_logs(project: Project, request: SyncRequest, *, without: Collection[str] = ()) -> LogsSynced:
    """Read logs that were not read yet and return what became of their lines.

    The requests of prospects who object are dropped, and of those *without* statistics, by their ids. Then what was
    kept is tidied: see upkeep/statistics.py.

    Raises ConfigError where no log is named anywhere or ``pitchcast[stats]`` is not installed, FileError for a place
    that does not exist, CatalogError where only somebody else may write.
    """
    require_stats("logs sync")
    catalog = project.catalog()
    project.ledger.refuse_other_writer(catalog, project.who)
    began_at = project.now()
    before = seen.read_seen(project.bucket)
    places = _places(project, request)
    since = {place: None if request.again else seen.listed_since(before, place, began_at) for place in places}
    logs = _find_logs(project, places, since)
    to_read = [log for log in logs if request.again or not log.mark or before.logs.get(log.source) != log.mark]
    run = _Run(secrets.token_hex(8), seen.digest_of_gone(catalog, _uncounted(catalog, without)))
    run.others_began = before.begun
    if to_read:
        _read(project, catalog, to_read, run, without)
    if not project.dry_run:
        _take_out_the_gone(project, run, without)
        ended = _ended(project, request, logs, since)
        if run.has_begun or before.begun or any(ended.listed.values()):
            seen.end(project.bucket, run.token, began_at, ended)
        tidy(project, totals_of_day)
    return _answer(project, run, unchanged=len(logs) - len(to_read))


def _uncounted(catalog: Catalog, without: Collection[str]) -> frozenset[str]:
    """Return the ids of the prospects of whom nothing is kept."""
    return objectors(catalog).union(without)


def keep_summary(project: Project, answer: LogsSynced) -> None:
    """Make ready what was read, where a sync brought something new."""
    if answer.days and not project.dry_run:
        make_ready(project)


def make_ready(project: Project) -> None:
    """Keep what was last seen of each feed, for the show at a glance, and what ``stats`` says of the whole.

    That answer is kept on this computer, as are the days that it was counted from: most people ask for it next.
    """
    write_summary(project)
    count(project)


def refuse_skipped(answer: LogsSynced) -> None:
    """Raise PartlyDone where some logs could not be read; what the others say is kept."""
    if answer.skipped:
        lines = "\n".join(f"{one.source}: {one.why}" for one in answer.skipped)
        raise PartlyDone(
            f"some logs were not read:\n{lines}",
            hint="Take what is no access log out of the folder; see docs/settings.md for the forms that are known.",
        )


def _places(project: Project, request: SyncRequest) -> Mapping[str, Path]:
    """Return where logs are looked for, and the folder from which each is named. Raises ConfigError for nowhere."""
    audience = project.settings.audience
    if not request.places and not audience.logs:
        raise ConfigError(
            "nothing says where access logs are",
            hint=f"Name one ({pitchcast_command('logs sync')} FILE), or set logs under [audience].",
        )
    return {place: Path.cwd() for place in request.places} or {audience.logs: audience.base}


def _find_logs(project: Project, places: Mapping[str, Path], since: Mapping[str, date | None]) -> Sequence[AccessLog]:
    logs: dict[str, AccessLog] = {}
    for place, base in places.items():
        logs |= {log.source: log for log in find_logs(place, base, project.settings.storage, since[place])}
    return list(logs.values())


def _ended(
    project: Project, request: SyncRequest, logs: Sequence[AccessLog], since: Mapping[str, date | None]
) -> seen.LogsSeen:
    """Return what a sync saw of the places that it looked at."""
    listed = {place: day is None for place, day in since.items() if place.startswith("s3://")}
    is_whole = not request.places and all(day is None for day in since.values())
    return seen.LogsSeen([log.source for log in logs], _stems(project) if is_whole else (), listed)


def _stems(project: Project) -> tuple[str, ...]:
    """Return how the names of the logs begin that lie where the settings say."""
    audience = project.settings.audience
    if audience.logs.startswith("s3://"):
        return (audience.logs,)
    return (str((audience.base / Path(audience.logs).expanduser()).absolute()),)


# ---- reading


def _read(project: Project, catalog: Catalog, logs: Sequence[AccessLog], run: _Run, without: Collection[str]) -> None:
    """Read logs, a batch at a time, and write what is kept of them."""
    files = _files(project, catalog)
    uncounted = _uncounted(catalog, without)
    targets = make_targets(catalog, files, without=uncounted, place=place_in_logs(project.bucket.url))
    audience = project.settings.audience
    networks = Networks(audience.own_networks, audience.keep_networks, audience.networks)
    agents = KnownAgents(project.bucket, AgentLists(audience.bots))
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as name:
        folder = Path(name)
        kept = Kept(oldest_kept(project.now(), audience.keep_days), per_prospect=audience.per_prospect)
        with closing(Distiller(folder, targets, networks, _keys(project), kept)) as distiller:
            done = 0
            for batch in batches(logs):
                with tempfile.TemporaryDirectory(dir=folder) as inner:
                    _read_batch(fetch_all(batch, Path(inner)), distiller, run)
                if distiller.is_full:
                    _write(project, distiller, agents, run, folder)
                done += len(batch)
                project.progress(_STEP, done / len(logs))
            _write(project, distiller, agents, run, folder)


def _files(project: Project, catalog: Catalog) -> Mapping[str, KnownFile]:
    if project.dry_run:
        return {**read_files(project.bucket), **known_files(catalog)}
    ensure_format(project.bucket)
    return remember_files(project.bucket, known_files(catalog))


def _keys(project: Project) -> KeyOf:
    """Return what gives keys: in a dry run one that nothing is kept under."""
    return (lambda _quarter: b"dry run") if project.dry_run else Keys(project.bucket).of


def _read_batch(fetched: Sequence[Fetched], distiller: Distiller, run: _Run) -> None:
    """Read logs that were fetched; those whose lines lie in one file in one go."""
    sums = {number: one.left_out for number, one in enumerate(fetched)}
    problems = {number: one.problem for number, one in enumerate(fetched) if one.problem}
    for distilled in _distilled_batch(distiller, fetched, problems):
        run.agents |= distilled.agents
        for number, found in distilled.sums.items():
            sums[number].add(found)
    for number, one in enumerate(fetched):
        if number in problems:
            _note_skipped(run, one, sums[number], problems[number])
        else:
            _note_read(run, one, sums[number])


def _note_skipped(run: _Run, fetched: Fetched, sums: Sums, why: str) -> None:
    run.skipped.append(SkippedLog(source=fetched.log.source, why=why))
    run.sums.append(_lost(fetched, sums))


def _note_read(run: _Run, fetched: Fetched, sums: Sums) -> None:
    """Note a log that was read to its end; one with a mark need not be read again once its rows are written."""
    form = fetched.parts[0].format.name if fetched.parts else ""
    run.logs.append(SyncedLog(source=fetched.log.source, format=form, sums=_line_sums(sums)))
    run.sums.append(sums)
    if fetched.log.mark:
        run.waiting[fetched.log.source] = fetched.log.mark


def _distilled_batch(distiller: Distiller, fetched: Sequence[Fetched], problems: dict[int, str]) -> Iterable[Distilled]:
    """Yield what reading logs came to; why some cannot be read is added to *problems*, by their numbers."""
    in_files: dict[tuple[Path, ...], list[CleanLog]] = {}
    for one in fetched:
        for part in one.parts:
            in_files.setdefault(part.pieces, []).append(part)
    for together in in_files.values():
        yield from _distilled(distiller, together, problems)


def _distilled(distiller: Distiller, logs: list[CleanLog], problems: dict[int, str]) -> Iterable[Distilled]:
    """Yield what reading logs came to: all in one go, or in halves where one of them cannot be read."""
    try:
        yield distiller.read(logs)
    except FileError as error:
        if len(logs) == 1:
            problems[logs[0].number] = error.message
            return
        middle = len(logs) // 2
        yield from _distilled(distiller, logs[:middle], problems)
        yield from _distilled(distiller, logs[middle:], problems)


def _lost(fetched: Fetched, sums: Sums) -> Sums:
    """Return the sums of a log that could not be read to its end: the rest of its lines is lost."""
    lines = sum(part.lines for part in fetched.parts) + fetched.left_out.lines
    if sums.accounted < lines:
        sums.count("lost", lines - sums.accounted)
    sums.lines = lines
    return sums


# ---- writing


def _write(project: Project, distiller: Distiller, agents: KnownAgents, run: _Run, folder: Path) -> None:
    """Write what waits: agents first, then each day, and last which logs need not be read again."""
    if not project.dry_run:
        if not run.has_begun:
            begun = seen.Begun(run.began_with, project.now())
            run.others_began = seen.begin(project.bucket, run.token, begun).begun
            run.has_begun = True
        run.new_agents += agents.remember(run.agents)
        for day in distiller.days():
            new = join_day(project.bucket, distiller, day, folder)
            if new:
                run.days[day] = run.days.get(day, 0) + new
        seen.remember(project.bucket, run.waiting)
    run.agents, run.waiting = {}, {}
    distiller.forget_rows()


def _take_out_the_gone(project: Project, run: _Run, without: Collection[str]) -> None:
    """Take out the requests of those who were removed, or objected, while a sync wrote: this one, or one that died."""
    catalog = project.catalog()
    now = seen.digest_of_gone(catalog, _uncounted(catalog, without))
    others = [begun for token, begun in run.others_began.items() if token != run.token]
    if any(begun.gone != now for begun in others):
        days: Iterable[str] = [day.isoformat() for day, _ in days_stored(project.bucket)]
    elif run.began_with != now:
        days = run.days
    else:
        return

    def unwanted(feeds: Collection[str]) -> list[str]:
        catalog = project.catalog()
        return feeds_without(catalog, [feed for feed in feeds if feed], _uncounted(catalog, without))

    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        for day in days:
            run.removed += drop_feeds(project.bucket, day, unwanted, Path(folder))


# ---- what is answered


def _answer(project: Project, run: _Run, *, unchanged: int) -> LogsSynced:
    return LogsSynced(
        logs=tuple(run.logs),
        skipped=tuple(run.skipped),
        unchanged=unchanged,
        sums=_line_sums(added(run.sums)),
        new=sum(run.days.values()),
        days=tuple(sorted(run.days)),
        agents=run.new_agents,
        removed=run.removed,
        page_says_so=project.catalog().show.counted != "no",
    )


def _line_sums(sums: Sums) -> LineSums:
    return LineSums(
        lines=sums.lines,
        kept=sums.kept,
        others=sums.others,
        unreadable=_sorted(sums.unreadable),
        dropped=_sorted(sums.dropped),
    )


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items()) if count}
