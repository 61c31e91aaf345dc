"""Each rule of the feed check, proved by a feed that is right but for one fault."""

from datetime import datetime, timedelta
from functools import cache

import pytest

from pitchcast.feed.check.checker import check_feed
from pitchcast.feed.check.parsing import MAX_BYTES
from pitchcast.model.finding import Finding
from tests.fixtures.content import ART_TOKEN, TOKEN, a_content, a_public_content, rendered_feed

PRIVATE = a_content()
PUBLIC = a_public_content()
FOLDER = PRIVATE.base_url
DATE = "<pubDate>Wed, 04 Mar 2026 09:00:00 +0000</pubDate>"
IMAGE = f'<itunes:image href="{PRIVATE.cover_url}"/>'
TITLE = "<title>Cloud bills, explained</title>"
DESCRIPTION = "<description>Three ideas a month to cut a cloud bill.</description>"
GUID = '<guid isPermaLink="false">0b7e4a4e-8f0e-5b57-9d6c-000000000002</guid>'
ITEM_TITLE = "<title>Cut your cloud bill, part 2</title>"
AUDIO = "cut-your-cloud-bill-2-1255d270.mp3"
CHAPTERS = 'type="application/json+chapters"'
TRANSCRIPT = f'<podcast:transcript url="{FOLDER}/talk-12345678.vtt" type="text/vtt"/>'
CATEGORY = '<itunes:category text="Business">\n      <itunes:category text="Marketing"/>\n    </itunes:category>\n'


def check_private(xml: str) -> list[Finding]:
    return check_feed(xml.encode(), where="feed.xml", private=True, feed_url=PRIVATE.feed_url)


def check_public(xml: str) -> list[Finding]:
    return check_feed(xml.encode(), where="feed.xml", private=False, feed_url=PUBLIC.feed_url)


@cache
def private_xml() -> str:
    return rendered_feed(PRIVATE).decode()


@cache
def public_xml() -> str:
    return rendered_feed(PUBLIC).decode()


def with_fault(xml: str, old: str, new: str) -> str:
    """Return the feed with the first *old* changed; a row whose *old* is not there proves nothing."""
    assert old in xml
    return xml.replace(old, new, 1)


def in_first_item(xml: str, old: str, new: str) -> str:
    """Return the feed with the first *old* of its first item changed."""
    channel, mark, items = xml.partition("<item>")
    return channel + mark + with_fault(items, old, new)


def assert_only(findings: list[Finding], level: str, what: str) -> None:
    """One fault makes one finding, which names it and says what to do."""
    assert [(finding.level, what in finding.what) for finding in findings] == [(level, True)], findings
    assert findings[0].do.endswith((".", "0"))
    assert findings[0].where.startswith("feed.xml, line ")


def test_feeds_without_a_fault_have_no_findings() -> None:
    assert check_private(private_xml()) == []
    assert check_public(public_xml()) == []


def test_a_feed_without_deliveries_has_no_findings() -> None:
    assert check_private(rendered_feed(a_content(deliveries=())).decode()) == []
    assert check_public(rendered_feed(a_public_content(deliveries=())).decode()) == []


def test_a_feed_that_says_nothing_about_itself_is_judged_by_its_own_word() -> None:
    assert check_feed(rendered_feed(PRIVATE), where="feed.xml") == []
    assert check_feed(rendered_feed(PUBLIC), where="feed.xml") == []


CHANNEL_FAULTS = [
    pytest.param(' version="2.0"', ' version="0.92"', "error", "not version 2.0", id="old RSS"),
    pytest.param("</channel>", "</channel><channel/>", "error", "several channels", id="two channels"),
    pytest.param(TITLE, "", "error", "channel has no title", id="no title"),
    pytest.param(TITLE, "<title> </title>", "error", "channel has no title", id="blank title"),
    pytest.param("Cloud bills, explained", "x" * 256, "error", "title has 256 characters", id="title too long"),
    pytest.param(
        "<title>Cloud", "<title> Cloud", "warning", "title has spaces or line breaks", id="title with a space in front"
    ),
    pytest.param(
        "explained</title>",
        "explained\xa0</title>",
        "warning",
        "title has spaces or line breaks",
        id="title ending in a no-break space",
    ),
    pytest.param(DESCRIPTION, "", "error", "channel has no description", id="no description"),
    pytest.param(
        "Three ideas a month",
        "é" * 2001,
        "error",
        "description takes 40",
        id="description of more bytes than characters",
    ),
    pytest.param(
        "bill.</description>",
        "bill.\n</description>",
        "warning",
        "description has spaces",
        id="description ending in a line break",
    ),
    pytest.param("<link>https://seller.example</link>", "", "error", "channel has no link", id="no link"),
    pytest.param(
        "https://seller.example",
        "seller.example",
        "warning",
        "“seller.example” is no web address",
        id="link without scheme",
    ),
    pytest.param("https://seller.example", "http://seller.example", "warning", "not https", id="link by http"),
    pytest.param("<language>en</language>", "", "error", "channel has no language", id="no language"),
    pytest.param(">en<", ">english<", "error", "“english” is no language code", id="language in words"),
    pytest.param(">en<", ">en_US<", "error", "“en_US” is no language code", id="language with an underscore"),
    pytest.param(">en<", ">xx<", "error", "“xx” is no language code", id="language that is none"),
    pytest.param('rel="self"', 'rel="via"', "warning", "channel has no atom:link", id="no self link"),
    pytest.param("explained/feed.xml", "other/feed.xml", "error", "the self link is", id="self link to another feed"),
    pytest.param(CATEGORY, "", "error", "channel has no itunes:category", id="no category"),
    pytest.param('"Marketing"', '"Marketting"', "error", "did you mean “Business > Marketing”", id="category misspelt"),
    pytest.param('"Marketing"', '"Books"', "error", "“Business > Books” is not", id="subcategory of another category"),
    pytest.param(
        CATEGORY, '<itunes:category text="Gadgets"/>', "error", "“Gadgets” is not", id="category of before 2019"
    ),
    pytest.param(' text="Business"', "", "error", "“ > Marketing” is not", id="category without text"),
    pytest.param(CATEGORY, CATEGORY * 10, "warning", "10 categories", id="more categories than anyone reads"),
    pytest.param(
        "<itunes:explicit>false</itunes:explicit>", "", "error", "channel has no itunes:explicit", id="no explicit"
    ),
    pytest.param(">false<", ">no<", "error", "itunes:explicit is “no”", id="explicit no"),
    pytest.param(">false<", ">False<", "error", "itunes:explicit is “False”", id="explicit with a capital"),
    pytest.param(">false<", ">clean<", "error", "itunes:explicit is “clean”", id="explicit clean"),
    pytest.param(IMAGE, "", "error", "channel has no itunes:image", id="no image"),
    pytest.param(IMAGE, "<itunes:image/>", "error", "itunes:image has no href", id="image without address"),
    pytest.param("c0c0c0c0.jpg", "c0c0c0c0.webp", "error", "doesn't end in .jpg", id="image suffix"),
    pytest.param(
        'image href="https://listen', 'image href="listen', "error", "is no web address", id="image not absolute"
    ),
    pytest.param(
        "<itunes:author>Dana Reyes</itunes:author>", "", "warning", "channel has no itunes:author", id="no author"
    ),
    pytest.param("Dana Reyes", "D" * 256, "error", "itunes:author has 256 characters", id="author too long"),
    pytest.param(">pitchcast<", f">{'p' * 256}<", "warning", "generator has 256 characters", id="generator too long"),
    pytest.param(
        ">7</podcast:txt>", f">{'x' * 4001}</podcast:txt>", "warning", "txt has 4001 characters", id="txt too long"
    ),
    pytest.param("<itunes:type>episodic</itunes:type>", "", "warning", "channel has no itunes:type", id="no type"),
    pytest.param(">episodic<", ">weekly<", "error", "itunes:type is “weekly”", id="unknown type"),
    pytest.param("<podcast:guid>", "<podcast:guid>x", "warning", "is no UUID", id="podcast:guid that is none"),
    pytest.param(
        "<podcast:locked>no</podcast:locked>", "", "warning", "channel has no podcast:locked", id="no podcast:locked"
    ),
    pytest.param(
        "<podcast:locked>no<",
        "<podcast:locked>true<",
        "warning",
        "podcast:locked is “true”",
        id="podcast:locked neither yes nor no",
    ),
    pytest.param(
        "<podcast:locked>",
        '<podcast:block id="x">Yes</podcast:block><podcast:locked>',
        "warning",
        "podcast:block is “Yes”",
        id="podcast:block neither yes nor no",
    ),
    pytest.param(
        "<podcast:locked>",
        "<itunes:block>Yes</itunes:block><podcast:locked>",
        "warning",
        "out of Apple's directory",
        id="public feed kept out of the directory",
    ),
    pytest.param(
        "<lastBuildDate>Wed, 04 Mar 2026 09:00:00 +0000",
        "<lastBuildDate>2026-03-04T09:00:00Z",
        "warning",
        "lastBuildDate “2026-03-04T09:00:00Z” is no RFC 2822 date",
        id="lastBuildDate in another form",
    ),
    pytest.param(
        "Wed, 04 Mar 2026", "Sat, 04 Mar 2276", "warning", "lastBuildDate “Sat, 04 Mar 2276", id="lastBuildDate to come"
    ),
    pytest.param(
        TITLE,
        "<title>Cloud &amp;lt;bills&amp;gt;</title>",
        "warning",
        "escaped twice: it reads “&lt;”",
        id="title escaped twice",
    ),
    pytest.param(
        "Three ideas",
        "&lt;script&gt; Three ideas",
        "warning",
        "description holds “<script”",
        id="script in the description",
    ),
]


@pytest.mark.parametrize(("old", "new", "level", "what"), CHANNEL_FAULTS)
def test_a_fault_in_the_channel(old: str, new: str, level: str, what: str) -> None:
    assert_only(check_public(with_fault(public_xml(), old, new)), level, what)


@pytest.mark.parametrize("title", ["R&amp;D: 3 &lt; 4 &gt; 2", "AT&amp;T; more", "I &lt;3 Q&amp;A;", "a &amp;x; b"])
def test_a_title_may_hold_signs_that_are_no_tag_and_no_entity(title: str) -> None:
    assert check_public(with_fault(public_xml(), TITLE, f"<title>{title}</title>")) == []


def test_whether_a_date_is_in_the_future_depends_on_the_moment() -> None:
    """Two clocks may differ by some minutes."""
    newest = PUBLIC.deliveries[0].date

    def faults(now: datetime) -> list[str]:
        return [f.what for f in check_feed(public_xml().encode(), where="", private=False, now=now)]

    assert faults(newest - timedelta(minutes=5)) == []
    assert [what.partition(" ")[0] for what in faults(newest - timedelta(minutes=15))] == ["lastBuildDate", "pubDate"]


ITEM_FAULTS = [
    pytest.param(ITEM_TITLE, "", "error", "item has no title", id="no title"),
    pytest.param(
        "Cut your cloud bill, part 2</title>",
        f"{'x' * 256}</title>",
        "error",
        "title has 256 characters",
        id="title too long",
    ),
    pytest.param("part 2</title>", "part 2\t</title>", "warning", "title has spaces", id="title with a tab behind"),
    pytest.param(GUID, "", "error", "item has no guid", id="no guid"),
    pytest.param(GUID, '<guid isPermaLink="false"/>', "error", "item has no guid", id="empty guid"),
    pytest.param("000002</guid>", "000002 </guid>", "warning", "guid has spaces", id="guid with a space behind"),
    pytest.param("000000000002</guid>", "000000000001</guid>", "error", "same guid", id="guid of another item"),
    pytest.param(' isPermaLink="false"', "", "warning", "is said to be a web address", id="guid said to be an address"),
    pytest.param(
        'isPermaLink="false"', 'isPermaLink="no"', "warning", "isPermaLink is “no”", id="isPermaLink that is neither"
    ),
    pytest.param("<enclosure ", "<enclosed ", "error", "item has no enclosure", id="no enclosure"),
    pytest.param(
        "<enclosure ",
        f'<enclosure url="{PUBLIC.base_url}/b.mp3" length="1" type="audio/mpeg"/><enclosure ',
        "warning",
        "2 enclosures",
        id="two enclosures",
    ),
    pytest.param("<enclosure url=", "<enclosure href=", "error", "enclosure has no url", id="enclosure without url"),
    pytest.param(
        AUDIO, "cut-your-cloud-bill-1-f502d6f8.mp3", "error", "same enclosure", id="enclosure of another item"
    ),
    pytest.param('length="3745120"', 'length="0"', "error", "length is “0”", id="length 0"),
    pytest.param('length="3745120"', 'length="-1"', "error", "length is “-1”", id="length below 0"),
    pytest.param('length="3745120"', 'length="3.7 MB"', "error", "length is “3.7 MB”", id="length in words"),
    pytest.param('length="3745120"', 'length="٣٧٤٥"', "error", "length is “٣٧٤٥”", id="length in other digits"),
    pytest.param(' length="3745120"', "", "error", "enclosure has no length", id="no length"),
    pytest.param(' type="audio/mpeg"', "", "error", "enclosure has no type", id="no type"),
    pytest.param("audio/mpeg", "audio/mp3", "error", "type is “audio/mp3”", id="wrong type"),
    pytest.param("audio/mpeg", "audio/x-m4a", "error", "doesn't end in .m4a", id="type of another suffix"),
    pytest.param('<enclosure url="https:', '<enclosure url="http:', "warning", "not https", id="enclosure by http"),
    pytest.param(
        '<enclosure url="https://listen.example.com',
        '<enclosure url="',
        "error",
        "is no web address",
        id="enclosure not absolute",
    ),
    pytest.param('<enclosure url="https:', '<enclosure url="ftp:', "error", "is no web address", id="enclosure by ftp"),
    pytest.param(
        '<enclosure url="https://listen',
        '<enclosure url="https://[listen',
        "error",
        "is no web address",
        id="enclosure with a broken host",
    ),
    pytest.param(
        "cut-your-cloud-bill-2-",
        "cut your-cloud-bill-2-",
        "warning",
        "characters that some apps break",
        id="enclosure with a space",
    ),
    pytest.param(
        "cut-your-cloud-bill-2-",
        "cut_your-cloud-bill-2-",
        "warning",
        "characters that some apps break",
        id="enclosure with an underscore",
    ),
    pytest.param(
        "cut-your-cloud-bill-2-",
        "cüt-your-cloud-bill-2-",
        "warning",
        "characters that some apps break",
        id="enclosure with letters beyond ASCII",
    ),
    pytest.param(
        "1255d270.mp3",
        "1255d270.mp3?from=feed",
        "warning",
        "characters that some apps break",
        id="enclosure with a query",
    ),
    pytest.param(
        "/cut-your-cloud-bill-2-",
        "/../x/cut-your-cloud-bill-2-",
        "warning",
        "characters that some apps break",
        id="enclosure with a step up",
    ),
    pytest.param(
        "1255d270.mp3",
        "1255d270.mp3?X-Amz-Expires=604800&amp;X-Amz-Signature=f0",
        "error",
        "presigned",
        id="presigned enclosure",
    ),
    pytest.param(
        '<enclosure url="https://',
        '<enclosure url="https://me:secret@',
        "warning",
        "user name or password",
        id="enclosure with a password",
    ),
    pytest.param(DATE, "", "warning", "item has no pubDate", id="no pubDate"),
    pytest.param(
        "Wed, 04 Mar 2026 09:00:00 +0000", "2026-03-04T09:00:00Z", "error", "no RFC 2822 date", id="pubDate in ISO 8601"
    ),
    pytest.param("09:00:00 +0000", "09:00:00", "error", "no RFC 2822 date", id="pubDate without time zone"),
    pytest.param("Wed, 04 Mar", "Mi, 04 Mär", "error", "no RFC 2822 date", id="pubDate in another language"),
    pytest.param("Wed, 04 Mar", "31 Feb", "error", "no RFC 2822 date", id="pubDate that never was"),
    pytest.param("Wed, 04 Mar", "Thu, 04 Mar", "warning", "was a Wed", id="pubDate on the wrong weekday"),
    pytest.param("Wed, 04 Mar", "Tue, 03 Mar", "warning", "same pubDate", id="pubDate of another item"),
    pytest.param(
        "Wed, 04 Mar 2026 09:00:00 +0000",
        "Tue, 03 Mar 2026 10:00:00 +0100",
        "warning",
        "same pubDate",
        id="pubDate of another item in another zone",
    ),
    pytest.param("Wed, 04 Mar", "Mon, 02 Mar", "warning", "newer than the one before it", id="older item first"),
    pytest.param("Three steps:", "x" * 4_001, "warning", "item's description takes 4", id="notes too long"),
    pytest.param(
        "Wed, 04 Mar 2026",
        "Sat, 04 Mar 2276",
        "warning",
        "“Sat, 04 Mar 2276 09:00:00 +0000” is in the future",
        id="pubDate to come",
    ),
    pytest.param(
        "part 2</title>",
        "&lt;b&gt;part&lt;/b&gt; 2</title>",
        "warning",
        "title holds the tag “<b>”",
        id="tag in a title",
    ),
    pytest.param(
        "part 2</itunes:title>",
        "part 2<![CDATA[<br/>]]></itunes:title>",
        "warning",
        "itunes:title holds the tag “<br/>”",
        id="tag in itunes:title",
    ),
    pytest.param(
        "part 2</title>",
        "R&amp;amp;D</title>",
        "warning",
        "title is escaped twice: it reads “&amp;”",
        id="title escaped twice",
    ),
    pytest.param(
        "part 2</title>",
        "it&amp;#8217;s</title>",
        "warning",
        "title is escaped twice: it reads “&#8217;”",
        id="title escaped twice, by number",
    ),
    pytest.param(
        "<p>Three steps:",
        "<iframe></iframe><p>Three steps:",
        "warning",
        "description holds “<iframe”",
        id="frame in the notes",
    ),
    pytest.param(
        "<itunes:duration>312</itunes:duration>", "", "warning", "item has no itunes:duration", id="no duration"
    ),
    pytest.param(">312<", ">5:12<", "warning", "itunes:duration is “5:12”", id="duration by the clock"),
    pytest.param(">312<", ">312.4<", "error", "itunes:duration is “312.4”", id="duration with a fraction"),
    pytest.param(">312<", ">0<", "error", "itunes:duration is “0”", id="duration 0"),
    pytest.param(">312<", ">five minutes<", "error", "itunes:duration is “five minutes”", id="duration in words"),
    pytest.param(
        "<itunes:explicit>false</itunes:explicit>", "", "warning", "item has no itunes:explicit", id="no explicit"
    ),
    pytest.param(">false<", ">yes<", "error", "itunes:explicit is “yes”", id="explicit yes"),
    pytest.param(IMAGE, "", "warning", "item has no itunes:image", id="no image"),
    pytest.param("c0c0c0c0.jpg", "c0c0c0c0.gif", "error", "doesn't end in .jpg", id="image suffix"),
    pytest.param(
        "<pubDate>", "<itunes:episode>0</itunes:episode><pubDate>", "error", "itunes:episode is “0”", id="episode 0"
    ),
    pytest.param(
        "<pubDate>",
        "<itunes:episode>1.5</itunes:episode><pubDate>",
        "error",
        "itunes:episode is “1.5”",
        id="episode with a fraction",
    ),
    pytest.param("<pubDate>", "<itunes:episode/><pubDate>", "error", "itunes:episode is “”", id="empty episode"),
    pytest.param(
        "<pubDate>", "<itunes:season>0</itunes:season><pubDate>", "error", "itunes:season is “0”", id="season 0"
    ),
    pytest.param(
        "<pubDate>", "<itunes:season>-1</itunes:season><pubDate>", "error", "itunes:season is “-1”", id="season below 0"
    ),
    pytest.param(">full<", ">special<", "error", "itunes:episodeType is “special”", id="unknown kind of episode"),
    pytest.param(
        CHAPTERS, 'type="application/json"', "warning", "podcast:chapters has the type", id="chapters of another type"
    ),
    pytest.param(
        "<podcast:chapters url=",
        "<podcast:chapters href=",
        "error",
        "podcast:chapters has no url",
        id="chapters without address",
    ),
    pytest.param(
        '<podcast:chapters url="https:', '<podcast:chapters url="http:', "warning", "not https", id="chapters by http"
    ),
    pytest.param(
        "<pubDate>",
        TRANSCRIPT.replace("text/vtt", "text/markdown") + "<pubDate>",
        "warning",
        "podcast:transcript has the type “text/markdown”",
        id="transcript of another type",
    ),
    pytest.param(
        "<pubDate>",
        TRANSCRIPT.replace(' type="text/vtt"', "") + "<pubDate>",
        "warning",
        "podcast:transcript has the type “”",
        id="transcript without type",
    ),
    pytest.param(
        "<pubDate>",
        '<podcast:transcript type="text/vtt"/><pubDate>',
        "error",
        "podcast:transcript has no url",
        id="transcript without address",
    ),
]


@pytest.mark.parametrize(("old", "new", "level", "what"), ITEM_FAULTS)
def test_a_fault_in_an_item(old: str, new: str, level: str, what: str) -> None:
    assert_only(check_public(in_first_item(public_xml(), old, new)), level, what)


PRIVACY_FAULTS = [
    pytest.param(
        "<itunes:block>Yes</itunes:block>",
        "",
        "error",
        "no itunes:block, though the feed is private",
        id="no itunes:block",
    ),
    pytest.param(
        "<itunes:block>Yes",
        "<itunes:block>yes",
        "error",
        "itunes:block is “yes”",
        id="itunes:block as feedgen writes it",
    ),
    pytest.param("<itunes:block>Yes", "<itunes:block>No", "error", "itunes:block is “No”", id="itunes:block no"),
    pytest.param("<podcast:block>yes</podcast:block>", "", "error", "podcast:block is not yes", id="no podcast:block"),
    pytest.param("<podcast:block>yes", "<podcast:block>no", "error", "podcast:block is not yes", id="podcast:block no"),
    pytest.param(
        "<podcast:block>",
        '<podcast:block id="apple">',
        "error",
        "podcast:block is not yes",
        id="podcast:block for one directory only",
    ),
    pytest.param(
        "<podcast:locked>yes", "<podcast:locked>no", "error", "podcast:locked is not yes", id="podcast:locked no"
    ),
    pytest.param(
        "<podcast:locked>yes</podcast:locked>", "", "error", "podcast:locked is not yes", id="no podcast:locked"
    ),
    pytest.param(
        "<podcast:medium>",
        "<itunes:owner><itunes:name>Dana</itunes:name><itunes:email>dana@seller.example</itunes:email></itunes:owner><podcast:medium>",
        "error",
        "itunes:email holds an e-mail address",
        id="owner's e-mail",
    ),
    pytest.param(
        "<podcast:locked>",
        '<podcast:locked owner="dana@seller.example">',
        "error",
        "podcast:locked holds an e-mail address",
        id="owner's e-mail on the lock",
    ),
    pytest.param(
        "<podcast:medium>",
        "<managingEditor>dana@seller.example (Dana)</managingEditor><podcast:medium>",
        "error",
        "managingEditor holds an e-mail address",
        id="managing editor's e-mail",
    ),
    pytest.param(
        "for Acme Corp",
        "for jo@acme.example",
        "error",
        "title holds an e-mail address",
        id="prospect's e-mail in the title",
    ),
    pytest.param(
        "<podcast:medium>",
        f"<itunes:new-feed-url>{PRIVATE.feed_url}</itunes:new-feed-url><podcast:medium>",
        "error",
        "new-feed-url in a private feed that has items",
        id="new-feed-url with items",
    ),
    pytest.param(
        "<podcast:medium>",
        '<podcast:podping usesPodping="true"/><podcast:medium>',
        "error",
        "podcast:podping announces",
        id="podping",
    ),
    pytest.param(
        "<podcast:medium>",
        '<atom:link rel="hub" href="https://hub.example/"/><podcast:medium>',
        "error",
        "atom:link announces",
        id="WebSub",
    ),
    pytest.param(
        "<podcast:medium>",
        '<cloud domain="rpc.example" port="80" path="/" registerProcedure="x" protocol="http-post"/><podcast:medium>',
        "error",
        "cloud announces",
        id="rssCloud",
    ),
    pytest.param(
        'image href="https://listen.',
        'image href="https://pictures.',
        "warning",
        "is on another host",
        id="cover on another host",
    ),
]


@pytest.mark.parametrize(("old", "new", "level", "what"), PRIVACY_FAULTS)
def test_what_gives_a_private_feed_away(old: str, new: str, level: str, what: str) -> None:
    assert_only(check_private(with_fault(private_xml(), old, new)), level, what)


PRIVATE_ITEM_FAULTS = [
    pytest.param(
        f'<enclosure url="{FOLDER}/',
        '<enclosure url="https://listen.example.com/shared/',
        "error",
        "is not in the feed's own folder",
        id="audio outside the folder",
    ),
    pytest.param(
        '<enclosure url="https://listen.',
        '<enclosure url="https://cdn.',
        "error",
        "is not in the feed's own folder",
        id="audio on another host",
    ),
    pytest.param(
        f'<enclosure url="{FOLDER}/',
        f'<enclosure url="{FOLDER}/audio/',
        "error",
        "is not in the feed's own folder",
        id="audio one folder further down",
    ),
    pytest.param(
        f'<podcast:chapters url="{FOLDER}/',
        '<podcast:chapters url="https://listen.example.com/shared/',
        "error",
        "is not in the feed's own folder",
        id="chapters outside the folder",
    ),
    pytest.param(
        "<pubDate>",
        TRANSCRIPT.replace(TOKEN, "shared") + "<pubDate>",
        "error",
        "is not in the feed's own folder",
        id="transcript outside the folder",
    ),
    pytest.param(
        "cut-your-cloud-bill-2-", "Cut-your-cloud-bill-2-", "warning", "has capital letters", id="capital letters"
    ),
    pytest.param(
        "<p>Three steps:",
        '<p><img src="https://x.example/p.png"/>Three steps:',
        "warning",
        "loads a picture",
        id="picture in the notes",
    ),
    pytest.param(
        "<pubDate>",
        '<podcast:alternateEnclosure type="audio/mpeg"><podcast:source uri="https://listen.example.com/shared/a.mp3"/></podcast:alternateEnclosure><pubDate>',
        "error",
        "is not in the feed's own folder",
        id="alternate audio outside the folder",
    ),
]


@pytest.mark.parametrize(("old", "new", "level", "what"), PRIVATE_ITEM_FAULTS)
def test_what_gives_a_private_item_away(old: str, new: str, level: str, what: str) -> None:
    assert_only(check_private(in_first_item(private_xml(), old, new)), level, what)


def test_the_missing_itunes_namespace_is_named_beside_all_that_it_makes_unreadable() -> None:
    xml = public_xml().replace('"http://www.itunes.com/dtds/podcast-1.0.dtd"', '"http://www.itunes.com/podcast"')
    found = {finding.what for finding in check_public(xml)}
    assert {"the itunes namespace is not declared", "the channel has no itunes:category"} <= found


def test_the_podcast_namespace_is_known_by_its_older_name_too() -> None:
    old = "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"
    assert check_private(private_xml().replace("https://podcastindex.org/namespace/1.0", old)) == []


def test_a_serial_show_without_numbers_is_found_in_each_item() -> None:
    findings = check_public(with_fault(public_xml(), ">episodic<", ">serial<"))
    assert [finding.what for finding in findings] == ["a serial show's item has no itunes:episode"] * 2


def test_a_missing_podcast_guid_is_found() -> None:
    guid = f"<podcast:guid>{PUBLIC.podcast_guid}</podcast:guid>"
    assert_only(check_public(with_fault(public_xml(), guid, "")), "warning", "channel has no podcast:guid")


def test_an_item_without_description_is_found() -> None:
    xml = in_first_item(public_xml(), "<description>", "<notes>")
    assert_only(
        check_public(xml.replace("</description>\n      <guid", "</notes>\n      <guid", 1)),
        "warning",
        "no description",
    )


def test_a_space_makes_itunes_block_void() -> None:
    findings = check_private(with_fault(private_xml(), "<itunes:block>Yes", "<itunes:block> Yes"))
    assert {finding.what: finding.level for finding in findings} == {
        "itunes:block has spaces or line breaks at its edges": "warning",
        "itunes:block is “ Yes”": "error",
    }


def test_a_private_feed_over_http_shows_its_address_to_the_network() -> None:
    findings = check_feed(
        private_xml().replace("https://listen", "http://listen").encode(), where="feed.xml", private=True
    )
    assert {finding.level for finding in findings} == {"error", "warning"}  # a page by http is only a warning
    assert all("is not https" in finding.what for finding in findings)


@pytest.mark.parametrize("host", ["127.0.0.1:8760", "localhost:8760", "[::1]:8760", "127.8.8.8"])
def test_a_feed_on_loopback_gets_one_warning(host: str) -> None:
    xml = private_xml().replace("https://listen.example.com", f"http://{host}")
    assert_only(check_feed(xml.encode(), where="feed.xml"), "warning", "of this computer")


def test_a_revoked_feed_must_not_say_where_the_podcast_went() -> None:
    xml = rendered_feed(a_content(deliveries=())).decode()
    new = "<itunes:new-feed-url>https://listen.example.com/x/feed.xml</itunes:new-feed-url><podcast:medium>"
    assert_only(check_private(with_fault(xml, "<podcast:medium>", new)), "error", "in a private feed that is revoked")


def test_a_private_feed_at_an_address_that_can_be_guessed_is_found() -> None:
    xml = private_xml().replace(TOKEN, "acme")
    assert_only(check_feed(xml.encode(), where="feed.xml"), "warning", "“acme” is no secret token")


def test_shared_audio_may_carry_its_one_query() -> None:
    assert check_public(in_first_item(public_xml(), AUDIO, f"{AUDIO}?x-feed=cloud-bills")) == []


def test_tokens_are_masked_in_findings() -> None:
    xml = in_first_item(private_xml(), '<enclosure url="https:', '<enclosure url="http:')
    said = " ".join(f"{one.where} {one.what} {one.do}" for one in check_private(with_fault(xml, "https://", "http://")))
    assert "k3v7…" in said
    assert TOKEN not in said
    assert ART_TOKEN not in said


def test_the_same_fault_in_many_items_is_told_five_times_and_then_counted() -> None:
    channel, _, rest = public_xml().partition("<item>")
    item = f"<item>{rest.partition('</item>')[0]}</item>"
    findings = check_public(f"{channel}{item * 100}</channel></rss>")
    same = [finding for finding in findings if "same guid" in finding.what]
    assert len(same) == 6
    assert same[-1].what.endswith("; 94 more like this")


def test_findings_say_in_which_line_and_item() -> None:
    xml = in_first_item(public_xml(), ">312<", ">0<")
    line = 1 + xml[: xml.index(">0<")].count("\n")
    assert check_public(xml)[0].where == f"feed.xml, line {line}, item 1 “Cut your cloud bill, part 2”"


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><rss version="2.0">&b;</rss>'
)
UNREADABLE = [
    pytest.param(b"", "not well-formed", id="empty"),
    pytest.param(b"<rss><channel></rss>", "not well-formed", id="not closed"),
    pytest.param(b"<rss><channel><title>R & D</title></channel></rss>", "not well-formed", id="bare ampersand"),
    pytest.param(b"<rss>\x01</rss>", "not well-formed", id="control character"),
    pytest.param(b"<rss>&#1;</rss>", "not well-formed", id="control character by number"),
    pytest.param(b"<rss>&nbsp;</rss>", "not well-formed", id="entity of HTML"),
    pytest.param(b"<rss>" * 1000, "not well-formed", id="nested without end"),
    pytest.param(b"<rss>\xff</rss>", "is not UTF-8 text", id="not UTF-8"),
    pytest.param(BOMB.encode(), "DOCTYPE", id="entities that grow"),
    pytest.param(BOMB.encode("utf-16"), "DOCTYPE", id="entities that grow, in UTF-16"),
    pytest.param(b'<?xml version="1.1"?>' + BOMB.encode(), "DOCTYPE", id="entities that grow, in XML 1.1"),
    pytest.param(b'<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>', "DOCTYPE", id="DOCTYPE that reads a file"),
    pytest.param(b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "no RSS feed", id="Atom"),
    pytest.param(b"<html><body/></html>", "its root element is <html>", id="HTML"),
    pytest.param(b'<rss version="2.0"/>', "no channel", id="no channel"),
    pytest.param(b" " * (MAX_BYTES + 1), "bytes; apps give up", id="too big"),
]


@pytest.mark.parametrize(("xml", "what"), UNREADABLE)
def test_what_cannot_be_read_at_all(xml: bytes, what: str) -> None:
    (finding,) = check_feed(xml, where="feed.xml")
    assert (finding.level, finding.where) == ("error", "feed.xml")
    assert what in finding.what
    assert finding.do


def test_another_encoding_is_read_and_told() -> None:
    xml = public_xml().replace("Dana Reyes", "Dana Müller").replace("'UTF-8'", "'ISO-8859-1'").encode("iso-8859-1")
    findings = check_feed(xml, where="feed.xml", private=False, feed_url=PUBLIC.feed_url)
    assert_only(findings, "warning", "written in ISO-8859-1")
