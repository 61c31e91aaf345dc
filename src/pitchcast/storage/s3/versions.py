"""Old versions of objects: what a service with versioning keeps of everything that was overwritten or deleted.

Only taking people out of the past asks for this. A folder keeps no versions; what backups keep, nobody here knows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from pitchcast.model.layout import PRIVATE
from pitchcast.model.token import mask_tokens
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.deletion import BATCH_KEYS
from pitchcast.storage.s3.errors import DENIED, error_code, lacks_operation, translate
from pitchcast.storage.s3.location import S3Location


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many old versions were deleted, and what could not be, as sentences."""

    deleted: int
    remaining: tuple[str, ...]


def forget_old_versions(storage: S3Bucket, prefixes: Sequence[str]) -> Forgotten:
    """Delete every version but the current one of the objects below *prefixes*.

    What a lock or missing rights prevent is told in the answer. Raises StorageUnavailable.
    """
    places: dict[S3Location, list[str]] = {}
    for prefix in prefixes:
        places.setdefault(storage.private if prefix.startswith(PRIVATE) else storage.main, []).append(prefix)
    parts = [_forget(storage, place, below) for place, below in places.items()]
    return Forgotten(sum(part.deleted for part in parts), tuple(what for part in parts for what in part.remaining))


def _forget(storage: S3Bucket, place: S3Location, prefixes: Sequence[str]) -> Forgotten:
    try:
        with _translated(storage, place):
            if not _keeps_versions(storage, place):
                return Forgotten(0, ())
            old = [version for prefix in prefixes for version in _old_versions(storage, place, prefix)]
    except ClientError:  # without the right to look, nobody can say that nothing is kept
        needed = "s3:GetBucketVersioning and s3:ListBucketVersions"
        return Forgotten(0, (f"{place.url}: old versions, if it keeps any: looking needs the rights {needed}",))
    refused = _delete(storage, place, old)
    remaining = tuple(f"{place.url}: an old version of {mask_tokens(key)}: {code}" for key, code in refused)
    return Forgotten(len(old) - len(refused), remaining)


def _keeps_versions(storage: S3Bucket, place: S3Location) -> bool:
    """Return whether the bucket keeps old versions, or did once."""
    try:
        return bool(storage.client.get_bucket_versioning(Bucket=place.bucket).get("Status"))
    except ClientError as error:
        if lacks_operation(error):
            return False
        raise


def _old_versions(storage: S3Bucket, place: S3Location, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield key and version of every version that is not the current one."""
    pages = storage.client.get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=place.bucket, Prefix=place.key(prefix)):
        for version in page.get("Versions", ()):
            if not version["IsLatest"]:
                yield version["Key"], version["VersionId"]


def _delete(storage: S3Bucket, place: S3Location, versions: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Delete versions and return the keys of those that stay, with the reason."""
    refused: list[tuple[str, str]] = []
    for start in range(0, len(versions), BATCH_KEYS):
        batch = [{"Key": key, "VersionId": version} for key, version in versions[start : start + BATCH_KEYS]]
        with _translated(storage, place, writing=True):
            remaining = storage.deleter.delete(place.bucket, batch)
        refused += [(each["Key"], _reason(refusal)) for each, refusal in remaining]
    return refused


def _reason(refusal: ClientError) -> str:
    code = error_code(refusal)
    return f"{code}: deleting needs the right s3:DeleteObjectVersion" if code in DENIED else code


@contextmanager
def _translated(storage: S3Bucket, place: S3Location, *, writing: bool = False) -> Iterator[None]:
    """Turn boto3's errors into pitchcast's; refusals are the caller's to tell."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error_code(error) in DENIED:
            raise
        raise translate(error, where=place.url, endpoint_url=storage.endpoint_url, writing=writing) from error
