"""Ids and slugs out of whatever people type."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.model.naming import compare_form, make_slug, unique


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        pytest.param("Acme Corp", "acme-corp", id="words"),
        pytest.param("Zürich Müller & Söhne", "zurich-muller-sohne", id="accents"),
        pytest.param("Łódź Straße", "lodz-strasse", id="letters that do not decompose"),
        pytest.param("../../x", "x", id="path tricks"),
        pytest.param("<script>alert(1)</script>", "script-alert-1-script", id="markup"),
        pytest.param("CON", "prospect-con", id="a name Windows reserves"),
        pytest.param("a2b3c4d5e6f7a2b3c4d5e6f7aa", "prospect-a2b3c4d5e6f7a2b3c4d5e6f7aa", id="looks like a token"),
        pytest.param("北京公司", "prospect-89834c", id="no Latin letter"),
        pytest.param("Иван Ltd", "prospect-232bf4", id="mostly another script"),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    assert make_slug(text, fallback="prospect") == slug


@given(st.text(max_size=300))
def test_a_slug_is_always_a_safe_file_name_and_key(text: str) -> None:
    slug = make_slug(text, fallback="prospect")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 70
    assert slug == make_slug(text, fallback="prospect")
    assert not re.fullmatch(r"[a-z2-7]{26}", slug)


def test_unique_counts_from_two() -> None:
    assert unique("acme", {"acme", "acme-2"}) == "acme-3"
    assert unique("acme", set()) == "acme"


@given(st.text())
def test_comparing_ignores_case_and_what_stands_around_words(text: str) -> None:
    assert compare_form(f" {text.upper()}! ".casefold()) == compare_form(text.upper().casefold())
