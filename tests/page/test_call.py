"""The page that a call to action leads through: it leads on at once, and tells nobody anything."""

import pytest

from pitchcast.model.show import Brand
from pitchcast.page.call import render_call
from tests.fixtures.content import TOKEN, a_content
from tests.page.test_listen import BRAND, Outline


def test_leads_to_the_brands_address_at_once_and_by_a_link() -> None:
    page = Outline(render_call(a_content(brand=BRAND)))
    [refresh] = page.attributes("meta", **{"http-equiv": "refresh"})
    assert refresh["content"] == f"0; url={BRAND.call_to_action_url}"
    [link] = page.attributes("a")
    assert link["href"] == BRAND.call_to_action_url
    assert "Book twenty minutes" in page.text


def test_tells_neither_search_engines_nor_the_website_where_somebody_came_from() -> None:
    body = render_call(a_content(brand=BRAND))
    page = Outline(body)
    assert page.meta("robots") == "noindex"
    assert page.meta("referrer") == "no-referrer"
    assert "default-src 'none'" in page.meta("Content-Security-Policy")
    assert not [name for name in ("Acme", TOKEN, "jo@acme.example") if name in body.decode()]
    assert render_call(a_content(brand=BRAND)) == body


@pytest.mark.parametrize(
    "url", ['https://x.example/"><script>alert(1)</script>', "https://x.example/;url=javascript:y"]
)
def test_no_address_becomes_markup(url: str) -> None:
    page = Outline(render_call(a_content(brand=Brand(call_to_action="<b>Go</b>", call_to_action_url=url))))
    assert not page.attributes("script")
    assert not page.attributes("b")
    [link] = page.attributes("a")
    assert link["href"] == url


@pytest.mark.parametrize(
    ("url", "counts"),
    [
        ("https://x.example", True),
        ("HTTP://x.example", True),
        ("mailto:dana@x.example", False),
        ("tel:+4930123", False),
        ("", False),
    ],
)
def test_only_what_leads_to_a_website_is_counted(url: str, counts: bool) -> None:
    content = a_content(brand=Brand(call_to_action="Go", call_to_action_url=url))
    assert content.counts_calls == counts
    assert content.call_url == (f"{content.base_url}/call.html" if counts else url)
