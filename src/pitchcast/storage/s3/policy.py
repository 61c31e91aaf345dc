"""What ``pitchcast storage setup`` writes once: listeners may read ``public/`` of one show, and nothing else changes.

Policy and CORS of a bucket are single documents that shows and other programs share: our own statement is merged in,
everybody else's stays as it is. All shows of a bucket share one statement, which names the public half of each: a
wildcard for all of them would also open what other programs keep in folders called public.
"""

import hashlib
import re
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
    MOST_POLICY_BYTES,
    VERSION,
    JsonObject,
    canonical,
    check_length,
    comparable_policy,
    difference_of,
    merged,
    parse_policy,
    statements_of,
    written_policy,
)
from pitchcast.storage.s3.errors import error_code, lacks_operation, translate
from pitchcast.storage.s3.location import S3Location

_CORS_ID = "pitchcast-listeners"
_LISTENERS = "PitchcastListeners"
_SHOWS_OWN = re.compile(rf"{_LISTENERS}[0-9a-f]{{8}}")
"""The id of a statement for a single show, as earlier versions wrote one for each."""
_NO_SUCH = {
    "policy": ("NoSuchBucketPolicy",),
    "cors": ("NoSuchCORSConfiguration",),
    "block": ("NoSuchPublicAccessBlockConfiguration", "404", "AccessDenied", "403"),
}
_NEARLY_FULL_BYTES = 18 << 10
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

    @property
    def note(self) -> str:
        """Return how full the policy will be where that is worth knowing, "" where there is room for many shows."""
        size_bytes = len(written_policy(self.policy))
        if size_bytes < _NEARLY_FULL_BYTES:
            return ""
        return (
            f"s3://{self.place.bucket}: its policy has {size_bytes:,} of the {MOST_POLICY_BYTES:,} bytes that S3 takes:"
            " put further shows into another bucket"
        )

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
    statements = _opened(statements_of(current.policy), place, partition)
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
            storage.client.put_bucket_policy(Bucket=opening.place.bucket, Policy=written_policy(opening.policy))
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


def _opened(present: Sequence[JsonObject], place: S3Location, partition: str) -> list[JsonObject]:
    """Return the statements of a policy with one that lets listeners read this show, and all other shows of ours.

    Only statements that say exactly what we write are merged. One of ours that somebody changed, by a condition or by
    more rights, stays for the other shows in it; this show is taken out of it.
    """
    wanted = _public_half(place, partition)
    intact = [each for each in present if _is_intact(each)]
    is_named = any(wanted in _resources(each) for each in intact)
    if is_named and not any(_is_changed_for(each, wanted, place) for each in present):
        return list(present)
    shows = [resource for each in intact for resource in _resources(each)]
    others, position = _beside_ours(present, wanted, place)
    is_taken = any(each.get("Sid") == _LISTENERS for each in others)
    own = _listeners([*shows, wanted], _id_of(place) if is_taken else _LISTENERS)
    return [*others[:position], own, *others[position:]]


def _beside_ours(present: Sequence[JsonObject], wanted: str, place: S3Location) -> tuple[list[JsonObject], int]:
    """Return what is left of all statements beside the merged one, and the position at which that one belongs.

    It takes the place of the first statement that loses something to it, and is the last where none does.
    """
    others: list[JsonObject] = []
    position = None
    for each in present:
        rest = _without_show(each, wanted, place)
        if rest is not each and position is None:
            position = len(others)
        if rest is not None:
            others.append(rest)
    return others, len(others) if position is None else position


def _without_show(statement: JsonObject, wanted: str, place: S3Location) -> JsonObject | None:
    """Return what is left of a statement beside the merged one, None for nothing, itself where it has no part in it."""
    if _is_intact(statement):
        return None
    if not _is_changed_for(statement, wanted, place):
        return statement
    resources = _resources(statement)
    others = [resource for resource in resources if resource != wanted] if len(resources) > 1 else []
    return {**statement, "Resource": others} if others else None


def _is_intact(statement: JsonObject) -> bool:
    """Return whether a statement says just what we write: that anybody may read public halves, and nothing else."""
    resources, name = _resources(statement), str(statement.get("Sid"))
    is_named = name == _LISTENERS or _SHOWS_OWN.fullmatch(name) is not None
    are_public = bool(resources) and all(resource.endswith("/public/*") for resource in resources)
    if not is_named or not are_public:
        return False
    return bool(canonical(statement) == canonical(_listeners(resources, name)))


def _is_changed_for(statement: JsonObject, wanted: str, place: S3Location) -> bool:
    """Return whether a statement was ours for this show, and somebody changed it."""
    if _is_intact(statement):
        return False
    is_for_all = statement.get("Sid") == _LISTENERS and wanted in _resources(statement)
    return is_for_all or statement.get("Sid") == _id_of(place)


def _resources(statement: JsonObject) -> list[str]:
    found = statement.get("Resource", [])
    return [found] if isinstance(found, str) else list(found)


def _id_of(place: S3Location) -> str:
    """Return the id of a statement for this show alone."""
    return f"{_LISTENERS}{hashlib.sha256(place.prefix.encode()).hexdigest()[:8]}"


def _public_half(place: S3Location, partition: str) -> str:
    return f"arn:{partition}:s3:::{place.bucket}/{place.key('public/*')}"


def _listeners(resources: Sequence[str], name: str) -> JsonObject:
    """Return our statement for the public halves of shows, each named once."""
    shows = list(dict.fromkeys(resources))
    return {
        "Sid": name,
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": shows if len(shows) > 1 else shows[0],
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
