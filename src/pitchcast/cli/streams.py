"""Standard input, output and errors, usable whatever the program was started with: closed, full, or cut off.

An answer that cannot be written is a failure of the command, raised as OutputLost. A message on stderr that cannot be
written is none: what it tells of goes on. A stream that was closed from the start is one that nobody reads.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast


class OutputLost(Exception):
    """The answer could not be written.

    ``changed`` says that what the command was asked to do is done all the same, ``wrote`` which files it has written.
    """

    def __init__(self, cause: OSError) -> None:
        super().__init__(cause.strerror or str(cause))
        self.reason = cause.strerror or str(cause)
        self.reader_left = isinstance(cause, BrokenPipeError)
        self.changed = False
        self.wrote: tuple[str, ...] = ()


@contextmanager
def usable_streams() -> Iterator[None]:
    """Make the three streams usable, for as long as a command runs."""
    _open_closed_descriptors()
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = before[0] or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - open as long as the program runs
    sys.stdout = cast(TextIO, _Answers(before[1] or _nowhere()))
    sys.stderr = cast(TextIO, _Messages(before[2] or _nowhere()))
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OutputLost):
                stream.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def write_bytes(body: bytes) -> None:
    """Write bytes to standard output as they are. Raises OutputLost."""
    stream = sys.stdout if isinstance(sys.stdout, _Stream) else _Answers(sys.stdout)
    stream.write_bytes(body)


class _Stream:
    """A text stream that knows what to do when it cannot be written to."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        _make_bearable(stream)

    def write(self, text: str) -> int:
        """Write as a text stream does."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._fail(error)
        return len(text)

    def write_bytes(self, body: bytes) -> None:
        """Write bytes behind the text so far."""
        self.flush()
        try:
            self._stream.buffer.write(body)
        except OSError as error:
            self._fail(error)

    def flush(self) -> None:
        """Flush as a text stream does."""
        try:
            self._stream.flush()
        except OSError as error:
            self._fail(error)

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the stream has."""
        return getattr(self._stream, name)

    def _fail(self, error: OSError) -> None:
        """Send what is still to come nowhere: Python would fail again as it ends, and change the exit code."""
        with suppress(OSError):  # no descriptor: not a stream of the system
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


class _Answers(_Stream):
    """Standard output: what cannot be written there is missed, and whoever did not notice is told again."""

    _lost: OutputLost | None = None

    def flush(self) -> None:
        """Flush as a text stream does. Raises OutputLost also for what was lost before."""
        if self._lost:
            raise self._lost
        super().flush()

    def _fail(self, error: OSError) -> None:
        super()._fail(error)
        self._lost = OutputLost(error)
        raise self._lost from error


class _Messages(_Stream):
    """Standard error: what cannot be written there is not."""


def _open_closed_descriptors() -> None:
    """Lead descriptors that are closed to nowhere: the next file opened would take their number and get the output."""
    for descriptor, mode in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, mode), True)  # the lowest that is free, which is this one


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _make_bearable(stream: TextIO) -> None:
    """Let a console that cannot show a character show “?” instead of ending the program.

    What goes into a file or a pipe is UTF-8, also on Windows, unless somebody wants it otherwise.
    """
    if not hasattr(stream, "reconfigure"):
        return
    if stream.isatty() or os.environ.get("PYTHONIOENCODING"):
        stream.reconfigure(errors="replace")
    else:
        stream.reconfigure(encoding="utf-8", errors="replace")
