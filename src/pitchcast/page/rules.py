"""What may stand in a page: elements, attributes and addresses that load, redirect and run nothing of anybody else's.

What is not listed is refused, so nothing that browsers learn later can slip in. A person may tap on a link to any
website; what a browser fetches by itself comes from the page's own host.
"""

import re
from functools import lru_cache

from pitchcast.page.markup import MarkupError, Tag, read_tag

Origins = frozenset[str]
"""Scheme and host of each place from which a page may load: ``https://listen.example.com``."""

_GLOBAL = frozenset(
    {"id", "class", "title", "lang", "dir", "hidden", "role", "tabindex", "translate", "spellcheck", "inert"}
    | {"itemscope", "itemprop", "itemtype", "accesskey", "autocapitalize", "enterkeyhint", "inputmode", "popover"}
)
_FREE = re.compile(r"(?:aria|data)-[a-z0-9_.:-]+")

_PLAIN = """
    p div span h1 h2 h3 h4 h5 h6 hgroup header footer main nav section article aside address search figure figcaption
    b i u s em strong small sub sup mark abbr cite q blockquote code pre kbd samp var bdi bdo br wbr hr dfn ruby rt rp
    ul dl dt dd table caption thead tbody tfoot tr summary fieldset legend picture template noscript title head body
"""
_FURTHER = {
    "html": "prefix",
    "a": "href target rel hreflang type download",
    "time": "datetime",
    "data": "value",
    "del": "datetime",
    "ins": "datetime",
    "ol": "start reversed type",
    "li": "value",
    "details": "open name",
    "dialog": "open",
    "col": "span",
    "colgroup": "span",
    "td": "colspan rowspan headers",
    "th": "colspan rowspan headers scope abbr",
    "img": "src srcset sizes alt width height loading decoding fetchpriority",
    "source": "src srcset sizes media type width height",
    "audio": "src controls preload loop muted",
    "video": "src poster controls preload loop muted playsinline width height",
    "track": "src kind srclang label default",
    "button": "type disabled name value popovertarget popovertargetaction",
    "input": "type value min max step readonly disabled name autocomplete placeholder size maxlength checked list",
    "select": "name disabled size",
    "option": "value selected disabled label",
    "optgroup": "label disabled",
    "datalist": "",
    "label": "for",
    "output": "for name",
    "progress": "value max",
    "meter": "value min max low high optimum",
    "meta": "name property content http-equiv charset media",
    "link": "rel href type title sizes hreflang media",
    "style": "",
    "script": "type",
    "svg": "",
}
_ELEMENTS = {name: _GLOBAL | set(further.split()) for name, further in _FURTHER.items()}
_ELEMENTS |= dict.fromkeys(_PLAIN.split(), _GLOBAL)

_DRAWN_FURTHER = """
    xmlns viewbox preserveaspectratio version width height x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points pathlength
    transform fill fill-opacity fill-rule clip-rule clip-path mask stroke stroke-width stroke-linecap stroke-linejoin
    stroke-dasharray stroke-dashoffset stroke-miterlimit stroke-opacity opacity color display visibility overflow
    vector-effect shape-rendering paint-order offset stop-color stop-opacity gradientunits gradienttransform
    spreadmethod clippathunits maskunits maskcontentunits patternunits patterncontentunits patterntransform focusable
    font-size font-weight font-family font-style text-anchor dominant-baseline letter-spacing textlength lengthadjust
    href
"""
_DRAWN = _GLOBAL | set(_DRAWN_FURTHER.split())
_DRAWINGS = {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "title"}
_DRAWINGS |= {
    "desc",
    "defs",
    "symbol",
    "use",
    "lineargradient",
    "radialgradient",
    "stop",
    "clippath",
    "mask",
    "pattern",
}

_META_NAMES = frozenset(
    {"viewport", "color-scheme", "theme-color", "description", "author", "keywords", "generator", "application-name"}
    | {"apple-mobile-web-app-title", "format-detection", "robots", "referrer"}
)
_STRICTER = {
    "robots": frozenset({"noindex", "nofollow", "noarchive", "nosnippet", "noimageindex", "none"}),
    "referrer": frozenset({"no-referrer"}),
}
"""What a template may say of these: only what tells no more than pitchcast's own pages do."""
_SHARED_META = re.compile(r"(?:og|article|profile|music|twitter|fb):[a-z0-9_:-]+")
_FETCHED_META = frozenset(
    {"image", "url", "secure_url", "audio", "video", "player", "stream", "src", "logo", "webfeed"}
)
_ABOUT_FETCHED = frozenset({"width", "height", "alt", "type"})

_LINK_RELATIONS = frozenset({"icon", "shortcut", "apple-touch-icon", "mask-icon", "canonical", "alternate"})
_NO_PICTURE = "data:,"
_SCHEMES = frozenset(
    {"http", "https", "mailto", "tel", "sms"}
    | {"podcast", "overcast", "pktc", "castro", "castros", "pcast", "podcastaddict"}
)
_SCHEME = re.compile(r"[^:/?#]{0,4000}:")
_TARGETS = frozenset({"_blank", "_self"})
_INPUTS = frozenset({"", "text", "search", "range", "checkbox", "radio", "number", "hidden", "button"})
_LOADED = frozenset({"src", "poster", "data-cover"})
_NEVER_IN_ADDRESS = re.compile(r"[\x00-\x1f\\]|^ ")
_CANDIDATE = re.compile(r"([^\s,]{1,2000})(?: [0-9.]{1,9}[wx])?")
_PAINT = re.compile(r"[^(\\]*|url\(#[\w-]{1,200}\)|(?:rgb|rgba|hsl|hsla)\([0-9., %/]{1,60}\)", re.IGNORECASE)
_NO_PAINT = frozenset({"transform", "gradienttransform", "patterntransform"}) | _GLOBAL


@lru_cache(maxsize=8192)  # pages of one show share nearly all of their tags
def read_allowed_tag(text: str, origins: Origins, *, drawing: bool = False) -> Tag:
    """Return a tag that may stand in a page; within an SVG, where *drawing*, others may than elsewhere.

    Raises MarkupError. Whether a meta, script or style may stand there depends on more than the tag.
    """
    tag = read_tag(text)
    known = _DRAWINGS if drawing else _ELEMENTS
    if tag.name not in known:
        raise MarkupError(
            f"<{tag.name}> is not among what a page may hold{' in an SVG' if drawing else ''}", text[:200]
        )
    is_drawn = drawing or tag.name == "svg"
    allowed = _DRAWN if is_drawn else _ELEMENTS[tag.name]
    for name, value in tag.attributes.items():
        if name not in allowed and not _FREE.fullmatch(name):
            raise MarkupError(f"the attribute {name} of <{tag.name}> is not among what a page may hold", text[:200])
        fault = _fault_of_drawing(name, value) if is_drawn else _fault_of_value(tag, name, value, origins)
        if fault:
            raise MarkupError(fault, text[:200])
    return tag


def fault_of_address(url: str, origins: Origins) -> str:
    """Return what is wrong with an address that a browser fetches by itself; "" for one of the page's own host."""
    whole = any(url == origin or url.startswith((f"{origin}/", f"{origin}?")) for origin in origins)
    beside = not url.startswith("//") and not _SCHEME.match(url)
    if (whole or beside) and not _NEVER_IN_ADDRESS.search(url):
        return ""
    return f"the page must not load {url[:80]!r}, which is not on its own host"


def _fault_of_value(tag: Tag, name: str, value: str, origins: Origins) -> str:
    """Return what is wrong with the value of an attribute that *tag* may have, "" for nothing."""
    if name in _LOADED:
        return fault_of_address(value, origins)
    if name == "srcset":
        return _fault_of_candidates(value, origins)
    if tag.name == "a":
        return _fault_of_link(name, value)
    if tag.name == "link":
        return _fault_of_relation(tag, name, value, origins)
    if tag.name == "meta":
        return _fault_of_meta(tag, name, value, origins)
    return _fault_of_type(tag, value) if name == "type" else ""


def _fault_of_type(tag: Tag, value: str) -> str:
    if tag.name == "input" and value.lower() not in _INPUTS:
        return f"a page has no <input type={value[:20]!r}>"
    if tag.name == "button" and value.lower() != "button":
        return "a <button> in a page sends nothing, so its type is “button”"
    return ""


def _fault_of_target(url: str) -> str:
    """Return what is wrong with the address that a link leads to, "" for nothing."""
    scheme = _SCHEME.match(url)
    if scheme and scheme[0][:-1].lower() not in _SCHEMES:
        return f"a link must not lead to {url[:40]!r}: it is neither a website, a mail, a call nor a podcast app"
    begins_with_space = url != "" and url[0] <= " "
    if scheme is None and begins_with_space:
        return f"a link must not begin with a space: {url[:40]!r}"
    return ""


def _fault_of_link(name: str, value: str) -> str:
    if name == "href":
        return _fault_of_target(value)
    if name == "target" and value.lower() not in _TARGETS:
        return "a link opens in target=“_blank” or in the page itself"
    if name == "rel" and "opener" in value.lower().split():
        return "a link must not hand the page over with rel=“opener”"
    return ""


def _fault_of_relation(tag: Tag, name: str, value: str, origins: Origins) -> str:
    if name == "rel" and (not value.split() or not set(value.lower().split()) <= _LINK_RELATIONS):
        return f"<link rel={value[:40]!r}> is not among what a page may hold"
    if name != "href":
        return ""
    if not tag.attributes.get("rel"):
        return "a <link> without rel"
    return "" if value == _NO_PICTURE else fault_of_address(value, origins)


def _fault_of_meta(tag: Tag, name: str, value: str, origins: Origins) -> str:
    if name in ("name", "property", "itemprop"):
        given = value.lower()
        if name != "itemprop" and given not in _META_NAMES and not _SHARED_META.fullmatch(given):
            return f"<meta {name}={value[:40]!r}> is not among what a page may hold"
        content = tag.attributes.get("content", "")
        said = set(content.lower().replace(",", " ").split())
        if given in _STRICTER and not said <= _STRICTER[given]:
            return f"<meta {name}={given!r}> may not say {content[:40]!r}"
        parts = given.split(":")
        if _FETCHED_META & set(parts) and parts[-1] not in _ABOUT_FETCHED:
            return fault_of_address(content, origins)
    return ""


def _fault_of_candidates(value: str, origins: Origins) -> str:
    for candidate in value.split(","):
        found = _CANDIDATE.fullmatch(candidate.strip(" "))
        if found is None:
            return f"srcset is written as “picture.png 1x, larger.png 2x”, not {value[:60]!r}"
        if fault := fault_of_address(found[1], origins):
            return fault
    return ""


def _fault_of_drawing(name: str, value: str) -> str:
    """Return what is wrong with an attribute in an SVG: whatever it refers to stands in the page itself."""
    if name == "href" and not value.startswith("#"):
        return f"an SVG in a page must not refer to {value[:60]!r}, which stands elsewhere"
    if name not in _NO_PAINT and not _FREE.fullmatch(name) and not _PAINT.fullmatch(value):
        return f"an SVG in a page must not refer to {value[:60]!r}, which stands elsewhere"
    return ""
