"""What only a bucket has: headers that listeners get, halves in two buckets, and everything a service may answer.

All of it with boto3 alone and with obstore for the small requests: nobody must see a difference.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from pitchcast.errors import (
    AccessRefused,
    ConfigError,
    LostRace,
    ObjectExists,
    ObjectMissing,
    StorageError,
    StorageUnavailable,
)
from pitchcast.model.layout import Headers, headers_of
from pitchcast.model.place import Address
from pitchcast.storage.probe import anonymous_get
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.errors import translate
from pitchcast.storage.s3.fast import FastS3Bucket
from pitchcast.storage.s3.policy import carry_out, plan_opening, read_current
from tests.fixtures.content import TOKEN
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, Rule, proxy

KEY = "private/catalog.json.gz"
HEADERS = headers_of(KEY)
AUDIO = Headers("audio/mpeg", "private, max-age=86400")


Opener = Callable[..., S3Bucket]


@pytest.fixture(params=[pytest.param(S3Bucket, id="boto3"), pytest.param(FastS3Bucket, id="obstore")])
def a_bucket(request: pytest.FixtureRequest, s3_environment: SeaweedFS) -> Opener:
    """Return what opens a client of its own on an empty prefix of the server's shared bucket."""
    url = f"s3://{s3_environment.shared_bucket()}/show-{secrets.token_hex(6)}"
    fields = {"url": url, "endpoint_url": s3_environment.endpoint_url}
    return lambda **changes: request.param.open(Address(**{**fields, **changes}))


class TestWhatListenersGet:
    @pytest.fixture
    def bucket(self, a_bucket: Opener) -> S3Bucket:
        bucket = a_bucket()
        carry_out(plan_opening(read_current(bucket), bucket.main), bucket)
        return bucket

    @pytest.mark.parametrize(
        "write",
        [
            pytest.param(lambda bucket, key, path: bucket.put(key, path.read_bytes(), AUDIO), id="bytes"),
            pytest.param(lambda bucket, key, path: bucket.put_new(key, path.read_bytes(), AUDIO), id="create-only"),
            pytest.param(lambda bucket, key, path: bucket.put(key, path, AUDIO), id="a file"),
        ],
    )
    def test_headers(self, bucket: S3Bucket, tmp_path: Path, write: Callable[[S3Bucket, str, Path], str]) -> None:
        path = tmp_path / "x.mp3"
        path.write_bytes(b"0123456789")
        write(bucket, f"public/{TOKEN}/x.mp3", path)
        status, headers, body = anonymous_get(f"{bucket.default_public_url()}/{TOKEN}/x.mp3")
        assert (status, body) == (200, b"0123456789")
        assert (headers["content-type"], headers["cache-control"]) == AUDIO
        assert anonymous_get(f"{bucket.default_public_url()}/{TOKEN}/x.mp3", start=1, length=2)[::2] == (206, b"12")

    def test_a_copy_has_headers_of_its_own(self, bucket: S3Bucket) -> None:
        bucket.put("private/masters/a.mp3", b"0123456789", HEADERS)
        bucket.copy("private/masters/a.mp3", f"public/{TOKEN}/x.mp3", AUDIO)
        _, headers, body = anonymous_get(f"{bucket.default_public_url()}/{TOKEN}/x.mp3")
        assert body == b"0123456789"
        assert (headers["content-type"], headers["cache-control"]) == AUDIO
        assert anonymous_get(bucket.addresses_of("private/masters/a.mp3")[0])[0] == 403

    def test_a_big_file_in_parts_and_its_copy(self, bucket: S3Bucket, tmp_path: Path) -> None:
        path = tmp_path / "long.mp3"
        path.write_bytes(secrets.token_bytes(1 << 20) * 17)
        etag = bucket.put("private/masters/a.mp3", path, HEADERS)
        assert "-" in etag  # parts: not to be taken for an MD5
        bucket.copy("private/masters/a.mp3", f"public/{TOKEN}/x.mp3", AUDIO, if_match=etag)
        url = f"{bucket.default_public_url()}/{TOKEN}/x.mp3"
        status, headers, body = anonymous_get(url, start=1 << 20, length=1 << 20)
        assert (status, body) == (206, path.read_bytes()[: 1 << 20])
        assert headers["content-range"] == f"bytes {1 << 20}-{(2 << 20) - 1}/{17 << 20}"
        assert (headers["content-type"], headers["cache-control"]) == AUDIO


class TestTwoBuckets:
    """Where a service opens buckets as a whole, the private half has one of its own."""

    @pytest.fixture
    def bucket(self, a_bucket: Opener, s3_environment: SeaweedFS) -> S3Bucket:
        return a_bucket(private_url=f"s3://{s3_environment.make_bucket()}/vault")

    def test_each_half_lies_in_its_own(self, bucket: S3Bucket) -> None:
        keys = ["private/a", "private/masters/b", "public/t/x", "public/t/y"]
        for key in keys:
            bucket.put(key, key.encode(), HEADERS)
        there = bucket.client.list_objects_v2(Bucket=bucket.private.bucket)["Contents"]
        assert [each["Key"] for each in there] == ["vault/private/a", "vault/private/masters/b"]
        assert [info.key for info in bucket.list("")] == keys
        assert [info.key for info in bucket.list("pr")] == keys[:2]
        assert [info.key for info in bucket.list("p")] == keys
        assert [info.key for info in bucket.list("private/m")] == keys[1:2]
        assert [info.key for info in bucket.list("public/")] == keys[2:]

    def test_copies_go_across(self, bucket: S3Bucket) -> None:
        etag = bucket.put("private/masters/a", b"audio", HEADERS)
        bucket.copy("private/masters/a", "public/t/x.mp3", AUDIO, if_match=etag)
        assert bucket.get("public/t/x.mp3")[0] == b"audio"
        bucket.delete(["private/masters/a", "public/t/x.mp3"])
        assert list(bucket.list("")) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("variables", "message"),
        [
            pytest.param({"AWS_ACCESS_KEY_ID": "nobody"}, "does not know this access key", id="unknown key"),
            pytest.param({"AWS_SECRET_ACCESS_KEY": "wrong"}, "does not fit", id="wrong secret"),
            pytest.param({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no complete credentials", id="none"),
        ],
    )
    def test_wrong_keys(
        self,
        a_bucket: Opener,
        s3_environment: SeaweedFS,
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
        message: str,
    ) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
        bucket = a_bucket()
        for act in (
            lambda: bucket.get(KEY),
            lambda: bucket.head(KEY),
            lambda: bucket.put(KEY, b"x", HEADERS),
            lambda: list(bucket.list("")),
            lambda: bucket.delete([KEY]),
        ):
            with pytest.raises(AccessRefused, match=message) as caught:
                act()
            said = caught.value.message + caught.value.hint
            assert s3_environment.shared_bucket() in said
            assert "storage.profile" in said
            assert s3_environment.secret_key not in said
            assert s3_environment.access_key not in said

    def test_readers_may_not_write(
        self, a_bucket: Opener, s3_environment: SeaweedFS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_environment.reader_access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_environment.reader_secret_key)
        bucket = a_bucket()
        assert list(bucket.list("")) == []
        file = tmp_path / "x"
        file.write_bytes(b"x")
        for act in (
            lambda: bucket.put(KEY, b"x", HEADERS),
            lambda: bucket.put(KEY, file, HEADERS),
            lambda: bucket.put_new(KEY, b"x", HEADERS),
            lambda: bucket.replace_if(KEY, b"x", "0" * 32, HEADERS),
            lambda: bucket.delete([KEY]),
        ):
            with pytest.raises(AccessRefused, match="may not write") as caught:
                act()
            assert "storage setup" in caught.value.hint

    def test_a_missing_bucket(self, a_bucket: Opener, tmp_path: Path) -> None:
        bucket = a_bucket(url="s3://no-such-bucket-here/x")
        file = tmp_path / "x"
        file.write_bytes(b"x")
        for act in (
            lambda: bucket.get(KEY),
            lambda: bucket.put(KEY, b"x", HEADERS),
            lambda: bucket.put(KEY, file, HEADERS),
            lambda: bucket.put_new(KEY, b"x", HEADERS),
            lambda: list(bucket.list("")),
        ):
            with pytest.raises(StorageError, match=r"no-such-bucket-here.*the bucket does not exist") as caught:
                act()
            assert not isinstance(caught.value, ObjectMissing | LostRace)
            assert "storage.url" in caught.value.hint

    def test_a_missing_profile(self, a_bucket: Opener) -> None:
        with pytest.raises(AccessRefused, match=r"storage\.profile"):
            a_bucket(profile="nobody")

    @pytest.mark.parametrize("url", ["s3.example.com", "ftp://x", "https://", "https://key:secret@host"])
    def test_a_mistyped_endpoint(self, url: str) -> None:
        with pytest.raises(ConfigError, match=r"storage\.endpoint_url") as caught:
            S3Bucket.open(Address(url="s3://pitches", endpoint_url=url))
        assert "secret" not in caught.value.message

    @pytest.mark.parametrize(
        ("code", "status", "error", "message"),
        [
            ("RequestTimeTooSkewed", 403, AccessRefused, "clock"),
            ("ExpiredToken", 400, AccessRefused, "expired"),
            ("AuthorizationHeaderMalformed", 400, AccessRefused, "another region"),
            ("PermanentRedirect", 301, StorageError, "another region"),
            ("QuotaExceeded", 403, StorageError, "full"),
            ("NotImplemented", 501, StorageError, "cannot do this"),
            ("InternalError", 500, StorageUnavailable, "failed"),
            ("SlowDown", 503, StorageUnavailable, "failed"),
            ("SomethingNew", 400, StorageError, "SomethingNew"),
        ],
    )
    def test_what_a_code_means(self, code: str, status: int, error: type[StorageError], message: str) -> None:
        answer = {"Error": {"Code": code, "Message": "AKIASECRET"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        told = translate(ClientError(answer, "PutObject"), where="s3://b/k", endpoint_url="https://s3.example")  # type: ignore[arg-type]
        assert type(told) is error
        assert message in told.message
        assert "s3://b/k" in told.message
        assert told.hint
        assert "AKIASECRET" not in told.message + told.hint


class TestUnreachable:
    @pytest.mark.parametrize(
        "endpoint_url",
        [
            pytest.param("http://127.0.0.1:9", id="nobody listens"),
            pytest.param("https://storage.invalid", id="no such host"),
        ],
    )
    def test_is_said_within_seconds(self, a_bucket: Opener, endpoint_url: str) -> None:
        start = time.monotonic()
        with pytest.raises(StorageUnavailable, match="cannot be reached") as caught:
            a_bucket(endpoint_url=endpoint_url).get(KEY)
        assert time.monotonic() - start < 60, "and not minutes, also on a machine that is busy"
        assert "storage.endpoint_url" in caught.value.hint
        assert caught.value.exit_code == 4

    def test_a_service_without_tls(self, a_bucket: Opener, s3_environment: SeaweedFS) -> None:
        endpoint_url = s3_environment.endpoint_url.replace("http:", "https:")
        with pytest.raises(StorageUnavailable, match="TLS"):
            a_bucket(endpoint_url=endpoint_url).get(KEY)

    def test_something_that_is_no_storage(self, a_bucket: Opener, s3_environment: SeaweedFS) -> None:
        def html(exchange: Exchange) -> None:
            exchange.status, exchange.body = 404, b"<!doctype html><p>Not here<br>"

        with proxy(s3_environment.endpoint_url, before=html) as url:
            bucket = a_bucket(endpoint_url=url)
            for act in (
                lambda: bucket.get(KEY),
                lambda: bucket.put(KEY, b"x", HEADERS),
                lambda: list(bucket.list("")),
            ):
                with pytest.raises(StorageError, match="not that of an S3 service"):
                    act()


def times(count: int, rule: Rule, *, method: str) -> Rule:
    """Apply a rule to the first requests of a method only."""
    left = [count]

    def limited(exchange: Exchange) -> None:
        if exchange.method == method and left[0]:
            left[0] -= 1
            rule(exchange)

    return limited


class TestOtherServices:
    """SeaweedFS behind a proxy that makes it answer as other services do."""

    @pytest.fixture
    def behind(self, a_bucket: Opener, s3_environment: SeaweedFS) -> Iterator[Opener]:
        with ExitStack() as stack:
            yield lambda **rules: a_bucket(
                endpoint_url=stack.enter_context(proxy(s3_environment.endpoint_url, **rules))
            )

    def test_missing_is_missing_without_the_right_to_list_the_bucket(self, behind: Opener) -> None:
        """Amazon answers 403 to whoever may list only a prefix."""

        def hide(exchange: Exchange) -> None:
            if exchange.status == 404 and "list-type" not in exchange.path:
                exchange.answer(403, "AccessDenied")

        bucket = behind(after=hide)
        for act in (
            lambda: bucket.get(KEY),
            lambda: bucket.head(KEY),
            lambda: bucket.read_range(KEY, 0, 1),
            lambda: bucket.copy(KEY, "private/x", HEADERS),
        ):
            with pytest.raises(ObjectMissing):
                act()
        bucket.put(KEY, b"x", HEADERS)
        assert bucket.get(KEY)[0] == b"x"

    def test_a_refusal_stays_one_for_what_is_there(self, behind: Opener) -> None:
        def refuse(exchange: Exchange) -> None:
            if exchange.method == "GET" and "list-type" not in exchange.path:
                exchange.answer(403, "AccessDenied")

        bucket = behind(before=refuse)
        bucket.put(KEY, b"x", HEADERS)
        with pytest.raises(AccessRefused, match="may not read"):
            bucket.get(KEY)

    def test_if_match_without_quotes(self, behind: Opener) -> None:
        """Ceph and DigitalOcean Spaces compare the header as it is."""

        def compare_literally(exchange: Exchange) -> None:
            if exchange.asked.get("if-match", "").startswith('"'):
                exchange.answer(412, "PreconditionFailed")

        bucket = behind(before=compare_literally)
        first = bucket.put(KEY, b"one", HEADERS)
        bucket.replace_if(KEY, b"two", first, HEADERS)
        with pytest.raises(LostRace):
            bucket.replace_if(KEY, b"three", first, HEADERS)
        assert bucket.get(KEY)[0] == b"two"

    @pytest.mark.parametrize(
        ("status", "code"), [(409, "ConditionalRequestConflict"), (503, "SlowDown"), (500, "InternalError")]
    )
    def test_asks_again_where_the_service_wants_it(self, behind: Opener, status: int, code: str) -> None:
        bucket = behind(before=times(1, lambda exchange: exchange.answer(status, code), method="PUT"))
        bucket.put_new(KEY, b"one", HEADERS)
        assert bucket.get(KEY)[0] == b"one"

    def test_a_service_without_conditional_writes(self, behind: Opener) -> None:
        def refuse(exchange: Exchange) -> None:
            if "if-none-match" in exchange.asked:
                exchange.answer(501, "NotImplemented")

        with pytest.raises(StorageError, match="cannot do this") as caught:
            behind(before=refuse).put_new(KEY, b"x", HEADERS)
        assert "single_writer = true" in caught.value.hint

    def test_a_gone_object_is_a_lost_race_whatever_the_answer(self, behind: Opener) -> None:
        """404 on Amazon, 412 elsewhere."""

        def as_amazon(exchange: Exchange) -> None:
            if exchange.status == 412:
                exchange.answer(404, "NoSuchKey")

        with pytest.raises(LostRace):
            behind(after=as_amazon).replace_if(KEY, b"x", "0" * 32, HEADERS)

    def test_a_cut_download_is_asked_for_again(self, behind: Opener) -> None:
        def cut(exchange: Exchange) -> None:
            exchange.cut_after = 100

        body = secrets.token_bytes(5000)
        bucket = behind(after=times(1, cut, method="GET"))
        bucket.put(KEY, body, HEADERS)
        assert bucket.get(KEY)[0] == body

    def test_a_service_that_deletes_one_at_a_time(self, behind: Opener) -> None:
        bucket = behind(before=times(9, lambda exchange: exchange.answer(501, "NotImplemented"), method="POST"))
        for name in ("a", "b", "c"):
            bucket.put(f"public/t/{name}", b"x", HEADERS)
        bucket.delete(["public/t/a", "public/t/b", "public/t/none"])
        assert [info.key for info in bucket.list("")] == ["public/t/c"]

    def test_the_clock_is_the_services(self, a_bucket: Opener) -> None:
        """Two answers tell the time in whole seconds, whether or not there is a catalog yet."""
        bucket = a_bucket()
        before = bucket.now()
        bucket.put(KEY, b"x", HEADERS)
        assert before <= bucket.now()
        assert before.microsecond == 0


def test_sixteen_creators_one_winner(a_bucket: Opener) -> None:
    bucket = a_bucket()

    def compete(number: int) -> bool:
        try:
            bucket.put_new(KEY, f"{number}".encode(), HEADERS)
        except ObjectExists:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(compete, range(16)))
    assert won.count(True) == 1
    assert bucket.get(KEY)[0] == f"{won.index(True)}".encode()


class TestAddresses:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            monkeypatch.delenv(name, raising=False)

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            pytest.param(
                Address(url="s3://pitches/bills", region="eu-west-1"),
                "https://pitches.s3.eu-west-1.amazonaws.com/bills/public",
                id="Amazon",
            ),
            pytest.param(
                Address(url="s3://my.pitches", region="eu-west-1"),
                "https://s3.eu-west-1.amazonaws.com/my.pitches/public",
                id="dots in the bucket's name do not fit Amazon's certificate",
            ),
            pytest.param(
                Address(url="s3://pitches/bills", endpoint_url="https://s3.example.com/"),
                "https://s3.example.com/pitches/bills/public",
                id="another service",
            ),
            pytest.param(
                Address(url="s3://pitches", endpoint_url="https://oss.example.com", addressing="virtual"),
                "https://pitches.oss.example.com/public",
                id="another service, virtual style",
            ),
            pytest.param(
                Address(url="s3://pitches/ü b", endpoint_url="http://127.0.0.1:8333"),
                "http://127.0.0.1:8333/pitches/%C3%BC%20b/public",
                id="a prefix in any script",
            ),
        ],
    )
    def test_default_public_url(self, address: Address, expected: str) -> None:
        assert S3Bucket.open(address).default_public_url() == expected

    def test_an_endpoint_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.com")
        bucket = S3Bucket.open(Address(url="s3://pitches"))
        assert bucket.default_public_url() == "https://s3.example.com/pitches/public"
        assert not bucket.is_amazon

    def test_both_styles_are_known_to_the_probe(self) -> None:
        bucket = S3Bucket.open(Address(url="s3://pitches/x", endpoint_url="https://s3.example.com"))
        assert bucket.addresses_of("private/probe") == [
            "https://s3.example.com/pitches/x/private/probe",
            "https://pitches.s3.example.com/x/private/probe",
        ]
        assert bucket.listing_addresses()[0] == "https://s3.example.com/pitches/?list-type=2&prefix=x/"
