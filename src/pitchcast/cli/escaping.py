"""Text from anywhere made safe to show: no character of it steers the terminal, hides, or changes the reading order.

What people need to read their own script stays as it is: Arabic and Hebrew letters, accents, emoji of several parts.
Everything else that cannot be seen is shown by its number.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import partial

_SUSPECT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""Controls, invisible and reordering characters [Unicode: Cc, Cf, Zl, Zp, Default_Ignorable_Code_Point]."""

_ZERO_WIDTH_NON_JOINER, _ZERO_WIDTH_JOINER = "\u200c", "\u200d"
_JOINING_SCRIPTS = ((0x0600, 0x08FF), (0x0900, 0x0DFF), (0x0F00, 0x109F), (0x1780, 0x18AF), (0x1B00, 0x1CFF))
"""Arabic and its like, the scripts of India, Tibetan, Burmese, Khmer, Mongolian: joiners change how letters look."""
_EMOJI_STYLES = "\ufe0e\ufe0f"
_SURROGATE = re.compile("[\ud800-\udfff]")


def printable(text: str, *, lines: bool = True) -> str:
    """Return *text* with what cannot be seen shown as ``\\x1b`` or ``\\u202e``.

    Line breaks and tabs stay; without *lines* they are shown too, as what is one cell or one line must stay one.
    """
    if text.isascii() and text.isprintable():
        return text
    return _SUSPECT.sub(partial(_shown, kept="\n\t" if lines else "", written=_escaped), text)


def printable_json(document: str) -> str:
    """Return a JSON document of the same meaning in which a terminal finds no such character."""
    return _SUSPECT.sub(partial(_shown, kept="\n", written=_json_escaped), document)


def without_surrogates(text: str) -> str:
    """Return *text* with ``�`` for the bytes of a name that were not UTF-8, so that it can be written as UTF-8."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _shown(found: re.Match[str], *, kept: str, written: Callable[[str], str]) -> str:
    char, (start, end) = found[0], found.span()
    before, after = found.string[max(start - 1, 0) : start], found.string[end : end + 1]
    return char if char in kept or _is_needed(char, before, after) else written(char)


def _is_needed(char: str, before: str, after: str) -> bool:
    """Return whether an invisible character belongs to how the visible ones around it are written."""
    if not before:
        return False
    if char in (_ZERO_WIDTH_JOINER, _ZERO_WIDTH_NON_JOINER) and after:
        return _joins_letters(before, after) or (char == _ZERO_WIDTH_JOINER and _joins_emoji(before, after))
    if char in _EMOJI_STYLES:
        return unicodedata.category(before) in ("So", "Sm", "Po", "Pd", "Nd")
    # Japanese names are told apart by variants of one character [Ideographic Variation Database]
    return "\U000e0100" <= char <= "\U000e01ef" and unicodedata.name(before, "").startswith("CJK")


def _joins_letters(before: str, after: str) -> bool:
    return _is_joining(before) and _is_joining(after)


def _joins_emoji(before: str, after: str) -> bool:
    return (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk")) and unicodedata.category(after) == "So"


def _is_joining(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _JOINING_SCRIPTS)


def _escaped(char: str) -> str:
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:  # a byte of a name that is not UTF-8 [PEP 383]
        return f"\\x{number - 0xDC00:02x}"
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _json_escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
