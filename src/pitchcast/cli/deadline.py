"""The time that a command may take: after ``--timeout`` it ends with exit code 4, whatever it is waiting for.

First it is stopped as Ctrl-C stops it, and the programs that it runs are ended. What does not notice, such as a thread
that waits for an answer from the network, is not waited for: a little later the process ends by itself. Either way it
leaves no more than a process that was killed, and the same command completes that.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import typer

KIND = "timeout"
EXIT_CODE = 4
_GRACE_S = 5.0
_TELLING_S = 2.0


class TimeIsUp(KeyboardInterrupt):
    """Raised in the main thread when the time is over, wherever that is."""


class TimedOut(Exception):
    """The command was not done within ``limit``, as that was typed."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.message = f"it was not done within {limit}, the time that --timeout gives it"
        self.hint = "Run the same command again: it completes what is left. Where it needs longer, give it more time."


Tell = Callable[[TimedOut], None]


@contextmanager
def time_limit(limit: str, tell: Tell) -> Iterator[None]:
    """Raise TimedOut where what is done here takes longer than *limit*, "" for as long as it takes.

    *tell* tells of it where the process has to be ended from outside the main thread. Raises UsageError where *limit*
    is not a time.
    """
    if not limit:
        yield
        return
    from pitchcast.cli.dates import parse_duration_s

    watch = _Watch(parse_duration_s(limit, "--timeout"), TimedOut(limit), tell)
    try:
        with _woken_by(watch):
            watch.start()
            try:
                yield
            finally:
                watch.stop()
    except typer.Exit:  # it has answered
        raise
    except BaseException as error:
        watch.stop()  # where the time was over just before that was said above
        if watch.expired:  # whatever was told of it, a program that was ended or a question, that is why
            raise watch.reason from error
        raise


def leave(code: int) -> None:
    """End this process at once, without waiting for threads that still wait for somebody."""
    _end_others()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    os._exit(code)


class _Watch(threading.Thread):
    """Waits beside the command, and ends it when its time is over."""

    def __init__(self, limit_s: float, reason: TimedOut, tell: Tell) -> None:
        super().__init__(name="time limit", daemon=True)
        self.expired = False
        self.reason = reason
        self._limit_s, self._tell = limit_s, tell
        self._over = threading.Event()

    def run(self) -> None:
        """Wait, stop the command, and end the process where that does not stop it."""
        if self._over.wait(self._limit_s):
            return
        self.expired = True
        _end_programs()
        _wake_main_thread()
        if self._over.wait(_GRACE_S):
            return
        # The streams may be what the command hangs on: telling may last, but not for ever.
        telling = threading.Thread(target=self._tell, args=(self.reason,), daemon=True)
        telling.start()
        telling.join(_TELLING_S)
        _end_others()
        os._exit(EXIT_CODE)

    def stop(self) -> None:
        """Let the command go on for as long as it likes: it has ended."""
        self._over.set()

    def interrupt(self, *_: object) -> None:
        """Stop the command, in the main thread."""
        if not self._over.is_set():
            raise TimeIsUp


@contextmanager
def _woken_by(watch: _Watch) -> Iterator[None]:
    """Let a signal stop the main thread while it waits; Windows has none, there it ends as after Ctrl-C."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, watch.interrupt)
    try:
        yield
    finally:
        watch.stop()
        watch.join()  # a signal that came later would find nobody who expects it, and end the process
        signal.signal(signal.SIGALRM, before)


def _wake_main_thread() -> None:
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGALRM)
    else:
        import _thread

        _thread.interrupt_main()


def _end_programs() -> None:
    """End the programs that this process runs: what waits for them goes on, and finds that the time is over."""
    from pitchcast.programs import end_programs

    end_programs()


def _end_others() -> None:
    """End the programs and processes that this process has started."""
    _end_programs()
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for child in multiprocessing.active_children():
            child.kill()
