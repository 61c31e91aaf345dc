"""What was read from access logs: forgotten for people who left or object, and kept no longer than the settings say.

Every change of a day is a compare-and-swap on that day's object, from the bytes that were read: whoever adds requests
meanwhile loses nothing. Each of these jobs can be cut off anywhere and run again.
"""

import gzip
import hashlib
import tempfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from pitchcast.analytics import keeping
from pitchcast.analytics.extra import require_stats
from pitchcast.analytics.requests import AGENTS_KEY, EXPORTED_KEY, KEYS_KEY, REQUESTS, SUMMARY_KEY, TOLD_KEY, TOTALS
from pitchcast.errors import ConfigError, ObjectMissing
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import ANALYTICS, headers_of
from pitchcast.model.objections import objecting_feeds, unread_paths
from pitchcast.reading import parse_json, unpacked
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.upkeep.analytics.days import days_stored
from pitchcast.upkeep.analytics.documents import change_document, persistently, read_document, swap
from pitchcast.upkeep.analytics.keys import QuarterKeys

FORGOTTEN_KEY = f"{ANALYTICS}forgotten.json"
"""Says for which removed prospects and objectors, as one hash, all days were looked through."""

_MOST_UNPACKED_BYTES = 256_000_000

Change = Callable[[Path, Path], int]
"""Writes a Parquet file anew and returns how many rows changed; where none did, nothing is written."""
CountDay = Callable[[Path, Path], list[keeping.Total]]
"""Counts the downloads of one day's requests, with the table of agents."""


def forget_people(project: Project) -> int:
    """Drop every row of feeds that are no longer there, or whose prospect objects; return how many there were.

    Raises ConfigError where there are such files and the extra that can write them is not installed.
    """
    listed = [*project.bucket.list(REQUESTS), *project.bucket.list(TOTALS)]
    catalog = project.catalog()  # after listing: it names the feeds of every row that was there
    notes = [key for key in (TOLD_KEY, EXPORTED_KEY, SUMMARY_KEY) if _is_there(project.bucket, key)]
    if listed:
        require_stats("forgetting somebody in the statistics")
    dropped = sum(_keep_counted(project, info, catalog) for info in listed)
    for key in notes:
        _forget_in_notes(project, key)
    if listed or notes:
        _remember_forgotten(project.bucket, catalog)
    return dropped


def forget_soon(project: Project) -> int:
    """Do what ``forget_people`` does; without the extra it is left to the next reading of logs, and that is noted."""
    try:
        return forget_people(project)
    except ConfigError:
        later = pitchcast_command("logs sync")
        project.outcome.notes.append(f"what was counted of them goes when access logs are read next: {later}")
        return 0


def tidy(project: Project, count_day: CountDay) -> tuple[int, int]:
    """Keep what the settings and the catalog promise of kept requests; return the rows forgotten and the days cut.

    Part of every reading of access logs, after days were written.
    """
    forgotten = 0
    if _forgotten(project.bucket) != _mark_of(project.catalog()):
        forgotten = forget_people(project)
    if not project.settings.audience.per_prospect:
        for info in list(project.bucket.list(REQUESTS)):
            _rewrite(project.bucket, info.key, keeping.make_nobodys)
    days = _cut(project, count_day)
    _drop_keys(project)
    return forgotten, days


def _keep_counted(project: Project, info: ObjectInfo, catalog: Catalog) -> int:
    """Drop the rows of one day that are of no counted feed.

    Where the day was replaced since it was listed, its feeds may be younger than *catalog*, so that is read again.
    """

    def change(etag: str, source: Path, target: Path) -> int:
        known = catalog if etag == info.etag else project.catalog()
        return keeping.keep_feeds(source, target, counted_feeds(known))

    return _rewrite_seen(project.bucket, info.key, change)


def counted_feeds(catalog: Catalog) -> frozenset[str]:
    """Return the ids of the feeds whose requests may be kept."""
    objecting = {feed.id for feed in objecting_feeds(catalog)}
    return frozenset(feed.id for feed in catalog.feeds if feed.id not in objecting)


def _rewrite(bucket: Bucket, key: str, change: Change) -> int:
    return _rewrite_seen(bucket, key, lambda _etag, source, target: change(source, target))


def _rewrite_seen(bucket: Bucket, key: str, change: Callable[[str, Path, Path], int]) -> int:
    """Write one Parquet object anew, whatever others write meanwhile; return how many rows changed."""
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        source, target = Path(folder) / "before.parquet", Path(folder) / "after.parquet"

        def attempt() -> int:
            try:
                body, info = bucket.get(key)
            except ObjectMissing:
                return 0
            source.write_bytes(body)
            changed = change(info.etag, source, target)
            if changed:
                swap(bucket, key, target.read_bytes(), info.etag)
            return changed

        return persistently(attempt, key)


# ---- days become totals


def _cut(project: Project, count_day: CountDay) -> int:
    """Keep only totals of the days that are older than ``keep_days``; return how many days were cut.

    The totals are there before the requests go. Who reads logs leaves out what is of such days.
    """
    bucket = project.bucket
    oldest = keeping.oldest_kept(project.now(), project.settings.audience.keep_days)
    old = [(day, info.key) for day, info in days_stored(bucket) if day < oldest]
    if not old:
        return 0
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        agents = _fetch(bucket, AGENTS_KEY, Path(folder) / "agents.parquet")
        for day, key in old:
            requests = _fetch(bucket, key, Path(folder) / "requests.parquet")
            if requests is None or agents is None:
                continue  # somebody else cuts too; without the agents nobody can count
            totals, target = Path(folder) / "totals.parquet", keeping.totals_key(day.isoformat())
            before = _fetch(bucket, target, totals)
            found = keeping.joined_totals(count_day(requests, agents), keeping.read_totals(totals) if before else ())
            keeping.write_totals(found, totals)
            bucket.put(target, totals.read_bytes(), headers_of(target))
            bucket.delete([key])
    return len({day for day, _ in old})


def _fetch(bucket: Bucket, key: str, path: Path) -> Path | None:
    try:
        path.write_bytes(bucket.get(key)[0])
    except ObjectMissing:
        return None
    return path


def _drop_keys(project: Project) -> None:
    """Forget the keys of quarters of which no day is left: nobody can compute their addresses' hashes any more.

    Those of which days could still come stay.
    """
    bucket = project.bucket
    oldest = keeping.oldest_kept(project.now(), project.settings.audience.keep_days)
    stored, _ = read_document(bucket, KEYS_KEY, QuarterKeys)
    if stored is None or min(stored.keys, default="9") >= keeping.quarter_of(oldest):
        return
    needed = {keeping.quarter_of(day) for day, _ in days_stored(bucket)}

    def change(found: QuarterKeys | None) -> QuarterKeys:
        keys = found.keys if found else {}
        kept = {name: key for name, key in keys.items() if name in needed or name >= keeping.quarter_of(oldest)}
        return msgspec.structs.replace(found or QuarterKeys(), keys=kept)

    change_document(bucket, KEYS_KEY, QuarterKeys, change)


# ---- what was told and exported, and what is remembered of forgetting


def _forget_in_notes(project: Project, key: str) -> None:
    def attempt() -> None:
        try:
            body, info = project.bucket.get(key)
        except ObjectMissing:
            return
        document = parse_json(unpacked(body, _MOST_UNPACKED_BYTES), Any)
        after = without_feeds(document, counted_feeds(project.catalog()))
        if after != document:
            swap(project.bucket, key, gzip.compress(msgspec.json.encode(after), mtime=0), info.etag)

    persistently(attempt, key)


def without_feeds(document: Any, counted: Collection[str]) -> Any:
    """Return JSON without the objects in it that name a ``feed`` which is not *counted*, at any depth."""
    if isinstance(document, Mapping):
        return {
            name: without_feeds(value, counted) for name, value in document.items() if not _is_of_other(value, counted)
        }
    if isinstance(document, list):
        return [without_feeds(value, counted) for value in document if not _is_of_other(value, counted)]
    return document


def _is_of_other(value: Any, counted: Collection[str]) -> bool:
    return isinstance(value, Mapping) and value.get("feed", "") != "" and value["feed"] not in counted


def _is_there(bucket: Bucket, key: str) -> bool:
    try:
        bucket.head(key)
    except ObjectMissing:
        return False
    return True


def _mark_of(catalog: Catalog) -> str:
    """Return what changes when somebody is removed or objects, or takes it back; with nobody it is ""."""
    paths = unread_paths(catalog)
    return hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest() if paths else ""


def _forgotten(bucket: Bucket) -> str:
    try:
        return str(parse_json(bucket.get(FORGOTTEN_KEY)[0], dict[str, str]).get("of", ""))
    except (ObjectMissing, ValueError):
        return ""


def _remember_forgotten(bucket: Bucket, catalog: Catalog) -> None:
    """Note for whom all days were looked through; lost, or late, that costs another look and nothing else."""
    bucket.put(FORGOTTEN_KEY, msgspec.json.encode({"of": _mark_of(catalog)}), headers_of(FORGOTTEN_KEY))


def has_statistics(bucket: Bucket) -> bool:
    """Return whether anything was ever read from access logs here."""
    return any(True for _ in bucket.list(ANALYTICS))
