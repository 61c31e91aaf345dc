"""Colours of covers and pages: the brand's own, and readable whatever they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.errors import ConfigError
from pitchcast.model.colours import PALETTES, contrast, page_palette, palette_of, scheme_of
from pitchcast.model.show import Brand
from tests.fixtures.content import a_show

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


@settings(deadline=None, max_examples=300)
@given(color=colours, accent=st.one_of(st.just(""), colours))
def test_any_brand_colours_stay_readable(color: str, accent: str) -> None:
    palette = palette_of("Any title", Brand(color=color, accent=accent))
    assert palette.ground == color
    for ground in (palette.ground, palette.deep):
        assert contrast(palette.title, ground) >= 4.5
        assert contrast(palette.accent, ground) >= 3
    for dark, grounds in ((False, ("#ffffff", "#f6f4f0")), (True, ("#1c1e23", "#121316"))):
        scheme = scheme_of(palette, dark=dark)
        ink, soft = ("#f2f1ed", "#b0b4be") if dark else ("#191b20", "#565b66")
        assert all(contrast(scheme.link, ground) >= 4.5 for ground in (*grounds, scheme.tint))
        assert contrast(scheme.on_button, scheme.button) >= 4.5
        assert contrast(ink, scheme.tint) >= 4.5
        assert contrast(soft, scheme.tint) >= 4.5


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
