"""Who can reach what: rotating, revoking, restoring, expiring, removing, replacing, and what time brings."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from pitchcast.errors import CatalogError, UnknownName
from pitchcast.model.catalog import Catalog, find_feed
from pitchcast.model.contents import Contents, concerned_paths
from pitchcast.model.feed import PUBLIC_FEED, Feed
from pitchcast.model.prospect import Mention
from pitchcast.model.steps.access import (
    REPLACED_KEPT,
    Chosen,
    choose_feeds,
    expire_feeds,
    remove_prospects,
    replace_audio,
    restore_feeds,
    revoke_feeds,
    rotate_feeds,
    settle,
    split_feeds,
    why_not_expire,
    why_not_rotate,
)
from pitchcast.model.steps.edit import add_prospect
from pitchcast.model.steps.publish import undo_release
from tests.fixtures.content import a_master
from tests.model.test_catalog import NOON, a_draft, an_empty_catalog, committed, new_token, published, titles, to

DAY = timedelta(days=1)
GONE = timedelta(days=365)


def a_catalog() -> Catalog:
    return published(an_empty_catalog(), to("Acme Corp", "Umbrella", public=True))


def feed(catalog: Catalog, feed_id: str = "acme-corp") -> Feed:
    found = find_feed(catalog, feed_id)
    assert found is not None
    return found


def guid(catalog: Catalog, feed_id: str = "acme-corp") -> str:
    return Contents(catalog).of(feed(catalog, feed_id)).podcast_guid


def all_paths(catalog: Catalog) -> set[str]:
    return {each.path for each in catalog.feeds} | set(catalog.retired_paths)


def test_rotating_keeps_every_guid_and_retires_the_old_folder() -> None:
    before = a_catalog()
    after = rotate_feeds(before, {"acme-corp"}, NOON, new_token)
    assert feed(after).path != feed(before).path
    assert feed(before).path in after.retired_paths
    assert guid(after) == guid(before)
    assert titles(after, "acme-corp") == titles(before, "acme-corp")
    assert concerned_paths(before, after) == [feed(before).path, feed(after).path]
    ended = Contents(after).at(feed(before).path)
    assert ended is not None
    assert (ended.ending, ended.podcast_guid, ended.deliveries) == ("rotated", guid(before), ())
    assert not ended.new_feed_url
    again = rotate_feeds(committed(after), {"acme-corp"}, NOON, new_token)
    assert guid(again) == guid(before)
    assert feed(again).earlier_paths == (feed(before).path, feed(after).path)


def test_revoking_leaves_a_tombstone_that_names_nobody() -> None:
    before = a_catalog()
    after = revoke_feeds(before, {"acme-corp"}, NOON)
    gone = Contents(after).at(feed(before).path)
    assert gone is not None
    assert gone.is_gone
    assert gone.podcast_guid == guid(before)
    assert (gone.prospect, gone.deliveries, gone.cover_url) == (None, (), "")
    assert concerned_paths(before, after) == [feed(before).path]
    assert feed(before).path in after.retired_paths
    assert revoke_feeds(after, {"acme-corp"}, NOON + DAY) is after


Step = Callable[[Catalog], Catalog]
ENDINGS = [
    pytest.param(lambda c: rotate_feeds(c, {"acme-corp"}, NOON, new_token), "rotated", id="rotate"),
    pytest.param(lambda c: revoke_feeds(c, {"acme-corp"}, NOON), "closed", id="revoke"),
    pytest.param(lambda c: remove_prospects(c, {"acme-corp"}, NOON), "closed", id="remove"),
    pytest.param(lambda c: undo_release(c, 1, NOON), "closed", id="undo"),
    pytest.param(lambda c: settle(expire_feeds(c, {"acme-corp"}, NOON), NOON, gone=GONE), "expired", id="expire"),
]


@pytest.mark.parametrize(("step", "why"), ENDINGS)
def test_every_ended_address_says_so_for_a_while(step: Step, why: str) -> None:
    before = a_catalog()
    path = feed(before).path
    ended = step(before)
    content = Contents(ended).at(path)
    assert content is not None
    assert (content.is_gone, content.ending, content.podcast_guid) == (True, why, guid(before))
    assert (content.prospect, content.deliveries, content.kept) == (None, (), ())
    assert concerned_paths(before, ended)[0] == path
    assert path in ended.retired_paths
    assert settle(ended, NOON + GONE - DAY, gone=GONE) is ended
    later = settle(committed(ended), NOON + GONE, gone=GONE)
    assert Contents(later).at(path) is None
    assert path in concerned_paths(ended, later)
    assert path in later.retired_paths


def test_the_public_address_of_what_was_undone_opens_again() -> None:
    before = published(an_empty_catalog(), to(public=True))
    path = feed(before, PUBLIC_FEED).path
    undone = committed(undo_release(before, 1, NOON))
    assert Contents(undone).at(path).is_gone  # type: ignore[union-attr]
    again = published(undone, to(public=True))
    assert feed(again, PUBLIC_FEED).path == path
    assert not Contents(again).at(path).is_gone  # type: ignore[union-attr]
    assert again.tombstones == ()
    assert concerned_paths(undone, again) == [path]


def test_restoring_gives_an_address_that_was_never_used() -> None:
    before = a_catalog()
    revoked = committed(revoke_feeds(before, {"acme-corp"}, NOON))
    after = restore_feeds(revoked, {"acme-corp"}, new_token)
    assert feed(after).state == "active"
    assert feed(after).path not in all_paths(revoked)
    assert guid(after) == guid(before)
    assert titles(after, "acme-corp") == ["Cut your bill"]
    assert Contents(after).at(feed(before).path).is_gone  # type: ignore[union-attr]
    assert concerned_paths(revoked, after) == [feed(after).path]
    assert restore_feeds(after, {"acme-corp"}, new_token) is after


def test_the_public_feed_comes_back_in_another_folder() -> None:
    before = a_catalog()
    revoked = committed(revoke_feeds(before, {PUBLIC_FEED}, NOON))
    assert Contents(revoked).at("cloud-bills-explained").feed.access == "public"  # type: ignore[union-attr]
    after = restore_feeds(revoked, {PUBLIC_FEED}, new_token)
    assert feed(after, PUBLIC_FEED).path == "cloud-bills-explained-2"
    assert guid(after, PUBLIC_FEED) == guid(before, PUBLIC_FEED)


def test_a_public_feed_taken_back_after_it_was_revoked_never_returns_to_its_folder() -> None:
    catalog = published(an_empty_catalog(), to(public=True))
    catalog = committed(revoke_feeds(catalog, {PUBLIC_FEED}, NOON))
    catalog = committed(undo_release(catalog, 1, NOON))
    catalog = published(catalog, to(public=True), a_draft("r2", "Another"))
    assert feed(catalog, PUBLIC_FEED).path == "cloud-bills-explained-2"


def test_an_expired_feed_is_revoked_when_its_time_has_come() -> None:
    before = a_catalog()
    dated = expire_feeds(before, {"acme-corp"}, NOON + DAY)
    assert concerned_paths(before, dated) == [], "nobody sees when a feed ends"
    assert settle(dated, NOON, gone=GONE) is dated
    after = settle(dated, NOON + DAY, gone=GONE)
    assert (feed(after).state, feed(after).expires) == ("revoked", None)
    assert feed(after, "umbrella").state == "active"
    assert expire_feeds(dated, {"acme-corp"}, None) == before
    assert expire_feeds(before, {"acme-corp"}, None) is before


def test_a_removed_prospect_leaves_nothing_but_folders_that_are_never_used_again() -> None:
    before = committed(rotate_feeds(a_catalog(), {"acme-corp"}, NOON, new_token))
    after = remove_prospects(before, {"acme-corp"}, NOON)
    assert "acme" not in msgspec.json.encode(after).decode().casefold()
    assert {feed(before).path, *feed(before).earlier_paths} == set(after.erased_paths)
    assert Contents(after).at(feed(before).path).is_gone  # type: ignore[union-attr]
    offered = iter([feed(before).path, "b" * 26])
    again, _ = add_prospect(committed(after), Mention(name="Acme Corp"), lambda: next(offered))
    assert feed(again).path == "b" * 26
    assert remove_prospects(after, {"acme-corp"}, NOON) is after


def test_everybody_is_revoked_or_rotated_quickly() -> None:
    """A show of 20,000 prospects: no step looks at all feeds again for each of them."""
    catalog = an_empty_catalog()
    one, _ = add_prospect(catalog, Mention(name="One"), new_token)
    feeds = tuple(msgspec.structs.replace(one.feeds[0], id=f"p{n}", path=new_token()) for n in range(20_000))
    catalog = msgspec.structs.replace(catalog, feeds=feeds)
    ids = {feed.id for feed in feeds}
    rotated = rotate_feeds(catalog, ids, NOON, new_token)
    assert len(all_paths(rotated)) == 40_000
    assert len(revoke_feeds(rotated, ids, NOON).tombstones) == 40_000


# ---- whom a command means


def test_feeds_are_chosen_by_name_segment_or_all() -> None:
    catalog = a_catalog()
    catalog, _ = add_prospect(catalog, Mention(name="Zeta"), new_token, segments=("eu",))

    def ids(**chosen: object) -> list[str]:
        return [each.id for each in choose_feeds(catalog, Chosen(**chosen))]  # type: ignore[arg-type]

    assert ids(who=("ACME corp.", "acme-corp", "public")) == ["acme-corp", "public"]
    assert ids(segments=("EU",)) == ["zeta"]
    assert ids(everyone=True) == ["acme-corp", "umbrella", "zeta"], "the public feed only by its name"
    for chosen in (Chosen(who=("nobody",)), Chosen(segments=("none",))):
        with pytest.raises(UnknownName):
            choose_feeds(catalog, chosen)


@pytest.mark.parametrize(
    ("who", "objection", "message"),
    [
        pytest.param("public", why_not_rotate, "is public", id="a public address is no secret"),
        pytest.param("acme-corp", why_not_rotate, "is revoked", id="a revoked feed is restored, not rotated"),
        pytest.param("acme-corp", why_not_expire, "is revoked", id="a revoked feed has ended"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_and_left_out_of_all(
    who: str, objection: Callable[[Feed], str], message: str
) -> None:
    catalog = revoke_feeds(a_catalog(), {"acme-corp"}, NOON)
    with pytest.raises(CatalogError, match=message) as caught:
        split_feeds(catalog, Chosen(who=(who,)), objection)
    assert caught.value.hint
    good, left_out = split_feeds(catalog, Chosen(everyone=True), objection)
    assert [each.id for each in good] == ["umbrella"]
    assert [each.id for each in left_out] == ["acme-corp"]


# ---- other audio


def replaced(catalog: Catalog, recording: str = "r2", sha256: str = "77" * 32) -> Catalog:
    return committed(
        replace_audio(
            catalog, "cut-your-bill", recording=recording, master=a_master(sha256=sha256), chapters=(), at=NOON
        )
    )


def audio_name(catalog: Catalog) -> str:
    return Contents(catalog).of(feed(catalog)).deliveries[0].audio_name


def test_replaced_audio_has_a_new_name_and_the_old_one_is_kept_a_week() -> None:
    before = a_catalog()
    after = replaced(before)
    content = Contents(after).of(feed(after))
    assert audio_name(after) != audio_name(before)
    assert content.kept == (audio_name(before),)
    assert content.deliveries[0].episode.guid == before.episodes[0].guid
    assert set(concerned_paths(before, after)) == {each.path for each in before.feeds}
    assert settle(after, NOON + REPLACED_KEPT - DAY, gone=GONE) is after
    settled = settle(after, NOON + REPLACED_KEPT, gone=GONE)
    assert Contents(settled).of(feed(settled)).kept == ()
    assert set(concerned_paths(after, settled)) == {each.path for each in before.feeds}
    assert audio_name(settled) == audio_name(after)


def test_audio_that_comes_back_never_has_a_name_that_was_deleted() -> None:
    before = a_catalog()
    first = before.episodes[0]
    back = replaced(replaced(before), first.recording_sha256, first.master.sha256)
    assert audio_name(back) != audio_name(before)
    assert published(back, to("acme-corp")) is back, "the recording is known again"


def test_an_older_recording_is_not_published_by_the_way() -> None:
    after = replaced(a_catalog())
    assert published(after, to("acme-corp"), a_draft("r2")) is after
    with pytest.raises(CatalogError, match="was replaced"):
        published(after, to("Zeta"))
    assert titles(published(after, to("Zeta"), a_draft(repeat=1)), "zeta") == ["Cut your bill"]


def test_what_cannot_be_replaced() -> None:
    catalog = published(a_catalog(), to("acme-corp"), a_draft("r2", "Second"))
    with pytest.raises(CatalogError, match="already published as “Second”"):
        replaced(catalog)
    with pytest.raises(UnknownName):
        replace_audio(catalog, "none", recording="r9", master=a_master(), chapters=(), at=NOON)
    same = catalog.episodes[0]
    assert (
        replace_audio(catalog, same.id, recording=same.recording_sha256, master=same.master, chapters=(), at=NOON)
        is catalog
    )
