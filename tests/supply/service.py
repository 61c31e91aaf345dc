"""An advisory service on this machine that answers as a test wants."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.supply.advisories import CONTROL

Answer = Callable[[list[dict[str, Any]]], bytes]
"""What a service says about the packages that it is asked about."""


def about(holes: dict[str, list[str]]) -> Answer:
    """Answer as a service does that looks, and knows these holes by the names of packages."""

    def answer(queries: list[dict[str, Any]]) -> bytes:
        return json.dumps({"results": [result(query, holes) for query in queries]}).encode()

    return answer


def result(query: dict[str, Any], holes: dict[str, list[str]]) -> dict[str, Any]:
    name = query["package"]["name"]
    is_control = (name, query["version"]) == CONTROL
    ids = ["GHSA-cpwx-vrp4-4pq7"] if is_control else holes.get(name, [])
    return {"vulns": [{"id": hole, "modified": "2026-01-01T00:00:00Z"} for hole in ids]} if ids else {}


@contextmanager
def serving(answer: Answer, status: int = 200, headers: dict[str, str] | None = None) -> Iterator[str]:
    """Serve it, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = answer(asked["queries"])
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/querybatch"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
