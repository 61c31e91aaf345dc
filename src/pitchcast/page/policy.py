"""What a page may load and run: its own style and script, known by their hashes, and files of its own host."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pitchcast.model.notes import clean_text

_LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_LEFT_OUT = re.compile(r"[\t\r\n]")  # of addresses, by browsers (URL Standard, section 4.4)


@dataclass(frozen=True)
class Inline:
    """A style sheet, script or data block as it stands in the page, and the CSP source that allows exactly it."""

    text: str
    source: str


def inline(text: str) -> Inline:
    """Return *text* with its CSP source (Content Security Policy 3, section 2.3.1: ``'sha256-…'``)."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Inline(text=text, source=f"'sha256-{digest}'")


def content_security_policy(
    styles: Sequence[Inline], scripts: Sequence[Inline], picture_url: str, *, fetches: bool = False
) -> str:
    """Return a policy that allows these alone, besides pictures and audio of the page's and the picture's host.

    With *fetches* the script may also read files of the page's host.
    """
    none = ["'none'"]
    directives: dict[str, Sequence[str]] = {
        "default-src": none,
        "style-src": [style.source for style in styles] or none,
        "script-src": [script.source for script in scripts] or none,
        "img-src": ["'self'", *_origin(picture_url)],
        "media-src": ["'self'"],
        **({"connect-src": ["'self'"]} if fetches else {}),
        "base-uri": none,
        "form-action": none,
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def safe_url(url: str) -> str:
    """Return *url*, or "" where a tap on it would do anything but open a page, a mail or a call."""
    cleaned = _LEFT_OUT.sub("", clean_text(url)).strip()
    try:
        scheme = urlsplit(cleaned).scheme
    except ValueError:
        return ""
    return cleaned if scheme in _LINK_SCHEMES else ""


def _origin(url: str) -> list[str]:
    """Return scheme and host of *url* as the one source of a policy; none where it isn't a whole address."""
    address = urlsplit(url)
    return [f"{address.scheme}://{address.netloc}"] if address.scheme in ("http", "https") and address.netloc else []
