"""What people write in their own script is shown as it is; what cannot be seen is shown by its number."""

import json

import pytest

from pitchcast.cli.escaping import printable, printable_json

READABLE = (
    "Zürich – Łódź",
    "شركة النور للتجارة",
    "خانه‌ی ما",  # a zero-width non-joiner, as Persian is written
    "חברת אור בע״מ",
    "क्‍ष",  # a zero-width joiner within a Hindi word
    "株式会社東京",
    "葛\U000e0100城市",  # a variant of the first character, as in a name
    "👩‍💻 🏳️‍🌈 ❤️‍🔥 👍🏽 1️⃣ ©️",
    "한국어",
    "two\nlines\tand a tab",
)


@pytest.mark.parametrize("text", READABLE)
def test_ordinary_text_of_any_script_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("pay\u200bpal", "pay\\u200bpal"),
        ("a\u200db", "a\\u200db"),
        ("a\ufe0f\ufe0f", "a\\ufe0f\\ufe0f"),
        ("a\u2028b", "a\\u2028b"),
        ("a\U000e0041", "a\\U000e0041"),
        ("rec\udcff", "rec\\xff"),
        ("a\r\n", "a\\x0d\n"),
    ],
)
def test_what_cannot_be_seen_is_shown_by_its_number(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert json.loads(printable_json(json.dumps(text, ensure_ascii=False))) == text


def test_a_cell_stays_one_line() -> None:
    assert printable("one\ntwo\tthree", lines=False) == "one\\x0atwo\\x09three"
