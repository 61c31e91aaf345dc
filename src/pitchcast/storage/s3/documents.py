"""Settings of a bucket that are one document for all who use it: our own entry is merged in, everybody else's stays."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pitchcast.errors import StorageError
from pitchcast.reading import parse_json

JsonObject = Mapping[str, Any]
"""A JSON object as the service writes it."""

VERSION = "2012-10-17"  # the current version of the policy language, not a date of ours
MOST_POLICY_BYTES = 20 << 10  # of a bucket's policy: Amazon S3 User Guide, "Bucket policies"


def parse_policy(text: str, bucket: str) -> JsonObject:
    """Return the policy of a bucket as the service wrote it, "" for none. Raises StorageError."""
    try:
        return parse_json(text, dict[str, Any]) if text else {}
    except ValueError as error:
        what = f"s3://{bucket}: its policy cannot be read: {error}"
        raise StorageError(what, hint="Mend it by hand first.") from error


def check_length(policy: JsonObject, bucket: str) -> None:
    """Raise StorageError where a policy would be longer than S3 takes."""
    size_bytes = len(written_policy(policy))
    if size_bytes > MOST_POLICY_BYTES:
        raise StorageError(
            f"s3://{bucket}: its policy would have {size_bytes:,} bytes, and S3 takes {MOST_POLICY_BYTES:,}",
            hint="Nothing was changed. Use another bucket for this show, or shorten what others have in that policy.",
        )


def written_policy(policy: JsonObject) -> str:
    """Return a policy as it is sent: without spaces, which count too."""
    return json.dumps(policy, separators=(",", ":"))


def merged(present: Sequence[JsonObject], own: JsonObject, id_name: str) -> list[JsonObject]:
    """Return *present* with *own* in the place of the one with its id, or at the end."""
    if own[id_name] in [each.get(id_name) for each in present]:
        return [own if each.get(id_name) == own[id_name] else each for each in present]
    return [*present, own]


def statements_of(policy: JsonObject) -> list[JsonObject]:
    """Return the statements of a policy, which may stand there without a list."""
    statements = policy.get("Statement", [])
    return [statements] if isinstance(statements, Mapping) else list(statements)


def comparable_policy(policy: JsonObject) -> object:
    """Return the statements of a policy for comparing."""
    return [canonical(statement) for statement in statements_of(policy)]


def canonical(value: Any) -> object:
    """Return JSON for comparing: services write a list of one for a text, and lists in another order."""
    if isinstance(value, Mapping):
        return {
            name: canonical({"AWS": "*"} if name == "Principal" and value[name] == "*" else value[name])
            for name in value
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sorted((canonical(each) for each in value), key=repr) if len(value) != 1 else canonical(value[0])
    return value


def difference_of(name: str, before: object, after: object) -> str:
    """Return the unified difference between two states of the setting *name*."""
    old, new = (json.dumps(each, indent=2).splitlines() if each else [] for each in (before, after))
    lines = difflib.unified_diff(old, new, f"{name} now", f"{name} after storage setup", lineterm="")
    return "\n".join(lines) + "\n"
