"""The host's photo for pages: small, square and bare, made once from whatever picture was given."""

import hashlib
from pathlib import Path

from pitchcast.artwork.cover import jpeg_within, upright_square
from pitchcast.artwork.safe_read import PICTURE, given_picture
from pitchcast.errors import FileError
from pitchcast.model.show import Photo
from pitchcast.reading import digest_of

PHOTO_PX = 240
MAX_PHOTO_BYTES = 12_000

_LEAST_PX = 96
_QUALITIES = (85, 78, 70, 60, 45, 30, 15, 5)


def prepare_photo(path: Path) -> tuple[bytes, Photo]:
    """Return the middle of a given picture as a square JPEG of at most 240 px and 12 kB, and what the catalog keeps.

    Nothing that the picture carried along is kept. Raises FileError, with the reason, for what is no picture, damaged
    or smaller than 96 px.
    """
    with given_picture(path) as picture:
        if min(picture.size) < _LEAST_PX:
            raise FileError(
                f"{path.name} is too small for a photo: {picture.width} × {picture.height} px.",
                hint=f"Use one of at least {_LEAST_PX} px on each side, best {PHOTO_PX} px.",
            )
        square = upright_square(picture, path.name, PHOTO_PX)
    data = jpeg_within(square, MAX_PHOTO_BYTES, ((square.width, quality) for quality in _QUALITIES))
    photo = Photo(sha256=hashlib.sha256(data).hexdigest(), size_px=square.width, source_sha256=digest_of(path, PICTURE))
    return data, photo
