"""What feedgen cannot write by itself: the podcast: namespace, dates without locale, and five itunes: tags.

feedgen 1.0.0 refuses ``itunes:explicit`` true/false, writes ``itunes:block`` as ``yes`` where only ``Yes`` counts,
drops or refuses an image by its suffix, searches categories by an expression that a quotation mark breaks, and formats
dates by switching the whole process's locale, which threads must not do.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from pitchcast.feed.categories import split_category
from pitchcast.feed.namespaces import ITUNES, PODCAST

REVISION_PURPOSE = "pitchcast-revision"
HINT_PURPOSE = "pitchcast-hint"

# lxml and feedgen ship no types: their elements are Any here.
Element = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTags:
    """What the extension writes into a channel. ``owner_email`` and ``image_url`` are "" where not given.

    ``hint`` says what to do to whoever opens the feed in a browser, which shows it by the style sheet of style.py.
    """

    private: bool
    guid: str
    category: str
    explicit: bool
    image_url: str
    image_title: str
    image_link: str
    host: str
    owner_email: str
    revision: str
    updated: datetime | None
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTags:
    """What the extension writes into an item; addresses are "" where not given."""

    published: datetime
    explicit: bool
    image_url: str
    host: str
    chapters_url: str
    transcript_url: str
    transcript_type: str


class Podcasting20Channel(BaseExtension):
    """The channel half; ``tags`` are set by whoever made the feed."""

    tags: ChannelTags

    def extend_ns(self) -> dict[str, str]:
        """Return the namespace's prefix and name."""
        return {"podcast": PODCAST.strip("{}")}

    def extend_rss(self, feed: Element) -> Element:
        """Append the channel's elements."""
        channel, tags = feed[0], self.tags
        if tags.updated:
            _append(channel, "lastBuildDate", rfc2822(tags.updated))
        _append_category(channel, tags.category)
        _append_shared(channel, tags)
        _append_image(channel, tags)
        _append(channel, PODCAST + "guid", tags.guid)
        _append(channel, PODCAST + "medium", "podcast")
        _append_privacy(channel, tags)
        _append(channel, PODCAST + "txt", tags.revision, purpose=REVISION_PURPOSE)
        if tags.hint:
            _append(channel, PODCAST + "txt", tags.hint, purpose=HINT_PURPOSE)
        return feed


class Podcasting20Item(BaseEntryExtension):
    """The item half; ``tags`` are set by whoever made the item."""

    tags: ItemTags

    def extend_rss(self, entry: Element) -> Element:
        """Append the item's elements."""
        _append(entry, "pubDate", rfc2822(self.tags.published))
        _append_shared(entry, self.tags)
        if self.tags.chapters_url:
            _append(entry, PODCAST + "chapters", url=self.tags.chapters_url, type="application/json+chapters")
        if self.tags.transcript_url:
            _append(entry, PODCAST + "transcript", url=self.tags.transcript_url, type=self.tags.transcript_type)
        return entry


def rfc2822(moment: datetime) -> str:
    """Return a date as RSS wants it [RFC 2822, section 3.3], in UTC, in English whatever the locale."""
    return format_datetime(moment.astimezone(UTC))


def _append(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    element = etree.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _append_category(channel: Element, text: str) -> None:
    category, subcategory = split_category(text)
    outer = etree.SubElement(channel, ITUNES + "category", {"text": category})
    if subcategory:
        etree.SubElement(outer, ITUNES + "category", {"text": subcategory})


def _append_shared(parent: Element, tags: ChannelTags | ItemTags) -> None:
    """Append what channels and items have alike."""
    _append(parent, ITUNES + "explicit", "true" if tags.explicit else "false")
    if tags.image_url:
        _append(parent, ITUNES + "image", href=tags.image_url)
    if tags.host:
        _append(parent, PODCAST + "person", tags.host, role="host")


def _append_image(channel: Element, tags: ChannelTags) -> None:
    """Append the cover as RSS 2.0 has it, for readers that know no itunes:image; title and link are the channel's."""
    if tags.image_url:
        image = _append(channel, "image")
        _append(image, "url", tags.image_url)
        _append(image, "title", tags.image_title)
        _append(image, "link", tags.image_link)


def _append_privacy(channel: Element, tags: ChannelTags) -> None:
    """Append who may list or import the feed: a private one nobody [itunes:block counts only as ``Yes``]."""
    locked = _append(channel, PODCAST + "locked", "yes" if tags.private else "no")
    if tags.private:
        _append(channel, PODCAST + "block", "yes")
        _append(channel, ITUNES + "block", "Yes")
    elif tags.owner_email:
        locked.set("owner", tags.owner_email)
