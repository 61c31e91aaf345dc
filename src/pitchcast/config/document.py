"""What one settings file says, and on which line it says it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pitchcast.errors import ConfigError
from pitchcast.reading import FileKind, NotUtf8, parse_toml, read_bytes, text_of

FILE = FileKind(what="settings", at_most_bytes=65_536, error=ConfigError, hint="")
"""A settings file: it is for people to read. The limit also bounds the search for lines."""

_SEARCHED = 1_000_000  # characters that are parsed again and again to find where statements end


@dataclass(frozen=True, slots=True)
class TomlFile:
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


def read_document(path: Path, name: str) -> TomlFile:
    """Read a settings file; a byte order mark is fine. Raises ConfigError, with the line where there is one."""
    text = _read_text(path, name)
    try:
        return TomlFile(path, name, parse_toml(text), _lines_of_keys(text))
    except ValueError as error:  # absurd numbers raise another one than tomllib's own
        raise ConfigError(_syntax_mistake(name, text, str(error))) from error


def quoted(key: str) -> str:
    """Return a key as TOML wants it written, in quotes if it is an odd one; so messages hold no control characters."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _read_text(path: Path, name: str) -> str:
    try:
        return text_of(read_bytes(path, FILE, name=f"{name}:"))
    except NotUtf8 as error:
        raise ConfigError(f"{name}:{error.line}: is not UTF-8; save it as UTF-8 text") from error


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

    A statement ends on the first line with which everything since the last one's end is valid TOML by itself. The
    lines behind a statement of thousands of lines are not searched: each takes as long as all before it.
    """
    found: dict[str, int] = {}
    section, statement, first, left = "", "", 1, _SEARCHED
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        left -= len(statement)
        if left < 0:
            break
        try:
            names = list(_names_in(parse_toml(statement)))
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
