"""Apple's categories, and what is said of others."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.feed.categories import CATEGORIES, all_categories, check_category, split_category


def test_the_list_is_apples() -> None:
    assert len(CATEGORIES) == 19
    assert len(list(all_categories())) == 110
    assert all(check_category(name) is None for name in all_categories())


@pytest.mark.parametrize(
    ("text", "near"),
    [
        pytest.param("business > marketing", "Business > Marketing", id="capitals"),
        pytest.param("Business>Marketing", "Business > Marketing", id="no spaces"),
        pytest.param("Marketing", "Business > Marketing", id="subcategory alone"),
        pytest.param("Business > Marketng", "Business > Marketing", id="letter missing"),
        pytest.param("Tecnology", "Technology", id="category misspelt"),
        pytest.param("Arts > Tech News", "News > Tech News", id="under another category"),
        pytest.param("How-To", "Education > How To", id="hyphen"),
    ],
)
def test_a_near_category_is_suggested(text: str, near: str) -> None:
    message = check_category(text)
    assert message is not None
    assert message.startswith(f"“{text}” is not a category that directories know; did you mean “{near}”")


@pytest.mark.parametrize("text", ["", "Gadgets", " > ", "zzz"])
def test_what_is_near_nothing_gets_no_suggestion(text: str) -> None:
    assert check_category(text) == f"“{text}” is not a category that directories know"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_an_answer(text: str) -> None:
    assert (check_category(text) is None) == (text in all_categories())


def test_a_category_is_split_at_its_sign() -> None:
    assert split_category("Society & Culture > Places & Travel") == ("Society & Culture", "Places & Travel")
    assert split_category("True Crime") == ("True Crime", "")
