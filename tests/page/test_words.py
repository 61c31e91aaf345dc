"""The page's own words: every language has every word, and says dates, lengths and numbers its own way."""

import re
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.errors import ConfigError
from pitchcast.page.listen import render_page
from pitchcast.page.look import TEMPLATES
from pitchcast.page.overrides import Overrides, read_overrides, unpack_overrides
from pitchcast.page.words import (
    Words,
    day_in_words,
    earlier_in_words,
    length_in_words,
    speed_in_words,
    words_in,
)
from tests.fixtures.content import a_content, a_public_content, a_show

LANGUAGES = ("de", "en", "es", "fr", "it", "nl", "pt")
SAME_EVERYWHERE = {  # what two languages may well share
    *("language", "months", "first_day", "decimal", "seconds", "minutes", "hours", "notes", "chapters", "day"),
    *("position", "for_whom", "of", "player", "chapter_link", "feed_text"),
}
BRACES = re.compile(r"\{(\w+)\}")


def test_there_are_seven_languages() -> None:
    assert tuple(sorted(file.stem for file in (TEMPLATES / "words").glob("*.toml"))) == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word(language: str) -> None:
    words, english = words_in(language), words_in("en")
    assert words.language == language
    for item in fields(Words):
        said, meant = getattr(words, item.name), getattr(english, item.name)
        assert said, item.name
        if isinstance(meant, str):
            assert said.strip() == said
            assert set(BRACES.findall(said)) == set(BRACES.findall(meant)), item.name
        if language != "en" and item.name not in SAME_EVERYWHERE:
            assert said != meant, f"{item.name} is not translated"
    assert len(set(words.months)) == 12
    assert words.earlier.keys() == {"one", "other"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_buttons_say_how_far_they_go(language: str) -> None:
    words, page = words_in(language), render_page(a_content()).decode()
    assert re.findall(r"[0-9]+", f"{words.back} {words.forward}") == ["15", "30"]
    assert re.findall(r'data-by="(-?[0-9]+)"', page) == ["-15", "30"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [a_content, a_public_content], ids=["private", "public"])
def test_page_speaks_the_show_s_language(language: str, make: type) -> None:
    html = render_page(make(show=a_show(language=f"{language}-CH"))).decode()
    words = words_in(language)
    for said in (words.subscribe, words.share_button, words.copy, words.step_open, words.speed, words.earlier["one"]):
        assert said in html
    assert "<bdi lang=" not in html
    if language != "en":
        assert "Subscribe in" not in html


@pytest.mark.parametrize(
    ("language", "day", "first"),
    [
        ("en", "4 March 2026", "1 August 2026"),
        ("es", "4 de marzo de 2026", "1 de agosto de 2026"),
        ("de", "4. März 2026", "1. August 2026"),
        ("fr", "4 mars 2026", "1er août 2026"),
        ("it", "4 marzo 2026", "1º agosto 2026"),
        ("nl", "4 maart 2026", "1 augustus 2026"),
        ("pt", "4 de março de 2026", "1º de agosto de 2026"),
    ],
)
def test_date_is_written_as_people_write_it(language: str, day: str, first: str) -> None:
    words = words_in(language)
    assert day_in_words(datetime(2026, 3, 4, tzinfo=UTC), words) == day
    assert day_in_words(datetime(2026, 8, 1, tzinfo=UTC), words) == first


def test_numbers_are_written_as_people_write_them() -> None:
    assert speed_in_words(1.75, words_in("en")) == "1.75×"
    assert speed_in_words(1.0, words_in("de")) == "1×"
    assert speed_in_words(0.8, words_in("fr")) == "0,8×"
    assert length_in_words(4500, words_in("de")) == "1 Std. 15 Min."


@pytest.mark.parametrize(("language", "one", "many"), [("en", "Earlier episode", "Earlier episodes")])
def test_one_episode_is_not_several(language: str, one: str, many: str) -> None:
    assert [earlier_in_words(count, words_in(language)) for count in (1, 2, 25)] == [one, many, many]
    assert earlier_in_words(0, words_in("fr")) == "Épisode précédent"  # Unicode's plural rules for French
    assert earlier_in_words(0, words_in("de")) == "Frühere Folgen"


@pytest.mark.parametrize("language", ["ja", "xx", "ar-EG", "../../etc/passwd", ""])
def test_language_without_words_gets_english_ones(language: str) -> None:
    assert words_in(language) == words_in("en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "words").mkdir()
    return tmp_path


def test_company_changes_some_words(folder: Path) -> None:
    (folder / "words" / "de.toml").write_text('share_button = "An Kolleginnen schicken"\n', encoding="utf-8")
    assert words_in("de-AT", read_overrides(folder)).share_button == "An Kolleginnen schicken"
    assert words_in("de-AT", read_overrides(folder)).copy == "Kopieren"
    assert words_in("en", read_overrides(folder)) == words_in("en")
    assert words_in("de").share_button == "An Kollegen schicken"


def test_words_of_a_region_come_first_and_a_change_is_seen_at_once(folder: Path) -> None:
    (folder / "words" / "de.toml").write_text('copy = "Kopiere"\n', encoding="utf-8")
    file = folder / "words" / "de-ch.toml"
    file.write_text('copy = "Kopiers"\n', encoding="utf-8")
    assert words_in("de-CH", read_overrides(folder)).copy == "Kopiers"
    file.write_text('copy = "Kopieren, gäll"\n', encoding="utf-8")
    assert words_in("de_CH", read_overrides(folder)).copy == "Kopieren, gäll"


def test_company_adds_a_language(folder: Path) -> None:
    english = Path(render_page.__code__.co_filename).parent / "templates" / "words" / "en.toml"
    text = english.read_text(encoding="utf-8").replace('copy = "Copy"', 'copy = "Copia"')
    (folder / "words" / "it.toml").write_text(text, encoding="utf-8")
    words = words_in("it-IT", read_overrides(folder))
    assert (words.language, words.copy) == ("it", "Copia")
    assert (
        'lang="it-IT"'
        in render_page(a_content(show=a_show(language="it-IT")), overrides=read_overrides(folder)).decode()
    )


@pytest.mark.parametrize(
    ("name", "text", "place", "reason"),
    [
        pytest.param("en", 'copy = "C"\ncopied = Copied"\n', "en.toml:2", "is not valid TOML", id="no TOML"),
        pytest.param("en", "copy = '", "en.toml:1", "is not valid TOML", id="cut off"),
        pytest.param("en", '# mine\n\ncopi = "C"\n', "en.toml:3", "copi: the page has no such word", id="unknown"),
        pytest.param("en", "copy = 1\n", "en.toml:1", "copy: must be text", id="a number"),
        pytest.param("en", "\nmonths = ['January']\n", "en.toml:2", "months: must be a list of twelve", id="one month"),
        pytest.param("en", '[earlier]\none = "x"\n', "en.toml:1", "earlier: must have the two words", id="one plural"),
        pytest.param("en", 'for_whom = "For {nam}"\n', "en.toml:1", "{nam} is not known here", id="unknown in braces"),
        pytest.param("en", 'copy = "{0.__class__}"\n', "en.toml:1", "is not known here", id="an attribute"),
        pytest.param("en", 'for_whom = "For {name"\n', "en.toml:1", "for_whom: ", id="open brace"),
        pytest.param("sl", 'copy = "Kopiraj"\n', "sl.toml", "lacks months, day", id="incomplete language"),
    ],
)
def test_mistake_in_words_is_named_with_file_and_line(
    folder: Path, name: str, text: str, place: str, reason: str
) -> None:
    (folder / "words" / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as mistake:
        words_in(name, read_overrides(folder))
    assert f"{place}:" in mistake.value.message
    assert reason in mistake.value.message
    assert mistake.value.hint


def test_words_that_are_not_utf_8_are_refused(folder: Path) -> None:
    (folder / "words" / "de.toml").write_bytes('copy = "Drück"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"de\.toml: is not UTF-8"):
        words_in("de", read_overrides(folder))


@given(st.text(st.sampled_from('play="{}[].\n#1ax'), max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_words_or_refused(text: str) -> None:
    with suppress(ConfigError):
        words_in("en", Overrides("look", str(hash(text)), {"words/en.toml": text}))


@given(st.binary(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_templates_or_refused(packed: bytes) -> None:
    with suppress(ConfigError):
        unpack_overrides(packed, "private/assets")
