"""Access logs of a bucket, switched on once, where the service has S3's own API for them.

They go into another bucket: in the logged one, every log would be logged again. They hold whole addresses of listeners,
so they are deleted after some days where somebody says so.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from pitchcast.errors import ConfigError, LostRace, StorageError
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
    written_policy,
)
from pitchcast.storage.s3.errors import DENIED, error_code, lacks_operation, translate
from pitchcast.storage.s3.location import S3Location
from pitchcast.storage.s3.policy import may_list

_RIGHTS = (
    "Setting up needs s3:GetBucketLogging and s3:PutBucketLogging for the show's bucket, and for the other one "
    "s3:GetBucketPolicy, s3:PutBucketPolicy, s3:GetLifecycleConfiguration and s3:PutLifecycleConfiguration."
)
_ELSEWHERE = "docs/logs.md says for each storage how its access logs are switched on."
_UNFIT = ("InvalidTargetBucketForLogging", "CrossLocationLoggingProhibited", "CrossLocationLoggingProhibitted")
_TAKEN_FOR_NEW = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
"""What services without logging (SeaweedFS) answer: they take the request for one that makes a bucket."""
_NO_POLICY, _NO_RULES = "NoSuchBucketPolicy", "NoSuchLifecycleConfiguration"
_BY_DAY: JsonObject = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
"""Amazon's way of naming logs by the day of the requests in them, so that late lines arrive under old days."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Where a bucket's logs go, and what the bucket that they go to says: who may write there, and what is deleted.

    ``logging`` is empty where nothing is logged. ``policy`` is known on Amazon only, which asks for one. ``lifecycle``
    is None where the service has no such rules.
    """

    logging: JsonObject
    policy: JsonObject
    lifecycle: JsonObject | None


@dataclass(frozen=True, slots=True)
class LogPlan:
    """What will be written so that requests to the bucket of ``show`` are logged at ``logs``, and what was before."""

    show: S3Location
    logs: S3Location
    before: LogSettings
    after: LogSettings

    @property
    def lets_write(self) -> bool:
        """Whether the policy of the bucket for logs has to change."""
        return comparable_policy(self.after.policy) != comparable_policy(self.before.policy)

    @property
    def expires(self) -> bool:
        """Whether the rules by which old logs are deleted have to change."""
        return canonical(self.after.lifecycle) != canonical(self.before.lifecycle)

    @property
    def switches_on(self) -> bool:
        """Whether logging has to change."""
        return self.after.logging != self.before.logging

    @property
    def is_done(self) -> bool:
        """Whether everything is as it must be already."""
        return not (self.lets_write or self.expires or self.switches_on)

    @property
    def keeps_forever(self) -> bool:
        """Whether logs would stay for ever, although the service has rules that could delete them."""
        rules = (self.after.lifecycle or {}).get("Rules", ())
        return self.after.lifecycle is not None and not any(_is_about(rule, self.logs) for rule in rules)

    def difference(self) -> str:
        """Return what changes as a unified difference, "" where nothing does."""
        changes = (
            (self.lets_write, "policy", self.before.policy, self.after.policy),
            (self.expires, "lifecycle", self.before.lifecycle, self.after.lifecycle),
            (self.switches_on, "logging", self.before.logging, self.after.logging),
        )
        return "".join(difference_of(name, before, after) for differs, name, before, after in changes if differs)


def check_place(logs: S3Location, storage: S3Bucket) -> None:
    """Raise ConfigError where logs must not go: into the show's own buckets, or where listeners can read."""
    if logs.bucket in (storage.main.bucket, storage.private.bucket):
        raise ConfigError(
            f"{logs.url}: logs cannot go into the show's own bucket: writing each log would be logged again",
            hint="Name another bucket in the same region, which nobody else can read: --logs s3://BUCKET/PREFIX",
        )
    if "public" in logs.prefix.split("/"):
        raise ConfigError(
            f"{logs.url}: logs hold whole addresses of listeners, and public/ is where everybody can read",
            hint="Name a place outside of public/.",
        )


def read_log_settings(bucket: Bucket, logs: S3Location) -> LogSettings:
    """Return what holds now. Raises StorageError for a folder, or where the service cannot log or lacks the bucket."""
    storage = log_source(bucket)
    client, name = storage.client, storage.main.bucket
    logging = _ask(storage, name, "logging", lambda: client.get_bucket_logging(Bucket=name).get("LoggingEnabled", {}))
    text = ""
    if storage.is_amazon:
        ask_policy = lambda: client.get_bucket_policy(Bucket=logs.bucket)["Policy"]  # noqa: E731 - as the others
        text = _ask(storage, logs.bucket, "policy", ask_policy, absent=_NO_POLICY) or ""
    return LogSettings(cast(JsonObject, logging), parse_policy(text, logs.bucket), _lifecycle(storage, logs))


def plan_logging(
    current: LogSettings, storage: S3Bucket, logs: S3Location, *, expire_days: int | None = None
) -> LogPlan:
    """Return the settings with which requests are logged at *logs*; logs are deleted after *expire_days*, if given.

    Raises StorageError where they are logged elsewhere already: a bucket has one place for its logs.
    """
    check_place(logs, storage)
    if expire_days is not None and not logs.prefix:
        hint = f"Give the logs a prefix of their own: --logs s3://{logs.bucket}/logs"
        raise ConfigError(f"{logs.url}: all that lies in this bucket would be deleted with old logs", hint=hint)
    after = LogSettings(
        _logging(current, storage, logs),
        _policy(current, storage, logs) if storage.is_amazon else current.policy,
        _expiring(current, logs, expire_days) if expire_days is not None else current.lifecycle,
    )
    check_length(after.policy, logs.bucket)
    return LogPlan(storage.main, logs, current, after)


def carry_out(plan: LogPlan, bucket: Bucket) -> None:
    """Write what was planned. Raises LostRace where the settings changed meanwhile, AccessRefused.

    Old logs are the last: no rule that deletes is made where nothing is logged. Raises StorageError where the service
    does not keep what it took.
    """
    storage = log_source(bucket)
    if read_log_settings(bucket, plan.logs) != plan.before:
        raise LostRace(f"{plan.logs.url}: the settings changed meanwhile", hint="Run the same command again.")
    client, target = storage.client, plan.logs.bucket
    with _translated(storage, target, "policy"):
        if plan.lets_write:
            client.put_bucket_policy(Bucket=target, Policy=written_policy(plan.after.policy))
    with _translated(storage, plan.show.bucket, "logging"):
        if plan.switches_on:
            status = cast(Any, {"LoggingEnabled": plan.after.logging})
            client.put_bucket_logging(Bucket=plan.show.bucket, BucketLoggingStatus=status)
    if not _goes_to(read_log_settings(bucket, plan.logs).logging, plan.logs):
        raise StorageError(f"s3://{plan.show.bucket}: the service took the setting and forgot it", hint=_ELSEWHERE)
    with _translated(storage, target, "lifecycle rules"):
        if plan.expires:
            client.put_bucket_lifecycle_configuration(Bucket=target, **_lifecycle_request(plan.after.lifecycle or {}))


def reader_policy(logs: S3Location, *, partition: str = "aws") -> JsonObject:
    """Return the identity policy with the least rights that reading logs needs."""
    read = {
        "Sid": "PitchcastReadLogs",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:{partition}:s3:::{logs.bucket}/{logs.key('*')}"],
    }
    return {"Version": VERSION, "Statement": [read, may_list(logs, partition)]}


def log_source(bucket: Bucket) -> S3Bucket:
    """Return the storage as one in S3. Raises StorageError for a folder, whose web server writes the log."""
    if not bucket.url.startswith("s3://"):
        raise StorageError(f"{bucket.url} is a folder: its web server writes the log", hint=_ELSEWHERE)
    return cast(S3Bucket, bucket)


def _logging(current: LogSettings, storage: S3Bucket, logs: S3Location) -> JsonObject:
    if _goes_to(current.logging, logs):
        return current.logging  # whoever switched it on chose how logs are named
    if current.logging:
        there = f"s3://{current.logging.get('TargetBucket', '')}/{current.logging.get('TargetPrefix', '')}"
        raise StorageError(
            f"s3://{storage.main.bucket}: its access logs go to {there} already, and a bucket has one place for them",
            hint=f"Read them there: --logs {there.rstrip('/')}. Or switch them off there first.",
        )
    naming = {"TargetObjectKeyFormat": _BY_DAY} if storage.is_amazon else {}
    return {"TargetBucket": logs.bucket, "TargetPrefix": logs.key(""), **naming}


def _goes_to(logging: JsonObject, logs: S3Location) -> bool:
    prefix = str(logging.get("TargetPrefix", "")).rstrip("/")
    return logging.get("TargetBucket") == logs.bucket and prefix == logs.prefix


def _policy(current: LogSettings, storage: S3Bucket, logs: S3Location) -> JsonObject:
    """Return the policy that lets Amazon's log delivery write there, for this bucket's logs only.

    Amazon S3 User Guide, "Enabling Amazon S3 server access logging". No other bucket has the name of this one.
    """
    source = storage.main.bucket
    statement = {
        "Sid": f"PitchcastLogs{_mark_of(f'{source} {logs.prefix}')}",
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{logs.bucket}/{logs.key('*')}",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source}"}},
    }
    statements = merged(statements_of(current.policy), statement, "Sid")
    return {"Version": VERSION, **current.policy, "Statement": statements}


def _expiring(current: LogSettings, logs: S3Location, days: int) -> JsonObject:
    """Return the lifecycle rules with one that deletes logs after some days, old versions of them too."""
    if current.lifecycle is None:
        what = f"s3://{logs.bucket}: this service has no rules that delete old logs"
        raise StorageError(what, hint="Leave --expire-logs out, and delete old logs yourself.")
    rule = {
        "ID": f"pitchcast-logs-{_mark_of(logs.prefix)}",
        "Status": "Enabled",
        "Filter": {"Prefix": logs.key("")},
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }
    return {**current.lifecycle, "Rules": merged(current.lifecycle.get("Rules", ()), rule, "ID")}


def _is_about(rule: JsonObject, logs: S3Location) -> bool:
    """Return whether a lifecycle rule deletes what lies at *logs*; older rules name their prefix beside the filter."""
    prefix = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
    is_on = rule.get("Status") == "Enabled" and "Expiration" in rule
    return is_on and logs.key("").startswith(str(prefix))


def _lifecycle(storage: S3Bucket, logs: S3Location) -> JsonObject | None:
    def ask() -> JsonObject:
        answer = storage.client.get_bucket_lifecycle_configuration(Bucket=logs.bucket)
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    with _translated(storage, logs.bucket, "lifecycle rules"):
        try:
            return ask()
        except ClientError as error:
            if error_code(error) == _NO_RULES:
                return {}
            if lacks_operation(error):
                return None
            raise


def _lifecycle_request(lifecycle: JsonObject) -> Any:
    """Return the rules as they are written; what else Amazon keeps beside them would be lost if it were left out."""
    smallest = "TransitionDefaultMinimumObjectSize"
    kept = {smallest: lifecycle[smallest]} if smallest in lifecycle else {}
    return {"LifecycleConfiguration": {"Rules": lifecycle.get("Rules", [])}, **kept}


def _mark_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _ask(storage: S3Bucket, name: str, what: str, ask: Callable[[], Any], *, absent: str = "") -> Any:
    """Return a setting, None where the service says with the code *absent* that there is none."""
    with _translated(storage, name, what):
        try:
            return ask()
        except ClientError as error:
            if absent and error_code(error) == absent:
                return None
            raise


@contextmanager
def _translated(storage: S3Bucket, name: str, what: str) -> Iterator[None]:
    """Turn boto3's errors into pitchcast's; they say what can be done instead."""
    where = f"s3://{name}: {what}"
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if not isinstance(error, ClientError):
            raise translate(error, where=where, endpoint_url=storage.endpoint_url, writing=True) from error
        code = error_code(error)
        cannot_log = lacks_operation(error) or code in _TAKEN_FOR_NEW
        if cannot_log and what == "logging":
            said = f"s3://{name}: this service does not write S3's access logs ({code}, {storage.endpoint_url})"
            raise StorageError(said, hint=_ELSEWHERE) from error
        if code in _UNFIT:
            hint = "It must be in the region and account of the show's bucket, without Object Lock or Requester Pays."
            raise StorageError(f"s3://{name}: the bucket for logs cannot take them ({code})", hint=hint) from error
        translated = translate(error, where=where, endpoint_url=storage.endpoint_url, writing=True)
        if code == "NoSuchBucket":
            translated.hint = f"Make it first: aws s3 mb s3://{name}"
        if code in DENIED:
            translated.hint = _RIGHTS
        raise translated from error
