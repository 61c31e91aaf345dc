"""Rules about what an item lacks, or says wrongly. [Apple podcast requirements; RSS 2.0; podcast: namespace]"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from pitchcast.feed.check.rule import Element, Fault, FeedView, quoted, value_of
from pitchcast.feed.check.values import has_suffix, missing, path_of
from pitchcast.feed.namespaces import ITUNES, PODCAST
from pitchcast.model.text import MAX_NOTES_BYTES

_CLOCKS_DIFFER_BY = timedelta(minutes=10)
# Apple's list, and two that apps on other systems play.
_MEDIA_TYPES = {
    "audio/mpeg": (".mp3",),
    "audio/x-m4a": (".m4a", ".m4b"),
    "audio/mp4": (".m4a", ".m4b", ".mp4"),
    "audio/aac": (".aac",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/opus": (".opus",),
    "video/mp4": (".mp4",),
    "video/x-m4v": (".m4v",),
    "video/quicktime": (".mov",),
    "application/pdf": (".pdf",),
}
_TRANSCRIPT_TYPES = (
    "text/vtt",
    "application/x-subrip",
    "application/srt",
    "application/json",
    "text/html",
    "text/plain",
)
_RFC_2822 = re.compile(
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?[0-9]{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}(:[0-9]{2})? ([+-][0-9]{4}|UTC?|GMT|[ECMP][SD]T)"
)
_SECONDS = re.compile(r"[0-9]{1,7}")
_CLOCK = re.compile(r"(?:[0-9]{1,3}:)?[0-9]{1,3}:[0-9]{1,2}")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def check_required(feed: FeedView) -> Iterator[Fault]:
    """Find items without title, guid or enclosure, and what they should have besides."""
    for item in feed.items:
        for name, do in (("title", "Give the episode a title."), ("guid", "Give it an id that never changes.")):
            if not (value_of(item, name) or "").strip():
                yield missing(True, item, name, do)
        for name, do in (("pubDate", "Say when it came out."), ("description", "Say in a sentence what it is about.")):
            if not (value_of(item, name) or "").strip():
                yield missing(False, item, name, do)
        if item.find("enclosure") is None:
            yield missing(True, item, "enclosure", "Point it to the audio file.")


def check_notes(feed: FeedView) -> Iterator[Fault]:
    """Find show notes that apps cut [PSP-1: 4000 bytes, tags and all]."""
    for item in feed.items:
        size_bytes = len((value_of(item, "description") or "").encode())
        if size_bytes > MAX_NOTES_BYTES:
            what = f"the item's description takes {size_bytes} bytes"
            yield Fault("warning", "notes", item.find("description"), what, f"Apps cut after {MAX_NOTES_BYTES}.")


def check_enclosures(feed: FeedView) -> Iterator[Fault]:
    """Find enclosures whose length or type is wrong, and items with several."""
    for item in feed.items:
        enclosures = item.findall("enclosure")
        if len(enclosures) > 1:
            what = f"the item has {len(enclosures)} enclosures"
            yield Fault("warning", "enclosures", item, what, "Keep one: apps take the first or the last.")
        for enclosure in enclosures:
            yield from _check_length(enclosure)
            yield from _check_media_type(enclosure)


def check_unique(feed: FeedView) -> Iterator[Fault]:
    """Find items that share a guid or an enclosure address: apps show only one of them [Apple]."""
    for item, value in _repeated(feed, lambda item: (value_of(item, "guid") or "").strip()):
        do = "Give each episode its own, for ever."
        yield Fault("error", "same guid", item, f"an earlier item has the same guid {quoted(value)}", do)
    for item, value in _repeated(feed, _enclosure_url):
        what = f"an earlier item has the same enclosure {quoted(value, 200)}"
        yield Fault("error", "same enclosure", item, what, "Give each episode its own audio file.")


def check_guids(feed: FeedView) -> Iterator[Fault]:
    """Find guids that claim to be a web address and are not: isPermaLink is true unless said otherwise [RSS 2.0]."""
    for item in feed.items:
        guid = item.find("guid")
        if guid is None:
            continue
        permalink = guid.get("isPermaLink", "true")
        if permalink not in ("true", "false"):
            what = f"isPermaLink is {quoted(permalink)}"
            yield Fault("warning", "isPermaLink", guid, what, "Write true or false.")
        elif permalink == "true" and not (guid.text or "").strip().startswith(("https://", "http://")):
            what = f"guid {quoted(guid.text or '')} is said to be a web address"
            yield Fault("warning", "permalink", guid, what, 'Write isPermaLink="false".')


def check_dates(feed: FeedView) -> Iterator[Fault]:
    """Find dates that are not RFC 2822, name the wrong weekday, are equal, or aren't newest first."""
    for element in feed.channel.iter("pubDate", "lastBuildDate"):
        text = (element.text or "").strip()
        moment = parse_date(text)
        if text and moment is None:
            what = f"{element.tag} {quoted(text)} is no RFC 2822 date"
            do = "Write it as in: Tue, 03 Mar 2026 09:00:00 +0000"
            yield Fault("error" if element.tag == "pubDate" else "warning", "date", element, what, do)
        elif moment and text[3] == "," and text[:3] != _WEEKDAYS[moment.weekday()]:
            what = f"{element.tag} {quoted(text)} was a {_WEEKDAYS[moment.weekday()]}"
            yield Fault("warning", "weekday", element, what, "Correct the day of the week.")
    yield from _check_order(feed)


def check_future(feed: FeedView) -> Iterator[Fault]:
    """Find dates that are still to come: apps hide such an episode, or sort it above all others until then."""
    for element in feed.channel.iter("pubDate", "lastBuildDate"):
        text = (element.text or "").strip()
        moment = parse_date(text)
        if moment and moment > feed.now + _CLOCKS_DIFFER_BY:
            what = f"{element.tag} {quoted(text)} is in the future"
            yield Fault("warning", f"future {element.tag}", element, what, "Write when it came out.")


def check_numbers(feed: FeedView) -> Iterator[Fault]:
    """Find episode and season numbers that aren't whole numbers above zero [Apple]."""
    for item in feed.items:
        for name in ("episode", "season"):
            element = item.find(ITUNES + name)
            if element is not None and not re.fullmatch(r"0*[1-9][0-9]{0,8}", (element.text or "").strip()):
                what = f"itunes:{name} is {quoted(element.text or '')}"
                do = "Write a whole number above zero, or leave it out."
                yield Fault("error", f"itunes:{name}", element, what, do)


def check_durations(feed: FeedView) -> Iterator[Fault]:
    """Find itunes:duration that is missing, zero, or not in whole seconds [Apple recommends seconds]."""
    for item in feed.items:
        text = value_of(item, ITUNES + "duration")
        element = item.find(ITUNES + "duration")
        if text is None:
            yield missing(False, item, "itunes:duration", "Give the length in whole seconds.")
        elif _CLOCK.fullmatch(text.strip()):
            what = f"itunes:duration is {quoted(text)}"
            yield Fault(
                "warning", "duration form", element, what, "Write it in whole seconds: some apps misread hours."
            )
        elif not _SECONDS.fullmatch(text.strip()) or int(text) == 0:
            what = f"itunes:duration is {quoted(text)}"
            yield Fault("error", "duration", element, what, "Write the length in whole seconds, at least 1.")


def check_kinds(feed: FeedView) -> Iterator[Fault]:
    """Find itunes:episodeType that isn't full, trailer or bonus [Apple]."""
    for item in feed.items:
        kind = value_of(item, ITUNES + "episodeType")
        if kind is not None and kind.strip() not in ("full", "trailer", "bonus"):
            what = f"itunes:episodeType is {quoted(kind)}"
            do = "Write full, trailer or bonus."
            yield Fault("error", "episodeType", item.find(ITUNES + "episodeType"), what, do)


def check_companions(feed: FeedView) -> Iterator[Fault]:
    """Find transcripts and chapters without address, or of a type that no app reads [podcast: namespace]."""
    for name, types in (("transcript", _TRANSCRIPT_TYPES), ("chapters", ("application/json+chapters",))):
        for element in feed.channel.iterfind(f"item/{PODCAST}{name}"):
            if not (element.get("url") or "").strip():
                what = f"podcast:{name} has no url"
                yield Fault("error", f"{name} url", element, what, "Give the address of the file.")
            media_type = (element.get("type") or "").partition(";")[0].strip()
            if media_type not in types:
                what = f"podcast:{name} has the type {quoted(media_type)}"
                yield Fault("warning", f"{name} type", element, what, f"Write one of: {', '.join(types)}.")


def parse_date(text: str) -> datetime | None:
    """Return the moment of an RFC 2822 date, None where it is none."""
    if not _RFC_2822.fullmatch(text):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:  # 31 Feb, 25:00
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)  # -0000 is UTC from an unknown place


def _check_length(enclosure: Element) -> Iterator[Fault]:
    length = (enclosure.get("length") or "").strip()
    if not re.fullmatch(r"[0-9]{1,15}", length) or int(length) == 0:
        what = f"the enclosure's length is {quoted(length)}" if length else "the enclosure has no length"
        yield Fault("error", "enclosure length", enclosure, what, "Write the file's exact size in bytes.")


def _check_media_type(enclosure: Element) -> Iterator[Fault]:
    media_type, url = (enclosure.get("type") or "").strip(), enclosure.get("url") or ""
    if media_type not in _MEDIA_TYPES:
        what = f"the enclosure's type is {quoted(media_type)}" if media_type else "the enclosure has no type"
        yield Fault("error", "enclosure type", enclosure, what, "Write audio/mpeg for an MP3.")
    elif path_of(url) and not has_suffix(url, _MEDIA_TYPES[media_type]):
        what = f"the enclosure has the type {media_type}, but its address doesn't end in {_MEDIA_TYPES[media_type][0]}"
        do = "Make type and file name agree: Apple goes by the name."
        yield Fault("error", "enclosure suffix", enclosure, what, do)


def _check_order(feed: FeedView) -> Iterator[Fault]:
    dated = [(item, date) for item in feed.items if (date := parse_date((value_of(item, "pubDate") or "").strip()))]
    for item in _repeated_moments(dated):
        what = "an earlier item has the same pubDate"
        yield Fault("warning", "same date", item, what, "Move it by a second: some apps sort equal dates wrongly.")
    for (_, newer), (item, older) in pairwise(dated):
        if older > newer:
            what = "the item is newer than the one before it"
            yield Fault("warning", "order", item, what, "Put the newest first: some apps keep the feed's order.")


def _repeated_moments(dated: list[tuple[Element, datetime]]) -> Iterator[Element]:
    seen: set[datetime] = set()
    for item, date in dated:
        if date in seen:
            yield item
        seen.add(date)


def _enclosure_url(item: Element) -> str:
    enclosure = item.find("enclosure")
    return "" if enclosure is None else (enclosure.get("url") or "").strip()


def _repeated(feed: FeedView, value: Callable[[Element], str]) -> Iterator[tuple[Element, str]]:
    """Yield each item whose value, not empty, an earlier one had."""
    counts: dict[str, int] = defaultdict(int)
    for item in feed.items:
        key = value(item)
        counts[key] += 1
        if key and counts[key] > 1:
            yield item, key
