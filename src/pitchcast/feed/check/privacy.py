"""Rules about what in a private feed would list it, hand it on, or tell somebody else who listens."""

import re
from collections.abc import Iterator

from pitchcast.feed.check.addresses import addresses
from pitchcast.feed.check.rule import Element, Fault, FeedView, is_blocked, quoted, text_of, value_of
from pitchcast.feed.check.values import shown_name
from pitchcast.feed.namespaces import ATOM, CONTENT, ITUNES, PODCAST
from pitchcast.model.log_marks import MARK_PATTERN, audio_query
from pitchcast.model.token import TOKEN_LENGTH, TOKEN_PATTERN, looks_like_token

_SHARED = re.compile(rf"{TOKEN_PATTERN}/[^/?#]+\.mp3\?{audio_query(MARK_PATTERN)}")
_EMAIL = re.compile(r"(?<=[^\s@<>])@[^\s@<>.]+\.[^\s@<>.]")
_NO_PERSON_IN = frozenset({"guid", "link", "url", "description", ITUNES + "summary", CONTENT + "encoded"})
_REMOTE_PICTURE = re.compile(r"<\s*img\b", re.IGNORECASE)


def check_block(feed: FeedView) -> Iterator[Fault]:
    """Find a private feed that itunes:block doesn't keep out of Apple's directory: exactly ``Yes`` counts."""
    value = value_of(feed.channel, ITUNES + "block")
    if value is None:
        what = "the channel has no itunes:block, though the feed is private"
        yield Fault("error", "itunes:block", feed.channel, what, "Write Yes.")
    elif value != "Yes":
        what = f"itunes:block is {quoted(value)}"
        do = "Write Yes, with a capital Y and nothing around it: Apple ignores all else."
        yield Fault("error", "itunes:block", feed.channel.find(ITUNES + "block"), what, do)


def check_listing(feed: FeedView) -> Iterator[Fault]:
    """Find a private feed that other directories may list, or other hosts import [podcast: namespace]."""
    for_all = [element for element in feed.channel.iterfind(PODCAST + "block") if element.get("id") is None]
    if not any((element.text or "").strip() == "yes" for element in for_all):
        what = "podcast:block is not yes, though the feed is private"
        yield Fault("error", "podcast:block", for_all[0] if for_all else feed.channel, what, "Write yes.")
    if (value_of(feed.channel, PODCAST + "locked") or "").strip() != "yes":
        what = "podcast:locked is not yes, though the feed is private"
        locked = feed.channel.find(PODCAST + "locked")
        yield Fault("error", "podcast:locked", feed.channel if locked is None else locked, what, "Write yes.")


def check_emails(feed: FeedView) -> Iterator[Fault]:
    """Find e-mail addresses outside the notes, the owner's above all: a forwarded feed shows them to anyone."""
    for element in feed.channel.iter("*"):
        text = text_of(element) if len(element) == 0 and element.tag not in _NO_PERSON_IN else ""
        if _EMAIL.search(text) or _EMAIL.search(element.get("owner") or ""):
            what = f"{shown_name(element)} holds an e-mail address, though the feed is private"
            yield Fault("error", "e-mail", element, what, "Take it out.")


def check_place(feed: FeedView) -> Iterator[Fault]:
    """Find audio, chapters or transcripts outside the feed's own folder: they outlive revoking and need no token.

    Audio that feeds share lies in a secret folder of its own beside theirs, with the feed's mark as its query.
    """
    folder = feed.folder_url
    for address in addresses(feed):
        inside = address.url.startswith(folder) and "/" not in address.url[len(folder) :]
        if folder and address.kind == "file" and not inside and not _is_shared(address.url, folder):
            what = f"{shown_name(address.element)}: {quoted(address.url, 200)} is not in the feed's own folder"
            do = "Put it beside feed.xml, under the same token."
            yield Fault("error", "place", address.element, what, do)


def check_third_parties(feed: FeedView) -> Iterator[Fault]:
    """Find pictures on other hosts: whoever serves them learns who listens."""
    host = feed.folder_url.split("/")[2:3]
    for address in addresses(feed):
        if host and address.kind == "picture" and address.url.split("/")[2:3] != host:
            what = f"{shown_name(address.element)}: {quoted(address.url, 200)} is on another host than the feed"
            yield Fault("warning", "picture host", address.element, what, "Put it where the feed is.")
    for place in feed.places():
        for name in ("description", CONTENT + "encoded"):
            if _REMOTE_PICTURE.search(value_of(place, name) or ""):
                what = f"{shown_name(place.find(name))} loads a picture, which tells its host who listens"
                yield Fault("warning", "picture in notes", place.find(name), what, "Take it out, or link to it.")


def check_announcements(feed: FeedView) -> Iterator[Fault]:
    """Find what tells the feed's address to others: a new address for everyone, podping, WebSub, rssCloud.

    A show that moved house tells the new address of each feed at the old one; a revoked feed never does.
    """
    for element in feed.channel.iterfind(ITUNES + "new-feed-url"):
        if feed.moved_to and text_of(element) == feed.moved_to:
            continue
        state = "has items" if feed.items else "is revoked"
        what = f"itunes:new-feed-url in a private feed that {state}"
        do = "Take it out: apps follow it, also that of whoever passed the feed on. Send the new address by mail."
        yield Fault("error", "new-feed-url", element, what, do)
    for element in _announcers(feed.channel):
        what = f"{shown_name(element)} announces the private feed's address to others"
        yield Fault("error", "announcement", element, what, "Take it out.")


def check_token(feed: FeedView) -> Iterator[Fault]:
    """Find a private feed whose address can be guessed."""
    folder = feed.folder_url.rstrip("/").rpartition("/")[2]
    if folder and not looks_like_token(folder):
        what = f"the feed's folder {quoted(folder)} is no secret token"
        do = f"Put a private feed where nobody can guess it: {TOKEN_LENGTH} characters of a-z and 2-7."
        yield Fault("warning", "token", feed.channel, what, do)


def looks_private(channel: Element) -> bool:
    """Return whether a feed asks not to be listed, so that its privacy is worth checking."""
    return is_blocked(channel) or (value_of(channel, PODCAST + "block") or "").strip() == "yes"


def _is_shared(url: str, folder: str) -> bool:
    root = folder.rstrip("/").rpartition("/")[0]
    return bool(root) and url.startswith(f"{root}/") and _SHARED.fullmatch(url[len(root) + 1 :]) is not None


def _announcers(channel: Element) -> Iterator[Element]:
    yield from channel.iterfind("cloud")
    yield from (link for link in channel.iterfind(ATOM + "link") if link.get("rel") == "hub")
    yield from (ping for ping in channel.iterfind(PODCAST + "podping") if ping.get("usesPodping") == "true")
