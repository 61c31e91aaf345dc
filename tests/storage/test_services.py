"""Services that differ from Amazon's: each is a proxy before SeaweedFS, and everything must go well with it.

With boto3 alone and with obstore for the small requests.
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from pitchcast.errors import AccessRefused, ConfigError, StorageError, StorageUnavailable
from pitchcast.model.layout import headers_of
from pitchcast.model.place import Address
from pitchcast.storage.bucket import Reach
from pitchcast.storage.probe import anonymous_status, check_capabilities, check_public
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.checksums import check_uploads
from pitchcast.storage.s3.fast import FastS3Bucket
from pitchcast.storage.s3.policy import carry_out, plan_opening, read_current
from pitchcast.workflows.doctor import examine
from tests.fixtures.certificates import Authority, make_authority
from tests.fixtures.projects import a_project
from tests.fixtures.seaweedfs import SeaweedFS, StorageUnderTest
from tests.storage.proxy import Exchange, Rule, proxy
from tests.storage.services import Ceph, Refusing, b2, is_batch_delete, no_batches, old_minio, r2
from tests.storage.test_ledger import a_ledger, commit, names

KEY = "private/catalog.json.gz"
HEADERS = headers_of(KEY)

Opener = Callable[..., S3Bucket]


@pytest.fixture(params=[pytest.param(S3Bucket, id="boto3"), pytest.param(FastS3Bucket, id="obstore")])
def kind(request: pytest.FixtureRequest) -> type[S3Bucket]:
    found: type[S3Bucket] = request.param
    return found


@pytest.fixture
def behind(kind: type[S3Bucket], s3_environment: SeaweedFS) -> Iterator[Opener]:
    """Return what opens a client on an empty prefix behind a proxy with some rules."""
    url = f"s3://{s3_environment.shared_bucket()}/show-{secrets.token_hex(6)}"
    with ExitStack() as stack:
        yield lambda **rules: kind.open(
            Address(url=url, endpoint_url=stack.enter_context(proxy(s3_environment.endpoint_url, **rules)))
        )


class TestCeph:
    @pytest.fixture
    def bucket(self, behind: Opener, s3_environment: SeaweedFS) -> S3Bucket:
        return behind(before=Ceph(s3_environment.client()).before)

    def test_it_has_all_that_several_writers_need(self, bucket: S3Bucket) -> None:
        assert [finding.level for finding in check_capabilities(bucket)] == ["ok"]
        assert list(bucket.list("")) == []

    def test_nobody_is_lost_and_history_is_right(self, bucket: S3Bucket) -> None:
        wanted = [f"Prospect {n}" for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: commit(bucket, name), wanted))
        ledger = a_ledger(bucket)
        assert sorted(names(bucket)) == wanted
        assert [ledger.revision(n).revision for n in range(1, 8)] == list(range(1, 8))


class TestBatchesRefused:
    """Objects are deleted one at a time where a service, or a policy, knows better than to delete a thousand."""

    KEYS = tuple(f"public/t/{name}" for name in "abcdefghijkl")

    @pytest.mark.parametrize("refuse", [pytest.param(old_minio, id="MinIO"), pytest.param(no_batches, id="B2")])
    def test_they_are_deleted_singly(self, behind: Opener, refuse: Rule) -> None:
        bucket = behind(before=refuse)
        for key in self.KEYS:
            bucket.put(key, b"x", HEADERS)
        bucket.delete([*self.KEYS[:-1], "public/t/none"])
        assert [info.key for info in bucket.list("")] == [self.KEYS[-1]]

    def test_some_of_a_batch(self, behind: Opener) -> None:
        """The service answers 200 and names a key that it did not delete."""

        def spare_one(exchange: Exchange) -> None:
            if is_batch_delete(exchange):
                key = re.findall(rb"<Key>(.*?)</Key>", exchange.sent)[0].decode()
                body = f"<DeleteResult><Error><Key>{key}</Key><Code>InternalError</Code></Error></DeleteResult>"
                exchange.show(body.encode(), 200, "application/xml")

        bucket = behind(before=spare_one)
        for key in self.KEYS[:3]:
            bucket.put(key, b"x", HEADERS)
        bucket.delete(self.KEYS[:3])
        assert [info.key for info in bucket.list("")] == list(self.KEYS[1:3])  # the others were said to be deleted

    def test_the_action_that_was_refused_is_named(self, behind: Opener) -> None:
        asked: list[str] = []

        def refuse(exchange: Exchange) -> None:
            if is_batch_delete(exchange) or exchange.method == "DELETE":
                asked.append(exchange.method)
                exchange.answer(403, "AccessDenied")

        with pytest.raises(AccessRefused, match="s3:DeleteObject was refused"):
            behind(before=refuse).delete(self.KEYS)
        assert asked == ["POST", "DELETE"]  # no thousand requests that are all refused

    def test_an_outage_is_no_refusal(self, behind: Opener) -> None:
        def fail(exchange: Exchange) -> None:
            if exchange.method == "POST":
                exchange.answer(500, "InternalError")

        with pytest.raises(StorageUnavailable):
            behind(before=fail).delete(self.KEYS)


class TestOwnAuthority:
    """A company's service has a certificate that nobody else trusts: every way to it trusts the same file."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Authority:
        return make_authority(tmp_path)

    @pytest.fixture
    def address(self, s3_environment: SeaweedFS, authority: Authority, asked: Counter[str]) -> Iterator[Address]:
        def note(exchange: Exchange) -> None:
            asked["boto3" if exchange.asked["user-agent"].startswith("Boto3") else "other"] += 1

        with proxy(s3_environment.endpoint_url, before=note, tls=authority.server) as url:
            yield Address(url=f"s3://{s3_environment.make_bucket()}/show", endpoint_url=url)

    @pytest.fixture
    def asked(self) -> Counter[str]:
        return Counter()

    @pytest.fixture(params=["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "ca_bundle"])
    def trusted(
        self,
        request: pytest.FixtureRequest,
        s3_environment: SeaweedFS,
        authority: Authority,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Name the authority's certificate in the environment or the AWS profile."""
        if request.param == "ca_bundle":
            (tmp_path / "config").write_text(f"[default]\nca_bundle = {authority.bundle}\n", encoding="utf-8")
            monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        else:
            monkeypatch.setenv(request.param, str(authority.bundle))

    @pytest.mark.usefixtures("trusted")
    def test_it_is_trusted_by_all(self, kind: type[S3Bucket], address: Address, asked: Counter[str]) -> None:
        bucket = kind.open(address)
        carry_out(plan_opening(read_current(bucket), bucket.main), bucket)
        asked.clear()
        bucket.put("public/x.json", b"{}", HEADERS)
        assert bucket.get("public/x.json")[0] == b"{}"
        assert asked["boto3" if kind is S3Bucket else "other"] == sum(asked.values()) == 2
        assert anonymous_status(f"{bucket.default_public_url()}/x.json", reach=bucket.reach) == 200
        assert [f.level for f in check_public(bucket, bucket.default_public_url())] == ["ok"]

    def test_otherwise_it_is_said_what_is_missing(self, kind: type[S3Bucket], address: Address) -> None:
        bucket = kind.open(address)
        for act in (
            lambda: bucket.get(KEY),
            lambda: bucket.put(KEY, b"x", HEADERS),
            lambda: anonymous_status(f"{bucket.default_public_url()}/x.json", reach=bucket.reach),
        ):
            with pytest.raises(StorageUnavailable) as caught:
                act()
            assert "AWS_CA_BUNDLE" in caught.value.hint

    def test_a_bundle_of_several(
        self,
        kind: type[S3Bucket],
        address: Address,
        authority: Authority,
        tmp_path: Path,
        asked: Counter[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / "other").mkdir()
        other = make_authority(tmp_path / "other", "Another CA")
        both = tmp_path / "both.crt"
        both.write_text(other.bundle.read_text("ascii") + authority.bundle.read_text("ascii"), encoding="ascii")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(both))
        bucket = kind.open(address)
        bucket.put(KEY, b"x", HEADERS)
        assert asked["boto3" if kind is S3Bucket else "other"] == sum(asked.values()) == 1

    def test_a_bundle_that_is_none(
        self, kind: type[S3Bucket], address: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "nowhere.crt"))
        with pytest.raises(ConfigError, match=r"nowhere\.crt"):
            kind.open(address)


class TestAnonymousLooks:
    """What a listener's request meets is not always the service."""

    @pytest.mark.parametrize(
        ("status", "body", "what"),
        [
            pytest.param(503, b"", "status 503", id="out of order"),
            pytest.param(429, b"", "status 429", id="busy"),
            pytest.param(200, b"<html>Please log in</html>", "something else answers", id="log in"),
        ],
    )
    def test_no_proof(self, s3_environment: SeaweedFS, status: int, body: bytes, what: str) -> None:
        with proxy(s3_environment.endpoint_url, before=lambda exchange: exchange.show(body, status)) as url:
            with pytest.raises(StorageUnavailable, match=what):
                anonymous_status(f"{url}/feed.xml")
            bucket = S3Bucket.open(
                Address(url=f"s3://{s3_environment.shared_bucket()}/looks", endpoint_url=s3_environment.endpoint_url)
            )
            (finding,) = check_public(bucket, url)
        assert (finding.level, finding.what[:9]) == ("warning", "no answer")
        assert what in finding.what

    def test_silence(self, s3_environment: SeaweedFS) -> None:
        def hang(exchange: Exchange) -> None:
            exchange.silent = True

        with (
            proxy(s3_environment.endpoint_url, before=hang) as url,
            pytest.raises(StorageUnavailable, match="no answer") as caught,
        ):
            anonymous_status(f"{url}/feed.xml", reach=Reach(timeout_s=0.3))
        assert "timeout" in caught.value.hint


class TestChecksumsRefused:
    """Whatever the code says, it is found out by trying without them, and the setting is named."""

    REFUSALS = (
        pytest.param(400, "InvalidArgument", id="B2"),
        pytest.param(501, "NotImplemented", id="R2"),
        pytest.param(403, "SignatureDoesNotMatch", id="older Ceph"),
    )

    @pytest.mark.parametrize(("status", "code"), REFUSALS)
    def test_the_setting_is_named(self, behind: Opener, tmp_path: Path, status: int, code: str) -> None:
        bucket = behind(before=Refusing(status, code))
        (tmp_path / "x").write_bytes(b"x")
        for act in (
            lambda: bucket.put(KEY, b"x", HEADERS),
            lambda: bucket.put(KEY, tmp_path / "x", HEADERS),
            lambda: bucket.put_new(KEY, b"x", HEADERS),
            lambda: bucket.get(KEY),
        ):
            with pytest.raises(ConfigError, match="refuses the checksums") as caught:
                act()
            assert 'checksums = "when_required"' in caught.value.hint
        assert list(bucket.list("")) == []  # what was tried is gone
        plain = bucket.without_checksums()
        plain.put(KEY, tmp_path / "x", HEADERS)
        plain.put_new("private/x", b"x", HEADERS)
        assert plain.get(KEY)[0] == b"x"
        plain.delete([KEY, "private/x"])
        assert list(plain.list("")) == []

    @pytest.mark.parametrize(("status", "code"), REFUSALS)
    def test_a_refusal_of_something_else_is_not_blamed_on_them(self, behind: Opener, status: int, code: str) -> None:
        def refuse(exchange: Exchange) -> None:
            if exchange.method == "PUT":
                exchange.answer(status, code)

        with pytest.raises(StorageError, match=code) as caught:
            behind(before=refuse).put(KEY, b"x", HEADERS)
        assert "checksums" not in caught.value.hint

    def test_conditional_writes_are_named_where_they_are_what_lacks(self, behind: Opener) -> None:
        bucket = behind(before=b2)
        with pytest.raises(ConfigError, match="refuses the checksums"):
            check_capabilities(bucket)
        findings = check_capabilities(bucket.without_checksums())
        assert "single_writer = true" in findings[0].do

    def test_doctor_tries_both_ways(
        self,
        kind: type[S3Bucket],
        s3_environment: SeaweedFS,
        s3_storage: StorageUnderTest,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """R2 takes obstore's checksum in a header and refuses botocore's trailer, which is sent over https alone."""
        authority = make_authority(tmp_path)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
        with proxy(s3_environment.endpoint_url, before=r2, tls=authority.server) as url:
            storage = replace(s3_storage, url=f"s3://{s3_environment.make_bucket()}/show", endpoint_url=url)
            opened = S3Bucket.open(Address(url=storage.url, endpoint_url=url))
            carry_out(plan_opening(read_current(opened), opened.main), opened)
            client = "boto3" if kind is S3Bucket else "auto"
            (finding,) = [f for f in examine(a_project(storage, client=client)) if f.level == "error"]
            assert 'checksums = "when_required"' in finding.do
            findings = examine(a_project(storage, client=client, checksums="when_required"))
        assert not [f for f in findings if "checksums" in f.do]

    def test_doctor_finds_what_only_obstore_is_refused(self, s3_environment: SeaweedFS) -> None:
        def refuse(exchange: Exchange) -> None:
            if "x-amz-checksum-sha256" in exchange.asked:
                exchange.answer(400, "InvalidArgument")

        with proxy(s3_environment.endpoint_url, before=refuse) as url:
            address = Address(url=f"s3://{s3_environment.make_bucket()}/show", endpoint_url=url)
            (finding,) = check_uploads(FastS3Bucket.open(address))
            assert list(check_uploads(S3Bucket.open(address))) == []
        assert (finding.level, "when_required" in finding.do) == ("warning", True)


class TestAwsSettings:
    """What stands in the usual AWS places may be wrong too."""

    def test_an_address_that_is_none(
        self, kind: type[S3Bucket], s3_environment: SeaweedFS, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "not an address")
        with pytest.raises(ConfigError) as caught:
            kind.open(Address(url="s3://pitches"))
        assert "AWS_ENDPOINT_URL" in caught.value.hint

    @pytest.mark.parametrize(
        ("config", "variables"),
        [
            pytest.param("[[[broken", (), id="a broken file"),
            pytest.param(
                "[default]\ncredential_process = /nowhere/program\n",
                ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
                id="a program that is missing",
            ),
        ],
    )
    def test_a_profile_that_cannot_be_used(
        self,
        kind: type[S3Bucket],
        s3_environment: SeaweedFS,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        config: str,
        variables: tuple[str, ...],
    ) -> None:
        (tmp_path / "config").write_text(config, encoding="utf-8")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        for name in variables:
            monkeypatch.delenv(name)
        with pytest.raises(StorageError) as caught:
            kind.open(Address(url="s3://pitches", endpoint_url=s3_environment.endpoint_url)).get(KEY)
        assert "~/.aws/config" in caught.value.hint
        assert caught.value.exit_code == 1
