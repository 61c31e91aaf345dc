"""The podcast:chapters document of an episode: JSON chapters 1.2.0 [Podcastindex-org/podcast-namespace]."""

import json

from pitchcast.errors import FeedError
from pitchcast.model.episode import Chapter, Episode
from pitchcast.model.notes import clean_text

VERSION = "1.2.0"


def render_chapters(episode: Episode) -> bytes:
    """Return the chapters document in UTF-8, in the episode's order; the same chapters give the same bytes.

    Raises FeedError where a chapter links to anything but a web page: players open such links unasked.
    """
    document = {"version": VERSION, "chapters": [_chapter(chapter) for chapter in episode.chapters]}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n".encode()


def _chapter(chapter: Chapter) -> dict[str, str | float]:
    """Return one chapter object: ``startTime`` in seconds to the millisecond, ``title``, and ``url`` if any."""
    mark: dict[str, str | float] = {"startTime": _seconds(chapter.start_s), "title": clean_text(chapter.title)}
    if chapter.url:
        mark["url"] = _web_address(chapter)
    return mark


def _seconds(start_s: float) -> float:
    rounded = round(start_s, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _web_address(chapter: Chapter) -> str:
    if not chapter.url.casefold().startswith(("https://", "http://")):
        raise FeedError(
            f"chapter “{chapter.title}” links to {chapter.url[:60]!r}, which is not a web address",
            hint="Give chapters links that start with https://.",
        )
    return clean_text(chapter.url)
