"""Greetings through everything that can happen to a catalog: which audio a feed shows, and under which names."""

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitchcast.errors import UsageError
from pitchcast.model.catalog import Audience, Catalog, resolve_audience
from pitchcast.model.contents import Contents, concerned_paths
from pitchcast.model.episode import Chapter, Greeting, shift_chapters
from pitchcast.model.steps.access import REPLACED_KEPT, remove_prospects, replace_audio, settle
from pitchcast.model.steps.edit import edit_episode
from pitchcast.model.steps.greetings import check_one_listener, greet, greetings_of
from pitchcast.model.steps.publish import undo_release
from pitchcast.model.steps.restore import return_to, without_people
from tests.fixtures.content import a_master
from tests.model.test_catalog import NOON, a_draft, an_empty_catalog, committed, new_token, published, to

EPISODE = "cut-your-bill"


def spoken(recording: str, behind: str, **changes: object) -> Greeting:
    """Return a greeting whose audio follows from what is said and what comes behind it, as in a real one."""
    sha256 = f"{recording}{behind}".encode().hex().ljust(64, "0")[:64]
    fields = {
        "recording_sha256": recording,
        "episode_master_sha256": behind,
        "master": a_master(sha256=sha256, samples=48_000 * 70),
        "shift_samples": 96_000,
        "heard_lufs": -16.0,
        "true_peak_dbtp": -1.5,
    }
    return Greeting(**{**fields, **changes})  # type: ignore[arg-type]


def greeted(catalog: Catalog, who: str = "Acme Corp", words: str = "g1") -> Catalog:
    """Publish for one prospect with a greeting, as a commit would."""
    after = published(catalog, to(who))
    episode = after.episodes[0]
    made = spoken(words, episode.master.sha256)
    done = greet(catalog, msgspec.structs.replace(after, revision=catalog.revision), episode, to(who), made, NOON)
    return catalog if done == catalog else committed(done)


def replaced(catalog: Catalog, recording: str) -> Catalog:
    master = a_master(sha256=recording.encode().hex().ljust(64, "0"))
    anew = [
        msgspec.structs.replace(spoken(g.recording_sha256, master.sha256), feed=g.feed, release=g.release)
        for g in greetings_of(catalog, EPISODE)
    ]
    after = replace_audio(catalog, EPISODE, recording=recording, master=master, chapters=(), at=NOON, greetings=anew)
    return committed(after)


def test_chapters_move_behind_it_and_the_first_begins_with_it() -> None:
    draft = a_draft(chapters=(Chapter(start_s=0.0, title="Hello"), Chapter(start_s=5.0, title="Look")))
    before = published(published(an_empty_catalog(), to("Beta"), draft), to("Acme Corp"))
    catalog = greeted(before)
    delivery, alone = (Contents(catalog).of(feed).deliveries[0] for feed in (catalog.feeds[1], catalog.feeds[0]))
    assert [chapter.start_s for chapter in delivery.episode.chapters] == [0.0, 7.0]
    assert delivery.chapters_name != alone.chapters_name
    assert delivery.episode.guid == alone.episode.guid
    assert alone.episode == catalog.episodes[0]
    assert concerned_paths(before, catalog) == [catalog.feeds[1].path]
    assert shift_chapters(draft.chapters[1:], 2.0)[0].start_s == 7.0


@pytest.mark.parametrize(
    "audience",
    [
        pytest.param(to("Acme Corp", "Beta"), id="two"),
        pytest.param(to("Acme Corp", public=True), id="one and everybody"),
        pytest.param(Audience(everyone=True), id="all, who are one at the moment"),
    ],
)
def test_it_is_for_one_prospect(audience: Audience) -> None:
    catalog = published(an_empty_catalog(), to("Acme Corp"))
    with pytest.raises(UsageError, match="a greeting is spoken for one prospect"):
        check_one_listener(audience, resolve_audience(catalog, audience))


def test_who_is_removed_takes_it_along_also_out_of_the_past() -> None:
    old = greeted(published(an_empty_catalog(), to("Beta")))
    gone = committed(remove_prospects(old, {"acme-corp"}, NOON))
    assert gone.greetings == ()
    assert without_people(old, gone.erased_paths).greetings == ()
    assert return_to(gone, old, at=NOON, new_token=new_token).catalog.greetings == ()


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["greet", "deliver", "undo", "replace", "return", "withdraw", "settle"]), st.integers(0, 9)
    ),
    max_size=14,
)


@given(_STEPS)
def test_no_name_that_went_is_used_again_and_a_name_is_always_the_same_audio(steps: list[tuple[str, int]]) -> None:
    catalog = greeted(published(an_empty_catalog(), to("Acme Corp", "Beta")))
    past, audio, gone = [catalog], dict[tuple[str, str], str](), set[tuple[str, str]]()
    now = NOON
    before: set[tuple[str, str]] = set()
    for step, number in steps:
        now += timedelta(days=1)
        catalog = committed(_carried_out(catalog, step, number, past, now))
        past.append(catalog)
        shown: dict[tuple[str, str], str] = {}
        there: set[tuple[str, str]] = set()
        for feed in catalog.feeds:
            content = Contents(catalog).of(feed)
            shown |= {(feed.path, d.audio_name): d.episode.master.sha256 for d in content.deliveries}
            there |= {(feed.path, name) for name in content.kept}
        there |= shown.keys()
        gone |= before - there
        before = there
        assert not gone & shown.keys(), (step, number)
        assert all(audio.setdefault(name, sha256) == sha256 for name, sha256 in shown.items())
        assert all(
            g.episode_master_sha256 == e.master.sha256 for e in catalog.episodes for g in greetings_of(catalog, e.id)
        )


def _carried_out(catalog: Catalog, step: str, number: int, past: list[Catalog], now: datetime) -> Catalog:
    """Return the catalog after one of the steps that commands take, where it is possible; else the same one."""
    known = [e for e in catalog.episodes if e.id == EPISODE and not e.withdrawn]
    who = ("Acme Corp", "Beta", "Gamma")[number % 3]
    recording = known[0].recording_sha256 if known else "r1"
    if step == "settle":
        return settle(catalog, now + REPLACED_KEPT * (number % 2), gone=timedelta(days=365))
    if step == "undo" and catalog.releases:
        return undo_release(catalog, catalog.releases[number % len(catalog.releases)].number, NOON)
    if step == "return":
        return return_to(catalog, past[number % len(past)], at=now, new_token=new_token).catalog
    if not known:
        return catalog
    if step == "replace":
        fresh = f"r{catalog.revision}-{number}"
        return msgspec.structs.replace(replaced(catalog, fresh), revision=catalog.revision)
    if step == "withdraw" and number == 0:
        return edit_episode(catalog, EPISODE, withdrawn=True)
    if step in ("greet", "deliver"):
        after = published(catalog, to(who), a_draft(recording, title=""))
        after = msgspec.structs.replace(after, revision=catalog.revision)
        episode = next(e for e in after.episodes if e.recording_sha256 == recording)
        made = spoken(f"g{number % 2}", episode.master.sha256)
        return greet(catalog, after, episode, to(who), made, now) if step == "greet" else after
    return catalog
