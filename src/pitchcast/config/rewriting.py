"""Change the [storage] section of a pitchcast.toml that exists: comments and everything else in it stay.

The only user of tomlkit.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

from pitchcast.config.document import FILE
from pitchcast.config.loading import load_settings
from pitchcast.config.writing import render_value
from pitchcast.errors import ConfigError
from pitchcast.files import write_whole
from pitchcast.reading import parse_toml, read_bytes


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

    A value's own comment stays on its line. Raises ValueError where tomlkit cannot do what is wanted.
    """
    before = parse_toml(text)
    if not isinstance(before.get("storage", {}), dict):
        raise ValueError("storage is not a section")  # noqa: TRY004 - about the file, as all that is raised here
    changed = _changed(text.replace("\r\n", "\n"), values)
    if "\r\n" in text:
        changed = changed.replace("\n", "\r\n")
    if parse_toml(changed) != _wanted(before, values):
        raise ValueError("the new text does not say what it should")
    return changed


def _changed(text: str, values: Mapping[str, str]) -> str:
    """Return the text with other values; every line of it ends with a line feed alone. Raises ValueError."""
    import tomlkit  # here, because few commands rewrite settings
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        if "storage" not in document:
            document["storage"] = tomlkit.table()
        _change(cast("MutableMapping[str, str]", document["storage"]), values)
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise ValueError(f"tomlkit: {error}") from error


def _change(storage: MutableMapping[str, str], values: Mapping[str, str]) -> None:
    with _notes_put_aside(storage):
        for key, value in values.items():
            if value:
                storage[key] = value
            else:
                storage.pop(key, None)


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


def _wanted(before: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    storage = {key: value for key, value in before.get("storage", {}).items() if key not in values}
    return {**before, "storage": storage | {key: value for key, value in values.items() if value}}
