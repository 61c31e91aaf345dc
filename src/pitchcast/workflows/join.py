"""Take ops' set-up file, which holds no secrets, and make it the base of one's own pitchcast.toml."""

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from pitchcast.config import FILE_NAME, Settings, StorageSettings, load_settings, write_config
from pitchcast.config.keys import KEYS, PATH
from pitchcast.config.writing import render_value
from pitchcast.errors import ConfigError, StorageUnavailable, UsageError
from pitchcast.reading import Kind, read_text
from pitchcast.storage.trust import tls_settings

COMPANY_FILE = "company.toml"
DEFAULT_PROFILE = "pitchcast"
_MAX_BYTES = 65_536
_TIMEOUT_S = 15.0
_NAME_IT = "Name the file that ops gave you."
_FILE = Kind(what="a set-up file", at_most_bytes=_MAX_BYTES, error=ConfigError, hint=_NAME_IT)
_PASSED_ON = ("url", "endpoint_url", "region", "public_url", "private_url", "addressing", "checksums")
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
    anything that looks like a key, or no storage.
    """
    if "://" in source:
        text, origin = _fetch(source), None
    else:
        origin = Path(source).expanduser().resolve()
        text = _read(origin)
    if _CREDENTIAL.search(text):
        raise ConfigError(
            f"{source} holds what looks like a key", hint="Ask ops for a file without: keys are given to each person."
        )
    settings = _settings(text, origin)
    if "storage.url" not in settings.given:
        raise ConfigError(f"{source}: storage.url is missing", hint="Ask ops for: pitchcast storage setup --write-join")
    return SetUp(text, origin, settings)


def join(setup: SetUp, folder: Path, *, profile: str, dry_run: bool = False) -> Path:
    """Write ``pitchcast.toml`` into *folder*, on top of the set-up file, and return its path.

    *profile* is named in it unless the set-up file does so, or "" for none. Raises ConfigError where files exist.
    """
    path, company = folder / FILE_NAME, folder / COMPANY_FILE
    copies = setup.extends == COMPANY_FILE
    for taken in (path, company) if copies else (path,):
        if os.path.lexists(taken) and taken != setup.origin:
            raise ConfigError(f"{taken} exists and is not overwritten", hint="Join in another folder, or move it away.")
    if dry_run:
        return path
    if copies and company != setup.origin:
        write_config(company, setup.text)
    lines = [f"extends = {render_value(setup.extends)}  # from ops; what stands below has the last word"]
    if profile and profile != setup.settings.storage.profile:
        lines += ["", "[storage]", f"profile = {render_value(profile)}  # the AWS profile that holds your keys"]
    write_config(path, "\n".join(lines) + "\n")
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


def _settings(text: str, origin: Path | None) -> Settings:
    nothing: Mapping[str, str] = {}
    if origin is not None:
        return load_settings(origin.parent, config=origin, environ=nothing)
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        path = Path(folder) / COMPANY_FILE
        path.write_text(text, encoding="utf-8")
        return load_settings(Path(folder), config=path, environ=nothing)


def _read(path: Path) -> str:
    return read_text(path, _FILE)


def _fetch(url: str) -> str:
    _check_safe(url)
    handlers: list[Any] = [_SafeRedirects(), HTTPSHandler(context=tls_settings())]
    if _is_loopback(url):
        handlers.append(ProxyHandler({}))
    try:
        with build_opener(*handlers).open(Request(url), timeout=_TIMEOUT_S) as answer:  # noqa: S310 - checked above
            body = answer.read(_MAX_BYTES + 1)
    except (OSError, HTTPException, UnicodeError) as error:
        raise StorageUnavailable(f"{url} cannot be fetched: {error}", hint="Check the address with ops.") from error
    if len(body) > _MAX_BYTES:
        raise ConfigError(f"{url} is too large for a set-up file", hint="Check the address with ops.")
    try:
        return str(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{url} is not UTF-8 text", hint="Check the address with ops.") from error


class _SafeRedirects(HTTPRedirectHandler):
    """Follows redirections, but to no address that anybody on the way could change."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        _check_safe(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_safe(url: str) -> None:
    parts = urlsplit(url)
    if not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(url))) or parts.username:
        raise UsageError("a set-up file is fetched over https only", hint="Ask ops for an https:// address.")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
