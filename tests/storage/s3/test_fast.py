"""What obstore is there for: small requests are its, and a service that does not like it costs time, never an object.

That nobody sees a difference is shown by test_bucket.py here and in the folder above, which run with both clients.
"""

import os
import re
import secrets
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from urllib3 import HTTPResponse

from pitchcast.errors import ConfigError
from pitchcast.model.layout import headers_of
from pitchcast.model.place import Address, Checksums, Client
from pitchcast.storage.connect import open_bucket
from pitchcast.storage.s3.bucket import S3Bucket, connect
from pitchcast.storage.s3.fast import FastS3Bucket, Route, find_route
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, proxy

KEY = "private/catalog.json.gz"
HEADERS = headers_of(KEY)
_MODIFIED = "Mon, 02 Mar 2026 12:00:00 GMT"


class Service:
    """SeaweedFS behind a proxy that notes who asked for what, and lets a test change the answers."""

    def __init__(self, server: SeaweedFS, stack: ExitStack) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.before = self.after = lambda exchange, is_obstore: None
        url = stack.enter_context(proxy(server.endpoint_url, before=self._before, after=self._after))
        self.address = Address(url=f"s3://{server.shared_bucket()}/show-{secrets.token_hex(6)}", endpoint_url=url)
        self.bucket = FastS3Bucket.open(self.address)

    def _before(self, exchange: Exchange) -> None:
        is_obstore = self._is_obstore(exchange)
        self.asked["obstore" if is_obstore else "boto3", exchange.method] += 1
        self.before(exchange, is_obstore)

    def _after(self, exchange: Exchange) -> None:
        self.after(exchange, self._is_obstore(exchange))

    def _is_obstore(self, exchange: Exchange) -> bool:
        return not exchange.asked["user-agent"].startswith("Boto3")


@pytest.fixture
def stack() -> ExitStack:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def service(s3_environment: SeaweedFS, stack: ExitStack) -> Service:
    return Service(s3_environment, stack)


def test_small_requests_are_obstores(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its own environment variables, which boto3 does not know or has overruled, say otherwise."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ENDPOINT": "http://127.0.0.1:9",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        "AWS_CONDITIONAL_PUT": "disabled",
        "AWS_REGION": "eu-north-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = service.bucket
    etag = bucket.put(KEY, b"one", HEADERS)
    bucket.replace_if(KEY, b"two", etag, HEADERS)
    bucket.put_new("private/x", b"new", HEADERS)
    assert bucket.get(KEY)[0] == b"two"
    assert bucket.head(KEY).size_bytes == 3
    assert len(list(bucket.list(""))) == len(list(bucket.list("private/"))) == 2
    assert service.asked == {("obstore", "PUT"): 3, ("obstore", "GET"): 3, ("obstore", "HEAD"): 1}
    service.asked.clear()
    (tmp_path / "x").write_bytes(b"file")
    bucket.put("private/y", tmp_path / "x", HEADERS)
    bucket.put("private/z", bytes(2 << 20), HEADERS)
    bucket.copy(KEY, "public/x", HEADERS)
    assert [info.key for info in bucket.list("private/c")] == [KEY]
    bucket.delete([KEY])
    assert [each for each in service.asked if each[0] == "obstore"] == [("obstore", "HEAD")]  # a file's ETag


@pytest.mark.parametrize(("checksums", "is_sent"), [("when_supported", True), ("when_required", False)])
def test_checksums_are_sent_where_they_shall_be(service: Service, checksums: Checksums, is_sent: bool) -> None:
    asked: list[dict[str, str]] = []
    service.before = lambda exchange, is_obstore: asked.append(exchange.asked)
    FastS3Bucket.open(replace(service.address, checksums=checksums)).put(KEY, b"x", HEADERS)
    assert ["x-amz-checksum-sha256" in each for each in asked] == [is_sent]


def test_the_environment_encrypts_nothing(
    s3_environment: SeaweedFS, monkeypatch: pytest.MonkeyPatch, stack: ExitStack
) -> None:
    """Listeners could not read it; obstore would obey this variable, boto3 does not know it."""
    monkeypatch.setenv("AWS_SERVER_SIDE_ENCRYPTION", "aws:kms")
    asked: list[dict[str, str]] = []
    service = Service(s3_environment, stack)
    service.before = lambda exchange, is_obstore: asked.append(exchange.asked)
    service.bucket.put("public/x", b"x", HEADERS)
    assert len(asked) == 1
    assert "x-amz-server-side-encryption" not in asked[0]


def test_a_service_that_does_not_like_it(service: Service) -> None:
    """After twenty failures on end boto3 sends the rest."""

    def refuse(exchange: Exchange, is_obstore: bool) -> None:
        if is_obstore:
            exchange.answer(403, "SignatureDoesNotMatch")

    service.before = refuse
    for number in range(25):
        service.bucket.put_new(f"private/{number:02}", b"x", HEADERS)
    assert service.asked == {("obstore", "PUT"): 20, ("boto3", "PUT"): 25}
    assert len(list(service.bucket.list(""))) == 25


def test_a_list_that_is_cut_goes_on_where_it_was(service: Service) -> None:
    """The first page ends early; the second one is never served to obstore."""
    keys = ["public/a-b/x", "public/a/x", "public/a/y", "public/ab/x", "public/b"]
    for key in keys:
        service.bucket.put(key, b"x", HEADERS)

    def shorten(exchange: Exchange, is_obstore: bool) -> None:
        if "continuation-token" in exchange.path:
            exchange.answer(500, "InternalError")
        elif is_obstore:
            first = re.sub(rb"(<Contents>.*?</Contents>)(<Contents>.*</Contents>)?", rb"\1", exchange.body, count=1)
            more = b"<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
            exchange.body = first.replace(b"<IsTruncated>false</IsTruncated>", more)

    service.after = shorten
    service.asked.clear()
    assert [info.key for info in service.bucket.list("public/")] == keys
    assert service.asked == {("obstore", "GET"): 2, ("boto3", "GET"): 1}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"region": "eu-west-1"},
            Route("pitches", "https://pitches.s3.eu-west-1.amazonaws.com", "eu-west-1"),
            id="Amazon",
        ),
        pytest.param(
            {"region": "eu-west-1", "addressing": "path"},
            Route("pitches", "https://s3.eu-west-1.amazonaws.com/pitches", "eu-west-1"),
            id="Amazon, path style",
        ),
        pytest.param({}, Route("pitches", "https://pitches.s3.amazonaws.com", "us-east-1"), id="Amazon, no region"),
        pytest.param(
            {"endpoint_url": "https://s3.example.com/api/"},
            Route("pitches", "https://s3.example.com/api/pitches", "us-east-1"),
            id="another service",
        ),
        pytest.param(
            {"endpoint_url": "https://oss.example.com:8443", "addressing": "virtual", "region": "fsn1"},
            Route("pitches", "https://pitches.oss.example.com:8443", "fsn1"),
            id="another service, virtual style",
        ),
    ],
)
def test_goes_where_boto3_goes(s3_environment: SeaweedFS, changes: dict[str, str], expected: Route) -> None:
    client, _ = connect(Address(url="s3://pitches/x", **changes))  # type: ignore[arg-type]
    assert find_route(client, "pitches") == expected


def test_follows_boto3_into_another_region(s3_environment: SeaweedFS) -> None:
    """Amazon sends boto3 on, which remembers it."""

    def amazon(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        is_there = "eu-west-1" in request.url
        return AWSResponse(
            request.url,
            200 if is_there else 301,
            {"x-amz-bucket-region": "eu-west-1", "ETag": '"x"', "Content-Length": "0", "Last-Modified": _MODIFIED},
            HTTPResponse(BytesIO(), preload_content=False),
        )

    client, _ = connect(Address(url="s3://pitches"))
    client.meta.events.register("before-send.s3", amazon)
    client.head_object(Bucket="pitches", Key="x")
    expected = Route("pitches", "https://pitches.s3.eu-west-1.amazonaws.com", "eu-west-1")
    assert find_route(client, "pitches") == expected


def test_a_forked_process_goes_on(s3_environment: SeaweedFS) -> None:
    """obstore's threads are not forked; where there is no forking, the same process reads."""
    url = f"s3://{s3_environment.shared_bucket()}/show-{secrets.token_hex(6)}"
    script = f"""
import os
from pitchcast.model.place import Address
from pitchcast.storage.connect import open_bucket
from pitchcast.model.layout import headers_of
bucket = open_bucket(Address(url={url!r}, endpoint_url={s3_environment.endpoint_url!r}))
bucket.put({KEY!r}, b"x", headers_of({KEY!r}))
if hasattr(os, "fork") and (child := os.fork()):
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert bucket.get({KEY!r})[0] == b"x"
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300, env=dict(os.environ))


class TestWhatIsInstalled:
    @pytest.fixture(autouse=True)
    def forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "obstore"]:
            monkeypatch.delitem(sys.modules, name)

    def kind(self, client: Client = "auto") -> type[object]:
        return type(open_bucket(Address(url="s3://pitches", endpoint_url="http://127.0.0.1:9", client=client)))

    def test_obstore_is_used_if_it_is(self) -> None:
        assert self.kind() is FastS3Bucket
        assert self.kind(client="boto3") is S3Bucket

    def test_without_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "obstore", None)
        assert self.kind() is S3Bucket

    def test_a_broken_one_is_said_to_be(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "obstore").mkdir()
        (tmp_path / "obstore/__init__.py").write_text("from . import _obstore", encoding="utf-8")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(ConfigError, match="obstore is installed, but cannot be loaded") as caught:
            self.kind()
        assert 'client = "boto3"' in caught.value.hint
        assert self.kind(client="boto3") is S3Bucket
