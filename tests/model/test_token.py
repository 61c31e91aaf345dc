"""Tokens cannot be guessed, are told from other names, and are masked wherever they stand."""

import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.model.token import TOKEN_LENGTH, TOKEN_PATTERN, fresh_token, looks_like_token, make_token, mask_tokens

TOKEN = "a2b3c4d5e6f7a2b3c4d5e6f7aa"


@given(st.binary(min_size=17, max_size=17), st.text(alphabet="/ :.-=?", max_size=3))
def test_tokens_are_masked_wherever_they_stand(random_bytes: bytes, around: str) -> None:
    token = make_token(random_bytes)
    assert re.fullmatch(TOKEN_PATTERN, token)
    assert looks_like_token(token)
    masked = mask_tokens(f"https://listen.example.com/{token}{around}/feed.xml {token}")
    assert token not in masked
    assert masked.count(f"{token[:4]}…") == 2


def test_a_token_holds_130_bits() -> None:
    """Each of the first 130 bits changes the token; that is why it cannot be guessed."""
    nothing = make_token(bytes(17))
    for bit in range(130):
        assert make_token((1 << (17 * 8 - 1 - bit)).to_bytes(17)) != nothing


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        pytest.param(TOKEN, True, id="a token"),
        pytest.param(TOKEN[1:], False, id="too short"),
        pytest.param(f"{TOKEN}a", False, id="too long"),
        pytest.param(TOKEN.upper(), False, id="upper case"),
        pytest.param(TOKEN.replace("2", "1"), False, id="a digit that base32 lacks"),
        pytest.param(TOKEN.replace("a2", "a-"), False, id="a hyphen"),
        pytest.param(TOKEN.replace("a2", "ä2"), False, id="another letter"),
        pytest.param(f"{TOKEN[:-1]}\n", False, id="a line's end"),
        pytest.param(f"{TOKEN}\n", False, id="a line's end behind it"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_the_check_and_the_pattern_agree_on_what_is_a_token(name: str, is_one: bool) -> None:
    assert looks_like_token(name) is is_one
    assert (re.fullmatch(TOKEN_PATTERN, name) is not None) is is_one
    assert (mask_tokens(name.rstrip()) != name.rstrip()) is looks_like_token(name.rstrip())


def test_a_longer_run_of_letters_is_no_token_and_stays_readable() -> None:
    assert mask_tokens("x" * (TOKEN_LENGTH + 1)) == "x" * (TOKEN_LENGTH + 1)


def test_a_token_that_is_used_is_not_given_again() -> None:
    numbers = count()
    assert fresh_token({"0", "1"}, lambda: str(next(numbers))) == "2"
