"""Show notes in feeds: the tags that PSP-1 allows, as many bytes as apps take, whatever somebody wrote."""

import xml.etree.ElementTree as ET  # of what feed_notes_html returned

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.errors import UsageError
from pitchcast.model.feed_notes import ALLOWED_TAGS, check_feed_notes, feed_notes_html, shortened
from pitchcast.model.notes import notes_html

MARKS = ["# ", "- ", "1. ", "> ", "**", "*", "`", "```\n", "---\n", "\\\n", "\n", "\n\n", "  ", "    ", "<tel:1>"]
TEXTS = ["a", "é", "word ", "<", "&", '"', "[x](https://a.example/?b=1&c=2)", "![x](https://a.example)"]
MARKDOWN = st.lists(st.sampled_from([*MARKS, *TEXTS]), max_size=40).map("".join)


def words(markup: str) -> str:
    """Return the text of HTML without spaces."""
    return "".join("".join(ET.fromstring(f"<x>{markup}</x>").itertext()).split())  # noqa: S314


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        pytest.param("## A *b*", "<p><strong>A <em>b</em></strong></p>", id="heading"),
        pytest.param("a\nb", "<p>a</p>\n<p>b</p>", id="lines"),
        pytest.param("**a\nb**", "<p><strong>a</strong></p>\n<p><strong>b</strong></p>", id="lines in bold"),
        pytest.param("- a\n  b\n- c", "<ul>\n<li>a b</li>\n<li>c</li>\n</ul>", id="lines in a list"),
        pytest.param("> a", "<p>a</p>", id="quotation"),
        pytest.param("a\n\n---\n\nb", "<p>a</p>\n<p>b</p>", id="rule"),
        pytest.param("```\na < b\n\nc\n```", "<p>a &lt; b</p>\n<p>c</p>", id="code"),
        pytest.param("Say `hi`", "<p>Say hi</p>", id="code in a line"),
    ],
)
def test_what_stands_for_what_feeds_do_not_carry(markdown: str, expected: str) -> None:
    assert feed_notes_html(markdown) == expected


@settings(deadline=None, max_examples=200)
@given(markdown=MARKDOWN)
def test_only_allowed_tags_are_left_and_no_word_is_lost(markdown: str) -> None:
    rendered = feed_notes_html(markdown)
    tree = ET.fromstring(f"<x>{rendered}</x>")  # noqa: S314
    assert {element.tag for element in tree.iter()} - {"x"} <= ALLOWED_TAGS
    assert words(rendered) == words(notes_html(markdown))


@settings(deadline=None, max_examples=200)
@given(markdown=MARKDOWN, at_most_bytes=st.integers(10, 400))
def test_what_is_cut_fits_and_is_whole(markdown: str, at_most_bytes: int) -> None:
    rendered = feed_notes_html(markdown)
    cut = shortened(rendered, at_most_bytes)
    assert len(cut.encode()) <= at_most_bytes
    assert words(rendered).startswith(words(cut).removesuffix("…"))
    assert cut == rendered or len(rendered.encode()) > at_most_bytes


def test_notes_that_are_too_long_only_as_html_are_refused() -> None:
    links = "[a](https://a.example) & more\n\n" * 110
    assert len(links.encode()) < 4_000
    with pytest.raises(UsageError, match=r"take [0-9]+ bytes as podcast apps get them"):
        check_feed_notes(links)
    assert check_feed_notes(" **Look** \r\n") == "**Look**"
