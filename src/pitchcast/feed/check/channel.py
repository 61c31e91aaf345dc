"""Rules about what a channel lacks, or says wrongly. [Apple podcast requirements; PSP-1; podcast: namespace]"""

import re
from collections.abc import Iterator

from pitchcast.feed.categories import check_category
from pitchcast.feed.check.rule import Element, Fault, FeedView, is_blocked, quoted, self_link, value_of
from pitchcast.feed.check.values import missing
from pitchcast.feed.namespaces import ATOM, ITUNES, PODCAST
from pitchcast.model.language import is_language

MAX_DESCRIPTION_BYTES = 4000
MAX_CATEGORIES = 9
"""More than any directory reads; finding near names for thousands of wrong ones would take minutes."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def check_namespaces(feed: FeedView) -> Iterator[Fault]:
    """Find namespaces that no element of the feed can be read without."""
    declared = feed.root.nsmap.values()
    for prefix, namespace in (("itunes", ITUNES), ("podcast", PODCAST), ("atom", ATOM)):
        if namespace.strip("{}") not in declared and not _uses(feed, namespace):
            what = f"the {prefix} namespace is not declared"
            do = f'Write xmlns:{prefix}="{namespace.strip("{}")}" exactly so.'
            yield Fault("error" if prefix == "itunes" else "warning", f"namespace {prefix}", feed.root, what, do)


def check_required(feed: FeedView) -> Iterator[Fault]:
    """Find a channel without title, description, link or language, or with empty ones."""
    for name, do in (
        ("title", "Give the podcast a name."),
        ("description", "Say in a sentence what it is about."),
        ("link", "Give the address of its web page."),
        ("language", "Give its code, such as en or pt-BR."),
    ):
        if not (value_of(feed.channel, name) or "").strip():
            yield missing(True, feed.channel, name, do)


def check_recommended(feed: FeedView) -> Iterator[Fault]:
    """Find a channel without what PSP-1 recommends."""
    for name, shown in ((ITUNES + "author", "itunes:author"), (PODCAST + "guid", "podcast:guid")):
        if not (value_of(feed.channel, name) or "").strip():
            yield missing(False, feed.channel, shown, "Add it: directories show or match by it.")
    if value_of(feed.channel, PODCAST + "locked") is None and not feed.private:
        yield missing(False, feed.channel, "podcast:locked", "Write yes, or no to let other hosts import the feed.")


def check_description(feed: FeedView) -> Iterator[Fault]:
    """Find a description of more than 4000 bytes [Apple]."""
    size_bytes = len((value_of(feed.channel, "description") or "").encode())
    if size_bytes > MAX_DESCRIPTION_BYTES:
        what = f"the channel's description takes {size_bytes} bytes"
        do = f"Shorten it to {MAX_DESCRIPTION_BYTES} bytes."
        yield Fault("error", "description", feed.channel.find("description"), what, do)


def check_language(feed: FeedView) -> Iterator[Fault]:
    """Find a language that is no code of ISO 639 with or without a region [RSS 2.0; RFC 5646]."""
    language = (value_of(feed.channel, "language") or "").strip()
    if language and not is_language(language):
        what = f"language {quoted(language)} is no language code"
        yield Fault("error", "language", feed.channel.find("language"), what, "Write a code such as en, de or pt-BR.")


def check_categories(feed: FeedView) -> Iterator[Fault]:
    """Find a missing itunes:category, or one that isn't in Apple's list."""
    categories = feed.channel.findall(ITUNES + "category")
    if not categories:
        yield missing(True, feed.channel, "itunes:category", "Choose one of Apple's, such as Business > Marketing.")
    for category in categories[:MAX_CATEGORIES]:
        complaint = next(filter(None, map(check_category, _category_paths(category))), None)
        if complaint:
            what = f"itunes:category: {complaint}"
            yield Fault("error", "category", category, what, "Choose one of Apple's, with its exact spelling.")
    if len(categories) > MAX_CATEGORIES:
        what = f"the channel has {len(categories)} categories"
        yield Fault("warning", "categories", categories[MAX_CATEGORIES], what, "Keep the first three.")


def check_type(feed: FeedView) -> Iterator[Fault]:
    """Find a missing or unknown itunes:type, and a serial show whose items have no numbers [Apple]."""
    kind = value_of(feed.channel, ITUNES + "type")
    if kind is None:
        yield missing(False, feed.channel, "itunes:type", "Write episodic or serial.")
    elif kind.strip() not in ("episodic", "serial"):
        what = f"itunes:type is {quoted(kind)}"
        yield Fault("error", "type", feed.channel.find(ITUNES + "type"), what, "Write episodic or serial.")
    elif kind.strip() == "serial":
        for item in feed.items:
            if value_of(item, ITUNES + "episode") is None:
                what = "a serial show's item has no itunes:episode"
                yield Fault("error", "serial", item, what, "Number it, or make the show episodic.")


def check_guid(feed: FeedView) -> Iterator[Fault]:
    """Find a podcast:guid that is no UUID [podcast: namespace, guid]."""
    guid = (value_of(feed.channel, PODCAST + "guid") or "").strip()
    if guid and not _UUID.fullmatch(guid):
        what = f"podcast:guid {quoted(guid)} is no UUID"
        do = "Make it from the feed's first address, once, and keep it for ever."
        yield Fault("warning", "podcast:guid", feed.channel.find(PODCAST + "guid"), what, do)


def check_yes_or_no(feed: FeedView) -> Iterator[Fault]:
    """Find podcast:locked and podcast:block with anything but yes or no [podcast: namespace]."""
    for name in ("locked", "block"):
        for element in feed.channel.iterfind(PODCAST + name):
            if (element.text or "").strip() not in ("yes", "no"):
                what = f"podcast:{name} is {quoted(element.text or '')}"
                yield Fault("warning", f"podcast:{name}", element, what, "Write yes or no.")


def check_hidden(feed: FeedView) -> Iterator[Fault]:
    """Find a public feed that asks not to be listed."""
    if not feed.private and is_blocked(feed.channel):
        what = "itunes:block keeps this public feed out of Apple's directory"
        yield Fault("warning", "hidden", feed.channel.find(ITUNES + "block"), what, "Take it out.")


def check_self_link(feed: FeedView) -> Iterator[Fault]:
    """Find a missing ``atom:link rel="self"``, or one that isn't the feed's own address."""
    link = self_link(feed.channel)
    if link is None:
        do = "Add it with the feed's own address: apps repair their subscription by it."
        yield missing(False, feed.channel, 'atom:link rel="self"', do)
    elif (link.get("href") or "") != feed.feed_url:
        what = (
            f"the self link is {quoted(link.get('href') or '', 200)}, but the feed is at {quoted(feed.feed_url, 200)}"
        )
        yield Fault("error", "self link", link, what, "Write the feed's own address: apps move to what it says.")


def _uses(feed: FeedView, namespace: str) -> bool:
    """Return whether any element is in the namespace: it may be declared further down, or under an older name."""
    return next(feed.root.iter(namespace + "*"), None) is not None


def _category_paths(category: Element) -> list[str]:
    """Return ``Category`` where it has no subcategories, else each ``Category > Subcategory``."""
    name = category.get("text") or ""
    inner = [sub.get("text") or "" for sub in category.iterfind(ITUNES + "category")]
    return [f"{name} > {sub}" for sub in inner[:MAX_CATEGORIES]] or [name]
