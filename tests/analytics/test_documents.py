"""Statistics as one HTML file: nothing in it runs or is fetched, and it reads well everywhere."""

import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from lxml import html
from playwright.sync_api import Browser

from pitchcast.analytics.charts import NARROW, WIDE, Chart, draw
from pitchcast.analytics.documents import Figure, HtmlDocument, HtmlTable, Passage, data_in, render_document
from pitchcast.workflows.report_html import write_report
from pitchcast.workflows.stats_html import write_html
from tests.analytics.document_samples import days_to_show, report_to_show, stats_to_show
from tests.analytics.pictures import DESKTOP, PHONE
from tests.page.test_listen_in_browser import AXE_RULES

EVIL = "<script>alert(1)</script>\"'></pre><img src=//evil.example onerror=alert(1)>&{{ 7*7 }}"


@pytest.fixture(params=["stats", "report"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of statistics, and one of a report."""
    file = tmp_path / f"{request.param}.html"
    if request.param == "stats":
        write_html(file, "Pitches by Dana", stats_to_show(), days_to_show())
    else:
        write_report(file, report_to_show())
    return file


def test_nothing_in_it_runs_or_is_fetched(page: Path) -> None:
    text = page.read_text("utf-8")
    (policy,) = html.fromstring(text).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[^']{44}'; base-uri 'none'; form-action 'none'", policy)
    assert not re.search(r"<script|javascript:|@import|url\(|<link|<img|\son[a-z]+=|\sstyle=", text)
    found = set(re.findall(r"https?://[^\"'\s<]+", text))
    assert found <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, no addresses
    assert page.stat().st_mode & 0o077 == 0
    assert page.stat().st_size < 100_000


def test_what_people_wrote_stays_text() -> None:
    table = HtmlTable(heading=EVIL, columns=("who", EVIL), rows=[(EVIL, "7")], bars=EVIL, numbers=(EVIL,))
    chart = Chart(heading=EVIL, labels=[EVIL, EVIL], lines={EVIL: [1, None]})
    parts = (table, chart, Passage(heading=EVIL, lines=(EVIL,)))
    document = HtmlDocument(title=EVIL, leads=(EVIL,), figures=(Figure(EVIL, EVIL, EVIL),), parts=parts, data=EVIL)
    page = render_document(document).decode()
    tree = html.fromstring(page)
    assert not tree.xpath("//script | //img | //@onerror | //*[local-name()='script']")
    assert tree.findtext(".//title") == EVIL
    assert tree.xpath("string(//tbody/tr/th)") == EVIL
    assert data_in(page) == EVIL


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("places", [1, 7, 31, 366])
def test_charts_show_few_labels_and_stay_inside(size: tuple[int, int], places: int) -> None:
    numbers = list(range(places))
    svg = html.fromstring(draw(Chart(heading="Days", labels=[f"{n} Sep" for n in numbers], lines={"n": numbers}), size))
    labels = svg.xpath("//*[contains(@class, 'axis x')]//*[local-name()='text'][contains(@class, 'major')]")
    assert 1 <= len(labels) <= 14
    assert (svg.get("width"), svg.get("height")) == tuple(map(str, size))
    assert not svg.xpath("//*[local-name()='style' or local-name()='script'] | //@style")


def test_drawing_leaves_python_as_it_was() -> None:
    """pygal adds a hook to Python's imports; with it every import that fails later would warn.

    Another one, which comes along with it, is the only one by which packages are found from then on.
    """
    draw(Chart(heading="Days", labels=["1 Sep"], lines={"n": [1]}), NARROW)
    assert not [hook for hook in sys.meta_path if "pygal" in type(hook).__module__]
    assert version("pygal")


def test_it_reads_well_on_a_phone_and_at_a_desk(chromium: Browser, axe_script: str, page: Path) -> None:
    """Its policy refuses nothing, nothing is wider than the screen, axe finds nothing, by day and night."""
    for options in (PHONE, DESKTOP):
        with chromium.new_context(**options, bypass_csp=False) as context:
            tab = context.new_page()
            said: list[str] = []
            tab.on("console", lambda message, said=said: said.append(message.text))
            tab.goto(page.as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert tab.locator(".chart svg:visible").count() == 1
            tab.locator("summary").first.click()
            tab.evaluate(axe_script)
            for scheme in ("light", "dark"):
                tab.emulate_media(color_scheme=scheme)
                found = tab.evaluate("(tags) => axe.run({runOnly: tags})", AXE_RULES)
                assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
            assert said == []
