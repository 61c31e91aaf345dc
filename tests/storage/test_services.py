"""Services that differ from Amazon's: each is a proxy before SeaweedFS, and everything must go well with it.

With boto3 alone and with obstore for the small requests.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from pitchcast.errors import AccessRefused, StorageUnavailable
from pitchcast.model.layout import headers_of
from pitchcast.storage.probe import check_capabilities
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.fast import FastS3Bucket
from pitchcast.storage.s3.location import S3Address
from tests.fixtures.seaweedfs import SeaweedFS
from tests.storage.proxy import Exchange, Rule, proxy
from tests.storage.services import Ceph, is_batch_delete, no_batches, old_minio
from tests.storage.test_ledger import a_ledger, commit, names

KEY = "private/catalog.json.gz"
HEADERS = headers_of(KEY)

Opener = Callable[..., S3Bucket]


@pytest.fixture(params=[pytest.param(S3Bucket, id="boto3"), pytest.param(FastS3Bucket, id="obstore")])
def behind(request: pytest.FixtureRequest, s3_environment: SeaweedFS) -> Iterator[Opener]:
    """Return what opens a client on an empty prefix behind a proxy with some rules."""
    url = f"s3://{s3_environment.shared_bucket()}/show-{secrets.token_hex(6)}"
    with ExitStack() as stack:
        yield lambda **rules: request.param.open(
            S3Address(url=url, endpoint_url=stack.enter_context(proxy(s3_environment.endpoint_url, **rules)))
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
