"""Bringing an earlier catalog back, and taking people out of one."""

from datetime import timedelta

import msgspec
import pytest

from pitchcast.errors import CatalogError
from pitchcast.model.catalog import Catalog, find_feed
from pitchcast.model.contents import Contents
from pitchcast.model.steps.access import remove_prospects, replace_audio, revoke_feeds, rotate_feeds
from pitchcast.model.steps.edit import edit_episode, edit_prospect, edit_show
from pitchcast.model.steps.invitations import invite
from pitchcast.model.steps.publish import undo_release
from pitchcast.model.steps.restore import ERASED_WORDS, Returned, return_to, without_people
from tests.fixtures.content import a_master
from tests.model.test_catalog import NOON, a_draft, an_empty_catalog, committed, new_token, published, titles, to

LATER = NOON + timedelta(days=1)


def a_catalog() -> Catalog:
    return published(an_empty_catalog(), to("Acme Corp", "Umbrella"))


def returned(catalog: Catalog, old: Catalog) -> Returned:
    return return_to(catalog, old, at=LATER, new_token=new_token)


def path(catalog: Catalog, feed_id: str = "acme-corp") -> str:
    feed = find_feed(catalog, feed_id)
    assert feed is not None
    return feed.path


def audio_names(catalog: Catalog, feed_id: str = "acme-corp") -> list[str]:
    feed = find_feed(catalog, feed_id)
    assert feed is not None
    return [delivery.audio_name for delivery in Contents(catalog).of(feed).deliveries]


def test_texts_come_back() -> None:
    old = a_catalog()
    now = committed(edit_episode(old, "cut-your-bill", title="Spoilt"))
    now = committed(edit_prospect(now, "umbrella", name="Wrong"))
    now = committed(edit_show(now, msgspec.structs.replace(now.show, host="Nobody"), now.brand, now.public_url))
    back = returned(now, old)
    assert titles(back.catalog, "acme-corp") == ["Cut your bill"]
    assert [p.name for p in back.catalog.prospects] == ["Acme Corp", "Umbrella"]
    assert back.catalog.show.host == old.show.host
    assert path(back.catalog) == path(old), "an address that works goes on working"
    assert back.catalog.next_release == now.next_release
    again = committed(back.catalog)
    assert returned(again, old).catalog is again


def test_what_was_added_since_stays() -> None:
    old = published(a_catalog(), to("umbrella"), a_draft("r3", "For Umbrella", guid="r3"))
    now = published(old, to("acme-corp", "Zeta"), a_draft("r2", "A later one", guid="r2"))
    now, colleagues, _ = invite(now, "acme-corp", ["Sam Lee"], new_token)
    now = published(committed(now), to("acme-corp"), a_draft("r3", "For Umbrella", guid="r3"))
    now = committed(edit_episode(now, "cut-your-bill", title="Spoilt"))
    back = returned(now, old)
    assert titles(back.catalog, "acme-corp") == ["For Umbrella", "A later one", "Cut your bill"]
    assert titles(back.catalog, colleagues[0].id) == titles(back.catalog, "acme-corp")
    assert titles(back.catalog, "zeta") == ["A later one"]
    assert {feed.id: feed.path for feed in back.catalog.feeds} == {feed.id: feed.path for feed in now.feeds}
    assert back.catalog.retired_paths == now.retired_paths
    assert (back.added, back.published, back.delivered) == (
        ("zeta", "acme-corp.2"),
        ("a-later-one",),
        ("for-umbrella",),
    )
    nothing_lost = published(old, to("Zeta"), a_draft("r2", "A later one", guid="r2"))
    assert returned(nothing_lost, old).catalog is nothing_lost


def test_an_episode_sent_again_since_is_heard_once() -> None:
    old = a_catalog()
    now = published(committed(undo_release(old, 1, NOON)), to("Acme Corp"), a_draft(title="Under another title"))
    now = published(now, to("Umbrella"), a_draft(title=""))
    back = returned(now, old)
    assert titles(back.catalog, "acme-corp") == titles(back.catalog, "umbrella") == ["Cut your bill"]
    assert titles(back.catalog, "acme-corp-2") == titles(back.catalog, "umbrella-2") == ["Cut your bill"]
    assert [e.id for e in back.catalog.episodes] == [now.episodes[0].id]
    assert audio_names(back.catalog) == audio_names(now), "what apps have already is not fetched again"


def test_an_episode_whose_name_another_has_by_now_comes_back_beside_it() -> None:
    old = published(a_catalog(), to("umbrella"), a_draft("r2", "Second", guid="r2"))
    now = published(committed(undo_release(old, 2, NOON)), to("umbrella"), a_draft("r9", "Second", guid="r9"))
    back = returned(now, old).catalog
    assert [e.id for e in back.episodes] == ["cut-your-bill", "second-2", "second"]
    assert len(set(audio_names(back, "umbrella"))) == len(titles(back, "umbrella")) == 3
    again = committed(back)
    assert returned(again, old).catalog is again


def test_a_text_that_cannot_be_filled_in_for_somebody_new_is_not_brought_back() -> None:
    old = published(an_empty_catalog(), to("Acme Corp"), a_draft(title="For {name}", personalised=True))
    now = committed(edit_episode(old, old.episodes[0].id, title="For all", personalised=False))
    now = published(now, to(public=True), a_draft(title=""))
    with pytest.raises(CatalogError, match="cannot be in the public feed"):
        returned(now, old)


def test_the_same_again_changes_nothing() -> None:
    catalog = a_catalog()
    assert returned(catalog, catalog).catalog is catalog


def test_an_address_given_since_stays_and_a_retired_one_stays_dead() -> None:
    old = a_catalog()
    now = committed(rotate_feeds(old, {"acme-corp"}, NOON, new_token))
    assert returned(now, old).catalog is now


def test_what_was_revoked_stays_revoked() -> None:
    old = a_catalog()
    now = committed(revoke_feeds(old, {"acme-corp"}, NOON))
    back = returned(now, old)
    assert back.catalog is now
    assert back.revoked == ("acme-corp",)


def test_what_was_withdrawn_stays_withdrawn_even_when_it_was_taken_back_since() -> None:
    old = a_catalog()
    withdrawn = committed(edit_episode(old, "cut-your-bill", withdrawn=True))
    taken_back = committed(undo_release(withdrawn, 1, NOON))
    for now in (withdrawn, taken_back):
        back = returned(now, old)
        assert all(not titles(back.catalog, feed.id) for feed in back.catalog.feeds)
        assert back.withdrawn == ("cut-your-bill",)


def test_who_was_erased_stays_erased_also_under_the_same_name() -> None:
    old = committed(rotate_feeds(a_catalog(), {"acme-corp"}, NOON, new_token))
    gone = committed(remove_prospects(old, {"acme-corp"}, NOON))
    back = returned(gone, old)
    assert back.erased == 1
    assert [p.id for p in back.catalog.prospects] == ["umbrella"]
    namesake = published(gone, to("Acme Corp"), a_draft("r9", "For a namesake", guid="r9"))
    back = returned(namesake, old)
    assert path(back.catalog) == path(namesake)
    assert titles(back.catalog, "acme-corp") == ["For a namesake"], "nothing of the one who was erased"
    assert back.added == ("acme-corp",)


def test_what_was_taken_back_returns_under_new_addresses_and_names() -> None:
    old = a_catalog()
    now = committed(undo_release(old, 1, NOON))
    back = returned(now, old)
    assert back.readdressed == ("acme-corp", "umbrella")
    assert path(back.catalog) != path(old)
    assert path(old) in back.catalog.retired_paths
    assert titles(back.catalog, "acme-corp") == ["Cut your bill"]
    assert not set(audio_names(back.catalog)) & set(audio_names(old))
    guids = {Contents(c).of(c.feeds[0]).podcast_guid for c in (old, back.catalog)}
    assert len(guids) == 1


def test_a_namesake_gets_nothing_of_what_was_taken_back() -> None:
    """The undone publish had created one Acme Corp, and another was added since: deliveries go to the right one."""
    old = published(an_empty_catalog(), to("Acme Corp"))
    now = published(
        committed(undo_release(old, 1, NOON)), to("Acme Corp"), a_draft("r2", "For the other one", guid="r2")
    )
    back = returned(now, old)
    assert back.readdressed == ("acme-corp-2",)
    assert titles(back.catalog, "acme-corp") == ["For the other one"]
    assert path(back.catalog) == path(now)
    assert titles(back.catalog, "acme-corp-2") == ["Cut your bill"]
    assert path(back.catalog, "acme-corp-2") not in (path(now), path(old))
    again = committed(back.catalog)
    assert returned(again, old).catalog is again


def test_replaced_audio_comes_back_under_a_new_name() -> None:
    old = a_catalog()
    now = committed(
        replace_audio(old, "cut-your-bill", recording="r2", master=a_master(sha256="77" * 32), chapters=(), at=NOON)
    )
    back = returned(now, old).catalog
    assert back.episodes[0].master == old.episodes[0].master
    assert not set(audio_names(back)) & {*audio_names(old), *audio_names(now)}
    feed = find_feed(back, "acme-corp")
    assert feed is not None
    assert set(audio_names(now)) <= set(Contents(back).of(feed).kept)


def test_people_are_taken_out_of_an_earlier_catalog() -> None:
    old = a_catalog()
    old = msgspec.structs.replace(old, saved=msgspec.structs.replace(old.saved, what="added the prospect ACME Corp"))
    clean = without_people(old, {path(old)})
    assert "acme" not in msgspec.json.encode(clean).decode().casefold()
    assert clean.saved.what == ERASED_WORDS
    assert (clean.revision, clean.nonce) == (old.revision, old.nonce)
    assert without_people(old, {"z" * 26}) is old
