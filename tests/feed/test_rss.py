"""What a rendered feed says, as programs that others wrote read it."""

import io
import locale
import re
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta, timezone

import feedparser
import podcastparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pitchcast.errors import FeedError
from pitchcast.feed.check.checker import check_feed
from pitchcast.feed.namespaces import ATOM, ITUNES, PODCAST, PODCAST_OLD
from pitchcast.feed.rss import render_tombstone
from pitchcast.model.feed import Feed, FeedContent
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from tests.feed.golden_feeds import FOLDER, GOLDEN, OWN_COVER_URL, a_rich_content
from tests.fixtures.content import (
    FIRST_DATE,
    TOKEN,
    a_content,
    a_delivery,
    a_master,
    a_public_content,
    a_show,
    an_episode,
    rendered_feed,
)

BASE = f"https://listen.example.com/{TOKEN}"


def tree(content: FeedContent) -> etree._Element:
    return etree.fromstring(rendered_feed(content))[0]


def texts(content: FeedContent, name: str) -> list[str | None]:
    return [element.text for element in tree(content).iter(name)]


@pytest.mark.parametrize("name", GOLDEN)
def test_feeds_are_as_they_were(name: str) -> None:
    """After a wanted change: ``python -m tests.feed.golden_feeds``, then read the difference."""
    assert rendered_feed(GOLDEN[name]) == (FOLDER / name).read_bytes().replace(b"\r\n", b"\n")


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_feeds_pass_the_check(name: str) -> None:
    content = GOLDEN[name]
    private = content.feed.access == "private"
    assert check_feed(rendered_feed(content), where=name, private=private, feed_url=content.feed_url) == []


def test_podcastparser_reads_every_field() -> None:
    """podcastparser knows the podcast: namespace by its older name only; the specification makes them one."""
    xml = rendered_feed(a_rich_content()).replace(PODCAST.strip("{}").encode(), PODCAST_OLD[0].strip("{}").encode())
    podcast = podcastparser.parse(f"{BASE}/feed.xml", io.BytesIO(xml))
    episodes = podcast.pop("episodes")
    assert podcast == {
        "title": "Cloud bills, explained for Acme Corp",
        "link": "https://seller.example",
        "description": "Three ideas a month to cut a cloud bill.",
        "generator": "pitchcast",
        "language": "en",
        "itunes_author": "Dana Reyes",
        "type": "episodic",
        "itunes_categories": [["Business", "Marketing"]],
        "explicit": False,
        "cover_url": a_content().cover_url,
        "import_prohibited": True,
    }
    assert [episode["title"] for episode in episodes] == [
        "R&D: « Prix < 3 € » – 値段 😀",
        "Cut your cloud bill, part 2",
        "Cut your cloud bill, part 1",
    ]
    first = episodes[0]
    assert first["description_html"] == (
        "<p>Ends ]]&gt; here &amp; &lt;b&gt;there&lt;/b&gt;</p>\n<p>a picture</p>\n"
        '<p><a href="https://listen.example.com/k3v7q2m4x6t5a7c2d4e6f3g5hy/call.html">Book twenty minutes</a></p>'
    )
    delivery = a_rich_content().deliveries[0]
    assert first["enclosures"] == [
        {"url": f"{BASE}/{delivery.audio_name}", "file_size": 4321, "mime_type": "audio/mpeg"}
    ]
    assert first["guid"] == delivery.episode.guid
    assert first["published"] == int(delivery.date.timestamp())
    assert (first["total_time"], first["season"], first["number"], first["type"]) == (1, 2, 5, "full")
    assert (first["explicit"], first["itunes_author"], first["episode_art_url"]) == (False, "Lee Ito", OWN_COVER_URL)
    assert [(person["name"], person["role"]) for person in first["persons"]] == [("Lee Ito", "host")]
    assert "chapters_json_url" not in first
    second = episodes[1]
    assert second["chapters_json_url"] == f"{BASE}/{a_rich_content().deliveries[1].chapters_name}"
    assert (second["total_time"], second["episode_art_url"]) == (312, a_content().cover_url)
    assert "season" not in second
    assert "number" not in second


def test_feedparser_reads_every_field() -> None:
    parsed = feedparser.parse(rendered_feed(a_public_content(show=a_show(owner_email=True))))
    assert not parsed.bozo
    assert parsed.version == "rss20"
    channel = parsed.feed
    assert (channel.title, channel.link) == ("Cloud bills, explained", "https://seller.example")
    assert channel.subtitle == "Three ideas a month to cut a cloud bill."
    assert (channel.language, channel.generator, channel.author) == ("en", "pitchcast", "Dana Reyes")
    assert channel.publisher_detail == {"name": "Dana Reyes", "email": "dana@seller.example"}
    assert channel.image.href == a_content().cover_url
    assert [tag.term for tag in channel.tags] == ["Business", "Marketing"]
    assert (channel.itunes_type, channel.podcast_medium) == ("episodic", "podcast")
    assert channel.podcast_locked == {"owner": "dana@seller.example"}
    assert channel.podcast_guid == a_public_content().podcast_guid
    assert channel.updated == "Wed, 04 Mar 2026 09:00:00 +0000"
    assert {link.rel: link.href for link in channel.links}["self"] == a_public_content().feed_url
    item = parsed.entries[0]
    delivery = a_public_content().deliveries[0]
    assert (item.title, item.id, item.guidislink) == ("Cut your cloud bill, part 2", delivery.episode.guid, False)
    assert item.enclosures[0].href == f"https://listen.example.com/cloud-bills-explained/{delivery.audio_name}"
    assert (item.enclosures[0].length, item.enclosures[0].type) == ("3745120", "audio/mpeg")
    assert item.published_parsed[:6] == (2026, 3, 4, 9, 0, 0)
    assert (item.itunes_duration, item.itunes_episodetype, item.author) == ("312", "full", "Dana Reyes")
    assert item.image.href == a_content().cover_url
    assert '<a href="https://example.com/more?a=1&amp;b=2">More</a>' in item.summary
    assert "content" not in item


def test_a_private_feed_asks_to_stay_private() -> None:
    content = a_content(show=a_show(owner_email=True))
    assert texts(content, ITUNES + "block") == ["Yes"]
    assert texts(content, PODCAST + "block") == ["yes"]
    assert texts(content, PODCAST + "locked") == ["yes"]
    assert b"dana@seller.example" not in rendered_feed(content)
    assert b"jo@acme.example" not in rendered_feed(content)


def test_a_public_feed_may_be_listed_and_names_its_owner_only_if_asked() -> None:
    assert texts(a_public_content(), ITUNES + "block") == []
    assert texts(a_public_content(), PODCAST + "block") == []
    assert b"dana@seller.example" not in rendered_feed(a_public_content())
    (locked,) = tree(a_public_content(show=a_show(owner_email=True))).iter(PODCAST + "locked")
    assert (locked.text, locked.get("owner")) == ("no", "dana@seller.example")


def test_the_page_is_the_website_where_the_show_has_none_and_never_the_feed() -> None:
    channel = tree(a_content(show=a_show(link="")))
    assert channel.findtext("link") == f"{BASE}/index.html"
    assert [link.get("href") for link in channel.iter(ATOM + "link")] == [f"{BASE}/feed.xml"]


def test_deliveries_keep_their_order_and_the_newest_dates_the_feed() -> None:
    content = a_content(deliveries=tuple(a_delivery(number) for number in (5, 4, 2)))
    assert [guid[-1:] for guid in texts(content, "guid") if guid] == ["5", "4", "2"]
    assert texts(content, "lastBuildDate") == ["Sat, 07 Mar 2026 09:00:00 +0000"]


def test_an_empty_feed_has_no_date_and_no_items() -> None:
    assert texts(a_content(deliveries=()), "lastBuildDate") == []
    assert texts(a_content(deliveries=()), "item") == []


def test_dates_are_in_utc_whatever_their_zone() -> None:
    tokyo = FIRST_DATE.astimezone(timezone(timedelta(hours=9)))
    assert texts(a_content(deliveries=(a_delivery(date=tokyo),)), "pubDate") == ["Mon, 02 Mar 2026 09:00:00 +0000"]


@pytest.mark.parametrize(("samples", "seconds"), [(1, "1"), (71_999, "1"), (120_001, "3"), (48_000 * 7200, "7200")])
def test_durations_are_whole_seconds_and_at_least_one(samples: int, seconds: str) -> None:
    delivery = a_delivery(episode=an_episode(master=a_master(samples=samples)))
    assert texts(a_content(deliveries=(delivery,)), ITUNES + "duration") == [seconds]


def test_an_episode_without_notes_is_described_by_its_title() -> None:
    delivery = a_delivery(episode=an_episode(notes="", title="Less & more"))
    assert texts(a_content(deliveries=(delivery,)), "description")[1] == "<p>Less &amp; more</p>"


@pytest.mark.parametrize("url", ["mailto:dana@seller.example?subject=Twenty%20minutes", "tel:+442079460000"])
def test_mail_and_telephone_open_directly_from_the_notes(url: str) -> None:
    content = a_content(brand=Brand(call_to_action="Talk to us", call_to_action_url=url))
    assert f'<p><a href="{url}">Talk to us</a></p>' in (texts(content, "description")[1] or "")
    assert check_feed(rendered_feed(content), where="", private=True, feed_url=content.feed_url) == []


def test_notes_are_cut_to_what_apps_show_and_keep_the_call_to_action() -> None:
    notes = "\n\n".join(f"{number}. [Read » this](https://example.com/{number})" for number in range(200))
    brand = Brand(call_to_action="Book twenty minutes", call_to_action_url="https://seller.example/book")
    content = a_content(brand=brand, deliveries=(a_delivery(episode=an_episode(notes=notes)),))
    said = texts(content, "description")[1] or ""
    assert 3_800 < len(said.encode()) <= 4_000
    assert said.endswith('/call.html">Book twenty minutes</a></p>')
    etree.fromstring(f"<x>{said}</x>")  # every tag is closed
    assert check_feed(rendered_feed(content), where="", private=True, feed_url=content.feed_url) == []


def test_the_cover_is_also_where_rss_has_it() -> None:
    channel = tree(a_content())
    image = {child.tag: child.text for child in channel.iterfind("image/*")}
    assert image == {"url": a_content().cover_url, "title": channel.findtext("title"), "link": channel.findtext("link")}


def test_the_revision_and_every_change_of_it_show_in_the_feed() -> None:
    (txt,) = tree(a_content(revision="41")).iter(PODCAST + "txt")
    assert (txt.get("purpose"), txt.text) == ("pitchcast-revision", "41")
    assert rendered_feed(a_content(revision="41")) != rendered_feed(a_content(revision="42"))


def test_explicit_is_said_of_the_show_and_of_each_item() -> None:
    assert texts(a_content(show=a_show(explicit=True)), ITUNES + "explicit") == ["true"] * 3


def test_podcast_guids_are_uuids_of_the_first_address() -> None:
    expected = uuid.uuid5(uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6"), f"listen.example.com/{TOKEN}/feed.xml")
    assert texts(a_content(base_url=f"https://elsewhere.example/{TOKEN}"), PODCAST + "guid") == [str(expected)]


def test_an_unusual_category_or_cover_is_written_as_it_is_for_the_check_to_find() -> None:
    content = a_content(show=a_show(category='Arts > "Odd"'), cover_url=f"{BASE}/cover.webp")
    said = " ".join(finding.what for finding in check_feed(rendered_feed(content), where=""))
    assert '“Arts > "Odd"” is not a category' in said
    assert "itunes:image “https://listen.example.com/k3v7…/cover.…” doesn't end in .jpg" in said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"show": a_show(title="\x01"), "prospect": None}, "the feed has no title", id="show"),
        pytest.param(
            {"deliveries": (a_delivery(episode=an_episode(title=" ")),)},
            "episode “cut-your-cloud-bill-1”",
            id="episode",
        ),
        pytest.param(
            {"brand": Brand(call_to_action="Go", call_to_action_url="javascript:alert(1)")},
            "brand.call_to_action_url is 'javascript:alert(1)'",
            id="call to action that is a script",
        ),
    ],
)
def test_what_no_feed_can_be_without_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(FeedError, match=re.escape(message)) as caught:
        rendered_feed(a_content(**changes))
    assert caught.value.hint


def test_threads_render_the_same_bytes_and_leave_the_locale_alone() -> None:
    before = locale.setlocale(locale.LC_ALL)
    content = a_rich_content()
    with ThreadPoolExecutor(8) as pool:
        feeds = set(pool.map(lambda _: rendered_feed(content), range(64)))
    assert feeds == {rendered_feed(content)}
    assert locale.setlocale(locale.LC_ALL) == before


def test_another_process_renders_the_same_bytes() -> None:
    program = (
        "import sys; from tests.feed.golden_feeds import a_rich_content; "
        "from tests.fixtures.content import rendered_feed; "
        "sys.stdout.buffer.write(rendered_feed(a_rich_content()))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert result.stdout == rendered_feed(a_rich_content())


HOSTILE = st.one_of(
    st.text(min_size=1, max_size=120),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "]]>",
            "]]]]><![CDATA[>",
            "&amp;&lt;b&gt;",
            "&#60;script&#62;",
            "../../x",
            "\x00\x07\x1b",
            "\ufffe\ud800",
            "שלום \u202e abc",
            "a\r\nb\tc\u2028d",
            "{{ 7*7 }} %s %(x)s",
            "'\"><img src=x onerror=alert(1)>",
        ]
    ),
)


@settings(deadline=None)
@given(title=HOSTILE, notes=HOSTILE, name=HOSTILE, host=HOSTILE, description=HOSTILE)
def test_hostile_text_stays_text(title: str, notes: str, name: str, host: str, description: str) -> None:
    title, name = f"t{title}t", f"n{name}n"  # text that leaves nothing over is refused, see above
    show = a_show(host=host, description=f"d{description}")
    content = a_content(
        show=show,
        prospect=Prospect("acme-corp", name),
        deliveries=(a_delivery(episode=an_episode(title=title, notes=notes)),),
        brand=Brand(call_to_action=f"c{title}", call_to_action_url="https://seller.example/'\"><x>"),
    )
    xml = rendered_feed(content)
    channel = etree.fromstring(xml)[0]
    plain = etree.fromstring(rendered_feed(a_content(deliveries=(a_delivery(),))))[0]
    assert {str(element.tag) for element in channel.iter()} <= {str(element.tag) for element in plain.iter()}
    assert channel.findtext("title") == one_line(f"Cloud bills, explained for {name}")
    assert channel.findtext("item/title") == one_line(title)
    assert channel.findtext(ITUNES + "author") == (one_line(host) or None)
    notes_tree = etree.fromstring(f"<x>{channel.findtext('item/description')}</x>", etree.HTMLParser())
    assert not {"script", "img", "iframe", "x-"} & {str(element.tag) for element in notes_tree.iter()}
    assert not [name for element in notes_tree.iter() for name in element.attrib if name.startswith("on")]


def one_line(text: str) -> str:
    """Return what XML can hold of *text*, in one line."""
    kept = "".join(char for char in text if is_xml(char))
    return " ".join(
        part for part in kept.replace("\t", " ").replace("\r", " ").replace("\n", " ").split(" ") if part
    ).strip()


def is_xml(char: str) -> bool:
    """Return whether XML 1.0, section 2.2, allows the character; DEL is left out as well: no one sees it."""
    code = ord(char)
    return (
        code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
    ) and code != 0x7F


@settings(deadline=None)
@given(text=HOSTILE)
def test_a_description_reads_the_same_as_text_and_as_html(text: str) -> None:
    said = tree(a_content(show=a_show(description=f"d{text}d"))).findtext("description")
    as_html = etree.fromstring(f"<p>{said}</p>", etree.HTMLParser())
    assert {str(element.tag) for element in as_html.iter()} == {"html", "body", "p"}


class TestTombstone:
    """What takes the place of a revoked feed."""

    GUID = "917393e3-1b1e-5cef-ace4-edaa54e1f810"

    def rendered(self) -> bytes:
        feed = Feed("revoked", TOKEN, state="revoked", guid=self.GUID)
        content = a_content(feed=feed, prospect=None, deliveries=(), cover_url="")
        return render_tombstone(content, title="No longer available", text="Ask <the> host & more.", language="en")

    def test_it_is_a_feed_that_apps_take(self) -> None:
        assert not [f for f in check_feed(self.rendered(), where="x", private=True) if f.level == "error"]

    def test_it_has_the_same_guid_no_items_and_names_nobody(self) -> None:
        text = self.rendered().decode()
        assert f"<podcast:guid>{self.GUID}</podcast:guid>" in text
        assert "<item>" not in text
        for name in ("Dana", "Reyes", "Acme", "Cloud bills", "seller.example", "cover-"):
            assert name not in text

    def test_it_leads_nowhere_else(self) -> None:
        text = self.rendered().decode()
        assert "new-feed-url" not in text
        assert set(re.findall(r"https://listen\.example\.com/[^<\"]*", text)) == {
            f"https://listen.example.com/{TOKEN}/feed.xml",
            f"https://listen.example.com/{TOKEN}/index.html",
        }
