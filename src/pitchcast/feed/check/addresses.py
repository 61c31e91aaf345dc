"""Rules about addresses in a feed that apps would fail to open, or give away on the way."""

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from pitchcast.feed.check.rule import Element, Fault, FeedView, quoted, self_link
from pitchcast.feed.check.values import shown_name
from pitchcast.feed.namespaces import ITUNES, PODCAST

_SAFE_PATH = re.compile(r"[A-Za-z0-9./-]*")
_SAFE_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_SHARED_AUDIO_QUERY = re.compile(r"x-[a-z0-9-]+=[A-Za-z0-9.-]*")
_SIGNED = re.compile(
    r"(^|&)(x-amz-signature|x-amz-expires|x-goog-signature|x-goog-expires|signature|se)=", re.IGNORECASE
)


class FeedLink(NamedTuple):
    """An address in a feed. ``kind`` is ``file`` (audio and what goes with it), ``picture``, ``page`` or ``feed``."""

    element: Element
    kind: str
    url: str

    @property
    def parts(self) -> SplitResult | None:
        """Return scheme, host, path and query, None where it is no http address at all."""
        try:
            parts = urlsplit(self.url)
        except ValueError:  # e.g. an unclosed [ in the host
            return None
        return parts if parts.scheme in ("http", "https") and parts.hostname else None


def addresses(feed: FeedView) -> Iterator[FeedLink]:
    """Yield every address that an app opens; empty ones are other rules' business."""
    found = [*_files(feed), *_pictures(feed), *_pages(feed)]
    link = self_link(feed.channel)
    if link is not None:
        found.append(FeedLink(link, "feed", link.get("href") or ""))
    yield from (address for address in found if address.url.strip())


def check_addresses(feed: FeedView) -> Iterator[Fault]:
    """Find what is no absolute web address, and enclosures without one."""
    for enclosure in feed.channel.iterfind("item/enclosure"):
        if not (enclosure.get("url") or "").strip():
            do = "Give the address of the audio file."
            yield Fault("error", "enclosure url", enclosure, "the enclosure has no url", do)
    for address in addresses(feed):
        if address.parts is None:
            what = f"{shown_name(address.element)}: {quoted(address.url, 200)} is no web address"
            do = "Write it whole, from https:// on."
            yield Fault("warning" if address.kind == "page" else "error", "address", address.element, what, do)


def check_https(feed: FeedView) -> Iterator[Fault]:
    """Find addresses that are not https: phones refuse them, and they show a private token to everyone on the way."""
    for address, parts in _opened(feed):
        if parts.scheme == "https":
            continue
        if is_loopback(parts.hostname or ""):
            what = "addresses are of this computer, where no phone reaches them"
            yield Fault("warning", "loopback", feed.channel, what, "Put the feed online before sending it to anybody.")
        else:
            private_file = feed.private and address.kind != "page"
            what = f"{shown_name(address.element)}: {quoted(address.url, 200)} is not https"
            do = "Serve it over https: without it, apps refuse it or show its secret address to the network."
            yield Fault("error" if private_file else "warning", "https", address.element, what, do)


def check_characters(feed: FeedView) -> Iterator[Fault]:
    """Find addresses with more than ASCII letters, digits, ``-``, ``.`` and ``/`` [Apple], small ones if private."""
    for address, parts in _opened(feed):
        if address.kind == "page" or _is_signed(parts):
            continue
        if not _is_plain(parts):
            what = f"{shown_name(address.element)}: {quoted(address.url, 200)} has characters that some apps break"
            do = "Use ASCII letters, digits, - . and / only, and no query."
            yield Fault("warning", "address characters", address.element, what, do)
        elif feed.private and parts.path != parts.path.lower():
            what = f"{shown_name(address.element)}: {quoted(address.url, 200)} has capital letters"
            do = "Use small letters: some apps change the case, and the secret part no longer fits."
            yield Fault("warning", "address case", address.element, what, do)


def _is_plain(parts: SplitResult) -> bool:
    """Return whether every app opens an address as it is written; a user name in it is another rule's business."""
    host = parts.netloc.rpartition("@")[2]
    path_is_plain = _SAFE_PATH.fullmatch(parts.path) and ".." not in parts.path and "//" not in parts.path
    query_is_plain = not parts.query or _SHARED_AUDIO_QUERY.fullmatch(parts.query)
    return bool(path_is_plain and _SAFE_HOST.fullmatch(host) and query_is_plain and not parts.fragment)


def check_credentials(feed: FeedView) -> Iterator[Fault]:
    """Find addresses that end, or that carry a password: presigned ones live 7 days at most."""
    for address, parts in _opened(feed):
        if _is_signed(parts):
            what = f"{shown_name(address.element)}: the address is presigned and ends within days"
            do = "Use an address that lasts: subscribers keep it for years."
            yield Fault("error", "presigned", address.element, what, do)
        if "@" in parts.netloc:
            what = f"{shown_name(address.element)}: the address carries a user name or password"
            do = "Take it out: several apps drop it, and a secret address does the same."
            yield Fault("warning", "password", address.element, what, do)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def _opened(feed: FeedView) -> Iterator[tuple[FeedLink, SplitResult]]:
    for address in addresses(feed):
        if address.parts is not None:
            yield address, address.parts


def _is_signed(parts: SplitResult) -> bool:
    return bool(_SIGNED.search(parts.query))


def _files(feed: FeedView) -> Iterator[FeedLink]:
    for path, attribute in (
        ("item/enclosure", "url"),
        (f"item/{PODCAST}chapters", "url"),
        (f"item/{PODCAST}transcript", "url"),
        (f"item/{PODCAST}alternateEnclosure/{PODCAST}source", "uri"),
    ):
        for element in feed.channel.iterfind(path):
            yield FeedLink(element, "file", element.get(attribute) or "")


def _pictures(feed: FeedView) -> Iterator[FeedLink]:
    for image in feed.channel.iter(ITUNES + "image"):
        yield FeedLink(image, "picture", image.get("href") or "")
    for url in feed.channel.iterfind("image/url"):
        yield FeedLink(url, "picture", (url.text or "").strip())


def _pages(feed: FeedView) -> Iterator[FeedLink]:
    for place in feed.places():
        for link in place.iterfind("link"):
            yield FeedLink(link, "page", (link.text or "").strip())
