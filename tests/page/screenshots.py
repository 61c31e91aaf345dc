"""Take the pictures of the listening page that the documents show: ``python -m tests.page.screenshots [FOLDER]``."""

import io
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser

from pitchcast.artwork.cover import draw_cover
from pitchcast.artwork.preview import draw_preview
from pitchcast.model.episode import Chapter
from pitchcast.model.feed import FeedContent
from pitchcast.model.preview import preview_card
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from pitchcast.model.transcript import Cue, Transcript, TranscriptFile
from pitchcast.page.listen import render_gone_page, render_page
from tests.fixtures.browser import served_folder, started_chromium
from tests.fixtures.content import a_content, a_delivery, a_master, a_show, an_ended_content, an_episode

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "device_scale_factor": 1}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
SHOTS = {
    "phone-light": {**PHONE, "color_scheme": "light", "user_agent": IPHONE},
    "phone-dark": {**PHONE, "color_scheme": "dark", "user_agent": IPHONE},
    "desktop": {**DESKTOP, "color_scheme": "light"},
    "desktop-dark": {**DESKTOP, "color_scheme": "dark"},
}
NOTES = """\
Three places where teams of your size find most of what they can save, and what each of them took to change:

1. **What runs at night** and nobody looks at
2. **What was sized** for the launch day
3. **What you reserve** for a year, and when that pays

The [worked example](https://seller.example/example) is the one from the recording.
"""
SAID = (
    (0.4, "Good morning. You told me last week that your cloud bill grows faster than your business does."),
    (7.2, "I looked at what teams of your size pay for and never use, and found three places that come up every time."),
    (14.9, "Let me take you through them, with the numbers, and with what each of them took to change."),
    (42.5, "The first is what runs at night, when nobody looks at it."),
)
WAVE = (
    "3hpvmksqnkrtomp5lrwsnqumkpsrn8ktvqmorskp6nsxtqlmprvsnk4jqtwrnmpsuq7mkrsntvpl"
    "oqs5kntzvrmoqspk6lrtuqnmksrp9nqvtsmkrpmh4221"
)
ARABIC = {
    "show": "فواتير السحابة",
    "host": "ليلى حداد",
    "title": "خفّض فاتورتك في ثلاث خطوات",
    "notes": "ثلاث أماكن تجد فيها فرق بحجم فريقك معظم ما يمكن توفيره.",
    "chapters": ((0, "لماذا هذا لك"), (42.5, "ما يعمل ليلاً"), (224, "الخطوة التالية")),
}
CHAPTERS = ((0, "Why this is for you"), (42.5, "What runs at night"), (131, "Sized for launch day"), (224, "Next step"))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as site, served_folder(Path(site)) as address, started_chromium() as browser:
        content = content_to_show(address)
        (Path(site) / "public" / "art").mkdir(parents=True)
        cover = draw_cover(content.show.title, content.show.host, content.brand)
        (Path(site) / "public" / "art" / "cover.jpg").write_bytes(cover)
        for name, body in pages(address).items():
            (Path(site) / "public" / name).mkdir()
            (Path(site) / "public" / name / "index.html").write_bytes(body)
        for name, options in SHOTS.items():
            write_shot(folder / f"{name}.png", take(browser, f"{address}/pitch/index.html", options))
        phone = SHOTS["phone-light"]
        for name, page, font_px, media in (
            ("phone-arabic", "arabic", 16, "screen"),
            ("phone-large-text", "pitch", 32, "screen"),
            ("phone-gone", "gone", 16, "screen"),
            ("paper", "pitch", 16, "print"),
        ):
            shot = take(browser, f"{address}/{page}/index.html", phone, font_px=font_px, media=media)
            write_shot(folder / f"{name}.png", shot)
    card = preview_card(content.show, content.brand, content.deliveries[0].episode)
    (folder / "preview-card.jpg").write_bytes(draw_preview(card))


def pages(address: str) -> dict[str, bytes]:
    """Return the pages that are shown: a pitch, one in Arabic, for which there are no words, and an ended address."""
    content = content_to_show(address)
    said = Transcript(cues=tuple(Cue(start, start + 5, text) for start, text in SAID))
    return {
        "pitch": render_page(content, transcripts={content.deliveries[0].transcript_name: said}),
        "arabic": render_page(arabic_content(address)),
        "gone": render_gone_page(an_ended_content("expired", show=content.show, brand=content.brand)),
    }


def content_to_show(address: str) -> FeedContent:
    chapters = tuple(Chapter(start_s=float(start), title=title) for start, title in CHAPTERS)
    words = TranscriptFile(sha256="7" * 64, extension="vtt")
    title = "Cut your cloud bill in three steps"
    master = a_master(waveform=WAVE)
    newest = an_episode(2, title=title, notes=NOTES, chapters=chapters, transcript=words, master=master)
    earlier = an_episode(1, title="What your invoice does not say", master=a_master(samples=9_100_000))
    return a_content(
        show=a_show(role="Account Executive", contact="dana@seller.example"),
        brand=Brand(
            call_to_action="Book twenty minutes",
            call_to_action_url="https://seller.example/book",
            company="Seller & Sons",
            company_url="https://seller.example",
            address="team",
        ),
        prospect=Prospect("acme-corp", "Jo Byrne", company="Acme Corp"),
        deliveries=(a_delivery(2, episode=newest), a_delivery(1, episode=earlier)),
        base_url=f"{address}/pitch",
        cover_url=f"{address}/art/cover.jpg",
    )


def arabic_content(address: str) -> FeedContent:
    chapters = tuple(Chapter(start_s=float(start), title=title) for start, title in ARABIC["chapters"])
    pitch = an_episode(
        1, title=ARABIC["title"], notes=ARABIC["notes"], chapters=chapters, master=a_master(waveform=WAVE)
    )
    return a_content(
        show=a_show(language="ar", title=ARABIC["show"], host=ARABIC["host"], description=ARABIC["notes"]),
        deliveries=(a_delivery(1, episode=pitch),),
        base_url=f"{address}/arabic",
        cover_url="",
    )


def take(
    browser: Browser,
    page_url: str,
    options: dict[str, object],
    *,
    whole: bool = False,
    font_px: int = 16,
    media: Literal["screen", "print"] = "screen",
) -> bytes:
    """Return a picture of the page in the middle of the episode, as a listener who comes back finds it."""
    with browser.new_context(**options) as context:
        page = context.new_page()
        sizes = {"standard": font_px, "fixed": font_px}
        context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": sizes})
        page.goto(page_url, wait_until="load")
        if players := page.locator("audio").all():
            file = players[0].get_attribute("src")
            page.evaluate("(file) => localStorage.setItem(`pitchcast:${file}`, 148.2)", file)
            page.reload(wait_until="load")
        page.emulate_media(media=media, reduced_motion="reduce")
        return page.screenshot(full_page=whole)


def write_shot(path: Path, png: bytes) -> None:
    """Write a picture with a palette of its own: a third of the size, and no difference to the eye."""
    with Image.open(io.BytesIO(png)) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, "PNG", optimize=True)


if __name__ == "__main__":
    main()
