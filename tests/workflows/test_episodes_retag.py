"""Audio with a picture in it is made anew without: same sound, same episode, and nothing else moves."""

import io
import shutil
from datetime import timedelta
from pathlib import Path

import feedparser
import numpy as np
import pytest
from mutagen.id3 import ID3

from pitchcast.errors import CatalogError
from pitchcast.model.catalog import Audience
from pitchcast.model.layout import MASTERS, master_key
from pitchcast.model.prospect import parse_mention
from pitchcast.model.steps.edit import edit_episode
from pitchcast.model.steps.retag import Retagging, retag_audio
from pitchcast.site.change import Wish, change
from pitchcast.site.project import Project
from pitchcast.workflows import undo as take_back
from pitchcast.workflows.doctor import examine
from pitchcast.workflows.episodes_replace import plan_replacement, replace_episode
from pitchcast.workflows.episodes_retag import plan_retag, planned_answer, retag
from pitchcast.workflows.feeds import build
from pitchcast.workflows.publish import Pitch, plan_publish, publish
from tests.fixtures.pictures import put_pictures, with_picture
from tests.fixtures.projects import a_project, later, public_objects, publish_to, put_draft
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.fixtures.speech import run_ffmpeg
from tests.workflows.test_feeds_access import faults, feed_of, under
from tests.workflows.test_greeting import audio_in, make_recordings, mp3s, played, publish_for

EPISODE = "cut-your-bill"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_recordings(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def first_show(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A show of an earlier pitchcast: one pitch, which begins with a greeting for Acme Corp and without for Beta."""
    folder = tmp_path_factory.mktemp("show") / "site"
    project = opened(folder)
    publish_for(project, recordings, "Acme Corp", "hello.m4a")
    publish_for(project, recordings, "Beta")
    assert not pictures(project), "what is published now has none"
    put_pictures(project)
    return folder


@pytest.fixture
def project(first_show: Path, tmp_path: Path) -> Project:
    """That show, to change."""
    shutil.copytree(first_show, tmp_path / "site")
    return opened(tmp_path / "site")


def opened(folder: Path) -> Project:
    return a_project(StorageUnderTest("folder", str(folder), "", None, None))  # type: ignore[arg-type]


def pictures(project: Project) -> set[str]:
    """Return the keys of the audio under public/ that holds a picture."""
    files = {key: body for key, body in public_objects(project).items() if key.endswith(".mp3")}
    return {key for key, body in files.items() if ID3(io.BytesIO(body)).getall("APIC")}


def warned(project: Project) -> list[str]:
    """Return the ids of the episodes of which the doctor says that their audio holds a picture."""
    return [found.where for found in examine(project) if "holds a picture" in found.what]


def entry_of(project: Project, who: str) -> tuple[str, str, str]:
    """Return guid, date and title of a feed's only episode."""
    (entry,) = feedparser.parse(under(project, feed_of(project, who).path)["feed.xml"]).entries
    return entry.id, entry.published, entry.title


def test_the_sound_stays_and_the_picture_goes_from_every_file(project: Project, tmp_path: Path) -> None:
    people = ("acme-corp", "beta")
    before = {who: audio_in(project, who) for who in people}
    names = {who: mp3s(project, who) for who in people}
    entries = {who: entry_of(project, who) for who in people}
    assert warned(project) == [EPISODE]
    plan = plan_retag(project, [EPISODE])
    planned = planned_answer(plan)
    assert planned.files == 2
    assert [feed.id for feed in planned.feeds] == ["acme-corp", "beta"]
    done = retag(project, plan)
    assert done.episodes == planned.episodes
    assert done.feeds == planned.feeds
    for who in people:
        old, new = before[who], audio_in(project, who)
        old_tags, new_tags = ID3(io.BytesIO(old)), ID3(io.BytesIO(new))
        assert old_tags.getall("APIC")
        assert not new_tags.getall("APIC")
        old_tags.delall("APIC")
        assert new_tags.pprint() == old_tags.pprint()
        assert np.array_equal(played(new, tmp_path), played(old, tmp_path))
        assert mp3s(project, who) > names[who], "the old file stays for apps that have not looked since"
        assert entry_of(project, who) == entries[who]
    episode = project.catalog().episodes[0]
    body = project.bucket.get(master_key(episode.master.sha256))[0]
    assert body[episode.master.audio_offset_bytes :][:2] == b"\xff\xfb"
    assert faults(project) == []
    assert warned(project) == []
    build(later(project, timedelta(days=7, minutes=1)))
    assert pictures(project) == set()


def test_once_more_changes_nothing(project: Project) -> None:
    retag(project, plan_retag(project, [], everything=True))
    before, masters, revision = public_objects(project), list(project.bucket.list(MASTERS)), project.catalog().revision
    plan = plan_retag(project, [], everything=True)
    assert plan.episodes == ()
    again = retag(project, plan)
    assert not again.changed
    assert again.unchanged == (EPISODE,)
    assert (public_objects(project), project.catalog().revision) == (before, revision)
    assert list(project.bucket.list(MASTERS)) == masters


def test_the_tags_say_what_the_catalog_says_now(project: Project) -> None:
    change(project, lambda found: edit_episode(found, EPISODE, title="Cut it in three"), Wish(what="edited"))
    retag(project, plan_retag(project, [EPISODE]))
    for who in ("acme-corp", "beta"):
        assert str(ID3(io.BytesIO(audio_in(project, who)))["TIT2"]) == "Cut it in three"


def test_the_same_pitch_and_greeting_are_known_afterwards(project: Project, recordings: Path) -> None:
    retag(project, plan_retag(project, [EPISODE]))
    assert not publish_for(project, recordings, "Acme Corp", "hello.m4a").changed
    assert not publish_for(project, recordings, "Beta").changed


def test_replaced_audio_holds_none_either(project: Project, recordings: Path) -> None:
    replace_episode(project, plan_replacement(project, EPISODE, recordings / "other.wav"))
    assert warned(project) == []
    build(later(project, timedelta(days=7, minutes=1)))
    assert pictures(project) == set()


def test_an_episodes_own_cover_is_in_the_feed_and_not_in_the_audio(
    project: Project, recordings: Path, tmp_path: Path
) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "color=teal:size=1400x1400", "-frames:v", "1", tmp_path / "cover.png")
    audience = Audience(to=(parse_mention("Gamma"),))
    pitch = Pitch(recording=recordings / "other.wav", audience=audience, title="Another", cover=tmp_path / "cover.png")
    publish(project, plan_publish(project, pitch))
    assert not ID3(io.BytesIO(audio_in(project, "gamma"))).getall("APIC")
    assert any(name.startswith("cover-") for name in under(project, feed_of(project, "gamma").path))


def test_withdrawn_episodes_are_left_alone(project: Project) -> None:
    take_back.withdraw(project, EPISODE)
    assert warned(project) == []
    assert plan_retag(project, [], everything=True).episodes == ()
    with pytest.raises(CatalogError, match="is withdrawn"):
        plan_retag(project, [EPISODE])


def test_what_somebody_changed_meanwhile_stays_as_they_left_it(project: Project, recordings: Path) -> None:
    plan = plan_retag(project, [EPISODE])
    publish_for(project, recordings, "Beta", "hi.m4a")
    heard = {who: audio_in(project, who) for who in ("acme-corp", "beta")}
    done = retag(project, plan)
    assert not done.changed
    assert done.passed_over == (EPISODE,)
    assert {who: audio_in(project, who) for who in heard} == heard
    assert retag(project, plan_retag(project, [EPISODE])).files == 3
    assert faults(project) == []


def test_an_episode_that_was_taken_back_does_not_return(project: Project) -> None:
    catalog = project.catalog()
    (episode,) = catalog.episodes
    made = Retagging(episode="another", old_master_sha256=episode.master.sha256, master=episode.master)
    assert retag_audio(catalog, [made], project.now()) is catalog


@pytest.mark.parametrize("shared", [False, True], ids=["each its own", "shared audio"])
def test_on_each_storage_in_private_and_public_feeds(
    any_storage: StorageUnderTest, tmp_path: Path, shared: bool
) -> None:
    project = a_project(any_storage, audio="shared" if shared else "per-feed")
    sound = ("-f", "lavfi", "-i", "sine=duration=2:sample_rate=48000", "-ac", "1", "-b:a", "96k")
    run_ffmpeg(*sound, "-metadata", "title=Bill", "-id3v2_version", "3", tmp_path / "plain.mp3")
    body = with_picture((tmp_path / "plain.mp3").read_bytes())
    draft = put_draft(project, body=body)
    publish_to(project, draft, "Acme Corp", public=True)
    assert len(pictures(project)) == (1 if shared else 2)
    assert warned(project) == [EPISODE]
    done = retag(project, plan_retag(project, [], everything=True))
    assert {feed.id for feed in done.feeds} == {"acme-corp", "public"}
    assert faults(project) == []
    build(later(project, timedelta(days=7, minutes=1)))
    assert pictures(project) == set()
