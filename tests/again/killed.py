"""Real processes on a real S3 server, ended by SIGKILL before or after a request; no clock is moved."""

import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from pitchcast.errors import PitchcastError
from tests.again.proof import Tried, check_done
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show, s3_show
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, proxy

KILLED = ("publish, a new episode", "feeds rotate", "undo", "prospects remove")
"""The commands whose processes are killed."""

_WAIT_S = 300
_KILLED = -signal.SIGKILL


class Moment(NamedTuple):
    """When a process is killed: at which request of a kind, counted from 0, and whether once that was done."""

    kind: str
    number: int
    afterwards: bool

    @property
    def ends_record(self) -> bool:
        """Return whether the record of the work was deleted."""
        return self.afterwards and self.kind in ("DELETE private/pending", "POST bucket")

    def __str__(self) -> str:
        return f"{'after' if self.afterwards else 'before'} {self.kind} {self.number}"


class Ended(NamedTuple):
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str


class Killer:
    """Sees every request that goes by, and ends a process at one of them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._lock = threading.Lock()
        self._victim: subprocess.Popen[str] | None = None
        self._moment = Moment("", 0, afterwards=False)

    @contextmanager
    def serving(self, server: SeaweedFS) -> Iterator[str]:
        """Serve at an address through which every request goes by here."""
        with proxy(server.endpoint_url, before=self._before, after=self._after) as endpoint_url:
            yield endpoint_url

    def watch(self, process: "subprocess.Popen[str]", moment: Moment | None = None) -> "Ended":
        """Wait for the end of a process, which is killed at that moment; say how it ended."""
        with self._lock:
            self.seen = []
            self._victim, self._moment = process, moment or self._moment
            if moment is None:
                self._victim = None
        out, err = process.communicate(timeout=_WAIT_S)
        with self._lock:
            self._victim = None
        return Ended(process.returncode, out, err)

    def _before(self, exchange: Exchange) -> None:
        with self._lock:
            kind = _kind_of(exchange)
            self.seen.append(kind)
            if self._victim and not self._moment.afterwards and self._is_now(kind):
                self._end()
                exchange.answer(503, "SlowDown")

    def _after(self, exchange: Exchange) -> None:
        with self._lock:
            if self._moment.afterwards and self._is_now(_kind_of(exchange)):
                self._end()

    def _is_now(self, kind: str) -> bool:
        return kind == self._moment.kind and self.seen.count(kind) > self._moment.number

    def _end(self) -> None:
        if self._victim:
            self._victim.kill()
        self._victim = None


def kill(server: SeaweedFS, name: str, *, each: bool = False, step: int = 1) -> Tried:
    """Kill a command before and after the first request of each kind; with *each*, at every request that writes.

    With *step* only at every so many of these moments.
    """
    scenario = next(one for one in SCENARIOS if one.name == name)
    tried, killer = Tried(name, "killed"), Killer()
    with killer.serving(server) as endpoint_url, s3_show(server, endpoint_url) as show:
        show.begin()
        done = killer.watch(show.start(*scenario.words))
        assert done.code == 0, done.err
        for moment in islice(_moments(killer.seen, each=each), KILLED.index(name) % step, None, step):
            tried.tried += 1
            try:
                code = _kill_once(show, scenario, killer, moment)
            except (AssertionError, PitchcastError) as error:
                tried.wrong.append(f"{moment}: {error}")
                continue
            tried.hit += code == _KILLED
            tried.ended[code] = tried.ended.get(code, 0) + 1
    return tried


def _kill_once(show: Show, scenario: Scenario, killer: Killer, moment: Moment) -> int:
    """Kill, run again and check; return how the first process ended."""
    show.begin()
    before = show.catalog()
    first = killer.watch(show.start(*scenario.words), moment)
    assert first.code in (0, _KILLED), f"ended with {first.code}: {first.err}"
    # Once it has answered and deleted its record, to type the command again is to mean it again.
    answered = first.code == 0 or (moment.ends_record and bool(first.out))
    if not answered:
        again = killer.watch(show.start(*scenario.words))
        assert again.code == 0, f"run again it ended with {again.code}: {again.out}{again.err}"
    check_done(show, scenario, before, answered=answered)
    return first.code


def _moments(seen: Iterable[str], *, each: bool) -> Iterator[Moment]:
    counted: dict[str, int] = {}
    for kind in seen:
        counted[kind] = counted.get(kind, 0) + 1
    for kind, count in counted.items():
        reads = kind.startswith(("GET", "HEAD"))
        for number in range(1 if reads or not each else count):
            yield from (Moment(kind, number, afterwards=False), Moment(kind, number, afterwards=True))


def _kind_of(exchange: Exchange) -> str:
    """Return the method, and what it is about: a kind of object, a listing, or the bucket."""
    path, _, query = exchange.path.partition("?")
    _, _, key = unquote(path).lstrip("/").partition("/again-")
    method = "COPY" if "x-amz-copy-source" in exchange.asked else exchange.method
    inside = key.partition("/")[2].split("/")
    if not inside[0]:
        return f"{method} list" if "list-type" in query else f"{method} bucket"
    named = inside[-1].rpartition(".")[2] if inside[0] == "public" else inside[1].partition(".")[0]
    return f"{method} {inside[0]}/{named}"
