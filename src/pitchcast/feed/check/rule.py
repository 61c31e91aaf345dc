"""A fault in a feed, and what a rule gets to look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pitchcast.feed.namespaces import ATOM, ITUNES

Element = Any  # lxml ships no types


class Fault(NamedTuple):
    """One breach of a rule. ``element`` is where; ``rule`` groups equal faults of many items."""

    level: Literal["error", "warning"]
    rule: str
    element: Element
    what: str
    do: str


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed as the rules see it. ``feed_url`` is "" where neither the caller nor the feed says it.

    ``now`` is the moment at which it is looked at. ``moved_to`` is where its show says it has moved to, "" where it
    stays.
    """

    root: Element
    channel: Element
    items: tuple[Element, ...]
    private: bool
    feed_url: str
    now: datetime
    moved_to: str = ""

    @property
    def folder_url(self) -> str:
        """Return the address of the feed's folder with a slash at the end, "" where it is not known."""
        return self.feed_url.rpartition("/")[0] + "/" if "/" in self.feed_url else ""

    def places(self) -> Iterator[Element]:
        """Yield the channel and then each item."""
        yield self.channel
        yield from self.items


def value_of(parent: Element, name: str) -> str | None:
    """Return the whole text of the first child called *name* as it stands, None where there is none."""
    child = parent.find(name)
    return None if child is None else text_of(child)


def text_of(element: Element) -> str:
    """Return the element's text without comments, spaces and all."""
    return element.text or "" if len(element) == 0 else str(element.xpath("string()"))


def self_link(channel: Element) -> Element | None:
    """Return the channel's ``atom:link rel="self"``."""
    return next((link for link in channel.iterfind(ATOM + "link") if link.get("rel") == "self"), None)


def is_blocked(channel: Element) -> bool:
    """Return whether itunes:block asks for privacy, also where it is written so that Apple ignores it."""
    return (value_of(channel, ITUNES + "block") or "").strip().casefold() == "yes"


def quoted(text: str, limit: int = 60) -> str:
    """Return text for a message: in quotation marks, cut where it is long, with what is invisible spelt out."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    return f"“{shown}”" if shown.isprintable() else ascii(shown)
