"""Where a show lies, and where it went when it moved house."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from pitchcast.errors import ShowMoved
from pitchcast.invocation import pitchcast_command
from pitchcast.model.base import Record


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


class Moved(Record, frozen=True):
    """Says of a catalog that nobody writes to it any more, because the show moves or has moved.

    ``announced`` is True once the show is complete at its new place and the feeds here name their new addresses.
    ``changed`` is the catalog revision that said so.
    """

    to: Place
    who: str
    announced: bool = False
    changed: int = 0


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
        f"the show in {where} is being moved to {moved.to.url} by {moved.who}",
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
