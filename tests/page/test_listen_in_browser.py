"""The listening page as a prospect meets it: in a real browser, with real audio, on a phone and at a desk."""

import hashlib
import io
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import imageio_ffmpeg
import msgspec
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, Request, Response

from pitchcast.artwork.cover import draw_cover, make_thumbnail
from pitchcast.feed.transcript import render_transcript
from pitchcast.model.episode import Chapter
from pitchcast.model.feed import Ending, FeedContent
from pitchcast.model.layout import headers_of
from pitchcast.model.show import Artwork, Brand
from pitchcast.model.transcript import Cue, Transcript, TranscriptFile, paragraphs
from pitchcast.page.call import render_call
from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.words import time_mark
from tests.fixtures.browser import served_folder
from tests.fixtures.content import (
    TOKEN,
    a_content,
    a_delivery,
    a_master,
    a_public_content,
    a_show,
    an_ended_content,
    an_episode,
)
from tests.fixtures.seaweedfs import SeaweedFS
from tests.fixtures.throttle import slow_link

PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 360, "height": 640}
DESKTOP = {"width": 1280, "height": 800}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
BRAND = Brand(call_to_action="Book twenty minutes", call_to_action_url="https://example.com/book")
LENGTH_S = 600
MARK = hashlib.sha256(TOKEN.encode()).hexdigest()[:8]
SHORT = Transcript(cues=(Cue(0.0, 4.0, "Good morning.", "Dana"), Cue(62.5, 66.0, "Turn it off: R&D <first>!", "Sam")))
LONG_TALK = Transcript(
    cues=tuple(Cue(3.0 * at, 3.0 * at + 3, f"This is sentence {at}, & <b>it goes on.", "Dana") for at in range(200))
)
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

HEARD = """([number, least]) => {
  const audio = document.querySelectorAll("audio")[number];
  const {played, currentTime: now} = audio;
  const heard = [...Array(played.length).keys()].some((n) => played.start(n) < now && now <= played.end(n) + 0.5);
  return !audio.paused && !audio.seeking && audio.readyState > 2 && now > least && heard;
}"""

MUTED = """addEventListener("DOMContentLoaded", () => {
  for (const audio of document.querySelectorAll("audio")) audio.muted = true;
});"""
"""On a machine without a sound card Firefox may give up what is not muted."""

APPLE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"{APPLE} Version/18.5 Mobile/15E148 Safari/604.1"
MAIL_ON_IPHONE = f"{APPLE} Mobile/15E148"
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0"
ANDROID = f"Mozilla/5.0 (Linux; Android 16; Pixel 9) {CHROME} Mobile Safari/537.36"
ANDROID_APP = f"Mozilla/5.0 (Linux; Android 16; Pixel 9; wv) {CHROME} Version/4.0 Mobile Safari/537.36"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} Safari/537.36"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36"


@dataclass
class Visit:
    """An opened page, and what the browser had to say about it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    responses: list[Response] = field(default_factory=list)

    @property
    def audio(self) -> list[Response]:
        """What the page fetched of its episodes."""
        return [response for response in self.responses if response.url.endswith(".mp3")]


Open = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Ten minutes of a tone, made of one: frames of constant bit rate may follow each other as often as one likes."""
    path = tmp_path_factory.mktemp("tone") / "tone.mp3"
    source = ["-f", "lavfi", "-i", f"sine=440:duration={LENGTH_S / 10}:sample_rate=48000"]
    bare = ["-b:a", "96k", "-write_xing", "0", "-id3v2_version", "0"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, *bare, str(path)], check=True)
    return path.read_bytes() * 10


@pytest.fixture(scope="module")
def cover() -> bytes:
    return make_thumbnail(draw_cover("Cloud bills, explained", "Dana Reyes"))


@pytest.fixture
def visit(request: pytest.FixtureRequest, tmp_path: Path, tone: bytes, cover: bytes) -> Iterator[Open]:
    """Return a context manager that publishes content into a folder and opens its page, in Chromium unless asked."""
    browser: Browser = request.getfixturevalue(getattr(request, "param", "chromium"))
    with served_folder(tmp_path) as address:

        @contextmanager
        def opened(
            content: FeedContent, *, scripts: tuple[str, ...] = (), clock: bool = False, **options: object
        ) -> Iterator[Visit]:
            served = msgspec.structs.replace(
                content, base_url=f"{address}/{content.feed.path}", cover_url=f"{address}/art/cover.jpg"
            )
            for key, body in objects(served, tone, cover).items():
                (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / key).write_bytes(body)
            with browser.new_context(**{"viewport": PHONE, **options}) as context:
                page = context.new_page()
                visited = Visit(page)
                watch(visited)
                for script in (*scripts, *([MUTED] if browser.browser_type.name == "firefox" else [])):
                    page.add_init_script(script)
                if clock:  # it runs, and can be put forward
                    page.clock.install()
                page.goto(served.page_url, wait_until="load")
                yield visited

        yield opened


def objects(content: FeedContent, tone: bytes, cover: bytes) -> dict[str, bytes]:
    """Return what a build puts into storage for a page, by key."""
    folder = f"public/{content.feed.path}"
    audio = {f"{folder}/{delivery.audio_name}": tone for delivery in content.deliveries}
    names = [d.transcript_name for d in content.deliveries if d.transcript_name]
    said = dict(zip(names, (SHORT, LONG_TALK), strict=False))
    words = {f"{folder}/{name}": render_transcript(transcript) for name, transcript in said.items()}
    html = render_page(content, transcripts=said)
    pages = {f"{folder}/index.html": html, f"{folder}/call.html": render_call(content)}
    return {**audio, "public/art/cover.jpg": cover, **words, **pages}


def watch(visited: Visit) -> None:
    page = visited.page
    page.on("console", lambda message: visited.problems.append(message.text))
    page.on("pageerror", lambda error: visited.problems.append(str(error)))
    page.on("request", lambda request: visited.hosts.add(urlsplit(request.url).netloc))
    page.on("response", lambda response: visited.responses.append(response))
    page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.effectiveDirective))"
    )


def full_content(**changes: object) -> FeedContent:
    master = a_master(samples=LENGTH_S * 48_000)
    chapters = (
        Chapter(start_s=0.0, title="Hello"),
        Chapter(start_s=61.5, title="What to turn off", url="https://example.com/off"),
        Chapter(start_s=400.0, title="Next step"),
    )
    words = TranscriptFile(sha256="7" * 64, extension="vtt")
    newest = a_delivery(2, episode=an_episode(2, chapters=chapters, master=master, transcript=words))
    earlier = a_delivery(1, episode=an_episode(1, master=master, transcript=words))
    return a_content(**{"brand": BRAND, "deliveries": (newest, earlier), **changes})


def public_content() -> FeedContent:
    return a_public_content(brand=BRAND, deliveries=full_content().deliveries)


def press_play(page: Page, number: int = 0) -> None:
    page.get_by_role("button", name="Play “").nth(number).click()


def slow_down(page: Page) -> None:
    """Make the network that of a phone: on loopback the whole episode is there before anybody can jump."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    speed = {"latency": 20, "downloadThroughput": 1_000_000, "uploadThroughput": 1_000_000}
    session.send("Network.emulateNetworkConditions", {"offline": False, **speed})


def place_s(page: Page, number: int = 0) -> float:
    return float(page.evaluate("(n) => document.querySelectorAll('audio')[n].currentTime", number))


def wait_until_it_plays(page: Page, number: int = 0, beyond_s: float = 0.0) -> None:
    """Wait until a fifth of a second beyond that place was really heard: a jump alone moves currentTime too."""
    page.wait_for_function(HEARD, arg=[number, beyond_s + 0.2], timeout=120_000)


@pytest.mark.parametrize("content", [full_content(), public_content()], ids=["private", "public"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_plays_and_asks_nobody_else(visit: Open, content: FeedContent, viewport: dict[str, int]) -> None:
    with visit(content, viewport=viewport) as visited:
        visited.page.wait_for_timeout(300)
        assert visited.audio == []  # nothing is fetched, so nothing counts as a download, before somebody plays
        documents = [response for response in visited.responses if response.request.resource_type == "document"]
        assert len(documents) == 1
        press_play(visited.page)
        wait_until_it_plays(visited.page)
        assert visited.problems == []
        assert visited.page.evaluate("refused") == []
        assert visited.hosts == {urlsplit(visited.page.url).netloc}
        assert visited.page.evaluate("document.querySelector('.cover').naturalWidth") == 600
        assert visited.page.locator("audio:visible").count() == 0


def test_plays_and_seeks_from_a_real_s3_server(
    chromium: Browser, seaweedfs: SeaweedFS, tone: bytes, cover: bytes
) -> None:
    bucket = seaweedfs.make_bucket()
    reading = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement = {**reading, "Resource": f"arn:aws:s3:::{bucket}/public/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    seaweedfs.client().put_bucket_policy(Bucket=bucket, Policy=policy)
    public_url = f"{seaweedfs.endpoint_url}/{bucket}/public"
    content = msgspec.structs.replace(
        full_content(), base_url=f"{public_url}/{TOKEN}", cover_url=f"{public_url}/art/cover.jpg"
    )
    for key, body in objects(content, tone, cover).items():
        kind = headers_of(key).content_type
        seaweedfs.client().put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)
    with chromium.new_context(viewport=PHONE) as context:
        visited = Visit(context.new_page())
        watch(visited)
        visited.page.goto(content.page_url)
        visited.page.get_by_role("button", name="Next step").click()
        wait_until_it_plays(visited.page, beyond_s=400)
        assert visited.problems == []
        assert visited.hosts == {urlsplit(public_url).netloc}


def test_plays_without_javascript(visit: Open) -> None:
    with visit(full_content(), java_script_enabled=False) as visited:
        player = visited.page.locator("audio").first
        player.focus()
        visited.page.keyboard.press("Space")
        deadline = time.monotonic() + 120
        while place_s(visited.page) <= 0.3 and time.monotonic() < deadline:
            visited.page.wait_for_timeout(100)
        assert place_s(visited.page) > 0.3
        assert visited.page.locator(".player").count() == 0
        assert not visited.page.get_by_role("button", name="Copy").first.is_visible()
        assert visited.page.get_by_label("Feed address").input_value().endswith("/feed.xml")
        assert visited.page.get_by_role("link", name="Apple Podcasts").is_visible()
        send = visited.page.get_by_role("link", name="Send to a colleague").get_attribute("href") or ""
        assert visited.page.url in parse_qs(urlsplit(send).query)["body"][0]


def test_length_is_said_before_anything_is_fetched(visit: Open) -> None:
    with visit(full_content()) as visited:
        assert visited.page.locator(".elapsed").first.inner_text() == "0:00"
        assert visited.page.locator(".remaining").first.inner_text() == "−10:00"
        assert visited.audio == []


def test_pauses_and_skips(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        press_play(page)
        wait_until_it_plays(page)
        page.get_by_role("button", name="Forward 30 seconds").first.click()
        wait_until_it_plays(page, beyond_s=30)
        page.get_by_role("button", name="Back 15 seconds").first.click()
        page.wait_for_function("() => document.querySelector('audio').currentTime < 29")
        assert place_s(page) > 14
        page.get_by_role("button", name="Pause “").click()
        page.get_by_role("button", name="Play “").first.wait_for()
        assert page.evaluate("document.querySelector('audio').paused")


def test_seeks_by_byte_range(visit: Open, tone: bytes) -> None:
    """Playing from near the end fetches from there on, not what lies before."""
    with visit(full_content()) as visited:
        page = visited.page
        slow_down(page)
        box = page.get_by_role("slider", name="Position").first.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
        press_play(page)
        wait_until_it_plays(page, beyond_s=0.85 * LENGTH_S)
        assert place_s(page) == pytest.approx(0.9 * LENGTH_S, abs=24)  # the thumb is as wide as a finger
        parts = [r.header_value("content-range") or "" for r in visited.audio if r.status == 206]
        starts = [int(part.split()[1].partition("-")[0]) for part in parts]
        assert any(start > 0.7 * len(tone) for start in starts)
        page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_function("(s) => document.querySelector('audio').currentTime < s", arg=0.3 * LENGTH_S)
        wait_until_it_plays(page, beyond_s=0.15 * LENGTH_S)


def test_seek_bar_goes_by_keyboard_and_says_where_it_is(visit: Open) -> None:
    with visit(full_content()) as visited:
        bar = visited.page.get_by_role("slider", name="Position").first
        bar.focus()
        visited.page.keyboard.press("ArrowRight")
        visited.page.keyboard.press("ArrowRight")
        assert bar.get_attribute("aria-valuetext") == "0:10 of 10:00"
        visited.page.keyboard.press("End")
        assert bar.get_attribute("aria-valuetext") == "10:00 of 10:00"
        assert visited.audio == []
        visited.page.keyboard.press("Home")
        visited.page.keyboard.press("ArrowRight")
        press_play(visited.page)
        wait_until_it_plays(visited.page, beyond_s=5)


def test_speed_is_changed_and_remembered(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        speeds = page.get_by_label("Speed").first
        assert speeds.locator("option").all_inner_texts() == ["0.75×", "1×", "1.25×", "1.5×", "1.75×", "2×"]
        speeds.select_option("2×")
        press_play(page)
        wait_until_it_plays(page)
        assert page.evaluate("document.querySelector('audio').playbackRate") == 2
        page.reload()
        assert page.get_by_label("Speed").first.input_value() == "2"
        press_play(page, 1)
        wait_until_it_plays(page, 1)
        assert page.evaluate("document.querySelectorAll('audio')[1].playbackRate") == 2


def test_chapter_is_tapped_and_marked(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        chapter = page.get_by_role("button", name="What to turn off")
        chapter.click()
        wait_until_it_plays(page, beyond_s=61.5)
        assert place_s(page) < 70
        assert chapter.get_attribute("aria-current") == "true"
        assert page.locator(".chapter[aria-current]").count() == 1
        page.get_by_role("button", name="Next step").click()
        wait_until_it_plays(page, beyond_s=400)
        assert page.locator(".chapter[aria-current]").inner_text().endswith("Next step")
        link = page.get_by_role("link", name="Link: ⁨What to turn off⁩")
        assert link.get_attribute("href") == "https://example.com/off"


def test_place_is_remembered_for_each_episode(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        page.get_by_role("button", name="What to turn off").click()
        wait_until_it_plays(page, beyond_s=61.5)
        page.get_by_role("button", name="Pause “").click()
        page.reload()
        assert page.locator(".elapsed").all_inner_texts()[0] in ("1:01", "1:02", "1:03", "1:04", "1:05")
        assert page.locator(".elapsed").all_inner_texts()[1] == "0:00"
        press_play(page)
        wait_until_it_plays(page, beyond_s=61)
        assert place_s(page) < 75


def test_finished_episode_starts_again_from_the_beginning(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        press_play(page)
        wait_until_it_plays(page)
        page.evaluate("document.querySelector('audio').currentTime = 599.5")
        page.wait_for_function("() => document.querySelector('audio').ended")
        page.reload()
        assert page.locator(".elapsed").first.inner_text() == "0:00"


def test_page_works_where_the_browser_refuses_to_remember(visit: Open) -> None:
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    with visit(full_content(), scripts=(refuse,)) as visited:
        page = visited.page
        page.get_by_label("Speed").first.select_option("1.5×")
        page.get_by_role("button", name="What to turn off").click()
        wait_until_it_plays(page, beyond_s=61.5)
        assert page.evaluate("document.querySelector('audio').playbackRate") == 1.5
        assert visited.problems == []


def test_lock_screen_shows_the_episode_and_its_buttons_work(visit: Open) -> None:
    """What the page registers with the system's media keys is called as the system would call it."""
    keep = """window.keys = {};
        const set = MediaSession.prototype.setActionHandler;
        MediaSession.prototype.setActionHandler = function (name, f) { keys[name] = f; set.call(this, name, f); };"""
    with visit(full_content(), scripts=(keep,)) as visited:
        page = visited.page
        press_play(page)
        wait_until_it_plays(page)
        shown = page.evaluate(
            "((m) => [m.title, m.artist, m.album, m.artwork[0].src])(navigator.mediaSession.metadata)"
        )
        cover = page.evaluate("document.querySelector('.cover').src")
        assert shown == ["Cut your cloud bill, part 2", "Dana Reyes", "Cloud bills, explained", cover]
        assert page.evaluate("navigator.mediaSession.metadata.artwork[0].sizes") == "600x600"
        marked = page.evaluate(
            "[...navigator.mediaSession.metadata.chapterInfo || []].map((one) => [one.startTime, one.title])"
        )
        assert marked in ([[0, "Hello"], [61.5, "What to turn off"], [400, "Next step"]], [])  # new in browsers
        page.evaluate("keys.nexttrack()")
        wait_until_it_plays(page, beyond_s=61.5)
        page.evaluate("keys.seekto({seekTime: 300})")
        wait_until_it_plays(page, beyond_s=300)
        page.evaluate("keys.seekforward({})")
        wait_until_it_plays(page, beyond_s=330)
        page.evaluate("keys.previoustrack()")
        page.wait_for_function("() => document.querySelector('audio').currentTime < 70")
        page.evaluate("keys.seekbackward({seekOffset: 60})")
        page.wait_for_function("() => document.querySelector('audio').currentTime < 10")
        page.evaluate("keys.pause()")
        assert page.evaluate("document.querySelector('audio').paused")
        page.evaluate("keys.play()")
        wait_until_it_plays(page)
        assert visited.problems == []


@pytest.mark.parametrize("visit", ["chromium", "firefox"], indirect=True)
def test_audio_that_was_taken_back_is_told_from_a_network_that_fails(visit: Open, tmp_path: Path) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        kept = {file: file.read_bytes() for file in (tmp_path / "public" / TOKEN).glob("*.mp3")}
        for file in kept:
            file.unlink()
        press_play(page)
        page.get_by_role("alert").filter(has_text="no longer here").wait_for()
        assert not page.get_by_text("Check your connection").first.is_visible()
        for file, body in kept.items():
            file.write_bytes(body)
        press_play(page)
        wait_until_it_plays(page)
        assert not page.get_by_text("no longer here").first.is_visible()
        page.context.set_offline(True)
        press_play(page)
        page.get_by_role("alert").filter(has_text="Check your connection").wait_for()
        assert page.evaluate("refused") == []


def test_audio_that_is_taken_back_while_it_plays_keeps_its_place(visit: Open, tmp_path: Path) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        slow_down(page)
        press_play(page)
        wait_until_it_plays(page)
        kept = {file: file.read_bytes() for file in (tmp_path / "public" / TOKEN).glob("*.mp3")}
        for file in kept:
            file.unlink()
        page.locator(".seek").first.focus()
        page.keyboard.press("9")
        page.get_by_role("alert").filter(has_text="no longer here").wait_for()
        for file, body in kept.items():
            file.write_bytes(body)
        press_play(page)
        wait_until_it_plays(page, beyond_s=0.9 * LENGTH_S)


@pytest.mark.parametrize(("status", "said"), [(410, "no longer here"), (403, "no longer here"), (503, "Check your")])
def test_what_the_server_answers_decides_what_is_said(visit: Open, status: int, said: str) -> None:
    with visit(full_content()) as visited:
        visited.page.route("**/*.mp3", lambda route: route.fulfill(status=status, body=""))
        press_play(visited.page)
        visited.page.get_by_role("alert").filter(has_text=said).wait_for()


def test_slow_network_shows_that_it_loads(visit: Open) -> None:
    with visit(full_content()) as visited, slow_link(origin_of(visited.page), kbit_per_s=4000, latency_s=0) as link:
        page = visited.page
        page.goto(visited.page.url.replace(origin_of(page), link.url), wait_until="load")
        link.limit(0)
        press_play(page)
        page.get_by_role("status").filter(has_text="Loading").wait_for()
        assert page.get_by_role("button", name="Pause “").is_visible(), "whoever waits can stop it"
        link.limit(None)
        wait_until_it_plays(page)
        assert not page.get_by_text("Loading").first.is_visible()


def origin_of(page: Page) -> str:
    address = urlsplit(page.url)
    return f"{address.scheme}://{address.netloc}"


WAVE = "".join("09az"[number % 4] for number in range(120))


def waved_content() -> FeedContent:
    """Return the full content with a waveform for the newest episode and none for the earlier one."""
    content = full_content()
    newest, *earlier = content.deliveries
    master = msgspec.structs.replace(newest.episode.master, waveform=WAVE)
    heard = msgspec.structs.replace(newest, episode=msgspec.structs.replace(newest.episode, master=master))
    return msgspec.structs.replace(content, deliveries=(heard, *earlier))


@pytest.mark.parametrize("visit", ["chromium", "firefox"], indirect=True)
def test_seek_bar_is_the_waveform_with_its_chapters(visit: Open) -> None:
    with visit(waved_content()) as visited:
        page = visited.page
        shapes = page.locator(".bars path").evaluate_all("(paths) => paths.map((path) => path.getAttribute('d'))")
        bars, marks, played, _, plain, no_marks, *_ = shapes
        heights = [float(found) for found in re.findall(r"v([\d.]+)h", bars)]
        assert [height - 3 for height in heights] == [int(sign, 36) for sign in WAVE]
        assert played == bars
        assert [float(x) for x in re.findall(r"M([\d.]+) 0v40", marks)] == pytest.approx([12.3, 80.0])
        assert (plain.count("M"), no_marks) == (1, "")
        page.locator(".seek").first.focus()
        page.keyboard.press("5")
        assert page.locator(".track").first.evaluate("(track) => track.style.getPropertyValue('--done')") == "50%"
        hidden = page.locator(".played").first.evaluate("(played) => getComputedStyle(played).clipPath")
        assert hidden.replace(" ", "").startswith(
            ("inset(0pxcalc(50%)0px0px)", "inset(0px50%0px0px)", "inset(0pxcalc(")
        )


@pytest.mark.parametrize("visit", ["chromium", "firefox"], indirect=True)
def test_keys_work_in_the_player_and_where_the_focus_is_nowhere(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        page.keyboard.press("7")
        assert place_s(page) == 0, "a digit that nobody aimed at the player does nothing (WCAG 2.1.4)"
        page.keyboard.press("Space")
        wait_until_it_plays(page)
        page.keyboard.press("5")
        wait_until_it_plays(page, beyond_s=300)
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("() => document.querySelector('audio').currentTime < 300")
        page.keyboard.press("Space")
        page.wait_for_function("() => document.querySelector('audio').paused")
        at = place_s(page)
        page.keyboard.press("ArrowRight")
        assert place_s(page) == pytest.approx(at + 5, abs=0.1)
        for press in ("Control+ArrowRight", "Alt+1", "Shift+ArrowRight", "ArrowDown"):
            page.keyboard.press(press)
        for field in (page.get_by_label("Feed address"), page.get_by_label("Speed").first, page.locator("#share")):
            field.focus()
            for key in ("3", "ArrowRight", "ArrowLeft"):
                page.keyboard.press(key)
        assert place_s(page) == pytest.approx(at + 5, abs=0.1)
        page.get_by_role("button", name="Forward 30 seconds").nth(1).focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowRight")
        assert place_s(page, 1) == 35, "a button does what it says; the player with the focus is meant"
        page.keyboard.press("9")
        assert place_s(page, 1) == 0.9 * LENGTH_S
        assert page.evaluate("document.querySelector('audio').paused")


def test_start_that_was_set_before_play_is_kept_and_shown(visit: Open) -> None:
    with visit(full_content(), scripts=()) as visited:
        page = visited.page
        page.evaluate("document.querySelector('audio').currentTime = 80")
        page.evaluate("dispatchEvent(new Event('pageshow'))")
        assert page.locator(".elapsed").first.inner_text() == "1:20"
        press_play(page)
        wait_until_it_plays(page, beyond_s=80)
        assert place_s(page) < 90


def test_speed_that_is_no_longer_offered_becomes_the_usual_one(visit: Open) -> None:
    with visit(full_content(), scripts=("localStorage.setItem('pitchcast:speed', '1.2')",)) as visited:
        assert visited.page.get_by_label("Speed").first.input_value() == "1"
        press_play(visited.page)
        wait_until_it_plays(visited.page)
        assert visited.page.evaluate("document.querySelector('audio').playbackRate") == 1


@pytest.mark.parametrize("visit", ["chromium", "firefox"], indirect=True)
def test_transcript_follows_unless_the_reader_scrolls(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        talk = page.locator("details.transcript").nth(1)
        talk.get_by_text("Transcript").click()
        talk.get_by_role("button", name="Play from 0:00").wait_for()
        box, current = talk.locator(".lines"), talk.locator("[aria-current]")
        talk.get_by_role("button").nth(12).click()
        wait_until_it_plays(page, 1, beyond_s=100)
        assert current.count() == 1
        started = current.inner_text()
        assert started.startswith(talk.get_by_role("button").nth(12).inner_text())
        page.wait_for_function("(box) => box.scrollTop > 300", arg=box.element_handle())
        page.wait_for_function(IS_SEEN, arg=box.element_handle())
        box.hover()
        page.mouse.wheel(0, -5000)
        page.wait_for_function("(box) => box.scrollTop === 0", arg=box.element_handle())
        page.evaluate("document.querySelectorAll('audio')[1].currentTime += 60")
        page.wait_for_function(
            "([box, was]) => box.querySelector('[aria-current]').innerText !== was", arg=[box.element_handle(), started]
        )
        page.wait_for_timeout(300)
        assert box.evaluate("(box) => box.scrollTop") == 0, "the reader reads elsewhere"
        page.get_by_role("button", name="Forward 30 seconds").nth(1).click()
        page.wait_for_function(IS_SEEN, arg=box.element_handle())
        assert visited.problems == []


IS_SEEN = """(box) => {
  const [line, frame] = [box.querySelector("[aria-current]"), box].map((one) => one.getBoundingClientRect());
  return line.top >= frame.top && line.top < frame.bottom;
}"""


@pytest.mark.parametrize(("motion", "how"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_transcript_moves_as_the_reader_wants(visit: Open, motion: str, how: str) -> None:
    with visit(full_content(), reduced_motion=motion) as visited:
        assert visited.page.locator(".lines").first.evaluate("(box) => getComputedStyle(box).scrollBehavior") == how


def test_everything_in_a_player_is_as_large_as_a_finger(visit: Open) -> None:
    with visit(waved_content(), viewport={"width": 360, "height": 640}) as visited:
        for part in visited.page.locator(".player button, .player input, .player select").all():
            box = part.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44


def test_played_part_can_be_told_in_forced_colours(visit: Open) -> None:
    with visit(waved_content(), forced_colors="active") as visited:
        fills = visited.page.locator(".bars").evaluate_all("(all) => all.map((one) => getComputedStyle(one).fill)")
        assert fills[0] != fills[1]


def test_script_works_with_the_player_of_a_template_from_before(visit: Open, tmp_path: Path) -> None:
    """A company's own listen.html may be a copy of an earlier one."""
    page_file = tmp_path / "public" / TOKEN / "index.html"
    with visit(full_content()) as visited:
        text = page_file.read_text(encoding="utf-8")
        text = re.sub(r'<div class="track">\n<svg.*?</svg>\n(<input.*?>)\n</div>', r"\1", text)
        text = re.sub(r'<p class="(loading|trouble away)".*?</p>\n', "", text)
        assert "</svg>\n<input" not in text
        page_file.write_text(text, encoding="utf-8")
        visited.page.reload()
        press_play(visited.page)
        wait_until_it_plays(visited.page)
        assert visited.problems == []


def test_one_episode_at_a_time(visit: Open) -> None:
    with visit(full_content()) as visited:
        press_play(visited.page, 0)
        wait_until_it_plays(visited.page, 0)
        press_play(visited.page, 0)  # the first one's button says Pause now
        wait_until_it_plays(visited.page, 1)
        assert visited.page.evaluate("document.querySelector('audio').paused")


@pytest.mark.parametrize("modern", [True, False], ids=["clipboard API", "without the API"])
@pytest.mark.parametrize(
    ("button", "file"), [("Copy", "feed.xml"), ("Copy link", f"index.html?via={full_content().feed.mark}")]
)
def test_copy_buttons_copy_the_address(visit: Open, modern: bool, button: str, file: str) -> None:
    """Pages on plain http and some mail apps' own browsers have no clipboard API."""
    with visit(full_content(), clock=True, permissions=["clipboard-read", "clipboard-write"]) as visited:
        page = visited.page
        if not modern:
            page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('refused')))")
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.locator("#said").inner_text() == "Copied"
        assert page.evaluate("navigator.clipboard.readText()") == page.url.replace("index.html", file)
        if modern:
            page.clock.fast_forward(2600)
            page.get_by_role("button", name=button, exact=True).wait_for()
            assert page.locator("#said").inner_text() == ""


SHARE = "Navigator.prototype.share = function (data) { window.shared = data; return Promise.resolve(); };"
REFUSED = "Navigator.prototype.share = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"


def test_page_is_sent_to_a_colleague_by_the_system_s_own_sheet(visit: Open) -> None:
    with visit(full_content(), scripts=(SHARE,)) as visited:
        visited.page.get_by_role("link", name="Send to a colleague").click()
        assert visited.page.evaluate("shared") == {
            "title": "Worth a listen: Cut your cloud bill, part 2",
            "text": "I thought of you: Cut your cloud bill, part 2, Dana Reyes.",
            "url": f"{visited.page.url}?via={MARK}",
        }


def test_link_that_is_passed_on_again_tells_how_far_it_came(visit: Open) -> None:
    with visit(full_content(), scripts=(SHARE,)) as visited:
        page = visited.page
        for steps in (1, 2, 3):
            page.get_by_role("link", name="Send to a colleague").click()
            passed = page.evaluate("shared.url")
            assert parse_qs(urlsplit(passed).query) == {"via": [".".join([MARK] * steps)]}
            mail = parse_qs(urlsplit(page.locator("#share").get_attribute("href") or "").query)
            assert mail["body"][0].endswith(f"\r\n\r\n{passed}\r\n")
            assert page.locator("#share-copy").get_attribute("data-copy") == passed
            page.goto(passed, wait_until="load")
        assert visited.problems == []
        assert page.evaluate("refused") == []


def test_what_is_no_chain_of_marks_is_not_passed_on(visit: Open) -> None:
    with visit(full_content(), scripts=(SHARE,)) as visited:
        page = visited.page
        page.goto(f"{page.url}?via=%3Cb%3E&x=1", wait_until="load")
        page.get_by_role("link", name="Send to a colleague").click()
        assert page.evaluate("shared.url") == page.url.replace("via=%3Cb%3E&x=1", f"via={MARK}")


MOMENTS = {
    "?t=80": "1:20",
    "?t=80s": "1:20",
    "?t=1:20": "1:20",
    "?t=0:01:20": "1:20",
    "?t=1m20s": "1:20",
    "?t=0h2m": "2:00",
    f"?via={MARK}&t=1m20s": "1:20",
    "?t=601": "0:00",  # beyond the end
    "?t=%3Cb%3E": "0:00",
    "?t=-5": "0:00",
    "?t=": "0:00",
}


def test_address_may_name_a_moment_and_nothing_plays_by_itself(visit: Open) -> None:
    with visit(full_content()) as visited:
        address = visited.page.url
        for asked, shown in MOMENTS.items():
            visited.page.goto(f"{address}{asked}", wait_until="load")
            assert visited.page.locator(".elapsed").all_inner_texts() == [shown, "0:00"], asked
        assert visited.audio == []
        assert visited.problems == []


def test_address_may_name_a_pitch_and_playing_begins_at_its_moment(visit: Open) -> None:
    content = full_content()
    with visit(content) as visited:
        page = visited.page
        file = page.locator("audio").nth(1).get_attribute("src")
        page.evaluate("(file) => localStorage.setItem(`pitchcast:${file}`, 300)", file)
        page.goto(f"{page.url}?t=1m20s#{content.deliveries[1].episode.anchor}", wait_until="load")
        assert page.locator(".elapsed").all_inner_texts() == ["0:00", "1:20"]
        assert page.evaluate("document.querySelector(':target h3').textContent") == content.deliveries[1].episode.title
        assert page.evaluate("scrollY") > 0
        assert visited.audio == []
        press_play(page, 1)
        wait_until_it_plays(page, 1, beyond_s=80)
        assert place_s(page, 1) < 110
        page.goto(f"{page.url.partition('?')[0]}?x#{content.deliveries[0].episode.anchor}", wait_until="load")
        assert page.evaluate("scrollY") == 0  # the newest is in sight, below whom the page is from


def test_pitch_is_passed_on_from_where_it_is_heard(visit: Open) -> None:
    content = full_content()
    with visit(content, scripts=(SHARE,)) as visited:
        page = visited.page
        whole = page.locator("#share-copy").get_attribute("data-copy")
        assert not page.locator("#from").is_visible()
        page.get_by_role("button", name="What to turn off").click()
        wait_until_it_plays(page, beyond_s=62)
        chosen = page.get_by_role("checkbox", name="Start at 1:0")
        chosen.check()
        page.get_by_role("link", name="Send to a colleague").click()
        passed = urlsplit(page.evaluate("shared.url"))
        assert passed.fragment == content.deliveries[0].episode.anchor
        assert parse_qs(passed.query)["via"] == [MARK]
        [moment] = parse_qs(passed.query)["t"]
        assert 62 <= int(moment) <= 69
        assert page.locator("#share-copy").get_attribute("data-copy") == passed.geturl()
        mail = parse_qs(urlsplit(page.locator("#share").get_attribute("href") or "").query)
        assert mail["body"][0].endswith(f"\r\n\r\n{passed.geturl()}\r\n")
        chosen.uncheck()
        assert page.locator("#share-copy").get_attribute("data-copy") == whole
        page.goto(passed.geturl(), wait_until="load")
        assert page.locator(".elapsed").first.inner_text() == time_mark(int(moment))
        assert visited.problems == []


@pytest.mark.parametrize("javascript", [True, False], ids=["as it is", "without JavaScript"])
def test_call_to_action_is_counted_on_its_way_and_tells_no_website_where_from(visit: Open, javascript: bool) -> None:
    with visit(full_content(), java_script_enabled=javascript) as visited:
        page = visited.page
        asked: list[Request] = []
        page.context.on("request", lambda request: asked.append(request))
        page.context.route("https://example.com/**", lambda route: route.fulfill(body="Here."))
        page.goto(f"{page.url}?via={MARK}", wait_until="load")
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Book twenty minutes").click()
        opened.value.wait_for_url(BRAND.call_to_action_url)
        [*_, counted, landed] = [request for request in asked if request.is_navigation_request()]
        way = f"?via={MARK}" if javascript else ""
        assert counted.url == page.url.replace(f"index.html?via={MARK}", f"call.html{way}")
        assert landed.url == BRAND.call_to_action_url
        assert "referer" not in landed.all_headers()


@pytest.mark.parametrize("scripts", [(), (REFUSED,)], ids=["no mail program", "sheet refused"])
def test_link_is_copied_where_it_cannot_be_sent(visit: Open, scripts: tuple[str, ...]) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with visit(full_content(), clock=True, permissions=permissions, scripts=scripts) as visited:
        visited.page.get_by_role("link", name="Send to a colleague").click()
        visited.page.clock.fast_forward(1600)
        visited.page.get_by_role("button", name="Copied").wait_for()
        assert visited.page.evaluate("navigator.clipboard.readText()") == f"{visited.page.url}?via={MARK}"


@pytest.mark.parametrize(
    ("agent", "private", "public"),
    [
        pytest.param(IPHONE, ["Apple Podcasts", "Overcast", "Pocket Casts", "Castro"], ["YouTube Music"], id="iPhone"),
        pytest.param(
            ANDROID,
            ["Pocket Casts", "AntennaPod and others", "Podcast Addict"],
            ["AntennaPod", "YouTube Music"],
            id="Android",
        ),
        pytest.param(MAC, ["Apple Podcasts"], ["YouTube Music"], id="Mac"),
        pytest.param(WINDOWS, [], ["YouTube Music", "gPodder"], id="Windows"),
    ],
)
def test_only_apps_that_can_run_on_the_device_are_offered(
    visit: Open, agent: str, private: list[str], public: list[str]
) -> None:
    for content, offered in ((full_content(), private), (public_content(), private + public)):
        with visit(content, user_agent=agent) as visited:
            page = visited.page
            names = [text.splitlines()[0].strip() for text in page.locator(".apps a:visible").all_inner_texts()]
            assert names == offered
            likely = [text.splitlines()[0].strip() for text in page.locator(".likely a").all_inner_texts()]
            assert likely == offered[:1]
            assert page.get_by_text("Choose your app.").is_visible() == bool(offered)
            assert page.get_by_text("Spotify cannot").is_visible() == (
                content.feed.access == "private" and bool(offered)
            )
            assert page.get_by_label("Feed address").is_visible()
            assert not page.get_by_text("inside another app").is_visible()


def test_phone_that_asks_for_pages_as_for_a_desk_is_offered_apps_of_phones(visit: Open) -> None:
    linux = f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36"
    with visit(full_content(), user_agent=linux, has_touch=True, is_mobile=True) as visited:
        assert visited.page.get_by_role("link", name="AntennaPod").is_visible()
        assert not visited.page.locator(".scan").is_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["as it is", "without JavaScript"])
@pytest.mark.parametrize(
    ("options", "order"),
    [
        pytest.param({"viewport": DESKTOP, "user_agent": MAC}, [".scan svg", ".apps", "#feed-address"], id="desk"),
        pytest.param(
            {"viewport": {"width": 320, "height": 256}, "user_agent": MAC},
            [".scan svg", ".apps", "#feed-address"],
            id="desk at 400 %",
        ),
        pytest.param(
            {"user_agent": IPHONE, "has_touch": True, "is_mobile": True}, [".apps", "#feed-address"], id="phone"
        ),
    ],
)
def test_subscribing_begins_with_what_helps_there(
    visit: Open, options: dict[str, object], order: list[str], javascript: bool
) -> None:
    with visit(full_content(), java_script_enabled=javascript, **options) as visited:
        boxes = {name: visited.page.locator(name).bounding_box() for name in (".scan svg", ".apps", "#feed-address")}
        tops = {name: box["y"] for name, box in boxes.items() if box}
        assert sorted(tops, key=lambda name: tops[name]) == order
        code = boxes[".scan svg"]
        assert code is None or code["width"] > 200


def test_dead_link_into_an_app_is_answered_with_the_address(visit: Open) -> None:
    """No podcast app is on the test machine, so nothing happens, as on a phone without that app."""
    with visit(full_content(), clock=True, user_agent=IPHONE) as visited:
        page = visited.page
        page.clock.pause_at(time.time() + 60)
        page.get_by_role("link", name="Overcast").click()
        page.clock.run_for(1400)
        assert not page.get_by_text("Nothing happened?").is_visible()
        page.clock.run_for(200)
        page.get_by_text("Nothing happened?").wait_for()
        box = page.get_by_label("Feed address").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < PHONE["height"]


def test_app_that_opens_is_not_doubted(visit: Open) -> None:
    with visit(full_content(), clock=True, user_agent=IPHONE) as visited:
        visited.page.get_by_role("link", name="Overcast").click()
        visited.page.evaluate("dispatchEvent(new Event('blur'))")
        visited.page.clock.fast_forward(60_000)
        assert not visited.page.get_by_text("Nothing happened?").is_visible()


def test_transcript_is_read_and_tapped(visit: Open) -> None:
    """The newest one's stands in the page; the earlier one is long and comes when somebody opens it."""
    with visit(full_content()) as visited:
        page = visited.page
        newest, earlier = page.locator("details.transcript").all()
        newest.get_by_text("Transcript").click()
        assert newest.get_by_text("Sam: Turn it off: R&D <first>!").is_visible()
        newest.get_by_role("button", name="Play from 1:02").click()
        wait_until_it_plays(page, beyond_s=62.4)
        assert not [response for response in visited.responses if response.url.endswith(".vtt")]
        earlier.get_by_text("Transcript").click()
        earlier.get_by_role("button", name="Play from 0:00").wait_for()
        shown = [paragraph.inner_text() for paragraph in earlier.locator("p").all()]
        built = [f"{time_mark(one.start_s)} Dana: {one.text}" for one in paragraphs(LONG_TALK.cues)]
        assert [re.sub(r"[\u2068\u2069]", "", text).replace("\xa0", " ") for text in shown] == built
        earlier.get_by_role("button").nth(3).click()
        wait_until_it_plays(page, 1, beyond_s=20)
        assert visited.problems == []
        assert len(visited.hosts) == 1


def test_transcript_is_there_without_javascript_too(visit: Open) -> None:
    with visit(full_content(), java_script_enabled=False) as visited:
        newest, earlier = visited.page.locator("details.transcript").all()
        newest.locator("summary").click()
        assert newest.get_by_text("Good morning.").is_visible()
        earlier.locator("summary").click()
        link = earlier.get_by_role("link", name="Read it as a text file")
        assert visited.page.request.get(f"{visited.page.url.rpartition('/')[0]}/{link.get_attribute('href')}").ok


@pytest.mark.parametrize("agent", [MAIL_ON_IPHONE, ANDROID_APP], ids=["mail on iPhone", "app on Android"])
def test_browser_inside_an_app_gets_the_steps_at_once(visit: Open, agent: str) -> None:
    with visit(full_content(), user_agent=agent) as visited:
        assert visited.page.get_by_text("inside another app").is_visible()


def test_qr_code_leads_to_the_page(visit: Open) -> None:
    """Read back from the screen, in both colour schemes, by a decoder of somebody else's (ZXing)."""
    for scheme in ("light", "dark"):
        with visit(full_content(), viewport=DESKTOP, color_scheme=scheme) as visited:
            picture = Image.open(io.BytesIO(visited.page.locator(".scan svg").screenshot()))
            [code] = zxingcpp.read_barcodes(picture)
            assert code.text == visited.page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("content", [full_content(), public_content()], ids=["private", "public"])
def test_axe_finds_nothing(visit: Open, axe_script: str, content: FeedContent, scheme: str) -> None:
    """Deque's axe-core, with its rules for WCAG 2.2 AA and its best practices, on a phone and at a desk."""
    with visit(content, color_scheme=scheme, reduced_motion="reduce") as visited:
        page = visited.page
        page.evaluate(axe_script)
        page.get_by_role("button", name="What to turn off").click()
        wait_until_it_plays(page, beyond_s=61.5)
        for element in ("nothing-happened", "mail-browser"):
            page.evaluate("(id) => { document.getElementById(id).hidden = false }", element)
        for summary in page.locator("summary").all():
            summary.click()
        for viewport in (PHONE, DESKTOP):
            page.set_viewport_size(viewport)
            found = page.evaluate("(tags) => axe.run({runOnly: tags})", AXE_RULES)
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
            assert len(found["passes"]) > 30


@pytest.mark.parametrize("ending", ["rotated", "moved"])
def test_axe_finds_nothing_on_the_gone_page(chromium: Browser, axe_script: str, ending: Ending) -> None:
    with chromium.new_context(viewport=PHONE) as context:
        page = context.new_page()
        body = render_gone_page(an_ended_content(ending)).decode()
        page.set_content(re.sub(r'<meta http-equiv="refresh"[^>]*>', "", body))
        page.evaluate(axe_script)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate("(tags) => axe.run({runOnly: tags})", AXE_RULES)
            assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []


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
        visited.page.wait_for_function("() => refused.length >= 3")
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
        box = visited.page.get_by_role("button", name="Play “").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < viewport["height"] * 0.75


@pytest.mark.parametrize(
    "letters", ["How a team of eleven cut its bill ", "クラウドの請求書を減らす"], ids=["Latin", "wide"]
)
def test_player_is_on_the_first_screen_however_long_titles_are(visit: Open, letters: str) -> None:
    title = (letters * 20)[:200]
    deliveries = tuple(a_delivery(n, episode=an_episode(n, title=title)) for n in range(20, 0, -1))
    show = a_show(title=title, role="Cloud architect", description=title)
    brand = msgspec.structs.replace(BRAND, company="Seller Ltd")
    with visit(full_content(deliveries=deliveries, show=show, brand=brand), viewport=SMALL_PHONE) as visited:
        page = visited.page
        play = page.get_by_role("button", name="Play “").first

        def bottom() -> float:
            box = play.bounding_box()
            assert box is not None
            return box["y"] + box["height"]

        assert bottom() < SMALL_PHONE["height"]
        heading = page.get_by_role("heading", level=2, name=title).first
        assert heading.evaluate("(h) => h.scrollHeight > h.clientHeight")
        page.locator(".latest summary").first.focus()
        page.keyboard.press("Enter")
        assert heading.evaluate("(h) => h.scrollHeight <= h.clientHeight")
        assert visited.page.evaluate("document.documentElement.scrollWidth") == SMALL_PHONE["width"]


def test_episode_s_own_cover_stands_beside_its_player(visit: Open) -> None:
    """Of the covers one is loaded before anybody scrolls: where the newest has its own, it takes the show's place."""
    own = Artwork(sha256="ab" * 32, extension="jpg", size_px=600)
    address = "../art/cover.jpg?own"
    newest = a_delivery(9, episode=an_episode(9, cover=own))
    earlier = tuple(a_delivery(n, episode=an_episode(n)) for n in range(8, 0, -1))
    with visit(full_content(deliveries=(newest, *earlier), covers={own.sha256: address})) as visited:
        page = visited.page
        assert page.locator(".latest img").evaluate("(img) => [img.naturalWidth, img.clientWidth]") == [600, 72]
        assert page.locator(".earlier img").count() == 0
        assert [r.url for r in visited.responses if r.request.resource_type == "image"] == [
            page.locator(".latest img").evaluate("(img) => img.src")
        ]
        press_play(page)
        wait_until_it_plays(page)
        pictures = page.evaluate("navigator.mediaSession.metadata.artwork.map((a) => a.src)")
        assert pictures == [page.locator(".latest img").evaluate("(img) => img.src")]
        assert visited.problems == []


def test_link_in_the_notes_opens_beside_what_is_playing(visit: Open) -> None:
    with visit(full_content()) as visited:
        page = visited.page
        page.context.route("https://example.com/**", lambda route: route.fulfill(body="Here."))
        press_play(page)
        wait_until_it_plays(page)
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="More").first.click()
        opened.value.wait_for_url("https://example.com/more?a=1&b=2")
        assert opened.value.evaluate("window.opener") is None
        assert not page.evaluate("document.querySelector('audio').paused")


def test_dark_scheme_is_dark(visit: Open) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        with visit(full_content(), color_scheme=scheme) as visited:
            grounds[scheme] = visited.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grounds == {"light": "rgb(246, 244, 240)", "dark": "rgb(18, 19, 22)"}


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


def test_content_that_runs_right_to_left_does_so_in_a_page_that_is_english(visit: Open) -> None:
    episode = an_episode(title="خفض فاتورة السحابة")
    content = full_content(show=a_show(language="ar", title="فواتير"), deliveries=(a_delivery(episode=episode),))
    with visit(content) as visited:
        assert visited.page.evaluate("document.documentElement.lang") == "en"
        directions = "['html', 'h1', 'h2'].map((name) => getComputedStyle(document.querySelector(name)).direction)"
        assert visited.page.evaluate(directions) == ["ltr", "rtl", "rtl"]
