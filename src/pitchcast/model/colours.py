"""The colours of cover and page: the brand's, or a set that follows from the title.

Whatever the brand's colours are, text stays readable: a colour that is too near to its ground is moved towards black
or white until the contrast of WCAG 2.2 holds (1.4.3: 4.5 to 1 for text; 1.4.11: 3 to 1 for what is no text).
"""

import colorsys
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pitchcast.errors import ConfigError
from pitchcast.model.show import Brand, Show

TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0
LIGHT_PLATE, DARK_PLATE = "#ffffff", "#16181d"
"""What a logo stands on that could not be seen on the brand's colour."""

_COLOUR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_LIGHT = ("#ffffff", "#f6f4f0", "#565b66")  # card, paper and soft letters of base.css
_DARK = ("#1c1e23", "#121316", "#b0b4be")
_BLACK, _WHITE = "#000000", "#ffffff"
_STEP = 0.02


@dataclass(frozen=True)
class Palette:
    """Colours of a cover, and of the band at the top of a page: a ground that shades into ``deep``, letters, an accent.

    Letters stand out from both ends of the ground by 4.5 to 1, the accent by 3 to 1 and more.
    """

    ground: str
    deep: str
    title: str
    accent: str


@dataclass(frozen=True)
class Scheme:
    """Colours of a page on light or dark ground: links, buttons with their letters, and tinted ground under links."""

    link: str
    button: str
    on_button: str
    tint: str


PALETTES = (
    Palette("#1d3fae", "#101f63", "#ffffff", "#ffc857"),
    Palette("#0b6b5d", "#06352f", "#ffffff", "#ffd98a"),
    Palette("#7a1f4b", "#3f0d2a", "#fff6f0", "#ffb59e"),
    Palette("#3b2a86", "#1c1448", "#ffffff", "#8fe3d2"),
    Palette("#9a3412", "#4f1707", "#fff7ec", "#ffd29b"),
    Palette("#14506e", "#08293a", "#ffffff", "#7fdcff"),
    Palette("#2f5d1e", "#15300c", "#fbfff2", "#d6f07a"),
    Palette("#5a2d82", "#2a123f", "#ffffff", "#ffc2e2"),
    Palette("#2b3345", "#12161f", "#ffffff", "#ff9f6b"),
    Palette("#8c1c2c", "#450a13", "#fff5f2", "#ffc9a8"),
)
_BESIDE_A_PICTURE = PALETTES[8]  # slate goes with any picture


def palette_of(title: str, brand: Brand) -> Palette:
    """Return the brand's colours, or those that follow from the title where it has none.

    Raises ConfigError where a colour is none.
    """
    if brand.color:
        return _brand_palette(_parsed(brand.color, "brand.color"), _parsed(brand.accent, "brand.accent"))
    digest = hashlib.sha256(title.encode("utf-8", "surrogatepass")).digest()
    chosen = PALETTES[digest[0] % len(PALETTES)]
    return _with_accent(chosen, _parsed(brand.accent, "brand.accent"))


def page_palette(show: Show, brand: Brand) -> Palette:
    """Return the colours of a show's page: those of its cover where that is drawn, quiet ones beside a given picture.

    Raises ConfigError where a colour is none.
    """
    if brand.color or show.cover_drawn:
        return palette_of(show.title, brand)
    return _with_accent(_BESIDE_A_PICTURE, _parsed(brand.accent, "brand.accent"))


@lru_cache(maxsize=256)
def scheme_of(palette: Palette, *, dark: bool) -> Scheme:
    """Return a palette's colours on the page's light or dark ground."""
    card, paper, soft = _DARK if dark else _LIGHT
    tints = (_mixed(card, palette.ground, share / 100) for share in range(22 if dark else 9, -1, -1))
    tint = next(tint for tint in tints if contrast(soft, tint) >= TEXT_CONTRAST)
    button = _moved(palette.ground, _WHITE, (card,), SHAPE_CONTRAST) if dark else palette.ground
    return Scheme(
        link=_moved(palette.ground, _WHITE if dark else _BLACK, (card, paper, tint), TEXT_CONTRAST),
        button=button,
        on_button=max((_WHITE, _BLACK), key=lambda letters: contrast(letters, button)),
        tint=tint,
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb), 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def plate_under(colour: str, palette: Palette) -> str:
    """Return the colour of the plate that a logo of this mean colour needs on the palette's ground.

    "" where it can be seen without one, or is opaque (*colour* "").
    """
    if not colour or min(contrast(colour, ground) for ground in (palette.ground, palette.deep)) >= SHAPE_CONTRAST:
        return ""
    return max((LIGHT_PLATE, DARK_PLATE), key=lambda plate: contrast(colour, plate))


def _brand_palette(ground: str, accent: str) -> Palette:
    title = _WHITE if contrast(_WHITE, ground) >= TEXT_CONTRAST else _BLACK
    deep = _mixed(ground, _BLACK, 0.5) if title == _WHITE else _mixed(ground, _WHITE, 0.45)
    plain = _mixed(ground, title, 0.72)
    return _with_accent(Palette(ground, deep, title, plain), accent or plain)


def _with_accent(palette: Palette, accent: str) -> Palette:
    """Return the palette with *accent* ("" keeps its own), moved until it stands out from both ends of the ground."""
    if not accent:
        return palette
    # Towards the letters' side: they stand out from both ends, and black or white there does at least as well. The
    # other side can be no way out: black stands out from #007ac5, but not from the darker blue into which it shades.
    letters_are_lighter = _luminance(palette.title) > _luminance(palette.ground)
    towards = _WHITE if letters_are_lighter else _BLACK
    seen = _moved(accent, towards, (palette.ground, palette.deep), SHAPE_CONTRAST)
    return Palette(palette.ground, palette.deep, palette.title, seen)


def _parsed(colour: str, key: str) -> str:
    """Return a colour as ``#rrggbb`` in small letters, "" for none."""
    if colour and not _COLOUR.fullmatch(colour):
        raise ConfigError(f"{key} is {colour[:40]!r}, which is no colour", hint="Write it as in #1d3fae.")
    digits = colour.lower()
    return "#" + "".join(digit * 2 for digit in digits[1:]) if len(digits) == 4 else digits


def _moved(colour: str, towards: str, grounds: tuple[str, ...], least: float) -> str:
    """Return *colour*, as much lighter or darker as it takes to stand out from all grounds; hue and saturation stay.

    At worst it is black or white in the end, which has to stand out from all of them: the caller chooses the side.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in _channels(colour)))
    step, end = (_STEP, 1.0) if towards == _WHITE else (-_STEP, 0.0)
    moved = colour
    while min(contrast(moved, ground) for ground in grounds) < least and lightness != end:
        lightness = min(1.0, max(0.0, lightness + step))
        moved = _hex(value * 255 for value in colorsys.hls_to_rgb(hue, lightness, saturation))
    return moved


def _mixed(one: str, other: str, share: float) -> str:
    """Return a colour with that share of *other* in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _hex(a + (b - a) * share for a, b in pairs)


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(value):02x}" for value in channels)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))


def _luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2, 0 to 1."""
    shares = (value / 255 for value in _channels(colour))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
