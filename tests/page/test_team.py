"""Speaking to the team at a company: on the page, in the feed, in the mail; and to nobody's team by the way."""

import pytest
from msgspec.structs import replace

from pitchcast.model.feed import Feed, FeedContent
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand
from pitchcast.page.listen import render_page
from pitchcast.page.mail import write_mail
from pitchcast.page.titles import feed_title
from pitchcast.page.words import words_in
from pitchcast.site.assets import Assets
from pitchcast.site.render import Renderer, render_folder
from pitchcast.storage.folder import FolderBucket
from tests.fixtures.content import TOKEN, a_content, a_show, rendered_feed
from tests.page.test_listen import Outline
from tests.page.test_words import LANGUAGES

JO = Prospect("jo-doe", "Jo Doe", company="Acme & Co", first_name="Jo")


def to_team(prospect: Prospect = JO, **changes: object) -> FeedContent:
    return replace(a_content(prospect=prospect, brand=Brand(address="team")), **changes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_feed_and_mail_speak_to_the_team(language: str) -> None:
    content = to_team(show=a_show(language=language, description=""))
    words = words_in(language)
    page = Outline(render_page(content))
    assert words.for_team.format(company="Acme & Co") in page.text
    assert "Jo Doe" not in page.text
    feed = rendered_feed(content).decode()
    assert "<title>Cloud bills, explained for Acme &amp; Co</title>" in feed
    made_by = words.feed_text_team.format(host="Dana Reyes", company="Acme &amp; Co")
    assert f"<description>{made_by}</description>" in feed
    assert "Jo Doe" not in feed
    subject, body = write_mail(content, words, None)
    assert "Acme & Co" in subject
    assert body.count("Acme & Co") == 1
    assert body.startswith(words.mail_greeting.format(first_name="Jo"))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(a_content(prospect=JO), id="a show that speaks to people"),
        pytest.param(to_team(replace(JO, company="")), id="no company is known"),
        pytest.param(to_team(replace(JO, address="person")), id="a prospect who wants to be spoken to as a person"),
        pytest.param(
            to_team(feed=Feed("jo-doe.2", TOKEN, "jo-doe", parent="jo-doe", name="Jo Doe")), id="a colleague by name"
        ),
    ],
)
def test_everybody_else_is_spoken_to_by_name(content: FeedContent) -> None:
    assert "For Jo Doe" in Outline(render_page(content)).text
    assert feed_title(content) == "Cloud bills, explained for Jo Doe"
    assert "Acme" not in write_mail(content, words_in("en"), None)[1]


def test_one_prospect_is_spoken_to_as_a_team_in_a_show_that_speaks_to_people() -> None:
    content = a_content(prospect=replace(JO, address="team"))
    assert feed_title(content) == "Cloud bills, explained for Acme & Co"
    assert words_in("en").for_team.format(company="Acme & Co") in Outline(render_page(content)).text


def test_many_feeds_for_teams_are_filled_in_as_they_would_be_rendered(tmp_path) -> None:
    assets = Assets(FolderBucket(tmp_path))
    renderer = Renderer(assets, form_after=1)
    for number, address in enumerate(("", "", "team", "team")):
        path = TOKEN[:-1] + "abcd"[number]
        content = to_team(
            replace(JO, id=f"p{number}", name=f"Jo {number}", company=f"Acme & Co {number}", address=address),
            brand=Brand(address="person" if address else "team"),
            feed=Feed(f"p{number}", path, f"p{number}", (1, 2), 7, title_language="de"),
            base_url=f"https://listen.example.com/{path}",
        )
        documents = renderer.render(content)
        assert documents == render_folder(content, assets)
        assert f"For the team at \u2068Acme &amp; Co {number}".encode() in documents["index.html"]
        assert f"– für Acme &amp; Co {number}</title>".encode() in documents["feed.xml"]
    assert [form for form in renderer._forms.values() if form]


@pytest.mark.parametrize("language", LANGUAGES)
def test_passing_on_says_for_whom_else_it_is(language: str) -> None:
    show = a_show(language=language)
    newest, *others = a_content().deliveries
    named = replace(newest, episode=replace(newest.episode, for_roles=("finance", "R&D")))
    page = Outline(render_page(a_content(show=show, deliveries=(named, *others))))
    assert words_in(language).for_roles.format(roles="finance, R&D") in page.text
    earlier = replace(others[0], episode=replace(others[0].episode, for_roles=("finance",)))
    assert not Outline(render_page(a_content(show=show, deliveries=(newest, earlier)))).attributes(
        "p", **{"class": "roles"}
    )
