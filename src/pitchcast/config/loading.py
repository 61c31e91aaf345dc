"""Which value of each setting holds: places become layers, a higher layer wins, and every mistake is named at once."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pitchcast.config.checks import encrypted, existing_file
from pitchcast.config.document import TomlFile, quoted, read_document
from pitchcast.config.keys import KEYS, NUMBER, PATH, SECTIONS
from pitchcast.config.ownership import refuse_foreign
from pitchcast.config.personal import SECTIONS as PERSONAL
from pitchcast.config.personal import read_personal
from pitchcast.config.settings import AudienceSettings, BrandSettings, Settings, ShowSettings, StorageSettings
from pitchcast.errors import ConfigError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.leads import LeadRules
from pitchcast.model.show import AudioSettings, LoudnessTarget

FILE_NAME = "pitchcast.toml"

_CREDENTIAL = re.compile(r"secret|access_?key|passw|token|credential|api_?key", re.IGNORECASE)


def user_config_path() -> Path:
    """Return where the user's own settings for every show lie; the file need not exist."""
    import platformdirs  # imported when asked for: start-up must stay quick

    return platformdirs.user_config_path("pitchcast", appauthor=False) / "config.toml"


def load_settings(
    start: Path,
    *,
    config: Path | None = None,
    environ: Mapping[str, str],
    user_config: Path | None = None,
    options: Mapping[str, object] = {},
    typed: Sequence[str] = (),
) -> Settings:
    """Return what holds in the folder *start*: option, environment, pitchcast.toml, *user_config*, default.

    *config* names the pitchcast.toml instead of looking for it upwards from *start*. *user_config* is read if it
    exists. *options* go by names such as ``storage.url``; None means not given. Relative paths count from the file
    that holds them, those of options and environment from *start*. *typed* is the command, for hints.

    Raises ConfigError, whose message has one line for each mistake in any of these places, or for a file that was found
    and may be another user's.
    """
    start = start.resolve()
    mistakes: list[str] = []
    file = _named_file(start, config, environ)
    if file is None:
        file = find_file(start)
        if file is not None:
            refuse_foreign(file, start, typed)
    own = _read_own(user_config, start, mistakes) if user_config and os.path.lexists(user_config) else []
    project = _read_chain(file, start, mistakes) if file else []
    outside = [_from_environment(environ, start), _from_options(options, start)]
    found = _settle([*_without_locked(own, project), *project, *outside], mistakes)
    mistakes += _mistakes_together(found)
    if mistakes:
        raise ConfigError("\n".join(mistakes), hint="Correct what is named; docs/settings.md explains every setting.")
    writer = read_personal(user_config).writer if user_config else None
    return replace(_build(file, found, file.parent.resolve() if file else start), writer=writer)


def find_file(start: Path) -> Path | None:
    """Return the nearest pitchcast.toml in the folder or above it."""
    candidates = (folder / FILE_NAME for folder in (start, *start.parents))
    return next((path for path in candidates if os.path.lexists(path)), None)


@dataclass(frozen=True, slots=True)
class _Given:
    """One value as a place gives it. ``place`` is what messages call the place, ``base`` where paths count from."""

    name: str
    value: object
    place: str
    base: Path

    def mistake(self, what: str) -> str:
        return f"{self.place}: {self.name}: {what}" if self.place else f"{self.name}: {what}"


@dataclass(frozen=True, slots=True)
class _Layer:
    """All values of one place, and the sections and keys that no higher layer may set."""

    place: str
    given: Sequence[_Given]
    locked: Sequence[str] = ()

    def locks(self, name: str) -> bool:
        return name in self.locked or name.partition(".")[0] in self.locked


def _named_file(start: Path, config: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = config or environ.get("PITCHCAST_CONFIG")
    return start / named if named else None


def _read_chain(path: Path, start: Path, mistakes: list[str], above: Sequence[Path] = ()) -> list[_Layer]:
    """Return a file and what it extends, the furthest base first."""
    try:
        document = read_document(path, str(path.relative_to(start) if path.is_relative_to(start) else path))
    except ConfigError as error:
        mistakes.append(error.message)
        return []
    files = [*above, path.resolve()]
    base = _find_base(document, files, mistakes)
    layer = _Layer(document.name, list(_given_in(document)), _read_locked(document, mistakes))
    return [*(_read_chain(base, start, mistakes, files) if base else ()), layer]


def _read_own(user_config: Path, start: Path, mistakes: list[str]) -> list[_Layer]:
    """Return the user's own settings for every show, without what they say about the user."""
    layers = _read_chain(user_config, start, mistakes)
    return [replace(layer, given=[one for one in layer.given if not _is_personal(one.name)]) for layer in layers]


def _is_personal(name: str) -> bool:
    return name.partition(".")[0] in PERSONAL


def _find_base(document: TomlFile, files: Sequence[Path], mistakes: list[str]) -> Path | None:
    """Return the file that this one extends; *files* are those that led here."""
    name = document.text_at("extends")
    base = document.path.parent / name if name else None
    if base is None:
        what = "" if name == "" else f"must be {PATH.must_be}"
    else:
        what = (
            _elsewhere(name or "")
            or existing_file(base)
            or ("files extend each other in a circle" if base.resolve() in files else "")
        )
    if what:
        mistakes.append(f"{document.place('extends')}: extends: {what}")
    return None if what else base


def _elsewhere(name: str) -> str:
    """Return what is wrong with a name that is an address: what stands there can change at any time."""
    if "://" not in name:
        return ""
    return (
        f"must be a file on this computer; an address is taken over once, with: {pitchcast_command('join https://…')}"
    )


def _read_locked(document: TomlFile, mistakes: list[str]) -> Sequence[str]:
    locked = document.data.get("locked", [])
    known = {*SECTIONS, *KEYS}
    if isinstance(locked, list) and all(isinstance(item, str) and item in known for item in locked):
        return locked
    what = 'must be a list of sections or keys, as in ["brand", "show.link"]'
    mistakes.append(f"{document.place('locked')}: locked: {what}")
    return ()


def _given_in(document: TomlFile) -> Iterator[_Given]:
    base = document.path.parent.resolve()
    for section, content in document.data.items():
        if section in SECTIONS and isinstance(content, dict):
            entries = {f"{section}.{quoted(key)}": value for key, value in content.items()}
        else:
            entries = {} if section in ("extends", "locked") else {quoted(section): content}
        yield from (_Given(name, value, document.place(name), base) for name, value in entries.items())


def _from_environment(environ: Mapping[str, str], start: Path) -> _Layer:
    """Return what variables such as PITCHCAST_SHOW_TITLE say; an empty one counts as not set."""
    given = []
    for variable, text in sorted(environ.items()):
        section, _, key = variable.removeprefix("PITCHCAST_").lower().partition("_")
        if variable.startswith("PITCHCAST_") and section in SECTIONS and key and text:
            name = f"{section}.{quoted(key)}"
            given.append(_Given(name, _parse(name, text), variable, start))
    return _Layer("the environment", given)


def _from_options(options: Mapping[str, object], start: Path) -> _Layer:
    given = []
    for name, value in options.items():
        if value is not None:
            text = str(value) if isinstance(value, Path) else value
            given.append(_Given(name, _parse(name, text) if isinstance(text, str) else text, "", start))
    return _Layer("the options", given)


def _parse(name: str, text: str) -> object:
    """Return the value that a text from outside a file stands for, or the text where it stands for none."""
    try:
        return KEYS[name].kind.parse(text) if name in KEYS else text
    except ValueError:
        return text


def _without_locked(own: Sequence[_Layer], project: Sequence[_Layer]) -> list[_Layer]:
    """Return the user's own layers without what the project's files lock: it could show through from below."""
    return [
        _Layer(
            layer.place, [one for one in layer.given if not any(file.locks(one.name) for file in project)], layer.locked
        )
        for layer in own
    ]


def _settle(layers: Sequence[_Layer], mistakes: list[str]) -> dict[str, _Given]:
    """Return for each key the value that the highest layer gives it; *layers* come lowest first."""
    found: dict[str, _Given] = {}
    for index, layer in enumerate(layers):
        for given in layer.given:
            lock = next((below.place for below in layers[:index] if below.locks(given.name)), "")
            what = f"is locked by {lock}" if lock else _mistake_in(given)
            if what:
                mistakes.append(given.mistake(what))
            else:
                found[given.name] = given
    return found


def _mistakes_together(found: Mapping[str, _Given]) -> Iterator[str]:
    """Yield what is wrong with values that are good each by itself."""
    endpoint, insecure = found.get("storage.endpoint_url"), found.get("storage.insecure")
    if endpoint and not (insecure and insecure.value):
        what = encrypted(str(endpoint.value))
        if what:
            yield endpoint.mistake(what)


def _mistake_in(given: _Given) -> str:
    key = KEYS.get(given.name)
    if key is None:
        return _unknown(given.name, given.value)
    if type(given.value) not in key.kind.types:
        return f"must be {key.kind.must_be}"
    if isinstance(given.value, str) and re.search(r"[\ud800-\udfff]", given.value):
        return "is not valid Unicode"
    value = _converted(given)
    return "" if value == key.default else key.check(value)


def _converted(given: _Given) -> Any:
    """Return a value of the right kind as ``Settings`` hold it; an empty file name means no file."""
    kind = KEYS[given.name].kind
    if kind is PATH:
        return given.base / str(given.value) if given.value else None
    return float(str(given.value)) if kind is NUMBER else given.value


def _unknown(name: str, value: object) -> str:
    section, _, key = name.rpartition(".")
    if name in SECTIONS:
        return f"must be a section, written [{name}]"
    if key in ("webhook", "notify"):
        return "a webhook's address is a secret: only PITCHCAST_WEBHOOK or [notify] of your own settings may hold it"
    if _CREDENTIAL.search(key):
        return "credentials come only from the usual AWS places (a profile, the environment)"
    if not section and isinstance(value, dict):
        return f"unknown section{_suggest(key, {known: known for known in SECTIONS})}"
    near = {known.rpartition(".")[2]: known.rpartition(".")[2] for known in KEYS if known.startswith(f"{section}.")}
    elsewhere = {known.rpartition(".")[2]: known for known in KEYS}
    return f"unknown key{_suggest(key, near) or _suggest(key, elsewhere)}"


def _suggest(name: str, known: Mapping[str, str]) -> str:
    """Return " (did you mean …?)" with what the nearest of the known names stands for."""
    nearest = difflib.get_close_matches(name.lower(), known, 1)
    return f" (did you mean {known[nearest[0]]}?)" if nearest else ""


def _build(file: Path | None, found: Mapping[str, _Given], default_base: Path) -> Settings:
    values = {KEYS[name].attribute: _converted(given) for name, given in found.items()}
    base = found["storage.url"].base if "storage.url" in found else default_base
    base_of_logs = found["audience.logs"].base if "audience.logs" in found else default_base
    for name in ("storage.public_url", "storage.endpoint_url"):
        if name in values:
            values[name] = values[name].rstrip("/")
    return Settings(
        file,
        ShowSettings(**_below("show", values)),
        StorageSettings(**_below("storage", values), base=base),
        AudioSettings(**_below("audio", values), target=LoudnessTarget(**_below("audio.target", values))),
        BrandSettings(**_below("brand", values)),
        AudienceSettings(
            **_below("audience", values), base=base_of_logs, leads=LeadRules(**_below("audience.leads", values))
        ),
        frozenset(found),
    )


def _below(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values right below a prefix, without it."""
    return {name.rpartition(".")[2]: value for name, value in values.items() if name.rpartition(".")[0] == prefix}
