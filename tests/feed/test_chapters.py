"""The podcast:chapters document, by the format's specification 1.2.0."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.errors import FeedError
from pitchcast.feed.chapters import render_chapters
from pitchcast.model.episode import Chapter
from tests.fixtures.content import an_episode


def test_chapters_are_written_in_order_with_their_links() -> None:
    chapters = (
        Chapter(start_s=0.0, title="Hello"),
        Chapter(start_s=61.50049, title="Größe & < 3", url="https://example.com/a?b=1&c=2"),
    )
    assert render_chapters(an_episode(chapters=chapters)).decode() == (
        '{"version":"1.2.0","chapters":[{"startTime":0,"title":"Hello"},'
        '{"startTime":61.5,"title":"Größe & < 3","url":"https://example.com/a?b=1&c=2"}]}\n'
    )


def test_an_episode_without_chapters_gets_an_empty_list() -> None:
    assert json.loads(render_chapters(an_episode())) == {"version": "1.2.0", "chapters": []}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "example.com"])
def test_a_chapter_that_links_to_no_web_page_is_refused(url: str) -> None:
    episode = an_episode(chapters=(Chapter(start_s=0, title="Look", url=url),))
    with pytest.raises(FeedError, match="chapter “Look” links to"):
        render_chapters(episode)


@settings(deadline=None)
@given(title=st.text(), start_s=st.floats(0, 40_000))
def test_any_title_and_time_survive(title: str, start_s: float) -> None:
    episode = an_episode(chapters=(Chapter(start_s=start_s, title=title),))
    (chapter,) = json.loads(render_chapters(episode))["chapters"]
    assert chapter["startTime"] == pytest.approx(start_s, abs=0.0006)
    assert chapter["title"] == "".join(char for char in title if char in chapter["title"])
    assert render_chapters(episode) == render_chapters(episode)
