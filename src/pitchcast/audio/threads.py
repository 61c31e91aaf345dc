"""Several threads that share one job: each runs programs; the caller waits, tells progress, and stops all.

Threads, not processes: the work is done by ffmpeg and numpy, which do not hold Python's lock.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from types import TracebackType
from typing import ParamSpec, TypeVar

_LOOK_EVERY_S = 0.1
_WAITING = 1  # one of them is making sound ready, or waiting for a disk, while the others' programs run

P = ParamSpec("P")
T = TypeVar("T")


class Stopped(Exception):
    """Ends a worker whose work is no longer wanted; nobody outside sees it."""


class WorkerThreads:
    """A few threads for one job. Leaving the block ends them, and with them the programs they run."""

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or cores() + _WAITING
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="pitchcast-audio")
        self._stop = threading.Event()

    def __enter__(self) -> "WorkerThreads":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def submit(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> "Future[T]":
        """Have one of the threads do *work*, in the order of asking."""
        return self._pool.submit(work, *arguments, **named)

    def result(self, future: "Future[T]", meanwhile: Callable[[], None] = lambda: None) -> T:
        """Return what came of work; until then *meanwhile* is called ten times a second."""
        while not future.done():
            wait_for([future], timeout=_LOOK_EVERY_S)
            meanwhile()
        return future.result()

    def go_on(self) -> None:
        """Raise Stopped in a thread whose work is no longer wanted: called between chunks."""
        if self._stop.is_set():
            raise Stopped


class SharedProgress:
    """Counts what several threads have done of a whole."""

    def __init__(self, whole: float) -> None:
        self._whole, self._done, self._lock = max(whole, 1.0), 0.0, threading.Lock()

    def add(self, count: float) -> None:
        """Count some more."""
        with self._lock:
            self._done += count

    @property
    def fraction(self) -> float:
        """The part that is done."""
        return min(1.0, self._done / self._whole)


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
