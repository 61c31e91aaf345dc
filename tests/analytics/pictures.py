"""Take the pictures of statistics and reports for the docs: ``python -m tests.analytics.pictures [FOLDER]``."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from pitchcast.workflows.report_html import write_report
from pitchcast.workflows.stats_html import write_html
from tests.analytics.document_samples import days_to_show, report_to_show, stats_to_show
from tests.fixtures.browser import started_chromium
from tests.page.screenshots import FOLDER, write_shot

PHONE = {"viewport": {"width": 360, "height": 780}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "device_scale_factor": 1}
SHOTS = {
    "phone": {**PHONE, "color_scheme": "light"},
    "desktop": {**DESKTOP, "color_scheme": "light"},
    "desktop-dark": {**DESKTOP, "color_scheme": "dark"},
}


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with tempfile.TemporaryDirectory() as name, started_chromium() as browser:
        page = Path(name) / "stats.html"
        write_html(page, "Pitches by Dana", stats_to_show(), days_to_show())
        take_all(browser, page, target)
        report = Path(name) / "report.html"
        write_report(report, report_to_show())
        take_all(browser, report, target)


def take_all(browser: Browser, file: Path, target: Path) -> None:
    """Take a file's pictures on a phone, at a desk by day and by night, and as a PDF."""
    for name, options in SHOTS.items():
        with browser.new_context(**options) as context:
            page = context.new_page()
            page.goto(file.as_uri())
            write_shot(target / f"{file.stem}-{name}.png", page.screenshot(full_page=name == "desktop"))
            if name == "desktop":
                page.pdf(path=target / f"{file.stem}.pdf", format="A4", print_background=True)


if __name__ == "__main__":
    main()
