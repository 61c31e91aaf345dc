"""Show notes become HTML in which nothing is active but safe links."""

import re
import xml.etree.ElementTree as ET  # the HTML under test is well-formed, and our own

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.model.notes import clean_text, notes_html, notes_text


def test_markdown_is_rendered() -> None:
    assert notes_html("Three **steps**:\n\n1. Look\n2. Stop") == (
        "<p>Three <strong>steps</strong>:</p>\n<ol>\n<li>Look</li>\n<li>Stop</li>\n</ol>"
    )
    assert notes_text("Three **steps**: [more](https://example.com)") == "Three steps: more"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](data:text/html,<script>1</script>)",
        "[x](vbscript:x)",
        "[x](ftp://example.com/x)",
        "[x](//example.com/x)",
        '<https://example.com/"onmouseover=alert(1)>',
        "![tracker](https://example.com/pixel.png)",
        '<img src="https://example.com/pixel.png">',
    ],
)
def test_nothing_active_comes_through(hostile: str) -> None:
    rendered = notes_html(hostile)
    assert not re.search(r"<(?!/?(p|a|strong|em|br)\b)", rendered)
    assert not re.search(r'href="(?!https?:|mailto:|tel:)', rendered)
    assert not re.search(r"<[^>]*\son\w+=", rendered)


@pytest.mark.parametrize("link", ["https://example.com/a?b=1&c=2", "mailto:jo@acme.example", "tel:+49301234"])
def test_safe_links_stay(link: str) -> None:
    tree = ET.fromstring(notes_html(f"[more]({link})"))  # noqa: S314
    assert [a.get("href") for a in tree.iter("a")] == [link]


def test_websites_can_open_beside_the_page_and_mails_and_calls_where_they_are() -> None:
    tree = ET.fromstring(  # noqa: S314
        f"<div>{notes_html('[a](https://a.example) <HTTP://b.example> [c](mailto:c@d.example)', new_tabs=True)}</div>"
    )
    found = [(a.get("target"), a.get("rel")) for a in tree.iter("a")]
    assert found == [("_blank", "noopener"), ("_blank", "noopener"), (None, None)]
    assert "target" not in notes_html("[a](https://a.example)")


@given(st.text())
def test_any_text_becomes_well_formed_markup_without_scripts(text: str) -> None:
    rendered = notes_html(text)
    tree = ET.fromstring(f"<div>{rendered.replace('&nbsp;', ' ')}</div>")  # noqa: S314
    assert {element.tag for element in tree.iter()}.isdisjoint({"script", "img", "iframe", "style", "object"})


@given(st.text())
def test_cleaned_text_is_allowed_in_xml(text: str) -> None:
    cleaned = clean_text(text)
    ET.fromstring(f"<t>{cleaned.replace('&', '').replace('<', '')}</t>")  # noqa: S314
    assert clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("notes", "links"),
    [
        ("See https://acme.example/ideas.", ["https://acme.example/ideas"]),
        (
            "(https://acme.example/a_b_c?x=1&y=2), or HTTPS://B.example!",
            ["https://acme.example/a_b_c?x=1&amp;y=2", "HTTPS://B.example"],
        ),
        (
            "https://wiki.example/Idea_(thing) and (see https://acme.example/x)",
            ["https://wiki.example/Idea_(thing)", "https://acme.example/x"],
        ),
        (
            "[https://a.example](https://acme.example/a) <https://acme.example/b>",
            ["https://acme.example/a", "https://acme.example/b"],
        ),
        ("**https://acme.example/x**", ["https://acme.example/x"]),
        ("`https://acme.example/code` and ftp://acme.example, https://...", []),
        ("https://bücher.example/ü", ["https://xn--bcher-kva.example/%C3%BC"]),
    ],
)
def test_addresses_in_the_text_are_links(notes: str, links: list[str]) -> None:
    assert re.findall(r'<a href="([^"]*)">', notes_html(notes)) == links
    assert notes_text("Go to https://acme.example/x.") == "Go to https://acme.example/x."
