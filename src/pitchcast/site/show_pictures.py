"""What all feeds share, in the folder of the show's cover: its pictures and style sheet, and preview cards.

A card is drawn by the first build that finds it missing, and deleted by the first one after no episode has it any more.
So builds of many feeds draw nothing for each of them, and what an earlier pitchcast published needs no step of its own.
"""

from collections.abc import Iterable, Set
from contextlib import suppress
from functools import lru_cache

from pitchcast.errors import CatalogError
from pitchcast.feed.style import feed_style
from pitchcast.invocation import pitchcast_command
from pitchcast.model.catalog import Catalog
from pitchcast.model.layout import asset_key, headers_of, is_preview, public_key
from pitchcast.model.objects import show_files
from pitchcast.model.preview import PreviewCard, preview_cards
from pitchcast.site.assets import Assets
from pitchcast.site.folder import copy_file
from pitchcast.site.project import Project
from pitchcast.site.stored import list_folder
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.hashed import Proof

_TOLD_FROM = 5  # fewer cards take less than a second


def put_show_pictures(project: Project, catalog: Catalog) -> Set[str]:
    """Make sure that the pictures of all feeds are public, and return the keys of what lay beside them before.

    Raises CatalogError where one of them cannot be made public.
    """
    there = _listed(project.bucket, catalog)
    _put_show_files(project.bucket, catalog, there)
    cards = {public_key(catalog.show.art_token, name): card for name, card in preview_cards(catalog)}
    missing = {key: card for key, card in cards.items() if key not in there}
    for done, (key, card) in enumerate(missing.items(), 1):
        with suppress(CatalogError):  # what is on it is lost: the doctor names that, and feeds can do without a card
            # Unlike other shared pictures it may not be kept by caches on the way: a withdrawn pitch has a title.
            project.bucket.put(key, _drawn(project.assets, card), headers_of(key))
        if len(missing) >= _TOLD_FROM:
            project.progress("drawing previews", done / len(missing))
    return there


def delete_old_cards(bucket: Bucket, catalog: Catalog, there: Iterable[str] | None = None) -> None:
    """Delete the cards that no episode has.

    *there* is what was listed before the catalog was read, so that nothing goes that came since; None lists it now,
    for a catalog that was just written.
    """
    listed = _listed(bucket, catalog) if there is None else there
    named = {public_key(catalog.show.art_token, name) for name, _ in preview_cards(catalog)}
    old = [key for key in listed if is_preview(key.rpartition("/")[2]) and key not in named]
    if old:
        bucket.delete(old)


def _listed(bucket: Bucket, catalog: Catalog) -> Set[str]:
    return set(list_folder(bucket, catalog.show.art_token))


def _put_show_files(bucket: Bucket, catalog: Catalog, there: Set[str]) -> None:
    """Make the show's cover, logo, photo and style sheet public, as far as their keys are not *there* yet."""
    proof = Proof(bucket)
    for file in show_files(catalog):
        if file.key in there:
            continue
        if file.source:
            copy_file(file, bucket, proof, shared=True)
        else:
            bucket.put(file.key, feed_style(), headers_of(file.key, shared=True))


def _drawn(assets: Assets, card: PreviewCard) -> bytes:
    """Return the picture of a card. Raises CatalogError where the logo or cover on it is missing, or is no picture."""
    picture = (card.picture.small or card.picture) if card.picture else None
    return _draw(
        card,
        assets.get(asset_key(card.logo)) if card.logo else b"",
        assets.get(asset_key(picture)) if picture else b"",
    )


@lru_cache(maxsize=32)
def _draw(card: PreviewCard, logo: bytes, picture: bytes) -> bytes:
    from pitchcast.artwork.preview import draw_preview  # Pillow takes a while to import

    try:
        return draw_preview(card, logo=logo, picture=picture)
    except OSError as error:
        hint = f"Give the show its pictures again: {pitchcast_command('show edit --artwork PICTURE')}"
        raise CatalogError("the logo or cover on a preview card is no picture", hint=hint) from error
