"""Made to measure: templates, style and words of the company's own, and clear words about mistakes in them."""

import re
from pathlib import Path

import pytest

from pitchcast.errors import ConfigError
from pitchcast.page.listen import render_gone_page, render_page
from pitchcast.page.look import TEMPLATES
from pitchcast.page.overrides import read_overrides, unpack_overrides
from pitchcast.page.vetting import check_overrides
from tests.fixtures.content import a_content, an_ended_content
from tests.page.test_listen import Outline, hash_source

EXAMPLE = Path(__file__).parents[2] / "examples" / "brand"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("logo.png", "holds nothing that changes the page", id="nothing of the page"),
        pytest.param("brand.css", "a style is called style.css", id="another style"),
        pytest.param("player.js", "takes no other script", id="script"),
        pytest.param("en.toml", "words lie in words/", id="words beside"),
        pytest.param("listen.htm", "ends in .html", id="another ending"),
    ],
)
def test_what_would_not_be_read_is_named(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=reason):
        read_overrides(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_overrides(tmp_path / "missing")


def test_what_is_kept_makes_the_same_pages_wherever_it_is_unpacked() -> None:
    read = read_overrides(EXAMPLE)
    kept = unpack_overrides(read.pack(), "private/assets/x.json")
    assert kept.sha256 == read.sha256
    html = render_page(a_content(), overrides=kept)
    assert html == render_page(a_content(), overrides=read)
    assert b"Made for Cloud bills, explained" in html
    assert b"Send it to a colleague of yours" in html
    check_overrides(read, "en")
    check_overrides(read, "de")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        pytest.param(
            "listen.html",
            '{% extends "pitchcast/listen.html" %}\n{% block footer %}\n{{ show|safe }}{% endblock %}',
            r"shows title without escaping it \(see listen.html:3\)",
            id="not escaped",
        ),
        pytest.param(
            "listen.html",
            '{% extends "pitchcast/listen.html" %}{% block footer %}<p title={{ show }}>{% endblock %}',
            "shows a text in <p> without escaping",
            id="attribute without quotes",
        ),
        pytest.param(
            "listen.html",
            '{% extends "pitchcast/listen.html" %}{% block head %}<script>alert(1)</script>{% endblock %}',
            "does not allow the <script> that begins 'alert",
            id="script",
        ),
        pytest.param(
            "listen.html",
            '{% extends "pitchcast/listen.html" %}{% block footer %}<p onclick="x()">{% endblock %}',
            "the attribute onclick of <p> is not among",
            id="handler",
        ),
        pytest.param(
            "listen.html",
            '{% extends "pitchcast/listen.html" %}{% block footer %}<img src="//spy.example/x.gif">{% endblock %}',
            "must not load '//spy.example/x.gif'",
            id="picture from elsewhere",
        ),
        pytest.param("listen.html", "<body>\n<iframe></iframe>", r"<iframe> .* \(see listen.html:2\)", id="frame"),
        pytest.param("listen.html", '{% include "listen.html" %}', "recursion", id="in a circle"),
        pytest.param("words/fr.toml", "copi = 'x'", "fr.toml:1: copi: the page has no such word", id="other words"),
    ],
)
def test_templates_that_would_harm_a_page_are_refused(tmp_path: Path, name: str, text: str, reason: str) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=reason):
        check_overrides(read_overrides(tmp_path), "en")


def test_single_block_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "listen.html").write_text(
        '{% extends "pitchcast/listen.html" %}\n'
        "{% block footer %}<footer>Seller Ltd, {{ show }}</footer>{% endblock %}\n",
        encoding="utf-8",
    )
    page = Outline(render_page(a_content(), overrides=read_overrides(tmp_path)))
    assert page.attributes("footer") == [{}]
    assert "Seller Ltd, Cloud bills, explained" in page.text
    assert len(page.attributes("audio")) == 2


def test_whole_template_is_replaced_and_still_escapes(tmp_path: Path) -> None:
    (tmp_path / "listen.html").write_text("<h1>{{ title }} & {{ '<i>' }}</h1>", encoding="utf-8")
    html = render_page(a_content(), overrides=read_overrides(tmp_path)).decode()
    assert html.partition("<h1>")[2] == "Cloud bills, explained for Acme Corp & &lt;i&gt;</h1>"


def test_gone_page_can_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "gone.html").write_text("{{ words.gone_title }}!", encoding="utf-8")
    html = render_gone_page(an_ended_content(), overrides=read_overrides(tmp_path))
    assert html.endswith(b"\nThis podcast is no longer available!")


def test_style_is_added_and_allowed_by_the_policy(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text(":root { --accent: #a00 }\n", encoding="utf-8")
    page = Outline(render_page(a_content(), overrides=read_overrides(tmp_path)))
    [style] = ["".join(data for name, data in page.texts if name == "style")]
    assert style.endswith(":root { --accent: #a00 }")
    assert f"style-src {hash_source(style)};" in page.meta("Content-Security-Policy")


def test_change_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "listen.html"
    for text in ("one", "two, longer"):
        file.write_text(text, encoding="utf-8")
        assert render_page(a_content(), overrides=read_overrides(tmp_path)).endswith(f">\n{text}".encode())


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        pytest.param("<p>\n{% if %}", "listen.html:2", "Expected an expression", id="syntax"),
        pytest.param("<p>\n\n{{ titel }}", "listen.html:3", "'titel' is undefined", id="unknown name"),
        pytest.param("{{ share.link }}", "listen.html:1", "no attribute 'link'", id="unknown attribute"),
        pytest.param("\n{{ 1 / 0 }}", "listen.html:2", "division by zero", id="arithmetic"),
        pytest.param("\n{{ title + 1 }}", "listen.html:2", "str", id="types"),
        pytest.param("{{ ''.__class__.__mro__ }}", "listen.html:1", "unsafe", id="out of the sandbox"),
        pytest.param("{% extends 'other.html' %}", "listen.html:1", "there is no template other.html", id="no parent"),
        pytest.param("{% include '../../secret' %}", "listen.html:1", "there is no template", id="out of the folder"),
    ],
)
def test_mistake_in_a_template_is_named_with_file_and_line(tmp_path: Path, text: str, place: str, reason: str) -> None:
    (tmp_path / "listen.html").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as mistake:
        render_page(a_content(), overrides=read_overrides(tmp_path))
    assert str(tmp_path / place) in mistake.value.message
    assert reason in mistake.value.message
    assert mistake.value.hint


def test_template_and_style_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "listen.html").write_bytes("Drück".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"listen\.html: is not UTF-8"):
        render_page(a_content(), overrides=read_overrides(tmp_path))
    (tmp_path / "listen.html").unlink()
    (tmp_path / "style.css").write_bytes("/* Drück */".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"style\.css: is not UTF-8"):
        render_page(a_content(), overrides=read_overrides(tmp_path))


def test_style_cannot_end_its_own_element(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("a {}\n/* </style><script> */\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"style\.css:2: holds"):
        render_page(a_content(), overrides=read_overrides(tmp_path))


def test_document_names_every_block_and_file_that_can_be_changed() -> None:
    said = (Path(__file__).parents[2] / "docs" / "page.md").read_text(encoding="utf-8")
    template = (TEMPLATES / "listen.html").read_text(encoding="utf-8")
    for block in re.findall(r"{% block (\w+) %}", template):
        assert f"`{block}`" in said
    for name in ("style.css", "listen.html", "gone.html"):
        assert f"`{name}`" in said
