"""Tokens: the secret folders of private feeds, what they look like, and how they are kept out of logs and messages."""

import base64
import re
from collections.abc import Callable, Container

NewToken = Callable[[], str]

TOKEN_LENGTH = 26
TOKEN_BYTES = 17
"""How many random bytes a token is made from: it stands for 130 bits."""
TOKEN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz234567")
TOKEN_LETTER = "[a-z2-7]"  # noqa: S105 - the pattern of any token's letters
"""The pattern of one letter of a token: lowercase base32 [RFC 4648, section 6]."""
TOKEN_PATTERN = f"{TOKEN_LETTER}{{{TOKEN_LENGTH}}}"
"""The pattern of a token, for texts in which it is known where one begins and ends."""

_SHOWN = 4  # letters of a masked token: enough to tell one from another, far too few to guess the rest
_MASKED = re.compile(
    rf"(?<!{TOKEN_LETTER})({TOKEN_LETTER}{{{_SHOWN}}}){TOKEN_LETTER}{{{TOKEN_LENGTH - _SHOWN}}}(?!{TOKEN_LETTER})"
)


def make_token(random_bytes: bytes) -> str:
    """Return the 26 characters of lowercase base32 that stand for 130 of the given 17 or more random bytes' bits."""
    return base64.b32encode(random_bytes[:TOKEN_BYTES]).decode("ascii").lower()[:TOKEN_LENGTH]


def fresh_token(used: Container[str], new_token: NewToken) -> str:
    """Return a token that is not among *used*."""
    while (token := new_token()) in used:
        pass
    return token


def looks_like_token(text: str) -> bool:
    """Return whether a folder's name is one that only pitchcast gives."""
    return len(text) == TOKEN_LENGTH and set(text) <= TOKEN_LETTERS


def mask_tokens(text: str) -> str:
    """Return *text* with every token cut to its first four characters, for logs and messages."""
    return _MASKED.sub(r"\1…", text)
