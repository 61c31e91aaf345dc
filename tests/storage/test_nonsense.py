"""Whatever answers instead of a storage, or not at all: each request ends in an error that says what is true.

Every method of the bucket that asks, with boto3 alone and with obstore for the small requests.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pitchcast.errors import AccessRefused, StorageError, StorageUnavailable
from pitchcast.model.layout import headers_of
from pitchcast.model.place import Address
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.fast import FastS3Bucket
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, Rule, proxy

KEY = "private/catalog.json.gz"
HEADERS = headers_of(KEY)
ETAG = "0" * 32
PAGE = b"<html>Welcome, please log in</html>"
DOCTYPE = b"<!DOCTYPE html><html><body><p>Welcome, please log in<br></body></html>"

Act = Callable[[S3Bucket], object]


def actions(file: Path) -> dict[str, Act]:
    """Return every request that a bucket makes, by name."""
    return {
        "put": lambda bucket: bucket.put(KEY, b"x", HEADERS),
        "put much": lambda bucket: bucket.put(KEY, bytes(2 << 20), HEADERS),
        "put a file": lambda bucket: bucket.put(KEY, file, HEADERS),
        "put_new": lambda bucket: bucket.put_new(KEY, b"x", HEADERS),
        "replace_if": lambda bucket: bucket.replace_if(KEY, b"x", ETAG, HEADERS),
        "get": lambda bucket: bucket.get(KEY),
        "read_range": lambda bucket: bucket.read_range(KEY, 0, 4),
        "head": lambda bucket: bucket.head(KEY),
        "copy": lambda bucket: bucket.copy(KEY, "public/x", HEADERS),
        "copy_from": lambda bucket: bucket.copy_from(bucket, KEY, HEADERS),
        "list": lambda bucket: list(bucket.list("public/")),
        "survey": lambda bucket: list(bucket.survey("public/")),
        "delete": lambda bucket: bucket.delete([KEY]),
        "delete many": lambda bucket: bucket.delete([KEY, "private/x"]),
    }


def silent(exchange: Exchange) -> None:
    exchange.silent = True


def reset(exchange: Exchange) -> None:
    exchange.reset = True


def leads_to(status: int, location: str) -> Rule:
    return lambda exchange: exchange.redirect(status, location)


def answers(status: int, code: str) -> Rule:
    return lambda exchange: exchange.answer(status, code)


def shows(page: bytes, status: int = 200, content_type: str = "text/html; charset=utf-8", etag: str = "") -> Rule:
    def rule(exchange: Exchange) -> None:
        exchange.show(page, status, content_type)
        exchange.headers += [("ETag", etag)] if etag else []

    return rule


@pytest.fixture(params=[pytest.param(S3Bucket, id="boto3"), pytest.param(FastS3Bucket, id="obstore")])
def kind(request: pytest.FixtureRequest) -> type[S3Bucket]:
    found: type[S3Bucket] = request.param
    return found


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize(
    ("rule", "error", "message"),
    [
        pytest.param(leads_to(301, "https://127.0.0.1:9/"), StorageError, "leads to https", id="301 to https"),
        pytest.param(leads_to(302, "https://127.0.0.1:9/"), StorageError, "leads to https", id="302 to https"),
        pytest.param(leads_to(307, "https://127.0.0.1:9/"), StorageError, "leads to https", id="307 to https"),
        pytest.param(leads_to(302, "http://login.invalid/"), StorageUnavailable, "something else answers", id="log in"),
        pytest.param(leads_to(307, "/login"), StorageUnavailable, "something else answers", id="log in here"),
        pytest.param(shows(PAGE), StorageUnavailable, "something else answers", id="page"),
        pytest.param(shows(DOCTYPE), StorageUnavailable, "something else answers", id="page that is no XML"),
        pytest.param(shows(PAGE, etag='"5f3a-59c"'), StorageUnavailable, "something else answers", id="page with ETag"),
        pytest.param(shows(b"{}", 200, "application/json"), StorageUnavailable, "something else|failed", id="JSON"),
        pytest.param(shows(PAGE, 403), StorageUnavailable, "something else answers", id="filter"),
        pytest.param(shows(PAGE, 511), StorageUnavailable, "something else answers", id="511"),
        pytest.param(shows(PAGE, 502), StorageUnavailable, "failed", id="502"),
        pytest.param(answers(403, "AccessDenied"), AccessRefused, "was refused", id="403"),
        pytest.param(answers(400, "MissingContentMD5"), StorageError, "MissingContentMD5|400", id="400"),
        pytest.param(answers(501, "NotImplemented"), StorageError, "cannot do this|501", id="501"),
        pytest.param(answers(503, "InternalError"), StorageUnavailable, "failed", id="503"),
        pytest.param(reset, StorageUnavailable, "was cut", id="reset"),
        pytest.param(silent, StorageUnavailable, "does not answer", id="silence"),
    ],
)
def test_it_ends_in_a_true_sentence(
    kind: type[S3Bucket],
    s3_environment: SeaweedFS,
    stack: ExitStack,
    tmp_path: Path,
    rule: Rule,
    error: type[StorageError],
    message: str,
) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"x")
    url = stack.enter_context(proxy(s3_environment.endpoint_url, before=rule))
    waiting = {"timeout_s": 2} if rule is silent else {}  # a busy machine may let others wait for more than that
    bucket = kind.open(Address(url=f"s3://{s3_environment.shared_bucket()}/x", endpoint_url=url, **waiting))

    def ends(act: Act) -> str:
        """Return "" where the request ends as it must, else what was wrong."""
        try:
            act(bucket)
        except StorageError as told:
            is_right = isinstance(told, error) and re.search(message, told.message) and told.hint
            return (
                "" if is_right and "\n" not in told.message else f"{type(told).__name__}: {told.message}; {told.hint}"
            )
        return "nothing was raised"

    acts = actions(file)
    with ThreadPoolExecutor(len(acts)) as pool:
        said = dict(zip(acts, pool.map(ends, acts.values()), strict=True))
    assert {name: what for name, what in said.items() if what} == {}


def test_what_is_cut_again_and_again(kind: type[S3Bucket], s3_environment: SeaweedFS, stack: ExitStack) -> None:
    def cut(exchange: Exchange) -> None:
        exchange.cut_after = len(exchange.body) // 2

    address = Address(url=f"s3://{s3_environment.shared_bucket()}/cut", endpoint_url=s3_environment.endpoint_url)
    kind.open(address).put(KEY, b"0123456789" * 100, HEADERS)
    url = stack.enter_context(proxy(s3_environment.endpoint_url, after=cut))
    bucket = kind.open(replace(address, endpoint_url=url))
    for act in (
        lambda: bucket.get(KEY),
        lambda: bucket.read_range(KEY, 0, 100),
        lambda: list(bucket.list("")),
        lambda: bucket.copy(KEY, "public/x", HEADERS),
    ):
        with pytest.raises(StorageUnavailable, match=r"was cut|failed"):
            act()
