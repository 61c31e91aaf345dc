"""Take ops' set-up file, which holds no secrets, and make it the base of one's own pitchcast.toml."""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pitchcast.config import FILE_NAME, Settings, StorageSettings, load_settings, rewrite_settings, write_config
from pitchcast.config.document import read_document
from pitchcast.config.fetched import mistakes_in_fetched
from pitchcast.config.keys import KEYS, PATH
from pitchcast.config.writing import render_value
from pitchcast.errors import ConfigError
from pitchcast.files import write_whole
from pitchcast.invocation import pitchcast_command
from pitchcast.reading import FileKind, parse_toml, read_text
from pitchcast.storage.credentials import check_key, credentials_path, has_profile, store_profile, try_keys
from pitchcast.storage.fetching import MAX_BYTES, fetch_text

__all__ = [
    "DEFAULT_PROFILE",
    "SetUp",
    "adopt",
    "check_adoptable",
    "check_key",
    "extends_setup",
    "has_profile",
    "is_same_place",
    "join",
    "keep_keys",
    "plan_join",
    "read_setup",
    "render_join",
    "storage_to_move_to",
    "try_keys",
]

COMPANY_FILE = "company.toml"
DEFAULT_PROFILE = "pitchcast"
_FETCHED = "What comes from an address says where a show is and how it looks, and nothing about this computer."
_NAME_IT = "Name the file that ops gave you."
_FILE = FileKind(what="a set-up file", at_most_bytes=MAX_BYTES, error=ConfigError, hint=_NAME_IT)
_PASSED_ON = ("url", "endpoint_url", "insecure", "region", "public_url", "private_url", "addressing", "checksums")
_CREDENTIAL = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|secret_?access_?key|aws_access_key_id", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SetUp:
    """A set-up file that was read and found good: its text, where it lies ("" if it was fetched), what it says."""

    text: str
    origin: Path | None
    settings: Settings

    @property
    def extends(self) -> str:
        """Return what one's own file extends: a copy beside it, or the original where that names files beside it."""
        names_files = any(KEYS[name].kind is PATH for name in self.settings.given)
        return self.origin.as_posix() if self.origin and names_files else COMPANY_FILE


def read_setup(source: str) -> SetUp:
    """Return the set-up file at a path or an https address.

    Raises UsageError for an address that anybody on the way could change, ConfigError where the file holds mistakes,
    anything that looks like a key, or no storage; of a fetched one also where it speaks of this computer.
    """
    if "://" in source:
        text, origin = fetch_text(source), None
    else:
        origin = Path(source).expanduser().resolve()
        text = _read(origin)
    if _CREDENTIAL.search(text):
        raise ConfigError(
            f"{source} holds what looks like a key", hint="Ask ops for a file without: keys are given to each person."
        )
    settings = _settings_from(text) if origin is None else load_settings(origin.parent, config=origin, environ={})
    if "storage.url" not in settings.given:
        raise ConfigError(
            f"{source}: storage.url is missing",
            hint=f"Ask ops for: {pitchcast_command('storage setup --write-join FILE')}",
        )
    return SetUp(text, origin, settings)


def is_same_place(one: StorageSettings, other: StorageSettings) -> bool:
    """Return whether both are one and the same bucket."""
    return one.url.startswith("s3://") and (one.url, one.endpoint_url) == (other.url, other.endpoint_url)


def extends_setup(file: Path) -> bool:
    """Return whether a pitchcast.toml was written by an earlier join, or stands on a set-up file as if it was."""
    return read_document(file, str(file)).text_at("extends") == COMPANY_FILE


def check_adoptable(setup: SetUp, file: Path) -> None:
    """Raise ConfigError where a pitchcast.toml that exists cannot be put on top of the set-up file."""
    extends = read_document(file, str(file)).text_at("extends")
    if extends not in ("", COMPANY_FILE, setup.extends):
        raise ConfigError(
            f"{file} extends {extends} already", hint="Join in another folder, or take that line out of it first."
        )
    company = file.parent / COMPANY_FILE
    taken = os.path.lexists(company) and company != setup.origin and extends != COMPANY_FILE
    if taken and setup.extends == COMPANY_FILE and _read(company) != setup.text:
        raise ConfigError(f"{company} exists and is not overwritten", hint="Move it away first.")


def adopt(setup: SetUp, file: Path, *, profile: str) -> None:
    """Put a pitchcast.toml that exists on top of the set-up file; what that says or locks goes out of it.

    Done again it changes nothing more. Raises ConfigError, and what ``check_adoptable`` raises.
    """
    check_adoptable(setup, file)
    company = file.parent / COMPANY_FILE
    if setup.extends == COMPANY_FILE and company != setup.origin:
        try:
            write_whole(company, setup.text.encode("utf-8"), mode=file.stat().st_mode & 0o777)
        except OSError as error:
            raise ConfigError(f"{company} cannot be written: {error.strerror}") from error
    values: dict[tuple[str, ...], str] = {("extends",): setup.extends}
    for section, content in read_document(file, str(file)).data.items():
        if isinstance(content, Mapping):
            values |= {(section, key): "" for key in content if _is_for_ops(setup, section, key)}
    values["storage", "profile"] = profile if profile != setup.settings.storage.profile else ""
    rewrite_settings(file, values)


def _is_for_ops(setup: SetUp, section: str, key: str) -> bool:
    """Return whether the set-up file has the word on a setting: where the show lies, and what it locks."""
    if section == "storage" and key in (*_PASSED_ON, "single_writer"):
        return True
    locked = parse_toml(setup.text).get("locked", ())
    return section in locked or f"{section}.{key}" in locked


def storage_to_move_to(setup: SetUp, here: StorageSettings, profile: str) -> StorageSettings:
    """Return the storage of the set-up file for a show that comes along; what it leaves open is as it was *here*."""
    kept = ("audio", "history_days", "gone_days")
    left_open = {key: getattr(here, key) for key in kept if f"storage.{key}" not in setup.settings.given}
    return replace(setup.settings.storage, profile=profile, **left_open)


def plan_join(setup: SetUp, folder: Path) -> Path:
    """Return the path of the ``pitchcast.toml`` that joining writes. Raises ConfigError where files exist."""
    path, company = folder / FILE_NAME, folder / COMPANY_FILE
    for taken in (path, company) if setup.extends == COMPANY_FILE else (path,):
        if os.path.lexists(taken) and taken != setup.origin:
            raise ConfigError(f"{taken} exists and is not overwritten", hint="Join in another folder, or move it away.")
    return path


def join(setup: SetUp, folder: Path, *, profile: str) -> Path:
    """Write ``pitchcast.toml`` into *folder*, on top of the set-up file, and return its path.

    *profile* is named in it unless the set-up file does so, or "" for none. Raises ConfigError where files exist.
    """
    path, company = plan_join(setup, folder), folder / COMPANY_FILE
    if setup.extends == COMPANY_FILE and company != setup.origin:
        write_config(company, setup.text)
    lines = [f"extends = {render_value(setup.extends)}  # from ops; what stands below has the last word"]
    if profile and profile != setup.settings.storage.profile:
        lines += ["", "[storage]", f"profile = {render_value(profile)}  # the AWS profile that holds your keys"]
    write_config(path, "\n".join(lines) + "\n")
    return path


def keep_keys(profile: str, access_key: str, secret_key: str, environ: Mapping[str, str]) -> Path:
    """Keep keys as an AWS profile and return the file that holds it. Raises ConfigError or StorageError."""
    path = credentials_path(environ)
    store_profile(path, profile, access_key, secret_key)
    return path


def render_join(storage: StorageSettings) -> str:
    """Return a set-up file for colleagues: where the show lies, and nothing secret."""
    default = StorageSettings()
    values = {key: getattr(storage, key) for key in _PASSED_ON if getattr(storage, key) != getattr(default, key)}
    values = {"url": storage.url, **values}
    lines = ["# Set-up for people who publish: pitchcast join THIS_FILE. It holds no keys; give those to each person."]
    lines += ["", "[storage]", *(f"{key} = {render_value(value)}" for key, value in values.items())]
    if storage.single_writer:
        lines.append("single_writer = true")
    return "\n".join(lines) + "\n"


def _settings_from(text: str) -> Settings:
    """Return what a fetched text sets. Raises ConfigError where it has mistakes, or reaches into this computer."""
    nothing: Mapping[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        path = Path(folder) / COMPANY_FILE
        path.write_text(text, encoding="utf-8")
        mistakes = list(mistakes_in_fetched(read_document(path, path.name)))
        if mistakes:
            raise ConfigError("\n".join(mistakes), hint=f"{_FETCHED} Ask ops to correct what is named.")
        return load_settings(Path(folder), config=path, environ=nothing)


def _read(path: Path) -> str:
    return read_text(path, _FILE)
