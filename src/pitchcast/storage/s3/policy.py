"""What ``pitchcast storage setup`` writes once: listeners may read ``public/`` of one show, and nothing else changes.

Policy and CORS of a bucket are single documents that shows and other programs share: our own statement is merged in
by its id, everybody else's stays as it is.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from pitchcast.errors import AccessRefused, LostRace, StorageError
from pitchcast.invocation import pitchcast_command
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.s3.bucket import S3Bucket
from pitchcast.storage.s3.documents import (
    VERSION,
    JsonObject,
    canonical,
    check_length,
    comparable_policy,
    difference_of,
    merged,
    parse_policy,
    statements_of,
)
from pitchcast.storage.s3.errors import error_code, lacks_operation, translate
from pitchcast.storage.s3.location import S3Location

_CORS_ID = "pitchcast-listeners"
_NO_SUCH = {
    "policy": ("NoSuchBucketPolicy",),
    "cors": ("NoSuchCORSConfiguration",),
    "block": ("NoSuchPublicAccessBlockConfiguration", "404", "AccessDenied", "403"),
}
_BLOCKS = ("BlockPublicPolicy", "RestrictPublicBuckets")


@dataclass(frozen=True, slots=True)
class Current:
    """What a bucket's settings say now. ``blocks`` are the switches of Block Public Access that forbid opening it."""

    policy: JsonObject
    cors: Sequence[JsonObject] = ()
    blocks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What will be written to the bucket of ``place``, and what was there before."""

    place: S3Location
    before: Current
    policy: JsonObject
    cors: Sequence[JsonObject]

    @property
    def opens(self) -> bool:
        """Whether the policy has to change."""
        return comparable_policy(self.policy) != comparable_policy(self.before.policy)

    @property
    def lets_players_ask(self) -> bool:
        """Whether the CORS rules have to change."""
        return list(map(_sorted_rule, self.cors)) != list(map(_sorted_rule, self.before.cors))

    @property
    def is_done(self) -> bool:
        """Whether everything is as it must be already."""
        return not self.opens and not self.lets_players_ask

    def difference(self) -> str:
        """Return what changes as a unified difference, "" where nothing does."""
        policy = difference_of("policy", self.before.policy, self.policy) if self.opens else ""
        cors = difference_of("cors", self.before.cors, self.cors) if self.lets_players_ask else ""
        return policy + cors


def read_current(bucket: Bucket) -> Current:
    """Return the settings of the bucket that holds ``public/``. Raises StorageError for a folder."""
    storage = _s3(bucket)
    client, name = storage.client, storage.main.bucket
    policy = _ask(storage, "policy", lambda: client.get_bucket_policy(Bucket=name)["Policy"])
    cors = _ask(storage, "cors", lambda: client.get_bucket_cors(Bucket=name)["CORSRules"])
    block = _ask(
        storage, "block", lambda: client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    )
    blocks = [switch for switch in _BLOCKS if (block or {}).get(switch)]
    return Current(parse_policy(policy or "", name), tuple(cors or ()), tuple(blocks))


def plan_opening(current: Current, place: S3Location, *, partition: str = "aws") -> Opening:
    """Return the settings with our own policy statement and CORS rule in them, and everybody else's unchanged.

    Grants exactly s3:GetObject, for ``s3:Get*`` would serve deleted versions, and no listing. Raises AccessRefused
    where Block Public Access forbids it, StorageError where the policy would be longer than S3 takes.
    """
    if current.blocks:
        raise AccessRefused(
            f"s3://{place.bucket}: Block Public Access is on ({', '.join(current.blocks)})", hint=_lifting(place)
        )
    statement = _listeners(place, partition)
    statements = merged(statements_of(current.policy), statement, "Sid")
    policy = {"Version": VERSION, **current.policy, "Statement": statements}
    check_length(policy, place.bucket)
    same = [rule for rule in current.cors if _sorted_rule(rule) == _sorted_rule(_CORS)]
    cors = list(current.cors) if same else merged(current.cors, _CORS, "ID")
    return Opening(place, current, policy, cors)


def carry_out(opening: Opening, bucket: Bucket) -> None:
    """Write what was planned. Raises LostRace where the settings changed since they were read, AccessRefused."""
    storage = _s3(bucket)
    if read_current(bucket) != opening.before:
        raise LostRace(
            f"s3://{opening.place.bucket}: its settings changed meanwhile", hint="Run the same command again."
        )
    with _translated(storage, "policy"):
        if opening.opens:
            storage.client.put_bucket_policy(Bucket=opening.place.bucket, Policy=json.dumps(opening.policy))
    with _translated(storage, "CORS rules"):
        if opening.lets_players_ask:
            rules = cast(Any, {"CORSRules": opening.cors})
            storage.client.put_bucket_cors(Bucket=opening.place.bucket, CORSConfiguration=rules)


def writer_policy(main: S3Location, private: S3Location, *, partition: str = "aws") -> JsonObject:
    """Return the identity policy with the least rights that publishing needs, for ops to give to salespeople."""
    places = list(dict.fromkeys((main, private)))
    objects = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    write = {
        "Sid": "PitchcastWrite",
        "Effect": "Allow",
        "Action": objects,
        "Resource": [f"arn:{partition}:s3:::{place.bucket}/{place.key('*')}" for place in places],
    }
    return {"Version": VERSION, "Statement": [write, *(may_list(place, partition) for place in places)]}


_CORS: JsonObject = {
    "ID": _CORS_ID,
    "AllowedMethods": ["GET", "HEAD"],
    "AllowedOrigins": ["*"],
    "AllowedHeaders": ["Range", "If-Range", "If-None-Match"],
    "ExposeHeaders": ["Accept-Ranges", "Content-Length", "Content-Range", "ETag", "Last-Modified"],
    "MaxAgeSeconds": 3600,
}


def _listeners(place: S3Location, partition: str) -> JsonObject:
    """Return our statement; several shows in one bucket have one each."""
    return {
        "Sid": f"PitchcastListeners{hashlib.sha256(place.prefix.encode()).hexdigest()[:8]}",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:{partition}:s3:::{place.bucket}/{place.key('public/*')}",
    }


def may_list(place: S3Location, partition: str) -> JsonObject:
    """Return the statement that lets somebody list what lies below *place*."""
    condition = {"Condition": {"StringLike": {"s3:prefix": place.key("*")}}} if place.prefix else {}
    return {
        "Sid": f"PitchcastList{hashlib.sha256(place.url.encode()).hexdigest()[:8]}",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": f"arn:{partition}:s3:::{place.bucket}",
        **condition,
    }


def _sorted_rule(rule: JsonObject) -> object:
    """Return a CORS rule for comparing: some services don't keep its id."""
    return canonical({name: value for name, value in rule.items() if name != "ID"})


def _lifting(place: S3Location) -> str:
    return (
        "Either lift it for this bucket: aws s3api put-public-access-block --bucket "
        f"{place.bucket} --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,"
        "BlockPublicPolicy=false,RestrictPublicBuckets=false. Or leave the bucket closed, put CloudFront with origin "
        "access control in front of it, and set storage.public_url to its address."
    )


def _s3(bucket: Bucket) -> S3Bucket:
    if not bucket.url.startswith("s3://"):
        hint = (
            "Let the web server show its public/ folder, and nothing else; "
            f"“{pitchcast_command('preview')}” serves it for a try."
        )
        raise StorageError(f"{bucket.url} is a folder: there is nothing to set up", hint=hint)
    return cast(S3Bucket, bucket)


def _ask(storage: S3Bucket, name: str, read: Callable[[], Any]) -> Any:
    """Return a setting, or None where there is none; Block Public Access is Amazon's own and need not be known."""
    with _translated(storage, name):
        try:
            return read()
        except ClientError as error:
            is_absent = error_code(error) in _NO_SUCH[name]
            is_unknown = name == "block" and lacks_operation(error)
            if is_absent or is_unknown:
                return None
            raise


@contextmanager
def _translated(storage: S3Bucket, what: str) -> Iterator[None]:
    """Turn boto3's errors into pitchcast's; a refusal says which rights ops need."""
    where = f"s3://{storage.main.bucket}: {what}"
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        translated = translate(error, where=where, endpoint_url=storage.endpoint_url, writing=True)
        if isinstance(error, ClientError) and error_code(error) in ("AccessDenied", "403"):
            translated.hint = (
                "Setting up needs s3:GetBucketPolicy, s3:PutBucketPolicy, s3:GetBucketCORS and s3:PutBucketCORS; "
                "on Amazon, Block Public Access of the account also refuses an open policy."
            )
        if isinstance(error, ClientError) and lacks_operation(error):
            translated.hint = (
                "This service opens buckets by other means: open the bucket there, and keep the private half in a "
                "bucket of its own (storage.private_url)."
            )
        raise translated from error
