"""Links into podcast apps arrive: each browser resolves them, and what it hands on is what the app reads.

No app runs here. For each one a function of this module finds the feed's address in a link as that app does: after its
source where that is public, else after the form that its maker or its users publish. It is written for this test and
shares nothing with what makes the links.
"""

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote_plus, urlsplit

import pytest
from playwright.sync_api import Browser

from pitchcast.page.apps import AppLink, app_links, public_links
from pitchcast.page.listen import render_page
from tests.fixtures.browser import served_folder
from tests.fixtures.content import TOKEN, a_content, a_public_content

RESOLVED = """return [...document.querySelectorAll(".apps a")].map((link) => {
  const written = link.getAttribute("href");
  return [written, link.href, new URL(written).href];
})"""
FOLDERS = [
    pytest.param(f"https://listen.example.com/{TOKEN}", id="own domain"),
    pytest.param(f"https://listen.example.com:8443/{TOKEN}", id="with a port"),
    pytest.param(f"https://s3.eu-central-1.amazonaws.com/Seller.Podcasts/a%20b%2Bc/{TOKEN}", id="in a bucket's folder"),
    pytest.param(f"https://xn--hrbeispiel-ecb.example/{TOKEN}", id="domain with an umlaut"),
]

RunScript = Callable[[str, str], object]


class Resolved(NamedTuple):
    """A link as it stands in the page, and what the browser makes of it: the element, and the parser of scripts."""

    written: str
    of_element: str
    of_parser: str


def apple_podcasts(link: str) -> str:
    """The form that Apple's own apps have registered since iTunes: ``podcast`` in the place of ``https``."""
    return re.sub(r"^podcast://", "https://", link)


def overcast(link: str) -> str:
    """overcast.fm/podcasterinfo: an x-callback-url with the action ``add`` and the encoded address as ``url``."""
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("overcast", "x-callback-url", "/add")
    [address] = parse_qs(parts.query, strict_parsing=True)["url"]
    return address


def pocket_casts_iphone(link: str) -> str:
    """Automattic/pocket-casts-ios, AppDelegate+UrlHandling.swift, route ``/subscribe/*``."""
    assert (urlsplit(link).scheme, urlsplit(link).netloc) == ("pktc", "subscribe")
    address = link.replace("pktc://subscribe/", "")
    return address if address.startswith(("http://", "https://")) else f"http://{address}"


def pocket_casts_android(link: str) -> str:
    """Automattic/pocket-casts-android, DeepLinkFactory.kt, PodloveAdapter."""
    match = re.fullmatch(r"pktc://(subscribe|subscribehttps)/(.{3,})", link)
    assert match
    return ("http://" if match[1] == "subscribe" else "https://") + match[2]


def castro(link: str) -> str:
    """Castro is not open source. Public lists of app schemes: ``castros`` for an https address, ``castro`` for http."""
    match = re.fullmatch(r"(castros?)://subscribe/(.+)", link)
    assert match
    return {"castros": "https://", "castro": "http://"}[match[1]] + match[2]


def antennapod(link: str) -> str:
    """AntennaPod/AntennaPod, UrlChecker.prepareUrl, for the schemes of its manifest; decodes a deep link twice."""
    for start in ("pcast://", "pcast:", "antennapod-subscribe://"):
        if link.startswith(start):
            return antennapod(link.removeprefix(start))
    if "antennapod.org/deeplink/subscribe" in link:
        [address] = parse_qs(urlsplit(link).query)["url"]
        return antennapod(unquote_plus(address))
    return link if link.startswith(("http://", "https://")) else f"http://{link}"


def podcast_addict(link: str) -> str:
    """Podcast Addict is not open source. Public lists of app schemes: ``podcastaddict`` in the place of ``https``."""
    return re.sub(r"^podcastaddict://", "https://", link)


def gpodder(link: str) -> str:
    """gpodder.net/subscribe takes the encoded address as ``url``."""
    [address] = parse_qs(urlsplit(link).query)["url"]
    return address


def youtube_music(link: str) -> str:
    """podnews.net/article/youtube-music-rss: ``addrssfeed`` is the address in base64url, without its padding."""
    [coded] = parse_qs(urlsplit(link).query)["addrssfeed"]
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()


READERS = {
    ("Apple Podcasts", "iPhone, Mac"): apple_podcasts,
    ("Overcast", "iPhone"): overcast,
    ("Pocket Casts", "iPhone"): pocket_casts_iphone,
    ("Castro", "iPhone"): castro,
    ("Pocket Casts", "Android"): pocket_casts_android,
    ("AntennaPod and others", "Android"): antennapod,
    ("Podcast Addict", "Android"): podcast_addict,
    ("AntennaPod", "Android"): antennapod,
    ("gPodder", "Windows, Linux"): gpodder,
    ("YouTube Music", "iPhone, Android, Web"): youtube_music,
}


@pytest.fixture(params=["chromium", "firefox", "webkit"])
def run_script(request: pytest.FixtureRequest) -> Iterator[RunScript]:
    """Return what opens an address in one of the browsers and gives what a script returns there."""
    browser = request.getfixturevalue(request.param)
    if not isinstance(browser, Browser):

        def run_in_webkit(address: str, script: str) -> object:
            browser.get(address)
            return browser.execute_script(script)

        yield run_in_webkit
        return
    context = browser.new_context()
    page = context.new_page()

    def run(address: str, script: str) -> object:
        page.goto(address)
        return page.evaluate(f"() => {{ {script} }}")

    yield run
    context.close()


@contextmanager
def served_page(folder: Path, html: bytes) -> Iterator[str]:
    page = folder / "public" / TOKEN / "index.html"
    page.parent.mkdir(parents=True)
    page.write_bytes(html)
    with served_folder(folder) as address:
        yield f"{address}/{TOKEN}/index.html"


def links_of(page: str, run_script: RunScript) -> list[Resolved]:
    found = run_script(page, RESOLVED)
    assert isinstance(found, list)
    return [Resolved(*link) for link in found]


def check_arrival(links: tuple[AppLink, ...], resolved: list[Resolved], feed_url: str) -> None:
    assert sorted(link.written for link in resolved) == sorted(link.url for link in links)
    by_url = {link.written: link for link in resolved}
    for link in links:
        browser = by_url[link.url]
        read = READERS[link.app, link.system]
        assert read(browser.of_element) == feed_url, link.app
        assert read(browser.of_parser) == feed_url, link.app


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_link_gives_its_app_the_address_of_a_private_feed(
    run_script: RunScript, tmp_path: Path, folder: str
) -> None:
    content = a_content(base_url=folder)
    with served_page(tmp_path, render_page(content)) as page:
        resolved = links_of(page, run_script)
    check_arrival(app_links(f"{folder}/feed.xml"), resolved, f"{folder}/feed.xml")


def test_each_link_gives_its_app_the_address_of_a_public_feed(run_script: RunScript, tmp_path: Path) -> None:
    content = a_public_content()
    with served_page(tmp_path, render_page(content)) as page:
        resolved = links_of(page, run_script)
    links = app_links(content.feed_url) + public_links(content.feed_url, content.show.title)
    check_arrival(links, resolved, content.feed_url)


def test_a_whole_address_in_the_place_of_the_host_would_not_arrive(run_script: RunScript) -> None:
    """What the links avoid: every browser drops the colon, and the app asks the host ``https``."""
    script = 'return new URL("podcastaddict://https://listen.example.com/a/feed.xml").href'
    resolved = run_script("about:blank", script)
    assert resolved == "podcastaddict://https//listen.example.com/a/feed.xml"
    assert podcast_addict(str(resolved)) == "https://https//listen.example.com/a/feed.xml"
