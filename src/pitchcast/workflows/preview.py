"""Serve a show's public half on loopback, to try a feed in an app, and write an access log to try statistics."""

import os
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from pitchcast.analytics.formats.combined import Answered, render_line
from pitchcast.errors import FileError
from pitchcast.site.project import Project
from pitchcast.storage.loopback import Served, serve_public

DEFAULT_PORT = 8760

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)


def serve(
    project: Project, *, port: int, log: Callable[[str], None], access_log: Path | None = None
) -> ThreadingHTTPServer:
    """Return a server for ``public/``, bound to 127.0.0.1 and not yet running; *log* gets a masked line a request.

    *access_log* is a new file for the requests, with whole links. Raises FileError where it exists or cannot be made.
    """
    public_url = project.catalog().public_url
    if access_log is None:
        return serve_public(project.bucket, port=port, public_url=public_url, log=log)
    file = _new_log(access_log)
    try:
        server = serve_public(project.bucket, port=port, public_url=public_url, log=log)
    except BaseException:
        file.close()
        access_log.unlink()
        raise
    server.record, server.at_close = _writer(file), file.close
    return server


def _new_log(path: Path) -> BinaryIO:
    """Make a file that only its owner can read: the links in it are secret."""
    try:
        descriptor = os.open(path, _NEW, 0o600)
    except FileExistsError as error:
        raise FileError(f"{path} exists already", hint="Name a new file, or move that one away.") from error
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror}", hint="Name a new file elsewhere.") from error
    return os.fdopen(descriptor, "wb", buffering=0)


def _writer(file: BinaryIO) -> Callable[[Served], None]:
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
