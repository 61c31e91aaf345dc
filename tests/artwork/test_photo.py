"""The host's photo: whatever was given, a small square without anything that it carried along."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pitchcast.artwork.photo import MAX_PHOTO_BYTES, PHOTO_PX, prepare_photo
from pitchcast.errors import FileError


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    shape = (height, width, len(mode)) if len(mode) > 1 else (height, width)
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8), mode)


@pytest.mark.parametrize(
    ("size", "mode", "kind"),
    [((4000, 3000), "RGB", "JPEG"), ((300, 900), "RGBA", "PNG"), ((120, 100), "L", "WEBP")],
    ids=["a camera's", "with transparency", "a small grey one"],
)
def test_photo_is_a_bare_square_within_its_limit(tmp_path: Path, size: tuple[int, int], mode: str, kind: str) -> None:
    given = tmp_path / "given"
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    noise(*size, mode).save(given, kind, exif=exif)
    body, photo = prepare_photo(given)
    assert len(body) <= MAX_PHOTO_BYTES
    with Image.open(io.BytesIO(body)) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert picture.size == (photo.size_px,) * 2 == (min(PHOTO_PX, *size),) * 2
        assert not picture.getexif()
    assert b"taken" not in body
    assert prepare_photo(given) == (body, photo)


def test_photo_that_is_too_small_or_none_is_refused(tmp_path: Path) -> None:
    small, text = tmp_path / "small.png", tmp_path / "text.png"
    noise(90, 300).save(small)
    text.write_text("Dana")
    with pytest.raises(FileError, match=r"small\.png is too small for a photo: 90 × 300 px"):
        prepare_photo(small)
    with pytest.raises(FileError, match="is not a picture"):
        prepare_photo(text)
