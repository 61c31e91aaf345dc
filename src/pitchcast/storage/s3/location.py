"""Where something lies in S3: bucket and prefix of an s3:// address."""

from dataclasses import dataclass

from pitchcast.errors import ConfigError
from pitchcast.model.place import BUCKET_NAME, is_bucket_name
from pitchcast.storage.keys import is_key


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


def parse_s3_url(url: str, *, setting: str = "storage.url") -> S3Location:
    """Return bucket and prefix of ``s3://bucket/prefix``. Raises ConfigError naming *setting*."""
    if not url.lower().startswith("s3://"):
        raise ConfigError(f"{setting}: {url!r} does not start with s3://", hint="Write s3://BUCKET/PREFIX.")
    bucket, _, prefix = url[5:].partition("/")
    prefix = prefix.removesuffix("/")
    if not is_bucket_name(bucket):
        raise ConfigError(f"{setting}: {bucket!r} cannot be a bucket", hint=f"A bucket's name has {BUCKET_NAME}.")
    if prefix and (not is_key(prefix) or "#" in prefix):
        hint = "Use names between single slashes, not starting with a dot."
        raise ConfigError(f"{setting}: {prefix!r} cannot be a prefix", hint=hint)
    return S3Location(bucket, prefix)
