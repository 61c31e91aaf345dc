"""The card that a chat shows of a pitch: of the right size, light enough, and read from the side that its script is."""

import io
import random

import pytest
from PIL import Image

from pitchcast.artwork.preview import MAX_PREVIEW_BYTES, draw_preview
from pitchcast.model.colours import Palette
from pitchcast.model.preview import PreviewCard
from pitchcast.model.show import Logo

WHITE = (255, 255, 255)
LONG = "How a team of eleven people cut what they pay for machines that nobody had looked at " * 3


def a_card(**changes: object) -> PreviewCard:
    fields = {
        "title": "Cut your bill",
        "show_title": "Cloud bills",
        "host": "Dana Reyes",
        "company": "",
        "palette": Palette("#1d3fae", "#101f63", "#ffffff", "#ffc857"),
    }
    return PreviewCard(**{**fields, **changes})  # type: ignore[arg-type]


def drawn(card: PreviewCard, **pictures: bytes) -> Image.Image:
    body = draw_preview(card, **pictures)
    assert len(body) <= MAX_PREVIEW_BYTES
    image = Image.open(io.BytesIO(body))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1200, 630))
    assert not image.getexif()
    return image


def letters(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    """Return how many pixels of a part are nearly white, as the title is."""
    part = image.crop(box).convert("L").point(lambda level: 255 if level > 230 else 0)
    return part.histogram()[255]


def noise(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("RGB", (width, height), random.Random(1).randbytes(3 * width * height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_same_words_give_the_same_bytes() -> None:
    assert draw_preview(a_card()) == draw_preview(a_card())
    assert draw_preview(a_card()) != draw_preview(a_card(title="Cut your bills"))


@pytest.mark.parametrize("title", ["Hi", LONG, "W" * 200, "", "\U0001f3a7\x00\ud800"])
def test_any_title_stays_within_the_card(title: str) -> None:
    image = drawn(a_card(title=title, show_title=title, host=title, company=title))
    edges = [(0, 0, 1200, 60), (0, 600, 1200, 630), (0, 0, 60, 630), (1145, 0, 1200, 630)]
    assert [letters(image, edge) for edge in edges] == [0, 0, 0, 0]


def test_a_light_file_whatever_the_picture() -> None:
    logo = Logo(sha256="ab" * 32, extension="png", width_px=500, height_px=200, source_sha256="", color="#101010")
    drawn(a_card(title=LONG, logo=logo), picture=noise(600, 600), logo=noise(500, 200))


def test_what_is_read_from_right_to_left_begins_at_the_right() -> None:
    left, right = (60, 130, 400, 260), (800, 130, 1140, 260)
    arabic, english = drawn(a_card(title="خفض", host="ليلى")), drawn(a_card(title="Cut", host="Dana"))
    assert letters(arabic, left) == 0 < letters(arabic, right)
    assert letters(english, right) == 0 < letters(english, left)


def test_the_picture_stands_where_the_title_does_not_begin() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 600), "#00ff00").save(buffer, "PNG")
    left, right = (250, 250), (950, 250)
    arabic = drawn(a_card(title="خفض"), picture=buffer.getvalue())
    english = drawn(a_card(), picture=buffer.getvalue())
    green = [[image.getpixel(place)[1] > 200 for place in (left, right)] for image in (arabic, english)]  # type: ignore[index]
    assert green == [[True, False], [False, True]]
