"""One run of a command, one of whose requests to the storage goes wrong; no clock is moved."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from pitchcast.errors import StorageUnavailable
from pitchcast.model.layout import PENDING, PUBLIC, Headers
from pitchcast.storage.bucket import Bucket, ObjectInfo, Progress
from tests.chaos.faults import Clock, Crash, Faulty

WRITES = ("put", "put_new", "replace_if", "copy", "delete")

Group = Literal["read", "write"]
Kind = Literal["fail", "lie", "down", "down after", "crash", "crash after", "interrupt"]
"""What happens to a request.

``fail``: an error, nothing was done. ``lie``: it was done, and the answer is lost. ``down``, ``down after``: the
connection is cut for good, before or after it was done. ``crash``, ``crash after``: so is the life of the process.
``interrupt``: Ctrl-C.
"""

_DOWN = StorageUnavailable("the network is gone", hint="Run again.")


class Request(NamedTuple):
    """What was asked of the storage: the name of a method of ``Bucket``, and the key."""

    method: str
    key: str

    @property
    def group(self) -> Group:
        """Return whether it can change anything."""
        return "write" if self.method in WRITES else "read"

    @property
    def is_end_of_record(self) -> bool:
        """Return whether a record of work under way is deleted."""
        return self.method == "delete" and self.key.startswith(PENDING)


class Fault(NamedTuple):
    """What goes wrong with one request, counted from 0 among all that read or among all that write.

    Builds use threads, so numbers among all requests would not name the same one twice.
    """

    group: Group
    number: int
    kind: Kind


@dataclass(slots=True)
class Run:
    """What one process asked of its storages; it shares one fault, and once dead it asks nothing more.

    ``changed`` are the requests that changed something, ``shown`` the documents that listeners could read for a moment
    at least, ``hit`` is the request that went wrong.
    """

    fault: Fault | None = None
    asked: list[Request] = field(default_factory=list)
    changed: list[Request] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)
    hit: Request | None = None
    dead: bool = False
    down: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    _counted: Counter[str] = field(default_factory=Counter)

    def next_fault(self, request: Request) -> str:
        """Return what goes wrong with this request, "" for nothing."""
        with self.lock:
            if self.dead:
                raise Crash
            if self.down:
                raise _DOWN
            place = (request.group, self._counted[request.group])
            self._counted[request.group] += 1
            self.asked.append(request)
            if self.fault is None or place != self.fault[:2]:
                return ""
            self.hit = request
            kind = self.fault.kind
            if kind == "interrupt":
                raise KeyboardInterrupt
            self.down = kind in ("down", "down after")
            return {"down": "fail", "down after": "lie"}.get(kind, kind)

    def of(self, group: Group) -> list[Request]:
        """Return what was asked that reads, or that writes, in order."""
        return [request for request in self.asked if request.group == group]


class RealClock(Clock):
    """The clock that the storage has."""

    def dated(self, info: ObjectInfo) -> ObjectInfo:
        """Return what the storage says."""
        return info


class Watched(Faulty):
    """A bucket as one run of a command sees it."""

    def __init__(self, bucket: Bucket, run: Run) -> None:
        super().__init__(bucket, RealClock(), wrote=self._note)
        self._run = run
        self._asking = threading.local()

    def __getattr__(self, name: str) -> object:
        return getattr(self.__dict__["_bucket"], name)

    def put(self, key: str, body: bytes | Path, headers: Headers, progress: Progress | None = None) -> str:
        self._asking.now = Request("put", key)
        return super().put(key, body, headers, progress)

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        self._asking.now = Request("put_new", key)
        return super().put_new(key, body, headers)

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        self._asking.now = Request("replace_if", key)
        return super().replace_if(key, body, etag, headers)

    def get(self, key: str) -> tuple[bytes, ObjectInfo]:
        self._asking.now = Request("get", key)
        return super().get(key)

    def read_range(self, key: str, start: int, length: int) -> bytes:
        self._asking.now = Request("read_range", key)
        return super().read_range(key, start, length)

    def head(self, key: str) -> ObjectInfo:
        self._asking.now = Request("head", key)
        return super().head(key)

    def copy(self, source: str, target: str, headers: Headers, *, if_match: str = "") -> str:
        self._asking.now = Request("copy", target)
        return super().copy(source, target, headers, if_match=if_match)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        self._asking.now = Request("list", prefix)
        return super().list(prefix)

    def delete(self, keys: Iterable[str]) -> None:
        doomed = list(keys)
        if not doomed:
            return
        self._asking.now = Request("delete", doomed[0])
        super().delete(doomed)
        self._run.changed += [Request("delete", key) for key in doomed]

    def now(self) -> datetime:
        self._asking.now = Request("now", "")
        return self._ask(self._bucket.now)

    def _next_fault(self) -> str:
        return self._run.next_fault(self._asking.now)

    def _die(self) -> None:
        self._run.dead = True
        raise Crash

    def _note(self, key: str, body: bytes | None) -> None:
        self._run.changed.append(Request(self._asking.now.method, key))
        if body and key.startswith(PUBLIC):
            self._run.shown.append(body)
