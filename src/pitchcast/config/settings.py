"""What can be set: the sections of pitchcast.toml as frozen types, with their defaults."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from pitchcast.model.show import AudioSettings, Show

_SHOW_DEFAULTS = {item.name: item.default for item in msgspec.structs.fields(Show)}


@dataclass(frozen=True, slots=True)
class ShowSettings:
    """The [show] section. ``title`` and ``host`` are "" where nobody has said them yet."""

    title: str = ""
    host: str = ""
    email: str = ""
    owner_email: bool = _SHOW_DEFAULTS["owner_email"]
    language: str = _SHOW_DEFAULTS["language"]
    category: str = _SHOW_DEFAULTS["category"]
    link: str = ""
    artwork: Path | None = None
    cover_per_prospect: bool = _SHOW_DEFAULTS["cover_per_prospect"]
    description: str = ""
    explicit: bool = _SHOW_DEFAULTS["explicit"]


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """The [storage] section. A ``url`` that is a relative folder counts from ``base``.

    ``public_url`` has no slash at the end. ``insecure`` allows an ``endpoint_url`` in plain http on another computer.
    ``history_days`` is how long every revision of the catalog is kept; of older
    ones the last of each day is. ``gone_days`` is how long an ended address says that it ended. ``audio`` says whether
    feeds share an episode's audio. ``checksums`` is botocore's ``request_checksum_calculation``. ``timeout_s`` is how
    long a request may go without an answer, repeats included.
    """

    url: str = "./site"
    endpoint_url: str = ""
    insecure: bool = False
    region: str = ""
    profile: str = ""
    public_url: str = ""
    private_url: str = ""
    addressing: Literal["auto", "path", "virtual"] = "auto"
    checksums: Literal["when_supported", "when_required"] = "when_supported"
    client: Literal["auto", "boto3"] = "auto"
    timeout_s: int = 60
    single_writer: bool = False
    audio: Literal["per-feed", "shared"] = "per-feed"
    history_days: int = 90
    gone_days: int = 365
    base: Path = Path()


@dataclass(frozen=True, slots=True)
class BrandSettings:
    """The [brand] section."""

    intro: Path | None = None
    outro: Path | None = None
    crossfade_s: float = 0.5
    call_to_action: str = ""
    call_to_action_url: str = ""
    color: str = ""
    accent: str = ""
    logo: Path | None = None
    templates: Path | None = None
    mail: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings that hold. ``file`` is the pitchcast.toml that was found or named, None without one.

    ``given`` holds the names of those that somebody set (``show.title``), even to the default.
    """

    file: Path | None = None
    show: ShowSettings = ShowSettings()
    storage: StorageSettings = StorageSettings()
    audio: AudioSettings = field(default_factory=AudioSettings)
    brand: BrandSettings = BrandSettings()
    given: frozenset[str] = field(default=frozenset(), compare=False)


DEFAULTS = Settings()
"""What holds where nothing is set."""
