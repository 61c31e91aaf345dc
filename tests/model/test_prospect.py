"""Whom people mean when they name a prospect."""

import pytest

from pitchcast.errors import UsageError
from pitchcast.model.prospect import Mention, Prospect, find_prospects, parse_mention, similar_prospects

EVERYBODY = [
    Prospect("acme-corp", "Acme Corp", email="jo@acme.example"),
    Prospect("store-12", "Store 12"),
    Prospect("zurich-muller", "Zürich Müller"),
    Prospect("jo-doe", "Jo Doe"),
    Prospect("jo-doe-2", "Jo Doe", email="jo@doe.example"),
    Prospect("ups", "UPS"),
]


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        pytest.param("acme-corp", ["acme-corp"], id="by id"),
        pytest.param("ACME, corp.", ["acme-corp"], id="by name, without case and punctuation"),
        pytest.param("zurich muller", ["zurich-muller"], id="by name, without accents"),
        pytest.param("JO@ACME.example", ["acme-corp"], id="by address"),
        pytest.param("Acme Corporation <jo@acme.example>", ["acme-corp"], id="an address decides before a name"),
        pytest.param("Acme Corp <someone@else.example>", [], id="the same name with another address is somebody else"),
        pytest.param("Store 12 <new@store.example>", ["store-12"], id="a name whose address nobody knew"),
        pytest.param("jo doe", ["jo-doe", "jo-doe-2"], id="several of one name"),
        pytest.param("jo-doe", ["jo-doe"], id="an id decides before a name"),
        pytest.param("nobody", [], id="unknown"),
    ],
)
def test_whom_a_mention_means(written: str, ids: list[str]) -> None:
    assert [p.id for p in find_prospects(EVERYBODY, parse_mention(written))] == ids


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        pytest.param("Acme Crop", ["acme-corp"], id="two letters swapped"),
        pytest.param("Acme", ["acme-corp"], id="one name inside the other"),
        pytest.param("Acme Corp International", ["acme-corp"], id="the other inside the one"),
        pytest.param("Store 13", [], id="differing digits are not near"),
        pytest.param("Stores 12", ["store-12"], id="a letter more"),
        pytest.param("Jo Dee", ["jo-doe", "jo-doe-2"], id="one letter off"),
        pytest.param("Umbrella", [], id="far from everybody"),
        pytest.param("UBS", [], id="short names that differ are different names"),
    ],
)
def test_near_names(name: str, ids: list[str]) -> None:
    assert [p.id for p in similar_prospects(EVERYBODY, name)] == ids


@pytest.mark.parametrize(
    ("written", "mention"),
    [
        pytest.param("Acme Corp", Mention(name="Acme Corp"), id="name"),
        pytest.param('"Acme Corp" <jo@acme.example>', Mention(name="Acme Corp", email="jo@acme.example"), id="both"),
        pytest.param(" jo@acme.example ", Mention(email="jo@acme.example"), id="address"),
    ],
)
def test_reading_a_mention(written: str, mention: Mention) -> None:
    assert parse_mention(written) == mention


@pytest.mark.parametrize("written", ["", "   ", "Acme <not-an-address>", "a@b", "x" * 300, "two\nlines", "bell\x07"])
def test_what_cannot_be_a_mention(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_mention(written)
    assert caught.value.hint
