"""A company's logo as a picture for the page's head and for drawn covers.

It keeps its shape and its transparency, and nothing that it carried along.
"""

import hashlib
import io
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps, ImageStat

from pitchcast.artwork.safe_read import BROKEN, PICTURE, given_picture, in_srgb, resizable
from pitchcast.errors import FileError
from pitchcast.model.show import Logo
from pitchcast.reading import digest_of

MAX_LOGO_BYTES = 40_000

_BOX_PX = (640, 256)
_LEAST_PX = 48
_FLATTEST = 12


def prepare_logo(path: Path) -> tuple[bytes, Logo]:
    """Return a given picture as a logo of at most 640 × 256 px and 40 KB: PNG, or JPEG for a photograph.

    Empty edges are cut. Raises FileError, with the reason, for what is no picture, damaged, empty, lower than
    48 px or more than twelve times as wide as high.
    """
    with given_picture(path) as picture:
        try:
            upright = ImageOps.exif_transpose(picture) or picture
            logo = _trimmed(_bare(upright, upright.info.get("icc_profile")), path.name)
        except BROKEN as error:
            hint = "Export the picture again as PNG."
            raise FileError(f"{path.name} is damaged: {error}.", hint=hint) from error
    _check_size(logo, path.name)
    logo.thumbnail(_BOX_PX, Image.Resampling.LANCZOS)
    data, extension = _encoded(logo)
    return data, Logo(
        sha256=hashlib.sha256(data).hexdigest(),
        extension=extension,
        width_px=logo.width,
        height_px=logo.height,
        source_sha256=hash_of(path),
        color=_colour(logo),
    )


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a given picture, by which it is known again. Raises FileError."""
    return digest_of(path, PICTURE)


def _bare(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the pixels alone, RGB or RGBA, in the colours that screens show."""
    plain = resizable(picture)
    alpha = plain.getchannel("A") if plain.mode == "RGBA" else None
    colours = in_srgb(plain.convert("RGB") if alpha else plain, profile)
    bare = Image.new(colours.mode, colours.size)
    bare.paste(colours)
    if alpha and alpha.getextrema()[0] != 255:
        bare.putalpha(alpha)
    return bare


def _trimmed(logo: Image.Image, name: str) -> Image.Image:
    """Return a transparent logo without its empty edges."""
    if logo.mode != "RGBA":
        return logo
    box = logo.getchannel("A").getbbox()
    if box is None:
        raise FileError(f"{name} is empty: all of it is transparent.", hint="Export the picture again.")
    return logo.crop(box)


def _check_size(logo: Image.Image, name: str) -> None:
    if logo.height < _LEAST_PX or logo.width < _LEAST_PX:
        raise FileError(
            f"{name} is too small for a logo: {logo.width} × {logo.height} px.",
            hint=f"Use one of at least {_LEAST_PX} px on each side, best {_BOX_PX[0]} px wide.",
        )
    if max(logo.width / logo.height, logo.height / logo.width) > _FLATTEST:
        raise FileError(
            f"{name} is too narrow for a logo: {logo.width} × {logo.height} px.", hint="Use a more compact form of it."
        )


def _encoded(logo: Image.Image) -> tuple[bytes, Literal["jpg", "png"]]:
    """Return bytes and extension within the limit: PNG, with fewer colours where it must be, or JPEG if opaque."""
    data = _saved(logo, "PNG")
    if len(data) > MAX_LOGO_BYTES and logo.mode == "RGB":
        return _saved(logo, "JPEG"), "jpg"
    if len(data) > MAX_LOGO_BYTES:
        data = _saved(logo.quantize(128, method=Image.Quantize.FASTOCTREE), "PNG")
    return data, "png"


def _saved(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, optimize=True, **({"quality": 82} if kind == "JPEG" else {}))
    return buffer.getvalue()


def _colour(logo: Image.Image) -> str:
    """Return the mean colour of what can be seen of a transparent logo as ``#rrggbb``, "" for an opaque one."""
    if logo.mode != "RGBA":
        return ""
    visible = logo.getchannel("A").point(lambda level: 255 if level > 127 else 0)
    means = ImageStat.Stat(logo.convert("RGB"), mask=visible).mean if visible.getbbox() else (0, 0, 0)
    return "#" + "".join(f"{round(mean):02x}" for mean in means)
