"""Covers that carry a prospect's name: which names are to be drawn, and which of a catalog's covers still hold.

They are keyed by the name that a feed speaks to, so two people called alike share one, and a cover follows its
prospect to any address. A picture that somebody gave carries no names.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from pitchcast.model.catalog import Catalog, addressed_names, next_revision
from pitchcast.model.show import Artwork, NamedCover


def wanted_names(catalog: Catalog) -> frozenset[str]:
    """Return the names for which the show has a cover of its own, none where all feeds share one."""
    show = catalog.show
    if not (show.cover_per_prospect and show.cover_drawn and show.cover):
        return frozenset()
    return frozenset(addressed_names(catalog).values())


def drawn_from(catalog: Catalog, name: str) -> str:
    """Return what tells whether a cover still shows what it would show if it were drawn now."""
    show, brand = catalog.show, catalog.brand
    logo = brand.logo.sha256 if brand.logo else ""
    company = (brand.company,) if brand.company else ()  # covers that were drawn before there were companies still hold
    said = msgspec.json.encode((show.title, show.host, brand.color, brand.accent, logo, name, *company))
    return hashlib.sha256(said).hexdigest()[:16]


def holding(catalog: Catalog) -> tuple[NamedCover, ...]:
    """Return the covers of the catalog that are wanted and show what they should."""
    if not catalog.named_covers:
        return ()
    names = wanted_names(catalog)
    return tuple(c for c in catalog.named_covers if c.name in names and _shows_what_it_should(catalog, c))


def _shows_what_it_should(catalog: Catalog, cover: NamedCover) -> bool:
    """Return whether a cover need not be drawn anew; for its words alone none is that says “for” from earlier on."""
    is_in_words = cover.language in ("", catalog.show.language)
    return is_in_words and cover.drawn_from == drawn_from(catalog, cover.name)


def missing_names(catalog: Catalog) -> list[str]:
    """Return the names that are still to be drawn, in a stable order."""
    return sorted(wanted_names(catalog) - {cover.name for cover in holding(catalog)})


def with_covers(catalog: Catalog, drawn: Iterable[tuple[str, Artwork]]) -> Catalog:
    """Return the catalog with covers drawn for these names and without those that no feed shows any more.

    It is a part of the step that leads to *catalog*; the same catalog is returned where nothing differs.
    """
    new = [_named(catalog, name, cover) for name, cover in drawn]
    names = {cover.name for cover in new}
    covers = (*(cover for cover in holding(catalog) if cover.name not in names), *new)
    return catalog if covers == catalog.named_covers else msgspec.structs.replace(catalog, named_covers=covers)


def _named(catalog: Catalog, name: str, cover: Artwork) -> NamedCover:
    small = cover.small or cover
    return NamedCover(
        name=name,
        drawn_from=drawn_from(catalog, name),
        sha256=cover.sha256,
        size_px=cover.size_px,
        small_sha256=small.sha256,
        small_px=small.size_px,
        changed_revision=next_revision(catalog),
        language=catalog.show.language,
    )
