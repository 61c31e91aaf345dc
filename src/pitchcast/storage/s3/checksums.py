"""Finds out, by trying without, whether the checksums that boto3 and obstore send are what a service refuses.

B2 and R2 refuse the trailer in which botocore sends them over https, older services the headers; the codes by which
they say so mean something else elsewhere (matrix-org/synapse-s3-storage-provider#128).
"""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError

from pitchcast.errors import ConfigError, PitchcastError
from pitchcast.model.finding import Finding
from pitchcast.model.layout import PRIVATE, headers_of
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.s3.errors import is_unclear

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from pitchcast.storage.s3.bucket import S3Bucket

WHAT = "the storage refuses the checksums that are sent by default"
HINT = 'Set checksums = "when_required" under [storage], then run the same command again.'


def refuses_checksums(usual: "S3Client", plain: "S3Client", call: Callable[["S3Client"], object]) -> bool:
    """Return whether *call* is refused when the *usual* client makes it, and not when the *plain* one does."""
    try:
        return _is_refused(usual, call) and not _is_refused(plain, call)
    except (BotoCoreError, PitchcastError):  # no answer proves nothing
        return False


def try_writing(bucket: str, key: str) -> Callable[["S3Client"], object]:
    """Return a call that writes an object under *key* and deletes it."""

    def call(client: "S3Client") -> None:
        client.put_object(Bucket=bucket, Key=key, Body=b"pitchcast tries whether checksums are taken\n")
        client.delete_object(Bucket=bucket, Key=key)

    return call


def try_reading(bucket: str, key: str) -> Callable[["S3Client"], object]:
    """Return a call that reads an object; that there may be none is an answer too."""
    return lambda client: client.get_object(Bucket=bucket, Key=key)["Body"].close()


def check_uploads(bucket: Bucket) -> Iterator[Finding]:
    """Put a file, as episodes are, and something small, as feeds are; yield a finding for each that is refused.

    Raises StorageError where it is not because of checksums.
    """
    storage, key = cast("S3Bucket", bucket), f"{PRIVATE}probe-{secrets.token_hex(8)}"
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        file = Path(folder) / "probe"
        file.write_bytes(b"pitchcast tries whether files can be uploaded\n")
        try:
            storage.put(key, file, headers_of(key))
            storage.delete([key])
        except ConfigError as error:
            yield Finding(level="error", where=storage.url, what=error.message, do=error.hint)
            return
    if _is_slowed(storage) and not _is_slowed(storage.without_checksums()):
        what = f"{WHAT} with small requests by obstore; each is sent again through boto3"
        yield Finding(level="warning", where=storage.url, what=what, do=HINT)


def _is_slowed(storage: "S3Bucket") -> bool:
    """Return whether something small has to be sent twice."""
    key = f"{PRIVATE}probe-{secrets.token_hex(8)}"
    before = storage.refused
    storage.put(key, b"x", headers_of(key))
    storage.delete([key])
    return storage.refused > before


def _is_refused(client: "S3Client", call: Callable[["S3Client"], object]) -> bool:
    try:
        call(client)
    except ClientError as error:
        return is_unclear(error)
    return False
