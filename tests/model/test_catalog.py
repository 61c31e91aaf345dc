"""The steps from one catalog to the next."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from pitchcast.errors import AmbiguousName, CatalogError, UnknownName
from pitchcast.model.catalog import FORMAT, RENDERER, Audience, Catalog, Saved, find_feed, resolve_audience
from pitchcast.model.contents import Contents, concerned_paths
from pitchcast.model.episode import Episode
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.prospect import Mention, parse_mention
from pitchcast.model.steps.edit import add_prospect, edit_episode, edit_prospect, edit_show
from pitchcast.model.steps.publish import last_release, publish_episode, undo_release
from pitchcast.model.token import make_token
from pitchcast.page.titles import feed_title
from tests.fixtures.content import a_show, an_episode

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def an_empty_catalog() -> Catalog:
    return Catalog(
        format=FORMAT,
        renderer=RENDERER,
        revision=1,
        nonce="n",
        saved=Saved(at=NOON, who="dana", what="started"),
        show=a_show(slug=""),
        public_url="https://listen.example.com",
        next_release=1,
    )


def tokens() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield make_token(number.to_bytes(17, "little"))


_TOKENS = tokens()


def new_token() -> str:
    return next(_TOKENS)


def to(*names: str, **more: object) -> Audience:
    return Audience(to=tuple(parse_mention(name) for name in names), **more)  # type: ignore[arg-type]


def a_draft(recording: str = "r1", title: str = "Cut your bill", **changes: object) -> Episode:
    return msgspec.structs.replace(an_episode(), id="", slug="", recording_sha256=recording, title=title, **changes)


def published(
    catalog: Catalog, audience: Audience, draft: Episode | None = None, *, date: datetime = NOON, who: str = "dana"
) -> Catalog:
    """Publish as a commit would: the revision grows where anything changed."""
    after = publish_episode(catalog, draft or a_draft(), audience, date=date, who=who, new_token=new_token)
    return after if after is catalog else committed(after)


def committed(catalog: Catalog) -> Catalog:
    return msgspec.structs.replace(catalog, revision=catalog.revision + 1)


def titles(catalog: Catalog, feed_id: str) -> list[str]:
    feed = find_feed(catalog, feed_id)
    assert feed is not None
    return [d.episode.title for d in Contents(catalog).of(feed).deliveries]


def test_publishing_creates_prospect_feed_episode_and_release() -> None:
    catalog = published(an_empty_catalog(), to("Acme Corp <jo@acme.example>"))
    assert [p.id for p in catalog.prospects] == ["acme-corp"]
    assert catalog.prospects[0].email == "jo@acme.example"
    assert [e.id for e in catalog.episodes] == ["cut-your-bill"]
    assert catalog.releases[0].created == ("acme-corp",)
    assert titles(catalog, "acme-corp") == ["Cut your bill"]


def test_an_address_given_for_somebody_who_had_none_is_kept() -> None:
    catalog = published(an_empty_catalog(), to("Acme"))
    later = published(catalog, to("Acme <jo@acme.example>"), a_draft("r2", "Second"))
    assert [(p.id, p.email) for p in later.prospects] == [("acme", "jo@acme.example")]
    same = published(later, to("Acme <jo@acme.example>"), a_draft("r2", "Second"))
    assert same is later
    only_kept = published(catalog, to("Acme <jo@acme.example>"))
    assert concerned_paths(catalog, only_kept) == [], "no address is in any feed"


def test_the_same_again_changes_nothing() -> None:
    once = published(an_empty_catalog(), to("Acme Corp"))
    assert publish_episode(once, a_draft(), to("acme corp"), date=NOON, who="x", new_token=new_token) is once


def test_the_same_recording_for_somebody_else_is_the_same_episode() -> None:
    catalog = published(published(an_empty_catalog(), to("Acme")), to("Umbrella"), a_draft(title=""))
    assert len(catalog.episodes) == 1
    assert titles(catalog, "acme") == titles(catalog, "umbrella") == ["Cut your bill"]


def test_another_title_for_a_known_recording_is_refused() -> None:
    catalog = published(an_empty_catalog(), to("Acme"))
    with pytest.raises(CatalogError) as caught:
        published(catalog, to("Umbrella"), a_draft(title="Something else"))
    assert "episodes edit cut-your-bill" in caught.value.hint
    assert "--again" in caught.value.hint


def test_dates_are_unique_in_a_show() -> None:
    catalog = published(an_empty_catalog(), to("Acme"))
    catalog = published(catalog, to("Acme"), a_draft("r2", "Second"))
    catalog = published(catalog, to("Acme"), a_draft("r3", "Third"))
    assert [release.date for release in catalog.releases] == [NOON + timedelta(seconds=n) for n in range(3)]
    assert titles(catalog, "acme") == ["Third", "Second", "Cut your bill"]


def test_equal_names_and_titles_get_numbers_which_no_file_name_shows() -> None:
    catalog = published(an_empty_catalog(), to("Jo Doe <a@a.example>"))
    catalog = published(catalog, to("Jo Doe <b@b.example>"), a_draft("r2"))
    assert [p.id for p in catalog.prospects] == ["jo-doe", "jo-doe-2"]
    assert [e.id for e in catalog.episodes] == ["cut-your-bill", "cut-your-bill-2"]
    assert [e.slug for e in catalog.episodes] == ["cut-your-bill", "cut-your-bill"]
    with pytest.raises(AmbiguousName, match=r"Jo Doe \(jo-doe, a@a.example\), Jo Doe \(jo-doe-2, b@b"):
        resolve_audience(catalog, Audience(to=(Mention(name="Jo  Doe!"),)))


def test_nobody_can_be_called_like_the_public_feed() -> None:
    catalog = published(an_empty_catalog(), to("Public", public=True))
    assert [feed.id for feed in catalog.feeds] == ["public-2", PUBLIC_FEED]
    assert catalog.show.slug == "cloud-bills-explained"


@pytest.mark.parametrize(
    ("audience", "message"),
    [
        pytest.param(to("new@nobody.example"), "new@nobody.example", id="a bare unknown address needs a name"),
        pytest.param(to("Somebody New", existing_only=True), "Somebody New", id="only existing ones"),
        pytest.param(Audience(segments=("fintech",)), "fintech", id="an empty segment"),
    ],
)
def test_audiences_that_are_refused(audience: Audience, message: str) -> None:
    with pytest.raises(UnknownName, match=message) as caught:
        published(an_empty_catalog(), audience)
    assert caught.value.hint


def test_a_segment_is_its_members_of_that_moment() -> None:
    catalog = an_empty_catalog()
    for name in ("One", "Two"):
        catalog, _ = add_prospect(catalog, Mention(name=name), new_token, segments=("Fintech",))
    catalog = published(committed(catalog), Audience(segments=("fintech",)))
    catalog, _ = add_prospect(catalog, Mention(name="Three"), new_token, segments=("fintech",))
    assert titles(catalog, "one") == titles(catalog, "two") == ["Cut your bill"]
    assert titles(catalog, "three") == []


def test_revoked_prospects_are_refused_by_name_and_left_out_of_segments() -> None:
    catalog, _ = add_prospect(an_empty_catalog(), Mention(name="Acme"), new_token, segments=("eu",))
    revoked = tuple(msgspec.structs.replace(feed, state="revoked") for feed in catalog.feeds)
    catalog = msgspec.structs.replace(catalog, feeds=revoked)
    with pytest.raises(CatalogError, match="revoked"):
        resolve_audience(catalog, to("Acme"))
    assert resolve_audience(catalog, Audience(segments=("eu",))).skipped == ("acme",)


def test_undo_takes_the_episode_and_the_prospect_it_created() -> None:
    before = published(an_empty_catalog(), to("Acme"))
    after = undo_release(before, last_release(before, "dana".__eq__).number, NOON)
    assert (after.episodes, after.prospects, after.feeds, after.releases) == ((), (), (), ())
    assert after.retired_paths == (before.feeds[0].path,)
    assert after.next_release == 2
    assert concerned_paths(before, after) == [before.feeds[0].path]


def test_undo_leaves_what_others_did_since() -> None:
    """A colleague delivered something else to the prospect that the undone publish had created."""
    catalog = published(an_empty_catalog(), to("Acme"))
    catalog = published(catalog, to("Acme"), a_draft("r2", "A colleague's"), who="sam")
    catalog = published(catalog, to("Umbrella"), a_draft(), who="sam")
    after = undo_release(catalog, last_release(catalog, "dana".__eq__).number, NOON)
    assert titles(after, "acme") == ["A colleague's"]
    assert titles(after, "umbrella") == ["Cut your bill"]


def test_undo_is_never_of_a_colleagues_publish() -> None:
    catalog = published(an_empty_catalog(), to("Acme"), who="sam")
    with pytest.raises(UnknownName, match="nothing of yours"):
        last_release(catalog, "dana".__eq__)


def test_a_retired_token_is_never_used_again() -> None:
    catalog = published(an_empty_catalog(), to("Acme"))
    old = catalog.feeds[0].path
    catalog = committed(undo_release(catalog, 1, NOON))
    offered = iter([old, catalog.show.art_token, "b" * 26])
    catalog, _ = add_prospect(catalog, Mention(name="Acme"), lambda: next(offered))
    assert catalog.feeds[0].path == "b" * 26


def test_a_deleted_audio_name_is_never_written_again() -> None:
    first = published(an_empty_catalog(), to("Acme"))
    undone = committed(undo_release(first, 1, NOON))
    second = published(undone, to("Acme"))
    names = [Contents(c).of(c.feeds[0]).deliveries[0].audio_name for c in (first, second)]
    assert names[0] != names[1]
    assert first.episodes[0].guid == second.episodes[0].guid


def test_a_withdrawn_recording_is_not_published_again_by_the_way() -> None:
    catalog = edit_episode(published(an_empty_catalog(), to("Acme")), "cut-your-bill", withdrawn=True)
    assert titles(catalog, "acme") == []
    with pytest.raises(CatalogError, match="withdrawn"):
        published(catalog, to("Acme"))
    again = published(catalog, to("Acme"), a_draft(repeat=1))
    assert titles(again, "acme") == ["Cut your bill"]


def test_a_feeds_revision_is_new_after_every_change_of_what_it_shows_and_tells_nothing_of_others() -> None:
    catalog = committed(published(an_empty_catalog(), to("Acme", "Umbrella")))
    seen = [Contents(catalog).of(catalog.feeds[0]).revision]
    for step in (
        lambda c: edit_episode(c, "cut-your-bill", title="New title"),
        lambda c: edit_prospect(c, "acme", name="Acme Inc"),
        lambda c: edit_show(c, msgspec.structs.replace(c.show, host="Sam"), c.brand, c.public_url),
        lambda c: undo_release(c, 1, NOON),
    ):
        before, catalog = catalog, committed(step(catalog))
        if find_feed(catalog, "acme"):
            seen.append(Contents(catalog).of(catalog.feeds[0]).revision)
        assert concerned_paths(before, catalog)
    assert len(seen) == len(set(seen))
    catalog = busier = committed(published(catalog, to("Acme"), a_draft("r9", "Once more")))
    for number in range(3):
        busier = committed(published(busier, to(f"Neighbour {number}"), a_draft(f"r{number + 2}", f"Other {number}")))
    assert Contents(busier).of(catalog.feeds[0]).revision == Contents(catalog).of(catalog.feeds[0]).revision


def test_only_the_feeds_that_change_are_concerned() -> None:
    catalog = published(published(an_empty_catalog(), to("Acme")), to("Umbrella"), a_draft("r2", "Other"))
    acme, umbrella = (feed.path for feed in catalog.feeds)
    edited = edit_episode(catalog, "cut-your-bill", notes="New notes")
    assert concerned_paths(catalog, edited) == [acme]
    renamed = edit_prospect(catalog, "umbrella", name="Umbrella Inc")
    assert concerned_paths(catalog, renamed) == [umbrella]
    assert concerned_paths(catalog, published(catalog, to(public=True), a_draft("r3", "For all"))) == [
        "cloud-bills-explained"
    ]
    assert concerned_paths(catalog, catalog) == []


def test_a_private_feed_names_its_prospect_and_a_public_one_nobody() -> None:
    catalog = published(an_empty_catalog(), to("Acme Corp", public=True))
    contents = Contents(catalog)
    assert [feed_title(contents.of(feed)) for feed in catalog.feeds] == [
        "Cloud bills, explained for Acme Corp",
        "Cloud bills, explained",
    ]


def test_podcast_guids_survive_another_address() -> None:
    catalog = published(an_empty_catalog(), to("Acme"))
    moved = edit_show(catalog, catalog.show, catalog.brand, "https://pods.example.org/x")
    guids = {Contents(c).of(c.feeds[0]).podcast_guid for c in (catalog, moved)}
    assert len(guids) == 1
