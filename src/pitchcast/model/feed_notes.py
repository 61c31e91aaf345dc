"""Show notes as feeds carry them: only the tags that PSP-1 allows, and no more bytes than apps take.

A page shows all that Markdown can say. In a feed headings become bold paragraphs, lines and code become paragraphs of
their own, and quotations lose their frame.
"""

import re

from pitchcast.errors import UsageError
from pitchcast.model.notes import notes_html
from pitchcast.model.text import MAX_NOTES_BYTES, check_notes

ALLOWED_TAGS = frozenset({"p", "ol", "ul", "li", "a", "b", "i", "strong", "em"})
"""What PSP-1 allows in a description."""

_CODE = re.compile(r"<pre><code[^<>]*>([^<]*)</code></pre>")
_TAG = re.compile(r"<(/?)([a-z]{1,10}[1-6]?)[^<>]*>")
_HEADING = re.compile(r"h[1-6]")
_LINE_END = re.compile(r"<br />\n?")
_PIECE = re.compile(r"<br />\n?|<(/?)([a-z]{1,10})[^<>]*>|[^<]+")
_SMALL_PIECE = re.compile(r"<(/?)([a-z]{1,10})[^<>]*>|&[#a-z0-9A-Z]{1,31};|[^<&\s]{1,24}|\s{1,24}|[<&]")
_LISTS = ("ol", "ul")
_LEFT_OUT = "…"


def feed_notes_html(markdown: str) -> str:
    """Return notes as HTML in which there is nothing but the tags that PSP-1 allows."""
    paragraphs = _CODE.sub(_code_lines, notes_html(markdown))
    allowed = _TAG.sub(_allowed_tag, paragraphs)
    return re.sub(r"\n{2,}", "\n", _without_line_ends(allowed)).strip()


def shortened(markup: str, at_most_bytes: int) -> str:
    """Return what ``feed_notes_html`` returned, cut between words where it is longer, with every tag closed."""
    if len(markup.encode()) <= at_most_bytes:
        return markup
    kept: list[str] = []
    names: list[str] = []
    room = at_most_bytes - len(_LEFT_OUT.encode())
    for match in _SMALL_PIECE.finditer(markup):
        after = _opened(names, match)
        room -= len(match[0].encode())
        if room < len(_closing(after).encode()):
            break
        kept.append(match[0])
        names = after
    left_out = _LEFT_OUT if names and names[-1] not in _LISTS else ""
    return "".join(kept).rstrip() + left_out + _closing(names)


def check_feed_notes(text: str) -> str:
    """Return show notes as ``check_notes`` does. Raises UsageError also where they are too long once they are HTML."""
    notes = check_notes(text)
    size_bytes = len(feed_notes_html(notes).encode(errors="replace"))
    if size_bytes > MAX_NOTES_BYTES:
        what = f"the notes take {size_bytes} bytes as podcast apps get them; they show at most {MAX_NOTES_BYTES}"
        raise UsageError(what, hint="Shorten them: links, lists and bold text count with their tags.")
    return notes


def _code_lines(code: re.Match[str]) -> str:
    lines = [line for line in code[1].splitlines() if line.strip()]
    return f"<p>{'<br />'.join(lines)}</p>" if lines else ""


def _allowed_tag(tag: re.Match[str]) -> str:
    """Return what stands in a feed for a tag of the page."""
    closing, name = tag[1], tag[2]
    if name in ALLOWED_TAGS or name == "br":
        return tag[0]
    if _HEADING.fullmatch(name):
        return "</strong></p>" if closing else "<p><strong>"
    return ""


def _without_line_ends(markup: str) -> str:
    """Return HTML in which each line of a paragraph is a paragraph; in an item of a list the lines run on."""
    parts: list[str] = []
    opened: list[tuple[str, str]] = []
    for match in _PIECE.finditer(markup):
        piece, closing, name = match[0], match[1], match[2]
        if _LINE_END.fullmatch(piece):
            piece = _next_paragraph(opened)
        elif closing:
            opened.pop()
        elif name:
            opened.append((name, piece))
        parts.append(piece)
    return "".join(parts)


def _next_paragraph(opened: list[tuple[str, str]]) -> str:
    """Return what ends the paragraph and what is open in it, and begins the next one with the same."""
    names = [name for name, _ in opened]
    if "p" not in names:
        return " "
    inside = opened[names.index("p") :]
    return _closing([name for name, _ in inside]) + "\n" + "".join(tag for _, tag in inside)


def _opened(names: list[str], piece: re.Match[str]) -> list[str]:
    """Return the names of the tags that are open after a piece, those before it given."""
    closing, name = piece[1], piece[2]
    if not name:
        return names
    return names[:-1] if closing else [*names, name]


def _closing(names: list[str]) -> str:
    return "".join(f"</{name}>" for name in reversed(names))
