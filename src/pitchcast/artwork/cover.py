"""The picture that stands for a show: a drawn cover, or a given one made fit for podcast apps.

Apple asks for a square of 1400 to 3000 px, JPEG or PNG, RGB. A cover is loaded on mobile networks, so it stays under
500 KB. Nothing that the picture carried along (place, device, comment) is kept.
"""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageOps

from pitchcast.artwork.drawing import Wave, draw_ground, draw_wave
from pitchcast.artwork.lettering import Setting, draw_text, set_text
from pitchcast.artwork.safe_read import BROKEN, given_picture, in_srgb, on_white, resizable
from pitchcast.errors import FileError
from pitchcast.model.colours import Palette, palette_of, plate_under
from pitchcast.model.show import Artwork, Brand, Logo

MIN_COVER_PX = 1400
MAX_COVER_PX = 3000
MAX_COVER_BYTES = 500_000
THUMBNAIL_PX = 600
MAX_THUMBNAIL_BYTES = 60_000

_MARGIN_PX = 240
_WAVE = Wave(left=_MARGIN_PX, middle=2130, width=MAX_COVER_PX - 2 * _MARGIN_PX, bars=37, least=28, swing=190)
_NAME_PX = 240
_NAME_GAP_PX = 60
_LOGO_BOX_PX = (780, 220)
_PLATE_EDGE_PX = 50
_NO_BRAND = Brand()


def draw_cover(title: str, host: str, brand: Brand = _NO_BRAND, *, logo: bytes = b"", for_whom: str = "") -> bytes:
    """Return a cover as JPEG: RGB, 3000 px square, under 500 KB; on one machine the same words give the same bytes.

    The colours are the brand's, or follow from the title. *logo* is the picture that ``brand.logo`` stands for.
    Where the brand has a company, it stands behind the host. *for_whom* is the line that says whom the cover is for.
    Letters that no font of the machine has are left out.
    Raises ConfigError where a brand colour is none.
    """
    palette = palette_of(title, brand)
    cover = draw_ground(palette, (MAX_COVER_PX, MAX_COVER_PX))
    draw = ImageDraw.Draw(cover)
    width = MAX_COVER_PX - 2 * _MARGIN_PX
    height = 1500 - (_NAME_PX + _NAME_GAP_PX if for_whom else 0)
    title_set = set_text(title, width_px=width, height_px=height, largest_px=460, smallest_px=120)
    draw_text(draw, title_set, _MARGIN_PX, _MARGIN_PX, width, palette.title)
    if for_whom:
        name_set = set_text(for_whom, width_px=width, height_px=_NAME_PX, largest_px=190, smallest_px=90)
        draw_text(draw, name_set, _MARGIN_PX, _MARGIN_PX + title_set.height_px + _NAME_GAP_PX, width, palette.accent)
    draw_wave(draw, _WAVE, title, palette.accent)
    if brand.logo and logo:
        width -= _paste_logo(cover, brand.logo, logo, palette)
    host_line = ", ".join(filter(None, (host, brand.company)))
    host_set = set_text(host_line, width_px=width, height_px=180, largest_px=150, smallest_px=80)
    draw_text(draw, host_set, _MARGIN_PX, _host_top(host_set), width, palette.title)
    return jpeg_within(cover, MAX_COVER_BYTES, ((MAX_COVER_PX, quality) for quality in (90, 80, 70, 50)))


def prepare_cover(path: Path) -> tuple[bytes, Artwork]:
    """Return a given picture as a cover: RGB, cropped square to the centre, 1400 to 3000 px, under 500 KB.

    Of an animation it is the first frame; transparent parts become white. Raises FileError, with the reason, for
    what is no picture, damaged, smaller than 1400 px on a side or larger than 50 megapixels.
    """
    with given_picture(path) as picture:
        _check_size(picture, path.name)
        square = upright_square(picture, path.name)
        was_png = picture.format == "PNG"
    data, extension = _encoded(square, keep_png=was_png)
    return data, _artwork(data, extension)


def cover_artwork(jpeg: bytes) -> Artwork:
    """Return what the catalog keeps of a drawn cover."""
    return _artwork(jpeg, "jpg")


def make_thumbnail(picture: bytes) -> bytes:
    """Return a cover as the JPEG of 600 px and at most 60 KB that pages show, and audio files may hold (ID3 APIC)."""
    with Image.open(io.BytesIO(picture), formats=("JPEG", "PNG")) as cover:
        cover.draft("RGB", (2 * THUMBNAIL_PX, 2 * THUMBNAIL_PX))
        small = cover.convert("RGB").resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    return jpeg_within(small, MAX_THUMBNAIL_BYTES, ((THUMBNAIL_PX, quality) for quality in (88, 80, 70, 55, 40, 20, 8)))


def _paste_logo(cover: Image.Image, described: Logo, data: bytes, palette: Palette) -> int:
    """Put the logo, on a plate if it needs one, into the lower right corner and return the width that it takes."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
        logo = ImageOps.contain(picture.convert("RGBA"), _LOGO_BOX_PX, Image.Resampling.LANCZOS)
    plate = plate_under(described.color, palette)
    edge = _PLATE_EDGE_PX if plate else 0
    left, top = MAX_COVER_PX - _MARGIN_PX - edge - logo.width, MAX_COVER_PX - _MARGIN_PX - edge - logo.height
    if plate:
        box = (left - edge, top - edge, left + logo.width + edge, top + logo.height + edge)
        ImageDraw.Draw(cover).rounded_rectangle(box, radius=edge, fill=plate)
    cover.paste(logo, (left, top), logo)
    return logo.width + 2 * edge + _MARGIN_PX // 2


def _host_top(host: Setting) -> int:
    return MAX_COVER_PX - _MARGIN_PX - host.height_px


def _check_size(picture: Image.Image, name: str) -> None:
    if min(picture.size) < MIN_COVER_PX:
        raise FileError(
            f"{name} is too small for a cover: {picture.width} × {picture.height} px.",
            hint=f"Use a picture of at least {MIN_COVER_PX} px on each side, best {MAX_COVER_PX} × {MAX_COVER_PX} px.",
        )


def upright_square(picture: Image.Image, name: str, most_px: int = MAX_COVER_PX) -> Image.Image:
    """Return the middle of a picture as an upright sRGB square of at most *most_px*, without its metadata.

    Raises FileError where the picture is damaged.
    """
    try:
        return _square(picture, most_px)
    except BROKEN as error:
        raise FileError(f"{name} is damaged: {error}.", hint="Export the picture again as JPEG or PNG.") from error


def _square(picture: Image.Image, most_px: int) -> Image.Image:
    profile = picture.info.get("icc_profile")
    picture.draft("RGB", (most_px, most_px))  # a large JPEG is decoded at a fraction of its size
    ImageOps.exif_transpose(picture, in_place=True)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    size = min(side, most_px)
    reduced = resizable(picture).resize(
        (size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side), reducing_gap=3.0
    )
    square = in_srgb(on_white(reduced), profile)
    bare = Image.new("RGB", square.size)  # a picture that was read carries its comments and profile along when saved
    bare.paste(square)
    return bare


def _encoded(square: Image.Image, *, keep_png: bool) -> tuple[bytes, Literal["jpg", "png"]]:
    """Return the cover's bytes and extension: PNG where the given one was and stays small, else JPEG."""
    if keep_png:
        buffer = io.BytesIO()
        square.save(buffer, "PNG")
        if buffer.tell() <= MAX_COVER_BYTES:
            return buffer.getvalue(), "png"
    native, reduced = square.width, min(square.width, 2000)
    smallest = ((MIN_COVER_PX, quality) for quality in (80, 60, 35, 15, 5))
    steps = ((native, 90), (native, 82), (native, 74), (reduced, 80), *smallest)
    return jpeg_within(square, MAX_COVER_BYTES, steps), "jpg"


def jpeg_within(picture: Image.Image, limit_bytes: int, steps: Iterable[tuple[int, int]]) -> bytes:
    """Return the JPEG of the first step (size in px, quality) that stays within the limit, else of the last."""
    data = b""
    for size_px, quality in steps:
        scaled = picture if picture.width == size_px else picture.resize((size_px, size_px), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        scaled.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        data = buffer.getvalue()
        if len(data) <= limit_bytes:
            break
    return data


def _artwork(data: bytes, extension: Literal["jpg", "png"]) -> Artwork:
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
        return Artwork(sha256=hashlib.sha256(data).hexdigest(), extension=extension, size_px=picture.width)
