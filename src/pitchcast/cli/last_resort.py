"""The end of a command that failed by a fault of pitchcast's own: one line, and a file with the details.

Nothing is imported before there is something to tell, and nothing that might be what failed.
"""

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

KIND = "bug"
HINT = "Please report it with that file, which holds no links, keys or e-mail addresses."
_LONGEST = 300  # characters of what the fault says
_LARGEST = 200_000  # characters of details
_FILES_KEPT = 20
_MASK = "…"

_SECRET_NAMES = ("SECRET", "TOKEN", "PASSWORD", "ACCESS_KEY")


class Faults:
    """Faults outside the command itself: in threads, and in what Python does when it tidies up."""

    def __init__(self) -> None:
        self.in_threads: list[BaseException] = []
        self.in_tidying: list[BaseException] = []


@contextmanager
def faults_collected(*, for_good: bool) -> Iterator[Faults]:
    """Give the faults that Python would otherwise print with their tracebacks; *for_good* also when all is done."""
    faults = Faults()
    before = threading.excepthook, sys.unraisablehook

    def in_thread(told: Any) -> None:
        if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
            faults.in_threads.append(told.exc_value)

    def in_tidying(told: Any) -> None:
        if told.exc_value is not None and not isinstance(told.exc_value, KeyboardInterrupt):
            faults.in_tidying.append(told.exc_value)

    threading.excepthook, sys.unraisablehook = in_thread, in_tidying
    try:
        yield faults
    finally:
        if not for_good:
            threading.excepthook, sys.unraisablehook = before


def told(error: BaseException) -> str:
    """Return one line on a fault, which names the file that its details were written to."""
    return f"{_said(error)}; {_kept(error)}"


def masked(text: str) -> str:
    """Return *text* without links, keys and e-mail addresses."""
    from pitchcast.model.token import mask_tokens

    for name, value in os.environ.items():
        if len(value) >= 8 and any(part in name.upper() for part in _SECRET_NAMES):
            text = text.replace(value, _MASK)
    for pattern in _secrets():
        text = pattern.sub(_MASK, text)
    return mask_tokens(text)


def _secrets() -> tuple[re.Pattern[str], ...]:
    """Return what keys, passwords and e-mail addresses look like; not before it is needed, for the sake of start-up."""
    return (
        re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"),  # the shape of AWS secret keys
        re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+=]{100,2000}"),  # and of session tokens
        re.compile(r"(?<=://)[^\s/@:]{1,100}:[^\s/@]{1,100}(?=@)"),
        re.compile(r"(?<=X-Amz-Signature=)[0-9a-f]{1,100}"),
        re.compile(r"(?<![^\s<>\"'“”‘’(),;:\[\]])[^\s@<>\"'“”‘’(),;:\[\]]{1,200}@[\w.-]{1,255}"),
    )


def _said(error: BaseException) -> str:
    """Return what failed, in one line."""
    if isinstance(error, MemoryError):
        return "pitchcast ran out of memory"
    with suppress(Exception):  # a fault may be unable to say what it is
        said = " ".join(masked(str(error)).split())
        shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}{_MASK}"
        return f"pitchcast failed by a fault of its own ({': '.join(filter(None, (type(error).__name__, shown)))})"
    return f"pitchcast failed by a fault of its own ({type(error).__name__})"


def _kept(error: BaseException) -> str:
    """Write down the details, readable by the user only, and return where they are, or why they are not."""
    try:
        details = _details(error)
        for place in (_in_logs, _in_temporary):
            with suppress(OSError):
                return f"the details are in {place(details)}"
    except Exception as again:  # noqa: BLE001 - whatever else fails here, the fault itself is to be told
        return f"the details could not be written down ({type(again).__name__})"
    return "the details could not be written down anywhere"


def _details(error: BaseException) -> bytes:
    import platform
    import traceback

    from pitchcast import __version__
    from pitchcast.cli.escaping import printable

    trace = "".join(traceback.format_exception(error))
    if len(trace) > _LARGEST:
        trace = f"{trace[: _LARGEST // 2]}\n{_MASK}\n{trace[-_LARGEST // 2 :]}"
    head = f"pitchcast {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    return printable(head + _typed() + "\n" + masked(trace)).encode("utf-8", "replace")


def _typed() -> str:
    """Return the command and its options, without what was said in them: names of people, paths, addresses."""
    words = [word.partition("=")[0] for word in sys.argv[1:] if re.fullmatch(r"-{1,2}[a-z][a-z-]*(=.*)?|[a-z]+", word)]
    return f"{' '.join(['pitchcast', *words[:20]])}\n"


def _in_logs(details: bytes) -> str:
    """Write a file into the folder for the user's logs, and keep only the last few there. Raises OSError."""
    import time

    from platformdirs import user_log_path

    folder = user_log_path("pitchcast", appauthor=False)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"bug-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{os.getpid()}-{os.urandom(2).hex()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    _write(descriptor, path, details)
    for old in sorted(folder.glob("bug-*.txt"))[:-_FILES_KEPT]:
        with suppress(OSError):
            old.unlink()
    return str(path)


def _in_temporary(details: bytes) -> str:
    """Write a file into the folder for temporary files. Raises OSError."""
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix="pitchcast-bug-", suffix=".txt")
    _write(descriptor, Path(path), details)
    return path


def _write(descriptor: int, path: Path, details: bytes) -> None:
    """Write a file whole, or leave none. Raises OSError."""
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(details)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
