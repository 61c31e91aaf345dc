"""The show as pitchcast.toml says it, begun with the first publish."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pitchcast.config import Settings
from pitchcast.errors import ConfigError
from pitchcast.feed.categories import check_category
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import FORMAT, RENDERER, Catalog, Saved
from pitchcast.model.layout import asset_key
from pitchcast.model.show import Artwork, Brand, Logo, Photo, Show
from pitchcast.page.overrides import read_overrides
from pitchcast.page.words import wordless_note
from pitchcast.production.differences import BRAND_FILES, BRAND_KEYS, SHOW_FILES, SHOW_KEYS, counted_as
from pitchcast.site.assets import with_small
from pitchcast.site.change import start_show
from pitchcast.site.named_covers import tell_missing
from pitchcast.site.project import Project

_BEGINNING = Saved(at=datetime(1970, 1, 1, tzinfo=UTC), who="", what="")


def ensure_show(project: Project) -> Catalog:
    """Return the catalog, after starting the show from the settings where there is none yet."""
    catalog = project.ledger.load().catalog
    if catalog is not None:
        return catalog
    first = new_catalog(project)
    tell_wordless(project, first.show, first.brand)
    if project.dry_run:
        return first
    put_given_files(project, _brand_files(project.settings), first.show.language)
    put_given_files(project, _show_files(project.settings), first.show.language)
    cover = put_cover(project, project.settings.show.artwork, first.show, first.brand)
    first = msgspec.structs.replace(first, show=with_cover(first.show, cover, project.settings.show.artwork))
    return start_show(project, first)


def tell_wordless(project: Project, show: Show, brand: Brand) -> None:
    """Tell once that a show's pages are in English, where its language has no words and nobody has given some."""
    note = wordless_note(show.language, project.assets.overrides(brand))
    if note and note not in project.outcome.notes:
        project.outcome.notes.append(note)


def new_catalog(project: Project) -> Catalog:
    """Return the catalog of a show in which nothing was published yet, made from the settings.

    Raises ConfigError where title, host or a valid category is missing, or a template has a mistake; FileError
    where the logo cannot be one.
    """
    settings = project.settings
    if not settings.show.title or not settings.show.host:
        raise ConfigError(
            "[show] title and host are not set",
            hint=f"Set them in pitchcast.toml, or let pitchcast ask: {pitchcast_command('init')}",
        )
    check_names(settings.show.cover_per_prospect, drawn=settings.show.artwork is None)
    public_url = project.public_url()
    show = Show(
        id=str(uuid.uuid4()),
        art_token=project.new_token(),
        first_address=public_url.partition("://")[2],
        audio=settings.storage.audio,
        counted=counted_as(settings.audience),
        **_show_fields(project),  # type: ignore[arg-type] # the settings' types are the show's
    )
    return Catalog(
        format=FORMAT,
        renderer=RENDERER,
        revision=0,
        nonce="",
        saved=_BEGINNING,
        show=show,
        brand=_brand(project),
        public_url=public_url,
        next_release=1,
    )


def put_cover(project: Project, picture: Path | None, show: Show, brand: Brand) -> Artwork:
    """Store the given picture, or one drawn from title, host and brand colours, as an asset and return what it is.

    Raises FileError where the picture cannot be a cover.
    """
    from pitchcast.artwork.cover import cover_artwork, draw_cover, prepare_cover

    if picture is not None:
        body, artwork = prepare_cover(picture)
    else:
        logo = project.assets.get(asset_key(brand.logo)) if brand.logo else b""
        tell_missing(project, f"{show.title} {show.host} {brand.company}")
        body = draw_cover(show.title, show.host, brand, logo=logo)
        artwork = cover_artwork(body)
    cover, pictures = with_small(artwork, body)
    project.put_assets(pictures)
    return cover


def put_given_files(project: Project, given: dict[str, object], language: str) -> dict[str, object]:
    """Store logo, photo and the folder of templates among *given*, and return what show and brand keep of them.

    Templates are tried first: nothing is kept that makes no good page.
    """
    kept: dict[str, object] = {}
    if "templates" in given:
        folder = given["templates"]
        kept["templates"] = _put_templates(project, folder, language) if isinstance(folder, Path) else ""
    if "logo" in given:
        picture = given["logo"]
        kept["logo"] = _put_logo(project, picture) if isinstance(picture, Path) else None
    if "photo" in given:
        picture = given["photo"]
        kept["photo"] = _put_photo(project, picture) if isinstance(picture, Path) else None
    return kept


def with_cover(show: Show, cover: Artwork, picture: Path | None) -> Show:
    """Return the show with a cover, drawn where no *picture* was given."""
    return msgspec.structs.replace(show, cover=cover, cover_drawn=picture is None)


def check_show_category(category: str) -> None:
    """Raise ConfigError where directories do not know a category."""
    fault = check_category(category) if category else None
    if fault:
        raise ConfigError(f"show.category: {fault}")


def check_names(cover_per_prospect: bool, *, drawn: bool) -> None:
    """Raise ConfigError where names are to stand on a cover that is not drawn."""
    if cover_per_prospect and not drawn:
        raise ConfigError(
            "show.cover_per_prospect and show.artwork exclude each other: names are drawn on drawn covers only",
            hint="Leave show.artwork out, or set cover_per_prospect = false (--no-cover-per-prospect).",
        )


def _show_fields(project: Project) -> dict[str, object]:
    settings = project.settings
    check_show_category(settings.show.category)
    texts = {key: getattr(settings.show, key) for key in SHOW_KEYS}
    return texts | put_given_files(project.as_dry_run(), _show_files(settings), settings.show.language)


def _brand(project: Project) -> Brand:
    settings = project.settings
    texts = {key: getattr(settings.brand, key) for key in BRAND_KEYS}
    files = put_given_files(project.as_dry_run(), _brand_files(settings), settings.show.language)
    return Brand(**texts, **files)  # type: ignore[arg-type] # they are what the brand keeps


def _brand_files(settings: Settings) -> dict[str, object]:
    return {key: getattr(settings.brand, key) for key in BRAND_FILES}


def _show_files(settings: Settings) -> dict[str, object]:
    return {key: getattr(settings.show, key) for key in SHOW_FILES}


def _put_templates(project: Project, folder: Path, language: str) -> str:
    from pitchcast.page.vetting import check_overrides

    overrides = read_overrides(folder)
    check_overrides(overrides, language)
    return project.put_text(overrides.pack())


def _put_logo(project: Project, picture: Path) -> Logo:
    from pitchcast.artwork.logo import prepare_logo

    body, logo = prepare_logo(picture)
    project.put_assets({asset_key(logo): body})
    return logo


def _put_photo(project: Project, picture: Path) -> Photo:
    from pitchcast.artwork.photo import prepare_photo

    body, photo = prepare_photo(picture)
    project.put_assets({asset_key(photo): body})
    return photo
