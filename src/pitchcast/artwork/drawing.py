"""What drawn covers and preview cards have in common: their ground, and the sound wave that follows from a title."""

import hashlib
from dataclasses import dataclass

from PIL import Image, ImageDraw

from pitchcast.model.colours import Palette


@dataclass(frozen=True, kw_only=True)
class Wave:
    """Where a sound wave is drawn, in pixels.

    Each of its ``bars`` reaches as far above the height ``middle`` as below it: ``least``, and up to ``swing`` more.
    """

    left: int
    middle: int
    width: int
    bars: int
    least: int
    swing: int


def draw_ground(palette: Palette, size: tuple[int, int]) -> Image.Image:
    """Return a picture that shades from one colour at the top to a deeper one."""
    shade = Image.linear_gradient("L").resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, palette.deep), Image.new("RGB", size, palette.ground), shade)


def draw_wave(draw: ImageDraw.ImageDraw, wave: Wave, title: str, colour: str) -> None:
    """Draw the bars of a sound wave; their heights follow from the title."""
    digest = hashlib.sha256(title.encode("utf-8", "surrogatepass")).digest()
    pitch = wave.width / (wave.bars - 0.5)
    for bar in range(wave.bars):
        swell = 1 - abs(2 * bar / (wave.bars - 1) - 1) ** 2
        half = wave.least + wave.swing * (0.25 + 0.75 * swell) * digest[bar % len(digest)] / 255
        left = wave.left + bar * pitch
        box = (left, wave.middle - half, left + pitch / 2, wave.middle + half)
        draw.rounded_rectangle(box, radius=pitch / 4, fill=colour)
