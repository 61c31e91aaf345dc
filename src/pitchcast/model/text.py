"""What text people may give: limits that RSS, ID3 and file systems share."""

import unicodedata

from pitchcast.errors import UsageError

MAX_LINE = 255  # characters; Apple's limit for any value that has no other
MAX_NOTES_BYTES = 4000  # bytes; Apple's limit for a description
_OVERRIDES = "\u202d\u202e"  # they make a line read other than it is written


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
