"""A proxy before the S3 server that lets it behave as other services do: they are what publishing must bear."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(slots=True)
class Exchange:
    """A request, and the answer that will be sent: a rule may change it, or cut the body after ``cut_after`` bytes."""

    method: str
    path: str
    asked: dict[str, str]
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    cut_after: int | None = None

    def answer(self, status: int, code: str) -> None:
        """Let the service refuse with a code."""
        self.status, self.headers = status, [("Content-Type", "application/xml")]
        self.body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()


Rule = Callable[[Exchange], None]


@contextmanager
def proxy(target_url: str, *, before: Rule | None = None, after: Rule | None = None) -> Iterator[str]:
    """Serve at the address that is yielded. *before* may answer in the server's place, *after* change its answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            exchange = Exchange(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if before:
                before(exchange)
            if not exchange.status:
                self.forward(exchange, body)
                if after:
                    after(exchange)
            self.send(exchange)

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked may be gone
                super().handle()

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = do  # noqa: N815 - the base class's names

        def forward(self, exchange: Exchange, body: bytes) -> None:
            connection = http.client.HTTPConnection(urlsplit(target_url).netloc, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            exchange.status, exchange.body = answer.status, answer.read()
            kept = [
                (name, value) for name, value in answer.getheaders() if name not in ("Transfer-Encoding", "Connection")
            ]
            exchange.headers = [
                (name, value) for name, value in kept if self.command == "HEAD" or name != "Content-Length"
            ]
            connection.close()

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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
