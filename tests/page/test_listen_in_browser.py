"""The listening page as a prospect meets it: in a real browser, with real audio, on a phone and at a desk."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, Page

from pitchcast.model.episode import Chapter
from pitchcast.model.feed import FeedContent
from pitchcast.model.show import Brand
from pitchcast.page.artwork import draw_cover
from pitchcast.page.listen import render_page
from tests.fixtures.browser import ServeFolder
from tests.fixtures.content import a_content, a_delivery, a_public_content, a_show, an_episode

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
BRAND = Brand(call_to_action="Book twenty minutes", call_to_action_url="https://example.com/book")

# Contrast as WCAG 2.2 defines it (relative luminance, 1.4.3), of each piece of text against the ground that it lies on.
CONTRASTS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = channels(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script")) continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(ground(element))];
    found.push([node.data.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return found;
}"""


@dataclass
class Visit:
    """An opened page, and what the browser had to say about it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


Open = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("tone") / "tone.mp3"
    source = ["-f", "lavfi", "-i", "sine=440:duration=4"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, "-b:a", "64k", str(path)], check=True)
    return path.read_bytes()


@pytest.fixture(scope="module")
def cover() -> bytes:
    return draw_cover("Cloud bills, explained", "Dana Reyes")


@pytest.fixture
def visit(chromium: Browser, serve_folder: ServeFolder, tmp_path: Path, tone: bytes, cover: bytes) -> Open:
    """Return a context manager that publishes content into a folder and opens its page."""
    address = serve_folder(tmp_path)

    @contextmanager
    def opened(content: FeedContent, **options: object) -> Iterator[Visit]:
        served = with_changes(content, base_url=address, cover_url=f"{address}/cover.jpg")
        (tmp_path / "index.html").write_bytes(render_page(served))
        (tmp_path / "cover.jpg").write_bytes(cover)
        for delivery in served.deliveries:
            (tmp_path / delivery.audio_name).write_bytes(tone)
        with chromium.new_context(**{"viewport": PHONE, **options}) as context:
            page = context.new_page()
            visited = Visit(page)
            watch(visited)
            page.goto(served.page_url, wait_until="load")
            yield visited

    return opened


def with_changes(content: FeedContent, **changes: object) -> FeedContent:
    return FeedContent(**{**{name: getattr(content, name) for name in content.__struct_fields__}, **changes})


def watch(visited: Visit) -> None:
    page = visited.page
    page.on("console", lambda message: visited.problems.append(message.text))
    page.on("pageerror", lambda error: visited.problems.append(str(error)))
    page.on("request", lambda request: visited.hosts.add(urlsplit(request.url).netloc))
    page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.effectiveDirective))"
    )


def full_content(**changes: object) -> FeedContent:
    chapters = (Chapter(start_s=0.0, title="Hello"), Chapter(start_s=2.0, title="What to turn off"))
    newest = a_delivery(2, episode=an_episode(2, chapters=chapters))
    return a_content(**{"brand": BRAND, "deliveries": (newest, a_delivery(1)), **changes})


def press_play(page: Page, number: int = 0) -> None:
    player = page.locator("audio").nth(number)
    player.focus()
    page.keyboard.press("Space")


def wait_until_it_plays(page: Page, number: int = 0) -> None:
    for _ in range(100):
        if page.evaluate("(n) => document.querySelectorAll('audio')[n].currentTime", number) > 0.3:
            return
        page.wait_for_timeout(100)
    pytest.fail("the audio does not play")


@pytest.mark.parametrize("content", [full_content(), a_public_content(brand=BRAND)], ids=["private", "public"])
def test_plays_and_asks_nobody_else(visit: Open, content: FeedContent) -> None:
    with visit(content) as visited:
        press_play(visited.page)
        wait_until_it_plays(visited.page)
        assert visited.problems == []
        assert visited.page.evaluate("refused") == []
        assert visited.hosts == {urlsplit(visited.page.url).netloc}
        assert visited.page.evaluate("document.querySelector('.cover').naturalWidth") == 3000


def test_plays_without_javascript(visit: Open) -> None:
    with visit(full_content(), java_script_enabled=False) as visited:
        press_play(visited.page)
        wait_until_it_plays(visited.page)
        assert not visited.page.get_by_role("button", name="Copy").is_visible()
        assert visited.page.get_by_label("Feed address").input_value().endswith("/feed.xml")


def test_one_episode_at_a_time(visit: Open) -> None:
    with visit(full_content()) as visited:
        press_play(visited.page, 0)
        wait_until_it_plays(visited.page, 0)
        press_play(visited.page, 1)
        wait_until_it_plays(visited.page, 1)
        assert visited.page.evaluate("document.querySelector('audio').paused")


@pytest.mark.parametrize("modern", [True, False], ids=["clipboard API", "without the API"])
def test_copy_button_copies_the_feed_address(visit: Open, modern: bool) -> None:
    """Pages on plain http and some mail apps' own browsers have no clipboard API."""
    with visit(full_content(), permissions=["clipboard-read", "clipboard-write"]) as visited:
        page = visited.page
        if not modern:
            page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('refused')))")
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.get_by_role("status").inner_text() == "Copied"
        assert page.evaluate("navigator.clipboard.readText()") == page.url.replace("index.html", "feed.xml")


def test_copy_button_is_ready_again_soon(visit: Open) -> None:
    with visit(full_content(), permissions=["clipboard-read", "clipboard-write"]) as visited:
        visited.page.get_by_role("button", name="Copy").click()
        visited.page.get_by_role("button", name="Copied").wait_for()
        visited.page.get_by_role("button", name="Copy", exact=True).wait_for()
        assert visited.page.get_by_role("status").inner_text() == ""


def test_policy_stops_what_the_page_did_not_bring(visit: Open) -> None:
    """The other tests' silence means something: a stranger's picture, script and request are refused."""
    with visit(full_content()) as visited:
        visited.page.evaluate(
            """() => {
                document.body.append(Object.assign(new Image(), {src: "http://127.0.0.2:9/spy.png"}));
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
                return fetch("http://127.0.0.2:9/spy").catch(() => {});
            }"""
        )
        visited.page.wait_for_function("refused.length >= 3")
        assert set(visited.page.evaluate("refused")) == {"img-src", "script-src-elem", "connect-src"}
        assert not visited.page.evaluate("window.ran")


def test_fits_the_narrowest_phone(visit: Open) -> None:
    notes = f"{LONG}\n\n```\n{LONG}\n```\n\n[{LONG}](https://example.com/{LONG})"
    episode = an_episode(title=LONG, host=LONG, notes=notes, chapters=(Chapter(start_s=0.0, title=LONG),))
    content = full_content(
        show=a_show(title=LONG, host=LONG, description=LONG),
        brand=Brand(call_to_action=LONG, call_to_action_url="https://example.com"),
        deliveries=(a_delivery(2, episode=episode), a_delivery(1, episode=episode)),
    )
    with visit(content, viewport={"width": 320, "height": 640}) as visited:
        for summary in visited.page.locator("summary").all():
            summary.click()
        assert visited.page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_player_is_on_the_first_screen(visit: Open, viewport: dict[str, int]) -> None:
    with visit(full_content(), viewport=viewport) as visited:
        box = visited.page.locator("audio").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < viewport["height"] * 0.6


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit: Open, scheme: str) -> None:
    with visit(full_content(), color_scheme=scheme) as visited:
        contrasts = visited.page.evaluate(CONTRASTS)
        assert len(contrasts) > 30
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []


def test_dark_scheme_is_dark(visit: Open) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        with visit(full_content(), color_scheme=scheme) as visited:
            grounds[scheme] = visited.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(244, 242, 238)", "dark": "rgb(18, 19, 22)"}


def test_everything_can_be_reached_and_named_by_keyboard_and_screen_reader(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        assert page.get_by_role("heading", level=1).inner_text() == "Cloud bills, explained"
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => Number(h.tagName[1]))")
        assert all(after - before <= 1 for before, after in pairwise(levels))
        page.get_by_role("link", name="Book twenty minutes").focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert page.get_by_role("region", name="Subscribe in your podcast app").is_visible()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "copy":
                return
        pytest.fail("Tab does not reach the copy button")


def test_right_to_left_page_starts_at_the_right(visit: Open) -> None:
    episode = an_episode(title="خفض فاتورة السحابة")
    content = full_content(show=a_show(language="ar", title="فواتير"), deliveries=(a_delivery(episode=episode),))
    with visit(content) as visited:
        box = visited.page.locator(".cover").bounding_box()
        assert box is not None
        assert box["x"] > PHONE["width"] / 2
        assert visited.page.evaluate("getComputedStyle(document.querySelector('h2')).direction") == "rtl"
