"""A storage that fails in every way the path to it can, in front of a real one that does not."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from pitchcast.errors import StorageUnavailable
from pitchcast.model.layout import Headers
from pitchcast.storage.bucket import Bucket, ObjectInfo, Progress

_T = TypeVar("_T")

Kind = Literal["fail", "lie", "twice", "cut", "crash", "crash after", "sleep", "meanwhile"]


class Crash(BaseException):
    """The process is gone: nothing in pitchcast may catch it."""


class Fault(NamedTuple):
    """What happens to one of a command's requests, counted from 0.

    ``fail``: no effect. ``lie``: done, but answered by an error. ``twice``: sent again after a lost answer, so that
    the second answer is the one seen. ``cut``: half of it was done or read. ``crash``: the process dies before it, or
    after it. ``sleep``: an hour passes first. ``meanwhile``: somebody else's whole command comes first.
    """

    at: int
    kind: Kind


@dataclass(slots=True)
class Clock:
    """The storage's clock, which stands still until a test moves it; it knows when each object was written."""

    time: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    written: dict[str, datetime] = field(default_factory=dict)

    def dated(self, info: ObjectInfo) -> ObjectInfo:
        """Return what the storage would say of an object if its clock were this one."""
        return ObjectInfo(info.key, info.etag, info.size_bytes, self.written.get(info.key, info.modified))


class Faulty:
    """A bucket of one process, some of whose requests go wrong. After a crash every further one does.

    *wrote* is told the key of each document and audio that was really written.
    """

    def __init__(
        self,
        bucket: Bucket,
        clock: Clock,
        faults: Iterable[Fault] = (),
        *,
        meanwhile: Callable[[], None] = lambda: None,
        wrote: Callable[[str, bytes | None], None] = lambda _key, _body: None,
    ) -> None:
        self.url = bucket.url
        self.reach = bucket.reach
        self.requests = 0
        self.injected: Counter[str] = Counter()
        self.listed: set[str] = set()
        self._bucket = bucket
        self._clock = clock
        self._faults = {fault.at: fault.kind for fault in faults}
        self._meanwhile = meanwhile
        self._wrote = wrote
        self._dead = False
        self._lock = threading.Lock()

    def put(self, key: str, body: bytes | Path, headers: Headers, progress: Progress | None = None) -> str:
        return self._ask(lambda: self._written(key, body, lambda: self._bucket.put(key, body, headers, progress)))

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        return self._ask(lambda: self._written(key, body, lambda: self._bucket.put_new(key, body, headers)))

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        return self._ask(lambda: self._written(key, body, lambda: self._bucket.replace_if(key, body, etag, headers)))

    def get(self, key: str) -> tuple[bytes, ObjectInfo]:
        body, info = self._ask(lambda: self._bucket.get(key))
        return body, self._clock.dated(info)

    def read_range(self, key: str, start: int, length: int) -> bytes:
        return self._ask(lambda: self._bucket.read_range(key, start, length))

    def head(self, key: str) -> ObjectInfo:
        return self._clock.dated(self._ask(lambda: self._bucket.head(key)))

    def copy(self, source: str, target: str, headers: Headers, *, if_match: str = "") -> str:
        return self._ask(
            lambda: self._written(target, None, lambda: self._bucket.copy(source, target, headers, if_match=if_match))
        )

    def holds(self, info: ObjectInfo, body: bytes) -> bool:
        return self._bucket.holds(info, body)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        self.listed.add(prefix)
        found = self._ask(lambda: list(self._bucket.list(prefix)))
        return iter([self._clock.dated(info) for info in found])

    def survey(self, prefix: str) -> Iterator[ObjectInfo]:
        return self.list(prefix)

    def delete(self, keys: Iterable[str]) -> None:
        doomed = list(keys)
        self._ask(lambda: self._bucket.delete(doomed), half=lambda: self._bucket.delete(doomed[: len(doomed) // 2]))

    def now(self) -> datetime:
        return self._ask(lambda: self._clock.time)

    def default_public_url(self) -> str:
        return self._bucket.default_public_url()

    def addresses_of(self, key: str) -> tuple[str, ...]:
        return tuple(self._bucket.addresses_of(key))

    def listing_addresses(self) -> tuple[str, ...]:
        return tuple(self._bucket.listing_addresses())

    def _ask(self, call: Callable[[], _T], half: Callable[[], object] = lambda: None) -> _T:
        kind = self._next_fault()
        if kind == "sleep":
            self._clock.time += timedelta(hours=1)
        if kind == "meanwhile":
            self._meanwhile()
        if kind == "crash":
            self._die()
        if kind == "cut":
            half()
        if kind in ("fail", "cut"):
            raise StorageUnavailable("the network is gone", hint="Run again.")
        answer = call()
        if kind == "twice":
            answer = call()
        if kind == "lie":
            raise StorageUnavailable("the answer was lost", hint="Run again.")
        if kind == "crash after":
            self._die()
        return answer

    def _next_fault(self) -> str:
        with self._lock:
            if self._dead:
                raise Crash
            kind = self._faults.get(self.requests, "")
            self.requests += 1
            self.injected[kind] += bool(kind)
            return kind

    def _die(self) -> None:
        self._dead = True
        raise Crash

    def _written(self, key: str, body: bytes | Path | None, call: Callable[[], _T]) -> _T:
        answer = call()
        self._clock.written[key] = self._clock.time
        self._wrote(key, body if isinstance(body, bytes) else None)
        return answer
