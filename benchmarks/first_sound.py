"""The time from the tap on play to the first sound, and what is sent until then, on slow and quick links.

``python -m benchmarks.first_sound [ROUNDS]`` prints a table of medians, in Chromium and in Firefox, for a pitch of four
minutes whose page the real build makes: with a picture in the audio, as it once was, and without. The server is slow,
not the browser, so that every browser can be measured; both kinds take turns.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser

from tests.fixtures.browser import served_folder, started_chromium, started_firefox
from tests.fixtures.first_sound import HEARD, LISTEN, feed_url, long_show, put_pictures_in
from tests.fixtures.throttle import Link, slow_link

ROUNDS = 3
LINKS = {"400 kbit/s, 100 ms": (400, 0.1), "1.4 Mbit/s, 100 ms": (1400, 0.1), "10 Mbit/s, 30 ms": (10_000, 0.03)}
Start = Callable[[], AbstractContextManager[Browser]]
BROWSERS: dict[str, Start] = {"Chromium": started_chromium, "Firefox": started_firefox}
LONGEST_MS = 120_000
LIMIT_S = 1.5
LIMIT_BYTES = 150_000


class First(NamedTuple):
    """When the first sound came after the tap, and what had been sent since then."""

    seconds: float
    size_bytes: float


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="pitchcast-bench-") as name:
        project = long_show(Path(name))
        folders = {"with a picture": put_pictures_in(project, Path(name) / "before"), "without": Path(name) / "site"}
        path = feed_url(project, "")
        found = {
            browser_name: measure_browser(start, folders, path, rounds) for browser_name, start in BROWSERS.items()
        }
    print_table(found, list(folders))
    slow = next(iter(LINKS))
    firsts = [taken[slow, "without"] for taken in found.values()]
    return 0 if all(f.seconds <= LIMIT_S and f.size_bytes <= LIMIT_BYTES for f in firsts) else 1


def measure_browser(start: Start, folders: dict[str, Path], path: str, rounds: int) -> dict[tuple[str, str], First]:
    """Return the medians of one browser by link and kind."""
    medians = {}
    with start() as browser:
        for link_name, (kbit_per_s, latency_s) in LINKS.items():
            taken: dict[str, list[First]] = {kind: [] for kind in folders}
            for _ in range(rounds):
                for kind, folder in folders.items():
                    taken[kind].append(first_sound(browser, folder, path, kbit_per_s, latency_s))
            for kind, firsts in taken.items():
                medians[link_name, kind] = First(*map(statistics.median, zip(*firsts, strict=True)))
    return medians


def first_sound(browser: Browser, folder: Path, path: str, kbit_per_s: float, latency_s: float) -> First:
    """Open the page in a browser that has never seen it, tap, and wait for the first sound."""
    with (
        served_folder(folder) as url,
        slow_link(url, kbit_per_s=kbit_per_s, latency_s=latency_s) as link,
        browser.new_context() as context,
    ):
        page = context.new_page()
        page.goto(link.url + path)
        page.evaluate(LISTEN)
        wait_until_quiet(link)
        page.locator(".play").first.click()
        page.wait_for_function(HEARD, timeout=LONGEST_MS)
        times = page.evaluate("window.firstSound")
        size_bytes = link.sent_until(times["heard"]) - link.sent_until(times["tapped"])
        return First(times["heard"] - times["tapped"], size_bytes)


def wait_until_quiet(link: Link) -> None:
    """Wait until nothing is sent any more that belongs to the page itself."""
    before = -1
    while before != len(link.log):
        before = len(link.log)
        time.sleep(0.5)


def print_table(found: dict[str, dict[tuple[str, str], First]], kinds: list[str]) -> None:
    print(f"| link | {' | '.join(f'{browser}, {kind}' for browser in found for kind in kinds)} |")
    print("| --- |" + " --- |" * (len(found) * len(kinds)))
    for link in LINKS:
        cells = [found[browser][link, kind] for browser in found for kind in kinds]
        print(f"| {link} | {' | '.join(f'{f.seconds:.2f} s, {f.size_bytes / 1000:.0f} kB' for f in cells)} |")


if __name__ == "__main__":
    sys.exit(main())
