"""Who does the parts of a large build: this process, a few more on this machine, or a Dask cluster.

A part names folders and what was listed of them; doing it twice gives the same bytes, so a part
whose worker died is given to another. Workers open the storage by themselves, with the credentials of their machine.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pitchcast import __version__
from pitchcast.errors import ConfigError, PitchcastError, StorageUnavailable
from pitchcast.invocation import pip_install
from pitchcast.model.answers.feeds import Built
from pitchcast.storage.bucket import ObjectInfo

MANY = 2000
"""As many folders are worth starting further processes, which takes a second each."""
_MAX_PROCESSES = 8
_RESTARTS = 3
_DASK_ANSWERS_S = 10  # a scheduler that is just being started refuses at first
_IN_FLIGHT = 2  # parts that wait at each worker, so that none is idle


@dataclass(frozen=True, slots=True)
class Executors:
    """What does the work: so many processes (0: as machine and work suggest), or the Dask scheduler at *dask*.

    Further processes begin by importing the main program once more, which only a command line is sure to allow.
    """

    jobs: int = 1
    dask: str = ""


ALONE = Executors()


@dataclass(frozen=True, slots=True)
class Part:
    """Some folders to build. ``listed`` is what lies in them, None where that is still to be asked.

    ``listed_s`` is when that was, in seconds since 1970 by the clock of whoever listed.
    """

    paths: tuple[str, ...]
    listed: Mapping[str, Mapping[str, ObjectInfo]] | None = None
    listed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class FolderDone:
    """What was done in one folder, or would be. ``mark`` is "" where it is not known to be right.

    ``feed`` is the feed's id, "" for a folder of none. ``fetched_again`` says that an episode which was there gets
    another address, so that apps may fetch it once more. ``withdrawn`` is the key of audio that was deleted, or "".
    """

    path: str
    feed: str
    built: Built
    mark: str = ""
    fetched_again: bool = False
    error: PitchcastError | None = None
    withdrawn: str = ""


Do = Callable[[Part], "Sequence[FolderDone]"]


class Workers:
    """Workers under way: parts are given to them, and each comes back done."""

    def __init__(self, start: Callable[[], Executor], width: int, task: Do) -> None:
        self.width = width * _IN_FLIGHT
        self._start, self._task = start, task
        self._executor = start()
        self._given: list[Future[Sequence[FolderDone]]] = []
        self._restarts = 0

    def submit(self, part: Part) -> "Future[Sequence[FolderDone]]":
        """Hand out a part."""
        future: Future[Sequence[FolderDone]] = self._executor.submit(self._task, part)
        self._given = [other for other in self._given if not other.done()] + [future]
        return future

    def restart(self, error: BrokenProcessPool) -> None:
        """Replace workers of which one died. Raises StorageUnavailable where that keeps happening."""
        self._restarts += 1
        if self._restarts > _RESTARTS:
            raise StorageUnavailable("the build's processes keep dying", hint="Try --jobs 1.") from error
        self._executor.shutdown(wait=False)
        self._executor = self._start()

    def close(self) -> None:
        """Wait for the workers to end; what they have not begun is left."""
        for future in self._given:
            future.cancel()
        self._executor.shutdown(wait=True)


@dataclass(frozen=True, slots=True)
class _NamingWorker:
    """A task whose errors name the Dask worker that it ran on: credentials and disks are those of its machine."""

    task: Do

    def __call__(self, part: Part) -> Sequence[FolderDone]:
        try:
            return self.task(part)
        except PitchcastError as error:
            raise type(error)(f"on the Dask worker {_this_worker()}: {error.message}", hint=error.hint) from error
        except Exception as error:
            raise RuntimeError(f"on the Dask worker {_this_worker()}: {type(error).__name__}: {error}") from error


def _this_worker() -> str:
    """Return the name of the Dask worker that this runs on, and its address where that is another one."""
    from distributed import get_worker

    worker = get_worker()
    return str(worker.name) if str(worker.name) == worker.address else f"{worker.name} ({worker.address})"


def installed_version() -> str:
    """Return the version of pitchcast that is installed where this is called."""
    return __version__


@contextmanager
def working(executors: Executors, here: Do, elsewhere: Do, folders: int) -> Iterator[Workers]:
    """Give workers for a build of that many folders; *here* does a part in this process, *elsewhere* in any other.

    *elsewhere* can be pickled.

    Raises ConfigError where a Dask cluster is wanted and cannot be reached.
    """
    with ExitStack() as stack:
        if executors.dask:
            workers = _dask(executors.dask, elsewhere, stack)
        elif (processes := _processes(executors, folders)) > 1:
            workers = Workers(lambda: _pool(processes), processes, elsewhere)
        else:
            workers = Workers(_Here, 1, here)
        stack.callback(workers.close)
        yield workers


class _Here(Executor):
    """An executor that does each task at once, in this process."""

    def submit(self, task, /, *arguments, **named):  # type: ignore[no-untyped-def]
        future = Future()  # type: ignore[var-annotated]
        future.set_result(task(*arguments, **named))
        return future


def _processes(executors: Executors, folders: int) -> int:
    if executors.jobs:
        return executors.jobs
    return min(os.cpu_count() or 1, _MAX_PROCESSES) if folders >= MANY else 1


def _pool(processes: int) -> Executor:
    return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"), initializer=_fall_silent)


def _fall_silent() -> None:
    """Have a worker print nothing: what fails in it is raised in the process that waits for it, and told there once."""
    sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the worker lives


def _dask(address: str, task: Do, stack: ExitStack) -> Workers:
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError("--dask needs Dask", hint=f"Install it: {pip_install('pitchcast[dask]')}") from error
    try:
        client = stack.enter_context(Client(address, timeout=_DASK_ANSWERS_S, set_as_default=False))  # type: ignore[no-untyped-call] # distributed declares some of its types
    except (OSError, ValueError) as error:
        raise ConfigError(f"--dask: no scheduler answers at {address}", hint="Start one: dask scheduler") from error
    versions = client.run(installed_version, on_error="return")
    if not versions:
        raise ConfigError(f"--dask: the scheduler at {address} has no workers", hint="Start one: dask worker ADDRESS")
    _check_workers(versions)
    return Workers(lambda: client.get_executor(pure=False, retries=_RESTARTS), len(versions), _NamingWorker(task))


def _check_workers(versions: Mapping[str, object]) -> None:
    """Raise ConfigError naming the Dask workers that could not build: they lack pitchcast, or have another version."""
    said = {worker: _version_said(version) for worker, version in versions.items() if version != __version__}
    if said:
        named = "; ".join(f"{worker} {what}" for worker, what in sorted(said.items()))
        raise ConfigError(
            f"--dask: {named}", hint=f"Install pitchcast {__version__} on every worker, and start the workers anew."
        )


def _version_said(version: object) -> str:
    if isinstance(version, BaseException):
        return f"cannot run pitchcast ({type(version).__name__}: {version})"
    return f"has pitchcast {version}, not {__version__}"
