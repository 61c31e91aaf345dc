"""What a new pitchcast.toml looks like: what is set, and everything else as an example in a comment."""

import json
import os
import secrets
from pathlib import Path

from pitchcast.config.keys import KEYS, SECTIONS, Key
from pitchcast.config.settings import DEFAULTS, AudienceSettings, BrandSettings, Settings, ShowSettings, StorageSettings
from pitchcast.errors import ConfigError
from pitchcast.model.show import AudioSettings


def render_config(
    show: ShowSettings,
    storage: StorageSettings,
    audio: AudioSettings = DEFAULTS.audio,
    brand: BrandSettings = DEFAULTS.brand,
    audience: AudienceSettings = DEFAULTS.audience,
    *,
    folder: Path | None = None,
) -> str:
    """Return the text of a new pitchcast.toml for *folder* (``storage.base`` if None); loading it gives the same.

    Files inside *folder* are named relative to it; a relative storage folder stays the same place.
    """
    settings = Settings(None, show, storage, audio, brand, audience)
    lines = ["# The settings of one show. A line that starts with # is an example: take the # away to use it."]
    for section in SECTIONS:
        lines += ["", f"[{section}]"]
        lines += [_render_key(key, settings, folder or storage.base) for key in KEYS.values() if key.section == section]
    return "\n".join(lines) + "\n"


def write_config(path: Path, text: str) -> None:
    """Write a new settings file, whole or not at all. Raises ConfigError if there is one, or it cannot be written."""
    try:
        _write_new(path, text.encode("utf-8"))
    except FileExistsError as error:
        raise ConfigError(f"{path} exists and is not overwritten", hint="Edit it, or move it away first.") from error
    except OSError as error:
        hint = "Choose a folder in which you may write."
        raise ConfigError(f"{path} cannot be written: {error.strerror}", hint=hint) from error


def render_value(value: str | bool) -> str:
    """Return a text or a flag as TOML."""
    return _render(value, Path())


def _render_key(key: Key, settings: Settings, folder: Path) -> str:
    value = key.value_in(settings)
    name = key.name.rpartition(".")[2]
    if value == key.default and key.name != "storage.url":  # where a show is stored is always said
        return f"# {name} = {_render(key.example, folder)}  # {key.note}"
    if key.name == "storage.url" and settings.storage.base != folder and _is_relative(value):
        value = str(settings.storage.base / value)
    return f"{name} = {_render(value, folder)}  # {key.note}"


def _is_relative(url: str) -> bool:
    return "://" not in url and not Path(url).is_absolute()


def _render(value: object, folder: Path) -> str:
    """Return a value as TOML. JSON's escapes are TOML's, but JSON leaves DEL as it is."""
    if isinstance(value, Path):
        value = value.relative_to(folder).as_posix() if value.is_relative_to(folder) else str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _write_new(path: Path, content: bytes) -> None:
    """Create a file with all of its content at once. Raises FileExistsError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        _write_in_place(draft, content)  # a link that somebody put there is not followed
        os.link(draft, path)  # unlike a rename, a link never replaces a file
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        _write_in_place(path, content)
    finally:
        draft.unlink(missing_ok=True)


def _write_in_place(path: Path, content: bytes) -> None:
    file = path.open("xb")
    try:
        with file:
            file.write(content)
    except OSError:
        path.unlink()
        raise
