"""What pitchcast itself writes of every page, and the look at the rest before it becomes a page.

Doctype, charset, policy, and what asks not to be found stand at the very beginning, whatever a template says. The
template's own beginning is taken out. The rest is read tag by tag: what would load, redirect or run anything beyond
what the page itself needs is refused, in the very bytes that will be published.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from pitchcast.errors import ConfigError
from pitchcast.invocation import pitchcast_command
from pitchcast.page.markup import MarkupError, MarkupPiece, Tag, escaped, piece_at
from pitchcast.page.overrides import Overrides
from pitchcast.page.rules import Origins, read_allowed_tag

_BASICS = {"viewport": "width=device-width, initial-scale=1", "color-scheme": "light dark"}
_HIDDEN = {"robots": "noindex", "referrer": "no-referrer"}
_REFRESH = re.compile(r"[0-9]{1,3}; ?url=")
_UTF_8 = frozenset({"utf-8", "text/html; charset=utf-8", "text/html;charset=utf-8"})
_MOST_CHARACTERS = 2_000_000
_MOST_REMEMBERED = 8_192
_LONGEST_REMEMBERED = 1_000
_WEIGHED = frozenset({"html", "head", "meta", "style", "script"})
"""Elements of which more than the tag decides whether they may stand there."""
_DATA_TYPE = "application/ld+json"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What pitchcast knows of a page beforehand: what it writes itself, and what of the rest is its own.

    ``is_hidden`` pages ask not to be found and send no referrer. ``leads_to`` is where a page leads on at once.
    """

    language: str
    direction: str
    policy: str
    style: str
    origins: Origins
    is_hidden: bool = True
    theme_color: str = ""
    script: str = ""
    data: str = ""
    leads_to: str = ""


class PageRefused(ConfigError):
    """A template makes a page that would load, redirect or run something; ``found`` is what stands there."""

    def __init__(self, message: str, *, hint: str = "", found: str = "") -> None:
        super().__init__(message, hint=hint)
        self.found = found


def origins_of(*urls: str) -> Origins:
    """Return scheme and host of those of the addresses that are whole."""
    parts = [urlsplit(url) for url in urls]
    return frozenset(f"{part.scheme}://{part.netloc}" for part in parts if part.scheme and part.netloc)


def framed(body: str, frame: Frame, name: str, overrides: Overrides | None) -> str:
    """Return the page of what the template *name* wrote. Raises PageRefused naming the template."""
    reading = _TemplateReading(frame)
    try:
        rest = "".join(reading.kept_of(body))
    except MarkupError as error:
        raise _refused(error, name, overrides) from error
    return f"{_opening(frame, reading.html_tag, reading.named)}{rest}"


def _opening(frame: Frame, html_tag: str, named: set[str]) -> str:
    """Return how the page begins. Of what only concerns its looks, what the template *named* itself is left to it."""
    looks = _BASICS | ({"theme-color": frame.theme_color} if frame.theme_color else {})
    metas = {key: content for key, content in looks.items() if key not in named} | (_HIDDEN if frame.is_hidden else {})
    lines = (
        "<!doctype html>",
        html_tag or f'<html lang="{escaped(frame.language)}" dir="{escaped(frame.direction)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_in_quotes(frame.policy)}">',
        *(f'<meta name="{key}" content="{escaped(content)}">' for key, content in metas.items()),
    )
    return "".join(f"{line}\n" for line in lines)


def _in_quotes(policy: str) -> str:
    """Return a policy for an attribute in double quotes, where its many single ones may stand as they are."""
    return escaped(policy).replace("&#39;", "'")


@dataclass
class _TemplateReading:
    """One reading of what a template wrote: what it said of the page as a whole, and the SVG elements that are open.

    Pages of one show have most of their lines in common, so a line that holds nothing but whole, harmless tags is
    remembered and not read again.
    """

    frame: Frame
    html_tag: str = ""
    named: set[str] = field(default_factory=set)
    _drawn: list[str] = field(default_factory=list)
    _began: bool = False

    def kept_of(self, body: str) -> Iterator[str]:
        """Yield the parts of *body* that become part of the page. Raises MarkupError."""
        if len(body) > _MOST_CHARACTERS:
            raise MarkupError("the page is far longer than any page should be", "")
        kept_to = at = len(body) - len(body.lstrip())
        for piece in self._unknown_pieces(body, at):
            if self._is_kept(piece):
                continue
            yield body[kept_to : piece.start]
            kept_to = piece.end
            if body[kept_to : kept_to + 1] == "\n" and body[piece.start - 1 : piece.start] in ("", "\n"):
                kept_to += 1
        if self._drawn:
            raise MarkupError("an <svg> that does not end", "<svg")
        yield body[kept_to:]

    def _unknown_pieces(self, body: str, at: int) -> Iterator[MarkupPiece]:
        """Yield the pieces of *body* from *at* on, without those of lines that are known."""
        known = _known_lines(self.frame.origins)
        while at < len(body):
            end = _end_of_line(body, at)
            line = body[at:end]
            if line in known and self._began and not self._drawn:
                at = end + 1
                continue
            is_harmless = not self._drawn
            start = body.find("<", at, end)
            while start >= 0:
                piece = piece_at(body, start)
                yield piece
                if piece.end > end:
                    end = _end_of_line(body, piece.end)
                    is_harmless = False
                is_harmless &= piece.tag is not None and piece.tag.name not in _WEIGHED
                start = body.find("<", piece.end, end)
            if is_harmless and not self._drawn and len(line) < _LONGEST_REMEMBERED:
                known.add(line)
            at = end + 1

    def _is_kept(self, piece: MarkupPiece) -> bool:
        """Return whether a piece stays in the page; False for what pitchcast writes itself. Raises MarkupError."""
        if piece.tag is None:
            return False  # comments, and doctypes
        tag = read_allowed_tag(piece.tag.text, self.frame.origins, drawing=bool(self._drawn))
        if tag.name == "svg" or self._drawn:
            self._follow_drawing(tag)
        if tag.name in ("html", "head") and not tag.ends:
            self._begin(tag)
            return False
        self._began = True
        if tag.name == "meta":
            return self._is_meta_kept(tag)
        if tag.name in ("style", "script") and not tag.ends:
            self._check_inline(tag, piece.content)
        return True

    def _begin(self, tag: Tag) -> None:
        if self._began:
            raise MarkupError(f"<{tag.name}> stands after other parts of the page", tag.text)
        if tag.name == "html":
            self.html_tag = tag.text

    def _follow_drawing(self, tag: Tag) -> None:
        """Keep account of the open elements of an SVG: browsers leave it at an end tag that does not match."""
        if tag.ends:
            if not self._drawn or self._drawn.pop() != tag.name:
                raise MarkupError(f"</{tag.name}> in an SVG ends nothing that began there", tag.text)
        elif not tag.is_empty and tag.name != "title":  # a title is read together with its end
            self._drawn.append(tag.name)

    def _is_meta_kept(self, tag: Tag) -> bool:
        """Return whether a <meta> stays: of what pitchcast decides itself, a template may only say the same."""
        given = tag.attributes
        content, equivalent = given.get("content", ""), given.get("http-equiv", "").lower()
        if "charset" in given or equivalent == "content-type":
            _refuse_unless(given.get("charset", content).lower() in _UTF_8, "a charset of its own", tag)
            return False
        if equivalent == "content-security-policy":
            _refuse_unless(content == self.frame.policy, "a policy of its own", tag)
            return False
        if equivalent == "refresh":
            leads_on = self.frame.leads_to and content == f"{_delay(content)}{self.frame.leads_to}"
            _refuse_unless(bool(leads_on), "a redirect of its own", tag)
            return True
        _refuse_unless(not equivalent, f"<meta http-equiv={equivalent!r}>", tag)
        name = given.get("name", "").lower()
        self.named.add(name)
        return not (self.frame.is_hidden and _HIDDEN.get(name) == content)

    def _check_inline(self, tag: Tag, content: str) -> None:
        """Raise MarkupError for a style or script that is not pitchcast's own to the letter."""
        own = {"style": {(self.frame.style, "")}, "script": {(self.frame.script, ""), (self.frame.data, _DATA_TYPE)}}
        if not content or (content, tag.attributes.get("type", "")) not in own[tag.name]:
            what = f"the page's policy does not allow the <{tag.name}> that begins {content.strip()[:30]!r}"
            raise MarkupError(what, tag.text)


def _refuse_unless(is_ours: bool, what: str, tag: Tag) -> None:
    if not is_ours:
        raise MarkupError(f"the page must not have {what}", tag.text)


@lru_cache(maxsize=16)
def _lines(_origins: Origins) -> set[str]:
    return set()


def _known_lines(origins: Origins) -> set[str]:
    """Return where lines are remembered that are harmless in every page which loads from these hosts."""
    known = _lines(origins)
    if len(known) > _MOST_REMEMBERED:
        known.clear()
    return known


def _end_of_line(body: str, at: int) -> int:
    end = body.find("\n", at)
    return end if end >= 0 else len(body)


def _delay(content: str) -> str:
    found = _REFRESH.match(content)
    return found[0] if found else ""


def _refused(error: MarkupError, name: str, overrides: Overrides | None) -> PageRefused:
    if overrides is None:
        return PageRefused(f"pitchcast's own {name}: {error.fault}", hint="Report this as a bug.", found=error.found)
    own = name if name in overrides.files else "its templates"
    return PageRefused(
        f"{overrides.place}/{own}: {error.fault}{_where(error.found, overrides)}",
        hint="Correct the template; docs/page.md tells what a page may hold. "
        f"Or take pitchcast's own page again: {pitchcast_command('show edit --templates', '')}",
        found=error.found,
    )


def _where(found: str, overrides: Overrides) -> str:
    """Return the lines that begin as what was found does, where there are few: a template is longer than its fault."""
    begin = found.split("\n")[0][:24].rstrip(" >").lower()
    places = overrides.template_lines(lambda line: bool(begin) and begin in line.lower())
    return f" (see {', '.join(places)})" if 0 < len(places) <= 3 else ""
