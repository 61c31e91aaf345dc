"""The show's own https address, on this computer alone: a stored show keeps its address, whatever port its storage has.

Programs reach it through the variable ``https_proxy``, and trust it through ``SSL_CERT_FILE``. Nothing is rewritten:
a path under the address is asked for at the storage, and the answer handed on.
"""

import http.client
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import trustme

HOST = "listen.pitches.example"
PUBLIC_URL = f"https://{HOST}/cloud-bills"

_HANDED_ON = ("Content-Type", "Content-Range", "Cache-Control", "Accept-Ranges", "ETag", "Last-Modified")
_TIMEOUT_S = 30


class Certificates:
    """An authority of these tests' own: what the front proves itself with, and the file that a program trusts it by."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.trusted = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.trusted))
        self.of_front = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(self.of_front)
        self.of_listener = ssl.create_default_context(cafile=str(self.trusted))


@dataclass(frozen=True, slots=True)
class Front:
    """Where the front listens, and the certificates that vouch for it."""

    proxy_url: str
    certificates: Certificates

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds the show's address here."""
        return {"https_proxy": self.proxy_url, "SSL_CERT_FILE": str(self.certificates.trusted)}

    def get(self, url: str, *, first_bytes: int | None = None) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers (names in lower case) and body of what a listener without credentials gets.

        With *first_bytes* only so many are asked for.
        """
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": self.proxy_url}),
            urllib.request.HTTPSHandler(context=self.certificates.of_listener),
        )
        request = urllib.request.Request(url)
        if first_bytes is not None:
            request.add_header("Range", f"bytes=0-{first_bytes - 1}")
        try:
            answer = opener.open(request, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            answer = error
        with closing(answer):
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


@contextmanager
def front_of(storage_url: str, certificates: Certificates) -> Iterator[Front]:
    """Serve PUBLIC_URL from *storage_url*, the http address of ``public/``."""
    server = _Server(storage_url.rstrip("/"), certificates.of_front)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Front(f"http://127.0.0.1:{server.server_address[1]}", certificates)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, storage_url: str, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.storage_url = storage_url
        self.tls = tls

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a program that hangs up: the test sees what became of it."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT_S

    def do_CONNECT(self) -> None:
        """Begin https where the show's host is asked for; any other host is out of reach."""
        if self.path != f"{HOST}:443":
            return self._refuse(HTTPStatus.BAD_GATEWAY)
        self.send_response(HTTPStatus.OK)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")  # flushed after each request by the base class
        self.close_connection = False
        return None

    def do_GET(self) -> None:
        """Hand on what the storage answers to somebody without credentials."""
        base = urlsplit(PUBLIC_URL).path + "/"
        if not self.path.startswith(base):
            return self._refuse(HTTPStatus.NOT_FOUND)
        storage = urlsplit(f"{self.server.storage_url}/{self.path.removeprefix(base)}")
        asked = {"Range": self.headers["Range"]} if "Range" in self.headers else {}
        with closing(http.client.HTTPConnection(storage.netloc, timeout=_TIMEOUT_S)) as connection:
            connection.request("GET", storage.path + (f"?{storage.query}" if storage.query else ""), headers=asked)
            answer = connection.getresponse()
            body = answer.read()
        self.send_response(answer.status)
        for name in _HANDED_ON:
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def finish(self) -> None:
        """Close also the https connection that took the place of the first one."""
        super().finish()
        self.connection.close()

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""
