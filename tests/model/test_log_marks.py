"""What addresses tell the access log has one name, in Python and in the page's script."""

import re
from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from pitchcast.model.log_marks import CALL_NAME, MARK_PATTERN, NO_MARK, SHARE_QUERY, mark_of
from pitchcast.model.token import make_token


@given(st.binary(min_size=17, max_size=17))
def test_a_mark_follows_from_the_folder_and_does_not_betray_it(random_bytes: bytes) -> None:
    token = make_token(random_bytes)
    mark = mark_of(token)
    assert re.fullmatch(MARK_PATTERN, mark)
    assert mark == mark_of(token)
    assert mark not in token


def test_a_mark_of_no_feed_has_the_shape_of_any_other() -> None:
    assert re.fullmatch(MARK_PATTERN, NO_MARK)


def test_the_script_of_the_page_writes_the_same_names() -> None:
    script = resources.files("pitchcast.page").joinpath("templates", "listen.js").read_text(encoding="utf-8")
    assert f'.get("{SHARE_QUERY}")' in script
    assert set(re.findall(r"[`\"?](\w+)=", script)) == {SHARE_QUERY, "t"}  # t is a moment, which nothing counts
    assert f'.endsWith("/{CALL_NAME}")' in script
