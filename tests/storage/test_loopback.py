"""``pitchcast preview``'s server, asked by real HTTP clients and over bare sockets."""

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pitchcast.errors import StorageError, UsageError
from pitchcast.model.layout import headers_of
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.loopback import LoopbackServer, serve_public
from tests.fixtures.content import TOKEN
from tests.fixtures.seaweedfs import StorageUnderTest

PUBLIC_URL = "https://listen.example.com/pitches"
AUDIO = bytes(range(256)) * 10
FEED = (
    f'<link href="{PUBLIC_URL}/{TOKEN}/feed.xml"/><a href="podcast://listen.example.com/pitches/{TOKEN}/feed.xml"/>'
    f'<a href="overcast://add?url=https%3A%2F%2Flisten.example.com%2Fpitches%2F{TOKEN}%2Ffeed.xml"/>'
    '<link href="https://listen.example.company/pitches/x"/>'
)
FILES = {
    f"public/{TOKEN}/feed.xml": FEED.encode(),
    f"public/{TOKEN}/index.html": FEED.encode(),
    f"public/{TOKEN}/pitch-5f5f5f5f.mp3": AUDIO,
    f"public/{TOKEN}/pitch-5f5f5f5f.json": b"{}",
    f"public/{TOKEN}/pitch-5f5f5f5f.vtt": b"WEBVTT",
    f"public/{TOKEN}/empty.mp3": b"",
    "public/cloud-bills/pitch-1.mp3": AUDIO,
    "private/catalog.json.gz": b"secret",
}
AUDIO_PATH = f"/{TOKEN}/pitch-5f5f5f5f.mp3"
FEED_PATH = f"/{TOKEN}/feed.xml"


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def server(tmp_path: Path, log: list[str]) -> Iterator[LoopbackServer]:
    bucket = FolderBucket(tmp_path / "site")
    for key, body in FILES.items():
        bucket.put(key, body, headers_of(key))
    with running(serve_public(bucket, port=0, public_url=PUBLIC_URL, log=log.append)) as server:
        yield server


@contextmanager
def running(server: LoopbackServer) -> Iterator[LoopbackServer]:
    """Run a server in a thread while the block lasts."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(
    server: LoopbackServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def ask_raw(server: LoopbackServer, target: str) -> bytes:
    """Send a request line as it is; real clients tidy paths up before they ask."""
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=60) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize(
    ("path", "content_type", "cache_control"),
    [
        (FEED_PATH, "application/xml; charset=utf-8", "max-age=60"),
        (f"/{TOKEN}/index.html", "text/html; charset=utf-8", "max-age=60"),
        (AUDIO_PATH, "audio/mpeg", "private, max-age=86400"),
        (f"/{TOKEN}/pitch-5f5f5f5f.json", "application/json+chapters", "private, max-age=86400"),
        (f"/{TOKEN}/pitch-5f5f5f5f.vtt", "text/vtt; charset=utf-8", "private, max-age=86400"),
        ("/cloud-bills/pitch-1.mp3", "audio/mpeg", "public, max-age=31536000, immutable"),
    ],
)
def test_headers_of_every_kind_of_file(
    server: LoopbackServer, path: str, content_type: str, cache_control: str
) -> None:
    status, headers, body = ask(server, path)
    assert status == 200
    assert (headers["Content-Type"], headers["Cache-Control"]) == (content_type, cache_control)
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert int(headers["Content-Length"]) == len(body)


def test_a_query_changes_nothing(server: LoopbackServer) -> None:
    assert ask(server, f"{AUDIO_PATH}?x-pc=abc")[2] == AUDIO


def test_head_says_the_same_without_a_body(server: LoopbackServer) -> None:
    for path in (AUDIO_PATH, FEED_PATH, "/nothing"):
        status, headers, body = ask(server, path, "HEAD")
        full_status, full_headers, _ = ask(server, path)
        assert (status, body) == (full_status, b"")
        assert headers["Content-Length"] == full_headers["Content-Length"]
        assert headers["ETag"] == full_headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        pytest.param("bytes=0-0", 0, 1, id="the first byte"),
        pytest.param("bytes=10-19", 10, 20, id="the middle"),
        pytest.param("bytes=2000-", 2000, 2560, id="up to the end"),
        pytest.param("bytes=-100", 2460, 2560, id="the last bytes"),
        pytest.param("bytes=-99999", 0, 2560, id="more last bytes than there are"),
        pytest.param("bytes=2500-99999", 2500, 2560, id="an end after the end"),
    ],
)
def test_byte_ranges(server: LoopbackServer, asked: str, start: int, end: int) -> None:
    status, headers, body = ask(server, AUDIO_PATH, Range=asked)
    assert (status, body) == (206, AUDIO[start:end])
    assert headers["Content-Range"] == f"bytes {start}-{end - 1}/2560"


@pytest.mark.parametrize("asked", ["bytes=2560-", "bytes=5000-6000", "bytes=-0", "bytes=20-10"])
def test_ranges_that_cannot_be(server: LoopbackServer, asked: str) -> None:
    status, headers, _ = ask(server, AUDIO_PATH, Range=asked)
    assert (status, headers["Content-Range"]) == (416, "bytes */2560")


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "items=0-1", "bytes=", "bytes=a-b", "bytes=-", f"bytes={'9' * 40}-"]
)
def test_ranges_that_mean_nothing_here_get_the_whole(server: LoopbackServer, asked: str) -> None:
    assert ask(server, AUDIO_PATH, Range=asked)[::2] == (200, AUDIO)


def test_an_empty_file(server: LoopbackServer) -> None:
    assert ask(server, f"/{TOKEN}/empty.mp3")[::2] == (200, b"")
    assert ask(server, f"/{TOKEN}/empty.mp3", Range="bytes=0-")[0] == 416


def test_if_range_protects_from_mixing_versions(server: LoopbackServer) -> None:
    headers = ask(server, AUDIO_PATH)[1]
    for known in (headers["ETag"], headers["Last-Modified"]):
        assert ask(server, AUDIO_PATH, Range="bytes=0-9", If_Range=known)[0] == 206
    for other in ('"other"', f"W/{headers['ETag']}", "Thu, 01 Jan 2015 00:00:00 GMT", "nonsense"):
        assert ask(server, AUDIO_PATH, Range="bytes=0-9", If_Range=other)[0] == 200


@pytest.mark.parametrize("path", [AUDIO_PATH, FEED_PATH])
def test_what_is_known_is_not_sent_again(server: LoopbackServer, path: str) -> None:
    headers = ask(server, path)[1]
    for known in (headers["ETag"], f'"x", W/{headers["ETag"]}', "*"):
        status, again, body = ask(server, path, If_None_Match=known)
        assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert ask(server, path, If_Modified_Since=headers["Last-Modified"])[0] == 304
    assert ask(server, path, If_None_Match='"other"', If_Modified_Since=headers["Last-Modified"])[0] == 200
    assert ask(server, path, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT")[0] == 200


@pytest.mark.parametrize(
    "target",
    [
        "/",
        f"/{TOKEN}",
        f"/{TOKEN}/",
        "/private/catalog.json.gz",
        "/../private/catalog.json.gz",
        f"/{TOKEN}/../../private/catalog.json.gz",
        f"/{TOKEN}/../{TOKEN}/feed.xml",
        "/%2e%2e/private/catalog.json.gz",
        "/%2E%2E%2Fprivate/catalog.json.gz",
        "/%252e%252e/private/catalog.json.gz",
        "/..\\private\\catalog.json.gz",
        "/..%5cprivate%5ccatalog.json.gz",
        "//private/catalog.json.gz",
        f"//{TOKEN}/feed.xml",
        f"/{TOKEN}//feed.xml",
        f"/{TOKEN}/feed.xml%00.mp3",
        f"/./{TOKEN}/feed.xml",
        f"{TOKEN}/feed.xml",
        "/%ff%fe",
        "/C:/windows/win.ini",
        "/.htaccess",
        "http://127.0.0.1/private/catalog.json.gz",
        "*",
    ],
)
def test_nothing_else_is_served(server: LoopbackServer, target: str) -> None:
    answer = ask_raw(server, target)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"secret" not in answer


def test_links_out_of_public_are_not_followed(server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "site/public/link").symlink_to(tmp_path / "site/private")
    (tmp_path / "site/public" / TOKEN / "link.mp3").symlink_to(tmp_path / "site/private/catalog.json.gz")
    assert ask(server, "/link/catalog.json.gz")[0] == 404
    assert ask(server, f"/{TOKEN}/link.mp3")[0] == 404


def test_its_own_address_stands_in_what_it_serves(server: LoopbackServer, tmp_path: Path) -> None:
    host = urlsplit(server.url).netloc
    body = ask(server, FEED_PATH)[2].decode()
    assert f'"{server.url}/{TOKEN}/feed.xml"' in body
    assert f'"podcast://{host}/{TOKEN}/feed.xml"' in body
    assert f"url=http%3A%2F%2F{host.replace(':', '%3A')}%2F{TOKEN}%2Ffeed.xml" in body
    assert "https://listen.example.company/pitches/x" in body
    assert ask(server, FEED_PATH, Range="bytes=5-9")[2] == body.encode()[5:10]
    assert (tmp_path / "site/public" / TOKEN / "feed.xml").read_bytes() == FEED.encode()


def test_at_its_public_address_bytes_are_the_stored_ones(tmp_path: Path) -> None:
    bucket = FolderBucket(tmp_path)
    bucket.put(f"public{FEED_PATH}", FEED.encode(), headers_of("feed.xml"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(serve_public(bucket, port=port, public_url=f"http://127.0.0.1:{port}")) as server:
        assert ask(server, FEED_PATH)[2] == FEED.encode()


def test_the_log_masks_tokens(server: LoopbackServer, log: list[str]) -> None:
    ask(server, AUDIO_PATH)
    ask_raw(server, f"/%6b{TOKEN[1:]}/\x1b[31mfeed.xml")
    assert log[0] == "200 GET /k3v7…/pitch-5f5f5f5f.mp3 HTTP/1.1"
    assert all(TOKEN[5:] not in line and line.isprintable() for line in log)


def test_a_player_on_another_page_may_ask_for_ranges(server: LoopbackServer) -> None:
    status, headers, _ = ask(server, AUDIO_PATH, "OPTIONS", Origin="https://player.example")
    assert status == 204
    assert "Range" in headers["Access-Control-Allow-Headers"]
    assert "Content-Range" in ask(server, AUDIO_PATH)[1]["Access-Control-Expose-Headers"]


def test_other_methods_are_refused(server: LoopbackServer) -> None:
    assert ask(server, AUDIO_PATH, "DELETE")[0] == 501


def test_a_listener_who_hangs_up_disturbs_nobody(server: LoopbackServer, log: list[str]) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.server_address[1])) as connection:
            connection.sendall(f"GET {AUDIO_PATH} HTTP/1.1\r\n\r\n".encode())
    assert ask(server, AUDIO_PATH)[0] == 200
    assert not [line for line in log if "Traceback" in line]


def test_serves_every_kind_of_storage(any_storage: StorageUnderTest) -> None:
    """Audio of several chunks, whole and in parts."""
    body = os.urandom(2_500_000)
    any_storage.bucket.put(f"public{AUDIO_PATH}", body, headers_of("x.mp3"))
    with running(serve_public(any_storage.bucket, port=0, public_url=PUBLIC_URL)) as server:
        assert ask(server, AUDIO_PATH)[::2] == (200, body)
        assert ask(server, AUDIO_PATH, Range="bytes=1000000-2400000")[2] == body[1_000_000:2_400_001]
        assert ask(server, "/private/probe")[0] == 404


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])  # noqa: S104 - refused
def test_only_this_computer(tmp_path: Path, host: str) -> None:
    with pytest.raises(UsageError, match="this computer"):
        serve_public(FolderBucket(tmp_path), port=0, public_url=PUBLIC_URL, host=host)


def test_a_taken_port_is_named(server: LoopbackServer, tmp_path: Path) -> None:
    port = server.server_address[1]
    with pytest.raises(StorageError, match=str(port)) as caught:
        serve_public(FolderBucket(tmp_path), port=port, public_url=PUBLIC_URL)
    assert "--port" in caught.value.hint
