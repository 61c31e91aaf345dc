"""Serve a show's public half on loopback, to try a feed in an app."""

from collections.abc import Callable
from http.server import ThreadingHTTPServer

from pitchcast.site.project import Project
from pitchcast.storage.loopback import serve_public

DEFAULT_PORT = 8760


def serve(project: Project, *, port: int, log: Callable[[str], None]) -> ThreadingHTTPServer:
    """Return a server for ``public/``, bound to 127.0.0.1 and not yet running; *log* gets a masked line a request."""
    return serve_public(project.bucket, port=port, public_url=project.catalog().public_url, log=log)
