"""The documents of feed folders: each distinct feed is rendered once, and what is another's is filled in.

Fifty thousand prospects get the same few feeds, in which name, secret address, podcast:guid and QR code differ. A
``Renderer`` renders such a feed once with stand-ins in those places, and checks itself on the first real one; where
the two differ, or a name could mean something to XML, HTML or the rules for feeds, everything is rendered in full.
What is filled into a form stands only where pitchcast's own templates put it: as text, or in a quoted attribute.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from threading import Lock
from typing import NamedTuple
from xml.sax.saxutils import escape

import msgspec

from pitchcast.errors import FeedError
from pitchcast.feed.chapters import render_chapters
from pitchcast.feed.check.checker import check_feed
from pitchcast.feed.podcasting20 import rfc2822
from pitchcast.feed.rss import render_feed, render_tombstone
from pitchcast.feed.transcript import render_transcript
from pitchcast.model.episode import Episode
from pitchcast.model.feed import Feed, FeedContent
from pitchcast.model.layout import FEED_NAME, cover_name
from pitchcast.model.notes import clean_text
from pitchcast.model.objects import PublicFile, rendered_files
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Artwork
from pitchcast.model.token import TOKEN_LETTER, TOKEN_LETTERS
from pitchcast.model.transcript import Transcript
from pitchcast.page.call import render_call
from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.markup import escaped
from pitchcast.page.qr import QrCodes, qr_svg
from pitchcast.page.titles import feed_description, feed_title
from pitchcast.page.words import gone_words, words_in
from pitchcast.site.assets import Assets

_PATH = "qzjxkvwpyhbgfmdcqzjxkvwpyh"  # stand-ins: texts that nobody writes, in the shape of the real ones
_OWN_COVER = Artwork(sha256="qzjxkvwp" * 8, extension="jpg", size_px=3000)
_SMALL_COVER = Artwork(sha256="vbhgfmdc" * 8, extension="jpg", size_px=600)
_GUID = "5d1f3f0a-9f5c-5e0b-8d6a-2b7c4e9f1a63"
_NAME = "Qzjx & \"Kvwp\" 'Yhbg'"
_REVISION = "qzjx7340981652xq"
_UPDATED = datetime(9871, 6, 5, 4, 3, 21, tzinfo=UTC)
_MAX_NAME = 120
_NOT_PLAIN = re.compile(rf"[<>@]|://|&#?\w+;|{TOKEN_LETTER}{{20}}")
"""What a name may not hold to be filled in: what RSS or the rules for feeds could take for something else."""

Documents = dict[str, bytes]


def render_folder(content: FeedContent, assets: Assets) -> Documents:
    """Return every document of a feed's folder by name; ``feed.xml`` is last.

    Raises FeedError where apps or directories would reject the feed, CatalogError where *assets* lack what it needs,
    ConfigError where the company's templates make no page that may be published.
    """
    if content.audio_only:
        return {}
    documents = _render(content, assets)
    private = content.is_gone or content.feed.access == "private"
    found = check_feed(documents[FEED_NAME], where=content.feed.id, private=private, moved_to=content.new_feed_url)
    faults = [fault for fault in found if fault.level == "error"]
    if faults:
        listed = "; ".join(f"{fault.what} ({fault.do})" for fault in faults)
        raise FeedError(f"the feed {content.feed.id} would be rejected by podcast apps: {listed}")
    return documents


class Renderer:
    """``render_folder`` for many folders; threads may share one, and wait while one of them makes what all will use.

    *form_after* is how many feeds of one form are rendered in full before the form is made, which costs as much as two
    of them; *codes_after* is the same for QR codes, where preparing costs as much as that many.
    """

    def __init__(self, assets: Assets, *, form_after: int = 4, codes_after: int = 150) -> None:
        self._assets = assets
        self._form_after, self._codes_after = form_after, codes_after
        self._seen: Counter[bytes] = Counter()
        self._forms: dict[bytes, _Form | None] = {}
        self._asked: Counter[str] = Counter()
        self._codes: dict[str, QrCodes] = {}
        self._making = Lock()

    def render(self, content: FeedContent) -> Documents:
        """Return what ``render_folder`` returns. Raises what it raises."""
        stand_in = _stand_in(content)
        if stand_in is None:
            return render_folder(content, self._assets)
        key = hashlib.blake2b(msgspec.json.encode(stand_in), digest_size=16).digest()
        if key not in self._forms:
            with self._making:
                if key not in self._forms:
                    return self._render_one_more(key, content, stand_in)
        form = self._forms[key]
        return form.fill(content, self._qr) if form else render_folder(content, self._assets)

    def _render_one_more(self, key: bytes, content: FeedContent, stand_in: FeedContent) -> Documents:
        documents = render_folder(content, self._assets)
        self._seen[key] += 1
        if self._seen[key] >= self._form_after:
            form = _Form(stand_in, _render(stand_in, self._assets))
            same = form.fill(content, lambda one: qr_svg(one.page_url)) == documents
            self._forms[key] = form if same else None
        return documents

    def _qr(self, content: FeedContent) -> str:
        address, path = content.page_url, content.feed.path
        around = address.replace(path, _PATH)
        if around not in self._codes and not self._make_codes(around):
            return qr_svg(address)
        return self._codes[around].svg(path)

    def _make_codes(self, around: str) -> bool:
        with self._making:
            self._asked[around] += 1
            enough = self._asked[around] >= self._codes_after and around.count(_PATH) == 1
            if enough and around not in self._codes:
                self._codes[around] = QrCodes(around, _PATH, TOKEN_LETTERS)
        return enough


class _Values(NamedTuple):
    """What differs between the feeds of one form, as a document writes it."""

    qr: str
    guid: str
    path: str
    mark: str
    name: str
    revision: str
    updated: str
    cover: str
    small_cover: str


class _Form:
    """The documents of one feed, cut where another's values go."""

    def __init__(self, stand_in: FeedContent, documents: Documents) -> None:
        values = _values(stand_in, qr_svg(stand_in.page_url))
        self._cut = {name: _cut(body, _written(values, name)) for name, body in documents.items()}

    def fill(self, content: FeedContent, qr: Callable[[FeedContent], str]) -> Documents:
        """Return the documents with the values of *content*."""
        values = _values(content, "" if content.gone_page else qr(content))
        return {name: _filled(*cut, _written(values, name)) for name, cut in self._cut.items()}


def _render(content: FeedContent, assets: Assets) -> Documents:
    """Return the documents of a feed's folder by name, before anybody looked whether apps would take the feed."""
    files = rendered_files(content)
    texts = _Texts(content, assets, files)
    return {file.name: texts.of(file) for file in files}


class _Texts:
    """The documents of one folder: how each kind of them is made."""

    def __init__(self, content: FeedContent, assets: Assets, files: Sequence[PublicFile]) -> None:
        self._content = content
        self._own = assets.overrides(content.brand)
        self._transcripts: dict[str, Transcript] = {}
        for file in files:
            transcript = assets.transcript(_episode_of(file)) if file.kind == "transcript" else None
            if transcript:
                self._transcripts[file.name] = transcript

    def of(self, file: PublicFile) -> bytes:
        """Return a document."""
        match file.kind:
            case "chapters":
                return render_chapters(_episode_of(file))
            case "transcript":
                return render_transcript(self._transcripts[file.name])
            case "call":
                return self._call()
            case "page":
                return self._page
            case "feed":
                return self._feed()
        raise AssertionError(f"{file.kind} is copied, not rendered")

    def _call(self) -> bytes:
        """Return what leads to the call to action; where an ended address has none any more, the gone page again."""
        return render_call(self._content, overrides=self._own) if self._content.counts_calls else self._page

    @cached_property
    def _page(self) -> bytes:
        content = self._content
        if content.gone_page:
            return render_gone_page(content, overrides=self._own)
        return render_page(content, overrides=self._own, transcripts=self._transcripts)

    def _feed(self) -> bytes:
        content = self._content
        own_words = words_in(content.show.language, self._own)
        if not content.is_gone:
            return render_feed(
                content,
                title=feed_title(content, self._own),
                description=feed_description(content, self._own),
                hint=own_words.feed_hint.format(page=content.page_url),
            )
        words = gone_words(own_words, content.ending)
        return render_tombstone(content, title=words.gone_title, text=words.gone_text, language=words.language)


def _episode_of(file: PublicFile) -> Episode:
    if file.delivery is None:
        raise AssertionError(f"{file.kind} belongs to no episode")
    return file.delivery.episode


def _stand_in(content: FeedContent) -> FeedContent | None:
    """Return the content with stand-ins for what differs between prospects, None where it cannot be filled in."""
    if not _can_be_filled_in(content):
        return None
    folder, stand_in = f"/{content.feed.path}", f"/{_PATH}"
    prospect = content.prospect
    stood_in = msgspec.structs.replace(
        content,
        feed=_feed_stand_in(content.feed),
        prospect=_prospect_stand_in(content, prospect) if prospect else None,
        base_url=content.base_url.replace(folder, stand_in),
        covers={sha256: url.replace(folder, stand_in) for sha256, url in content.covers.items()},
        moved_to=content.moved_to.replace(folder, stand_in),
        revision=_REVISION,
        updated=content.updated and _UPDATED,
    )
    if content.own_cover is None:
        return stood_in
    small = _SMALL_COVER if content.own_cover.small else None
    return stood_in.with_own_cover(msgspec.structs.replace(_OWN_COVER, small=small))


def _can_be_filled_in(content: FeedContent) -> bool:
    """Return whether the documents of a feed can be made from those of another one of its form."""
    feed, prospect = content.feed, content.prospect
    if content.audio_only or len(feed.path) != len(_PATH):
        return False
    if feed.access == "public" and not content.is_gone:
        return False
    if content.brand.templates:
        return False  # a company's own templates may do anything with a name
    return prospect is None or _is_plain(content.addressee)


def _prospect_stand_in(content: FeedContent, prospect: Prospect) -> Prospect:
    """Return a prospect who is spoken to by the stand-in for a name, as a person or as a company's team."""
    language = prospect.language
    if content.team:
        return Prospect("prospect", "", _NAME, language=language, address="team")
    return Prospect("prospect", _NAME, language=language, address="person")


def _feed_stand_in(feed: Feed) -> Feed:
    """Return a feed with stand-ins, and without what no document says."""
    return msgspec.structs.replace(
        feed,
        id="feed",
        path=_PATH,
        prospect="prospect",
        releases=(),
        changed_revision=0,
        guid=_GUID,
        expires=None,
        earlier_paths=(),
        parent="",
        name="",
    )


def _is_plain(name: str) -> bool:
    """Return whether a name means nothing but itself in a feed, so that it needs no look of its own at the rules."""
    if not name or len(name) > _MAX_NAME:
        return False
    is_clean = clean_text(name) == name and " ".join(name.split()) == name
    return is_clean and not _NOT_PLAIN.search(name)


def _values(content: FeedContent, qr: str) -> _Values:
    feed = content.feed
    name = content.addressee
    covers = [cover_name(cover) for cover in (content.own_cover.sizes if content.own_cover else ())]
    large, small = (covers[0], covers[-1]) if covers else ("", "")
    updated = rfc2822(content.updated) if content.updated else ""
    return _Values(qr, content.podcast_guid, feed.path, feed.mark, name, content.revision, updated, large, small)


def _written(values: _Values, document: str) -> _Values:
    """Return the values as the document of that name escapes them."""
    name = values.name
    return values._replace(name=escaped(name) if document.endswith(".html") else escape(name))


def _cut(body: bytes, values: _Values) -> tuple[list[bytes], list[int]]:
    """Return *body* with every second part a value's stand-in, and which value each of those is."""
    numbers = {value.encode(): number for number, value in enumerate(values) if value}
    parts = re.split(b"(%b)" % b"|".join(map(re.escape, numbers)), body)
    return parts, [numbers[part] for part in parts[1::2]]


def _filled(parts: list[bytes], places: list[int], values: _Values) -> bytes:
    if not places:
        return parts[0]
    written = [value.encode() for value in values]
    filled = parts.copy()
    filled[1::2] = [written[place] for place in places]
    return b"".join(filled)
