"""Show notes: Markdown in, safe HTML or plain text out.

Raw HTML is shown as text, dangerous links are dropped by the parser, and pictures become their description: a page
that loads a picture from elsewhere would tell somebody else who is listening.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import OptionsDict

_SAFE_LINK = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
_WEBSITE = re.compile(r"https?:", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\W_][^\s<>\"]{1,2000}", re.IGNORECASE)
_AFTER_ADDRESS = ".,;:!?…'’”»)]"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@cache
def _parser(*, new_tabs: bool = False) -> "MarkdownIt":
    from markdown_it import MarkdownIt  # imported when notes are rendered: start-up must stay quick

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.validateLink = lambda url: _SAFE_LINK.match(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("image", lambda _self, tokens, index, _options, _env: html.escape(tokens[index].content))
    parser.core.ruler.after("inline", "addresses", _link_addresses)
    if new_tabs:
        parser.add_render_rule("link_open", _open_in_new_tab)
    return parser


def _link_addresses(state: "StateCore") -> None:
    """Make links of addresses that stand in the text as they are: Markdown alone wants <> around them."""
    for block in state.tokens:
        if block.type == "inline":
            block.children = list(_with_links(block.children or [], state.md))


def _with_links(tokens: "Iterable[Token]", parser: "MarkdownIt") -> "Iterator[Token]":
    in_link = False
    for token in tokens:
        in_link = token.type == "link_open" or (in_link and token.type != "link_close")
        if token.type == "text" and not in_link:
            yield from _linked(token.content, parser)
        else:
            yield token


def _linked(text: str, parser: "MarkdownIt") -> "Iterator[Token]":
    from markdown_it.token import Token

    start = 0
    for found in _ADDRESS.finditer(text):
        address = _without_ending(found[0])
        yield Token("text", "", 0, content=text[start : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": parser.normalizeLink(address)})
        yield Token("text", "", 0, content=address)
        yield Token("link_close", "a", -1)
        start = found.start() + len(address)
    yield Token("text", "", 0, content=text[start:])


def _without_ending(address: str) -> str:
    """Return an address without what ends the sentence around it; a bracket that it opens is its own."""
    while address[-1] in _AFTER_ADDRESS and not (address[-1] == ")" and address.count("(") >= address.count(")")):
        address = address[:-1]
    return address


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
