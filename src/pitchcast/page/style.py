"""What a company's own style sheet may hold: it loads nothing but pictures that lie beside the page.

Escapes are resolved first, everywhere, also where they would mean nothing, so that no function hides behind one.
"""

import re
from typing import NamedTuple

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\r\n\f])?|([^\r\n\f0-9a-fA-F]))")  # CSS Syntax, 4.3.7
_FORBIDDEN = {
    "holds “<” before a letter or a sign, which could end the page's style": re.compile(r"<[A-Za-z/!?]"),
    "must not load anything with @import": re.compile(r"@import", re.IGNORECASE),
    "names a picture in another way than with url()": re.compile(r"(?:src|image|image-set)\(", re.IGNORECASE),
}
_URL = re.compile(r"url\(", re.IGNORECASE)
_BESIDE = re.compile(r"""(?:"[\w.%/ -]{0,500}"|'[\w.%/ -]{0,500}'|[\w.%/-]{0,500}|"?#[\w-]{1,200}"?)\)""", re.ASCII)
_LAST = 0x10FFFF
_SHOWN = 60


class StyleFault(NamedTuple):
    """What is wrong with a line of a style sheet."""

    line: int
    fault: str


def fault_of_style(text: str) -> StyleFault | None:
    """Return the first fault of a style sheet, None where it has none."""
    resolved = _ESCAPE.sub(_resolved, text)
    for fault, pattern in _FORBIDDEN.items():
        found = pattern.search(text) or pattern.search(resolved)
        if found:
            return StyleFault(_line_of(found), fault)
    for found in _URL.finditer(resolved):
        beside = _BESIDE.match(resolved, found.end())
        if beside is None or beside[0].lstrip(" \"'").startswith("//"):
            shown = resolved[found.start() :][:_SHOWN].split("\n")[0]
            return StyleFault(_line_of(found), f"must not load {shown}, which does not lie on the page's own host")
    return None


def _resolved(escape: re.Match[str]) -> str:
    if escape[2]:
        return escape[2]
    code = int(escape[1], 16)
    return chr(code) if 0 < code <= _LAST else "\ufffd"


def _line_of(found: re.Match[str]) -> int:
    return found.string.count("\n", 0, found.start()) + 1
