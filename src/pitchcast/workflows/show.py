"""The show itself: start it from the settings at the first publish, edit it, apply what the settings say."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pitchcast.config import Settings
from pitchcast.errors import ConfigError, FileError
from pitchcast.feed.categories import check_category
from pitchcast.model.answers.show import Difference, ShowAnswer
from pitchcast.model.catalog import FORMAT, RENDERER, Catalog, Saved
from pitchcast.model.contents import folders
from pitchcast.model.layout import asset_key
from pitchcast.model.show import Artwork, Brand, Logo, Show
from pitchcast.model.steps.edit import edit_show
from pitchcast.model.steps.publish import with_audio_paths
from pitchcast.page.overrides import read_overrides
from pitchcast.reading import digest_of
from pitchcast.site.assets import with_small
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change, start_show
from pitchcast.site.project import Project

_BEGINNING = Saved(at=datetime(1970, 1, 1, tzinfo=UTC), who="", what="")
_SHOW_KEYS = (
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
)
_BRAND_KEYS = ("call_to_action", "call_to_action_url", "color", "accent")
_BRAND_FILES = ("logo", "templates")


def ensure_show(project: Project) -> Catalog:
    """Return the catalog, after starting the show from the settings where there is none yet."""
    catalog = project.ledger.load().catalog
    if catalog is not None:
        return catalog
    first = new_catalog(project)
    if project.dry_run:
        return first
    _put_brand_files(project, _brand_files(project.settings), first.show.language)
    cover = put_cover(project, project.settings.show.artwork, first.show, first.brand)
    first = msgspec.structs.replace(first, show=_with_cover(first.show, cover, project.settings.show.artwork))
    return start_show(project, first)


def new_catalog(project: Project) -> Catalog:
    """Return the catalog of a show in which nothing was published yet, made from the settings.

    Raises ConfigError where title, host or a valid category is missing, or a template has a mistake; FileError
    where the logo cannot be one.
    """
    settings = project.settings
    if not settings.show.title or not settings.show.host:
        raise ConfigError(
            "[show] title and host are not set",
            hint="Set them in pitchcast.toml, or let pitchcast ask: pitchcast init",
        )
    _check_names(settings.show.cover_per_prospect, drawn=settings.show.artwork is None)
    public_url = project.public_url()
    show = Show(
        id=str(uuid.uuid4()),
        art_token=project.new_token(),
        first_address=public_url.partition("://")[2],
        audio=settings.storage.audio,
        **_show_fields(settings),  # type: ignore[arg-type] # the settings' types are the show's
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
        body = draw_cover(show.title, show.host, brand, logo=logo)
        artwork = cover_artwork(body)
    cover, pictures = with_small(artwork, body)
    project.put_assets(pictures)
    return cover


def show_answer(project: Project) -> ShowAnswer:
    """Return the show as the catalog has it, and where pitchcast.toml says otherwise."""
    catalog = project.catalog()
    return _answer(project, catalog)


def differences(project: Project, catalog: Catalog) -> tuple[Difference, ...]:
    """Return what pitchcast.toml sets otherwise than the catalog; keys it leaves out do not count."""
    settings = project.settings
    pairs = [(f"show.{key}", getattr(settings.show, key), getattr(catalog.show, key)) for key in _SHOW_KEYS]
    pairs += [(f"brand.{key}", getattr(settings.brand, key), getattr(catalog.brand, key)) for key in _BRAND_KEYS]
    pairs += _file_differences(settings, catalog)
    pairs.append(("storage.audio", settings.storage.audio, catalog.show.audio))
    if settings.storage.public_url:
        pairs.append(("storage.public_url", settings.storage.public_url.rstrip("/"), catalog.public_url))
    return tuple(
        Difference(key=key, in_settings=str(wanted), in_catalog=str(have))
        for key, wanted, have in pairs
        if key in settings.given and wanted != have
    )


def edit(project: Project, changes: dict[str, object], *, artwork: Path | None = None) -> ShowAnswer:
    """Change attributes of the show (``title``, ``host`` …) or brand and build every feed.

    *changes* is keyed by the attribute's name; ``logo`` and ``templates`` are given as paths, None for none. A drawn
    cover follows title, host, colours and logo; *artwork* replaces it. Raises ConfigError for a category that
    directories do not know or a mistake in a template, FileError for what is no picture.
    """
    _check_category(str(changes.get("category", "")))
    before = project.catalog()
    typed = command("show edit", changes=_meaning(changes), artwork=_content_hash(artwork) if artwork else "")
    attempt = begin(project, typed, before, lambda _catalog: Facts(), Facts)
    language = str(changes.get("language", before.show.language))
    changes = changes | _put_brand_files(project, changes, language)
    wanted, brand = _changed(before, changes), _changed_brand(before, changes)
    _check_names(wanted.cover_per_prospect, drawn=wanted.cover_drawn and artwork is None)
    cover = None
    redraw = before.show.cover_drawn and _shown(wanted, brand) != _shown(before.show, before.brand)
    if artwork or redraw:
        cover = put_cover(project, artwork, wanted, brand)

    def step(catalog: Catalog) -> Catalog:
        show = _changed(catalog, changes)
        brand = _changed_brand(catalog, changes)
        public_url = str(changes.get("public_url", catalog.public_url))
        edited = edit_show(catalog, _with_cover(show, cover, artwork) if cover else show, brand, public_url)
        return with_audio_paths(edited, project.new_token)

    done = change(project, step, Wish(what="edited the show", names=folders), attempt)
    return _answer(project, done.catalog)


def _meaning(changes: dict[str, object]) -> dict[str, object]:
    """Return changes so that the same ones are equal: files by what is in them, a folder by its files."""
    return {key: _content_hash(value) if isinstance(value, Path) else value for key, value in changes.items()}


def _content_hash(path: Path) -> str:
    """Return the SHA-256 of a picture, or of all that a folder of templates changes about the page."""
    from pitchcast.artwork.safe_read import PICTURE  # Pillow takes a while to import

    return read_overrides(path).sha256 if path.is_dir() else digest_of(path, PICTURE)


def apply(project: Project) -> ShowAnswer:
    """Give the show what pitchcast.toml says, where that differs, and build every feed."""
    catalog = project.catalog()
    settings = project.settings
    wanted: dict[str, object] = {}
    for difference in differences(project, catalog):
        section, _, key = difference.key.partition(".")
        wanted[key] = getattr(getattr(settings, section), key)
    if "public_url" in wanted:
        wanted["public_url"] = str(wanted["public_url"]).rstrip("/")
    artwork = settings.show.artwork if "show.artwork" in settings.given else None
    return edit(project, wanted, artwork=artwork)


def _changed(catalog: Catalog, changes: dict[str, object]) -> Show:
    return msgspec.structs.replace(catalog.show, **{k: v for k, v in changes.items() if k in (*_SHOW_KEYS, "audio")})


def _changed_brand(catalog: Catalog, changes: dict[str, object]) -> Brand:
    return msgspec.structs.replace(
        catalog.brand, **{k: v for k, v in changes.items() if k in _BRAND_KEYS + _BRAND_FILES}
    )


def _shown(show: Show, brand: Brand) -> tuple[object, ...]:
    """Return what a drawn cover is made of."""
    return show.title, show.host, brand.color, brand.accent, brand.logo


def _with_cover(show: Show, cover: Artwork, picture: Path | None) -> Show:
    return msgspec.structs.replace(show, cover=cover, cover_drawn=picture is None)


def _show_fields(settings: Settings) -> dict[str, object]:
    _check_category(settings.show.category)
    return {key: getattr(settings.show, key) for key in _SHOW_KEYS}


def _brand(project: Project) -> Brand:
    settings = project.settings
    texts = {key: getattr(settings.brand, key) for key in _BRAND_KEYS}
    files = _put_brand_files(project.as_dry_run(), _brand_files(settings), settings.show.language)
    return Brand(**texts, **files)  # type: ignore[arg-type] # they are what the brand keeps


def _brand_files(settings: Settings) -> dict[str, object]:
    return {key: getattr(settings.brand, key) for key in _BRAND_FILES}


def _put_brand_files(project: Project, given: dict[str, object], language: str) -> dict[str, object]:
    """Store the logo and the folder of templates among *given*, and return what the brand keeps of them.

    Templates are tried first: nothing is kept that makes no good page.
    """
    kept: dict[str, object] = {}
    if "templates" in given:
        folder = given["templates"]
        kept["templates"] = _put_templates(project, folder, language) if isinstance(folder, Path) else ""
    if "logo" in given:
        picture = given["logo"]
        kept["logo"] = _put_logo(project, picture) if isinstance(picture, Path) else None
    return kept


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


def _file_differences(settings: Settings, catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """Yield a folder of templates and a logo that are not those of the show, as key, what is wanted, what there is."""
    brand = catalog.brand
    folder, picture = settings.brand.templates, settings.brand.logo
    there_is = "other templates" if brand.templates else ""
    try:
        same_templates = folder is not None and read_overrides(folder).sha256 == brand.templates
    except ConfigError as error:
        yield "brand.templates", error.message, there_is
    else:
        if not same_templates:
            yield "brand.templates", str(folder or ""), there_is
    if picture is None or brand.logo is None or _hash_of(picture) != brand.logo.source_sha256:
        yield "brand.logo", str(picture or ""), "another logo" if brand.logo else ""


def _hash_of(picture: Path) -> str:
    """Return the SHA-256 of a file, "" where it cannot be read."""
    from pitchcast.artwork.logo import hash_of

    try:
        return hash_of(picture)
    except FileError:
        return ""


def _check_category(category: str) -> None:
    fault = check_category(category) if category else None
    if fault:
        raise ConfigError(f"show.category: {fault}")


def _check_names(cover_per_prospect: bool, *, drawn: bool) -> None:
    if cover_per_prospect and not drawn:
        raise ConfigError(
            "show.cover_per_prospect and show.artwork exclude each other: names are drawn on drawn covers only",
            hint="Leave show.artwork out, or set cover_per_prospect = false (--no-cover-per-prospect).",
        )


def _answer(project: Project, catalog: Catalog) -> ShowAnswer:
    return ShowAnswer(
        show=catalog.show,
        brand=catalog.brand,
        public_url=catalog.public_url,
        catalog_revision=catalog.revision,
        differences=tuple(map(str, differences(project, catalog))),
    )
