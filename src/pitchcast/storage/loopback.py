"""A show's public half served on this computer alone, as an object storage would serve it: to try a feed in an app.

Nothing is listed, nothing outside ``public/`` is served, and nothing on disk is changed. Byte ranges and conditions
follow RFC 9110, sections 13 and 14.
"""

import hashlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from urllib.parse import quote, unquote

from pitchcast.errors import ObjectMissing, StorageError, UsageError
from pitchcast.model.layout import PUBLIC, Headers, headers_of
from pitchcast.model.token import TOKEN_PATTERN, mask_tokens
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.keys import is_key

Log = Callable[[str], None]
"""Called with one line a request, in which tokens are masked."""


@dataclass(frozen=True, slots=True)
class Served:
    """One request that was answered. ``sent_bytes`` is how much of the body went out, also where the listener hung up.

    ``line``, ``referrer``, ``agent`` and ``asked_range`` are as they were sent, "" for none.
    """

    at: datetime
    address: str
    line: str
    status: int
    sent_bytes: int
    referrer: str
    agent: str
    asked_range: str


AccessLog = Callable[[Served], None]
"""Called once for each request that was answered."""

_CHUNK_BYTES = 1 << 20
_SENT_BYTES = 1 << 16
_IDLE_S = 30
_REWRITTEN = (".xml", ".html", ".json")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_TOKEN_FOLDER = re.compile(rf"{PUBLIC}{TOKEN_PATTERN}/")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_EXPOSED = "Accept-Ranges, Content-Length, Content-Range, ETag, Last-Modified"


def _no_log(_line: str) -> None:
    """Say nothing."""


def _nothing() -> None:
    """Do nothing."""


def _no_record(_served: Served) -> None:
    """Write nothing down."""


@dataclass(frozen=True, slots=True)
class _Entity:
    """What is sent for one key: its bytes, and what is said of them. ``chunks`` yields *length* bytes from *start*."""

    headers: Headers
    etag: str
    modified: datetime
    size_bytes: int
    chunks: Callable[[int, int], Iterator[bytes]]


class LoopbackServer(ThreadingHTTPServer):
    """A server bound to this computer, not yet running; ``url`` is its address, without a slash at the end."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port

    def __init__(self, bucket: Bucket, *, host: str, port: int, public_url: str, log: Log) -> None:
        self.bucket = bucket
        self.log = log
        self.record: AccessLog = _no_record
        self.at_close: Callable[[], None] = _nothing
        super().__init__((host, port), _Handler)
        self.url = f"http://{host}:{self.server_address[1]}"
        self.rewrite = _rewriter(public_url.rstrip("/"), self.url)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def server_close(self) -> None:
        """Stop listening, and end what belongs to the server."""
        super().server_close()
        self.at_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave listeners alone who hang up; anything else is a bug, and its traceback goes to the log."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            self.log(mask_tokens(traceback.format_exc()))


def serve_public(
    bucket: Bucket, *, port: int, public_url: str, host: str = "127.0.0.1", log: Log = _no_log
) -> LoopbackServer:
    """Return a server for the objects under ``public/``, bound but not yet running; port 0 takes a free one.

    Where it is reached at another address than *public_url*, feeds, pages and chapters name its own address instead.
    Raises UsageError for an address that is not this computer's alone, StorageError for a port that is taken.
    """
    if not _is_loopback(host):
        raise UsageError(f"{host} is not an address of this computer alone", hint="Use 127.0.0.1.")
    try:
        return LoopbackServer(bucket, host=host, port=port, public_url=public_url, log=log)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StorageError(f"port {port} cannot be used: {reason}", hint="Choose another one with --port.") from error


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    _status = 0
    _sent_bytes = 0
    protocol_version = "HTTP/1.1"
    server_version = "pitchcast"
    sys_version = ""
    timeout = _IDLE_S

    def do_GET(self) -> None:
        """Send an object, or the part of it that was asked for."""
        self._answer_and_record(with_body=True)

    def do_HEAD(self) -> None:
        """Send what a GET of the whole object would say about it."""
        self._answer_and_record(with_body=False)

    def do_OPTIONS(self) -> None:
        """Let players on other pages ask for byte ranges (CORS)."""
        self.send_response(HTTPStatus.NO_CONTENT)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD")
        self.send_header("Access-Control-Allow-Headers", "Range, If-Range, If-None-Match")
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Report the request, without tokens and control characters."""
        status = int(code) if isinstance(code, HTTPStatus) else code
        self._status = int(status) if str(status).isdecimal() else 0
        self.server.log(mask_tokens(_UNPRINTABLE.sub("?", unquote(f"{status} {self.requestline}"))))

    def log_message(self, format: str, *args: object) -> None:
        """Say no more than one line a request."""

    def _answer_and_record(self, *, with_body: bool) -> None:
        self._status, self._sent_bytes = 0, 0
        try:
            self._answer(with_body=with_body)
        finally:
            if self._status:
                self.server.record(self._served())

    def _served(self) -> Served:
        return Served(
            at=datetime.now(UTC),
            address=str(self.client_address[0]),
            line=self.requestline,
            status=self._status,
            sent_bytes=self._sent_bytes,
            referrer=self.headers.get("Referer", ""),
            agent=self.headers.get("User-Agent", ""),
            asked_range=self.headers.get("Range", ""),
        )

    def _answer(self, *, with_body: bool) -> None:
        try:
            entity = self._entity()
        except ObjectMissing:
            return self._refuse(HTTPStatus.NOT_FOUND, "There is nothing here.", with_body)
        except StorageError as error:
            return self._refuse(HTTPStatus.BAD_GATEWAY, mask_tokens(error.message), with_body)
        if self._is_known(entity):
            return self._send_head(HTTPStatus.NOT_MODIFIED, entity, 0, 0)
        span = self._span(entity) if with_body else None
        if span == (0, 0):
            return self._refuse_range(entity)
        start, end = span or (0, entity.size_bytes)
        self._send_head(HTTPStatus.PARTIAL_CONTENT if span else HTTPStatus.OK, entity, start, end)
        return self._send_body(entity, start, end) if with_body else None

    def _entity(self) -> _Entity:
        key = _key_of(self.requestline.split(" ")[1])
        return (
            _rewritten_entity(self.server, key) if key.endswith(_REWRITTEN) else _stored_entity(self.server.bucket, key)
        )

    def _is_known(self, entity: _Entity) -> bool:
        """Return whether the client has it already (RFC 9110, section 13.2.2)."""
        if known := self.headers.get("If-None-Match"):
            return known.strip() == "*" or entity.etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
        since = _http_date(self.headers.get("If-Modified-Since", ""))
        return since is not None and entity.modified <= since

    def _span(self, entity: _Entity) -> tuple[int, int] | None:
        """Return start and end of the range to send, (0, 0) for one that cannot be, None for the whole."""
        asked = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        condition = self.headers.get("If-Range", entity.etag).strip()
        if asked is None or asked.groups() == ("", ""):
            return None
        if condition != entity.etag and _http_date(condition) != entity.modified:
            return None
        return _resolve_range(asked[1], asked[2], entity.size_bytes)

    def _send_head(self, status: HTTPStatus, entity: _Entity, start: int, end: int) -> None:
        self.send_response(status)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", entity.headers.content_type)
            self.send_header("Content-Length", str(end - start))
        if status == HTTPStatus.PARTIAL_CONTENT:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{entity.size_bytes}")
        self.send_header("Cache-Control", entity.headers.cache_control)
        self.send_header("ETag", entity.etag)
        self.send_header("Last-Modified", format_datetime(entity.modified, usegmt=True))
        self.send_header("Accept-Ranges", "bytes")
        self._end_head()

    def _send_body(self, entity: _Entity, start: int, end: int) -> None:
        """Send what was announced; a listener who hangs up, or an object that vanishes, ends the connection."""
        try:
            for chunk in entity.chunks(start, end - start):
                start += self._send(chunk)
        except (ConnectionError, TimeoutError, StorageError):
            self.close_connection = True
        if start != end:
            self.close_connection = True

    def _send(self, chunk: bytes) -> int:
        """Send a chunk bit by bit, so that the log knows how much went out before a listener hung up."""
        for at in range(0, len(chunk), _SENT_BYTES):
            bit = chunk[at : at + _SENT_BYTES]
            self.wfile.write(bit)
            self._sent_bytes += len(bit)
        return len(chunk)

    def _refuse(self, status: HTTPStatus, text: str, with_body: bool) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self._end_head()
        if with_body:
            self.wfile.write(body)
            self._sent_bytes = len(body)

    def _refuse_range(self, entity: _Entity) -> None:
        self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        self.send_header("Content-Range", f"bytes */{entity.size_bytes}")
        self.send_header("Content-Length", "0")
        self._end_head()

    def _end_head(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", _EXPOSED)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()


def _key_of(target: str) -> str:
    """Return the key under ``public/`` that a request means. Raises ObjectMissing for whatever cannot be one."""
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    try:
        key = PUBLIC + unquote(path.removeprefix("/"), errors="strict")
    except UnicodeDecodeError as error:
        raise ObjectMissing("not UTF-8") from error
    if not path.startswith("/") or not is_key(key):
        raise ObjectMissing("not a key")
    return key


def _headers(key: str) -> Headers:
    return headers_of(key, shared=not _TOKEN_FOLDER.match(key))


def _stored_entity(bucket: Bucket, key: str) -> _Entity:
    info = bucket.head(key)

    def chunks(start: int, length: int) -> Iterator[bytes]:
        while length > 0 and (chunk := bucket.read_range(key, start, min(length, _CHUNK_BYTES))):
            yield chunk
            start += len(chunk)
            length -= len(chunk)

    return _Entity(_headers(key), f'"{info.etag}"', info.modified.replace(microsecond=0), info.size_bytes, chunks)


def _rewritten_entity(server: LoopbackServer, key: str) -> _Entity:
    body, info = server.bucket.get(key)
    body = server.rewrite(body)

    def chunks(start: int, length: int) -> Iterator[bytes]:
        yield body[start : start + length]

    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _Entity(_headers(key), etag, info.modified.replace(microsecond=0), len(body), chunks)


def _rewriter(public_url: str, own_url: str) -> Callable[[bytes], bytes]:
    """Return what puts *own_url* where *public_url* stands: whole, quoted within a link, or behind an app's scheme."""
    pairs = {
        f"{public_url}/": f"{own_url}/",
        quote(f"{public_url}/", safe=""): quote(f"{own_url}/", safe=""),
        f"/{public_url.partition('://')[2]}/": f"/{own_url.partition('://')[2]}/",
    }
    known = {old.encode(): new.encode() for old, new in pairs.items()}
    anything = re.compile(b"|".join(re.escape(old) for old in known))
    return lambda body: anything.sub(lambda found: known[found[0]], body) if public_url != own_url else body


def _resolve_range(first: str, last: str, size_bytes: int) -> tuple[int, int]:
    """Return start and end of a byte range, (0, 0) where nothing of it exists (RFC 9110, section 14.1.2)."""
    if not first:
        start, end = max(0, size_bytes - int(last)), size_bytes
    else:
        start, end = int(first), min(int(last) + 1 if last else size_bytes, size_bytes)
    return (start, end) if start < end else (0, 0)


def _http_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or (ip_address(host).is_loopback and ":" not in host)
    except ValueError:
        return False
