"""What stands amid a show's own texts: titles that say whom a feed is for, its description, the line on its cover.

Where there are no words in the show's language, signs take their place: nothing is half in English.
"""

from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import clean_text
from pitchcast.page.overrides import Overrides
from pitchcast.page.words import Words, words_amid

_FIRST_TITLE = "{title} for {name}"
_FIRST_COVER = "for {name}"
"""What titles and covers said in every language before they took the words of the show's."""


def feed_title(content: FeedContent, overrides: Overrides | None = None) -> str:
    """Return a feed's title; whom it is for, said in it, deters passing a private feed on.

    It keeps the words that it began with, whatever language the show speaks by now.
    """
    language = content.feed.title_language
    return _title(content, words_amid(language, overrides).feed_title if language else _FIRST_TITLE)


def page_title(content: FeedContent, overrides: Overrides | None = None) -> str:
    """Return the title of a feed's page, in the words of the show's language."""
    return _title(content, words_amid(content.show.language, overrides).feed_title)


def feed_description(content: FeedContent, overrides: Overrides | None = None) -> str:
    """Return what a feed says of itself: the show's description, else by whom and for whom it is."""
    description = clean_text(content.show.description).strip()
    return description or _made_by(content, words_amid(content.show.language, overrides))


def cover_line(name: str, language: str, overrides: Overrides | None = None) -> str:
    """Return the line that says on a cover whom it is for; *language* is the cover's own, "" for “for”."""
    words = words_amid(language, overrides) if language else None
    said = (words.cover_for or words.for_whom) if words else _FIRST_COVER
    return said.format(name=name) if said else name


def _title(content: FeedContent, said: str) -> str:
    title, name = content.show.title, content.addressee
    if not name:
        return title
    return said.format(title=title, name=name) if said else f"{title} – {name}"


def _made_by(content: FeedContent, words: Words) -> str:
    host, name = (" ".join(clean_text(text).split()) for text in (content.show.host, content.addressee))
    said = words.feed_text_team if content.team else words.feed_text_for if name else words.feed_text
    if said and host:
        return said.format(host=host, name=name, company=name)
    return " – ".join(filter(None, (content.show.title, host, name)))
