"""Change values in a settings file that exists, such as where a show lies: comments and everything else in it stay.

The only user of tomlkit.
"""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

from pitchcast.config.document import FILE, read_document
from pitchcast.config.loading import load_settings
from pitchcast.config.writing import render_value
from pitchcast.errors import ConfigError
from pitchcast.files import write_whole
from pitchcast.reading import parse_toml, read_bytes

Value = str | bool


def keys_set_in(path: Path) -> frozenset[str]:
    """Return which keys, such as ``show.title``, a settings file sets itself; what it extends does not count."""
    document = read_document(path, str(path))
    sections = ((name, content) for name, content in document.data.items() if isinstance(content, dict))
    return frozenset(f"{name}.{key}" for name, content in sections for key in content)


def rewrite_storage(path: Path, values: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Give keys of [storage] new values, whole or not at all; "" takes a key out.

    Raises ConfigError where the file cannot be written, or something else has the last word on where the show lies.
    """
    by_hand = "Write by hand, under [storage]: " + ", ".join(
        f"{key} = {render_value(value)}" for key, value in values.items() if value
    )
    try:
        _rewrite(path, lambda text: with_storage(text, values))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be changed: {error}", hint=by_hand) from error
    except ValueError as error:
        raise ConfigError(f"{path} is written in a way that cannot be changed by program", hint=by_hand) from error
    found = load_settings(path.parent, config=path, environ=environ).storage
    if found.url != values["url"]:
        hint = f"Look for PITCHCAST_STORAGE_URL and for what {path.name} extends. {by_hand}"
        raise ConfigError(f"storage.url is still {found.url}: something else sets it", hint=hint)


def rewrite_settings(path: Path, values: Mapping[tuple[str, ...], Value]) -> None:
    """Give keys of a settings file new values, as ``with_values`` does. Raises ConfigError."""
    hint = "Write into it by hand: " + ", ".join(
        f"{'.'.join(key)} = {render_value(value)}" for key, value in values.items() if value != ""
    )
    try:
        _rewrite(path, lambda text: with_values(text, values))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be changed: {error}", hint=hint) from error


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Put *change* of its text in a file's place, whole or not at all. Raises OSError, ValueError (not UTF-8, too)."""
    text = read_bytes(path, FILE, name=f"{path}:").decode("utf-8-sig")
    changed = change(text)
    if changed != text:
        target = path.resolve()  # a link is followed
        write_whole(target, changed.encode("utf-8"), mode=target.stat().st_mode & 0o777)


def with_storage(text: str, values: Mapping[str, str]) -> str:
    """Return the text of a settings file with other values in [storage]; what ``with_values`` says holds."""
    return with_values(text, {("storage", key): value for key, value in values.items()})


def with_values(text: str, values: Mapping[tuple[str, ...], Value]) -> str:
    """Return the text of a settings file with other values; "" takes a key out.

    Keys are ``(section, key)``, or ``(key,)`` at the top of the file. A value's own comment stays on its line. Raises
    ValueError where tomlkit cannot do what is wanted.
    """
    before = parse_toml(text)
    for section, *_ in (path for path in values if len(path) > 1):
        if not isinstance(before.get(section, {}), dict):
            raise ValueError(f"{section} is not a section")  # noqa: TRY004 - about the file, as all that is raised here
    changed = _changed(text.replace("\r\n", "\n"), values)
    if "\r\n" in text:
        changed = changed.replace("\n", "\r\n")
    if parse_toml(changed) != _wanted(before, values):
        raise ValueError("the new text does not say what it should")
    return changed


def _changed(text: str, values: Mapping[tuple[str, ...], Value]) -> str:
    """Return the text with other values; every line of it ends with a line feed alone. Raises ValueError."""
    import tomlkit  # here, because few commands rewrite settings
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        for section, changes in _by_section(values).items():
            if not section:
                _put(cast("MutableMapping[str, Value]", document), changes)
                continue
            if section not in document and not any(changes.values()):
                continue  # what is to go was never there
            if section not in document:
                document[section] = tomlkit.table()
            _change(cast("MutableMapping[str, Value]", document[section]), changes)
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise ValueError(f"tomlkit: {error}") from error


def _by_section(values: Mapping[tuple[str, ...], Value]) -> dict[str, dict[str, Value]]:
    """Return values by section, those at the top of the file by ""."""
    sections: dict[str, dict[str, Value]] = {}
    for (*section, key), value in values.items():
        sections.setdefault("".join(section), {})[key] = value
    return sections


def _change(section: MutableMapping[str, Value], values: Mapping[str, Value]) -> None:
    with _notes_put_aside(section):
        _put(section, values)


def _put(section: MutableMapping[str, Value], values: Mapping[str, Value]) -> None:
    for key, value in values.items():
        if value == "":
            section.pop(key, None)
        else:
            section[key] = value


@contextmanager
def _notes_put_aside(section: object) -> Iterator[None]:
    """Take the comments below a section's last key out of the way of new keys: they speak of the next section."""
    from tomlkit.items import Table

    if not isinstance(section, Table):  # a table in one line, or dotted keys
        yield
        return
    body = section.value.body
    count = len(list(takewhile(lambda item: item[0] is None, reversed(body))))
    notes = body[len(body) - count :]
    del body[len(body) - count :]
    yield
    body.extend(notes)


def _wanted(before: Mapping[str, Any], values: Mapping[tuple[str, ...], Value]) -> dict[str, Any]:
    """Return what the new text must say, read as TOML."""
    wanted = {**before}
    for section, changes in _by_section(values).items():
        if section and section not in before and not any(changes.values()):
            continue
        if section:
            wanted[section] = {**before.get(section, {})}
        _put(wanted[section] if section else wanted, changes)
    return wanted
