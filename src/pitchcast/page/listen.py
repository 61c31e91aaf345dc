"""What a prospect sees when the link is opened: one HTML document per feed, and nothing from anybody else.

The page plays without JavaScript; the script turns each plain audio element into a player that knows chapters and
remembers the place. Everything the page refers to lies beside it or is the show's cover; its Content-Security-Policy
allows nothing more.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote

from pitchcast.model.colours import DARK_PLATE, LIGHT_PLATE, Palette, page_palette, plate_under
from pitchcast.model.feed import Delivery, FeedContent
from pitchcast.model.language import primary_language
from pitchcast.model.notes import clean_text, notes_html, notes_text
from pitchcast.model.preview import PREVIEW_PX
from pitchcast.model.transcript import Transcript, paragraphs
from pitchcast.page.apps import AppLink, app_links, public_links
from pitchcast.page.frame import Frame, origins_of
from pitchcast.page.linked_data import podcast_series
from pitchcast.page.look import Look, script
from pitchcast.page.markup import escaped
from pitchcast.page.overrides import Overrides
from pitchcast.page.policy import Inline, content_security_policy, inline, safe_url
from pitchcast.page.qr import qr_svg
from pitchcast.page.rules import Origins
from pitchcast.page.sender import sender_of
from pitchcast.page.titles import page_title
from pitchcast.page.words import (
    SPEEDS,
    Words,
    day_in_words,
    earlier_in_words,
    gone_words,
    is_spoken,
    length_in_words,
    speed_in_words,
    time_mark,
    words_in,
)

MAX_EPISODES = 25
"""As many episodes a page shows; the feed has all of them."""

_MAX_EARLIER_CHARACTERS = 7_000  # of notes and chapters; the page stays under 60 KB, however much there is to say
_MAX_TRANSCRIPT_CHARACTERS = 7_000  # about six minutes; with it the page stays under 45 KB
_TRANSCRIPT_FRAME = 200
_FOLDED_LETTERS = 70
_FOLDED_DESCRIPTION = 160
_PREVIEW_LETTERS = 200
_LOGO_HEIGHT_PX = 40
_HEADING_OVER_NOTES, _LOWEST_HEADING = 3, 6
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})


@dataclass(frozen=True, kw_only=True)
class _ChapterView:
    start_s: str
    mark: str
    title: str
    url: str
    link: str


@dataclass(frozen=True, kw_only=True)
class _LineView:
    """A paragraph of a transcript; ``start_s`` and ``mark`` are "" where nobody knows when it is said."""

    start_s: str
    mark: str
    speaker: str
    text: str


@dataclass(frozen=True, kw_only=True)
class _TranscriptView:
    """A transcript: its file, and its paragraphs if they are few enough to stand in the page."""

    file: str
    lines: tuple[_LineView, ...]


@dataclass(frozen=True, kw_only=True)
class _EpisodeView:
    """An episode as the template shows it; ``notes`` is HTML that is already safe.

    ``anchor`` names it in addresses of the page. A title that ``is_long`` is folded. ``own_cover_url`` is "" where it
    has the show's cover.
    """

    anchor: str
    title: str
    is_long: bool
    host: str
    host_name: str
    date: str
    day: str
    length: str
    duration_s: str
    waveform: str
    audio: str
    cover_url: str
    own_cover_url: str
    player: str
    play: str
    pause: str
    notes: str
    chapters: tuple[_ChapterView, ...]
    transcript: _TranscriptView | None


@dataclass(frozen=True, kw_only=True)
class _PreviewView:
    """What a chat shows of a link that is pasted there; of a private page title and host, and nothing else."""

    title: str
    description: str
    image_url: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class _LogoView:
    """The company's logo as the page's head shows it; ``plate`` is what it stands on: ``light``, ``dark`` or ""."""

    url: str
    width: int
    height: int
    plate: str


@dataclass(frozen=True, kw_only=True)
class _ShareView:
    """The link that a listener passes on, and the words around it; ``roles`` says for whom, "" for anybody."""

    roles: str
    address: str
    subject: str
    message: str
    mail: str


def render_page(
    content: FeedContent,
    *,
    overrides: Overrides | None = None,
    transcripts: Mapping[str, Transcript] = MappingProxyType({}),
) -> bytes:
    """Return the listening page of a feed as UTF-8 HTML; the same content gives the same bytes.

    It names nobody but the prospect's display name, the host and the host's company, and a private page asks not to be
    indexed and sends no referrer. *overrides* are templates, style and words of the company's own; mistakes in them
    raise ConfigError, naming file and line. *transcripts* are what is said, by the names of their files.
    """
    look = Look(overrides)
    words = words_in(content.show.language, overrides)
    private = content.feed.access == "private"
    palette = page_palette(content.show, content.brand)
    sender = sender_of(content)
    style = look.style(palette, plays=True, folds=_folds(content), with_sender=sender is not None)
    data = None if private else inline(podcast_series(content))
    scripts = [source for source in (script(), data) if source]
    episodes = _episode_values(content, words, transcripts)
    notice = _notice(content, words)
    language = page_language(content.show.language, words)
    frame = Frame(
        language=language,
        direction=direction_of(language),
        policy=content_security_policy([style], scripts, content.cover_url, fetches=True),
        style=style.text,
        origins=origins_of_page(content),
        is_hidden=private,
        theme_color=palette.ground,
        script=script().text,
        data=data.text if data else "",
    )
    values = {
        **document_values(content.show.language, words),
        "policy": frame.policy,
        "style": style.text,
        "script": script().text,
        "data": data.text if data else "",
        "theme_color": palette.ground,
        "private": private,
        "title": clean_text(page_title(content, overrides)),
        "show": clean_text(content.show.title),
        "show_is_long": _is_long(clean_text(content.show.title)),
        "description": clean_text(content.show.description),
        "description_is_long": _is_description_long(content),
        "host": words.with_host.format(name=_isolated(content.show.host)) if content.show.host else "",
        "for_whom": _for_whom(content, words),
        "cover_url": content.cover_url,
        "small_cover_url": content.small_cover_url or content.cover_url,
        "head_cover_url": _head_cover(content),
        "logo": _logo(content, palette),
        "sender": sender,
        "cover_px": content.show.cover.size_px if content.show.cover else 0,
        "preview": _preview(content),
        "feed_url": content.feed_url,
        "page_url": content.page_url,
        "apps": _apps(content, words),
        "speeds": [(f"{speed:g}", speed_in_words(speed, words)) for speed in SPEEDS],
        "call_to_action": clean_text(content.brand.call_to_action),
        "call_to_action_url": safe_url(content.call_url) if safe_url(content.brand.call_to_action_url) else "",
        "share": _share(content, words),
        "qr": qr_svg(content.page_url),
        "notice": notice,
        "notice_language": words.counted_language,
        **episodes,
    }
    return _with_notice(look.page("listen.html", values, frame), notice, words.counted_language)


def render_gone_page(content: FeedContent, *, overrides: Overrides | None = None) -> bytes:
    """Return the gone page of an ended address, or of one that moved, in the show's language.

    It names nobody but the host, with role and company; only where the show moved it leads on. *overrides* are as for
    ``render_page``.
    """
    look = Look(overrides)
    host = _isolated(content.show.host) if content.show.host else ""
    words = gone_words(words_in(content.show.language, overrides), content.gone_page or "closed", host)
    sender = sender_of(content)
    style = look.style(page_palette(content.show, content.brand), with_sender=sender is not None)
    language = page_language(content.show.language, words)
    frame = leading_frame(content, style, language, safe_url(content.new_page_url))
    values = {
        **document_values(content.show.language, words),
        "policy": frame.policy,
        "style": style.text,
        "url": frame.leads_to,
        "sender": sender,
    }
    return look.page("gone.html", values, frame)


def _preview(content: FeedContent) -> _PreviewView:
    """Return what a chat shows: the newest pitch; of a show in which nothing is to be heard its title and cover."""
    show = content.show
    cover_px = show.cover.size_px if show.cover else 0
    shared = content.with_shared_cover() if content.own_cover else content  # the other one names the prospect
    width, height = PREVIEW_PX if content.preview_url else (cover_px, cover_px)
    return _PreviewView(
        title=clean_text(content.newest.title if content.newest else show.title),
        description=_preview_text(content),
        image_url=content.preview_url or shared.cover_url,
        width=width,
        height=height,
    )


def _preview_text(content: FeedContent) -> str:
    """Return who speaks; of a public page what the newest pitch is about, or the show."""
    host = clean_text(content.newest_host)
    if content.feed.access == "private":
        return host
    about = notes_text(content.newest.notes) if content.newest else ""
    return _shortened(about) or clean_text(content.show.description) or host


def _shortened(text: str) -> str:
    """Return the beginning of a text on one line, as long as chats show it."""
    line = " ".join(text.split())
    return line if len(line) <= _PREVIEW_LETTERS else f"{line[:_PREVIEW_LETTERS].rpartition(' ')[0]}…"


def _folds(content: FeedContent) -> bool:
    """Return whether a page needs the style of what is folded, or of covers beside players."""
    episodes = [delivery.episode for delivery in content.deliveries[:MAX_EPISODES]]
    titles = [content.show.title, *(episode.title for episode in episodes)]
    has_long_title = any(map(_is_long, map(clean_text, titles)))
    has_own_cover = any(episode.cover for episode in episodes)
    return _is_description_long(content) or has_long_title or has_own_cover


def _is_description_long(content: FeedContent) -> bool:
    return len(clean_text(content.show.description)) > _FOLDED_DESCRIPTION


def _head_cover(content: FeedContent) -> str:
    """Return the cover in the page's head: a page shows one above the fold, so none where the newest has its own."""
    has_own = content.newest is not None and content.newest.cover is not None
    return "" if has_own else content.small_cover_url or content.cover_url


def _for_whom(content: FeedContent, words: Words) -> str:
    if content.team:
        return words.for_team.format(company=_isolated(content.team))
    return words.for_whom.format(name=_isolated(content.addressee)) if content.prospect else ""


def _notice(content: FeedContent, words: Words) -> str:
    """Return what the page tells of the access log, "" for nothing: who is counted is told so on the page itself."""
    if content.show.counted == "no":
        return ""
    is_for_somebody = content.feed.access == "private" and content.show.counted == "feeds"
    text = words.counted_feeds if is_for_somebody else words.counted_totals
    return text.format(host=_isolated(content.show.host) if content.show.host else words.gone_host)


def _with_notice(page: bytes, notice: str, language: str) -> bytes:
    """Return the page with the notice at its end, where a company's own template leaves it out."""
    said = escaped(notice).encode()
    if not notice or said in page:
        return page
    beginning, body_end, rest = page.rpartition(b"</body>")
    line = b'<p lang="%s" dir="ltr">%s</p>\n' % (language.encode(), said)
    return beginning + line + body_end + rest if body_end else page + line


def leading_frame(content: FeedContent, style: Inline, language: str, leads_to: str) -> Frame:
    """Return the frame of a page that plays nothing, and leads on to an address at once, or to none ("")."""
    return Frame(
        language=language,
        direction=direction_of(language),
        policy=content_security_policy([style], [], ""),
        style=style.text,
        origins=origins_of_page(content),
        leads_to=leads_to,
    )


def origins_of_page(content: FeedContent) -> Origins:
    """Return the hosts of a page: its own, and those of the show's pictures."""
    pictures = (content.cover_url, content.small_cover_url, content.logo_url, content.photo_url)
    return origins_of(content.base_url, *pictures, *content.covers.values())


def document_values(language: str, words: Words) -> dict[str, object]:
    """Return what every page's template is given: the words, and which language is written in which direction.

    *language* is the show's: what it says itself keeps it where the page as a whole is in English.
    """
    spoken = page_language(language, words)
    return {
        "words": words,
        "language": spoken,
        "direction": direction_of(spoken),
        "foreign": spoken != language,
        "content_language": language,
        "content_direction": direction_of(language),
    }


def page_language(language: str, words: Words) -> str:
    """Return the language of a page as a whole: the show's, or that of the words where there are none in the show's."""
    return language if is_spoken(language, words) else words.language


def _logo(content: FeedContent, palette: Palette) -> _LogoView | None:
    logo = content.brand.logo
    if logo is None or not content.logo_url:
        return None
    height = min(_LOGO_HEIGHT_PX, logo.height_px)
    width = round(logo.width_px * height / logo.height_px)
    plate = {LIGHT_PLATE: "light", DARK_PLATE: "dark"}.get(plate_under(logo.color, palette), "")
    return _LogoView(url=content.logo_url, width=width, height=height, plate=plate)


def _apps(content: FeedContent, words: Words) -> tuple[AppLink, ...]:
    links = app_links(content.feed_url, words.and_others)
    if content.feed.access == "private":
        return links
    return links + public_links(content.feed_url, clean_text(content.show.title))


def _share(content: FeedContent, words: Words) -> _ShareView:
    """Return the link that is passed on, in one place for every way of sending it; the script adds its way so far."""
    address, newest = content.share_url, content.newest
    title = clean_text(newest.title if newest else content.show.title)
    host = clean_text(content.newest_host)
    subject = words.share_subject.format(title=title)
    message = words.share_message.format(title=title, host=host)
    body = f"{message}\r\n\r\n{address}\r\n"
    mail = f"mailto:?subject={_quoted(subject)}&body={_quoted(body)}"
    roles = _roles(newest.for_roles, words) if newest else ""
    return _ShareView(roles=roles, address=address, subject=subject, message=message, mail=mail)


def _roles(roles: tuple[str, ...], words: Words) -> str:
    """Return for whom else an episode is, "" where nobody has said so."""
    named = ", ".join(_isolated(role) for role in roles)
    return words.for_roles.format(roles=named) if named and words.for_roles else named


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _episode_values(content: FeedContent, words: Words, transcripts: Mapping[str, Transcript]) -> dict[str, object]:
    """Return the episodes, newest first; notes and chapters of earlier ones as long as the page stays light.

    The newest one's transcript stands in the page if it is short; the script fetches others when they are opened.
    """
    episodes: list[_EpisodeView] = []
    room = _MAX_EARLIER_CHARACTERS
    for delivery in content.deliveries[:MAX_EPISODES]:
        is_newest = not episodes
        notes = _notes(delivery.episode.notes)
        transcript = _transcript_view(delivery, transcripts, may_stand_in_page=is_newest)
        room -= _size_of(transcript) if transcript else 0
        if not is_newest:
            room -= len(notes) + sum(len(c.title) + len(c.url) + 120 for c in delivery.episode.chapters)
        whole = is_newest or room >= 0
        episodes.append(_episode_view(content, delivery, words, notes=notes, transcript=transcript, whole=whole))
    return {
        "episodes": episodes,
        "earlier": earlier_in_words(len(episodes) - 1, words),
        "more": len(content.deliveries) > MAX_EPISODES,
    }


def _transcript_view(
    delivery: Delivery, transcripts: Mapping[str, Transcript], *, may_stand_in_page: bool
) -> _TranscriptView | None:
    """Return how the page shows a transcript: its lines where these may stand in it and are few, else its file."""
    transcript = transcripts.get(delivery.transcript_name)
    if transcript is None:
        return None
    view = _TranscriptView(file=delivery.transcript_name, lines=_lines(transcript))
    if may_stand_in_page and _size_of(view) <= _MAX_TRANSCRIPT_CHARACTERS:
        return view
    return _TranscriptView(file=delivery.transcript_name, lines=())


@lru_cache(maxsize=64)
def _lines(transcript: Transcript) -> tuple[_LineView, ...]:
    if not transcript.cues:
        return tuple(_LineView(start_s="", mark="", speaker="", text=text) for text in transcript.text.split("\n\n"))
    return tuple(
        _LineView(start_s=f"{said.start_s:g}", mark=time_mark(said.start_s), speaker=said.speaker, text=said.text)
        for said in paragraphs(transcript.cues)
    )


def _size_of(transcript: _TranscriptView) -> int:
    return _TRANSCRIPT_FRAME + sum(len(f"{line.text}{line.speaker}".encode()) + 90 for line in transcript.lines)


def _episode_view(
    content: FeedContent,
    delivery: Delivery,
    words: Words,
    *,
    notes: str,
    transcript: _TranscriptView | None,
    whole: bool,
) -> _EpisodeView:
    episode = delivery.episode
    date = delivery.date.astimezone(UTC)
    title = clean_text(episode.title)
    host = clean_text(episode.host)
    return _EpisodeView(
        anchor=episode.anchor,
        title=title,
        is_long=_is_long(title),
        host=words.with_host.format(name=_isolated(host)) if host else "",
        host_name=host or clean_text(content.show.host),
        date=date.date().isoformat(),
        day=day_in_words(date, words),
        length=length_in_words(episode.master.duration_s, words),
        duration_s=f"{episode.master.duration_s:.1f}",
        waveform=episode.master.waveform,
        audio=content.audio_src(delivery),
        cover_url=content.small_cover_of(episode),
        own_cover_url=content.small_cover_of(episode) if episode.cover else "",
        player=words.player.format(title=_isolated(title)),
        play=words.play.format(title=_isolated(title)),
        pause=words.pause.format(title=_isolated(title)),
        notes=notes if whole else "",
        chapters=_chapter_views(delivery, words) if whole else (),
        transcript=transcript if whole else None,
    )


def _is_long(title: str) -> bool:
    """Return whether a title takes more than three lines on a phone; East Asian letters are twice as wide."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in title)
    return len(title) + wide > _FOLDED_LETTERS


def _chapter_views(delivery: Delivery, words: Words) -> tuple[_ChapterView, ...]:
    return tuple(
        _ChapterView(
            start_s=f"{chapter.start_s:.3f}".rstrip("0").rstrip("."),
            mark=time_mark(chapter.start_s),
            title=clean_text(chapter.title),
            url=safe_url(chapter.url),
            link=words.chapter_link.format(title=_isolated(chapter.title)),
        )
        for chapter in delivery.episode.chapters
    )


@lru_cache(maxsize=256)  # thousands of pages of one show hold the same few notes
def _notes(markdown: str) -> str:
    """Return notes as safe HTML: headings stand below the page's own, and skip no level (WCAG 1.3.1).

    Links open beside the page, so that what is playing goes on.
    """
    above: list[int] = []  # the headings in the notes that the text so far stands under

    def nested(tag: re.Match[str]) -> str:
        slash, level = tag[1], int(tag[2])
        if not slash:
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
        return f"<{slash}h{min(_LOWEST_HEADING, _HEADING_OVER_NOTES + len(above))}>"

    return re.sub(r"<(/?)h([1-6])>", nested, notes_html(markdown, new_tabs=True))


def _isolated(name: str) -> str:
    """Return *name* between Unicode isolates (UAX 9), so that its direction leaves the sentence around it alone."""
    return f"\u2068{clean_text(name)}\u2069"


def direction_of(language: str) -> str:
    """Return in which direction a language is written, as HTML's ``dir`` says it."""
    script_is_right_to_left = any(f"-{name}" in language.lower() for name in ("arab", "hebr"))
    return "rtl" if primary_language(language) in _RIGHT_TO_LEFT or script_is_right_to_left else "ltr"
