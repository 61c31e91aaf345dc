"""Draw the covers that carry prospects' names, and store them, before the catalog that names them is written."""

from collections.abc import Callable

from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import asset_key, headers_of
from pitchcast.model.show import Artwork
from pitchcast.model.steps.named_covers import drawn_from, missing_names, with_covers
from pitchcast.page.titles import cover_line
from pitchcast.site.assets import with_small
from pitchcast.site.project import Project

_TOLD_FROM = 5  # fewer covers are drawn in a moment


def cover_drawer(project: Project) -> Callable[[Catalog], Catalog]:
    """Return what completes a catalog about to be written: it draws and stores the covers that are missing in it.

    A cover is drawn once, however often the step is run again because somebody else was quicker.
    """
    known: dict[str, Artwork] = {}

    def complete(catalog: Catalog) -> Catalog:
        names = missing_names(catalog)
        logo = _logo(project, catalog) if names else b""
        for done, name in enumerate(names):
            key = drawn_from(catalog, name)
            if key not in known:
                known[key] = _put(project, catalog, name, logo)
            if len(names) >= _TOLD_FROM:
                project.progress("drawing covers", (done + 1) / len(names))
        return with_covers(catalog, ((name, known[drawn_from(catalog, name)]) for name in names))

    return complete


def tell_missing(project: Project, text: str) -> None:
    """Tell once of letters that a drawn cover leaves out, since no font here has them."""
    from pitchcast.artwork.lettering import missing_letters

    letters = missing_letters(text)
    note = (
        f"no font on this computer has “{letters}”, which drawn covers leave out: install one that has, "
        f"or give a picture with: {pitchcast_command('show edit --artwork FILE')}"
    )
    if letters and note not in project.outcome.notes:
        project.outcome.notes.append(note)


def _put(project: Project, catalog: Catalog, name: str, logo: bytes) -> Artwork:
    from pitchcast.artwork.cover import cover_artwork, draw_cover

    for_whom = cover_line(name, catalog.show.language, project.assets.overrides(catalog.brand))
    tell_missing(project, for_whom)
    body = draw_cover(catalog.show.title, catalog.show.host, catalog.brand, logo=logo, for_whom=for_whom)
    cover, pictures = with_small(cover_artwork(body), body)
    for key, picture in pictures.items():
        project.bucket.put(key, picture, headers_of(key))  # not remembered: many covers are many bytes
    return cover


def _logo(project: Project, catalog: Catalog) -> bytes:
    return project.assets.get(asset_key(catalog.brand.logo)) if catalog.brand.logo else b""
