"""What one settings file says, and on which line it says it."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pitchcast.errors import ConfigError

_MAX_BYTES = 65_536  # settings for people to read; also bounds the search for lines


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file that could be read. ``name`` is what messages call it, ``lines`` where its keys are."""

    path: Path
    name: str
    data: Mapping[str, object]
    lines: Mapping[str, int]

    def place(self, key: str) -> str:
        """Return file and line of a dotted key, or of the section that it is in."""
        line = self.lines.get(key) or self.lines.get(key.rpartition(".")[0])
        return f"{self.name}:{line}" if line else self.name

    def text_at(self, key: str) -> str | None:
        """Return a text at the top of the file, "" if it is absent, None if it is something else."""
        value = self.data.get(key, "")
        return value if isinstance(value, str) else None


def read_document(path: Path, name: str) -> Document:
    """Read a settings file; a byte order mark is fine. Raises ConfigError, with the line where there is one."""
    text = _read_text(path, name)
    try:
        return Document(path, name, tomllib.loads(text), _lines_of_keys(text))
    except (ValueError, RecursionError) as error:  # absurd numbers and nestings raise other errors than tomllib's own
        raise ConfigError(_syntax_mistake(name, text, str(error))) from error


def quoted(key: str) -> str:
    """Return a key as TOML wants it written, in quotes if it is an odd one; so messages hold no control characters."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _read_text(path: Path, name: str) -> str:
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        what = "is a folder, not a file" if path.is_dir() else f"cannot be read: {error.strerror}"
        raise ConfigError(f"{name}: {what}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{name}:{line}: is not UTF-8; save it as UTF-8 text") from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{name}: has {len(content)} bytes; a settings file has at most {_MAX_BYTES}")
    return text


def _syntax_mistake(name: str, text: str, message: str) -> str:
    """Return tomllib's message with its line in front, and what is usually meant where people go wrong."""
    lines = text.rstrip("\n").split("\n")
    located = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if not located:
        return f"{name}: is not valid TOML: {message}"
    number = int(located[1] or len(lines))
    what = message[: located.start()]
    if "\\" in lines[min(number, len(lines)) - 1]:
        what += " (in double quotes a backslash is written twice; single quotes take it as it is)"
    elif what == "Invalid value":
        what += " (text needs quotes)"
    return f"{name}:{number}: is not valid TOML: {what}"


def _lines_of_keys(text: str) -> dict[str, int]:
    """Return the line on which each section and key starts, by dotted name, of a text that is valid TOML.

    A statement ends on the first line with which everything since the last one's end is valid TOML by itself.
    """
    found: dict[str, int] = {}
    section, statement, first = "", "", 1
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        try:
            names = list(_names_in(tomllib.loads(statement)))
        except ValueError:
            continue
        if statement.lstrip().startswith("["):
            section = names[-1] + "."
            found.setdefault(names[-1], first)
        else:
            found.update({section + name: first for name in names})
        statement, first = "", number + 1
    return found


def _names_in(table: Mapping[str, object]) -> Iterator[str]:
    """Yield the dotted names of all keys, a table's before those in it."""
    for key, value in table.items():
        yield quoted(key)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from (f"{quoted(key)}.{name}" for name in _names_in(inner))
