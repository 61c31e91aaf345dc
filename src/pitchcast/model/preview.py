"""Preview cards: the picture that a chat shows of a pitch whose link is pasted there, once for all feeds.

Whoever gets a link passed on sees it, so it says what everybody may read: the pitch, the podcast and who speaks. What a
title holds for one prospect is left out. A card follows from the catalog, and its name from what it shows.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog
from pitchcast.model.colours import Palette, page_palette
from pitchcast.model.episode import Episode
from pitchcast.model.layout import preview_name
from pitchcast.model.personal import fill_line
from pitchcast.model.show import Artwork, Brand, Logo, Show

PREVIEW_PX = (1200, 630)
"""Width and height of a card."""

_DRAWING = 1  # grows when cards are drawn otherwise, so that all get new names
_NAME_LENGTH = 16


class PreviewCard(Record, frozen=True):
    """What a preview card shows. ``picture`` is a cover that somebody gave: a drawn one would say the same again."""

    title: str
    show_title: str
    host: str
    company: str
    palette: Palette
    logo: Logo | None = None
    picture: Artwork | None = None


def preview_card(show: Show, brand: Brand, episode: Episode) -> PreviewCard:
    """Return what the card of an episode shows, as the catalog has it: nobody's name is filled in."""
    picture = episode.cover or (None if show.cover_drawn else show.cover)
    return PreviewCard(
        title=fill_line(episode.title, None) if episode.personalised else episode.title,
        show_title=show.title,
        host=episode.host or show.host,
        company=brand.company,
        palette=page_palette(show, brand),
        logo=brand.logo,
        picture=picture,
    )


def preview_cards(catalog: Catalog) -> Iterator[tuple[str, PreviewCard]]:
    """Yield the card of each episode that can be heard, behind its file name."""
    for episode in catalog.episodes:
        if not episode.withdrawn:
            card = preview_card(catalog.show, catalog.brand, episode)
            yield _name(catalog.show, episode, card), card


def card_names(catalog: Catalog) -> set[str]:
    """Return the file names of the cards of all episodes that can be heard."""
    return {name for name, _ in preview_cards(catalog)}


def card_name(catalog: Catalog, episode: Episode) -> str:
    """Return the file name of an episode's card."""
    return _name(catalog.show, episode, preview_card(catalog.show, catalog.brand, episode))


def _name(show: Show, episode: Episode, card: PreviewCard) -> str:
    """Return what nobody can guess from a title: the show's id is random and in no public object."""
    said = msgspec.json.encode((_DRAWING, show.id, episode.id, card))
    return preview_name(hashlib.sha256(said).hexdigest()[:_NAME_LENGTH])
