"""Change the [storage] section of a pitchcast.toml that exists: comments and everything else in it stay."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pitchcast.config.document import FILE
from pitchcast.config.loading import load_settings
from pitchcast.config.writing import render_value
from pitchcast.errors import ConfigError
from pitchcast.files import write_whole
from pitchcast.reading import parse_toml, read_bytes

_HEADER = re.compile(r"\s*\[\s*storage\s*\]\s*(#.*)?")
_ANY_HEADER = re.compile(r"\s*\[")
_VALUE = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#]*)""")


def rewrite_storage(path: Path, values: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Give keys of [storage] new values, whole or not at all; "" takes a key out.

    Raises ConfigError where the file cannot be written, or something else has the last word on where the show lies.
    """
    by_hand = "Write by hand, under [storage]: " + ", ".join(
        f"{key} = {render_value(value)}" for key, value in values.items() if value
    )
    try:
        text = read_bytes(path, FILE, name=f"{path}:").decode("utf-8-sig")
        changed = with_storage(text, values)
        if changed != text:
            target = path.resolve()  # a link is followed
            write_whole(target, changed.encode("utf-8"), mode=target.stat().st_mode & 0o777)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be changed: {error}", hint=by_hand) from error
    except ValueError as error:
        raise ConfigError(f"{path} is written in a way that cannot be changed by program", hint=by_hand) from error
    found = load_settings(path.parent, config=path, environ=environ).storage
    if found.url != values["url"]:
        hint = f"Look for PITCHCAST_STORAGE_URL and for what {path.name} extends. {by_hand}"
        raise ConfigError(f"storage.url is still {found.url}: something else sets it", hint=hint)


def with_storage(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a settings file with other values in [storage].

    A value's own comment stays on its line. Raises ValueError where the text is written so that lines cannot tell.
    """
    before = parse_toml(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    start, end = _section(lines)
    if start < 0:
        lines = [*_without_blank_end(lines), "", "[storage]", ""]
        start, end = len(lines) - 2, len(lines) - 1
    section = lines[start + 1 : end]
    for key, value in reversed(list(values.items())):
        section = _with_value(section, key, value)
    changed = newline.join([*lines[: start + 1], *section, *lines[end:]])
    if parse_toml(changed) != _wanted(before, values):
        raise ValueError("the lines do not say what the file says")
    return changed


def _section(lines: list[str]) -> tuple[int, int]:
    """Return the lines of the header of [storage] and of the next header; -1 where there is none."""
    start = next((at for at, line in enumerate(lines) if _HEADER.fullmatch(line)), -1)
    following = (at for at in range(start + 1, len(lines)) if _ANY_HEADER.match(lines[at]))
    return start, next(following, len(lines))


def _with_value(section: list[str], key: str, value: str) -> list[str]:
    mine = re.compile(rf"\s*{key}\s*=")
    at = next((at for at, line in enumerate(section) if mine.match(line)), -1)
    if at < 0:
        return [f"{key} = {render_value(value)}", *section] if value else section
    if not value:
        return [*section[:at], *section[at + 1 :]]
    line = f"{key} = {render_value(value)}{_comment(section[at])}"
    return [*section[:at], line, *section[at + 1 :]]


def _comment(line: str) -> str:
    """Return the comment at the end of a line with a text value, with the spaces in front of it; "" without one."""
    given = line.partition("=")[2].lstrip()
    value = _VALUE.match(given)
    behind = given[len(value[0].rstrip()) :] if value else ""
    return behind if behind.lstrip().startswith("#") else ""


def _wanted(before: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    storage = {key: value for key, value in before.get("storage", {}).items() if key not in values}
    return {**before, "storage": storage | {key: value for key, value in values.items() if value}}


def _without_blank_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines
