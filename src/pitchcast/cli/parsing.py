"""What options say in words, as values: notes, kinds of ids, and recordings that lie about."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from pitchcast.errors import FileError, UsageError
from pitchcast.model.external_ids import IdKind, parse_id_kind
from pitchcast.reading import FileKind, read_bytes, read_text, refuse_documents

_NOTES_FILE = FileKind(
    what="show notes", at_most_bytes=1_000_000, error=FileError, hint="Name a text file with --notes-file."
)
_RECORDINGS = {
    *(".m4a", ".mp3", ".wav", ".aac", ".flac", ".ogg", ".oga", ".opus", ".amr", ".3gp", ".3ga", ".caf"),
    *(".mp4", ".m4b", ".mov", ".wma", ".aif", ".aiff", ".webm"),
}


def read_notes(notes: str | None, file: Path | None) -> str | None:
    """Return show notes as given, or those in *file*; None where neither is given.

    Raises UsageError where both are, FileError where the file cannot be read or is not UTF-8.
    """
    if notes is not None and file is not None:
        raise UsageError("--notes and --notes-file exclude each other", hint="Give one of them.")
    if file is None:
        return notes
    refuse_documents(
        read_bytes(file, _NOTES_FILE), file.name, _NOTES_FILE, "plain text or Markdown (.txt, .md) in UTF-8"
    )
    return read_text(file, _NOTES_FILE)


def given_id_kind(text: str | None) -> IdKind:
    """Return the kind of ids that an option names, "" where it was left out or is empty. Raises UsageError."""
    return parse_id_kind(text) if text else ""


def newest_recordings(folders: Iterable[Path], count: int) -> list[Path]:
    """Return the *count* audio files in the folders that changed last, latest first; unreadable ones are left out."""
    found: dict[Path, float] = {}
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_recording(entry.name) and entry.is_file():
                        found[folder / entry.name] = entry.stat().st_mtime
        except OSError:
            continue
    return sorted(found, key=lambda path: found[path], reverse=True)[:count]


def is_recording(name: str) -> bool:
    """Return whether a file is a recording by the ending of its name."""
    return Path(name).suffix.lower() in _RECORDINGS


def age(path: Path) -> str:
    """Return how long ago a file changed, as people say it."""
    seconds = max(0.0, time.time() - path.stat().st_mtime)
    for unit, length_s in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds // length_s)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def roles_in(text: str) -> tuple[str, ...]:
    """Return the roles that stand in an option, with commas between them."""
    return tuple(filter(None, (role.strip() for role in text.split(","))))
