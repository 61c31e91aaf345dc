"""Bringing an earlier catalog back, and taking people out of one."""

from datetime import timedelta

import msgspec

from pitchcast.model.catalog import Catalog, Contents, edit_episode, edit_prospect, edit_show, find_feed, undo_release
from pitchcast.model.steps.access import remove_prospects, replace_audio, revoke_feeds, rotate_feeds
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


def test_texts_and_deliveries_come_back() -> None:
    old = a_catalog()
    now = published(old, to("acme-corp"), a_draft("r2", "A mistake", guid="r2"))
    now = committed(edit_episode(now, "cut-your-bill", title="Spoilt"))
    now = committed(edit_prospect(now, "umbrella", name="Wrong"))
    now = committed(edit_show(now, msgspec.structs.replace(now.show, host="Nobody"), now.brand, now.public_url))
    back = returned(now, old)
    assert titles(back.catalog, "acme-corp") == ["Cut your bill"]
    assert [p.name for p in back.catalog.prospects] == ["Acme Corp", "Umbrella"]
    assert back.catalog.show.host == old.show.host
    assert back.unpublished == ("a-mistake",)
    assert path(back.catalog) == path(old), "an address that works goes on working"
    assert back.catalog.next_release == now.next_release
    assert returned(committed(back.catalog), old).catalog.episodes == back.catalog.episodes


def test_the_same_again_changes_nothing() -> None:
    catalog = a_catalog()
    assert returned(catalog, catalog).catalog is catalog


def test_an_address_given_since_stays_and_a_retired_one_stays_dead() -> None:
    old = a_catalog()
    now = committed(rotate_feeds(old, {"acme-corp"}, new_token))
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
    taken_back = committed(undo_release(withdrawn, 1))
    for now in (withdrawn, taken_back):
        back = returned(now, old)
        assert all(not titles(back.catalog, feed.id) for feed in back.catalog.feeds)
        assert back.withdrawn == ("cut-your-bill",)


def test_who_was_erased_stays_erased_also_under_the_same_name() -> None:
    old = committed(rotate_feeds(a_catalog(), {"acme-corp"}, new_token))
    gone = committed(remove_prospects(old, {"acme-corp"}, NOON))
    back = returned(gone, old)
    assert back.erased == 1
    assert [p.id for p in back.catalog.prospects] == ["umbrella"]
    namesake = published(gone, to("Acme Corp"), a_draft("r9", "For a namesake", guid="r9"))
    back = returned(namesake, old)
    assert [p.id for p in back.catalog.prospects] == ["umbrella"], "added since, so it goes"
    assert back.dropped == ("acme-corp",)
    assert path(namesake) in back.catalog.retired


def test_what_was_taken_back_returns_under_new_addresses_and_names() -> None:
    old = a_catalog()
    now = committed(undo_release(old, 1))
    back = returned(now, old)
    assert back.readdressed == ("acme-corp", "umbrella")
    assert path(back.catalog) != path(old)
    assert path(old) in back.catalog.retired
    assert titles(back.catalog, "acme-corp") == ["Cut your bill"]
    assert not set(audio_names(back.catalog)) & set(audio_names(old))
    guids = {Contents(c).of(c.feeds[0]).podcast_guid for c in (old, back.catalog)}
    assert len(guids) == 1


def test_a_namesake_gets_nothing_of_what_was_taken_back() -> None:
    """The undone publish had created one Acme Corp, and another was added since: deliveries go to the right one."""
    old = published(an_empty_catalog(), to("Acme Corp"))
    now = published(committed(undo_release(old, 1)), to("Acme Corp"), a_draft("r2", "For the other one", guid="r2"))
    back = returned(now, old).catalog
    assert titles(back, "acme-corp") == ["Cut your bill"]
    assert path(back) not in (path(now), path(old))
    assert {path(now), path(old)} <= set(back.retired)


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
