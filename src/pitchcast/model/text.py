"""What text people may give: limits that RSS, ID3 and file systems share."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from pitchcast.errors import UsageError

MAX_LINE = 255  # characters; Apple's limit for any value that has no other
MAX_ROLES, MAX_ROLE = 8, 60
MAX_NOTES_BYTES = 4000  # bytes; Apple's limit for a description
_OVERRIDES = "\u202d\u202e"  # they make a line read other than it is written

# None of these is printable, as Python has it.
_INVISIBLE = re.compile(r"[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_JOINERS = re.compile(
    "(?<![\u0600-\U0010ffff])[\u200c\u200d]+|(?<![\u200c\u200d])[\u200c\u200d]+(?![\u0600-\U0010ffff])"
)


def without_invisible(text: str) -> str:
    """Return a text without characters that show nothing and came along with a copy: spaces of no width, directions.

    Joiners stay where they make words and signs look as they should: in Persian, in scripts of India, in emoji.
    """
    return text if text.isprintable() else _JOINERS.sub("", _INVISIBLE.sub("", text))


def first_few(texts: Sequence[str], most: int) -> str:
    """Return the first texts with commas between, and how many more there are: ``a, b and 7 more``."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"{', '.join(texts[:most])}{more}"


def check_line(text: str, what: str) -> str:
    """Return one line of text without spaces at its edges.

    Raises UsageError naming *what* where it is empty, too long, or holds control characters or line breaks.
    """
    line = unicodedata.normalize("NFC", text).strip()
    if not line:
        raise UsageError(f"{what} is empty", hint="Give it at least one character.")
    if len(line) > MAX_LINE:
        raise UsageError(f"{what} has {len(line)} characters; podcast apps take at most {MAX_LINE}", hint="Shorten it.")
    if not line.isprintable() and any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in _OVERRIDES for char in line
    ):
        raise UsageError(f"{what} holds control characters or line breaks", hint="Type it again in one line.")
    return line


def check_notes(text: str, what: str = "the notes") -> str:
    """Return show notes without spaces at their ends. Raises UsageError where they are longer than apps take."""
    notes = unicodedata.normalize("NFC", text).strip().replace("\r\n", "\n")
    size_bytes = len(notes.encode(errors="replace"))
    if size_bytes > MAX_NOTES_BYTES:
        raise UsageError(f"{what} take {size_bytes} bytes; apps show at most {MAX_NOTES_BYTES}", hint="Shorten them.")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in notes):
        raise UsageError(f"{what} hold control characters", hint="Save them as plain UTF-8 text.")
    return notes


def check_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """Return the roles in a company for whom an episode is, each once.

    Raises UsageError for too many, or for a long one.
    """
    named = tuple(dict.fromkeys(check_line(role, "a role") for role in roles if role.strip()))
    if len(named) > MAX_ROLES or any(len(role) > MAX_ROLE for role in named):
        raise UsageError(
            f"an episode is for at most {MAX_ROLES} roles of at most {MAX_ROLE} characters",
            hint="Name the few who decide: --for-roles finance,IT",
        )
    return named
