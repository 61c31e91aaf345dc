"""Where a tap on the call to action goes first: to a page beside the feed that leads on, so that a log counts it.

It is a file like any other: no server decides anything, no script runs, and the website that it leads to does not
learn from where somebody came.
"""

from urllib.parse import urlsplit

from pitchcast.model.colours import page_palette
from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import clean_text
from pitchcast.page.listen import document_values, leading_frame
from pitchcast.page.look import Look
from pitchcast.page.overrides import Overrides
from pitchcast.page.policy import safe_url
from pitchcast.page.words import words_in


def render_call(content: FeedContent, *, overrides: Overrides | None = None) -> bytes:
    """Return the page that leads to the call to action's address at once, with a link where that does not happen.

    It names nobody. *overrides* are as for ``render_page``.
    """
    look = Look(overrides)
    url = safe_url(content.brand.call_to_action_url)
    style = look.style(page_palette(content.show, content.brand))
    language = content.show.language  # the page says nothing but the show's own words
    frame = leading_frame(content, style, language, url)
    values = {
        **document_values(language, words_in(language, overrides)),
        "language": language,
        "direction": frame.direction,
        "policy": frame.policy,
        "style": style.text,
        "title": clean_text(content.brand.call_to_action) or urlsplit(url).netloc,
        "url": url,
    }
    return look.page("call.html", values, frame)
