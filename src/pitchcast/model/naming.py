"""How ids and slugs are made from what people write: lowercase a-z, 0-9 and hyphens, safe as key and file name."""

import hashlib
import re
import unicodedata
from collections.abc import Container

from pitchcast.model.token import looks_like_token

_MAX_LENGTH = 60
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}  # Windows
_NOT_ALNUM = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "å": "a", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})


def make_slug(text: str, *, fallback: str) -> str:
    """Return *text* as a slug; where no Latin letter or digit is in it, ``<fallback>-<hash6>``.

    A slug never looks like a token and is no name that Windows reserves.
    """
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    slug = _NOT_ALNUM.sub("-", plain).strip("-")[:_MAX_LENGTH].strip("-")
    if not slug or _mostly_lost(plain, slug):
        return f"{fallback}-{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:6]}"
    if slug in _RESERVED or looks_like_token(slug):
        return f"{fallback}-{slug}"
    return slug


def unique(name: str, taken: Container[str]) -> str:
    """Return *name*, or *name* with the first of ``-2``, ``-3`` … that is not taken."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def compare_form(text: str) -> str:
    """Return *text* as it is compared when people name things: without case, accents and punctuation."""
    if text.isascii():  # the same as below, in a tenth of the time
        return _NOT_ALNUM.sub(" ", text.lower()).strip()
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = "".join(char if char.isalnum() else " " for char in folded if not unicodedata.combining(char))
    return " ".join(kept.split())


def _mostly_lost(plain: str, slug: str) -> bool:
    letters = sum(char.isalnum() for char in plain[:_MAX_LENGTH])
    return sum(char.isalnum() for char in slug) * 2 < letters
