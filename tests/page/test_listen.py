"""The listening page as a document: what it says, what it keeps to itself, and that words never become markup."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.model.episode import Chapter
from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import clean_text
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Artwork, Brand
from pitchcast.model.transcript import Cue, Transcript, TranscriptFile
from pitchcast.page.apps import app_links
from pitchcast.page.listen import MAX_EPISODES, render_page
from pitchcast.page.look import TEMPLATES
from pitchcast.page.overrides import Overrides
from pitchcast.page.words import length_in_words, time_mark, words_in
from tests.fixtures.content import (
    ART_TOKEN,
    TOKEN,
    a_content,
    a_delivery,
    a_master,
    a_public_content,
    a_show,
    an_episode,
)

GOLDEN = Path(__file__).parent / "golden"
BRAND = Brand(call_to_action="Book twenty minutes", call_to_action_url="https://example.com/book?a=1&b=2")
VOID = frozenset({"meta", "link", "img", "input", "br", "hr", "path"})
NOTES_TAGS = frozenset(
    {"p", "br", "hr", "em", "strong", "a", "ol", "ul", "li", "blockquote", "code", "pre", "h4", "h5", "h6"}
)
ISOLATES = re.compile("[\u2068\u2069]")


class Outline(HTMLParser):
    """Reads a page into its tags with attributes, and the text inside each kind of element."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html.decode())
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", ISOLATES.sub("", data)))

    def attributes(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag and wanted.items() <= attrs.items()]

    def meta(self, name: str) -> str:
        [found] = self.attributes("meta", **({"http-equiv": name} if name.startswith("Content") else {"name": name}))
        return found["content"]

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attrs)) for tag, attrs in self.tags]

    @property
    def text(self) -> str:
        return "".join(data for element, data in self.texts if element not in ("style", "script"))


def golden_content(access: str) -> FeedContent:
    preview = f"https://listen.example.com/{ART_TOKEN}/preview-0123456789abcdef.jpg"
    make = a_content if access == "private" else a_public_content
    return make(brand=BRAND, preview_url=preview)


@pytest.mark.parametrize("access", ["private", "public"])
def test_page_is_the_golden_one(access: str) -> None:
    """After a deliberate change: `python -m tests.page.test_listen` writes the golden pages anew."""
    assert render_page(golden_content(access)).decode() == (GOLDEN / f"{access}.html").read_text(encoding="utf-8")


def test_same_content_gives_the_same_bytes() -> None:
    assert render_page(golden_content("private")) == render_page(golden_content("private"))


def test_page_with_twelve_episodes_stays_under_45_kb() -> None:
    deliveries = tuple(a_delivery(number) for number in range(12, 0, -1))
    assert len(render_page(a_content(brand=BRAND, deliveries=deliveries))) < 45_000


@pytest.mark.parametrize("notes", ["word " * 790, "[a](https://e.example) " * 170], ids=["plain notes", "links"])
def test_page_stays_under_60_kb_however_much_there_is_to_say(notes: str) -> None:
    """300 episodes with notes as long as apps take them; what the page leaves out is in the feed, and it says so."""
    chapters = tuple(Chapter(start_s=60.0 * number, title=f"Chapter {number}") for number in range(12))
    deliveries = tuple(
        a_delivery(number, episode=an_episode(number, notes=notes, chapters=chapters)) for number in range(300, 0, -1)
    )
    html = render_page(a_content(brand=BRAND, deliveries=deliveries))
    page = Outline(html)
    assert len(html) < 60_000
    assert len(page.attributes("audio")) == MAX_EPISODES
    assert "Older episodes are in the podcast itself" in page.text
    assert notes[:40].strip("[] ").split("]")[0] in page.text


def test_page_with_a_long_transcript_and_everything_else_stays_under_45_kb() -> None:
    """Chapters, a waveform, the sender, what is told of counting, and 5,500 characters of transcript, which fit in."""
    chapters = tuple(Chapter(start_s=30.0 * number, title=f"Chapter number {number}") for number in range(6))
    words = TranscriptFile(sha256="7" * 64, extension="vtt")
    episode = an_episode(chapters=chapters, transcript=words, master=a_master(waveform="k" * 120))
    brand = msgspec.structs.replace(BRAND, company="Seller Ltd", company_url="https://seller.example")
    content = a_content(
        brand=brand,
        show=a_show(role="Cloud architect", contact="dana@seller.example", counted="feeds"),
        deliveries=(a_delivery(1, episode=episode),),
    )
    said = Transcript(cues=tuple(Cue(30.0 * at, 30.0 * at + 30, "word " * 119 + "end.") for at in range(9)))
    html = render_page(content, transcripts={content.deliveries[0].transcript_name: said})
    assert html.count(b"word ") == 9 * 119
    assert len(html) < 45_000, len(html)


def test_waveform_is_in_the_page_where_there_is_one() -> None:
    drawn = an_episode(2, master=a_master(waveform="0z" * 60))
    players = Outline(render_page(a_content(deliveries=(a_delivery(2, episode=drawn), a_delivery(1))))).attributes(
        "audio"
    )
    assert [player.get("data-wave") for player in players] == ["0z" * 60, None]


def test_page_says_who_it_is_for_and_what_there_is_to_hear() -> None:
    page = Outline(render_page(golden_content("private")))
    for words in (
        "For Acme Corp",
        "Cloud bills, explained",
        "with Dana Reyes",
        "Cut your cloud bill, part 2",
        "4 March 2026",
        "5 min",
        "Look",
        "1:01",
        "What to turn off",
        "Book twenty minutes",
        "Earlier episode",
        "Cut your cloud bill, part 1",
        "Subscribe in your podcast app",
    ):
        assert words in page.text


def test_audio_is_the_file_beside_the_page_and_none_is_fetched_unasked() -> None:
    """A browser that looks for the length fetches more than a minute, which counts as a download."""
    content = golden_content("private")
    players = Outline(render_page(content)).attributes("audio")
    assert [player["src"] for player in players] == [delivery.audio_name for delivery in content.deliveries]
    assert [player["preload"] for player in players] == ["none", "none"]
    assert [player["data-seconds"] for player in players] == ["312.4", "312.4"]
    assert all("controls" in player and player["aria-label"] for player in players)


def test_call_to_action_goes_through_the_page_that_counts_it_and_is_left_out_without_one() -> None:
    [action] = Outline(render_page(golden_content("private"))).attributes("a", **{"class": "action"})
    assert action["href"] == f"https://listen.example.com/{TOKEN}/call.html"
    assert not Outline(render_page(a_content())).attributes("a", **{"class": "action"})


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", " vbscript:x", "//evil.example", "https://[", "some/page"]
)
def test_dangerous_or_broken_link_is_left_out(url: str) -> None:
    chapters = (Chapter(start_s=0, title="One", url=url),)
    brand = Brand(call_to_action="Book", call_to_action_url=url)
    page = Outline(render_page(a_content(brand=brand, deliveries=(a_delivery(episode=an_episode(chapters=chapters)),))))
    assert not [link for link in page.attributes("a") if url.strip() in link["href"]]
    assert "One" in page.text


def test_private_page_asks_not_to_be_found() -> None:
    html = render_page(golden_content("private"))
    page = Outline(html)
    assert page.meta("robots") == "noindex"
    assert page.meta("referrer") == "no-referrer"
    assert not page.attributes("link", rel="alternate")
    assert b"ld+json" not in html


def preview_of(content: FeedContent) -> dict[str, str]:
    page = Outline(render_page(content))
    return {attrs["property"]: attrs["content"] for attrs in page.attributes("meta") if "property" in attrs}


def test_private_link_looks_right_in_a_chat_and_tells_title_and_host_and_nothing_else() -> None:
    content = golden_content("private")
    assert preview_of(content) == {
        "og:type": "website",
        "og:title": "Cut your cloud bill, part 2",
        "og:description": "Dana Reyes",
        "og:image": content.preview_url,
        "og:image:width": "1200",
        "og:image:height": "630",
    }
    assert Outline(render_page(content)).meta("twitter:card") == "summary_large_image"


def test_link_of_a_show_without_a_pitch_shows_the_cover_in_a_chat() -> None:
    empty = a_content(deliveries=())
    assert preview_of(empty) == {
        "og:type": "website",
        "og:title": "Cloud bills, explained",
        "og:description": "Dana Reyes",
        "og:image": empty.cover_url,
        "og:image:width": "3000",
        "og:image:height": "3000",
    }
    assert Outline(render_page(empty)).meta("twitter:card") == "summary"


def test_cover_with_a_name_is_shown_in_no_chat() -> None:
    own = Artwork(sha256="ab" * 32, extension="jpg", size_px=3000)
    for content in (golden_content("private"), a_content(deliveries=())):
        assert preview_of(content.with_own_cover(own)) == preview_of(content)


def test_public_link_says_in_a_chat_what_the_pitch_is_about() -> None:
    assert preview_of(golden_content("public"))["og:description"] == (
        "Three steps: Look at the bill Turn things off More"
    )
    long = an_episode(notes="word " * 700)
    described = preview_of(a_public_content(deliveries=(a_delivery(episode=long),)))["og:description"]
    assert described.endswith("word…")
    assert len(described) <= 201
    silent = a_delivery(episode=an_episode(notes=""))
    assert preview_of(a_public_content(deliveries=(silent,)))["og:description"] == (
        "Three ideas a month to cut a cloud bill."
    )


def test_public_page_shows_its_feed_and_title() -> None:
    page = Outline(render_page(golden_content("public")))
    [feed] = page.attributes("link", rel="alternate")
    assert feed["type"] == "application/rss+xml"
    assert feed["href"] == "https://listen.example.com/cloud-bills-explained/feed.xml"
    found = preview_of(golden_content("public"))
    assert found["og:title"] == "Cut your cloud bill, part 2"
    assert found["og:url"] == "https://listen.example.com/cloud-bills-explained/index.html"
    assert page.meta("description") == "Three ideas a month to cut a cloud bill."
    assert not page.attributes("meta", name="robots")
    assert "yours alone" not in page.text


def test_public_page_describes_the_podcast_to_search_engines() -> None:
    content = a_public_content(show=a_show(title="</script><b>&", description="<!-- <script>"))
    page = Outline(render_page(content))
    [text] = ["".join(data for name, data in page.texts if name == "script" and "schema.org" in data)]
    series = json.loads(text)
    assert "<" not in text
    assert (series["@type"], series["name"]) == ("PodcastSeries", "</script><b>&")
    assert series["webFeed"] == content.feed_url
    assert series["author"] == {"@type": "Person", "name": "Dana Reyes"}
    assert hash_source(text) in page.meta("Content-Security-Policy")


def test_page_knows_nothing_of_the_prospect_but_the_name() -> None:
    prospect = Prospect(
        "secret-id",
        "Acme Corp",
        company="Acme Holding",
        email="jo@acme.example",
        external_id="CRM-1",
        segments=("warm",),
    )
    html = render_page(a_content(prospect=prospect)).decode()
    for secret in ("secret-id", "Holding", "jo@", "CRM-1", "warm", "dana@seller.example"):
        assert secret not in html


def hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_page_refers_to_nobody_else() -> None:
    """Whatever a browser fetches by itself lies beside the page or is the cover."""
    content = golden_content("private")
    page = Outline(render_page(content))
    fetched = [attrs["src"] for _, attrs in page.tags if "src" in attrs]
    fetched += [attrs["href"] for attrs in page.attributes("link")]
    assert set(fetched) == {content.cover_url, *(delivery.audio_name for delivery in content.deliveries)}


def test_policy_allows_exactly_the_inline_style_and_script_and_the_cover_s_host() -> None:
    page = Outline(render_page(a_content(cover_url="https://art.example.com/x/cover.jpg")))
    policy = dict(part.split(" ", 1) for part in page.meta("Content-Security-Policy").split("; "))
    for directive, element in (("style-src", "style"), ("script-src", "script")):
        [text] = ["".join(data for name, data in page.texts if name == element)]
        assert policy[directive] == hash_source(text)
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "'self' https://art.example.com"
    assert policy["media-src"] == "'self'"


def test_empty_feed_says_that_there_is_nothing_at_the_moment() -> None:
    page = Outline(render_page(a_content(deliveries=())))
    assert "Nothing here at the moment" in page.text
    assert not page.attributes("audio")


def test_show_without_cover_has_no_picture() -> None:
    assert not Outline(render_page(a_content(cover_url=""))).attributes("img")


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("he-IL", "rtl"),
        ("fa", "rtl"),
        ("de-AT", "ltr"),
        ("ku-Arab", "rtl"),
        ("az", "ltr"),
    ],
)
def test_page_runs_in_the_show_s_direction(language: str, direction: str) -> None:
    own = Overrides(
        "look", language, {f"words/{language.lower()}.toml": (TEMPLATES / "words/en.toml").read_text(encoding="utf-8")}
    )
    page = Outline(render_page(a_content(show=a_show(language=language)), overrides=own))
    assert page.attributes("html") == [{"lang": language, "dir": direction}]
    assert page.attributes("div", **{"class": "player"})[0]["dir"] == "ltr"  # time runs one way, as on every player


def test_page_is_english_as_a_whole_around_content_in_a_language_without_words() -> None:
    foreign = Outline(render_page(a_content(show=a_show(language="ar"))))
    assert foreign.attributes("html") == [{"lang": "en", "dir": "ltr"}]
    for element in ("h1", "h2", "h3"):
        assert foreign.attributes(element, lang="ar", dir="rtl"), element
    assert foreign.attributes("div", lang="ar", dir="rtl", **{"class": "notes"})
    assert foreign.attributes("title", lang="ar")
    assert not [attributes for _, attributes in Outline(render_page(a_content())).tags[1:] if "lang" in attributes]


def test_host_of_one_episode_is_named_at_it() -> None:
    delivery = a_delivery(episode=an_episode(host="Sam Okafor"))
    assert Outline(render_page(a_content(deliveries=(delivery,)))).text.count("with Sam Okafor") == 1


def test_date_is_the_day_in_utc() -> None:
    late = datetime(2026, 3, 4, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
    page = Outline(render_page(a_content(deliveries=(a_delivery(date=late),))))
    assert page.attributes("time") == [{"datetime": "2026-03-05"}]
    assert late.astimezone(UTC).day == 5


@pytest.mark.parametrize(
    ("duration_s", "said"),
    [
        (0.2, "1 s"),
        (45.4, "45 s"),
        (60, "1 min"),
        (312.4, "5 min"),
        (3570, "1 h 0 min"),
        (10_800, "3 h 0 min"),
        (4_500, "1 h 15 min"),
    ],
)
def test_length_is_said_in_words(duration_s: float, said: str) -> None:
    assert length_in_words(duration_s, words_in("en")) == said
    delivery = a_delivery(episode=an_episode(master=a_master(samples=round(duration_s * 48_000))))
    assert said in Outline(render_page(a_content(deliveries=(delivery,)))).text


@pytest.mark.parametrize(("start_s", "mark"), [(0, "0:00"), (61.5, "1:01"), (3_599.9, "59:59"), (3_661, "1:01:01")])
def test_place_is_marked_as_players_show_it(start_s: float, mark: str) -> None:
    assert time_mark(start_s) == mark


def test_headings_in_notes_stand_below_the_page_s_own() -> None:
    delivery = a_delivery(episode=an_episode(notes="# Big\n\n###### Small\n\n\\<h1>literal"))
    page = Outline(render_page(a_content(deliveries=(delivery,))))
    assert len(page.attributes("h1")) == 1
    assert "<h1>literal" in page.text


def test_links_open_the_apps_directly() -> None:
    """The forms of each app's own documentation; none goes through a website."""
    https = [link.url for link in app_links(f"https://listen.example.com/{TOKEN}/feed.xml")]
    assert https == [
        f"podcast://listen.example.com/{TOKEN}/feed.xml",
        f"overcast://x-callback-url/add?url=https%3A%2F%2Flisten.example.com%2F{TOKEN}%2Ffeed.xml",
        f"pktc://subscribe/https://listen.example.com/{TOKEN}/feed.xml",
        f"castros://subscribe/listen.example.com/{TOKEN}/feed.xml",
        f"pktc://subscribehttps/listen.example.com/{TOKEN}/feed.xml",
        f"pcast:https://listen.example.com/{TOKEN}/feed.xml",
        f"podcastaddict://listen.example.com/{TOKEN}/feed.xml",
    ]
    page = Outline(render_page(a_content()))
    links = [link["href"] for link in page.attributes("a")]
    assert [link for link in links if not link.startswith(("https://example.com", "mailto:"))] == https
    assert "Spotify cannot subscribe to private podcasts" in page.text


def test_only_a_public_feed_is_offered_through_websites_of_others() -> None:
    address = "https%3A%2F%2Flisten.example.com%2Fcloud-bills-explained%2Ffeed.xml"
    links = [link["href"] for link in Outline(render_page(a_public_content())).attributes("a")]
    assert f"https://antennapod.org/deeplink/subscribe?url={address}&title=Cloud%20bills%2C%20explained" in links
    assert f"https://gpodder.net/subscribe?url={address}" in links


def test_page_is_passed_on_by_its_own_address() -> None:
    """The mail's text and the address are quoted so that no title can add a recipient or a header."""
    episode = an_episode(title="50 % off & more?cc=x@y.example\r\nBcc: z")
    content = a_content(deliveries=(a_delivery(episode=episode),))
    page = Outline(render_page(content))
    [link] = page.attributes("a", id="share")
    parts = urlsplit(link["href"])
    mail = parse_qs(parts.query)
    assert (parts.scheme, parts.path, mail.keys()) == ("mailto", "", {"subject", "body"})
    address = f"{content.page_url}?via={hashlib.sha256(TOKEN.encode()).hexdigest()[:8]}"
    assert link["data-address"] == address
    assert mail["body"][0].endswith(f"\r\n\r\n{address}\r\n")
    assert "feed.xml" not in link["href"]


FRAGMENTS = (
    *("<script>", "</script>", "</style>", "<img src=x onerror=y>", "<!--", "-->", "]]>", "&lt;", '"', "'", "`"),
    *("[a](javascript:b)", "](", "# ", "\n\n", "{{7*7}}", "{name}", "\u202e", "\u2069", "\x00", "\ud800"),
)
hostile = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join),
)


def hostile_content(show: str, host: str, name: str, title: str, chapter: str, action: str, notes: str) -> FeedContent:
    chapters = (Chapter(start_s=0.0, title=chapter),)
    episode = an_episode(title=title, host=host, chapters=chapters, notes=notes)
    return a_content(
        show=a_show(title=show, host=host, description=show),
        prospect=Prospect("x", name),
        brand=Brand(call_to_action=action, call_to_action_url="https://example.com"),
        deliveries=(a_delivery(2, episode=episode), a_delivery(1, episode=episode)),
    )


PLAIN = Outline(render_page(hostile_content("a", "b", "c", "d", "e", "f", "")))


@settings(deadline=None, max_examples=150)
@given(*([hostile.filter(lambda text: clean_text(text) != "" and len(text) <= 30)] * 6))  # long titles are folded
def test_words_never_become_markup(show: str, host: str, name: str, title: str, chapter: str, action: str) -> None:
    """The page has the very tags and attributes that a harmless one has, and says the words as they are."""
    page = Outline(render_page(hostile_content(show, host, name, title, chapter, action, "")))
    assert page.shape == PLAIN.shape
    for words in (show, f"with {host}", f"For {name}", title, chapter, action):
        assert ISOLATES.sub("", clean_text(words)) in page.text


@settings(deadline=None, max_examples=150)
@given(hostile)
def test_notes_never_become_active(notes: str) -> None:
    page = Outline(render_page(hostile_content("a", "b", "c", "d", "e", "f", notes)))
    extra = list(page.tags)
    for tag in PLAIN.tags:
        extra.remove(tag)
    allowed = NOTES_TAGS | {"h3", "div", "details", "summary"}
    assert {tag for tag, _ in extra} <= allowed
    assert {name for _, attrs in extra for name in attrs} <= {"href", "title", "class", "dir", "start", "target", "rel"}
    assert not [
        attrs for tag, attrs in extra if tag == "a" and re.match(r"\s*(javascript|vbscript|file)", attrs["href"])
    ]


if __name__ == "__main__":
    for kind in ("private", "public"):
        (GOLDEN / f"{kind}.html").write_bytes(render_page(golden_content(kind)))
