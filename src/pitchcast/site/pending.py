"""Work under way: written down before it begins, so that whoever comes later finishes what was cut off.

A record under ``private/pending/`` says what a command wants and which folders it builds. Its owner writes it anew
while it works, each time under a key of its own, and deletes it when the answer was given. A record that is half an
hour old belongs to a process that died or sleeps; if that wakes, it writes a new one and starts over.
tests/consistency holds the rules as a model, from which each can be left out to see what breaks.
"""

import socket
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import platformdirs

from pitchcast.errors import LostRace, ObjectMissing, ObjectTooLarge
from pitchcast.files import write_whole
from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, find_intent
from pitchcast.model.contents import folders
from pitchcast.model.layout import PENDING, headers_of, pending_key
from pitchcast.reading import parse_json
from pitchcast.site.project import Project
from pitchcast.storage.bucket import ObjectInfo
from pitchcast.storage.locking import HeldLock, is_held

HEAL_AFTER = timedelta(minutes=30)
"""After that long without a sign of life anybody finishes a build, or gives an intent up."""

RECEIPT_KEPT = timedelta(days=7)
"""How long a command can still find that somebody else finished what it was interrupted in."""

_ALIVE_FOR = timedelta(minutes=1)
_REFRESH_S = 30.0
_MARK_LETTERS = 32

State = Literal["open", "done", "receipt", "acknowledged"]
"""``open``: under way, or cut off. ``done``: finished by another command, and its own may not know yet; half an hour
later that becomes a ``receipt``, which is not built again. ``acknowledged``: its own command has told."""


class Pending(Record, frozen=True):
    """One command's work, as it was written down at ``at`` by the storage's clock.

    ``paths`` are the folders under ``public/`` that it builds, ``base`` the catalog revision that its commit would
    replace, 0 where the build follows no commit. ``intent`` is the id that its commit carries, "" where it has none.
    ``name`` is the command as it is typed, ``command`` the digest of that with what was meant, ``subject`` what it is
    about, ``what`` what the history says of it. ``facts`` are what was decided once, for whoever completes it.
    ``host`` and ``lock`` tell on which machine the process runs, and which lock it holds there while it lives.
    """

    at: datetime
    who: str
    paths: tuple[str, ...]
    base: int = 0
    intent: str = ""
    name: str = ""
    command: str = ""
    subject: str = ""
    what: str = ""
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    state: State = "open"
    host: str = ""
    lock: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A record as it was found: its object, and how long before the look it was written."""

    info: ObjectInfo
    record: Pending
    age: timedelta

    @property
    def is_old(self) -> bool:
        """Return whether its owner has given no sign of life for so long that others act."""
        return self.age > HEAL_AFTER

    @property
    def is_alive(self) -> bool:
        """Return whether its process still runs, as far as can be seen from here."""
        if self._is_of_this_machine:
            return is_held(_lock_path(self.record.lock))
        return self.age < _ALIVE_FOR

    @property
    def is_surely_over(self) -> bool:
        """Return whether its process has certainly ended, or given up: on this machine its lock would show it."""
        return self._is_of_this_machine and not is_held(_lock_path(self.record.lock))

    @property
    def _is_of_this_machine(self) -> bool:
        return bool(self.record.lock and self.record.host) and self.record.host == _this_machine()

    @property
    def has_lapsed(self) -> bool:
        """Return whether it only tells what nobody has asked for in a week."""
        return self.record.state == "receipt" and self.age > RECEIPT_KEPT


class Announcement:
    """The record of one writing command. *draft* is what it says of the command; *paths* are the folders it names."""

    def __init__(self, project: Project, draft: Pending | None = None) -> None:
        self.paths: tuple[str, ...] = ()
        self._project = project
        self._draft = draft
        self._key = ""
        self._written_s = 0.0
        self._lock: HeldLock | None = None

    def put(self, paths: Iterable[str], *, base: int = 0, instead_of: Iterable[str] = ()) -> None:
        """Write down that *paths* are about to be built, in the place of what was written before.

        *instead_of* are keys of further records that this one says all of.
        """
        self._hold_lock()
        self.paths = tuple(paths)
        now = self._project.now()
        draft = self._draft or Pending(at=now, who=self._project.who, paths=())
        record = msgspec.structs.replace(
            draft,
            at=now,
            paths=self.paths,
            base=base,
            host=_this_machine() if self._lock else "",
            lock=self._lock.name if self._lock else "",
        )
        earlier, self._key = self._key, pending_key(uuid.uuid4().hex)
        self._project.bucket.put(self._key, msgspec.json.encode(record), headers_of(self._key))
        self._written_s = time.time()
        over = [*filter(None, [earlier]), *instead_of]
        if over:
            self._project.bucket.delete(over)

    def stand_for(self, intent: str) -> None:
        """Let what is written from now on stand for this intent: the catalog has it, by whatever run of the command."""
        if self._draft and self._draft.intent != intent:
            self._draft = msgspec.structs.replace(self._draft, intent=intent)
            if self._key:
                self.put(self.paths)

    def keep(self) -> None:
        """Write it anew where some time has passed, also asleep: else somebody might take the build over."""
        if self._key and time.time() - self._written_s > _REFRESH_S:
            self.put(self.paths)

    def delete(self) -> None:
        """Say that everything announced is done and told."""
        key, self._key = self._key, ""
        if key:
            self._project.bucket.delete([key])
        self.give_up()

    def give_up(self) -> None:
        """Let others see that nobody works on it any more; the record stays for whoever finishes it."""
        if self._lock:
            self._lock.let_go()
            self._lock = None

    def _hold_lock(self) -> None:
        if self._lock is not None:
            return
        try:
            self._lock = HeldLock(_lock_path(f"{uuid.uuid4().hex}.lock"))
        except OSError:  # no place for it: others go by how long ago the record was written
            self._lock = None


@contextmanager
def announced(project: Project, paths: Iterable[str]) -> Iterator[Announcement]:
    """Write down that *paths* are being built, as long as that lasts; somebody else finishes what fails meanwhile."""
    announcement = Announcement(project)
    announcement.put(paths)
    try:
        yield announcement
    except BaseException:
        announcement.give_up()
        raise
    announcement.delete()


def read_records(project: Project) -> tuple[Found, ...]:
    """Return every record there is, oldest first.

    One that cannot be read, damaged or a newer pitchcast's, may name any folder: it stands for all.
    """
    infos = list(project.bucket.list(PENDING))
    now = project.now() if infos else None
    found = [_read(project, info, now) for info in infos if now]
    return tuple(sorted((one for one in found if one), key=lambda one: one.record.at))


def read_pending(project: Project) -> Iterator[Pending]:
    """Yield every record that can be read, however old it is."""
    for info in project.bucket.list(PENDING):
        try:
            yield parse_json(project.bucket.get(info.key)[0], Pending)
        except (ObjectMissing, ObjectTooLarge, ValueError):
            continue


def forget_finished(project: Project) -> None:
    """Delete every record of finished work: what it says of people stays nowhere once these are erased.

    A command that was interrupted, and finished by another one since, is not told of it any more.
    """
    project.bucket.delete([one.info.key for one in read_records(project) if one.record.state != "open"])


def is_committed(record: Pending, catalog: Catalog | None) -> bool:
    """Return whether the catalog holds what announced work is to build; work without an intent only builds."""
    return not record.intent or (catalog is not None and find_intent(catalog, record.intent) is not None)


def mark(project: Project, found: Found, state: State) -> None:
    """Say in somebody's record that it is finished; its age stays. Whoever wrote it anew meanwhile keeps theirs."""
    record = msgspec.structs.replace(found.record, state=state)
    key = found.info.key
    try:
        project.bucket.replace_if(key, msgspec.json.encode(record), found.info.etag, headers_of(key))
    except LostRace:
        return


def _read(project: Project, info: ObjectInfo, now: datetime) -> Found | None:
    try:
        body, info = project.bucket.get(info.key)
    except ObjectMissing:
        return None
    except ObjectTooLarge:
        body = b""
    try:
        record = parse_json(body, Pending)
    except ValueError:
        catalog = project.ledger.load().catalog
        paths, base = (tuple(folders(catalog)), catalog.revision) if catalog else ((), 0)
        record = Pending(at=info.modified, who="", paths=paths, base=base)
    return Found(info, record, now - record.at)


def _this_machine() -> str:
    """Return what tells this machine from others: its name, and a random mark in the folder of locks.

    Containers often share a name; a lock says something only where its folder is the same. "" where none can be kept.
    """
    path = _lock_path("machine")
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, uuid.uuid4().hex.encode())
        return f"{socket.gethostname()} {path.read_text(encoding='ascii')[:_MARK_LETTERS]}"
    except (OSError, UnicodeDecodeError):
        return ""


def _lock_path(name: str) -> Path:
    return platformdirs.user_cache_path("pitchcast", appauthor=False) / "running" / Path(name).name
