"""Where something lies in S3: bucket and prefix of an s3:// address, and how to reach the service."""

import re
from dataclasses import dataclass
from typing import Literal

from pitchcast.errors import ConfigError
from pitchcast.storage.keys import is_key

Addressing = Literal["auto", "path", "virtual"]
Checksums = Literal["when_supported", "when_required"]

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class S3Location:
    """A bucket, and the part of its keys that all of a show's keys start with: "" or without a slash at the end."""

    bucket: str
    prefix: str = ""

    @property
    def url(self) -> str:
        """Return the location as it is written in pitchcast.toml."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def key(self, key: str) -> str:
        """Return the key in the bucket of the storage's *key*."""
        return f"{self.prefix}/{key}" if self.prefix else key


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Address:
    """How to reach a storage in S3.

    ``insecure`` allows a service on another computer to be reached by plain http, wherever its address comes from.
    ``private_url`` is where keys under ``private/`` lie, if not at ``url``. ``addressing`` "auto" means the path style
    for every endpoint but Amazon's. ``timeout_s`` is how long a request may go without an answer, repeats included.
    """

    url: str
    endpoint_url: str = ""
    insecure: bool = False
    region: str = ""
    profile: str = ""
    private_url: str = ""
    addressing: Addressing = "auto"
    checksums: Checksums = "when_supported"
    timeout_s: float = 60.0
    max_pool_connections: int = 32

    @property
    def attempt_s(self) -> float:
        """Return how long an answer to one request is waited for: obstore sends it once, boto3 twice."""
        return self.timeout_s / 3


def parse_s3_url(url: str, *, setting: str = "storage.url") -> S3Location:
    """Return bucket and prefix of ``s3://bucket/prefix``. Raises ConfigError naming *setting*.

    Bucket names follow the Amazon S3 User Guide, "General purpose bucket naming rules".
    """
    if not url.lower().startswith("s3://"):
        raise ConfigError(f"{setting}: {url!r} does not start with s3://", hint="Write s3://BUCKET/PREFIX.")
    bucket, _, prefix = url[5:].partition("/")
    prefix = prefix.removesuffix("/")
    if not 3 <= len(bucket) <= 63 or not _BUCKET.fullmatch(bucket) or _IP_ADDRESS.fullmatch(bucket):
        hint = "A bucket's name has 3 to 63 lowercase letters, digits, dots and hyphens."
        raise ConfigError(f"{setting}: {bucket!r} cannot be a bucket", hint=hint)
    if prefix and (not is_key(prefix) or "#" in prefix):
        hint = "Use names between single slashes, not starting with a dot."
        raise ConfigError(f"{setting}: {prefix!r} cannot be a prefix", hint=hint)
    return S3Location(bucket, prefix)
