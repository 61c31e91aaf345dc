"""The show itself: shown, edited, and brought to what the settings say."""

from pathlib import Path

import msgspec

from pitchcast.config import keys_set_in, rewrite_settings
from pitchcast.errors import ConfigError
from pitchcast.model.answers.show import ShowAnswer
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import folders
from pitchcast.model.show import Brand, Show
from pitchcast.model.steps.edit import edit_show
from pitchcast.model.steps.publish import with_audio_paths
from pitchcast.page.overrides import read_overrides
from pitchcast.production.beginning import (
    check_names,
    check_show_category,
    put_cover,
    put_given_files,
    tell_wordless,
    with_cover,
)
from pitchcast.production.differences import (
    BRAND_FILES,
    BRAND_KEYS,
    SHOW_FILES,
    SHOW_KEYS,
    counted_as,
    differences,
)
from pitchcast.reading import digest_of
from pitchcast.site.attempt import Facts, begin, command
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project


def show_answer(project: Project) -> ShowAnswer:
    """Return the show as the catalog has it, and where pitchcast.toml says otherwise."""
    catalog = project.catalog()
    return _answer(project, catalog)


def edit(project: Project, changes: dict[str, object], *, artwork: Path | None = None) -> ShowAnswer:
    """Change attributes of the show or brand, as ``change_show`` does, and pitchcast.toml where it sets them itself.

    Else the next command would say that pitchcast.toml differs, and offer to undo the change. A file that cannot be
    changed is told of as a note.
    """
    given = changes | ({"artwork": artwork} if artwork else {})
    answer = change_show(project, changes, artwork=artwork)
    written = _write_settings(project, given)
    differing = tuple(one for one in answer.differences if one.partition(":")[0] not in written)
    return msgspec.structs.replace(answer, settings_changed=written, differences=differing)


def change_show(project: Project, changes: dict[str, object], *, artwork: Path | None = None) -> ShowAnswer:
    """Change attributes of the show (``title``, ``host`` …) or brand and build every feed.

    *changes* is keyed by the attribute's name; ``logo``, ``photo`` and ``templates`` are given as paths, None for
    none. A drawn cover follows title, host, company, colours and logo; *artwork* replaces it. Raises ConfigError for a
    category that directories do not know or a mistake in a template, FileError for what is no picture.
    """
    check_show_category(str(changes.get("category", "")))
    before = project.catalog()
    typed = command("show edit", changes=_meaning(changes), artwork=_content_hash(artwork) if artwork else "")
    attempt = begin(project, typed, before, lambda _catalog: Facts(), Facts)
    language = str(changes.get("language", before.show.language))
    changes = changes | put_given_files(project, changes, language)
    wanted, brand = _changed(before, changes), _changed_brand(before, changes)
    check_names(wanted.cover_per_prospect, drawn=wanted.cover_drawn and artwork is None)
    if changes.keys() & {"language", "templates"}:
        tell_wordless(project, wanted, brand)
    cover = None
    redraw = before.show.cover_drawn and _shown(wanted, brand) != _shown(before.show, before.brand)
    if artwork or redraw:
        cover = put_cover(project, artwork, wanted, brand)

    def step(catalog: Catalog) -> Catalog:
        show = _changed(catalog, changes)
        brand = _changed_brand(catalog, changes)
        public_url = str(changes.get("public_url", catalog.public_url))
        edited = edit_show(catalog, with_cover(show, cover, artwork) if cover else show, brand, public_url)
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
        if section == "audience":
            wanted["counted"] = counted_as(settings.audience)
        else:
            wanted[key] = getattr(getattr(settings, section), key)
    if "public_url" in wanted:
        wanted["public_url"] = str(wanted["public_url"]).rstrip("/")
    artwork = settings.show.artwork if "show.artwork" in settings.given else None
    return change_show(project, wanted, artwork=artwork)


def _write_settings(project: Project, given: dict[str, object]) -> tuple[str, ...]:
    """Give pitchcast.toml what was given of the keys that it sets itself; return those, as far as they said otherwise.

    In a dry run they are only returned.
    """
    file = project.settings.file
    if file is None:
        return ()
    try:
        own = keys_set_in(file)
        values: dict[tuple[str, ...], str | bool] = {}
        for key, value in given.items():
            path = _section_of(key)
            if ".".join(path) in own and not _says(project, path, value):
                values[path] = _written(file, value)
        if values and not project.dry_run:
            rewrite_settings(file, values)
    except ConfigError as error:
        project.outcome.notes.append(f"the show is changed, but {error.message}. {error.hint}".strip())
        return ()
    return tuple(".".join(path) for path in values)


def _section_of(key: str) -> tuple[str, str]:
    """Return the section of a key in pitchcast.toml, and the key."""
    if key in (*BRAND_KEYS, *BRAND_FILES):
        return "brand", key
    return ("storage", key) if key == "public_url" else ("show", key)


def _says(project: Project, path: tuple[str, ...], value: object) -> bool:
    """Return whether the settings say the same already."""
    section, key = path
    said = getattr(getattr(project.settings, section), key)
    return bool(said == (value.resolve() if isinstance(value, Path) else value))


def _written(file: Path, value: object) -> str | bool:
    """Return a value as it stands in a settings file; files beside it are named from there, None is no file."""
    if isinstance(value, Path):
        path, folder = value.resolve(), file.parent.resolve()
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
    return value if isinstance(value, bool) else str(value or "")


def _changed(catalog: Catalog, changes: dict[str, object]) -> Show:
    keys = (*SHOW_KEYS, *SHOW_FILES, "audio", "counted")
    return msgspec.structs.replace(catalog.show, **{k: v for k, v in changes.items() if k in keys})


def _changed_brand(catalog: Catalog, changes: dict[str, object]) -> Brand:
    return msgspec.structs.replace(catalog.brand, **{k: v for k, v in changes.items() if k in BRAND_KEYS + BRAND_FILES})


def _shown(show: Show, brand: Brand) -> tuple[object, ...]:
    """Return what a drawn cover is made of."""
    return show.title, show.host, brand.company, brand.color, brand.accent, brand.logo


def _answer(project: Project, catalog: Catalog) -> ShowAnswer:
    return ShowAnswer(
        show=catalog.show,
        brand=catalog.brand,
        public_url=catalog.public_url,
        catalog_revision=catalog.revision,
        differences=tuple(map(str, differences(project, catalog))),
    )
