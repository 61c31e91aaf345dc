"""A file dropped on a terminal, or a path pasted there, as the path that is meant.

Terminals write it with backslashes, in single or double quotes, as a ``file://`` address, or as it is; some put a space
behind it. macOS takes names apart that others write in one piece (é as e and an accent).
"""

import os
import re
import shlex
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit


def dropped_path(text: str) -> Path:
    """Return the path that *text* stands for: the first reading that exists, else the likeliest one."""
    readings = list(dict.fromkeys(_readings(text)))
    for reading in readings:
        for name in (reading, *(unicodedata.normalize(form, reading) for form in ("NFC", "NFD"))):
            if _exists(name):
                return Path(name)
    return Path(readings[-1])


def _readings(text: str) -> Iterator[str]:
    """Give the ways to read a text, the literal one first: a file may be called like anything."""
    typed = text.strip()
    yield typed
    yield os.path.expanduser(typed)  # noqa: PTH111 - Path.expanduser raises for a user who does not exist
    plain = _unquoted(typed.removeprefix("& "))  # which PowerShell and VS Code write before a path
    yield plain
    yield _from_address(plain) if plain.lower().startswith("file:") else os.path.expanduser(plain)  # noqa: PTH111


def _unquoted(text: str) -> str:
    """Return a text without the quotes of a shell around it; as it is where it is not exactly one word to a shell."""
    if sys.platform == "win32":  # its backslashes part folders
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
    try:
        words = shlex.split(text)
    except ValueError:  # a quote without its other half
        return text
    return words[0] if len(words) == 1 else text


def _from_address(address: str) -> str:
    """Return the path of a ``file://`` address."""
    try:
        path = unquote(urlsplit(address.replace("?", "%3F").replace("#", "%23")).path)
    except ValueError:
        return address
    return path[1:] if re.match(r"^/[A-Za-z]:", path) and sys.platform == "win32" else path


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for a name, or with a zero byte
        return False
