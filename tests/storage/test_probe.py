"""Open doors and broken promises are found by trying, on real servers that have them."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pitchcast.errors import StorageError, StorageUnavailable
from pitchcast.model.layout import PROBE, Headers, headers_of
from pitchcast.model.place import Address
from pitchcast.storage.bucket import Bucket, Reach
from pitchcast.storage.folder import PREVIEW_URL, FolderBucket
from pitchcast.storage.probe import anonymous_get, check_capabilities, check_privacy, check_public
from pitchcast.storage.s3.bucket import S3Bucket
from tests.fixtures.content import TOKEN
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest

NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens


@pytest.fixture
def bucket_name(s3_environment: SeaweedFS) -> str:
    return s3_environment.make_bucket()


@pytest.fixture
def bucket(s3_environment: SeaweedFS, bucket_name: str) -> S3Bucket:
    address = Address(url=f"s3://{bucket_name}/show", endpoint_url=s3_environment.endpoint_url)
    return S3Bucket(s3_environment.pitchcast_client(), address)


@pytest.fixture
def allow(s3_environment: SeaweedFS, bucket_name: str):  # type: ignore[no-untyped-def] # a fixture that is a function
    def put_policy(*statements: tuple[str, str]) -> None:
        rules = [
            {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket_name}{resource}"}
            for action, resource in statements
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": rules})
        s3_environment.client().put_bucket_policy(Bucket=bucket_name, Policy=policy)

    return put_policy


@pytest.fixture
def web_server(tmp_path: Path) -> Iterator[str]:
    """Serve the whole of a folder, private half included. The address is loopback without looking like it."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def levels(findings: list) -> list[str]:  # type: ignore[type-arg] # what matters here is their level
    return [finding.level for finding in findings]


class TestPrivacyOfBuckets:
    def test_a_new_bucket_is_closed(self, bucket: S3Bucket) -> None:
        assert levels(check_privacy(bucket, bucket.default_public_url())) == ["ok"]

    def test_open_public_half(self, bucket: S3Bucket, allow) -> None:  # type: ignore[no-untyped-def]
        allow(("s3:GetObject", "/show/public/*"))
        assert levels(check_privacy(bucket, bucket.default_public_url())) == ["ok"]

    def test_a_world_readable_bucket_is_found(self, bucket: S3Bucket, allow) -> None:  # type: ignore[no-untyped-def]
        """Asking for a catalog that is not there yet would have proved nothing: 404."""
        allow(("s3:GetObject", "/*"))
        findings = check_privacy(bucket, bucket.default_public_url())
        assert set(levels(findings)) == {"error"}
        assert "private/probe" in findings[0].what
        assert "policy" in findings[0].do

    def test_a_public_url_that_maps_to_everything_is_found(
        self, bucket: S3Bucket, web_server: str, tmp_path: Path
    ) -> None:
        """The bucket itself says no, but a web server in front shows all of it."""
        assert levels(check_privacy(bucket, f"{web_server}/show/public")) == ["ok"]
        (tmp_path / "show/private").mkdir(parents=True)
        (tmp_path / "show" / PROBE).write_bytes(bucket.get(PROBE)[0])
        for public_url in (f"{web_server}/show/public", f"{web_server}/show", web_server, f"{web_server}/elsewhere"):
            assert "error" in levels(check_privacy(bucket, public_url))

    def test_a_listable_bucket_is_found(self, bucket: S3Bucket, allow) -> None:  # type: ignore[no-untyped-def]
        allow(("s3:ListBucket", ""), ("s3:GetObject", "/show/public/*"))
        findings = check_privacy(bucket, bucket.default_public_url())
        assert levels(findings) == ["error"]
        assert "list" in findings[0].what

    def test_no_answer_proves_nothing(self, bucket: S3Bucket) -> None:
        findings = check_privacy(bucket, f"{NOWHERE}/x")
        assert levels(findings) == ["warning"]
        assert findings[0].what.startswith("no answer")
        assert "--unverified" in findings[0].do

    def test_the_private_bucket_is_asked_where_there_is_one(
        self, s3_environment: SeaweedFS, allow, bucket_name
    ) -> None:  # type: ignore[no-untyped-def]
        """A service that opens buckets as a whole keeps the private half in another one."""
        allow(("s3:GetObject", "/*"))
        closed = Address(
            url=f"s3://{bucket_name}/show",
            private_url=f"s3://{s3_environment.make_bucket()}/x",
            endpoint_url=s3_environment.endpoint_url,
        )
        apart = S3Bucket(s3_environment.pitchcast_client(), closed)
        assert levels(check_privacy(apart, apart.default_public_url())) == ["ok"]
        open_too = Address(url=closed.private_url, private_url=closed.url, endpoint_url=closed.endpoint_url)
        swapped = S3Bucket(s3_environment.pitchcast_client(), open_too)
        assert "error" in levels(check_privacy(swapped, swapped.default_public_url()))

    def test_the_second_look_writes_nothing(self, bucket: S3Bucket) -> None:
        check_privacy(bucket, bucket.default_public_url())
        before = list(bucket.list(""))
        check_privacy(bucket, bucket.default_public_url())
        assert list(bucket.list("")) == before


class TestPrivacyOfFolders:
    def test_a_folder_of_this_computer(self, folder_storage: StorageUnderTest) -> None:
        folder_storage.bucket.put("private/x", b"", headers_of("private/x"))
        assert levels(check_privacy(folder_storage.bucket, PREVIEW_URL)) == ["ok"]

    def test_a_private_half_that_others_may_enter(self, folder_storage: StorageUnderTest) -> None:
        folder_storage.bucket.put("private/x", b"", headers_of("private/x"))
        (Path(folder_storage.url) / "private").chmod(0o755)
        findings = check_privacy(folder_storage.bucket, PREVIEW_URL)
        assert levels(findings) == ["warning"]
        assert findings[0].do.startswith("chmod 700")

    def test_a_public_half_that_others_may_list(self, folder_storage: StorageUnderTest) -> None:
        folder_storage.bucket.put("public/x", b"", headers_of("public/x"))
        (Path(folder_storage.url) / "public").chmod(0o755)
        findings = check_privacy(folder_storage.bucket, PREVIEW_URL)
        assert levels(findings) == ["warning"]
        assert findings[0].do.startswith("chmod 711")

    @pytest.mark.parametrize("path", ["", "/public", "/site/public"])
    def test_a_web_server_that_shows_too_much_is_found(self, tmp_path: Path, web_server: str, path: str) -> None:
        bucket = FolderBucket(tmp_path / "site" if path.startswith("/site") else tmp_path)
        findings = check_privacy(bucket, web_server + path)
        assert set(levels(findings)) == {"error"}

    def test_a_web_server_that_shows_only_the_public_half(self, tmp_path: Path, web_server: str) -> None:
        bucket = FolderBucket(tmp_path.parent / f"{tmp_path.name}-elsewhere")
        assert levels(check_privacy(bucket, web_server)) == ["ok"]


class TestPublic:
    def test_listeners_can_read(self, bucket: S3Bucket, allow) -> None:  # type: ignore[no-untyped-def]
        allow(("s3:GetObject", "/show/public/*"))
        assert levels(check_public(bucket, bucket.default_public_url())) == ["ok"]
        assert list(bucket.list("public/")) == []

    def test_listeners_are_refused(self, bucket: S3Bucket) -> None:
        findings = check_public(bucket, bucket.default_public_url())
        assert levels(findings) == ["error"]
        assert "storage setup" in findings[0].do
        assert list(bucket.list("public/")) == []

    def test_a_server_without_byte_ranges(self, tmp_path: Path, web_server: str) -> None:
        """Python's own file server knows none."""
        findings = check_public(FolderBucket(tmp_path), f"{web_server}/public")
        assert levels(findings) == ["warning"]
        assert "ranges" in findings[0].what

    def test_no_answer(self, bucket: S3Bucket) -> None:
        findings = check_public(bucket, NOWHERE)
        assert levels(findings) == ["warning"]
        assert findings[0].what.startswith("no answer")

    def test_a_folder_of_this_computer_is_not_asked(self, folder_storage: StorageUnderTest) -> None:
        assert check_public(folder_storage.bucket, PREVIEW_URL) == []


class Overwriting(FolderBucket):
    """Takes If-None-Match and ignores it, as rclone serve does."""

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        return self.put(key, body, headers)


class Forgetful(Overwriting):
    """Ignores all conditions, as JuiceFS's gateway does."""

    def replace_if(self, key: str, body: bytes, etag: str, headers: Headers) -> str:
        return self.put(key, body, headers)


class Unable(FolderBucket):
    """Says that it knows no conditional writes, as Backblaze B2 does."""

    def put_new(self, key: str, body: bytes, headers: Headers) -> str:
        raise StorageError("s3://x: the storage cannot do this (NotImplemented)")


class TestCapabilities:
    def test_everything_works(self, any_storage: StorageUnderTest) -> None:
        assert levels(check_capabilities(any_storage.bucket)) == ["ok"]
        assert list(any_storage.bucket.list("")) == []

    @pytest.mark.parametrize(
        ("kind", "what"),
        [
            pytest.param(Overwriting, "create-only", id="create-only ignored"),
            pytest.param(Forgetful, "compare-and-swap is ignored", id="all conditions ignored"),
            pytest.param(Unable, "not supported", id="conditions refused"),
        ],
    )
    def test_what_a_service_lacks(self, tmp_path: Path, kind: type[FolderBucket], what: str) -> None:
        bucket: Bucket = kind(tmp_path / "site")
        findings = check_capabilities(bucket)
        assert set(levels(findings)) == {"error"}
        assert what in " ".join(finding.what for finding in findings)
        assert all("single_writer = true" in finding.do for finding in findings)
        assert list(bucket.list("")) == []


class TestAnonymousGet:
    def test_status_headers_and_body(self, bucket: S3Bucket, allow) -> None:  # type: ignore[no-untyped-def]
        allow(("s3:GetObject", "/show/public/*"))
        bucket.put("public/t ü/x.vtt", b"0123456789", headers_of("public/t/x.vtt"))
        url = f"{bucket.default_public_url()}/t ü/x.vtt"
        status, headers, body = anonymous_get(url)
        assert (status, body) == (200, b"0123456789")
        assert headers["content-type"] == "text/vtt; charset=utf-8"
        assert headers["cache-control"] == "private, max-age=86400"
        assert anonymous_get(url, start=2, length=3)[::2] == (206, b"234")
        assert anonymous_get(url, start=7)[::2] == (206, b"789")
        assert anonymous_get(f"{bucket.default_public_url()}/none")[0] in (403, 404)

    def test_no_answer_names_the_address_without_its_token(self) -> None:
        with pytest.raises(StorageUnavailable, match="k3v7…") as caught:
            anonymous_get(f"{NOWHERE}/{TOKEN}/feed.xml")
        assert TOKEN not in caught.value.message

    def test_only_the_web_is_asked(self) -> None:
        with pytest.raises(StorageError, match="not a web address"):
            anonymous_get("file:///etc/passwd")


class TestAnswersWithoutEnd:
    """Whoever answers at an address may be anybody: no answer takes for ever or fills the memory."""

    @pytest.mark.parametrize("path", ["/header", "/body"])
    def test_a_byte_now_and_then_is_given_up(self, hostile: str, path: str) -> None:
        with pytest.raises(StorageUnavailable, match="no whole answer in 2 s"):
            anonymous_get(hostile + path, reach=Reach(timeout_s=0.5))

    def test_a_body_without_end_is_cut(self, hostile: str) -> None:
        status, _, body = anonymous_get(f"{hostile}/flood", reach=Reach(timeout_s=20))
        assert status == 200
        assert len(body) == 16 << 20

    def test_redirections_in_a_circle_end(self, hostile: str) -> None:
        assert anonymous_get(f"{hostile}/circle")[0] == 302


@pytest.fixture
def hostile() -> Iterator[str]:
    """A server that never ends what it began."""
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/circle":
                self.send_response(302)
                self.send_header("Location", "/circle")
                self.end_headers()
                return
            start = b"HTTP/1.0 200 OK\r\n" + (b"X-Slow: " if self.path == "/header" else b"\r\n")
            with suppress(OSError):
                self.wfile.write(start)
                while not stop.wait(0.0 if self.path == "/flood" else 0.1):
                    self.wfile.write(b"x" * (1 << 20 if self.path == "/flood" else 1))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    stop.set()
    server.shutdown()
    server.server_close()
