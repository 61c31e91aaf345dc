"""Which show is meant, and why: by an option, the environment, the folder, or the user's own settings."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pitchcast.config.document import read_document
from pitchcast.config.loading import FILE_NAME, find_file
from pitchcast.config.ownership import refuse_foreign
from pitchcast.config.personal import Personal, read_personal
from pitchcast.config.remembering import forget_show
from pitchcast.errors import ConfigError, UsageError
from pitchcast.invocation import typed_command

Why = Literal["option", "environment", "folder", "remembered", "nothing"]

_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowRequest:
    """What was said about which show is meant.

    *start* is the working folder, *config* and *show* are the options of these names. *at_terminal* says that a person
    looks on: only then a show is used that nothing but the user's own settings, *user_config*, names. *typed* is the
    command, for hints.
    """

    start: Path
    environ: Mapping[str, str]
    user_config: Path
    config: Path | None = None
    show: str = ""
    at_terminal: bool = False
    typed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ChosenShow:
    """The pitchcast.toml that holds, None without one, and ``why`` it does. ``name`` is that of a known show.

    ``gone`` says which remembered show would have been used, had its file not been deleted; "" where none was.
    """

    file: Path | None
    why: Why
    name: str = ""
    gone: str = ""

    @property
    def said(self) -> str:
        """Return in words why it is this one."""
        return {
            "option": "named by an option",
            "environment": "named by the environment (PITCHCAST_CONFIG or PITCHCAST_SHOW)",
            "folder": "found from this folder upwards",
            "remembered": "no pitchcast.toml was found from this folder upwards, so your remembered show is used",
            "nothing": "no pitchcast.toml was found and no show is remembered, so defaults hold",
        }[self.why]

    @property
    def place(self) -> str:
        """Return the folder of the show, with ~ for the user's own."""
        return short_path(self.file.parent) if self.file else ""


def choose_show(wanted: ShowRequest) -> ChosenShow:
    """Return which show is meant: by option, environment, folder, or memory, in this order.

    A remembered show whose file is gone is forgotten. Raises UsageError where two options name shows, ConfigError where
    a name is not known, where the file of a show that was named is gone, or where a remembered file may be another
    user's by now.
    """
    if wanted.config and wanted.show:
        raise UsageError("--config and --show both name a show", hint="Leave one of them out.")
    if wanted.config:
        return ChosenShow(wanted.start / wanted.config, "option")
    if wanted.show:
        return _named(wanted, wanted.show, "option")
    if wanted.environ.get("PITCHCAST_CONFIG"):
        return ChosenShow(wanted.start / wanted.environ["PITCHCAST_CONFIG"], "environment")
    if wanted.environ.get("PITCHCAST_SHOW"):
        return _named(wanted, wanted.environ["PITCHCAST_SHOW"], "environment")
    found = find_file(wanted.start.resolve())
    if found is not None:
        return ChosenShow(found, "folder")
    return _remembered(wanted)


def short_path(path: Path) -> str:
    """Return a path with ~ for the user's own folder."""
    try:
        inside = path.relative_to(Path.home())
    except (ValueError, RuntimeError):  # elsewhere, or of a user without a folder
        return str(path)
    return str(Path("~") / inside)


def _remembered(wanted: ShowRequest) -> ChosenShow:
    nothing = ChosenShow(None, "nothing")
    if not wanted.at_terminal or _storage_is_said(wanted):
        return nothing
    personal = read_personal(wanted.user_config)
    if personal.default is None:
        return nothing
    if not os.path.lexists(personal.default):
        return ChosenShow(None, "nothing", gone=_forgotten(wanted, personal, personal.default))
    return _checked(wanted, personal, personal.default, "remembered")


def _storage_is_said(wanted: ShowRequest) -> bool:
    """Return whether something besides a pitchcast.toml says where the show lies: then it is not the remembered one."""
    if wanted.environ.get("PITCHCAST_STORAGE_URL"):
        return True
    if not os.path.lexists(wanted.user_config):
        return False
    storage = read_document(wanted.user_config, str(wanted.user_config)).data.get("storage", {})
    return isinstance(storage, dict) and "url" in storage


def _named(wanted: ShowRequest, name: str, why: Why) -> ChosenShow:
    """Return the show of a name, or else that at a path: its folder or its file."""
    personal = read_personal(wanted.user_config)
    known = personal.find(name)
    if known is not None:
        return _checked(wanted, personal, known, why)
    path = wanted.start / Path(name).expanduser()
    file = path / FILE_NAME if path.is_dir() else path
    if not file.is_file():
        raise ConfigError(f"there is no show called “{name}”, and no pitchcast.toml there", hint=_which(personal))
    return ChosenShow(file, why, personal.name_of(file))


def _checked(wanted: ShowRequest, personal: Personal, file: Path, why: Why) -> ChosenShow:
    if not os.path.lexists(file):
        raise ConfigError(
            _forgotten(wanted, personal, file),
            hint=f"If it lies elsewhere now, work in its folder, or name that with --show. {_instead(wanted)}",
        )
    refuse_foreign(file, wanted.start.resolve(), _without_show(wanted.typed))
    return ChosenShow(file, why, personal.name_of(file))


def _forgotten(wanted: ShowRequest, personal: Personal, file: Path) -> str:
    """Forget a show whose *file* is gone, and return what there is to say of it."""
    forget_show(wanted.user_config, file)
    return f"the show “{personal.name_of(file)}” is gone: there is no {short_path(file)}; it is forgotten"


def _instead(wanted: ShowRequest) -> str:
    """Return the command that works where a show that was named is gone: on another show, on the one here, or init."""
    typed = _without_show(wanted.typed)
    others = read_personal(wanted.user_config).present
    if others:
        return f"To use another show: {typed_command(*typed, '--show', others[0])}"
    here = find_file(wanted.start.resolve())
    if here is not None:
        return f"To use the show here: {typed_command(*typed, '--config', here)}"
    return f"To begin another: {typed_command('init')}"


def _without_show(typed: Sequence[str]) -> list[str]:
    """Return a command without the option that names a show: the hint names its file instead."""
    words = [word for word in typed if not word.startswith("--show=")]
    if "--show" in words:
        at = words.index("--show")
        del words[at : at + 2]
    return words


def _which(personal: Personal) -> str:
    names = [f"“{name}”" for name in personal.shows][:_NAMED_AT_MOST]
    if not names:
        return "No show is remembered yet. Name its folder, or its pitchcast.toml."
    return f"Known are {', '.join(names)}. Or name the folder of another, or its pitchcast.toml."
