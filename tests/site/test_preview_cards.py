"""Preview cards: one for each episode whatever the number of feeds, named by pages, and gone with the episode."""

import io
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from pitchcast.errors import ObjectMissing
from pitchcast.model.layout import asset_key, headers_of, is_preview
from pitchcast.model.preview import card_name, preview_card
from pitchcast.model.show import Artwork, Brand
from pitchcast.model.steps.access import Chosen
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.workflows import episodes, show
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.feeds import build
from pitchcast.workflows.repair import repair
from pitchcast.workflows.undo import withdraw
from tests.fixtures.content import a_show, an_episode
from tests.fixtures.projects import a_project, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.workflows.test_feeds_access import faults, feed_of, under

FIRST = "cut-your-bill"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A show with one episode for three prospects and in public."""
    project = a_project(StorageUnderTest("folder", str(tmp_path / "site"), "", None, None))  # type: ignore[arg-type]
    publish_to(project, put_draft(project), "Acme Corp", "Beta", "Gamma", public=True)
    return project


def cards(project: Project) -> dict[str, bytes]:
    """Return the cards by their names, wherever they lie."""
    found = {key.rpartition("/")[2]: body for key, body in public_objects(project).items()}
    return {name: body for name, body in found.items() if is_preview(name)}


def pages(project: Project) -> list[str]:
    found = public_objects(project).items()
    return [body.decode() for key, body in found if key.endswith("index.html")]


def test_one_card_serves_every_feed(project: Project) -> None:
    [(name, body)] = cards(project).items()
    catalog = project.catalog()
    address = f"{catalog.public_url}/{catalog.show.art_token}/{name}"
    assert len(pages(project)) == 4
    assert all(f'<meta property="og:image" content="{address}">' in page for page in pages(project))
    assert Image.open(io.BytesIO(body)).size == (1200, 630)
    assert faults(project) == []
    publish_to(project, put_draft(project), "Delta", "Epsilon")
    assert cards(project) == {name: body}
    again = build(project)
    assert (again.put, again.copied, again.deleted) == (0, 0, 0)


def test_no_cache_on_the_way_keeps_a_card(project: Project) -> None:
    token = project.catalog().show.art_token
    [name] = cards(project)
    assert headers_of(f"public/{token}/{name}").cache_control == "private, max-age=86400"


def test_pages_name_the_card_of_their_newest_episode(project: Project) -> None:
    [first] = cards(project)
    publish_to(project, put_draft(project, "r2", "Another"), "Acme Corp")
    [second] = cards(project).keys() - {first}
    assert second in under(project, feed_of(project, "acme-corp").path)["index.html"].decode()
    assert first in under(project, feed_of(project, "beta").path)["index.html"].decode()


def test_a_card_follows_the_title_and_the_show(project: Project) -> None:
    before = cards(project)
    episodes.edit(project, FIRST, {"title": "Cut your bill in half"}, keep_file=True)
    renamed = cards(project)
    assert len(renamed) == 1
    assert not renamed.keys() & before.keys()
    show.edit(project, {"accent": "#00ff00"})
    assert len(cards(project)) == 1
    assert not cards(project).keys() & renamed.keys()
    assert faults(project) == []


def test_a_withdrawn_episode_has_no_card(project: Project) -> None:
    publish_to(project, put_draft(project, "r2", "Another"), "Acme Corp")
    kept = cards(project).keys()
    withdraw(project, "another")
    assert len(cards(project)) == 1
    assert cards(project).keys() < kept


def test_a_card_goes_also_where_no_feed_shows_its_episode_any_more(project: Project) -> None:
    publish_to(project, put_draft(project, "r2", "Another"), "Zeta")
    access.revoke(project, Chosen(who=("zeta",)))
    assert len(cards(project)) == 2
    withdraw(project, "another")
    assert len(cards(project)) == 1


def test_a_lost_card_is_found_and_drawn_again(project: Project) -> None:
    before = cards(project)
    [name] = before
    project.bucket.delete([f"public/{project.catalog().show.art_token}/{name}"])
    [found] = [finding for finding in examine(project) if "all feeds share" in finding.what]
    assert (found.level, found.what) == ("warning", "1 of the files that all feeds share are missing or damaged")
    repair(project)
    assert cards(project) == before
    assert faults(project) == []


def test_feeds_are_built_where_the_cover_on_a_card_is_lost(project: Project, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.new("RGB", (3000, 3000), "#2255aa").save(picture)
    episodes.edit(project, FIRST, {"cover": picture})
    cover = project.catalog().episodes[0].cover
    assert cover is not None
    assert cover.small is not None
    project.bucket.delete(
        [asset_key(cover.small), f"public/{project.catalog().show.art_token}/{next(iter(cards(project)))}"]
    )
    other = a_project(StorageUnderTest("folder", project.bucket.url, "", None, None))  # type: ignore[arg-type]
    with pytest.raises(ObjectMissing):
        other.bucket.head(asset_key(cover.small))
    publish_to(other, put_draft(other, "r2", "Another"), "Zeta")
    assert len(cards(other)) == 1, "that of the other episode"


def test_what_is_said_to_one_prospect_is_on_no_card() -> None:
    personal = an_episode(title="Three ideas for {company}, {first_name}", personalised=True)
    assert preview_card(a_show(), Brand(), personal).title == "Three ideas for …, …"


def test_a_given_cover_is_on_the_card_and_a_drawn_one_is_not() -> None:
    given = a_show(cover_drawn=False)
    own = Artwork(sha256="ab" * 32, extension="jpg", size_px=600)
    assert preview_card(a_show(), Brand(), an_episode()).picture is None
    assert preview_card(given, Brand(), an_episode()).picture == given.cover
    assert preview_card(given, Brand(), an_episode(cover=own)).picture == own


def test_nobody_who_knows_a_title_can_name_its_card(project: Project) -> None:
    catalog = project.catalog()
    [episode] = catalog.episodes
    elsewhere = msgspec.structs.replace(catalog, show=msgspec.structs.replace(catalog.show, id="another"))
    assert card_name(catalog, episode) in cards(project)
    assert card_name(elsewhere, episode) != card_name(catalog, episode)
    assert not any(catalog.show.id.encode() in body for body in public_objects(project).values())


def test_a_foreign_file_beside_the_cards_stays(project: Project) -> None:
    key = f"public/{project.catalog().show.art_token}/preview-of-mine.jpg"
    project.bucket.put(key, b"mine", headers_of(key))
    change(project, lambda catalog: catalog, Wish(what="looked", names=lambda catalog: [catalog.feeds[0].path]))
    withdraw(project, FIRST)
    assert project.bucket.get(key)[0] == b"mine"
    assert cards(project) == {}
