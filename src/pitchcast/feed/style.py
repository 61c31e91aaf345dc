"""How a browser shows a feed to somebody who opens its address: a style sheet that all feeds of a show share.

It is CSS, since browsers are giving up XSLT. CSS can hide and arrange what a feed says and cannot make links, so the
sentence that says what to do (podcast:txt) names the page's address in full.
"""

from functools import cache
from pathlib import Path

from pitchcast.model.layout import FEED_STYLE_NAME
from pitchcast.model.show import Show


@cache
def feed_style() -> bytes:
    """Return the style sheet; FEED_STYLE_NAME says the hash of its bytes."""
    return (Path(__file__).parent / "feed.css").read_text(encoding="utf-8").encode()


def with_style(xml: bytes, show: Show) -> bytes:
    """Return a feed's XML with the style sheet named before its root element.

    The address is relative: browsers take style sheets of XML from the document's own host only.
    """
    declaration, rest = xml.split(b"\n", 1)
    named = f'<?xml-stylesheet type="text/css" href="../{show.art_token}/{FEED_STYLE_NAME}"?>'
    return b"\n".join((declaration, named.encode(), rest))
