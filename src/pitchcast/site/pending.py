"""Builds under way: written down before they begin, so that whoever comes later finishes what a crash cut off.

A record under ``private/pending/`` is written anew while its owner works. One that is half an hour old belongs to a
process that died or sleeps; if it wakes, it writes a new record and starts over. tests/consistency/protocol.py is this
protocol as a model, from which every rule can be left out to see what breaks.
"""

import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from pitchcast.errors import AccessRefused, ObjectMissing
from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, folders
from pitchcast.model.layout import PENDING, headers_of, pending_key
from pitchcast.site.build import build_feeds
from pitchcast.site.former_places import close_left
from pitchcast.site.project import Project
from pitchcast.storage.bucket import ObjectInfo

HEAL_AFTER = timedelta(minutes=30)
_REFRESH_S = 600.0  # a third of the time after which others take over


class Pending(Record, frozen=True):
    """A build that was begun: when, by whom, and the folders under ``public/`` that it concerns.

    ``base`` is the catalog revision that the commit announced would replace, 0 where the build follows no commit.
    """

    at: datetime
    who: str
    paths: tuple[str, ...]
    base: int = 0


class Announcement:
    """The pending record of one writing command; *paths* are the folders it names.

    Each writing of it has a key of its own, so that a healer deletes only what it read.
    """

    def __init__(self, project: Project) -> None:
        self.paths: tuple[str, ...] = ()
        self._project = project
        self._key = ""
        self._written_s = 0.0

    def put(self, paths: tuple[str, ...], *, base: int = 0) -> None:
        """Write down that *paths* are about to be built, in the place of what was written before."""
        earlier, self._key = self._key, pending_key(uuid.uuid4().hex)
        record = Pending(at=self._project.now(), who=self._project.who, paths=paths, base=base)
        self._project.bucket.put(self._key, msgspec.json.encode(record), headers_of(self._key))
        self.paths, self._written_s = paths, time.time()
        if earlier:
            self._project.bucket.delete([earlier])

    def keep(self) -> None:
        """Write it anew where some time has passed, also asleep: else somebody might take the build over."""
        if self._key and time.time() - self._written_s > _REFRESH_S:
            self.put(self.paths)

    def delete(self) -> None:
        """Say that everything announced is built."""
        if self._key:
            self._project.bucket.delete([self._key])


def heal(project: Project) -> int:
    """Finish builds that were begun more than half an hour ago and return how many there were."""
    records = list(project.bucket.list(PENDING))
    now = project.now() if records else datetime.now(UTC)
    old = {info.key: _read(project, info) for info in records if now - info.modified > HEAL_AFTER}
    found = {key: record for key, record in old.items() if record is not None}
    if not found:
        return 0
    own = Announcement(project)
    own.put(tuple(dict.fromkeys(path for record in found.values() for path in record.paths)))
    _fence(project, {record.base for record in found.values()})
    build_feeds(project, own.paths, keep=own.keep)
    if _closed_left(project, own.paths):
        project.bucket.delete(found)
    own.delete()
    return len(found)


def read_pending(project: Project) -> Iterator[Pending]:
    """Yield every record that can be read, however old it is."""
    for info in project.bucket.list(PENDING):
        try:
            yield msgspec.json.decode(project.bucket.get(info.key)[0], type=Pending)
        except (ObjectMissing, msgspec.DecodeError, UnicodeDecodeError):
            continue


def _read(project: Project, info: ObjectInfo) -> Pending | None:
    try:
        body, _ = project.bucket.get(info.key)
    except ObjectMissing:
        return None
    try:
        return msgspec.json.decode(body, type=Pending)
    except (msgspec.DecodeError, UnicodeDecodeError):  # damaged, or a newer one's: it may name any feed
        catalog = project.ledger.load().catalog
        paths, base = (tuple(folders(catalog)), catalog.revision) if catalog else ((), 0)
        return Pending(at=info.modified, who="", paths=paths, base=base)


def _closed_left(project: Project, paths: Sequence[str]) -> bool:
    """Return whether nothing more is shown where the show lay before; who may not write there leaves it to others."""
    catalog = project.ledger.load().catalog
    try:
        if catalog:
            close_left(project, catalog, paths)
    except AccessRefused:
        return False
    return True


def _fence(project: Project, bases: set[int]) -> None:
    """Make sure that commits announced on these revisions can no longer happen: the catalog has moved past them."""
    current = project.ledger.load().catalog
    if current is None or current.revision not in bases:
        return

    def move_on(found: Catalog | None) -> Catalog:
        moved = found or current
        return msgspec.structs.replace(moved) if moved.revision in bases else moved

    project.ledger.commit(move_on, who=project.who, what="finished an interrupted build", at=project.now())
