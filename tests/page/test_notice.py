"""Who is counted from the access log is told so on the page itself, in its language; else pages stay as they were."""

from pathlib import Path

import msgspec
import pytest

from pitchcast.model.feed import FeedContent
from pitchcast.page.listen import render_page
from pitchcast.page.overrides import read_overrides
from pitchcast.page.words import words_in
from tests.fixtures.content import a_content, a_public_content, a_show

_BUILT_IN = Path(__file__).parents[2] / "src" / "pitchcast" / "page" / "templates" / "words"


def counted(content: FeedContent, by: str, language: str = "en") -> FeedContent:
    show = msgspec.structs.replace(content.show, counted=by, language=language)
    return msgspec.structs.replace(content, show=show)


@pytest.mark.parametrize("language", [file.stem for file in sorted(_BUILT_IN.glob("*.toml"))])
def test_every_language_says_it_in_its_own_words(language: str) -> None:
    words = words_in(language)
    assert words.counted_language == language
    for by, said in (("feeds", words.counted_feeds), ("totals", words.counted_totals)):
        page = render_page(counted(a_content(), by, language)).decode()
        assert said.partition("{host}")[0] in page
        assert "\u2068Dana Reyes\u2069" in page[page.index(said.partition("{host}")[0]) :]


def test_a_public_page_speaks_of_no_sender() -> None:
    page = render_page(counted(a_public_content(), "feeds")).decode()
    assert words_in("en").counted_totals.partition("{host}")[0] in page


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("<html><head><title>x</title></head><body>{{ show }}</body></html>", id="a page of their own"),
        pytest.param("<title>x</title><body>{{ show }}", id="one that nobody closes"),
    ],
)
def test_a_company_page_that_leaves_it_out_gets_it_at_its_end(tmp_path: Path, template: str) -> None:
    (tmp_path / "listen.html").write_text(template, encoding="utf-8")
    overrides = read_overrides(tmp_path)
    sentence = words_in("en").counted_feeds.partition("{host}")[0]
    assert render_page(counted(a_content(), "feeds"), overrides=overrides).decode().count(sentence) == 1
    assert sentence not in render_page(a_content(), overrides=overrides).decode()


def test_a_company_page_that_says_it_says_it_once(tmp_path: Path) -> None:
    (tmp_path / "listen.html").write_text("<title>x</title><body><p>{{ notice }}</p>", encoding="utf-8")
    page = render_page(counted(a_content(), "feeds"), overrides=read_overrides(tmp_path)).decode()
    assert page.count(words_in("en").counted_feeds.partition("{host}")[0]) == 1


def test_a_language_of_their_own_without_these_words_says_it_in_english(tmp_path: Path) -> None:
    english = (_BUILT_IN / "en.toml").read_text(encoding="utf-8").splitlines()
    (tmp_path / "words").mkdir()
    older = "\n".join(line for line in english if not line.startswith("counted_"))
    (tmp_path / "words" / "pl.toml").write_text(older, encoding="utf-8")
    page = render_page(
        counted(a_content(show=a_show(language="pl")), "feeds", "pl"), overrides=read_overrides(tmp_path)
    )
    assert '<p id="counted" class="hint" lang="en" dir="ltr">' in page.decode()
