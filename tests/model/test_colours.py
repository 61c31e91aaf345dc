"""Colours of covers and pages: the brand's own, and readable whatever they are."""

import re
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pitchcast.errors import ConfigError
from pitchcast.model.colours import PALETTES, contrast, page_palette, palette_of, scheme_of
from pitchcast.model.show import Brand
from pitchcast.page.look import TEMPLATES
from tests.fixtures.content import a_show


def fixed_colours(block: str) -> dict[str, str]:
    """Return the colours that a block of base.css gives names to."""
    found = re.findall(r"--(\w+): #([0-9a-f]{6}|[0-9a-f]{3});", block)
    return {
        name: "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)) for name, digits in found
    }


def halfway(one: str, other: str) -> str:
    channels = [(int(one[at : at + 2], 16) + int(other[at : at + 2], 16)) // 2 for at in (1, 3, 5)]
    return "#{:02x}{:02x}{:02x}".format(*channels)


BLOCKS = re.findall(r":root \{(.*?)\}", (TEMPLATES / "base.css").read_text(encoding="utf-8"), re.DOTALL)
LIGHT, DARK = (fixed_colours(block) for block in BLOCKS[:2])

colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def test_contrast_is_that_of_wcag() -> None:
    """Pairs from the W3C's own explanations of 1.4.3: grey #767676 is the lightest that passes on white."""
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_title_and_host_stand_out_from_the_ground() -> None:
    for palette in PALETTES:
        assert contrast(palette.title, palette.ground) >= 4.5
        assert contrast(palette.title, palette.deep) >= 4.5
        assert contrast(palette.accent, palette.ground) >= 4.5


@example("#007ac5", "#000000")
@settings(max_examples=300)
@given(color=colours, accent=st.one_of(st.just(""), colours))
def test_any_brand_colours_stay_readable(color: str, accent: str) -> None:
    check_palette(color, accent)
    check_schemes(color)


def test_all_pairs_of_a_grid_stay_readable() -> None:
    """Six steps of each channel, and the grounds on which letters change between black and white."""
    for color in (*colour_grid(0x33), *GROUNDS_AT_THE_EDGE):
        for accent in ("", *colour_grid(0x7F)):
            check_palette(color, accent)
        check_schemes(color)


@pytest.mark.parametrize("title", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
def test_any_accent_stands_out_from_the_colours_of_a_title(title: str) -> None:
    for accent in colour_grid(0x33):
        palette = palette_of(title, Brand(accent=accent))
        assert min(contrast(palette.accent, ground) for ground in (palette.ground, palette.deep)) >= 3, accent


def test_an_accent_that_can_be_seen_stays_as_it_is() -> None:
    assert palette_of("A", Brand(color="#1d3fae", accent="#ffc857")).accent == "#ffc857"
    assert palette_of("A", Brand(color="#ffd400", accent="#102040")).accent == "#102040"


def colour_grid(step: int) -> list[str]:
    levels = range(0, 256, step)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in product(levels, repeat=3)]


GROUNDS_AT_THE_EDGE = [color for color in colour_grid(0x11) if 4.3 < contrast("#ffffff", color) < 4.8]


def check_palette(color: str, accent: str) -> None:
    """Hold the band at the top of a page, and the cover, to what Palette promises: at its ends and in between."""
    palette = palette_of("Any title", Brand(color=color, accent=accent))
    assert palette.ground == color
    for ground in (palette.ground, halfway(palette.ground, palette.deep), palette.deep):
        assert contrast(palette.title, ground) >= 4.5, (color, ground)
        assert contrast(palette.accent, ground) >= 3, (color, accent, ground)


def check_schemes(color: str) -> None:
    """Hold each pair of colours that lie on each other in listen.css, on light and dark ground, to WCAG 2.2 AA."""
    palette = palette_of("Any title", Brand(color=color))
    for dark in (False, True):
        scheme, fixed = scheme_of(palette, dark=dark), DARK if dark else LIGHT
        texts = [(scheme.on_button, scheme.button)]
        texts += [(scheme.link, ground) for ground in (fixed["card"], fixed["paper"], scheme.tint)]
        texts += [(letters, scheme.tint) for letters in (fixed["ink"], fixed["soft"])]
        for letters, ground in texts:
            assert contrast(letters, ground) >= 4.5, (color, dark, letters, ground)
        assert contrast(scheme.link, fixed["line"]) >= 3, (color, dark)  # what of the audio has been played
    dark_button = scheme_of(palette, dark=True).button
    assert contrast(dark_button, DARK["card"]) >= 3, color


def test_the_style_sheet_s_own_colours_can_be_read() -> None:
    for fixed in (LIGHT, DARK):
        for ground in (fixed["card"], fixed["paper"]):
            assert contrast(fixed["ink"], ground) >= 4.5
            assert contrast(fixed["soft"], ground) >= 4.5
            assert contrast(fixed["edge"], ground) >= 3


def test_page_has_the_cover_s_colours_and_quiet_ones_beside_a_given_picture() -> None:
    assert page_palette(a_show(title="A"), Brand()) == palette_of("A", Brand())
    given = {page_palette(a_show(title=title, cover_drawn=False), Brand()) for title in "ABCDEFGH"}
    assert len(given) == 1
    assert page_palette(a_show(cover_drawn=False), Brand(color="#0a5")).ground == "#00aa55"


@pytest.mark.parametrize("brand", [Brand(color="red"), Brand(accent="#12345"), Brand(color="#1d3fae;}</style>")])
def test_what_is_no_colour_is_refused_by_its_key(brand: Brand) -> None:
    with pytest.raises(ConfigError, match=r"^brand\.(color|accent) is") as refusal:
        palette_of("A", brand)
    assert refusal.value.hint
