"""One language at a time: whatever a prospect sees is in the show's words, or English as a whole."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from pitchcast.artwork.cover import draw_cover
from pitchcast.config import BrandSettings
from pitchcast.feed.podcasting20 import HINT_PURPOSE
from pitchcast.model.episode import Chapter
from pitchcast.model.layout import CATALOG, asset_key, headers_of
from pitchcast.model.prospect import parse_mention
from pitchcast.model.steps.access import Chosen
from pitchcast.page.apps import app_links, public_links
from pitchcast.page.look import TEMPLATES
from pitchcast.page.titles import cover_line
from pitchcast.reading import parse_toml
from pitchcast.site.project import Project, open_project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import prospects as audience
from pitchcast.workflows import show as shows
from pitchcast.workflows.feeds import build
from pitchcast.workflows.prospects_invite import invite_colleagues
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest

LANGUAGE = "el"  # pitchcast brings no words in it; what the show says itself is written in its letters only
ENGLISH = re.compile(r"[A-Za-z]{2,}")
GREEK = re.compile(r"[Α-ωΆ-ώ]")
MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
ADDRESS = re.compile(r"\S+(://|@|\.example|%[0-9A-F]{2})\S*|\S+/\S+")
APPS = {
    word for link in app_links("x") + public_links("x", "") for word in re.findall(r"\w+", f"{link.app} {link.system}")
}
READ_ALOUD = {"aria-label", "alt", "title", "placeholder"}
FOR_THE_SCRIPT = {f"data-{name}" for name in ("play", "pause", "of", "done", "at", "subject", "message")}
SHOWN_IN_APPS = {"title", "description", "encoded", "summary", "subtitle", "author", "person"}


class Shown(HTMLParser):
    """What a page shows or reads aloud, each with the language that it is marked as, "" where it cannot be marked."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = [("", "")]
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        language = said.get("lang", self._open[-1][1])
        self.texts += [(language, said[name]) for name in READ_ALOUD & said.keys()]
        self.texts += [("", said[name]) for name in FOR_THE_SCRIPT & said.keys()]
        if said.get("property") in ("og:title", "og:description") or said.get("name") == "description":
            self.texts.append(("", said["content"]))
        if tag not in ("meta", "link", "img", "input", "br"):
            self._open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Pass over an empty element of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, language = self._open[-1]
        if tag not in ("style", "script") and data.strip():
            self.texts.append((language, data))


def a_show(tmp_path: Path, language: str = LANGUAGE, *, templates: Path | None = None, covers: bool = True) -> Project:
    """A show whose every own word is Greek, published for somebody, for a team, for a colleague and in public."""
    project = a_project(StorageUnderTest("folder", str(tmp_path / "site"), "", None, None))  # type: ignore[arg-type]
    said = replace(
        project.settings.show,
        title="Σύννεφα",
        host="Δάφνη",
        language=language,
        role="Σύμβουλος",
        contact="https://seller.example/contact",
        cover_per_prospect=covers,
    )
    brand = BrandSettings(
        call_to_action="Κλείστε",
        call_to_action_url="https://seller.example/book",
        company="Ήλιος",
        imprint_url="https://seller.example/imprint",
        privacy_url="https://seller.example/privacy",
        address="team",
        templates=templates,
    )
    project = open_project(replace(project.settings, show=said, brand=brand), {"PITCHCAST_USER": "dana@laptop"})
    chapters = (Chapter(start_s=0, title="Αρχή"), Chapter(start_s=60, title="Τέλος", url="https://seller.example/c"))
    draft = put_draft(project, title="Λογαριασμός", notes="**Τρία** βήματα", chapters=chapters)
    publish_to(project, draft, "Άλφα <a@acme.example>", "Βήτα", public=True)
    audience.edit(project, parse_mention("Βήτα"), {"company": "Θήτα", "first_name": "Κώστας"})
    invite_colleagues(project, "Άλφα", name="Γιώτα")
    return project


def marked_words(folder: Path) -> Path:
    """Return a folder of one's own with words that are nothing but a mark around what is filled in."""

    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: marked(text) for name, text in value.items()}
        if isinstance(value, list):
            return [f"⟦{number}⟧" for number in range(len(value))]
        return f"⟦{' '.join(re.findall(r'{[^}]*}', value))}⟧"

    words = marked(parse_toml((TEMPLATES / "words/en.toml").read_text(encoding="utf-8")))
    lines = [f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in words.items() if name != "earlier"]
    (folder / "words").mkdir(parents=True)
    earlier = ["[earlier]", *(f'{name} = "{text}"' for name, text in words["earlier"].items())]
    (folder / "words" / f"{LANGUAGE}.toml").write_text("\n".join([*lines, *earlier]), encoding="utf-8")
    return folder


def feed_texts(body: bytes) -> Iterator[str]:
    """Yield what podcast apps show of a feed."""
    for element in etree.fromstring(body).iter("*"):
        is_hint = element.get("purpose") == HINT_PURPOSE  # what a browser shows of it
        if (element.tag.rpartition("}")[2] in SHOWN_IN_APPS or is_hint) and element.text:
            yield re.sub(r"<[^>]*>", " ", element.text)


def english_in(text: str) -> list[str]:
    """Return what is English in a text, without what is marked, addresses, and names of apps and devices."""
    while MARKED.search(text):
        text = MARKED.sub("", text)
    return [word for word in ENGLISH.findall(ADDRESS.sub(" ", text)) if word not in APPS]


def end_some(project: Project) -> None:
    """Let some addresses end, each in its own way."""
    access.rotate(project, Chosen(who=("Άλφα",)))
    access.revoke(project, Chosen(who=("Βήτα",)))


def test_nothing_english_is_left_in_a_show_with_words_of_its_own(tmp_path: Path) -> None:
    project = a_show(tmp_path, templates=marked_words(tmp_path / "brand"))
    drafts = [audience.draft_mail(project, feed.id) for feed in project.catalog().feeds]
    said = [text for draft in drafts for text in (draft.subject, draft.body)]
    cover = project.catalog().named_covers[0]
    drawn = draw_cover("Σύννεφα", "Δάφνη", project.catalog().brand, for_whom=f"⟦{cover.name}⟧")
    assert project.bucket.get(asset_key(cover.artwork))[0] == drawn
    end_some(project)
    kinds = set()
    for key, body in public_objects(project).items():
        kinds.add(key.rpartition("/")[2])
        if key.endswith(".html"):
            said += [text for _, text in Shown(body).texts]
        if key.endswith(".xml"):
            said += feed_texts(body)
    assert {"index.html", "call.html", "feed.xml"} <= kinds
    assert [text for text in said if "⟦" in text]
    assert {text: english_in(text) for text in said if english_in(text)} == {}


def test_where_words_are_missing_pages_are_english_as_a_whole(tmp_path: Path) -> None:
    project = a_show(tmp_path, covers=False)
    assert cover_line("Άλφα", LANGUAGE) == "Άλφα"
    end_some(project)
    shown = 0
    for key, body in public_objects(project).items():
        tombstone = b"itunes:image" not in body
        if key.endswith(".xml") and not tombstone:
            english = [text for text in feed_texts(body) if english_in(text)]
            assert all(text.startswith("This is a podcast feed") for text in english)
            assert not any(GREEK.search(text) for text in english)
        if not key.endswith(".html"):
            continue
        for language, text in Shown(body).texts:
            own = re.sub("⁨[^⁩]*⁩", "", text)  # a name within a sentence of the page
            shown += 1
            if language and ENGLISH.search(own) and english_in(own):
                assert (language, bool(GREEK.search(own))) == ("en", False), (key, text)
            elif language and GREEK.search(own):
                assert language == LANGUAGE, (key, text)
    assert shown > 100


@pytest.fixture
def upgraded(tmp_path: Path) -> Project:
    """A German show whose feeds were begun by an earlier pitchcast."""
    project = a_show(tmp_path, "de")
    document = json.loads(gzip.decompress(project.bucket.get(CATALOG)[0]))
    document["renderer"] = 4
    for row in (*document["feeds"], *document["named_covers"]):
        assert row.pop() in ("", "de")
    project.bucket.put(CATALOG, gzip.compress(json.dumps(document).encode()), headers_of(CATALOG))
    build(project)
    return project


def titles(project: Project) -> set[str]:
    """Return the titles of the feeds that can be subscribed to."""
    files = [body for key, body in public_objects(project).items() if key.endswith("feed.xml")]
    return {next(feed_texts(body)) for body in files}


def test_feeds_and_covers_that_exist_stay_as_subscribers_know_them(upgraded: Project) -> None:
    known = {"Σύννεφα", "Σύννεφα for Άλφα", "Σύννεφα for Θήτα", "Σύννεφα for Γιώτα"}
    covers = upgraded.catalog().named_covers
    assert titles(upgraded) == known
    publish_to(upgraded, put_draft(upgraded, "r2", "Νέο"), "Άλφα", "Ωμέγα")
    assert titles(upgraded) == {*known, "Σύννεφα – für Ωμέγα"}
    assert covers == tuple(cover for cover in upgraded.catalog().named_covers if cover.name != "Ωμέγα")
    shows.edit(upgraded, {"language": "fr"})
    assert titles(upgraded) == {*known, "Σύννεφα – für Ωμέγα"}
    pages = b"".join(body for key, body in public_objects(upgraded).items() if key.endswith("index.html"))
    assert "<title>Σύννεφα – pour Άλφα</title>".encode() in pages
    assert b" for " not in re.sub(rb"<(style|script)>.*?</\1>", b"", pages, flags=re.DOTALL)
