"""Rules that hold for channel and items alike: length, edges, explicit, pictures, HTML."""

import re
from collections.abc import Iterator
from html.entities import html5
from urllib.parse import urlsplit

from pitchcast.feed.check.rule import Element, Fault, FeedView, quoted, text_of, value_of
from pitchcast.feed.namespaces import ATOM, CONTENT, ITUNES, PODCAST

MAX_CHARACTERS = 255
_MAX_OF = {PODCAST + "txt": 4000}
_PROSE = frozenset({"description", ITUNES + "summary", CONTENT + "encoded"})
_ADDRESSES = frozenset({"link", "url", "comments", ITUNES + "new-feed-url"})
_SHORT = frozenset({"title", ITUNES + "title", ITUNES + "author", ITUNES + "name", PODCAST + "person"})
_ACTIVE_HTML = (  # each by itself: all in one, they could not be shown to take linear time
    re.compile(r"<\s*(?:script|iframe|object|embed|form)\b", re.IGNORECASE),
    re.compile(r"<[^<>]*\son[a-z]+\s*=", re.IGNORECASE),
    re.compile(r"<[^<>]*=[\s\"']*javascript:", re.IGNORECASE),
)

_TITLES = ("title", ITUNES + "title")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def check_lengths(feed: FeedView) -> Iterator[Fault]:
    """Find values of more than 255 characters [Apple: unless stated otherwise], or 4,000 [podcast:txt]."""
    for element in _leaves(feed):
        length, most = len(text_of(element)), _MAX_OF.get(element.tag, MAX_CHARACTERS)
        if element.tag in _PROSE | _ADDRESSES or length <= most:
            continue
        what = f"{shown_name(element)} has {length} characters"
        do = f"Shorten it to {most}: apps refuse or cut longer values."
        yield Fault("error" if element.tag in _SHORT else "warning", "length", element, what, do)


def check_edges(feed: FeedView) -> Iterator[Fault]:
    """Find values that begin or end with spaces or line breaks [Apple]."""
    for element in _leaves(feed):
        text = text_of(element)
        if text.strip() and text != text.strip():
            what = f"{shown_name(element)} has spaces or line breaks at its edges"
            yield Fault("warning", "edges", element, what, "Remove them: some apps take them as part of the value.")


def check_explicit(feed: FeedView) -> Iterator[Fault]:
    """Find itunes:explicit that is missing or neither ``true`` nor ``false`` [Apple]."""
    for place in feed.places():
        value = value_of(place, ITUNES + "explicit")
        if value is None:
            yield missing(place is feed.channel, place, "itunes:explicit", "Write true or false.")
        elif value.strip() not in ("true", "false"):
            what = f"itunes:explicit is {quoted(value)}"
            yield Fault("error", "explicit", place.find(ITUNES + "explicit"), what, "Write true or false.")


def check_images(feed: FeedView) -> Iterator[Fault]:
    """Find itunes:image that is missing, or whose address doesn't end in .jpg or .png [Apple].

    A private feed without items does without: a revoked one shows nobody's cover.
    """
    needed = bool(feed.items) or not feed.private
    for place in feed.places():
        image = place.find(ITUNES + "image")
        if image is None:
            yield missing(
                needed and place is feed.channel, place, "itunes:image", "Give the address of a square JPEG or PNG."
            )
        elif not (image.get("href") or "").strip():
            what = "itunes:image has no href"
            yield Fault("error", "image", image, what, "Give the address of a square JPEG or PNG of 1400 to 3000 px.")
        elif not has_suffix(image.get("href"), (".jpg", ".jpeg", ".png")):
            what = f"itunes:image {quoted(image.get('href'))} doesn't end in .jpg or .png"
            yield Fault("error", "image suffix", image, what, "Rename the picture: apps drop other names.")


def check_html(feed: FeedView) -> Iterator[Fault]:
    """Find prose with scripts, frames or forms in it: apps cut it, or refuse the feed."""
    for place in feed.places():
        for name in _PROSE:
            text = value_of(place, name) or ""
            found = next(filter(None, (pattern.search(text) for pattern in _ACTIVE_HTML)), None)
            if found:
                what = f"{shown_name(place.find(name))} holds {quoted(found[0].strip())}"
                yield Fault("warning", "html", place.find(name), what, "Keep to text, links and lists.")


def check_titles(feed: FeedView) -> Iterator[Fault]:
    """Find titles with tags, or escaped twice: apps show both as they stand, since titles are plain text [RSS 2.0]."""
    for place in feed.places():
        for title in (child for child in place if child.tag in _TITLES):
            text = text_of(title)
            tag, entity = _TAG.search(text), _first_entity(text)
            if tag:
                what = f"{shown_name(title)} holds the tag {quoted(tag[0])}"
                yield Fault("warning", "tag in title", title, what, "Take it out: titles are plain text.")
            elif entity:
                what = f"{shown_name(title)} is escaped twice: it reads {quoted(entity)}"
                yield Fault("warning", "title escaped twice", title, what, "Escape it once, as in R&amp;D.")


def missing(is_error: bool, place: Element, name: str, do: str) -> Fault:
    """Return the fault of a channel or item that lacks the element *name*."""
    what = f"the {place.tag} has no {name}"
    return Fault("error" if is_error else "warning", f"missing {place.tag} {name}", place, what, do)


def has_suffix(url: str, suffixes: tuple[str, ...]) -> bool:
    """Return whether the path of an address ends in one of the suffixes, in any case."""
    return path_of(url).casefold().endswith(suffixes)


def path_of(url: str) -> str:
    """Return the path of an address, "" where it is none."""
    try:
        return urlsplit(url.strip()).path
    except ValueError:  # e.g. an unclosed [ in the host
        return ""


def shown_name(element: Element) -> str:
    """Return an element's name with the usual prefix, as people know it: ``itunes:title``."""
    name = str(element.tag)
    for prefix, namespace in (("itunes:", ITUNES), ("podcast:", PODCAST), ("content:", CONTENT), ("atom:", ATOM)):
        name = name.replace(namespace, prefix)
    return name


def _first_entity(text: str) -> str:
    """Return the first thing in a text that HTML takes for a character written as an entity, "" without one."""
    found = (match for match in _ENTITY.finditer(text) if match[1][0] == "#" or f"{match[1]};" in html5)
    return next((match[0] for match in found), "")


def _leaves(feed: FeedView) -> Iterator[Element]:
    """Yield every element with text and without children, of channel and items."""
    for element in feed.channel.iter("*"):
        if len(element) == 0 and element.text:
            yield element
