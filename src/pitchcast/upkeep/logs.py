"""Whether access logs come, how old the newest line is, and whether anybody else can read them."""

import io
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pitchcast.analytics.extra import is_installed
from pitchcast.analytics.tracing import newest_line
from pitchcast.errors import StorageUnavailable
from pitchcast.invocation import command_line
from pitchcast.model.finding import Finding
from pitchcast.site.project import Project
from pitchcast.storage.bucket import Bucket, ObjectInfo
from pitchcast.storage.connect import describe_storage_url, open_bucket
from pitchcast.storage.probe import anonymous_get
from pitchcast.storage.s3.location import S3Location
from pitchcast.upkeep.analytics.fetching import fetch_all
from pitchcast.upkeep.analytics.logs import AccessLog, find_logs

_LATE = timedelta(days=2)  # CloudFront, the slowest, takes a day
_COMPARED_BYTES = 64
_LOOKED_INTO = 5  # of the newest one all lines may have come late
_MOST_LOOKED_AT_BYTES = 32 << 20


def check_logs(project: Project) -> Iterator[Finding]:
    """Yield what there is to say of access logs; nothing where none are to be read.

    Raises StorageError where they cannot be looked at.
    """
    audience = project.settings.audience
    if not audience.logs:
        return
    where = describe_storage_url(audience.logs, audience.base)
    if isinstance(where, S3Location):
        logs = open_bucket(replace(project.settings.storage, url=audience.logs, private_url="", single_writer=False))
        yield from _in_bucket(logs, project.now())
    else:
        yield from _in_folder(project, where)


def _in_bucket(logs: Bucket, now: datetime) -> Iterator[Finding]:
    found = sorted(logs.list(""), key=lambda info: (info.modified, info.key))
    newest = found[-1] if found else None
    latest = [AccessLog(one.key, one.etag, one.size_bytes, partial(_read, logs, one)) for one in found[-_LOOKED_INTO:]]
    yield _judge_age(logs.url, newest.modified if newest else None, _newest_line(latest), now)
    yield from _judge_reading(logs, newest)


def _read(logs: Bucket, info: ObjectInfo) -> BinaryIO:
    return io.BytesIO(logs.get(info.key)[0])


def _in_folder(project: Project, place: Path) -> Iterator[Finding]:
    found = _files_at(place)
    by_age = sorted(found, key=lambda each: (each[1].st_mtime, each[0]))
    newest = datetime.fromtimestamp(by_age[-1][1].st_mtime, UTC) if by_age else None
    latest = [
        log for path, _ in by_age[-_LOOKED_INTO:] for log in find_logs(str(path), place, project.settings.storage)
    ]
    yield _judge_age(str(place), newest, _newest_line(latest), datetime.now(UTC))
    if os.name == "posix":  # elsewhere a file's mode does not tell who can read it
        yield from _judge_rights(place, found)


def _newest_line(logs: Sequence[AccessLog]) -> datetime | None:
    """Return when the last request was in these logs, None where that cannot be told.

    It cannot be told of logs that are too large for a look, of an unknown form, or without the extra for statistics.
    """
    small = [log for log in logs if log.size_bytes <= _MOST_LOOKED_AT_BYTES]
    if not (small and is_installed()):
        return None
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as name:
        folder = Path(name)
        parts = [part for fetched in fetch_all(small, folder) for part in fetched.parts]
        return newest_line(parts, folder)


def _files_at(place: Path) -> list[tuple[Path, os.stat_result]]:
    """Return the files of a folder in the order of their paths, or the one file, with what the system tells of each."""
    files = [place] if place.is_file() else [path for path in sorted(place.rglob("*")) if path.is_file()]
    found = []
    for path in files:
        with suppress(FileNotFoundError):  # rotated meanwhile
            found.append((path, path.stat()))
    return found


def _judge_rights(place: Path, found: Iterable[tuple[Path, os.stat_result]]) -> Iterator[Finding]:
    """Yield a warning where other users can read a file, unless they cannot get into the folder."""
    open_files = [path for path, status in found if status.st_mode & stat.S_IROTH]
    is_closed_off = place.is_dir() and not place.stat().st_mode & stat.S_IXOTH
    if open_files and not is_closed_off:
        what = "every user of this computer can read the access logs, which hold whole addresses of listeners"
        close = ["chmod", "o-r", str(open_files[0])] if len(open_files) == 1 else ["chmod", "-R", "o-r", str(place)]
        yield Finding(level="warning", where=str(place), what=what, do=command_line(close))


def _judge_age(where: str, newest: datetime | None, line: datetime | None, now: datetime) -> Finding:
    """Return what there is to say of the *newest* log, and of the last request in it where that is known."""
    if newest is None:
        what = "no access log has come yet; the first ones take hours"
        return Finding(
            level="warning", where=where, what=what, do="Switch them on as docs/logs.md says, and wait a day."
        )
    age = now - (line or newest)
    named = "the newest line of the access logs" if line else "the newest access log"
    what = f"{named} is of {line or newest:%Y-%m-%d %H:%M} UTC, {_in_words(age)} old"
    if age <= _LATE:
        return Finding(level="ok", where=where, what=what)
    do = "If somebody has listened since, see whether logs are still switched on: docs/logs.md"
    return Finding(level="warning", where=where, what=what, do=do)


def _in_words(age: timedelta) -> str:
    hours = max(0, int(age.total_seconds() // 3600))
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def _judge_reading(logs: Bucket, newest: ObjectInfo | None) -> Iterator[Finding]:
    """Yield an error where the newest log can be read, or the logs be listed, by anyone."""
    can_be_listed = any(b"<ListBucketResult" in _seen_by_anybody(logs, url) for url in logs.listing_addresses())
    if can_be_listed or (newest and _can_be_read(logs, newest.key)):
        what = "anybody can read the access logs, which hold whole addresses of listeners and of private feeds"
        do = "Take s3:GetObject and s3:ListBucket away from everyone in that bucket's policy and settings."
        yield Finding(level="error", where=logs.url, what=what, do=do)
    elif newest:
        yield Finding(level="ok", where=logs.url, what="nobody can read the access logs without credentials")


def _can_be_read(logs: Bucket, key: str) -> bool:
    """Return whether a log's address shows its beginning to anybody; an empty log tells nothing."""
    beginning = logs.read_range(key, 0, _COMPARED_BYTES)
    return any(beginning and _seen_by_anybody(logs, url).startswith(beginning) for url in logs.addresses_of(key))


def _seen_by_anybody(logs: Bucket, url: str) -> bytes:
    """Return what is answered without credentials, nothing for a refusal or no answer."""
    try:
        status, _, body = anonymous_get(url, verify=False, reach=logs.reach)
    except StorageUnavailable:
        return b""
    return body if status < 300 else b""
