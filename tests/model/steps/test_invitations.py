"""A podcast passed on: children follow their prospect's feed and remember where they came from."""

from datetime import timedelta

import msgspec
import pytest

from pitchcast.errors import CatalogError, UnknownName
from pitchcast.model.answers.episodes import answer_episode
from pitchcast.model.answers.feeds import answer_feed
from pitchcast.model.catalog import Catalog, find_feed
from pitchcast.model.contents import Contents, concerned_paths
from pitchcast.model.feed import Feed
from pitchcast.model.steps.access import (
    descendants,
    expire_feeds,
    remove_prospects,
    revoke_feeds,
    rotate_feeds,
    settle,
)
from pitchcast.model.steps.edit import edit_episode, edit_prospect
from pitchcast.model.steps.invitations import children_of, invite
from pitchcast.model.steps.publish import undo_release
from pitchcast.model.steps.restore import return_to, without_people
from pitchcast.page.titles import feed_title
from tests.model.test_catalog import NOON, a_draft, an_empty_catalog, committed, new_token, published, titles, to


def invited(catalog: Catalog, by: str, *names: str) -> Catalog:
    after, _, _ = invite(catalog, by, names, new_token)
    return committed(after)


def a_tree() -> Catalog:
    """Acme Corp passed it on to Sam, who passed it on to Kim; one link is spare."""
    catalog = published(an_empty_catalog(), to("Acme Corp", "Umbrella"))
    catalog = invited(catalog, "Acme Corp", "Sam Lee", "")
    return invited(catalog, "acme-corp.2", "Kim")


def feed(catalog: Catalog, feed_id: str) -> Feed:
    found = find_feed(catalog, feed_id)
    assert found is not None
    return found


def test_each_has_an_address_of_its_own_and_remembers_its_parent() -> None:
    catalog = a_tree()
    children = children_of(catalog, "acme-corp")
    assert [(child.id, child.parent, child.name) for child in children] == [
        ("acme-corp.2", "acme-corp", "Sam Lee"),
        ("acme-corp.3", "acme-corp", ""),
        ("acme-corp.4", "acme-corp.2", "Kim"),
    ]
    assert len({each.path for each in catalog.feeds}) == 5
    assert len({each.mark for each in catalog.feeds}) == 5
    guids = {Contents(catalog).of(each).podcast_guid for each in catalog.feeds}
    assert len(guids) == 5


def test_children_show_what_the_prospect_has_and_greet_who_was_named() -> None:
    catalog = published(a_tree(), to("acme-corp"), a_draft("r2", "Second"))
    for child in ("acme-corp.2", "acme-corp.3", "acme-corp.4"):
        assert titles(catalog, child) == titles(catalog, "acme-corp") == ["Second", "Cut your bill"]
    shown = [
        feed_title(Contents(catalog).of(feed(catalog, child))) for child in ("acme-corp", "acme-corp.2", "acme-corp.3")
    ]
    assert shown == [f"Cloud bills, explained for {name}" for name in ("Acme Corp", "Sam Lee", "Acme Corp")]
    assert answer_episode(catalog, catalog.episodes[1]).feeds == 4
    answer = answer_feed(Contents(catalog), feed(catalog, "acme-corp.4"))
    assert (answer.parent, answer.name, answer.episodes) == ("acme-corp.2", "Kim", 2)


def test_a_text_filled_in_for_the_prospect_speaks_to_the_colleague_by_name() -> None:
    catalog = published(a_tree(), to("acme-corp"), a_draft("r2", "For {name}", personalised=True))
    assert titles(catalog, "acme-corp")[0] == "For Acme Corp"
    assert titles(catalog, "acme-corp.2")[0] == "For Sam Lee"
    assert titles(catalog, "acme-corp.3")[0] == "For Acme Corp"


def test_what_changes_for_the_prospect_concerns_the_children() -> None:
    before = a_tree()
    family = [each.path for each in before.feeds if each.prospect == "acme-corp"]
    for after in (
        published(before, to("acme-corp"), a_draft("r2", "Second")),
        edit_episode(before, "cut-your-bill", notes="Other"),
        edit_prospect(before, "acme-corp", name="Acme Corporation"),
        undo_release(before, 1, NOON),
    ):
        assert set(family) <= set(concerned_paths(before, after))
    revisions = {Contents(before).of(each).revision for each in before.feeds}
    after = published(before, to("acme-corp"), a_draft("r2", "Second"))
    assert {Contents(after).of(feed(after, f"acme-corp{n}")).revision for n in ("", ".2", ".3", ".4")}.isdisjoint(
        revisions
    )
    assert concerned_paths(before, published(before, to("Umbrella"), a_draft("r2", "Second"))) == [
        feed(before, "umbrella").path
    ]
    new = invited(before, "acme-corp", "Lou")
    assert concerned_paths(before, new) == [feed(new, "acme-corp.5").path]


def test_a_colleague_is_invited_once_and_spare_links_each_time() -> None:
    before = a_tree()
    after, feeds, created = invite(before, "acme-corp", ["SAM LEE"], new_token)
    assert after is before
    assert not created
    assert [each.id for each in feeds] == ["acme-corp.2"]
    after, feeds, created = invite(before, "acme-corp", ["Sam Lee", "", ""], new_token)
    assert created
    assert [each.id for each in feeds] == ["acme-corp.2", "acme-corp.5", "acme-corp.6"]
    assert len(after.feeds) == len(before.feeds) + 2


def test_who_cannot_pass_it_on() -> None:
    catalog = published(an_empty_catalog(), to("Acme Corp", public=True))
    catalog = invited(catalog, "acme-corp", "Sam")
    with pytest.raises(CatalogError, match="for everyone"):
        invite(catalog, "public", ["Kim"], new_token)
    with pytest.raises(UnknownName):
        invite(catalog, "nobody", ["Kim"], new_token)
    closed = revoke_feeds(catalog, {"acme-corp.2"}, NOON)
    for by, name in (("acme-corp.2", "Kim"), ("acme-corp", "Sam")):
        with pytest.raises(CatalogError, match=r"acme-corp\.2 is revoked"):
            invite(closed, by, [name], new_token)


def test_nothing_is_published_for_a_child_alone() -> None:
    with pytest.raises(CatalogError, match=r"passed on from acme-corp") as caught:
        published(a_tree(), to("acme-corp.2"), a_draft("r2", "Second"))
    assert "Publish for acme-corp" in caught.value.hint


# ---- what becomes of them


def test_one_is_closed_or_moved_without_the_others() -> None:
    before = a_tree()
    assert descendants(before, {"acme-corp"}) == {"acme-corp.2", "acme-corp.3", "acme-corp.4"}
    assert descendants(before, {"acme-corp.2"}) == {"acme-corp.4"}
    closed = revoke_feeds(before, {"acme-corp"}, NOON)
    assert titles(closed, "acme-corp.4") == ["Cut your bill"], "who was passed it keeps it where that is wanted"
    rotated = rotate_feeds(before, {"acme-corp.2"}, NOON, new_token)
    assert feed(rotated, "acme-corp.4") == feed(before, "acme-corp.4")
    assert titles(rotated, "acme-corp.2") == ["Cut your bill"]


def test_what_was_passed_on_ends_with_what_it_came_from() -> None:
    before = expire_feeds(a_tree(), {"acme-corp.2"}, NOON)
    after = settle(before, NOON + timedelta(days=1), gone=timedelta(days=365))
    assert {each.id for each in after.feeds if each.state == "revoked"} == {"acme-corp.2", "acme-corp.4"}


def test_removing_the_prospect_or_taking_back_its_publish_takes_all() -> None:
    before = a_tree()
    paths = {each.path for each in before.feeds if each.prospect == "acme-corp"}
    removed = remove_prospects(before, {"acme-corp"}, NOON)
    undone = undo_release(before, 1, NOON)
    for after in (removed, undone):
        assert children_of(after, "acme-corp") == ()
        assert paths <= set(after.retired_paths)
    assert "Sam Lee" not in msgspec.json.encode(removed).decode()
    assert b"Sam Lee" not in msgspec.json.encode(without_people(before, removed.erased_paths))


def test_an_earlier_catalog_brings_them_back_with_their_parents() -> None:
    before = a_tree()
    after = return_to(committed(undo_release(before, 1, NOON)), before, at=NOON, new_token=new_token).catalog
    assert [child.id for child in children_of(after, "acme-corp")] == ["acme-corp.2", "acme-corp.3", "acme-corp.4"]
    assert titles(after, "acme-corp.4") == ["Cut your bill"]
    assert {each.path for each in after.feeds}.isdisjoint(each.path for each in before.feeds)
