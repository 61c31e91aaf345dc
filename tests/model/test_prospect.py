"""Whom people mean when they name a prospect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.errors import UsageError
from pitchcast.model.naming import compare_form
from pitchcast.model.prospect import (
    Directory,
    Mention,
    Prospect,
    parse_mention,
    similar_prospects,
)

JO = Mention(name="Jo Doe", email="jo@acme.example")
EVERYBODY = [
    Prospect("acme-corp", "Acme Corp", email="jo@acme.example"),
    Prospect("store-12", "Store 12"),
    Prospect("zurich-muller", "Zürich Müller"),
    Prospect("jo-doe", "Jo Doe"),
    Prospect("jo-doe-2", "Jo Doe", email="jo@doe.example"),
    Prospect("ups", "UPS"),
]

COMPANIES = [
    Prospect("acme-inc", "Acme, Inc."),
    Prospect("acme-gmbh", "Acme GmbH"),
    Prospect("beta", "Beta Holding AG & Co. KG"),
    Prospect("gamma", "Gamma"),
    Prospect("doe-jo", "Doe, Jo"),
    Prospect("volvo", "AB Volvo"),
    Prospect("as-roma", "AS Roma"),
    Prospect("akume", "株式会社アクメ"),
    Prospect("co", "Co"),
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
    assert [p.id for p in Directory(EVERYBODY).find(parse_mention(written))] == ids


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        pytest.param("ACME Incorporated", ["acme-inc"], id="one form, written otherwise"),
        pytest.param("acme inc", ["acme-inc"], id="without marks"),
        pytest.param("acme g.m.b.h.", ["acme-gmbh"], id="with points"),
        pytest.param("Acme", ["acme-inc", "acme-gmbh"], id="without form it is both, never the first"),
        pytest.param("Acme Ltd", [], id="another form is another company"),
        pytest.param("beta holding", ["beta"], id="several forms are left out at once"),
        pytest.param("Beta Holding AG", [], id="AG is not AG & Co. KG"),
        pytest.param("Gamma B.V.", ["gamma"], id="a form more than is known"),
        pytest.param("Gamma Sp. z o.o.", ["gamma"], id="a form of four words"),
        pytest.param("Gamma Pty Ltd", ["gamma"], id="a form of two words"),
        pytest.param("Gamma S.à r.l.", ["gamma"], id="accents and points"),
        pytest.param("Gamma K.K.", ["gamma"], id="kabushiki kaisha"),
        pytest.param("Jo Doe", ["doe-jo"], id="any order of words"),
        pytest.param("Jo Doe <jo@doe.example>", [], id="with an address only just that name"),
        pytest.param("Volvo AB", ["volvo"], id="a form before the name"),
        pytest.param("Roma", [], id="what only looks like a form before a name"),
        pytest.param("アクメ", ["akume"], id="a form without a space"),
        pytest.param("Co", ["co"], id="a form alone is a name"),
        pytest.param("Inc", [], id="a form alone means nobody else"),
    ],
)
def test_legal_forms_and_order_make_no_other_name(written: str, ids: list[str]) -> None:
    assert [p.id for p in Directory(COMPANIES).find(parse_mention(written))] == ids


@pytest.mark.parametrize(
    "form",
    [
        "Inc",
        "Inc.",
        "Corp",
        "Ltd",
        "Ltd.",
        "LLC",
        "L.L.C.",
        "GmbH",
        "AG",
        "SARL",
        "S.A.R.L.",
        "S.A.",
        "SA",
        "BV",
        "B.V.",
        "N.V.",
        "Oy",
        "AB",
        "Sp. z o.o.",
        "K.K.",
        "Pty Ltd",
        "PLC",
        "SE",
        "S.p.A.",
        "S.r.l.",
        "SAS",
        "A/S",
        "ApS",
        "s.r.o.",
        "d.o.o.",
        "Lda",
        "Ltda.",
        "S.A. de C.V.",
        "Pte. Ltd.",
        "Sdn. Bhd.",
        "LLP",
        "KGaA",
        "GmbH & Co. KG",
    ],
)
def test_each_legal_form(form: str) -> None:
    one, other = [Prospect("acme", "Acme Tools")], [Prospect("acme", f"Acme Tools {form}")]
    assert Directory(one).find(Mention(name=f"acme tools {form}")) == one
    assert Directory(other).find(Mention(name="ACME TOOLS")) == other
    assert Directory(other).find(Mention(name="Acme Tools Oyj")) == []


@given(name=st.text(max_size=40))
def test_a_prospect_is_found_by_its_own_name(name: str) -> None:
    prospect = Prospect("somebody", name)
    assert Directory([prospect]).find(Mention(name=name)) == ([prospect] if compare_form(name) else [])


def test_finding_is_linear_in_prospects_and_mentions() -> None:
    """Twenty thousand prospects and as many names; one scan for each name would take an hour."""
    prospects = [Prospect(f"p{n}", f"Store {n} Inc") for n in range(20_000)]
    directory = Directory(prospects)
    assert all(directory.find(Mention(name=f"{n} store"))[0].id == f"p{n}" for n in range(20_000))


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        pytest.param("Acme Ltd", ["acme-inc", "acme-gmbh"], id="another legal form"),
        pytest.param("Acmee AG", ["acme-inc", "acme-gmbh"], id="another form and a letter more"),
        pytest.param("Jon Doe", ["doe-jo"], id="a letter more, in another order"),
    ],
)
def test_names_near_but_for_the_legal_form(name: str, ids: list[str]) -> None:
    assert [p.id for p in similar_prospects(COMPANIES, name)] == ids


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
        pytest.param("<jo@acme.example>", Mention(email="jo@acme.example"), id="address in brackets"),
        pytest.param("MAILTO:jo@acme.example", Mention(email="jo@acme.example"), id="a copied link alone"),
        pytest.param("Jo Doe <mailto:jo@acme.example>", JO, id="a copied link in brackets"),
        pytest.param("Jo Doe jo@acme.example", JO, id="without marks"),
        pytest.param("jo@acme.example Jo Doe", JO, id="address first"),
        pytest.param("Jo Doe, jo@acme.example", JO, id="comma"),
        pytest.param("Jo Doe (jo@acme.example)", JO, id="round brackets"),
        pytest.param("Jo Doe mailto:jo@acme.example", JO, id="a copied link"),
        pytest.param("Jo Doe <jo@acme.example", JO, id="a bracket that is not closed"),
        pytest.param("“Jo Doe” <jo@acme.example>;", JO, id="copied from a mail program"),
        pytest.param("Team @ Acme", Mention(name="Team @ Acme"), id="a name with that sign"),
    ],
)
def test_reading_a_mention(written: str, mention: Mention) -> None:
    assert parse_mention(written) == mention


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "Acme <not-an-address>",
        "a@b.example c@d.example",
        "Jo a@b.cc c@d.ee",
        "a@b",
        "x" * 300,
        "two\nlines",
        "bell\x07",
    ],
)
def test_what_cannot_be_a_mention(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_mention(written)
    assert caught.value.hint
