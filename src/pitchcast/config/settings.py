"""What can be set: the sections of pitchcast.toml as frozen types, with their defaults."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from pitchcast.model.leads import LeadRules
from pitchcast.model.place import Address
from pitchcast.model.show import AudioSettings, Show
from pitchcast.model.writer import Writer

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
    role: str = ""
    photo: Path | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings(Address):
    """The [storage] section: the address of the storage, and what happens there.

    ``public_url`` has no slash at the end. ``history_days`` is how long every revision of the catalog is kept; of older
    ones the last of each day is. ``gone_days`` is how long an ended address says that it ended. ``audio`` says whether
    feeds share an episode's audio.
    """

    url: str = "./site"
    public_url: str = ""
    audio: Literal["per-feed", "shared"] = "per-feed"
    history_days: int = 90
    gone_days: int = 365


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
    company: str = ""
    company_url: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    address: Literal["team", "person"] = "team"  # of new shows; what the catalog of an older one leaves out is "person"


@dataclass(frozen=True, slots=True)
class AudienceSettings:
    """The [audience] section: access logs, and how they are read.

    ``logs`` is a folder, a file or s3://…, "" where nothing is to be read; ``base`` is where a relative one counts
    from. ``own_networks`` are those of the company itself, ``keep_networks`` those that count although they look like
    a data centre: networks or addresses, with commas between them. ``bots`` and ``networks`` are lists to use further.
    ``leads`` says what a signal is worth.
    ``notice`` says whether pages tell that requests are counted, ``per_prospect`` whether it is kept for whom a feed
    is that was asked for. After ``keep_days`` only totals are kept.
    """

    logs: str = ""
    own_networks: str = ""
    keep_networks: str = ""
    bots: Path | None = None
    networks: Path | None = None
    leads: LeadRules = field(default_factory=LeadRules)
    notice: bool = True
    per_prospect: bool = True
    keep_days: int = 395
    base: Path = Path()


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings that hold. ``file`` is the pitchcast.toml that was found or named, None without one.

    ``given`` holds the names of those that somebody set (``show.title``), even to the default. ``writer`` is who
    writes, as the user's own settings have it, None where they say nothing.
    """

    file: Path | None = None
    show: ShowSettings = ShowSettings()
    storage: StorageSettings = StorageSettings()
    audio: AudioSettings = field(default_factory=AudioSettings)
    brand: BrandSettings = BrandSettings()
    audience: AudienceSettings = AudienceSettings()
    given: frozenset[str] = field(default=frozenset(), compare=False)
    writer: Writer | None = field(default=None, compare=False)


DEFAULTS = Settings()
"""What holds where nothing is set."""
