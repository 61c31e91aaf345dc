"""A proxy before the S3 server that lets it behave as other services do: they are what publishing must bear."""

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(slots=True)
class Exchange:
    """A request, and the answer that will be sent: a rule may change it, or cut the body after ``cut_after`` bytes.

    With ``silent`` nothing is answered while the proxy runs; with ``reset`` the connection is broken instead.
    """

    method: str
    path: str
    asked: dict[str, str]
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    cut_after: int | None = None
    sent: bytes = b""
    silent: bool = False
    reset: bool = False

    def answer(self, status: int, code: str) -> None:
        """Let the service refuse with a code."""
        self.status, self.headers = status, [("Content-Type", "application/xml")]
        self.body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()

    def redirect(self, status: int, location: str) -> None:
        """Lead elsewhere, as web servers do."""
        self.status, self.headers = status, [("Content-Type", "text/html"), ("Location", location)]
        self.body = b"<html>moved</html>"

    def show(self, page: bytes, status: int = 200, content_type: str = "text/html; charset=utf-8") -> None:
        """Answer with a page, as log-in pages of hotels and filters of companies do."""
        self.status, self.headers, self.body = status, [("Content-Type", content_type)], page


Rule = Callable[[Exchange], None]
_HANDSHAKE_S = 30


@contextmanager
def proxy(
    target_url: str, *, before: Rule | None = None, after: Rule | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve at the address that is yielded. *before* may answer in the server's place, *after* change its answer.

    With *tls*, the server's side of it, the address is https.
    """
    ending = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            exchange = Exchange(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
            exchange.sent = self.read_body()
            if before:
                before(exchange)
            if not (exchange.status or exchange.silent or exchange.reset):
                self.forward(exchange, exchange.sent)
                if after:
                    after(exchange)
            if exchange.silent:
                ending.wait()
            if exchange.silent or exchange.reset:
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            self.send(exchange)

        def handle(self) -> None:
            with suppress(ConnectionError, ssl.SSLError):  # whoever asked may be gone, or may not trust us
                super().handle()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = do  # noqa: N815 - the base class's names

        def read_body(self) -> bytes:
            """Return the body, also one that comes in chunks (RFC 9112, section 7.1)."""
            if self.headers.get("Transfer-Encoding", "") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while length := int(self.rfile.readline().partition(b";")[0], 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return body

        def forward(self, exchange: Exchange, body: bytes) -> None:
            is_chunked = "transfer-encoding" in exchange.asked
            connection = http.client.HTTPConnection(urlsplit(target_url).netloc, timeout=300)
            with closing(connection):
                sent = iter([body]) if is_chunked else body
                connection.request(self.command, self.path, sent, dict(self.headers.items()), encode_chunked=is_chunked)
                self.take_answer(exchange, connection.getresponse())

        def take_answer(self, exchange: Exchange, answer: http.client.HTTPResponse) -> None:
            exchange.status, exchange.body = answer.status, answer.read()
            kept = [
                (name, value) for name, value in answer.getheaders() if name not in ("Transfer-Encoding", "Connection")
            ]
            exchange.headers = [
                (name, value) for name, value in kept if self.command == "HEAD" or name != "Content-Length"
            ]

        def send(self, exchange: Exchange) -> None:
            self.send_response(exchange.status)
            for name, value in exchange.headers:
                self.send_header(name, value)
            if self.command != "HEAD":
                self.send_header("Content-Length", str(len(exchange.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(exchange.body[: exchange.cut_after])
            self.close_connection = self.close_connection or exchange.cut_after is not None

        def log_message(self, *_: object) -> None:
            pass

        def setup(self) -> None:
            if tls:
                self.request.settimeout(_HANDSHAKE_S)
                self.request = tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
            super().setup()

        def finish(self) -> None:
            super().finish()
            if tls:  # the server closes only what lies below
                self.request.close()

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
