"""The card that a chat shows of a pitch: its title in the show's colours, 1200 × 630 px, under 300 KB.

That is the size that OpenGraph's readers expect; WhatsApp leaves larger files out. Everything is drawn twice as large
and then reduced, so that edges are smooth.
"""

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageOps

from pitchcast.artwork.cover import jpeg_within
from pitchcast.artwork.drawing import Wave, draw_ground, draw_wave
from pitchcast.artwork.lettering import draw_text, set_text
from pitchcast.model.colours import Palette, plate_under
from pitchcast.model.preview import PREVIEW_PX, PreviewCard

MAX_PREVIEW_BYTES = 300_000

_WIDTH, _HEIGHT = 2 * PREVIEW_PX[0], 2 * PREVIEW_PX[1]
_MARGIN = 140
_INNER = _WIDTH - 2 * _MARGIN
_TITLE_TOP, _TITLE_HEIGHT = 290, 590
_FOOT_MIDDLE = 1035
_PLAY_RADIUS = 95
_PICTURE = 740
_LOGO_BOX = (560, 170)
_GAP = 90
_BARS = 22
_BARS_WIDTH = 560


def draw_preview(card: PreviewCard, *, logo: bytes = b"", picture: bytes = b"") -> bytes:
    """Return a card as JPEG: RGB, 1200 × 630 px; on one machine the same words give the same bytes.

    *logo* and *picture* are those that the card names. Letters that no font of the machine has are left out.
    """
    image = _ground(card.palette).copy()
    draw = ImageDraw.Draw(image)
    width = _INNER
    if picture:
        width -= _PICTURE + _GAP
    title = set_text(card.title, width_px=width, height_px=_TITLE_HEIGHT, largest_px=210, smallest_px=84)
    # what is read from right to left begins at the right, and so leaves the left to the picture
    left = _WIDTH - _MARGIN - width if title.right_to_left else _MARGIN
    if picture:
        _paste_picture(image, picture, _MARGIN if title.right_to_left else _WIDTH - _MARGIN - _PICTURE)
    show = set_text(card.show_title, width_px=width, height_px=110, largest_px=84, smallest_px=60)
    draw_text(draw, show, left, _MARGIN, width, card.palette.accent)
    draw_text(draw, title, left, _TITLE_TOP, width, card.palette.title)
    _draw_foot(image, draw, card, logo)
    small = image.resize(PREVIEW_PX, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return jpeg_within(small, MAX_PREVIEW_BYTES, ((small.width, quality) for quality in (88, 75, 60, 40)))


@lru_cache(maxsize=1)
def _ground(palette: Palette) -> Image.Image:
    """Return the ground of a card, of which who draws takes a copy.

    It takes half of the drawing and is the same on all cards of a show, so it is kept.
    """
    return draw_ground(palette, (_WIDTH, _HEIGHT))


def _paste_picture(image: Image.Image, data: bytes, left: int) -> None:
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as given:
        square = given.convert("RGB").resize((_PICTURE, _PICTURE), Image.Resampling.LANCZOS)
    mask = Image.new("L", square.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, _PICTURE, _PICTURE), radius=56, fill=255)
    image.paste(square, (left, _MARGIN), mask)


def _draw_foot(image: Image.Image, draw: ImageDraw.ImageDraw, card: PreviewCard, logo: bytes) -> None:
    """Draw the sign for playing with the host beside it, and at the other end the logo or a sound wave."""
    shown = _logo(card, logo) if card.logo and logo else None
    other_width = shown.width if shown else _BARS_WIDTH
    width = _INNER - 2 * _PLAY_RADIUS - _GAP // 2 - other_width - _GAP
    spoken_by = ", ".join(filter(None, (card.host, card.company)))
    host = set_text(spoken_by, width_px=width, height_px=170, largest_px=92, smallest_px=60)
    mirrored = host.right_to_left
    play_left = _WIDTH - _MARGIN - 2 * _PLAY_RADIUS if mirrored else _MARGIN
    host_left = play_left - _GAP // 2 - width if mirrored else play_left + 2 * _PLAY_RADIUS + _GAP // 2
    other_left = _MARGIN if mirrored else _WIDTH - _MARGIN - other_width
    _draw_play(draw, play_left, card.palette)
    draw_text(draw, host, host_left, _FOOT_MIDDLE - host.height_px // 2, width, card.palette.title)
    if shown:
        image.paste(shown, (other_left, _FOOT_MIDDLE - shown.height // 2), shown)
    else:
        wave = Wave(left=other_left, middle=_FOOT_MIDDLE, width=_BARS_WIDTH, bars=_BARS, least=10, swing=85)
        draw_wave(draw, wave, card.title, card.palette.accent)


def _draw_play(draw: ImageDraw.ImageDraw, left: int, palette: Palette) -> None:
    middle, radius = left + _PLAY_RADIUS, _PLAY_RADIUS
    draw.ellipse((left, _FOOT_MIDDLE - radius, left + 2 * radius, _FOOT_MIDDLE + radius), fill=palette.accent)
    corners = ((middle - 28, _FOOT_MIDDLE - 46), (middle + 52, _FOOT_MIDDLE), (middle - 28, _FOOT_MIDDLE + 46))
    draw.polygon(corners, fill=palette.deep)


def _logo(card: PreviewCard, data: bytes) -> Image.Image:
    """Return the logo as it is pasted, on a plate if it needs one."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as given:
        logo = ImageOps.contain(given.convert("RGBA"), _LOGO_BOX, Image.Resampling.LANCZOS)
    plate = plate_under(card.logo.color, card.palette) if card.logo else ""
    if not plate:
        return logo
    edge = 32
    size = (logo.width + 2 * edge, logo.height + 2 * edge)
    under = Image.new("RGBA", size)
    ImageDraw.Draw(under).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), radius=edge, fill=plate)
    under.alpha_composite(logo, (edge, edge))
    return under
