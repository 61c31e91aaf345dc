"""What pitchcast writes of every page itself, and what a company's templates may have in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, Route

from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.look import TEMPLATES
from pitchcast.page.overrides import Overrides, read_overrides
from pitchcast.page.vetting import check_overrides
from tests.fixtures.content import a_content, a_public_content, an_ended_content

RICH = """<html class="brand" lang="{{ language }}">
<head>
<!-- ours -->
<title>{{ title }}</title>
<meta name="theme-color" content="#cc0000">
<link rel="icon" href="../brand/icon.png" sizes="32x32">
<style>{{ style|safe }}</style>
</head>
<body class="wide">
<header><img src="../brand/logo.png" srcset="../brand/logo.png 1x, ../brand/logo2.png 2x" alt="Seller" width="80">
<svg viewBox="0 0 9 9" role="img"><title>Wave</title><defs><linearGradient id="g"><stop offset="0" stop-color="#c00"/>
</linearGradient></defs><g transform="rotate(9)"><rect width="9" height="9" fill="url(#g)"/></g></svg></header>
<main><h1 id="show">{{ show }}</h1>
<table><caption>Prices</caption><tr><th scope="row">One<td colspan=2>10 &lt; 20</table>
<ul><li>one<li value="4">four</ul><dl><dt>x<dd>y</dl>
<details open><summary>More</summary><p data-x="a > b">Text &amp; <a href="https://seller.example/?a=1&copy=2"
 target="_blank" rel="noopener noreferrer">Privacy</a> <a href="tel:+49301234">call</a>
 <a href='#show'>up</a></p></details>
{% for episode in episodes %}<article><audio controls preload="none" src="{{ episode.audio }}"></audio>
<div>{{ episode.notes|safe }}</div></article>{% endfor %}
<noscript><p>It plays without a script.</p></noscript><br/>
<picture><source srcset="wide.png" media="(min-width: 60em)"><img src="small.png" alt=""></picture></main>
</body>
</html>
"""


@pytest.mark.parametrize("name", ["chromium", "firefox"])
def test_a_rich_template_loses_nothing_and_loads_only_its_own(name: str, request: Any, tmp_path: Path) -> None:
    (tmp_path / "listen.html").write_text(RICH, encoding="utf-8")
    (tmp_path / "style.css").write_text(
        "header { background: url(../brand/band.png) } p::after { content: '\\201C (<' } @media (width < 40em) { p {} }"
    )
    overrides = read_overrides(tmp_path)
    check_overrides(overrides, "en")
    html = render_page(a_content(), overrides=overrides)
    browser: Browser = request.getfixturevalue(name)
    asked = []
    with browser.new_context() as context:
        page = context.new_page()

        def answer(route: Route, asking: Request) -> None:
            if asking.url == a_content().page_url:
                route.fulfill(body=html, content_type="text/html; charset=utf-8")
            else:
                asked.append(asking.url)
                route.abort()

        page.route("**/*", answer)
        page.goto(a_content().page_url)
        assert page.locator("td").inner_text() == "10 < 20"
        assert page.locator("html").get_attribute("class") == "brand"
        assert page.locator("meta[name=theme-color]").get_attribute("content") == "#cc0000"
        assert page.locator("article").count() == 2
    pictures = {url.rpartition("/")[2] for url in asked}
    assert {"logo.png", "band.png"} <= pictures
    assert all(url.startswith("https://listen.example.com/") for url in asked)


def test_a_template_that_writes_the_head_itself_makes_the_same_page() -> None:
    """Before pitchcast wrote it, a template had to; such ones go on working, with one policy."""
    written = (
        '<!doctype html>\n<html lang="{{ language }}" dir="{{ direction }}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="{{ policy }}">\n'
        '{% if private %}\n<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
        "{% endif %}\n"
    )
    built_in = (TEMPLATES / "listen.html").read_text("utf-8")
    begins = built_in.index("{% if not private %}")
    former = Overrides("mine", "x", {"listen.html": built_in[:begins] + written + built_in[begins:]})
    for content in (a_content(), a_public_content()):
        assert render_page(content, overrides=former) == render_page(content)


def test_a_stricter_word_to_search_engines_stays() -> None:
    stricter = '<meta name="robots" content="noindex, nofollow">'
    page = render_gone_page(an_ended_content(), overrides=Overrides("mine", "y", {"gone.html": stricter})).decode()
    assert page.count('"robots"') == 2
    assert page.endswith(stricter)
    public = Overrides("mine", "z", {"listen.html": stricter})
    assert render_page(a_public_content(), overrides=public).decode().endswith(stricter)


def test_script_and_style_hold_no_tag_where_a_browser_would_read_them_as_markup() -> None:
    """As within a <select>, where a browser leaves <style> and <script> out and reads on."""
    begins_a_tag = re.compile(r"<[A-Za-z/!?][^>]*")
    script = (TEMPLATES / "listen.js").read_text("utf-8")
    assert begins_a_tag.findall(script) == ["<v ([^"]
    for sheet in TEMPLATES.glob("*.css"):
        assert not begins_a_tag.search(sheet.read_text("utf-8"))
