"""HTML that is written so plainly that every browser reads the same in it.

Browsers forgive everything: comments that end early, attributes without a space, tags in places where there is only
text. Whoever checks a page with another parser than the one that shows it can be led astray there. So nothing is
forgiven here: what could be read in two ways raises MarkupError, and what is left has the same tags for any reader.
"""

import html
import re
from functools import lru_cache
from typing import NamedTuple

_TAG = re.compile(r"""</?[A-Za-z][^"'<>]*(?:"[^"<]*"[^"'<>]*|'[^'<]*'[^"'<>]*)*>""")
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)")
_ATTRIBUTE = re.compile(r"""([A-Za-z_][A-Za-z0-9_:.-]*)(=(?:"[^"<]*"|'[^'<]*'|[A-Za-z0-9_.%-]+))?""")
_DOCTYPE = re.compile(r"<!doctype [a-z]{1,20}>", re.IGNORECASE)
_SPACE = frozenset(" \t\r\n")
_SHOWN = 60
_HOLDS_TEXT = frozenset({"title", "script", "style"})
"""Elements whose content browsers read as text alone; nothing else that they read so may stand in a page."""


class MarkupError(Exception):
    """Markup that browsers might read in another way, or that a page may not have; ``found`` is how it begins."""

    def __init__(self, fault: str, found: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.found = found


class Tag(NamedTuple):
    """A start tag, or an end tag (``ends``). ``text`` is as it is written; values are without character references."""

    text: str
    name: str
    attributes: dict[str, str]
    ends: bool
    is_empty: bool


class MarkupPiece(NamedTuple):
    """A doctype, comment or tag of a page, and where it stands. ``tag`` is None for the first two.

    ``content`` is what stands in a title, script or style; their end tags are part of the piece.
    """

    start: int
    end: int
    tag: Tag | None
    content: str


def escaped(text: str) -> str:
    """Return *text* for HTML, in an element or a quoted attribute, as Jinja2 escapes it."""
    return html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


def piece_at(page: str, at: int) -> MarkupPiece:
    """Return the doctype, comment or tag that begins with the “<” at *at*. Raises MarkupError."""
    if page.startswith("<!", at):
        return MarkupPiece(at, _end_of_declaration(page, at), None, "")
    found = _TAG.match(page, at)
    if found is None:
        raise MarkupError("a “<” that begins no complete tag; as a text it is written &lt;", page[at : at + _SHOWN])
    tag = read_tag(found[0])
    if tag.name in _HOLDS_TEXT and not tag.ends:
        end_tag = f"</{tag.name}>"
        end = page.find(end_tag, found.end())
        content = page[found.end() : end]
        if end < 0 or (tag.name == "title" and "<" in content):
            raise MarkupError(f"<{tag.name}> holds markup, or lacks {end_tag}", page[at : at + _SHOWN])
        return MarkupPiece(at, end + len(end_tag), tag, content)
    return MarkupPiece(at, found.end(), tag, "")


def _end_of_declaration(page: str, at: int) -> int:
    """Return where a comment or doctype ends.

    Comments are taken out of pages, so that no browser has to find their end; and that they hide nothing which stands
    there if one ends earlier (``<!-->``, ``--!>``), such ones are refused.
    """
    if page.startswith("<!--", at):
        end = page.find("-->", at + 4)
        text = page[at + 4 : end]
        if end < 0 or text.startswith((">", "->")) or "--!>" in text:
            raise MarkupError("a comment without a plain end", page[at : at + _SHOWN])
        return end + 3
    found = _DOCTYPE.match(page, at)
    if found is None:
        raise MarkupError("neither a comment nor a plain doctype", page[at : at + _SHOWN])
    return found.end()


@lru_cache(maxsize=4096)  # pages of one show share nearly all of their tags
def read_tag(text: str) -> Tag:
    """Return a whole tag by its parts. Raises MarkupError."""
    name = _NAME.match(text)
    if name is None:
        raise MarkupError("a tag without a name", text[:_SHOWN])
    ends, at, last = text.startswith("</"), name.end(), len(text) - 1
    attributes: dict[str, str] = {}
    while at < last:
        if text[at] in _SPACE:
            at += 1
            continue
        if text[at] == "/" and at == last - 1 and not ends:
            break
        part = _ATTRIBUTE.match(text, at)
        if part is None or ends or text[at - 1] not in _SPACE or part[1].lower() in attributes:
            raise MarkupError("a tag whose attributes are not all written as name=“value”, each once", text[:_SHOWN])
        attributes[part[1].lower()] = html.unescape(_unquoted((part[2] or "=")[1:]))
        at = part.end()
    return Tag(text, name[1].lower(), attributes, ends, text.endswith("/>"))


def _unquoted(value: str) -> str:
    return value[1:-1] if value.startswith(('"', "'")) else value
