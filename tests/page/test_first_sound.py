"""From the tap on play to the first sound: on a slow phone little of the file may be needed for it.

How long it takes is measured by ``python -m benchmarks.first_sound``. Here the link ends after 150 kB: the sound begins
with these or never, however busy the machine is.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pitchcast.site.project import Project
from tests.fixtures.browser import served_folder
from tests.fixtures.first_sound import HEARD, LISTEN, feed_url, long_show, put_pictures_in
from tests.fixtures.throttle import Link, slow_link

KBIT_PER_S = 400
LATENCY_S = 0.1
MOST_BYTES = 150_000
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A show whose only pitch lasts minutes."""
    return long_show(tmp_path_factory.mktemp("long"))


@pytest.fixture
def link(show: Project) -> Iterator[Link]:
    with (
        served_folder(Path(show.bucket.url)) as url,
        slow_link(url, kbit_per_s=KBIT_PER_S, latency_s=LATENCY_S) as link,
    ):
        yield link


@pytest.fixture(params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """Each browser in turn."""
    browser: Browser = request.getfixturevalue(request.param)
    return browser


def test_little_of_the_file_is_needed(show: Project, link: Link, browser: Browser) -> None:
    assert show.catalog().episodes[0].master.duration_s > 180
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(feed_url(show, link.url))
        assert page.locator("audio").get_attribute("data-wave") == show.catalog().episodes[0].master.waveform != ""
        page.evaluate(LISTEN)
        link.limit(MOST_BYTES)
        page.locator(".play").first.click()
        page.wait_for_function(HEARD, timeout=WAIT_MS)
        assert page.evaluate("navigator.mediaSession.metadata.artwork.length") == 1, "the lock screen's picture"


def test_with_a_picture_it_would_not_be_enough(tmp_path: Path, show: Project, chromium: Browser) -> None:
    """What this measures is there: the same file with a picture needs more than that in Chromium."""
    folder = put_pictures_in(show, tmp_path / "site")
    with (
        served_folder(folder) as url,
        slow_link(url, kbit_per_s=10 * KBIT_PER_S, latency_s=0) as link,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        page.goto(feed_url(show, link.url))
        page.evaluate(LISTEN)
        link.limit(MOST_BYTES)
        page.locator(".play").first.click()
        deadline = time.monotonic() + WAIT_MS / 1000
        while link.left and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        page.wait_for_timeout(2000)
        assert link.left == 0
        assert page.evaluate(HEARD) is None
        link.limit(None)
        page.wait_for_function(HEARD, timeout=WAIT_MS)
