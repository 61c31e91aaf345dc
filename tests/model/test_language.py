"""A language code is understood alike by settings, prospects, feeds, pages and tags."""

import pytest

from pitchcast.errors import UsageError
from pitchcast.model.language import check_language, file_name, for_id3, is_language


@pytest.mark.parametrize("code", ["en", "de-CH", "zh-Hant-TW", "gsw", "EN", "en-x-plain"])
def test_a_language(code: str) -> None:
    assert is_language(code)
    assert check_language(code, "--language") == code


@pytest.mark.parametrize("code", ["", "zz", "english", "en_US", "e", "en-", "en-toolongone", "en\n"])
def test_no_language(code: str) -> None:
    assert not is_language(code)
    with pytest.raises(UsageError, match="--language"):
        check_language(code, "--language")


@pytest.mark.parametrize(
    ("code", "known"),
    [("de-CH", "ger"), ("EN", "eng"), ("gsw", "gsw"), ("zz", "XXX"), ("ga", "gle"), ("", "XXX")],
)
def test_what_id3_calls_it(code: str, known: str) -> None:
    assert for_id3(code) == known


@pytest.mark.parametrize(("code", "name"), [("de_CH", "de-ch"), ("EN", "en"), ("../x", ""), ("", "")])
def test_how_its_file_is_called(code: str, name: str) -> None:
    assert file_name(code) == name
