"""Texts that are filled in for each prospect, and what stops them beforehand."""

import html.parser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.errors import CatalogError, UsageError
from pitchcast.model.catalog import Catalog, find_feed
from pitchcast.model.contents import Contents, concerned_paths
from pitchcast.model.feed import FeedContent
from pitchcast.model.notes import notes_html
from pitchcast.model.personal import check_texts, fill_brand, fill_episode
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from pitchcast.model.steps.edit import edit_episode, edit_prospect, edit_show
from pitchcast.model.steps.import_list import Entry, import_entries
from pitchcast.model.steps.invitations import invite
from tests.fixtures.content import an_episode
from tests.model.test_catalog import a_draft, an_empty_catalog, committed, new_token, published, to

JO = Prospect("jo-doe", "Jo Doe", company="Acme & Söhne", first_name="Jo")
TITLE = "Cut {company}'s bill"
NOTES = "Dear {first_name},\n\nthree steps for **{company}**: [book](https://x.example/?for={name})"


def a_show_with(*entries: Entry, call_to_action: str = "") -> Catalog:
    catalog = committed(import_entries(an_empty_catalog(), entries, (), new_token).catalog)
    return msgspec.structs.replace(catalog, brand=Brand(call_to_action=call_to_action))


def personal(title: str = TITLE, notes: str = NOTES) -> object:
    return a_draft(title=title, notes=notes, personalised=True)


def content(catalog: Catalog, feed_id: str) -> FeedContent:
    feed = find_feed(catalog, feed_id)
    assert feed is not None
    return Contents(catalog).of(feed)


def test_title_notes_and_call_to_action_are_filled_in() -> None:
    episode = fill_episode(an_episode(title=TITLE, notes=NOTES), JO)
    assert episode.title == "Cut Acme & Söhne's bill"
    html = notes_html(episode.notes)
    assert "<p>Dear Jo,</p>" in html
    assert "<strong>Acme &amp; Söhne</strong>" in html
    assert 'href="https://x.example/?for=Jo%20Doe"' in html
    brand = fill_brand(
        Brand(call_to_action="Talk, {first_name}?", call_to_action_url="https://x.example/{company}"), JO
    )
    assert brand == Brand(call_to_action="Talk, Jo?", call_to_action_url="https://x.example/Acme%20%26%20S%C3%B6hne")


def test_without_a_prospect_nothing_personal_is_said() -> None:
    episode = fill_episode(an_episode(title=TITLE, notes=NOTES), None)
    assert episode.title == "Cut …'s bill"
    assert "{" not in episode.notes


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "<https://evil.example>",
        "# Big",
        "1. FC",
        "- x",
        "`code`",
        "**bold** _x_ ~~y~~",
        "a\\b",
        "&lt;b&gt;",
        "> quote",
    ],
)
def test_a_value_is_text_whatever_it_looks_like(name: str) -> None:
    filled = fill_episode(an_episode(notes="{name}\n\nfor {name}!"), Prospect("x", name))
    assert _text_and_tags(notes_html(filled.notes)) == (f"{name}\nfor {name}!", {"p"})


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cf", "Mn")), min_size=1))
def test_any_name_comes_out_as_it_is(name: str) -> None:
    filled = fill_episode(an_episode(notes="Dear {name}, hello"), Prospect("x", name))
    text, tags = _text_and_tags(notes_html(filled.notes))
    assert tags == {"p"}
    assert text == f"Dear {name}, hello"


def _text_and_tags(document: str) -> tuple[str, set[str]]:
    class Reader(html.parser.HTMLParser):
        text = ""
        tags: set[str] = set()  # noqa: RUF012 (replaced below)

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.tags.add(tag)

        def handle_data(self, data: str) -> None:
            self.text += data

    reader = Reader()
    reader.tags = set()
    reader.feed(document)
    reader.close()
    return reader.text, reader.tags


@pytest.mark.parametrize(
    ("title", "notes", "error", "message"),
    [
        pytest.param("Hi {nam}", "", UsageError, "{nam} in the title is no field", id="unknown field"),
        pytest.param("Hi", "{email}", UsageError, "{email} in the notes is no field", id="addresses are no field"),
        pytest.param("Hi {{name}}", "", UsageError, "the title has a brace too many", id="doubled braces"),
        pytest.param("For {company}", "", CatalogError, "{company} in the title is empty for b, c", id="empty value"),
        pytest.param("x" * 250 + "{name}", "", CatalogError, "title becomes too long for a", id="too long a title"),
        pytest.param("x", "x" * 3998 + "{name}", CatalogError, "notes become too long for a", id="too long notes"),
    ],
)
def test_what_cannot_be_filled_in_is_named(title: str, notes: str, error: type[Exception], message: str) -> None:
    people = [Prospect("a", "Anna Maria", company="A"), Prospect("b", "Bo"), Prospect("c", "Cy")]
    with pytest.raises(error) as caught:
        check_texts(title, notes, Brand(), people)
    assert message in str(caught.value)


class TestInTheCatalog:
    def test_each_feed_says_its_own(self) -> None:
        catalog = a_show_with(
            Entry(2, "Jo Doe", "1", first_name="Jo", company="Acme"),
            Entry(3, "Ana Roe", "2", first_name="Ana", company="Umbrella"),
            call_to_action="Talk, {first_name}?",
        )
        catalog = published(catalog, to("jo-doe", "ana-roe"), personal())  # type: ignore[arg-type]
        jo, ana = content(catalog, "jo-doe"), content(catalog, "ana-roe")
        assert [c.deliveries[0].episode.title for c in (jo, ana)] == ["Cut Acme's bill", "Cut Umbrella's bill"]
        assert [c.brand.call_to_action for c in (jo, ana)] == ["Talk, Jo?", "Talk, Ana?"]
        assert catalog.episodes[0].title == TITLE

    def test_others_are_left_as_they_are(self) -> None:
        catalog = published(a_show_with(Entry(2, "Jo", "1"), call_to_action="{x}"), to("jo"), a_draft(title="{braces}"))
        assert content(catalog, "jo").deliveries[0].episode.title == "{braces}"
        assert content(catalog, "jo").brand.call_to_action == "{x}"

    def test_nothing_changes_where_one_value_is_empty(self) -> None:
        catalog = a_show_with(Entry(2, "Jo", "1", company="Acme"), Entry(3, "Ana", "2"))
        with pytest.raises(CatalogError, match="empty for ana"):
            published(catalog, to("jo", "ana"), personal("For {company}", ""))  # type: ignore[arg-type]
        with pytest.raises(CatalogError, match="empty for new-one"):
            published(catalog, to("jo", "New One"), personal("For {company}", ""))  # type: ignore[arg-type]

    def test_never_in_the_public_feed(self) -> None:
        catalog = a_show_with(Entry(2, "Jo", "1"))
        with pytest.raises(CatalogError, match="cannot be in the public feed"):
            published(catalog, to("jo", public=True), personal("Hi {name}", ""))  # type: ignore[arg-type]

    def test_later_edits_are_checked_too(self) -> None:
        catalog = a_show_with(Entry(2, "Jo", "1", company="Acme"))
        catalog = published(catalog, to("jo"), personal("For {company}", ""))  # type: ignore[arg-type]
        with pytest.raises(UsageError, match=r"nam. in the title is no field"):
            edit_episode(catalog, catalog.episodes[0].id, title="For {nam}")
        with pytest.raises(CatalogError, match="first_name"):
            edit_show(catalog, catalog.show, Brand(call_to_action="{first_name}!"), catalog.public_url)
        with pytest.raises(CatalogError, match=r"company. in the title is empty for jo"):
            edit_prospect(catalog, "jo", company="")
        came = import_entries(catalog, [Entry(2, "Jo", "1", company="")], (), new_token)
        assert "its company is empty, but a personalised episode of jo asks for it" in came.rejected[0].reason
        withdrawn = edit_episode(catalog, catalog.episodes[0].id, withdrawn=True)
        assert edit_prospect(withdrawn, "jo", company="").prospects[0].company == ""

    @pytest.mark.parametrize("names", [("Sam Lee",), ("",), ("Sam Lee", "Kim", "")], ids=["named", "spare", "several"])
    def test_a_field_is_needed_also_once_the_podcast_was_passed_on(self, names: tuple[str, ...]) -> None:
        """What was passed on follows the prospect's feed: the texts of both are filled in from the same fields."""
        catalog = a_show_with(Entry(2, "Jo", "1", company="Acme"))
        catalog = published(catalog, to("jo"), personal("For {company}", ""))  # type: ignore[arg-type]
        catalog, _, _ = invite(catalog, "jo", names, new_token)
        with pytest.raises(CatalogError, match=r"company. in the title is empty for jo"):
            edit_prospect(catalog, "jo", company="")
        came = import_entries(catalog, [Entry(2, "Jo", "1", company="")], (), new_token)
        assert "its company is empty, but a personalised episode of jo asks for it" in came.rejected[0].reason

    def test_a_known_episode_becomes_personal_for_all_who_have_it(self) -> None:
        catalog = a_show_with(Entry(2, "Jo", "1"), Entry(3, "Ana", "2"))
        catalog = published(catalog, to("jo"), a_draft(title="Hi {name}", notes=""))
        before, catalog = catalog, published(catalog, to("jo"), a_draft(title="", personalised=True))
        assert content(catalog, "jo").deliveries[0].episode.title == "Hi Jo"
        assert len(catalog.releases) == 1
        assert concerned_paths(before, catalog) == [catalog.feeds[0].path]
        assert published(catalog, to("jo"), a_draft(title="", personalised=True)) is catalog

    def test_an_import_builds_feeds_again_that_speak_of_what_changed(self) -> None:
        catalog = a_show_with(Entry(2, "Jo", "1", company="Acme"), Entry(3, "Ana", "2", company="Umbrella"))
        catalog = published(catalog, to("jo"), personal("For {company}", ""))  # type: ignore[arg-type]
        after = import_entries(
            catalog, [Entry(2, "Jo", "1", company="Acme AG"), Entry(3, "Ana", "2", company="U AG")], (), new_token
        ).catalog
        assert concerned_paths(catalog, after) == [catalog.feeds[0].path]
