"""Finds what a directory or an app would reject in a feed, and what in a private one would give it away.

Each rule is a function that yields faults; a new rule is written beside its like and named in one of the two tables.
No other validator knows all of them: they were read in Apple's requirements, PSP-1 and the podcast: namespace.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from pitchcast.errors import FeedError
from pitchcast.feed.check import addresses as address_rules
from pitchcast.feed.check import channel as channel_rules
from pitchcast.feed.check import item as item_rules
from pitchcast.feed.check import privacy as privacy_rules
from pitchcast.feed.check import values as value_rules
from pitchcast.feed.check.parsing import MAX_ITEMS, declared_encoding, read_feed
from pitchcast.feed.check.rule import Element, Fault, FeedView, self_link, text_of
from pitchcast.model.finding import Finding
from pitchcast.model.token import mask_tokens

Rule = Callable[[FeedView], Iterator[Fault]]

RULES: tuple[Rule, ...] = (
    channel_rules.check_namespaces,
    channel_rules.check_required,
    channel_rules.check_recommended,
    channel_rules.check_description,
    channel_rules.check_language,
    channel_rules.check_categories,
    channel_rules.check_type,
    channel_rules.check_guid,
    channel_rules.check_yes_or_no,
    channel_rules.check_hidden,
    channel_rules.check_self_link,
    value_rules.check_explicit,
    value_rules.check_images,
    value_rules.check_lengths,
    value_rules.check_edges,
    value_rules.check_html,
    value_rules.check_titles,
    item_rules.check_required,
    item_rules.check_enclosures,
    item_rules.check_unique,
    item_rules.check_guids,
    item_rules.check_dates,
    item_rules.check_future,
    item_rules.check_durations,
    item_rules.check_numbers,
    item_rules.check_kinds,
    item_rules.check_notes,
    item_rules.check_companions,
    address_rules.check_addresses,
    address_rules.check_https,
    address_rules.check_characters,
    address_rules.check_credentials,
)
PRIVATE_RULES: tuple[Rule, ...] = (
    privacy_rules.check_block,
    privacy_rules.check_listing,
    privacy_rules.check_emails,
    privacy_rules.check_place,
    privacy_rules.check_third_parties,
    privacy_rules.check_announcements,
    privacy_rules.check_token,
)
SHOWN_OF_A_KIND = 5
"""A feed with one fault in each of a thousand items gets this many findings and the number of the rest."""
_ONCE = "loopback"  # where one address is of this computer, all are: saying it once is enough


def check_feed(
    xml: bytes,
    *,
    where: str,
    private: bool | None = None,
    feed_url: str = "",
    moved_to: str = "",
    now: datetime | None = None,
) -> list[Finding]:
    """Return every fault of a feed, ours or anybody's; [] for a good one. Tokens in the texts are masked.

    *where* names the feed in the findings. *private* says whose eyes it is for; without it, a feed that asks not to be
    listed counts as private. *feed_url* is where the feed lies; without it, the feed's own word is taken. *moved_to* is
    the feed's address at the place that its show moved to: the only one that a private feed may lead to. *now* is the
    moment at which dates are in the future or not; without it, this one.
    An ``error`` is what apps or directories reject or what breaks privacy, everything else is a ``warning``.
    """
    try:
        root = read_feed(xml)
    except FeedError as error:
        return [Finding(level="error", where=where, what=mask_tokens(error.message), do=error.hint)]
    channel = root.find("channel") if root.tag == "rss" else None
    if channel is None:
        return [_not_rss(root, where)]
    items = sum(1 for _ in islice(channel.iterfind("item"), MAX_ITEMS + 1))
    if items > MAX_ITEMS:
        what = f"the feed has more than {MAX_ITEMS} items; apps give up long before"
        return [Finding(level="error", where=where, what=what, do="Keep fewer items in it.")]
    feed = _view(root, channel, private, feed_url, moved_to, now or datetime.now(UTC))
    rules = RULES + PRIVATE_RULES if feed.private else RULES
    faults = [*_document_faults(xml, feed), *(fault for rule in rules for fault in rule(feed))]
    return [_finding(fault, where, feed) for fault in _thin_out(faults)]


def _view(
    root: Element, channel: Element, private: bool | None, feed_url: str, moved_to: str, now: datetime
) -> FeedView:
    link = self_link(channel)
    return FeedView(
        root=root,
        channel=channel,
        items=tuple(channel.iterfind("item")),
        private=privacy_rules.looks_private(channel) if private is None else private,
        feed_url=feed_url or ("" if link is None else link.get("href") or ""),
        now=now,
        moved_to=moved_to,
    )


def _not_rss(root: Element, where: str) -> Finding:
    name = mask_tokens(value_rules.shown_name(root))[:60]
    what = "the feed has no channel" if root.tag == "rss" else f"this is no RSS feed: its root element is <{name}>"
    return Finding(level="error", where=where, what=what, do="Podcast apps read RSS 2.0: <rss><channel>…")


def _document_faults(xml: bytes, feed: FeedView) -> Iterator[Fault]:
    """Find what is wrong with the document as a whole."""
    encoding = declared_encoding(xml)
    if encoding not in ("utf-8", "utf8"):
        what = f"the feed is written in {encoding.upper()}"
        yield Fault("warning", "encoding", feed.root, what, "Save it as UTF-8: Apple asks for it.")
    if feed.root.get("version") != "2.0":
        yield Fault("error", "version", feed.root, "rss is not version 2.0", 'Write <rss version="2.0" …>.')
    if len(feed.root.findall("channel")) > 1:
        yield Fault("error", "channels", feed.root, "the feed has several channels", "Keep one: apps read the first.")


def _thin_out(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the first faults of each kind, and at the end, of each kind with more, the last with their number."""
    counts: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        kind: tuple[str, str] = (fault.rule, fault.level)
        counts[kind] += 1
        last[kind] = fault
        if counts[kind] <= _shown(fault):
            yield fault
    for fault in last.values():
        hidden = counts[fault.rule, fault.level] - _shown(fault)
        if hidden > 0 and fault.rule != _ONCE:
            yield fault._replace(what=f"{fault.what}; {hidden} more like this")


def _shown(fault: Fault) -> int:
    return 1 if fault.rule == _ONCE else SHOWN_OF_A_KIND


def _finding(fault: Fault, where: str, feed: FeedView) -> Finding:
    place = ", ".join(filter(None, (where, f"line {fault.element.sourceline}", _item_label(fault.element, feed))))
    return Finding(level=fault.level, where=place, what=mask_tokens(fault.what), do=fault.do)


def _item_label(element: Element, feed: FeedView) -> str:
    """Return ``item 2 “title”`` for an element of an item."""
    item = next((one for one in (element, *element.iterancestors()) if one.tag == "item"), None)
    if item is None or item not in feed.items:
        return ""
    title = item.find("title")
    name = "" if title is None else " ".join(text_of(title).split())[:40]
    return f"item {feed.items.index(item) + 1}" + (f" “{mask_tokens(name)}”" if name else "")
