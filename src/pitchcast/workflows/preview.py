"""Serve a show's public half on loopback, to try a feed in an app, and write an access log to try statistics."""

import os
import stat
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from io import FileIO
from itertools import count
from pathlib import Path

from pitchcast.analytics.formats.combined import Answered, is_rendered, render_line
from pitchcast.errors import FileError
from pitchcast.invocation import pitchcast_command
from pitchcast.site.project import Project
from pitchcast.storage.loopback import Served, serve_public

DEFAULT_PORT = 8760

_APPEND = os.O_RDWR | os.O_APPEND | getattr(os, "O_BINARY", 0)
_NEW = _APPEND | os.O_CREAT | os.O_EXCL
_THERE = _APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_MOST_BYTES_IN_A_LINE = 1 << 18  # a request and three headers, each byte perhaps written as four


def serve(
    project: Project, *, port: int, log: Callable[[str], None], access_log: Path | None = None
) -> ThreadingHTTPServer:
    """Return a server for ``public/``, bound to 127.0.0.1 and not yet running; *log* gets a masked line a request.

    *access_log* is a file for the requests, with whole links: a new or empty one, or a log that this wrote before and
    that grows. Raises FileError where something else is there, or it cannot be written.
    """
    public_url = project.catalog().public_url
    if access_log is None:
        return serve_public(project.bucket, port=port, public_url=public_url, log=log)
    is_new = not os.path.lexists(access_log)
    file = _open_log(access_log, is_new=is_new)
    try:
        server = serve_public(project.bucket, port=port, public_url=public_url, log=log)
    except BaseException:
        file.close()
        if is_new:
            access_log.unlink()
        raise
    server.record, server.at_close = _writer(file), file.close
    return server


def _open_log(path: Path, *, is_new: bool) -> FileIO:
    """Open a file that only its owner can read: the links in it are secret."""
    try:
        file = FileIO(os.open(path, _NEW if is_new else _THERE, 0o600), "r+b")
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}", hint=_another(path)) from error
    if not is_new:
        try:
            _go_on(file, path)
        except BaseException:
            file.close()
            raise
    return file


def _go_on(file: FileIO, path: Path) -> None:
    """Make a file that is there ready for further lines. Raises FileError where it is no log of ours, or another's."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or not _is_own_log(file, status.st_size):
        raise FileError(f"{path} exists already, and is no log that “preview” wrote", hint=_another(path))
    if os.name == "posix":
        if status.st_uid != os.geteuid():
            raise FileError(f"{path} is another user's", hint=_another(path))
        os.fchmod(file.fileno(), 0o600)
    if status.st_size and _tail(file, status.st_size, 1) != b"\n":
        file.write(b"\n")  # what was cut off stays a line of its own


def _is_own_log(file: FileIO, size_bytes: int) -> bool:
    """Return whether a file is empty, or its first and last whole line are such as “preview” writes."""
    if not size_bytes:
        return True
    file.seek(0)
    first, end, _ = file.read(_MOST_BYTES_IN_A_LINE).partition(b"\n")
    last = _tail(file, size_bytes, _MOST_BYTES_IN_A_LINE).rpartition(b"\n")[0].rpartition(b"\n")[2]
    return bool(end) and is_rendered(first) and is_rendered(last)


def _tail(file: FileIO, size_bytes: int, wanted_bytes: int) -> bytes:
    file.seek(max(0, size_bytes - wanted_bytes))
    return file.read(wanted_bytes)


def _another(path: Path) -> str:
    """Return the hint that names a file which is not there yet."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    free = next(name for name in names if not os.path.lexists(name))
    return f"Name another file: {pitchcast_command('preview --log', free)}"


def _writer(file: FileIO) -> Callable[[Served], None]:
    """Return what writes each request as a line of its own, in one go: requests come in several threads."""

    def write(served: Served) -> None:
        answered = Answered(
            at=served.at,
            address=served.address,
            request=served.line,
            status=served.status,
            sent_bytes=served.sent_bytes,
            referrer=served.referrer,
            agent=served.agent,
            asked_range=served.asked_range,
        )
        file.write(render_line(answered))

    return write
