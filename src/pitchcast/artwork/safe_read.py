"""A picture that somebody gave, read safely, whatever it claims to be, and in the colours that screens show."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageCms

from pitchcast.errors import FileError
from pitchcast.reading import FileKind, open_file

PICTURE = FileKind(what="a picture", at_most_bytes=500_000_000, error=FileError, hint="Check its path.")
"""A picture's file; 50 megapixels have at most 400 MB."""

BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error, zlib.error)
"""What Pillow raises for damaged files."""

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")  # not EPS and PDF: Pillow would start another program
_MAX_INPUT_PIXELS = 50_000_000  # what a 48-megapixel phone takes; at most about 500 MB while it is converted


@contextmanager
def given_picture(path: Path) -> Iterator[Image.Image]:
    """Give the picture in a file; its pixels are not decoded yet.

    Raises FileError for what cannot be read, is no picture, or is larger than 50 megapixels.
    """
    with _open(path) as file, warnings.catch_warnings():
        # Pillow's doubts about sizes, which are checked here, and about metadata, which is dropped.
        warnings.simplefilter("ignore")
        picture = _identified(file, path.name)
        if picture.width * picture.height > _MAX_INPUT_PIXELS:
            raise _too_large(path.name)
        yield picture


def resizable(picture: Image.Image) -> Image.Image:
    """Return the picture with eight bits a channel and no palette: others can't be resized smoothly."""
    if picture.mode in ("L", "RGB", "RGBA", "CMYK"):
        return picture
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda level: level * (1 / 257)).convert("L")  # 16 bits; a cut would be white
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def on_white(picture: Image.Image) -> Image.Image:
    """Return the picture with white where it is transparent."""
    if picture.mode != "RGBA":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in the colours that apps expect; a profile that doesn't fit the picture is passed over."""
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                picture, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except ImageCms.PyCMSError:
            return picture.convert("RGB")
        return converted or picture.convert("RGB")
    return picture.convert("RGB")


def _open(path: Path) -> BinaryIO:
    try:
        return open_file(path)
    except OSError as error:
        raise FileError(f"The picture {path} cannot be read: {error.strerror}.", hint="Check its path.") from error


def _identified(file: BinaryIO, name: str) -> Image.Image:
    """Read a picture's header; its pixels are not decoded yet."""
    try:
        return Image.open(file, formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except BROKEN as error:
        raise FileError(
            f"{name} is not a picture that can be read.",
            hint="Use a JPEG, PNG, WebP, GIF, TIFF or BMP file; export HEIC as JPEG first.",
        ) from error


def _too_large(name: str) -> FileError:
    return FileError(
        f"{name} is too large: more than {_MAX_INPUT_PIXELS // 1_000_000} megapixels.",
        hint="Save it smaller; a cover has at most 3000 × 3000 px.",
    )
