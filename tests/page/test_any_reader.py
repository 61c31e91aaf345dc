"""The pages for whoever needs large text, wide spacing, strong contrast, their own colours, a keyboard, or paper.

axe-core looks at names, roles and colours. What it cannot see is measured here, in Chromium: whether anything is cut
off, covered or pushed out of the page, how large targets are, what is left on paper. WCAG 2.2 says what for.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from pitchcast.model.episode import Chapter
from pitchcast.model.feed import FeedContent
from pitchcast.model.show import Brand, Logo, Photo
from pitchcast.model.transcript import Cue, Transcript, TranscriptFile
from pitchcast.page.call import render_call
from pitchcast.page.listen import render_gone_page, render_page
from tests.fixtures.browser import served_folder
from tests.fixtures.content import (
    ART_TOKEN,
    a_content,
    a_delivery,
    a_public_content,
    a_show,
    an_ended_content,
    an_episode,
)
from tests.fixtures.contrast import contrast

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
NOTES = f"""\
### A heading that skips two

Text with [a link](https://example.com/a) in it, and {LONG}.

# A heading above it

###### And one far below

```
{LONG}
```
"""
PICTURES = f"https://listen.example.com/{ART_TOKEN}"
SIZES = {"cover-c0c0c0c0.jpg": (300, 300), "photo-abababab.jpg": (240, 240), "logo-10101010.png": (400, 80)}
HOSTILE = ("#ffffff", "#000000", "#ffff00", "#808080", "#00ff7f")
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

SPACING = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }
"""  # WCAG 1.4.12

SEEN = """
const name = (one) => `${one.localName}#${one.id}.${one.getAttribute("class")} ${one.textContent.trim().slice(0, 40)}`;
const seen = [...document.body.querySelectorAll("*")].filter((one) => {
  const box = one.getBoundingClientRect();
  return one.checkVisibility({visibilityProperty: true}) && box.width > 1 && box.height > 1 && !one.closest(".unseen");
});
const texts = seen.filter((one) => !one.closest("svg, select")).flatMap((one) =>
  [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim()).map((node) => ({one, node})));
"""
OUT_OF_PLACE = (
    """() => {"""
    + SEEN
    + """
  const width = document.documentElement.clientWidth;
  const faults = [];
  if (document.documentElement.scrollWidth > width) faults.push("the page scrolls sideways");
  for (const one of seen) {
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    if (box.left < -0.5 || box.right > width + 0.5) faults.push(`out of the page: ${name(one)}`);
    const isCut = one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
    const cuts = style.overflowX !== "visible" && !/auto|scroll/.test(style.overflowX + style.overflowY);
    if (isCut && cuts && one.localName !== "input" && !one.closest("svg")) faults.push(`cut off: ${name(one)}`);
  }
  const boxes = texts.flatMap(({one, node}) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const isInSight = (box) => {
      for (let at = one; at; at = at.parentElement) {
        const {top, bottom} = at.getBoundingClientRect();
        if (/auto|scroll/.test(getComputedStyle(at).overflowY) && (box.top < top || box.bottom > bottom)) return false;
      }
      return true;
    };
    return [...range.getClientRects()].filter(isInSight).map((box) => ({one, box}));
  });
  boxes.forEach((a, n) => {
    for (const b of boxes.slice(n + 1)) {
      if (a.one === b.one || a.one.contains(b.one) || b.one.contains(a.one)) continue;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across > 2 && down > 4) faults.push(`one over the other: ${name(a.one)} and ${name(b.one)}`);
    }
  });
  return faults;
}"""
)
TOO_SMALL = (
    """() => {"""
    + SEEN
    + """
  const isInSentence = (one) => getComputedStyle(one).display === "inline" &&
    [...one.parentElement.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const targets = seen.filter((one) => one.matches("a[href], button, summary, select, input") && !isInSentence(one));
  const boxes = targets.map((one) => one.getBoundingClientRect());
  const isFree = (box) => boxes.every((other) => {
    if (other === box) return true;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const across = Math.max(other.left - x, 0, x - other.right);
    const down = Math.max(other.top - y, 0, y - other.bottom);
    return Math.hypot(across, down) >= 22;
  });
  return targets.filter((one, n) => {
    const least = Math.min(boxes[n].width, boxes[n].height);
    return least < 24 || (least < 43.9 && !isFree(boxes[n]));
  }).map((one) => `${name(one)} ${one.getBoundingClientRect().width} x ${one.getBoundingClientRect().height}`);
}"""
)
COLOURS = (
    """() => {"""
    + SEEN
    + """
  const grounds = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const {backgroundColor, backgroundImage} = getComputedStyle(at);
      const painted = (backgroundImage.match(/rgb\\([^)]*\\)/g) || []);
      if (!/^rgba.*, 0\\)$/.test(backgroundColor)) return [backgroundColor, ...painted];
    }
    return ["rgb(255, 255, 255)"];
  };
  return texts.map(({one}) => [name(one), getComputedStyle(one).color, grounds(one)]);
}"""
)


def full_content(**changes: object) -> FeedContent:
    """Return a private feed that says all there is to say."""
    chapters = (
        Chapter(start_s=0.0, title="Hello"),
        Chapter(start_s=61.5, title=LONG, url="https://example.com/off"),
        Chapter(start_s=75.0, title="Next step"),
    )
    words = TranscriptFile(sha256="7" * 64, extension="vtt")
    show = a_show(
        description="Three ideas a month to cut a cloud bill. " * 6,
        role="Account manager for companies of your size",
        contact="dana@seller.example",
        photo=Photo(sha256="ab" * 32, size_px=240, source_sha256=""),
    )
    brand = Brand(
        call_to_action="Book twenty minutes",
        call_to_action_url="https://example.com/book",
        company="Seller & Söhne",
        company_url="https://seller.example",
        imprint_url="https://seller.example/imprint",
        privacy_url="https://seller.example/privacy",
        logo=Logo(sha256="10" * 32, extension="png", width_px=400, height_px=80, source_sha256="", color="#ff8800"),
    )
    newest = an_episode(2, chapters=chapters, notes=NOTES, transcript=words, host=f"Lee {LONG}")
    deliveries = (a_delivery(2, episode=newest), a_delivery(1, episode=an_episode(1, notes=NOTES, chapters=chapters)))
    pictures = {"photo_url": f"{PICTURES}/photo-abababab.jpg", "logo_url": f"{PICTURES}/logo-10101010.png"}
    return a_content(**{"show": show, "brand": brand, "deliveries": deliveries, **pictures, **changes})


def rendered(content: FeedContent) -> bytes:
    said = Transcript(cues=(Cue(0.0, 4.0, "Good morning.", "Dana"), Cue(62.5, 66.0, f"Turn off {LONG}!", "Sam")))
    names = [d.transcript_name for d in content.deliveries if d.transcript_name]
    return render_page(content, transcripts=dict.fromkeys(names, said))


def without_leaving(html: bytes) -> bytes:
    """Return a page without what leads on at once, so that it can be looked at."""
    return re.sub(rb'<meta http-equiv="refresh"[^>]*>', b"", html)


def pages() -> dict[str, bytes]:
    full = full_content()
    public = a_public_content(brand=full.brand, deliveries=full.deliveries, show=full.show)
    arabic = a_show(language="ar", title="فواتير السحابة", description="ثلاث أفكار كل شهر")
    return {
        "full": rendered(full),
        "public": rendered(public),
        "empty": rendered(full_content(deliveries=())),
        "plain": rendered(a_content()),
        "right to left": rendered(full_content(show=arabic)),
        "gone": render_gone_page(an_ended_content("closed", show=full.show, brand=full.brand)),
        "moved": without_leaving(render_gone_page(an_ended_content("moved", show=full.show, brand=full.brand))),
        "call": without_leaving(render_call(full)),
    }


@dataclass(frozen=True)
class Site:
    """Pages served to browsers, by name."""

    folder: Path
    address: str

    def put(self, name: str, html: bytes) -> None:
        page = self.folder / "public" / name.replace(" ", "-") / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(html.replace(b"https://listen.example.com", self.address.encode()))

    def url(self, name: str) -> str:
        return f"{self.address}/{name.replace(' ', '-')}/index.html"


NAMES = tuple(pages())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("pages")
    with served_folder(folder) as address:
        site = Site(folder, address)
        for name, html in pages().items():
            site.put(name, html)
        (folder / "public" / ART_TOKEN).mkdir()
        for name, size in SIZES.items():
            Image.new("RGB", size, "#ff8800").save(folder / "public" / ART_TOKEN / name)
        yield site


def opened(context: BrowserContext, url: str) -> Page:
    """Return the page with everything unfolded that can be."""
    page = context.new_page()
    page.goto(url, wait_until="load")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    return page


PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1280, "height": 800}}


@pytest.mark.parametrize(
    ("options", "font_px", "style"),
    [
        pytest.param(PHONE, 16, "", id="phone"),
        pytest.param(DESK, 16, "", id="desk"),
        pytest.param({"viewport": {"width": 320, "height": 256}}, 16, "", id="400 %"),
        pytest.param(PHONE, 24, "", id="font 24 px, phone"),
        pytest.param(PHONE, 32, "", id="font 32 px, phone"),
        pytest.param(DESK, 24, "", id="font 24 px, desk"),
        pytest.param(DESK, 32, "", id="font 32 px, desk"),
        pytest.param(PHONE, 16, SPACING, id="spacing, phone"),
        pytest.param(DESK, 16, SPACING, id="spacing, desk"),
    ],
)
def test_nothing_is_cut_off_covered_or_out_of_reach(
    chromium: Browser, site: Site, options: dict[str, object], font_px: int, style: str
) -> None:
    found = {}
    with chromium.new_context(**options, bypass_csp=True) as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            sizes = {"standard": font_px, "fixed": font_px}
            context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
            if style:
                page.add_style_tag(content=style)
            assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == f"{font_px}px"
            found[name] = page.evaluate(OUT_OF_PLACE) + page.evaluate(TOO_SMALL)
            page.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("color", HOSTILE)
def test_text_stands_out_from_its_ground_in_any_brand_s_colours(chromium: Browser, site: Site, color: str) -> None:
    brand = msgspec.structs.replace(full_content().brand, color=color, accent=color)
    content = full_content(brand=brand)
    gone = an_ended_content("moved", show=content.show, brand=brand)
    looks = {
        "coloured": rendered(content),
        "coloured gone": without_leaving(render_gone_page(gone)),
        "coloured call": without_leaving(render_call(content)),
    }
    with chromium.new_context(**DESK) as context:
        for name, html in looks.items():
            site.put(name, html)
            page = opened(context, site.url(name))
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                shown = page.evaluate(COLOURS)
                assert len(shown) >= 2 - ("call" in name)
                for text, colour, grounds in shown:
                    for ground in grounds:
                        assert contrast(colour, ground) >= 4.5, (name, scheme, text, colour, ground)
            page.close()


def test_dark_pages_are_as_complete_as_light_ones(chromium: Browser, site: Site) -> None:
    boxes = """() => [...document.body.querySelectorAll("*")].map((one) => {
      const box = one.getBoundingClientRect();
      return [one.localName, box.x, box.y, box.width, box.height].join(" ");
    })"""
    with chromium.new_context(**PHONE) as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            page.emulate_media(color_scheme="light", reduced_motion="reduce")
            light = page.evaluate(boxes)
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
            assert page.evaluate(boxes) == light, name
            page.close()


def test_forced_colours_leave_everything_to_be_seen(chromium: Browser, site: Site) -> None:
    """Windows' contrast themes: the reader's colours take the place of the page's, and no ground is painted."""
    with chromium.new_context(**DESK, forced_colors="active") as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            for text, colour, grounds in page.evaluate(COLOURS):
                assert contrast(colour, grounds[0]) >= 4.5, (name, text, colour, grounds)
            page.close()
        page = opened(context, site.url("full"))
        picture = Image.open(io.BytesIO(page.locator(".seek").first.screenshot())).convert("RGB")
        middle = [picture.getpixel((picture.width // 2, y)) for y in range(picture.height)]
        card = page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
        assert max(contrast(f"rgb{pixel}", card) for pixel in middle) >= 3, "the seek bar is not to be seen"
        check_code(page)
        for button in page.locator(".controls button, .copy, .action, .apps a:visible").all():
            edges = button.evaluate(
                "(one) => [getComputedStyle(one).borderTopStyle, getComputedStyle(one).borderTopWidth]"
            )
            assert edges == ["solid", "1px"]


@pytest.mark.parametrize("javascript", [True, False], ids=["as it is", "without JavaScript"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_all_there_is_to_read_in_ink(chromium: Browser, site: Site, scheme: str, javascript: bool) -> None:
    """Grounds are not printed unless somebody asks for it: every letter must be seen on white."""
    options = {**DESK, "color_scheme": scheme, "reduced_motion": "reduce", "java_script_enabled": javascript}
    with chromium.new_context(**options) as context:
        page = context.new_page()
        page.goto(site.url("full"), wait_until="load")
        page.emulate_media(media="print", color_scheme=scheme)
        if javascript:
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        for text, colour, grounds in page.evaluate(COLOURS):
            for ground in ("rgb(255, 255, 255)", *grounds):
                assert contrast(colour, ground) >= 4.5, (text, colour, ground)
        assert page.get_by_text("Good morning.").is_visible()
        assert page.get_by_text("A heading above it").count() == 2
        assert all(heading.is_visible() for heading in page.get_by_text("A heading above it").all())
        assert page.locator("audio:visible, .player:visible, .apps:visible, button.copy:visible").count() == 0
        check_code(page)
        if javascript:
            page.evaluate("dispatchEvent(new Event('afterprint'))")
            assert page.locator("details[open]").count() == 0


def test_room_is_kept_for_what_the_script_brings(chromium: Browser, site: Site) -> None:
    """Nothing jumps when the script comes: a player is as high as what stood there, and both kinds of episodes are."""
    heights = """() => [...document.querySelectorAll("article")].map((one) => {
      const plain = Object.assign(document.createElement("audio"), {controls: true});
      one.append(plain);
      const box = plain.getBoundingClientRect();
      plain.remove();
      return [one.querySelector(".player").getBoundingClientRect().height, box.height];
    })"""
    with chromium.new_context(**PHONE) as context:
        page = opened(context, site.url("full"))
        found = page.evaluate(heights)
        assert len(found) == 2
        for player, room in found:
            assert player == pytest.approx(room, abs=2)


def test_what_waits_for_the_script_comes_without_it_too(chromium: Browser, site: Site) -> None:
    site.put("no script", re.sub(rb"<script>.*?</script>", b"", pages()["full"], flags=re.DOTALL))
    with chromium.new_context(**PHONE) as context:
        page = context.new_page()
        page.goto(site.url("no script"))
        page.get_by_label("Feed address").wait_for(state="visible")
        assert page.locator(".apps a:visible").count() == 7


def check_code(page: Page) -> None:
    """Read the QR code from the screen, by a decoder of somebody else's (ZXing)."""
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(page.locator(".scan svg").screenshot())))
    assert code.text == full_content().page_url


def test_headings_make_an_outline_whatever_the_notes_say(chromium: Browser, site: Site) -> None:
    with chromium.new_context(**PHONE) as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            found = "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((one) => [one.localName, one.textContent])"
            levels = [int(level[1]) for level, _ in page.evaluate(found)]
            assert levels[:1] == [1]
            assert levels.count(1) == 1
            assert all(after - before <= 1 for before, after in pairwise(levels)), (name, levels)
            in_notes = "[...document.querySelectorAll('.notes :is(h1,h2,h3,h4,h5,h6)')].map((one) => one.localName)"
            assert set(page.evaluate(in_notes)) <= {"h4", "h5", "h6"}
            page.close()


def test_tab_goes_down_the_page_and_shows_where_it_is(chromium: Browser, site: Site) -> None:
    at = """() => {
      const {activeElement: one} = document;
      const {outlineStyle, outlineWidth} = getComputedStyle(one);
      const all = [...document.querySelectorAll("*")];
      return one === document.body ? null : [all.indexOf(one), outlineStyle, parseFloat(outlineWidth)];
    }"""
    with chromium.new_context(**PHONE) as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            expected = page.evaluate(
                """() => { const all = [...document.querySelectorAll("*")];
                  return all.filter((one) => one.matches("a[href], button, summary, select, input")
                    && one.checkVisibility()).map((one) => all.indexOf(one)); }"""
            )
            visited = []
            for _ in expected:
                page.keyboard.press("Tab")
                number, style, width = page.evaluate(at)
                assert style == "solid"
                assert width >= 2
                visited.append(number)
            assert visited == expected, name
            page.close()


def test_nothing_moves_for_whoever_asked_for_that(chromium: Browser, site: Site) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
      const {transitionDuration, animationName, scrollBehavior} = getComputedStyle(one);
      return parseFloat(transitionDuration) || animationName !== "none" || scrollBehavior === "smooth";
    }).map((one) => one.outerHTML.slice(0, 80))"""
    with chromium.new_context(**PHONE, reduced_motion="reduce") as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            assert page.evaluate(moving) == []
            page.close()


@pytest.mark.parametrize("engine", ["chromium", "firefox"])
def test_axe_finds_nothing_on_any_page(
    request: pytest.FixtureRequest, site: Site, axe_script: str, engine: str
) -> None:
    browser = request.getfixturevalue(engine)
    found = {}
    with browser.new_context(viewport=PHONE["viewport"], reduced_motion="reduce") as context:
        for name in NAMES:
            page = opened(context, site.url(name))
            page.evaluate(axe_script)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                violations = page.evaluate("(tags) => axe.run({runOnly: tags})", AXE_RULES)["violations"]
                found[name, scheme] = [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations]
            page.close()
    assert {name: faults for name, faults in found.items() if faults} == {}
