"""Reads somebody's feed without being harmed by it: no DOCTYPE, no entities, no network, bounded size."""

import re
from typing import Any
from xml.parsers import expat

from lxml import etree

from pitchcast.errors import FeedError
from pitchcast.feed.namespaces import PODCAST, PODCAST_OLD

Element = Any  # lxml ships no types

MAX_BYTES = 16 * 1024 * 1024
MAX_ITEMS = 20_000
_MOST_TAGS = 1_000_000  # each becomes a hundred times as large in memory
_FEWER = "Keep fewer items in it."
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_READABLE = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "utf-16": "utf-16"}
_READABLE |= {
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "latin1": "iso-8859-1",
}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_feed(xml: bytes) -> Element:
    """Return the root element, whatever it is, with every podcast: name in its newest form.

    Raises FeedError, with what to do as its hint, for what is no well-formed XML or would be dangerous to read.
    """
    if len(xml) > MAX_BYTES:
        raise FeedError(f"the feed has {len(xml)} bytes; apps give up long before", hint=_FEWER)
    utf8 = _as_utf8(xml)
    if utf8.count(b"<") > _MOST_TAGS:
        raise FeedError(f"the feed has more than {_MOST_TAGS} tags; apps give up long before", hint=_FEWER)
    if _has_doctype(utf8):
        raise FeedError("the feed has a DOCTYPE, which can hold dangerous entities", hint="Remove the <!DOCTYPE …>.")
    root = _parse(utf8)
    for element in root.iter(*(f"{name}*" for name in PODCAST_OLD)):
        element.tag = PODCAST + etree.QName(element).localname
    return root


def declared_encoding(xml: bytes) -> str:
    """Return the encoding that the document names, in lower case; UTF-8 where it names none [XML 1.0, 4.3.3]."""
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    found = _DECLARED.match(xml.removeprefix(b"\xef\xbb\xbf"))
    return found[1].decode("ascii").lower() if found else "utf-8"


def _as_utf8(xml: bytes) -> bytes:
    """Return the document in UTF-8, without a byte order mark."""
    encoding = declared_encoding(xml)
    try:
        text = xml.decode(_READABLE.get(encoding, "utf-8"))
    except UnicodeDecodeError as error:
        raise FeedError(
            f"the feed is not {encoding.upper()} text: byte {error.start} cannot be read", hint="Save it as UTF-8."
        ) from error
    return text.removeprefix("\ufeff").encode()


def _has_doctype(utf8: bytes) -> bool:
    """Return whether a DOCTYPE comes before the first element; its entities can blow up memory or read files.

    Reading ends where it begins, so that nothing in it takes effect.
    """
    seen: list[str] = []

    def stop(what: str) -> None:
        seen.append(what)
        raise StopIteration

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = lambda *_: stop("doctype")
    parser.StartElementHandler = lambda *_: stop("element")
    try:
        parser.Parse(utf8, True)
    except StopIteration:
        return "doctype" in seen
    except expat.ExpatError:
        return b"<!DOCTYPE" in utf8  # the two parsers may differ in what they accept: then the word alone decides
    return False


def _parse(utf8: bytes) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(utf8, parser)
    except etree.XMLSyntaxError as error:
        raise FeedError(f"the feed is not well-formed XML: {error.msg}", hint=_advice(utf8, error.msg or "")) from error
    return root


def _advice(utf8: bytes, message: str) -> str:
    if _FORBIDDEN.search(utf8.decode()) or "xmlChar" in message:
        return "Remove the control characters: XML cannot hold them."
    return "Write & as &amp; and < as &lt; in text, and close every element."
