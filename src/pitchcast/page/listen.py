"""What does a prospect see when the link is opened? One HTML document per feed, and nothing from anybody else.

The page plays without JavaScript: the script only adds the copy button. Everything it refers to lies beside it or is
the show's cover; its Content-Security-Policy allows nothing more.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pitchcast.model.feed import Delivery, FeedContent
from pitchcast.model.notes import clean_text, notes_html
from pitchcast.page.apps import app_links
from pitchcast.page.words import Words, length_in_words, time_mark, words_in

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


@dataclass(frozen=True, kw_only=True)
class _ChapterView:
    mark: str
    title: str
    url: str


@dataclass(frozen=True, kw_only=True)
class _EpisodeView:
    """An episode as the template shows it; ``notes`` is HTML that is already safe."""

    title: str
    host: str
    date: str
    day: str
    length: str
    audio: str
    player: str
    notes: str
    chapters: tuple[_ChapterView, ...]


@dataclass(frozen=True, kw_only=True)
class _Inline:
    """A style sheet or script as it stands in the page, and the CSP source that allows exactly it."""

    text: str
    source: str


def render_page(content: FeedContent) -> bytes:
    """Return the listening page of a feed as UTF-8 HTML; the same content gives the same bytes.

    It names nobody but the prospect's display name and the host, and a private page asks not to be indexed and sends
    no referrer.
    """
    words = words_in(content.show.language)
    episodes = [_episode_view(content, delivery, words) for delivery in content.deliveries]
    style, script = _inline("listen.css"), _inline("listen.js")
    page = _template().render(
        words=words,
        title=clean_text(content.title),
        show=clean_text(content.show.title),
        description=clean_text(content.show.description),
        host=words.with_host.format(name=_isolated(content.show.host)),
        for_whom=words.for_whom.format(name=_isolated(content.prospect.name)) if content.prospect else "",
        private=content.feed.access == "private",
        language=content.show.language,
        foreign=_primary(content.show.language) != words.language,
        direction=_direction(content.show.language),
        policy=_content_security_policy(style, script, content.cover_url),
        style=style.text,
        script=script.text,
        cover_url=content.cover_url,
        feed_url=content.feed_url,
        page_url=content.page_url,
        apps=app_links(content.feed_url),
        call_to_action=clean_text(content.brand.call_to_action),
        call_to_action_url=_safe_url(content.brand.call_to_action_url),
        episodes=episodes,
    )
    return page.encode()


def _episode_view(content: FeedContent, delivery: Delivery, words: Words) -> _EpisodeView:
    episode = delivery.episode
    date = delivery.date.astimezone(UTC)
    title = clean_text(episode.title)
    return _EpisodeView(
        title=title,
        host=words.with_host.format(name=_isolated(episode.host)) if episode.host else "",
        date=date.date().isoformat(),
        day=_day(date, words),
        length=length_in_words(episode.master.duration_s, words),
        audio=delivery.audio_name,
        player=words.player.format(title=_isolated(title)),
        notes=_notes(episode.notes),
        chapters=tuple(
            _ChapterView(mark=time_mark(chapter.start_s), title=clean_text(chapter.title), url=_safe_url(chapter.url))
            for chapter in episode.chapters
        ),
    )


def _day(date: datetime, words: Words) -> str:
    return words.day.format(day=date.day, month=words.months[date.month - 1], year=date.year)


@lru_cache(maxsize=256)  # thousands of pages of one show hold the same few notes
def _notes(markdown: str) -> str:
    """Return notes as safe HTML whose headings stand below the page's own (WCAG 1.3.1)."""
    return re.sub(r"<(/?)h([1-6])>", lambda tag: f"<{tag[1]}h{min(6, int(tag[2]) + 3)}>", notes_html(markdown))


def _safe_url(url: str) -> str:
    """Return *url*, or "" where a tap on it would do anything but open a page, a mail or a call."""
    cleaned = clean_text(url).strip()
    try:
        scheme = urlsplit(cleaned).scheme
    except ValueError:
        return ""
    return cleaned if scheme in _LINK_SCHEMES else ""


def _isolated(name: str) -> str:
    """Return *name* between Unicode isolates (UAX 9), so that its direction leaves the sentence around it alone."""
    return f"\u2068{clean_text(name)}\u2069"


def _primary(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


def _direction(language: str) -> str:
    script_is_right_to_left = any(f"-{script}" in language.lower() for script in ("arab", "hebr"))
    return "rtl" if _primary(language) in _RIGHT_TO_LEFT or script_is_right_to_left else "ltr"


def _content_security_policy(style: _Inline, script: _Inline, cover_url: str) -> str:
    pictures = ["'self'", *_origin(cover_url)]
    directives: dict[str, Sequence[str]] = {
        "default-src": ["'none'"],
        "style-src": [style.source],
        "script-src": [script.source],
        "img-src": pictures,
        "media-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


def _origin(url: str) -> list[str]:
    """Return scheme and host of *url* as the one source of a policy; none where it isn't a whole address."""
    address = urlsplit(url)
    return [f"{address.scheme}://{address.netloc}"] if address.scheme in ("http", "https") and address.netloc else []


@cache
def _inline(name: str) -> _Inline:
    """Return a file beside the template without its indentation, which only people need."""
    lines = (_TEMPLATES / name).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.strip() for line in lines if line.strip())
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return _Inline(text=text, source=f"'sha256-{digest}'")


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # imported when a page is rendered

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("listen.html")
