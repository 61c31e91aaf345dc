"""A feed whose address somebody opens in a browser: readable, and it says what to do."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import feedparser
import podcastparser
import pytest
from lxml import etree
from playwright.sync_api import Page

from pitchcast.feed.check.checker import check_feed
from pitchcast.feed.namespaces import PODCAST
from pitchcast.feed.rss import render_tombstone
from pitchcast.feed.style import feed_style
from pitchcast.model.feed import Ending, FeedContent
from pitchcast.model.layout import FEED_NAME, FEED_STYLE_NAME, headers_of
from pitchcast.site.assets import Assets
from pitchcast.site.render import render_folder
from pitchcast.storage.folder import FolderBucket
from tests.fixtures.browser import served_folder
from tests.fixtures.content import (
    ART_TOKEN,
    TOKEN,
    a_content,
    a_public_content,
    a_show,
    an_ended_content,
    rendered_feed,
)
from tests.fixtures.contrast import contrast

NO_ASSETS = Assets(FolderBucket(Path("nowhere")))
HINT = f"This is a podcast feed. Copy its address, or open https://listen.example.com/{TOKEN}/index.html"

SHOWN = """() => [...document.querySelectorAll("*")].filter((one) =>
  !one.children.length && one.textContent.trim() && one.getClientRects().length
).map((one) => one.textContent.trim())"""
BELOW_EACH_OTHER = """() => [...document.querySelectorAll("channel > :is(title, txt, description), item")]
  .map((one) => one.getBoundingClientRect()).filter((box) => box.height)
  .sort((a, b) => a.top - b.top).every((box, n, all) => !n || box.top >= all[n - 1].bottom)"""
COLOURS = """() => [...document.querySelectorAll("rss, channel > title, channel > txt, item > title, item > pubDate")]
  .map((one) => {
    let ground = one;
    while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
    return [getComputedStyle(one).color, getComputedStyle(ground).backgroundColor];
  })"""


@pytest.fixture(params=["chromium", "firefox"])
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    with request.getfixturevalue(request.param).new_context(viewport={"width": 320, "height": 640}) as context:
        yield context.new_page()


def publish(folder: Path, xml: bytes) -> None:
    for key, body in (
        (f"public/{TOKEN}/feed.xml", xml),
        (f"public/{ART_TOKEN}/{FEED_STYLE_NAME}", feed_style()),
    ):
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)


def test_name_of_the_style_sheet_changes_with_its_bytes() -> None:
    digest = hashlib.sha256(feed_style()).hexdigest()[:8]
    assert f"style-{digest}.css" == FEED_STYLE_NAME, "write the new name into model/layout.py"


def test_style_sheet_is_served_as_one_and_kept_like_the_cover_beside_it() -> None:
    key = f"public/{ART_TOKEN}/{FEED_STYLE_NAME}"
    assert headers_of(key, shared=True).content_type == "text/css; charset=utf-8"
    cover = headers_of(f"public/{ART_TOKEN}/cover-c0c0c0c0.jpg", shared=True)
    assert headers_of(key, shared=True).cache_control == cover.cache_control


@pytest.mark.parametrize("content", [a_content(), a_public_content()], ids=["private", "public"])
def test_feed_with_the_sentence_passes_the_check(content: FeedContent) -> None:
    xml = rendered_feed(content, hint=HINT)
    private = content.feed.access == "private"
    assert check_feed(xml, where="feed", private=private, feed_url=content.feed_url) == []
    assert [one.text for one in etree.fromstring(xml).iter(f"{PODCAST}txt") if "hint" in one.get("purpose")] == [HINT]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar", "ja", "pt-BR"])
def test_readers_of_others_take_feeds_in_every_state_as_they_are_served(language: str) -> None:
    """feedparser and podcastparser; the W3C's validator wants ``<rss`` among the first 512 bytes of application/xml."""
    show = a_show(language=language)
    ended = [an_ended_content(ending, show=show) for ending in get_args(Ending)]
    for content in (a_content(show=show), a_public_content(show=show), a_content(show=show, deliveries=()), *ended):
        xml = render_folder(content, NO_ASSETS)[FEED_NAME]
        assert b"<rss" in xml[:512]
        headers = {"content-type": headers_of(f"public/{TOKEN}/{FEED_NAME}").content_type}
        read = feedparser.parse(xml, response_headers=headers)
        assert (read.bozo, read.version, len(read.entries)) == (False, "rss20", len(content.deliveries))
        assert podcastparser.parse(content.feed_url, io.BytesIO(xml))["title"] == read.feed.title


def test_opened_feed_shows_what_a_person_can_use_and_nothing_technical(page: Page, tmp_path: Path) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    content = a_content(show=a_show(title=long, description="خفض فاتورة السحابة"))
    publish(tmp_path, rendered_feed(content, hint=HINT))
    with served_folder(tmp_path) as address:
        page.goto(f"{address}/{TOKEN}/feed.xml")
        assert sorted(page.evaluate(SHOWN)) == sorted(
            [
                f"{long} for Acme Corp",
                HINT,
                "خفض فاتورة السحابة",
                *("Cut your cloud bill, part 2", "Wed, 04 Mar 2026 09:00:00 +0000"),
                *("Cut your cloud bill, part 1", "Tue, 03 Mar 2026 09:00:00 +0000"),
            ]
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(BELOW_EACH_OTHER)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for colour, ground in page.evaluate(COLOURS):
                assert contrast(colour, ground) >= 4.5, (scheme, colour, ground)


def test_opened_feed_of_an_ended_address_says_so(page: Page, tmp_path: Path) -> None:
    content = an_ended_content("closed")
    publish(tmp_path, render_tombstone(content, title="It is gone", text="Please ask Dana.", language="en"))
    with served_folder(tmp_path) as address:
        page.goto(f"{address}/{TOKEN}/feed.xml")
        assert page.evaluate(SHOWN) == ["It is gone", "Please ask Dana."]
