"""An address becomes an opened folder or S3 bucket, and a mistyped one an error that says so."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pitchcast.errors import ConfigError
from pitchcast.invocation import pip_install
from pitchcast.model.place import Address
from pitchcast.storage.bucket import Bucket, Reach
from pitchcast.storage.folder import FolderBucket
from pitchcast.storage.s3.location import S3Location, parse_s3_url
from pitchcast.storage.single_writer import SingleWriter

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(//)?", re.IGNORECASE)  # two letters at least: C:\ is a drive


def open_bucket(address: Address) -> Bucket:
    """Open a storage: an S3 bucket or a folder, for a single writer where the address says so.

    Nothing is contacted or made yet. Raises ConfigError for an address that cannot be one, or where obstore is
    installed and does not load.
    """
    where = describe_storage_url(address.url, address.base)
    bucket = _open_folder(where, address) if isinstance(where, Path) else _open_s3(address)
    return cast(Bucket, SingleWriter(bucket)) if address.single_writer else bucket


def describe_storage_url(url: str, base: Path) -> S3Location | Path:
    """Return what *url* means: an S3 location, or the absolute path of a folder. Raises ConfigError."""
    scheme = _SCHEME.match(url)
    name = scheme[1].lower() if scheme else ""
    if not url.strip():
        raise ConfigError("storage.url is empty", hint="Set it to a folder or to s3://BUCKET/PREFIX.")
    if name == "s3":
        return parse_s3_url(url)
    if name == "file":
        return _file_url_path(url, base)
    if scheme and scheme[2]:
        raise ConfigError(f"storage.url: {url!r} is neither s3:// nor a folder", hint=_url_hint(name))
    return base / Path(url).expanduser()


def _open_s3(address: Address) -> Bucket:
    """Return a client on a bucket; libraries are imported here: they take a while, and a folder needs none."""
    if address.client == "boto3" or find_spec("obstore") is None:
        from pitchcast.storage.s3.bucket import S3Bucket

        return S3Bucket.open(address)
    try:
        import_module("obstore")
    except ImportError as error:
        again = pip_install("--force-reinstall", "obstore")
        hint = f'Set client = "boto3" under [storage], or install it again: {again}'
        raise ConfigError(f"obstore is installed, but cannot be loaded: {error}", hint=hint) from error
    from pitchcast.storage.s3.fast import FastS3Bucket

    return FastS3Bucket.open(address)


def _open_folder(path: Path, address: Address) -> Bucket:
    if address.private_url:
        hint = "Remove it: web servers are shown only the public/ folder."
        raise ConfigError("storage.private_url is set, but storage.url is a folder", hint=hint)
    folder = FolderBucket(path)
    folder.reach = Reach(address.attempt_s)
    return folder


def _file_url_path(url: str, base: Path) -> Path:
    parts = urlsplit(url)
    path = url2pathname(parts.path)
    if parts.netloc in (".", ".."):  # file://./site: people mean the folder they are in
        return base / parts.netloc / path.lstrip("/\\")
    if parts.netloc not in ("", "localhost"):
        path = f"//{parts.netloc}{path}"  # a share of another Windows machine
    if not parts.path or not Path(path).is_absolute():
        raise ConfigError(
            f"storage.url: {url!r} names no absolute folder", hint="Write file:///FOLDER or a plain path."
        )
    return Path(path)


def _url_hint(scheme: str) -> str:
    if scheme in ("http", "https"):
        return "Write s3://BUCKET/PREFIX there, and the service's address in storage.endpoint_url."
    return "Services that speak S3 are written s3://BUCKET/PREFIX, with their address in storage.endpoint_url."
