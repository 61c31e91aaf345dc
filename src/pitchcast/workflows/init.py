"""Start a show: write its first pitchcast.toml from a few answers."""

import getpass
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pitchcast.config import (
    FILE_NAME,
    Settings,
    ShowSettings,
    StorageSettings,
    load_settings,
    render_config,
    write_config,
)
from pitchcast.config.checks import encrypted
from pitchcast.config.keys import KEYS
from pitchcast.errors import ConfigError
from pitchcast.feed.categories import check_category
from pitchcast.model.text import check_line
from pitchcast.model.writer import Writer


def default_host(writer: Writer | None = None) -> str:
    """Return the name by which the user is known, else the one that belongs to the account, or the login."""
    if writer is not None and writer.name:
        return writer.name
    login = getpass.getuser()
    return " ".join((_full_name() or login).split()) or "Host"


def default_title(host: str, language: str) -> str:
    """Return what a podcast in that language is called whose host gave it no name."""
    from pitchcast.page.words import words_amid

    said = words_amid(language).show_title
    return said.format(host=host) if said else host


def wordless(language: str) -> str:
    """Return what to say where the page has no words in a show's language, "" where it has."""
    from pitchcast.page.words import wordless_note

    return wordless_note(language)


def check_answer(key: str, value: str) -> str:
    """Return an answer without spaces around it. Raises UsageError or ConfigError naming *key* (``show.title``)."""
    value = check_line(value, key)
    mistakes = list(_mistakes({key: value}))
    if mistakes:
        raise ConfigError(mistakes[0], hint="Write it differently.")
    return value


def render_first_settings(folder: Path, given: Mapping[str, str], storage: StorageSettings | None = None) -> str:
    """Return the text of a first pitchcast.toml for *folder*.

    *given* goes by names of settings such as ``show.title``; *storage* is what else is known of the storage.
    Raises ConfigError with a line for each value that cannot be used.
    """
    mistakes = "\n".join(_mistakes(given))
    if mistakes:
        raise ConfigError(mistakes, hint="Correct what is named, and run the command again.")
    show = ShowSettings(**_section(given, "show"))
    known = storage or StorageSettings(base=folder)
    return render_config(show, replace(known, **_section(given, "storage")), folder=folder)


def first_settings(
    folder: Path,
    given: Mapping[str, str],
    *,
    environ: Mapping[str, str],
    user_config: Path | None = None,
    storage: StorageSettings | None = None,
) -> Settings:
    """Write ``pitchcast.toml`` into *folder* and return the settings that hold there now.

    Raises ConfigError where there is such a file already, where it cannot be written, and what
    render_first_settings raises.
    """
    path = folder / FILE_NAME
    write_config(path, render_first_settings(folder, given, storage))
    return load_settings(folder, config=path, environ=environ, user_config=user_config)


def _mistakes(given: Mapping[str, str]) -> list[str]:
    checked = [(name, KEYS[name].check(value)) for name, value in given.items()]
    checked.append(("storage.endpoint_url", encrypted(given.get("storage.endpoint_url", ""))))
    category = given.get("show.category", "")
    checked.append(("show.category", (check_category(category) or "") if category else ""))
    return list(dict.fromkeys(f"{name}: {what}" for name, what in checked if what))


def _section(given: Mapping[str, str], section: str) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in given.items() if name.startswith(f"{section}.")}


def _full_name() -> str:
    if sys.platform == "win32":
        import ctypes

        size = ctypes.c_ulong(256)
        buffer = ctypes.create_unicode_buffer(size.value)
        display_name = 3  # NameDisplay of EXTENDED_NAME_FORMAT
        found = ctypes.windll.secur32.GetUserNameExW(display_name, buffer, ctypes.byref(size))
        return buffer.value if found else ""
    import os
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0].strip()
    except KeyError:  # an account that the system does not know, as in some containers
        return ""
