"""Lines that run right to left, and Arabic letters as they join: the same with FriBiDi and without."""

import ctypes.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont, features

from pitchcast.artwork import lettering
from pitchcast.artwork.bidi import drawn_letters, in_visual_order, levels_of
from pitchcast.artwork.lettering import missing_letters, set_text

RIGHT_TO_LEFT = [
    pytest.param("فواتير السحابة بالعربية 2026 (AWS)", id="Arabic with a number and Latin in brackets"),
    pytest.param("الأعمال لا تتوقف: 50% أقل", id="lam and alef, and a percentage"),
    pytest.param("والإسلام سلام", id="a ligature at the end and within"),
    pytest.param("حسابات پگاه برای شما", id="Persian"),
    pytest.param("חשבונות ענן (AWS), 1,000 שקל", id="Hebrew, Latin in brackets before a number"),
]


@pytest.mark.parametrize(
    ("text", "right_to_left", "levels"),
    [
        ("abc אבג def", False, "00001110000"),
        ("abc אבג 12 def", False, "00001111220000"),
        ("אבג abc", True, "1111222"),
        ("אבג (abc), 1,000 ד", True, "111112221112222211"),
        ("אבג 50%!", True, "11112221"),
        ("abc (אבג) def", False, "0000011100000"),
    ],
)
def test_levels_are_those_of_the_unicode_algorithm(text: str, right_to_left: bool, levels: str) -> None:
    assert "".join(map(str, levels_of(text, right_to_left=right_to_left))) == levels


def test_a_line_stands_in_visual_order_whatever_fonts_its_words_need() -> None:
    runs = [("one", "אבג "), ("two", "abc"), ("three", "def"), ("one", " דהו")]
    pieces = in_visual_order(runs, right_to_left=True)
    assert [(piece.font, piece.text, piece.right_to_left) for piece in pieces] == [
        ("one", " דהו", True),
        ("two", "abc", False),
        ("three", "def", False),
        ("one", "אבג ", True),
    ]


def test_arabic_letters_take_the_forms_that_join() -> None:
    assert drawn_letters("بيت", lambda _: True) == "\ufe96\ufef4\ufe91"  # final, medial, initial: drawn from the left
    assert drawn_letters("دار", lambda _: True) == "\ufead\ufe8d\ufea9"  # letters that join to nothing after them
    assert drawn_letters("سلام", lambda _: True) == "\ufee1\ufefc\ufeb3"  # lam and alef are one
    assert drawn_letters("بَت", lambda _: True) == "\ufe96\ufe91\u064e"  # a mark does not part its letter from the next
    assert drawn_letters("(אב)", lambda _: True) == "(בא)"
    assert drawn_letters("بيت", lambda _: False) == "تيب", "letters that the font has, where it has no forms"


@given(st.text(st.sampled_from("aZ א ب لا ا َ 12,%()[! ז\u200d"), max_size=30), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_letter_is_lost_or_doubled(text: str, right_to_left: bool) -> None:
    pieces = in_visual_order([("f", text)], right_to_left=right_to_left)
    assert sorted("".join(piece.text for piece in pieces)) == sorted(text)
    assert sorted(drawn_letters(text, lambda _: False)) == sorted(text.translate(str.maketrans("()[", ")(]")))


def drawn(text: str) -> Image.Image:
    """Return a line set and drawn as on a cover."""
    page = Image.new("L", (1600, 140))
    setting = set_text(text, width_px=1500, height_px=130, largest_px=90, smallest_px=40)
    lettering.draw_text(ImageDraw.Draw(page), setting, 50, 0, 1500, "white")
    return page


@pytest.mark.parametrize("text", RIGHT_TO_LEFT)
def test_pillow_without_fribidi_draws_what_it_draws_with_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """HarfBuzz joins the letters here; on Windows and macOS, where there is no FriBiDi, pitchcast does."""
    if not features.check("raqm"):
        assert ctypes.util.find_library("fribidi") is None, "Pillow should have found it"
        pytest.skip("this machine has no FriBiDi to compare with")
    joined = drawn(text)
    real = ImageFont.truetype
    monkeypatch.setattr(ImageFont, "truetype", lambda file, size: real(file, size, layout_engine=0))
    lettering._font.cache_clear()
    alone = drawn(text)
    lettering._font.cache_clear()
    left, _, right, _ = joined.getbbox() or (0, 0, 0, 0)
    own_left, _, own_right, _ = alone.getbbox() or (0, 0, 0, 0)
    assert right > 1500
    assert abs(right - own_right) <= 2
    assert abs(left - own_left) <= 12, "kerning may differ by a few pixels, forms and order may not"
    beginnings = [page.crop((end - 400, 0, end, 140)) for page, end in ((joined, right), (alone, own_right))]
    unlike = ImageChops.difference(*beginnings)
    assert sum(unlike.histogram()[128:]) < 400 * 140 * 0.03


def test_letters_that_no_font_has_are_known() -> None:
    assert missing_letters("Ideas שלום سلام") == ""
    assert missing_letters("a\U0001f9ffa\U0001f9ff") in ("", "\U0001f9ff")
    assert missing_letters("\u1b83\u1b84\u1b83 a") in ("", "\u1b83\u1b84"), "Sundanese, each letter once"
