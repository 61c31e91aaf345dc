"""A recording's loudness over time: as a PNG, and as a line of blocks for a terminal."""

import io
import itertools
from collections.abc import Sequence

_WIDTH_PX, _HEIGHT_PX, _MARGIN_PX = 1200, 360, 60
_LOWEST_LUFS, _HIGHEST_LUFS = -60.0, 0.0
_STEPS = "▁▂▃▄▅▆▇█"
_PAPER, _INK, _GRID, _BAR, _TARGET = "#ffffff", "#222222", "#dddddd", "#4a7fb5", "#c0392b"


def draw_loudness(profile_lufs: Sequence[float], duration_s: float, heard_lufs: float, target_lufs: float) -> bytes:
    """Return a PNG of the loudness over time, with lines at the loudness of the whole and at the target."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (_WIDTH_PX, _HEIGHT_PX), _PAPER)
    draw = ImageDraw.Draw(image)
    for mark in range(int(_LOWEST_LUFS), int(_HIGHEST_LUFS) + 1, 10):
        y = _height_of(mark)
        draw.line([(_MARGIN_PX, y), (_WIDTH_PX - 20, y)], fill=_GRID)
        draw.text((_MARGIN_PX - 34, y - 6), f"{mark}", fill=_INK)
    width = (_WIDTH_PX - _MARGIN_PX - 20) / max(1, len(profile_lufs))
    for number, level in enumerate(profile_lufs):
        left = _MARGIN_PX + number * width
        top = _height_of(level)
        draw.rectangle([left, top, left + max(1.0, width - 1), _height_of(_LOWEST_LUFS)], fill=_BAR)
    for level, colour, words in ((heard_lufs, _INK, "whole"), (target_lufs, _TARGET, "target")):
        y = _height_of(level)
        draw.line([(_MARGIN_PX, y), (_WIDTH_PX - 20, y)], fill=colour)
        draw.text((_WIDTH_PX - 130, y - 14), f"{words} {level:.1f} LUFS", fill=colour)
    for part in range(5):
        at_s = duration_s * part / 4
        x = _MARGIN_PX + (_WIDTH_PX - _MARGIN_PX - 20) * part / 4
        draw.text((x - (30 if part == 4 else 0), _HEIGHT_PX - 26), f"{int(at_s // 60)}:{int(at_s % 60):02}", fill=_INK)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def loudness_line(profile_lufs: Sequence[float], width: int = 60) -> str:
    """Return the loudness over time as a line of at most *width* blocks, from -60 to 0 LUFS."""
    count = min(width, len(profile_lufs))
    edges = [round(number * len(profile_lufs) / count) for number in range(count + 1)] if count else []
    loudest = (max(profile_lufs[first:last]) for first, last in itertools.pairwise(edges))
    span = _HIGHEST_LUFS - _LOWEST_LUFS
    return "".join(_STEPS[min(7, max(0, int((level - _LOWEST_LUFS) / span * 8)))] for level in loudest)


def _height_of(level: float) -> float:
    within = min(_HIGHEST_LUFS, max(_LOWEST_LUFS, level))
    return 20 + (_HIGHEST_LUFS - within) / (_HIGHEST_LUFS - _LOWEST_LUFS) * (_HEIGHT_PX - 60)
