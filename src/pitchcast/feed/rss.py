"""A feed as RSS, complete by Apple's requirements, PSP-1 and the podcast: namespace.

Private and public feeds differ in who may list and import them, in the owner's e-mail address, and in nothing else
but what their content says.
"""

import html
import re
from functools import lru_cache
from typing import Any

from feedgen.feed import FeedGenerator

from pitchcast.errors import FeedError
from pitchcast.feed.podcasting20 import ChannelTags, ItemTags, Podcasting20Channel, Podcasting20Item
from pitchcast.feed.style import with_style
from pitchcast.feed.transcript import TYPES
from pitchcast.model.feed import Delivery, FeedContent
from pitchcast.model.feed_notes import feed_notes_html, shortened
from pitchcast.model.notes import clean_text
from pitchcast.model.show import Brand
from pitchcast.model.text import MAX_NOTES_BYTES

_LINK_SCHEMES = ("https://", "http://", "mailto:", "tel:")


def render_feed(content: FeedContent, *, title: str, description: str, hint: str = "") -> bytes:
    """Return the feed as UTF-8 XML: the same content gives the same bytes, in every process and thread.

    *title* and *description* are what it says of itself in words of the show's language, *hint* says what to do to
    whoever opens it in a browser.

    Raises FeedError where show, prospect or episode lack what no feed can be without, or the brand's link is not one.
    """
    feed = _new_feed()
    _describe_channel(feed, content, title, description)
    feed.podcasting20.tags = _channel_tags(content, title, hint)
    for delivery in content.deliveries:
        _describe_item(feed.add_entry(order="append"), delivery, content)  # the default order is to prepend
    return with_style(bytes(feed.rss_str(pretty=True)), content.show)


def render_tombstone(content: FeedContent, *, title: str, text: str, language: str) -> bytes:
    """Return the feed of an ended address: same podcast:guid, no items, and nobody's name.

    *title* and *text* say in *language* that nothing is available here any more. Only where the whole show moved it
    names a new address: apps follow itunes:new-feed-url, also the app of whoever passed a closed feed on.
    """
    feed = _new_feed()
    feed.title(_required(title, "an ended feed has no title"))
    feed.link(href=content.feed_url, rel="self", type="application/rss+xml")
    feed.link(href=content.page_url, rel="alternate")
    feed.description(_as_html(clean_text(text).strip()))
    feed.language(language)
    feed.podcast.itunes_type("episodic")
    if content.new_feed_url:
        feed.podcast.itunes_new_feed_url(content.new_feed_url)
    feed.podcasting20.tags = ChannelTags(
        private=True,
        guid=content.podcast_guid,
        category=clean_text(content.show.category),
        explicit=False,
        image_url="",
        image_title="",
        image_link="",
        host="",
        owner_email="",
        revision=content.revision,
        updated=None,
    )
    return with_style(bytes(feed.rss_str(pretty=True)), content.show)


def is_tombstone(body: bytes) -> bool:
    """Return whether a feed is one that render_tombstone returned: only those have no picture."""
    return b"<itunes:image" not in body


def _new_feed() -> Any:
    feed = FeedGenerator()
    feed._FeedGenerator__rss_lastBuildDate = None  # it would be the clock, by way of setlocale; there is no setter
    feed.load_extension("podcast", atom=False)
    feed.register_extension("podcasting20", Podcasting20Channel, Podcasting20Item, atom=False)
    feed.generator("pitchcast")  # without its version: an update must not change feeds
    feed.docs("")
    return feed


def _describe_channel(feed: Any, content: FeedContent, title: str, description: str) -> None:
    show = content.show
    feed.title(_required(title, "the feed has no title"))
    feed.link(href=content.feed_url, rel="self", type="application/rss+xml")  # first: the last link is the website
    feed.link(href=_website(content), rel="alternate")
    feed.description(_as_html(clean_text(description).strip()))
    feed.language(show.language)
    feed.podcast.itunes_author(_one_line(show.host))
    feed.podcast.itunes_type("episodic")
    if content.new_feed_url:
        feed.podcast.itunes_new_feed_url(content.new_feed_url)
    if owner_email := _owner_email(content):
        feed.podcast.itunes_owner(name=_one_line(show.host) or _one_line(show.title), email=owner_email)


def _website(content: FeedContent) -> str:
    return clean_text(content.show.link) or content.page_url


def _channel_tags(content: FeedContent, title: str, hint: str) -> ChannelTags:
    show = content.show
    return ChannelTags(
        private=content.feed.access == "private",
        guid=content.podcast_guid,
        category=clean_text(show.category),
        explicit=show.explicit,
        image_url=content.cover_url,
        image_title=_one_line(title),
        image_link=_website(content),
        host=_one_line(show.host),
        owner_email=_owner_email(content),
        revision=content.revision,
        updated=content.updated or max((delivery.date for delivery in content.deliveries), default=None),
        hint=_one_line(hint),
    )


def _describe_item(item: Any, delivery: Delivery, content: FeedContent) -> None:
    episode, master = delivery.episode, delivery.episode.master
    title = _required(episode.title, f"episode “{episode.id}” has no title")
    notes = _item_notes(delivery, content)
    item.title(title)
    item.link(href=content.episode_url(episode), rel="alternate")
    item.guid(episode.guid, permalink=False)
    item.enclosure(content.audio_url(delivery), master.size_bytes, "audio/mpeg")
    item.content(notes.replace("]]>", "]]&gt;"), type="CDATA")
    item.podcast.itunes_title(title)
    item.podcast.itunes_author(_host(delivery, content))
    item.podcast.itunes_duration(max(1, round(master.duration_s)))
    item.podcast.itunes_season(max(0, episode.season))  # feedgen leaves out zero, as Apple asks
    item.podcast.itunes_episode(max(0, episode.number))
    item.podcast.itunes_episode_type("full")
    item.podcasting20.tags = _item_tags(delivery, content)


def _item_tags(delivery: Delivery, content: FeedContent) -> ItemTags:
    return ItemTags(
        published=delivery.date,
        explicit=content.show.explicit,
        image_url=content.cover_of(delivery.episode),
        host=_host(delivery, content),
        chapters_url=f"{content.base_url}/{delivery.chapters_name}" if delivery.chapters_name else "",
        transcript_url=f"{content.base_url}/{delivery.transcript_name}" if delivery.transcript_name else "",
        transcript_type=TYPES.get(delivery.transcript_name.rpartition(".")[2], ""),
    )


def _item_notes(delivery: Delivery, content: FeedContent) -> str:
    """Return the notes as HTML, with the call to action as their last paragraph; the title where there are neither.

    Both together have at most the bytes that apps show; the page has the notes in full. There is no
    itunes:summary beside them: readers that find one show its plain text and lose the links.
    """
    call_to_action = _call_to_action_html(content)
    room = MAX_NOTES_BYTES - len(f"\n{call_to_action}".encode())
    paragraphs = [shortened(_notes_html(delivery.episode.notes), room), call_to_action]
    return "\n".join(filter(None, paragraphs)) or f"<p>{html.escape(_one_line(delivery.episode.title))}</p>"


@lru_cache(maxsize=256)
def _notes_html(markdown: str) -> str:
    """Return ``feed_notes_html``, once for an episode that is in every prospect's feed: it is half of the work."""
    return feed_notes_html(markdown)


def _call_to_action_html(content: FeedContent) -> str:
    text, url = _one_line(content.brand.call_to_action), _call_to_action_url(content.brand)
    if not url:
        return f"<p>{html.escape(text)}</p>" if text else ""
    return f'<p><a href="{html.escape(_one_line(content.call_url))}">{html.escape(text or url)}</a></p>'


def _call_to_action_url(brand: Brand) -> str:
    """Return the link. Raises FeedError where it would run a script instead of opening a page."""
    url = _one_line(brand.call_to_action_url)
    if url and not url.casefold().startswith(_LINK_SCHEMES):
        raise FeedError(
            f"brand.call_to_action_url is {url[:60]!r}, which apps cannot open",
            hint="Start it with https://, mailto: or tel:.",
        )
    return url


def _host(delivery: Delivery, content: FeedContent) -> str:
    return _one_line(delivery.episode.host) or _one_line(content.show.host)


def _owner_email(content: FeedContent) -> str:
    """Return the address for itunes:owner: only in a public feed, and only where the show says so."""
    public = content.feed.access == "public"
    return _one_line(content.show.email) if public and content.show.owner_email else ""


def _required(text: str, complaint: str) -> str:
    line = _one_line(text)
    if not line:
        raise FeedError(complaint, hint="Give it one; podcast apps refuse feeds without titles.")
    return line


def _one_line(text: str) -> str:
    """Return text for an element that holds one line: no control characters, line breaks or spaces at the edges."""
    return re.sub(r"[ \t\r\n]+", " ", clean_text(text)).strip()


def _as_html(text: str) -> str:
    """Return plain text for an element that some apps read as HTML and some as text, right for both.

    Only what HTML would take for a tag or an entity is escaped: ``R&D`` and ``a < b`` stay.
    """
    without_entities = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", without_entities)
