"""Whom a page is from: said on page, gone page and in the mail, read out, and left out without a trace."""

import re

import pytest
from msgspec.structs import replace

from pitchcast.model.feed import FeedContent
from pitchcast.model.show import Brand, Logo, Photo
from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.mail import write_mail
from pitchcast.page.overrides import Overrides
from pitchcast.page.words import words_in
from tests.fixtures.content import (
    ART_TOKEN,
    a_content,
    a_delivery,
    a_public_content,
    a_show,
    an_ended_content,
    an_episode,
)
from tests.page.test_listen import Outline
from tests.page.test_words import LANGUAGES

PICTURES = f"https://listen.example.com/{ART_TOKEN}"
SELLER = Brand(
    company="Seller & Söhne",
    company_url="https://seller.example",
    imprint_url="https://seller.example/imprint",
    privacy_url="https://seller.example/privacy",
)
LOGO = Logo(sha256="10" * 32, extension="png", width_px=640, height_px=160, source_sha256="")
DANA = {
    "role": "Cloud architect",
    "photo": Photo(sha256="ab" * 32, size_px=240, source_sha256=""),
    "contact": "dana@seller.example",
}


def from_seller(content: FeedContent, **changes: object) -> FeedContent:
    show = replace(content.show, **{**DANA, **changes})
    return replace(content, show=show, brand=SELLER, photo_url=f"{PICTURES}/photo-abababab.jpg" if show.photo else "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [a_content, a_public_content, an_ended_content])
def test_page_and_gone_page_say_who_it_is_from(make: type, language: str) -> None:
    content = from_seller(make(show=a_show(language=language)))
    page = Outline(render_gone_page(content) if content.is_gone else render_page(content))
    words = words_in(language)
    for said in ("Dana Reyes", "Cloud architect", "Seller & Söhne", words.contact, words.imprint, words.privacy):
        assert said in page.text
    assert {
        "https://seller.example",
        "https://seller.example/imprint",
        "https://seller.example/privacy",
        "mailto:dana@seller.example",
    } <= {link["href"] for link in page.attributes("a")}
    photos = [picture["src"] for picture in page.attributes("img", **{"class": "photo"})]
    assert photos == ([] if content.is_gone else [f"{PICTURES}/photo-abababab.jpg"])


def test_company_is_read_out_once_as_the_logo_or_stands_there_as_text() -> None:
    plain = from_seller(a_content())
    with_logo = replace(plain, brand=replace(SELLER, logo=LOGO), logo_url=f"{PICTURES}/logo-10101010.png")
    page = Outline(render_page(with_logo))
    [logo] = page.attributes("img", **{"class": "logo"})
    assert logo["alt"] == "Seller & Söhne"
    assert not page.attributes("p", **{"class": "brand named"})
    assert Outline(render_page(plain)).attributes("p", **{"class": "brand named"})
    unnamed = replace(a_content(), brand=Brand(logo=LOGO), logo_url=with_logo.logo_url)
    assert Outline(render_page(unnamed)).attributes("img", **{"class": "logo"})[0]["alt"] == ""


@pytest.mark.parametrize(
    ("contact", "link", "text"),
    [
        ("+44 (20) 7946-0000", "tel:+442079460000", "+44 (20) 7946-0000"),
        ("https://seller.example/dana/", "https://seller.example/dana/", "seller.example/dana"),
        ("a?b&c@seller.example", "mailto:a%3Fb%26c@seller.example", "a?b&c@seller.example"),
    ],
)
def test_contact_opens_what_it_is(contact: str, link: str, text: str) -> None:
    page = Outline(render_page(from_seller(a_content(), contact=contact)))
    assert page.attributes("a", href=link)
    assert text in page.text


@pytest.mark.parametrize("name", ["company", "imprint_url", "privacy_url"])
def test_each_setting_may_stand_alone_and_nothing_is_left_of_the_others(name: str) -> None:
    content = a_content(brand=Brand(**{name: getattr(SELLER, name)}))
    page = Outline(render_page(content))
    [said] = page.attributes("footer")
    assert said["class"] == "sender"
    assert page.attributes("img", **{"class": "photo"}) == []
    assert "Contact:" not in page.text
    assert not page.text.partition("Earlier")[2].strip().endswith(",")


def test_address_that_opens_nothing_good_is_no_link() -> None:
    brand = Brand(company="Seller", company_url="javascript:alert(1)", imprint_url="data:text/html,x")
    links = [link["href"] for link in Outline(render_page(a_content(brand=brand))).attributes("a")]
    assert not [link for link in links if link.startswith(("javascript", "data"))]


def test_description_is_to_be_seen_on_phones() -> None:
    style = render_page(from_seller(a_content())).decode()
    assert re.search(r"@media \(max-width:61\.99rem\)\{\.description\{[^}]*display:block", style)


def test_public_page_tells_search_engines_the_publisher() -> None:
    html = render_page(from_seller(a_public_content())).decode()
    assert '"publisher": {"@type": "Organization", "name": "Seller \\u0026 Söhne"' in html


def test_mail_signs_with_role_company_and_contact_of_the_shows_own_host() -> None:
    content = from_seller(a_content())
    _, body = write_mail(content, words_in("en"), None)
    assert body.endswith(
        "\n\nDana Reyes\nCloud architect, Seller & Söhne\ndana@seller.example\nhttps://seller.example\n"
    )
    guest = replace(content, deliveries=(a_delivery(3, episode=an_episode(3, host="Lee Ito")),))
    _, body = write_mail(guest, words_in("en"), ("Hi", "{signature}"))
    assert body == "Lee Ito\nSeller & Söhne\nhttps://seller.example\n"
    assert write_mail(a_content(), words_in("en"), None)[1].endswith("\n\nDana Reyes\n")


def test_language_of_ones_own_from_before_goes_on_without_the_words_that_came_later() -> None:
    english = words_in("en")
    later = ("contact", "imprint", "privacy", "for_team", "mail_team_subject", "mail_team_body")
    lines = [
        f"{name} = {value!r}".replace("(", "[").replace(")", "]") if name == "months" else f"{name} = '''{value}'''"
        for name, value in vars(english).items()
        if name not in ("language", "counted_language", "earlier", *later)
    ]
    text = "\n".join([*lines, "[earlier]", "one = 'ena'", "other = 'druge'"])
    own = Overrides("brand", "words of 2026", {"words/sl.toml": text})
    words = words_in("sl", own)
    assert [words.contact, words.imprint, words.for_team] == ["", "", "For {company}"]
    assert words.mail_team_subject == words.mail_subject
