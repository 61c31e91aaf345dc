"""Input made to break a reader: each is refused with an error that says what to do, or read, within bounds."""

import http.client
import random
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pitchcast.errors import PitchcastError, StorageError
from pitchcast.feed.check.checker import check_feed
from pitchcast.model.layout import CATALOG, headers_of
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.loopback import serve_public
from pitchcast.workflows.prospects_import import read_list

SECRET = b"nobody may read this"
BOUND_S = 60.0  # for one input, on a machine that does much else

KEYS = (
    "../outside",
    "public/../../outside",
    "/etc/outside",
    "public//x",
    "public/./x",
    "public/..",
    "C:\\outside",
    "public/a\\..\\..\\outside",
    "public/con",
    "public/nul.mp3",
    "public/x\x00.mp3",
    "public/x\n.mp3",
    "public/" + "x" * 300,
    "x/" * 600 + "x",
    "",
    "public/",
    ".pitchcast-lock",
    "private/.htaccess",
    "public/x:stream",
    "public/\ud800.mp3",
)
TARGETS = (
    "/../private/catalog.json.gz",
    "/%2e%2e/private/catalog.json.gz",
    "/..%2fprivate/catalog.json.gz",
    "/%2e%2e%2fprivate%2fcatalog.json.gz",
    "/x/../../private/catalog.json.gz",
    "/..%5cprivate%5ccatalog.json.gz",
    "/%252e%252e/private/catalog.json.gz",
    "//private/catalog.json.gz",
    "/private/catalog.json.gz",
    "private/catalog.json.gz",
    "http://127.0.0.1/../private/catalog.json.gz",
    "/link/catalog.json.gz",
    "/%00/../private/catalog.json.gz",
    "/" + "../" * 40 + "etc/passwd",
    "/%c0%ae%c0%ae/private/catalog.json.gz",
    "/?/../private/catalog.json.gz",
    "/" + "x" * 5000,
)


def survives(read: Callable[[], object]) -> bool:
    """Return whether it could be read; what cannot is refused with words and a hint, and either way soon."""
    started_s = time.monotonic()
    try:
        read()
    except PitchcastError as error:
        if not (error.message and error.hint):
            raise AssertionError(f"“{error.message}” says nothing of what to do") from error
        return False
    else:
        return True
    finally:
        assert time.monotonic() - started_s < BOUND_S


def cut_recordings(whole: bytes, every_bytes: int) -> Iterator[bytes]:
    """Yield a recording cut at every so many bytes."""
    for length in range(every_bytes, len(whole), every_bytes):
        yield whole[:length]


def random_recordings(count: int, seed: int) -> Iterator[bytes]:
    """Yield noise that begins as a recording does."""
    chance = random.Random(seed)
    starts = (
        b"",
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        b"\x00\x00\x00\x20ftypM4A ",
        b"OggS",
    )
    for number in range(count):
        yield starts[number % len(starts)] + chance.randbytes(chance.randrange(1, 20_000))


def broken_pictures() -> dict[str, bytes]:
    """Return pictures that say more than they hold, unpack to gigabytes, or are none."""
    head = b"\x89PNG\r\n\x1a\n"
    zeros = zlib.compress(bytes(200_000_000), 9)
    tiny = struct.pack(">IIBBBBB", 2000, 2000, 8, 2, 0, 0, 0)

    def png(width: int, height: int, data: bytes) -> bytes:
        size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
        return head + _chunk(b"IHDR", size) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")

    rows = zlib.compress(bytes((30_000 // 8 + 1) * 30_000), 9)
    start = head + _chunk(b"IHDR", tiny)
    bomb = start + _chunk(b"zTXt", b"Comment\0\0" + zeros) + _chunk(b"IDAT", zeros)
    return {
        "30,000 px": png(30_000, 30_000, rows),
        "2 thousand million px": png(2_000_000_000, 2, rows[:100]),
        "a bomb as text": bomb,
        "a bomb as a profile": head
        + _chunk(b"IHDR", tiny)
        + _chunk(b"iCCP", b"x\0\0" + zeros)
        + _chunk(b"IDAT", zeros),
        "cut": png(3000, 3000, zlib.compress(bytes(376 * 3000)))[:200],
        "a JPEG of nothing": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01" + bytes(300),
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "a zip": b"PK\x03\x04" + bytes(500),
        "empty": b"",
    }


def broken_feeds(feed: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Yield documents with entities, endless nesting and bytes turned over."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    yield f"<!DOCTYPE x [{laughs}]><rss><channel><title>&l11;</title></channel></rss>".encode()
    yield b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss><channel><title>&e;</title></channel></rss>'
    yield b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><rss/>'
    yield b"<rss><channel>" + b"<a>" * 100_000
    yield b"<rss><channel><title>" + b"x" * 5_000_000 + b"</title></channel></rss>"
    yield feed.decode().encode("utf-16")
    chance = random.Random(seed)
    for _ in range(count):
        body = bytearray(feed)
        for _ in range(chance.randrange(1, 12)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        yield bytes(body[: chance.randrange(1, len(body))] if chance.random() < 0.3 else body)


def broken_lists(count: int, seed: int) -> Iterator[bytes]:
    """Yield lists with formulas, odd quoting and bytes turned over."""
    rows = 'name,email,segments\n=HYPERLINK("http://x"),jo@acme.example,a\n"@SUM(1)","+1@x.example","-a"\n'
    yield rows.encode()
    yield b"name,email\n" + b'"' * 100_001
    yield b"PK\x03\x04" + bytes(1000)
    yield b"name" + b"," * 100_000 + b"\nx"
    chance = random.Random(seed)
    for _ in range(count):
        body = bytearray(rows.encode())
        for _ in range(chance.randrange(1, 10)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        yield bytes(body)


def try_feeds(feed: bytes, count: int, seed: int) -> int:
    """Check broken feeds and return how many there were; nothing of this machine occurs in what is said."""
    tried = 0
    for body in broken_feeds(feed, count, seed):
        findings = []
        assert survives(lambda body=body, findings=findings: findings.extend(check_feed(body, where="x"))), body[:80]
        assert not any("root:" in finding.what for finding in findings)
        assert sum(len(finding.what) for finding in findings) < 100_000
        tried += 1
    return tried


def try_lists(count: int, seed: int) -> int:
    """Read broken lists and return how many there were."""
    tried = 0
    for body in broken_lists(count, seed):
        survives(lambda body=body: read_list(body, "list.csv"))
        tried += 1
    return tried


def try_keys(folder: Path) -> int:
    """Write, read, copy and delete under keys that lead elsewhere; return how many were tried. Nothing is written."""
    bucket = FolderBucket(folder / "site")
    bucket.put("public/x/feed.xml", b"x", headers_of("x.xml"))
    before = sorted(folder.rglob("*"))
    for key in KEYS:
        for ask in (
            lambda key=key: bucket.put(key, b"x", headers_of("x.xml")),
            lambda key=key: bucket.get(key),
            lambda key=key: bucket.copy("public/x/feed.xml", key, headers_of("x.xml")),
            lambda key=key: bucket.delete([key]),
        ):
            try:
                ask()
            except StorageError as error:
                if not error.hint:
                    raise AssertionError(f"{key!r}: without a hint") from error
            else:
                raise AssertionError(f"{key!r} was accepted")
    assert sorted(folder.rglob("*")) == before
    return len(KEYS)


def try_targets(folder: Path) -> int:
    """Ask a preview for what is private in every spelling; return how many were tried. None is answered with it."""
    bucket = FolderBucket(folder / "site")
    bucket.put("public/x/feed.xml", b"x", headers_of("x.xml"))
    bucket.put(CATALOG, SECRET, headers_of(CATALOG))
    (folder / "site" / "public" / "link").symlink_to(folder / "site" / "private", target_is_directory=True)
    server = serve_public(bucket, port=0, public_url="http://127.0.0.1:8760", log=lambda _line: None)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        for target in TARGETS:
            for method in ("GET", "HEAD", "OPTIONS"):
                assert SECRET not in _ask(server.server_address[1], method, target), target
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    return len(TARGETS)


def _ask(port: int, method: str, target: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection._validate_path = lambda _url: None  # type: ignore[attr-defined] # others send anything
    try:
        connection.request(method, target)
        return connection.getresponse().read()
    finally:
        connection.close()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
