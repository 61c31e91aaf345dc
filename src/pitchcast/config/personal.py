"""What a person keeps for all shows, in the user's own settings: the shows that are known, and who writes.

``[shows]`` names the pitchcast.toml of each show, ``[default] show`` the one that is used where none is found,
``[writer]`` holds the id and the name under which changes are noted, ``[notify] webhook`` the address to which news of
leads is sent. Whoever knows that address can write there, so no file of a show may hold it, and no message names it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pitchcast.config.checks import web_address
from pitchcast.config.document import TomlFile, read_document
from pitchcast.errors import ConfigError
from pitchcast.model.naming import compare_form
from pitchcast.model.place import is_open_to_eavesdroppers
from pitchcast.model.writer import Writer, is_writer_id, writer_name

SECTIONS = ("default", "notify", "shows", "writer")
"""Sections that only the user's own settings have."""


@dataclass(frozen=True, slots=True)
class Personal:
    """What is kept. ``shows`` are pitchcast.toml files by the names of their shows, ``default`` is one of the files."""

    shows: Mapping[str, Path] = field(default_factory=dict)
    default: Path | None = None
    writer: Writer | None = None
    webhook: str = field(default="", repr=False)

    def name_of(self, file: Path) -> str:
        """Return the name by which a show is known, that of its folder where it is not."""
        names = (name for name, known in self.shows.items() if known == file)
        return next(names, file.parent.name)

    @property
    def present(self) -> list[str]:
        """Return the names of the shows whose files are there, that of the default first."""
        there = [name for name, file in self.shows.items() if os.path.lexists(file)]
        return sorted(there, key=lambda name: self.shows[name] != self.default)

    def find(self, name: str) -> Path | None:
        """Return the pitchcast.toml of the show of that name, whatever its case, None where none is known by it."""
        wanted = compare_form(name)
        return next((file for known, file in self.shows.items() if compare_form(known) == wanted), None)


def read_personal(path: Path) -> Personal:
    """Return what the user's own settings at *path* keep; nothing where there are none. Raises ConfigError."""
    if not os.path.lexists(path):
        return Personal()
    document = read_document(path, str(path))
    shows = {name: _file(document, "shows", name, value) for name, value in _section(document, "shows").items()}
    default = _section(document, "default").get("show", "")
    return Personal(
        shows=shows,
        default=_file(document, "default", "show", default) if default else None,
        writer=_writer(document),
        webhook=_webhook(document),
    )


def _writer(document: TomlFile) -> Writer | None:
    section = _section(document, "writer")
    if not section:
        return None
    known, name = section.get("id", ""), section.get("name", "")
    if not (isinstance(known, str) and is_writer_id(known)):
        raise _mistake(document, "writer.id", 'must be "w-" and eight digits or letters from a to f')
    if not isinstance(name, str):
        raise _mistake(document, "writer.name", "must be text in quotes")
    return Writer(writer_name(name), known)


def webhook_of(environ: Mapping[str, str], path: Path) -> str:
    """Return where news of leads is sent: as PITCHCAST_WEBHOOK says, or the user's own settings at *path*.

    Raises ConfigError where nobody has said one, or it is none.
    """
    address = environ.get("PITCHCAST_WEBHOOK") or read_personal(path).webhook
    if not address:
        raise ConfigError(
            "nothing says where to send the news",
            hint=f"Set PITCHCAST_WEBHOOK, or webhook under [notify] in {path}; or use --run COMMAND.",
        )
    if _not_an_address(address):
        where = "PITCHCAST_WEBHOOK" if environ.get("PITCHCAST_WEBHOOK") else f"{path}: notify.webhook"
        raise ConfigError(f"{where} must be an https address", hint="Copy it from Slack, whole and alone.")
    return address


def _not_an_address(text: str) -> bool:
    """Return whether something is no address to which a secret may go: https, or http on this computer."""
    return bool(web_address(text)) or not text.isascii() or is_open_to_eavesdroppers(text)


def _webhook(document: TomlFile) -> str:
    address = _section(document, "notify").get("webhook", "")
    if not isinstance(address, str):
        raise _mistake(document, "notify.webhook", "must be text in quotes")
    return address


def _section(document: TomlFile, name: str) -> Mapping[str, object]:
    section = document.data.get(name, {})
    if not isinstance(section, dict):
        raise _mistake(document, name, f"must be a section, written [{name}]")
    return section


def _file(document: TomlFile, section: str, key: str, value: object) -> Path:
    """Return the file that a value names; a relative one counts from the file that names it."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise _mistake(document, f"{section}.{key}", "must be the name of a pitchcast.toml, in quotes")
    return document.path.parent / value


def _mistake(document: TomlFile, key: str, what: str) -> ConfigError:
    return ConfigError(f"{document.place(key)}: {key}: {what}", hint="Correct it, or take the line out.")
