"""Services as they were seen to behave, each a proxy's rules before SeaweedFS.

Sources: Ceph 16.2 ceph/ceph#30866; MinIO and Content-MD5 s3fs-fuse/s3fs-fuse#2639; checksums
matrix-org/synapse-s3-storage-provider#128; redirects boto/boto3#2148.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

from tests.storage.proxy import Exchange

_CHECKSUMS = ("x-amz-checksum-", "x-amz-sdk-checksum-", "x-amz-trailer")


class Ceph:
    """Ceph RGW 16.2: conditions on a copy's source are ignored, ETags are compared as they are, batches refused.

    The last is so where a policy allows s3:DeleteObject, but Ceph asks for another right. *client* does copies.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def before(self, exchange: Exchange) -> None:
        """Answer what SeaweedFS would answer otherwise."""
        if exchange.asked.get("if-match", "").startswith('"'):
            exchange.answer(412, "PreconditionFailed")
        elif is_batch_delete(exchange):
            exchange.answer(403, "AccessDenied")
        elif "x-amz-copy-source-if-match" in exchange.asked:
            self._copy(exchange)

    def _copy(self, exchange: Exchange) -> None:
        bucket, _, key = unquote(urlsplit(exchange.path).path).removeprefix("/").partition("/")
        source = unquote(exchange.asked["x-amz-copy-source"]).removeprefix("/")
        etag = self._client.copy_object(Bucket=bucket, Key=key, CopySource=source)["CopyObjectResult"]["ETag"]
        exchange.show(f"<CopyObjectResult><ETag>{etag}</ETag></CopyObjectResult>".encode(), 200, "application/xml")


def old_minio(exchange: Exchange) -> None:
    """Refuse to delete in batches without Content-MD5."""
    if is_batch_delete(exchange) and "content-md5" not in exchange.asked:
        exchange.answer(400, "MissingContentMD5")


def no_batches(exchange: Exchange) -> None:
    """Know nothing of deleting in batches, as some gateways."""
    if is_batch_delete(exchange):
        exchange.answer(501, "NotImplemented")


def is_batch_delete(exchange: Exchange) -> bool:
    """Return whether a thousand objects may be deleted by this request."""
    return exchange.method == "POST" and "delete" in urlsplit(exchange.path).query.split("&")


class Refusing:
    """Refuses requests with the checksums that boto3 and obstore send by default, by one code or another."""

    def __init__(self, status: int, code: str) -> None:
        self._answer = (status, code)

    def __call__(self, exchange: Exchange) -> None:
        """Answer what SeaweedFS would answer otherwise."""
        is_batch = is_batch_delete(exchange)  # its checksum is demanded by S3 itself; there single deletions help
        if any(name.startswith(_CHECKSUMS) for name in exchange.asked) and not is_batch:
            exchange.answer(*self._answer)


def r2(exchange: Exchange) -> None:
    """Refuse the trailer by which botocore sends a checksum over https, as R2 does; take checksums in headers."""
    if "x-amz-trailer" in exchange.asked:
        exchange.answer(501, "NotImplemented")


def b2(exchange: Exchange) -> None:
    """Know neither conditional writes nor the newer checksums, as B2."""
    Refusing(400, "InvalidArgument")(exchange)
    if not exchange.status and exchange.method == "PUT" and exchange.asked.keys() & {"if-match", "if-none-match"}:
        exchange.answer(501, "NotImplemented")


class Logging:
    """Remembers where the logs of a bucket go, as services with S3's logging API do; SeaweedFS has none."""

    def __init__(self) -> None:
        self._kept = b"<BucketLoggingStatus/>"

    def __call__(self, exchange: Exchange) -> None:
        """Answer what SeaweedFS would answer otherwise."""
        if "logging" not in urlsplit(exchange.path).query.split("&"):
            return
        if exchange.method == "PUT":
            self._kept = exchange.sent
            exchange.show(b"", 200, "application/xml")
        else:
            exchange.show(self._kept, 200, "application/xml")
