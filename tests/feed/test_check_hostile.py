"""The feed check reads feeds of anybody: whatever they hold, it answers with findings, and soon."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.feed.check.checker import check_feed
from tests.feed.golden_feeds import a_rich_content
from tests.fixtures.content import rendered_feed

FEED = rendered_feed(a_rich_content())
PIECES = [
    b"",
    b"<",
    b"&",
    b"]]>",
    b"\x00",
    b"\xff\xfe",
    b"<item/>",
    b"<item><enclosure/><guid/></item>",
    b"<!-- -->",
    b"<?x?>",
]
PIECES += [
    b"-1",
    b"99999999999999999999999",
    "\u0663".encode(),
    b"https://[",
    b"http://127.0.0.1:99999/",
    b'"',
    b"<title><b/></title>",
]
PIECES += [
    b"<itunes:image/>",
    b"<itunes:category/>",
    b"<podcast:chapters/>",
    b"Mon, 32 Foo 0000 99:99:99 +9999",
    b"<pubDate/>",
]
PLACES = st.integers(0, len(FEED))


@given(
    edits=st.lists(
        st.tuples(PLACES, st.integers(0, 40), st.one_of(st.sampled_from(PIECES), st.binary(max_size=8))), max_size=6
    )
)
@settings(max_examples=400, deadline=None)
def test_mutated_feeds_never_crash_it(edits: list[tuple[int, int, bytes]]) -> None:
    xml = FEED
    for start, length, piece in edits:
        xml = xml[:start] + piece + xml[start + length :]
    for private in (None, True, False):
        for finding in check_feed(xml, where="other.xml", private=private):
            assert finding.what
            assert finding.do
            assert finding.level in ("error", "warning")


ATTRIBUTES = [
    b'"false"',
    b'"audio/mpeg"',
    b'"4321"',
    b'"self"',
    b'"Marketing"',
    b'"application/json+chapters"',
    b'"2.0"',
]
TEXTS = [
    b">Yes<",
    b">yes<",
    b">1<",
    b">2<",
    b">5<",
    b">false<",
    b">en<",
    b">episodic<",
    b"Thu, 05 Mar",
    b"https://",
    b"+0000",
    b"full",
]


@given(old=st.sampled_from(ATTRIBUTES + TEXTS), text=st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_strange_values_never_crash_it(old: bytes, text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").encode(errors="replace")
    edges = (old[:1], old[-1:]) if old[:1] in (b">", b'"') else (b"", b"")
    assert old in FEED
    check_feed(FEED.replace(old, edges[0] + escaped + edges[1]), where="other.xml", private=True)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_get_an_answer(data: bytes) -> None:
    assert [finding.level for finding in check_feed(data, where="other.xml")] == ["error"]


def test_a_feed_of_five_thousand_bad_items_is_answered_soon_and_shortly() -> None:
    head, _, _ = FEED.partition(b"<item>")
    item = b"<item><title> x </title><enclosure url='x y'/><guid>g</guid><pubDate>now</pubDate></item>"
    category = b'<itunes:category text="Marketng"/>'
    started = time.process_time()
    findings = check_feed(head + category * 5_000 + item * 5_000 + b"</channel></rss>", where="other.xml")
    assert time.process_time() - started < 10
    assert len(findings) < 150
