"""How soon a page is seen on a slow phone, whether it then stays where it is, how soon it answers, and what it weighs.

``python -m benchmarks.first_sight [ROUNDS]`` prints medians in Chromium, by the Web Vitals: LCP and CLS on slow 3G (400
kbit/s, 400 ms, nothing kept from before), INP with a quarter of the processor. The page is the real build's, of a pitch
of four minutes; the server is slow, not the browser. It fails where a limit does not hold.
"""

import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, BrowserContext, Page

from pitchcast.model.transcript import Cue, Transcript, TranscriptFile
from pitchcast.page.call import render_call
from pitchcast.page.listen import render_page
from tests.fixtures.browser import served_folder, started_chromium
from tests.fixtures.content import a_content, a_delivery, an_episode
from tests.fixtures.first_sound import feed_url, long_show
from tests.fixtures.throttle import slow_link
from tests.page.test_any_reader import full_content

ROUNDS = 5
KBIT_PER_S, LATENCY_S = 400, 0.4
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TRANSCRIPT_CHARACTERS = 8_000
LIMITS = {"LCP, s": 2.5, "CLS": 0.02, "INP, ms": 200, "page, bytes": 45_000, "call.html, bytes": 4_000}

# Chromium takes its own setting-up of a phone's screen for an input, so until the first real one every shift counts.
WATCH = """
window.seen = {lcp: 0, cls: 0, inp: 0, used: false};
const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
  .observe({type, buffered: true, durationThreshold: 16});
watch("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime; });
watch("layout-shift", (entry) => { if (!seen.used || !entry.hadRecentInput) seen.cls += entry.value; });
watch("event", (entry) => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration); });
"""


class Seen(NamedTuple):
    """What one visit measured: seconds, a sum of shares of the screen, milliseconds."""

    lcp_s: float
    cls: float
    inp_ms: float


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="pitchcast-bench-") as name, started_chromium() as browser:
        project = long_show(Path(name))
        visits = [visit(browser, Path(name) / "site", feed_url(project, "")) for _ in range(rounds)]
    lcp_s, cls, inp_ms = map(statistics.median, zip(*visits, strict=True))
    measured = [lcp_s, cls, inp_ms, len(page_with_transcript()), len(render_call(full_content()))]
    for (what, limit), value in zip(LIMITS.items(), measured, strict=True):
        print(f"{what:18} {value:12,.3f}  limit {limit:,}{'' if value <= limit else '  TOO MUCH'}")
    return 0 if all(value <= limit for value, limit in zip(measured, LIMITS.values(), strict=True)) else 1


def visit(browser: Browser, folder: Path, path: str) -> Seen:
    """Open the page in a browser that has never seen it, then use what can be used."""
    with (
        served_folder(folder) as url,
        slow_link(url, kbit_per_s=KBIT_PER_S, latency_s=LATENCY_S) as link,
        browser.new_context(**PHONE) as context,
    ):
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(link.url + path, wait_until="load")
        page.wait_for_timeout(1000)
        first = page.evaluate("(seen.used = true, {...seen})")
        use(context, page)
        last = page.evaluate("seen")
        return Seen(first["lcp"] / 1000, last["cls"], last["inp"])


def use(context: BrowserContext, page: Page) -> None:
    """Tap and type as a listener does, on a processor a quarter as fast."""
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    for button in (".play", ".skip", "button.chapter", ".copy"):
        for found in page.locator(button).all()[:1]:
            found.click()
            page.wait_for_timeout(300)
    page.locator(".seek").first.press("ArrowRight")
    for summary in page.locator("summary").all()[:2]:
        summary.click()
    page.wait_for_timeout(500)


def page_with_transcript() -> bytes:
    """Return a page with as long a transcript as stands in one: the largest that a private feed's usually is."""
    text = "What teams of your size pay for and never use comes up in three places. "
    count = TRANSCRIPT_CHARACTERS // len(text)
    said = Transcript(cues=tuple(Cue(4.0 * at, 4.0 * at + 4, text.strip(), "Dana") for at in range(count)))
    newest = an_episode(2, transcript=TranscriptFile(sha256="7" * 64, extension="vtt"))
    content = a_content(deliveries=(a_delivery(2, episode=newest), a_delivery(1)))
    return render_page(content, transcripts={content.deliveries[0].transcript_name: said})


if __name__ == "__main__":
    sys.exit(main())
