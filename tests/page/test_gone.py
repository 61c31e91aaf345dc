"""The gone page of an ended address: what it says for each ending, in each language, and what it never says.

After a deliberate change ``python -m tests.page.test_gone`` writes the golden files anew.
"""

from pathlib import Path
from typing import get_args

import pytest

from pitchcast.model.feed import Ending, FeedContent
from pitchcast.page.listen import render_gone_page
from pitchcast.page.overrides import read_overrides
from tests.fixtures.content import TOKEN, a_content, a_show, an_ended_content
from tests.page.test_listen import Outline
from tests.page.test_words import LANGUAGES

GOLDEN = Path(__file__).parent / "golden"
ENDINGS: tuple[Ending, ...] = get_args(Ending)


def ended(ending: Ending, language: str = "en", host: str = "Dana Reyes") -> FeedContent:
    return an_ended_content(ending, show=a_show(language=language, host=host))


def said() -> str:
    """Return what people read on every gone page, with the host's name and without one."""
    lines = []
    for language in LANGUAGES:
        for ending in ENDINGS:
            for host in ("Dana Reyes", ""):
                page = Outline(render_gone_page(ended(ending, language, host)))
                texts = [data.strip() for element, data in page.texts if element in ("h1", "p", "a")]
                lines.append(f"{language} {ending}: {' | '.join(filter(None, texts))}")
    return "\n".join([*dict.fromkeys(lines), ""])


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_gone_page_is_the_golden_one(ending: Ending) -> None:
    golden = (GOLDEN / f"gone-{ending}.html").read_text(encoding="utf-8")
    assert render_gone_page(ended(ending)).decode() == golden


def test_each_language_says_each_ending() -> None:
    assert said() == (GOLDEN / "gone.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("language", ["en", "de-CH", "ar"])
def test_it_is_not_to_be_found_loads_nothing_and_names_no_address(ending: Ending, language: str) -> None:
    body = render_gone_page(ended(ending, language))
    page = Outline(body)
    assert page.meta("robots") == "noindex"
    assert page.meta("referrer") == "no-referrer"
    assert "default-src 'none'" in page.meta("Content-Security-Policy")
    assert not [attrs for _, attrs in page.tags if "src" in attrs]
    assert [link["href"] for link in page.attributes("link")] == ["data:,"]
    links = [link["href"] for link in page.attributes("a")]
    refreshes = [meta["content"] for meta in page.attributes("meta", **{"http-equiv": "refresh"})]
    new = f"https://new.example.com/{TOKEN}/index.html"
    assert (links, refreshes) == (([new], [f"0; url={new}"]) if ending == "moved" else ([], []))
    if ending != "moved":
        assert TOKEN not in body.decode()


def test_where_the_show_moved_an_open_feeds_page_leads_on_and_names_no_prospect() -> None:
    page = render_gone_page(a_content(moved_to=f"https://new.example.com/{TOKEN}")).decode()
    assert f'href="https://new.example.com/{TOKEN}/index.html"' in page
    assert "Acme" not in page


def test_a_language_without_words_of_its_own_says_it_in_english() -> None:
    page = Outline(render_gone_page(ended("closed", "ar")))
    assert page.attributes("html") == [{"lang": "en", "dir": "ltr"}]


def test_a_companys_own_page_says_the_words_of_each_ending(tmp_path: Path) -> None:
    (tmp_path / "gone.html").write_text("{{ words.gone_title }}: {{ words.gone_text }}", encoding="utf-8")
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "en.toml").write_text('rotated_text = "Write to {host}."', encoding="utf-8")
    page = render_gone_page(ended("rotated"), overrides=read_overrides(tmp_path)).decode()
    assert page.splitlines()[-1] == "There is a new link to this podcast: Write to \u2068Dana Reyes\u2069."


if __name__ == "__main__":
    for each in ENDINGS:
        (GOLDEN / f"gone-{each}.html").write_bytes(render_gone_page(ended(each)))
    (GOLDEN / "gone.txt").write_text(said(), encoding="utf-8")
