"""What a company has put in place of the page's own templates, style and words.

A folder of its own may hold ``listen.html``, ``gone.html`` and ``call.html`` (which may extend
``pitchcast/listen.html`` and so on and change single blocks), further templates for these, ``style.css`` (added after
the built-in style) and ``words/<language>.toml``. What a show uses is kept as one text, so that every machine builds
the same pages.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pitchcast.errors import ConfigError
from pitchcast.invocation import pitchcast_command
from pitchcast.reading import FileKind, parse_json, read_text

STYLE = "style.css"
WORDS_FOLDER = "words"

_LARGEST_BYTES = 200_000
_FILE = FileKind(what="the page", at_most_bytes=_LARGEST_BYTES, error=ConfigError, hint="Save it as UTF-8 text.")
_HINT = "It may hold listen.html, gone.html, call.html, style.css and words/<language>.toml; docs/page.md explains."
_TAKEN_FOR = {".css": f"is not read: a style is called {STYLE}", ".js": "is not read: the page takes no other script"}
_TAKEN_FOR |= dict.fromkeys((".htm", ".j2", ".jinja", ".jinja2"), "is not read: a template ends in .html")
_TAKEN_FOR[".toml"] = f"is not read: words lie in {WORDS_FOLDER}/<language>.toml"


@dataclass(frozen=True)
class Overrides:
    """Templates, style and words of a company by name; ``place`` is what messages call where they lie."""

    place: str
    sha256: str
    files: dict[str, str] = field(compare=False, repr=False)

    def pack(self) -> bytes:
        """Return all files as one text: the same files give the same bytes, and ``sha256`` is theirs."""
        return _packed(self.files)

    def template_lines(self, is_meant: Callable[[str], bool]) -> list[str]:
        """Return which lines of the templates are meant, as messages name them: ``listen.html:12``."""
        found = []
        for name, text in self.files.items():
            lines = enumerate(text.splitlines() if name.endswith(".html") else (), 1)
            found += [f"{name}:{number}" for number, line in lines if is_meant(line)]
        return found


def read_overrides(folder: Path) -> Overrides:
    """Return what a folder changes about the page; what else lies there (a logo, an intro) is left alone.

    Raises ConfigError where it cannot be read, holds nothing that the page uses, or a file that was meant for it and
    would not be read.
    """
    files: dict[str, str] = {}
    size = 0
    for name in _names(folder):
        files[name] = read_text(folder / name, _FILE, name=f"{folder / name}:")
        size += len(name) + len(files[name])
        if size > _LARGEST_BYTES:
            raise _too_large(folder)
    if not files:
        raise ConfigError(f"{folder}: holds nothing that changes the page", hint=_HINT)
    packed = _packed(files)
    if len(packed) > _LARGEST_BYTES:
        raise _too_large(folder)
    return Overrides(str(folder), hashlib.sha256(packed).hexdigest(), files)


def unpack_overrides(packed: bytes, place: str) -> Overrides:
    """Return what was packed. Raises ConfigError where it was not packed by pitchcast."""
    again = (
        f"Store it again with: {pitchcast_command('show edit --templates FOLDER')} "
        f"Or do without: {pitchcast_command('show edit --templates', '')}"
    )
    if len(packed) > _LARGEST_BYTES:
        raise ConfigError(f"{place} holds more than {_LARGEST_BYTES // 1000} KB of templates", hint=again)
    try:
        files = parse_json(packed, dict[str, str])
    except ValueError as error:
        raise ConfigError(f"{place} is damaged: {error}", hint=again) from error
    return Overrides(place, hashlib.sha256(packed).hexdigest(), files)


def _names(folder: Path) -> Iterator[str]:
    """Yield the names of the files that count, in order."""
    try:
        found = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}", hint="Name a folder that is there.") from error
    for name in found:
        suffix = Path(name).suffix.lower()
        if suffix == ".html" or name == STYLE:
            yield name
        elif suffix in _TAKEN_FOR and not name.startswith((".", "pitchcast", "company")):
            raise ConfigError(f"{folder / name}: {_TAKEN_FOR[suffix]}", hint=_HINT)
    yield from sorted(f"{WORDS_FOLDER}/{path.name}" for path in (folder / WORDS_FOLDER).glob("*.toml"))


def _too_large(folder: Path | str) -> ConfigError:
    return ConfigError(f"{folder}: holds more than {_LARGEST_BYTES // 1000} KB of templates", hint="Shorten them.")


def _packed(files: dict[str, str]) -> bytes:
    return json.dumps(files, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
