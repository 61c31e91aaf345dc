"""Where pitchcast.toml says otherwise than the catalog; quick to import, for the first look at a show."""

from collections.abc import Iterator
from pathlib import Path

from pitchcast.config import AudienceSettings, Settings
from pitchcast.errors import ConfigError, FileError
from pitchcast.model.answers.show import Difference
from pitchcast.model.catalog import Catalog
from pitchcast.model.show import Counted, Logo, Photo
from pitchcast.page.overrides import read_overrides
from pitchcast.site.project import Project

SHOW_KEYS = (
    "title",
    "host",
    "email",
    "owner_email",
    "language",
    "category",
    "link",
    "description",
    "explicit",
    "cover_per_prospect",
    "role",
    "contact",
)
SHOW_FILES = ("photo",)
BRAND_KEYS = (
    "call_to_action",
    "call_to_action_url",
    "color",
    "accent",
    "company",
    "company_url",
    "imprint_url",
    "privacy_url",
    "address",
)
BRAND_FILES = ("logo", "templates")


def differences(project: Project, catalog: Catalog) -> tuple[Difference, ...]:
    """Return what pitchcast.toml sets otherwise than the catalog; keys it leaves out do not count."""
    settings = project.settings
    pairs = [(f"show.{key}", getattr(settings.show, key), getattr(catalog.show, key)) for key in SHOW_KEYS]
    pairs += [(f"brand.{key}", getattr(settings.brand, key), getattr(catalog.brand, key)) for key in BRAND_KEYS]
    pairs += _file_differences(settings, catalog)
    pairs.append(("storage.audio", settings.storage.audio, catalog.show.audio))
    if "audience.logs" in settings.given:
        pairs.append(("audience.logs", _said(counted_as(settings.audience)), _said(catalog.show.counted)))
    if settings.storage.public_url:
        pairs.append(("storage.public_url", settings.storage.public_url.rstrip("/"), catalog.public_url))
    return tuple(
        Difference(key=key, in_settings=str(wanted), in_catalog=str(have))
        for key, wanted, have in pairs
        if key in settings.given and wanted != have
    )


def counted_as(audience: AudienceSettings) -> Counted:
    """Return what pages are to tell of the access log."""
    if not audience.logs or not audience.notice:
        return "no"
    return "feeds" if audience.per_prospect else "totals"


def _said(counted: Counted) -> str:
    return {
        "no": "pages say nothing of counting",
        "feeds": "pages say that each feed's requests are counted",
        "totals": "pages say that requests are counted in all",
    }[counted]


def _file_differences(settings: Settings, catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """Yield templates, a logo and a photo that are not those of the show, as key, what is wanted, what there is."""
    sha256, wanted = _templates_of(settings.brand.templates)
    logo, photo = settings.brand.logo, settings.show.photo
    if not sha256 or sha256 != catalog.brand.templates:
        yield "brand.templates", wanted, "other templates" if catalog.brand.templates else ""
    if not _is_made_from(catalog.brand.logo, logo):
        yield "brand.logo", str(logo or ""), "another logo" if catalog.brand.logo else ""
    if not _is_made_from(catalog.show.photo, photo):
        yield "show.photo", str(photo or ""), "another photo" if catalog.show.photo else ""


def _templates_of(folder: Path | None) -> tuple[str, str]:
    """Return the hash of a folder's templates, "" where there are none or they are wrong, and what to call them."""
    if folder is None:
        return "", ""
    try:
        return read_overrides(folder).sha256, str(folder)
    except ConfigError as error:
        return "", error.message


def _is_made_from(kept: Logo | Photo | None, given: Path | None) -> bool:
    """Return whether a picture that the catalog keeps was made from the given one, or there is neither."""
    if kept is None or given is None:
        return kept is None and given is None
    return _hash_of(given) == kept.source_sha256


def _hash_of(picture: Path) -> str:
    """Return the SHA-256 of a file, "" where it cannot be read."""
    from pitchcast.artwork.logo import hash_of

    try:
        return hash_of(picture)
    except FileError:
        return ""
