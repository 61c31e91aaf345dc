"""Where a show lies, how its storage is reached, and where it went when it moved house."""

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from pitchcast.errors import ShowMoved
from pitchcast.invocation import pitchcast_command
from pitchcast.model.base import Record
from pitchcast.model.writer import name_in

Addressing = Literal["auto", "path", "virtual"]
Checksums = Literal["when_supported", "when_required"]
Client = Literal["auto", "boto3"]

BUCKET_NAME = "3 to 63 lowercase letters, digits, dots and hyphens"
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.))*[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A storage, and how it is reached: all that opening it needs.

    ``url`` is ``s3://bucket/prefix`` or a folder; a relative one counts from ``base``. ``private_url`` is where keys
    under ``private/`` lie, if not at ``url``. ``insecure`` allows a service on another computer to be reached by plain
    http, wherever its address comes from. ``addressing`` "auto" means the path style for every endpoint but Amazon's.
    ``checksums`` is botocore's ``request_checksum_calculation``. ``client`` "auto" means obstore for small requests
    where it is installed, "boto3" never. ``timeout_s`` is how long a request may go without an answer, repeats
    included. ``single_writer`` is for a service without conditional writes.
    """

    url: str
    base: Path = Path()
    endpoint_url: str = ""
    insecure: bool = False
    region: str = ""
    profile: str = ""
    private_url: str = ""
    addressing: Addressing = "auto"
    checksums: Checksums = "when_supported"
    client: Client = "auto"
    timeout_s: float = 60
    single_writer: bool = False

    @property
    def attempt_s(self) -> float:
        """Return how long an answer to one request is waited for: obstore sends it once, boto3 twice."""
        return self.timeout_s / 3


class Place(Record, frozen=True):
    """A storage as [storage] in pitchcast.toml describes it, without anything secret.

    ``url`` is ``s3://bucket/prefix`` or the absolute path of a folder, ``public_url`` the address of its ``public/``.
    """

    url: str
    public_url: str
    endpoint_url: str = ""
    region: str = ""
    private_url: str = ""
    single_writer: bool = False

    def is_at(self, other: "Place") -> bool:
        """Return whether both are the same storage."""
        return (self.url, self.endpoint_url) == (other.url, other.endpoint_url)

    def address(self, like: Address) -> Address:
        """Return the address of this storage, reached with the keys and in the ways of *like*."""
        return replace(
            like,
            url=self.url,
            endpoint_url=self.endpoint_url,
            region=self.region,
            private_url=self.private_url,
            single_writer=self.single_writer,
        )


class Moved(Record, frozen=True):
    """Says of a catalog that nobody writes to it any more, because the show moves or has moved.

    ``announced`` is True once the show is complete at its new place and the feeds here name their new addresses.
    ``changed_revision`` is the catalog revision that said so.
    """

    to: Place
    who: str
    announced: bool = False
    changed_revision: int = msgspec.field(name="changed", default=0)


def is_bucket_name(name: str) -> bool:
    """Return whether S3 allows a bucket to have that name.

    Amazon S3 User Guide, "General purpose bucket naming rules".
    """
    return 3 <= len(name) <= 63 and bool(_BUCKET.fullmatch(name)) and not _IP_ADDRESS.fullmatch(name)


def is_here(url: str) -> bool:
    """Return whether a web address is one of this computer alone."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_open_to_eavesdroppers(url: str) -> bool:
    """Return whether what is sent to a web address crosses a network unencrypted."""
    return url.lower().startswith("http://") and not is_here(url)


def refuse_moved(moved: Moved | None, where: str) -> None:
    """Raise ShowMoved, naming the new address, where the show at *where* moves or has moved."""
    if moved is None:
        return
    endpoint = f', endpoint_url = "{moved.to.endpoint_url}"' if moved.to.endpoint_url else ""
    if moved.announced:
        raise ShowMoved(
            f"the show in {where} has moved to {moved.to.url}",
            hint=f'Write url = "{moved.to.url}"{endpoint} under [storage] in pitchcast.toml; or take the new set-up '
            f"file: {pitchcast_command('join FILE')}",
        )
    raise ShowMoved(
        f"the show in {where} is being moved to {moved.to.url} by {name_in(moved.who)}",
        hint=f"Wait until that is done. If it was interrupted, complete it: {_the_move(moved.to)}",
    )


def _the_move(to: Place) -> str:
    """Return the command that moves a show there."""
    options: list[str] = []
    if to.endpoint_url:
        options += ["--endpoint-url", to.endpoint_url]
    if to.private_url:
        options += ["--private-url", to.private_url]
    return pitchcast_command("move", to.url, "--public-url", to.public_url, *options)
