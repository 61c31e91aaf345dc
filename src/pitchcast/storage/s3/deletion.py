"""Delete many objects: a thousand a request where a service takes that, else one at a time.

Ceph asks for another right than s3:DeleteObject, older MinIO for Content-MD5 (s3fs-fuse/s3fs-fuse#2639), B2 and others
know no batches: whatever the refusal says, single deletions are tried before anybody is told.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pitchcast.storage.s3.errors import error_code, is_outage
from pitchcast.storage.s3.retries import persistently

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BATCH_KEYS = 1000  # DeleteObjects takes no more
_AT_ONCE = 8

Doomed = Mapping[str, str]
"""What to delete: its ``Key``, and its ``VersionId`` where an old version is meant."""


class Deleter:
    """Deletes through one client, and remembers where batches are refused. Threads may share one."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client
        self._takes_batches = True

    def delete(self, bucket: str, objects: Sequence[Doomed]) -> list[tuple[Doomed, ClientError]]:
        """Delete at most a thousand objects; return those that stay, each with the refusal of its own deletion.

        What is not there counts as deleted. Raises ClientError where the service fails, BotoCoreError.
        """
        if len(objects) == 1 or not self._takes_batches:
            return self._delete_singly(bucket, objects)
        try:
            refused = self._delete_batch(bucket, objects)
        except ClientError as error:
            if is_outage(error):
                raise
            remaining = self._delete_singly(bucket, objects)
            self._takes_batches = bool(remaining)
            return remaining
        return self._delete_singly(bucket, refused)

    def _delete_batch(self, bucket: str, objects: Sequence[Doomed]) -> list[Doomed]:
        """Return the objects that the service names as not deleted."""
        doomed: Any = {"Objects": objects, "Quiet": True}
        answer = persistently(lambda: self._client.delete_objects(Bucket=bucket, Delete=doomed))
        failures = [failure for failure in answer.get("Errors", ()) if failure.get("Code") != "NoSuchKey"]
        named = {(failure.get("Key"), failure.get("VersionId")) for failure in failures}
        return [each for each in objects if (each["Key"], each.get("VersionId")) in named]

    def _delete_singly(self, bucket: str, objects: Sequence[Doomed]) -> list[tuple[Doomed, ClientError]]:
        """Delete one at a time; where the first is refused, the others are taken to be refused too."""
        if not objects:
            return []
        first = self._refusal(bucket, objects[0])
        if first:
            return [(each, first) for each in objects]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            refusals = list(pool.map(lambda each: self._refusal(bucket, each), objects[1:]))
        return [(each, refusal) for each, refusal in zip(objects[1:], refusals, strict=True) if refusal]

    def _refusal(self, bucket: str, each: Doomed) -> ClientError | None:
        """Delete an object and return None, or why it stays."""
        arguments: Any = each
        try:
            persistently(lambda: self._client.delete_object(Bucket=bucket, **arguments))
        except ClientError as error:
            if is_outage(error):
                raise
            return None if error_code(error) == "NoSuchKey" else error
        return None
