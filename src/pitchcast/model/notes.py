"""Show notes: Markdown in, safe HTML or plain text out.

Raw HTML is shown as text, dangerous links are dropped by the parser, and pictures become their description: a page
that loads a picture from elsewhere would tell somebody else who is listening.
"""

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

_SAFE_LINK = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
_WEBSITE = re.compile(r"https?:", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@cache
def _parser(*, new_tabs: bool = False) -> "MarkdownIt":
    from markdown_it import MarkdownIt  # imported when notes are rendered: start-up must stay quick

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.validateLink = lambda url: _SAFE_LINK.match(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("image", lambda _self, tokens, index, _options, _env: html.escape(tokens[index].content))
    if new_tabs:
        parser.add_render_rule("link_open", _open_in_new_tab)
    return parser


def _open_in_new_tab(
    renderer: "RendererHTML", tokens: "Sequence[Token]", index: int, options: "OptionsDict", env: Any
) -> str:
    """Return the tag of a link, which opens a website beside the page: a mail or a call needs no tab of its own."""
    if _WEBSITE.match(str(tokens[index].attrGet("href") or "")):
        tokens[index].attrSet("target", "_blank")
        tokens[index].attrSet("rel", "noopener")
    return renderer.renderToken(tokens, index, options, env)


def clean_text(text: str) -> str:
    """Return *text* without characters that XML 1.0 forbids (section 2.2); line breaks and tabs stay."""
    return _CONTROL.sub("", text)


def notes_html(markdown: str, *, new_tabs: bool = False) -> str:
    """Return notes as HTML in which nothing is active but links to http, https, mailto and tel.

    With *new_tabs* websites open beside the page, so that what is playing goes on.
    """
    return str(_parser(new_tabs=new_tabs).render(clean_text(markdown))).strip()


def notes_text(markdown: str) -> str:
    """Return notes as plain text, for tags and previews."""
    without_tags = re.sub(r"<[^<>]+>", "", notes_html(markdown))
    return re.sub(r"\n{3,}", "\n\n", html.unescape(without_tags)).strip()
