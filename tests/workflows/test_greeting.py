"""A greeting for one prospect, from the recording to what an app fetches: on real audio, in a folder."""

import io
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import feedparser
import numpy as np
import pytest
from mutagen.id3 import ID3
from numpy.typing import NDArray

from pitchcast.errors import CatalogError
from pitchcast.model.answers.publish import Published, PublishedFeed
from pitchcast.model.catalog import Audience, find_feed
from pitchcast.model.layout import MASTERS, master_key
from pitchcast.model.prospect import parse_mention
from pitchcast.model.steps.access import Chosen
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_access as access
from pitchcast.workflows import history
from pitchcast.workflows import undo as take_back
from pitchcast.workflows.deliver import deliver, plan_delivery
from pitchcast.workflows.episodes_replace import plan_replacement, replace_episode
from pitchcast.workflows.feeds import build
from pitchcast.workflows.prospects_invite import invite_colleagues
from pitchcast.workflows.publish import Pitch, plan_publish, publish
from pitchcast.workflows.repair import prune, repair
from tests.audio.meters import course_of, loudness_course
from tests.fixtures.projects import a_project, later, public_objects
from tests.fixtures.seaweedfs import StorageUnderTest
from tests.fixtures.speech import EXAMPLE, decode_with_ffmpeg, run_ffmpeg
from tests.workflows.test_feeds_access import faults, feed_of, under

CUE = "00:00:02.000 --> 00:00:04.000"
ACME = Chosen(who=("acme-corp",))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a pitch, another pitch in stereo, chapters, and two greetings."""
    return make_recordings(tmp_path_factory.mktemp("recordings"))


def make_recordings(folder: Path) -> Path:
    run_ffmpeg("-ss", "1.3", "-t", "6", "-i", EXAMPLE, "-ac", "1", "-ar", "48000", folder / "pitch.wav")
    sides = "[0]asplit[a][b];[b]adelay=900[c];[a][c]amerge"
    run_ffmpeg("-ss", "8", "-t", "4", "-i", EXAMPLE, "-filter_complex", sides, "-ar", "44100", folder / "other.wav")
    for name, start in (("hello.m4a", "1"), ("hi.m4a", "4")):
        run_ffmpeg("-ss", start, "-t", "2", "-i", EXAMPLE, "-af", "volume=-12dB", "-c:a", "aac", folder / name)
    (folder / "chapters.txt").write_text("0:00 Hello\n0:02 Look at the bill\n", encoding="utf-8")
    (folder / "said.vtt").write_text(f"WEBVTT\n\n{CUE}\nLook at the bill.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def first_show(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A show in which the pitch begins with a greeting for Acme Corp, and without one for Beta."""
    folder = tmp_path_factory.mktemp("show")
    project = a_project(StorageUnderTest("folder", str(folder / "site"), "", None, None))  # type: ignore[arg-type]
    publish_for(project, recordings, "Acme Corp", "hello.m4a")
    publish_for(project, recordings, "Beta")
    return folder / "site"


@pytest.fixture
def project(first_show: Path, tmp_path: Path) -> Project:
    """That show, to change."""
    shutil.copytree(first_show, tmp_path / "site")
    return a_project(StorageUnderTest("folder", str(tmp_path / "site"), "", None, None))  # type: ignore[arg-type]


def publish_for(project: Project, recordings: Path, who: str, greeting: str = "", **changes: object) -> Published:
    pitch = Pitch(
        recording=recordings / "pitch.wav",
        audience=Audience(to=(parse_mention(who),)),
        title="Cut your bill",
        chapters=recordings / "chapters.txt",
        transcript=recordings / "said.vtt",
        greeting=recordings / greeting if greeting else None,
        **changes,  # type: ignore[arg-type]
    )
    return publish(project, plan_publish(project, pitch))


def audio_in(project: Project, who: str) -> bytes:
    """Return what an app fetches for a feed's only episode."""
    files = under(project, feed_of(project, who).path)
    (entry,) = feedparser.parse(files["feed.xml"]).entries
    body = files[entry.enclosures[0].href.rpartition("/")[2]]
    assert int(entry.enclosures[0].length) == len(body)
    return body


def transcript_times(project: Project, who: str) -> list[float]:
    """Return when the transcript's only words begin and end, in seconds."""
    files = under(project, feed_of(project, who).path)
    (text,) = (body.decode() for name, body in files.items() if name.endswith(".vtt"))
    hours = [time.split(":") for time in re.findall(r"\d\d:\d\d:\d\d\.\d{3}", text)]
    return [3600 * int(h) + 60 * int(m) + float(s) for h, m, s in hours]


def played(body: bytes, folder: Path) -> NDArray[np.float32]:
    (folder / "played.mp3").write_bytes(body)
    return decode_with_ffmpeg(folder / "played.mp3")


def mp3s(project: Project, who: str) -> set[str]:
    return {name for name in under(project, feed_of(project, who).path) if name.endswith(".mp3")}


def only(answer: Published) -> PublishedFeed:
    (feed,) = answer.feeds
    return feed


def test_one_prospect_hears_it_before_the_master_and_nobody_else(project: Project, tmp_path: Path) -> None:
    greeting = project.catalog().greetings[0]
    alone, whole = (audio_in(project, who) for who in ("beta", "acme-corp"))
    assert len(mp3s(project, "acme-corp")) == 1
    master, greeted = played(alone, tmp_path), played(whole, tmp_path)
    assert len(greeted) == len(master) + greeting.shift_samples
    assert np.array_equal(greeted[greeting.shift_samples :], master), "not encoded again"
    front = greeted[: greeting.shift_samples]
    assert np.sqrt(np.mean(front**2)) > 0.01
    files = under(project, feed_of(project).path)
    (entry,) = feedparser.parse(files["feed.xml"]).entries
    assert entry.itunes_duration in (str(round(len(greeted) / 48_000)), f"0:{round(len(greeted) / 48_000):02}")
    (marks,) = (json.loads(body)["chapters"] for name, body in files.items() if name.endswith(".json"))
    shift_ms = round(1000 * greeting.shift_s)
    tags, tags_alone = ID3(io.BytesIO(whole)), ID3(io.BytesIO(alone))
    times = [chapter.start_time for chapter in tags.getall("CHAP")]
    assert times == [0, tags_alone.getall("CHAP")[1].start_time + shift_ms]
    assert [round(1000 * mark["startTime"]) for mark in marks] == times
    assert abs(int(str(tags["TLEN"])) - len(greeted) / 48) < 1
    assert tags.getall("CHAP")[1].end_time == int(str(tags["TLEN"]))
    cues = [transcript_times(project, who) for who in ("acme-corp", "beta")]
    assert cues[0][0] - cues[1][0] == pytest.approx(greeting.shift_s, abs=0.002)
    for frame in ("TIT2", "TPE1", "TGID"):
        assert tags[frame] == tags_alone[frame]
    assert not tags.getall("APIC") + tags_alone.getall("APIC"), "a picture would come before the first sound"
    assert faults(project) == []


def test_public_is_built_again_to_the_same_bytes(project: Project) -> None:
    before = public_objects(project)
    project.bucket.delete([key for key in before if not key.endswith(".jpg")])
    build(project)
    assert public_objects(project) == before
    lost = master_key(project.catalog().greetings[0].master.sha256)
    project.bucket.delete([lost])
    assert any("begins with a greeting" in fault for fault in faults(project))
    repair(project)
    assert faults(project) == [], "put back from its public copy"


def test_the_same_greeting_again_changes_nothing_and_another_takes_its_place(
    project: Project, recordings: Path
) -> None:
    before, masters = project.catalog().revision, list(project.bucket.list(MASTERS))
    again = publish_for(project, recordings, "Acme Corp", "hello.m4a")
    without = publish_for(project, recordings, "Acme Corp")
    assert not again.changed
    assert not without.changed, "without --greeting it stays"
    assert project.catalog().revision == before
    assert list(project.bucket.list(MASTERS)) == masters
    first, audio = mp3s(project, "acme-corp"), audio_in(project, "acme-corp")
    other = publish_for(project, recordings, "Acme Corp", "hi.m4a")
    assert "apps may fetch it again" in other.warnings[0]
    assert other.changed
    assert not only(other).new
    assert only(other).audio_url.rpartition("/")[2] in mp3s(project, "acme-corp") - first
    assert audio_in(project, "acme-corp") != audio
    assert mp3s(project, "acme-corp") > first, "stays for apps that have not looked since"
    back = publish_for(project, recordings, "Acme Corp", "hello.m4a")
    assert audio_in(project, "acme-corp") == audio, "the same words before the same master are the same bytes"
    week = later(project, timedelta(days=7, minutes=1))
    build(week)
    assert mp3s(week, "acme-corp") == {only(back).audio_url.rpartition("/")[2]}
    assert only(back).audio_url.rpartition("/")[2] not in first, "no name is written twice"
    assert faults(project) == []


def test_undo_takes_it_away_and_history_never_brings_it_back(project: Project, recordings: Path) -> None:
    publish_for(project, recordings, "Gamma", "hi.m4a")
    spoken = project.catalog().greetings[-1].master.sha256
    revision, path = project.catalog().revision, feed_of(project, "gamma").path
    release, _ = take_back.plan_undo(project, "")
    take_back.undo(project, release)
    assert under(project, path).keys() == {"index.html", "feed.xml", "call.html"}
    answer = history.restore(project, revision)
    assert "heard without the greeting that was before it: gamma" in answer.remarks
    assert audio_in(project, "gamma") == audio_in(project, "beta")
    assert audio_in(project, "acme-corp") != audio_in(project, "beta"), "others keep theirs"
    assert spoken not in {greeting.master.sha256 for greeting in project.catalog().greetings}
    assert faults(project) == []
    aged = later(project, timedelta(days=8))
    prune(aged)
    assert master_key(spoken) in {info.key for info in project.bucket.list(MASTERS)}, "a kept revision names it"


def test_other_audio_gets_the_greeting_in_front_also_in_stereo(
    project: Project, recordings: Path, tmp_path: Path
) -> None:
    old, before = project.catalog().greetings[0], audio_in(project, "acme-corp")
    plan = plan_replacement(project, "cut-your-bill", recordings / "other.wav", temp_dir=tmp_path / "work")
    answer = replace_episode(project, plan)
    assert "greetings stay, before the new audio: acme-corp" in answer.warnings
    new = project.catalog().greetings[0]
    alone, whole = (audio_in(project, who) for who in ("beta", "acme-corp"))
    master, greeted = played(alone, tmp_path), played(whole, tmp_path)
    assert master.shape[1] == 2
    assert np.array_equal(greeted[new.shift_samples :], master)
    assert new.shift_s == pytest.approx(old.shift_s, abs=0.4)
    assert before in under(project, feed_of(project).path).values(), "the old one stays for a week"
    assert faults(project) == []
    history.restore(project, project.catalog().revision - 1)
    assert audio_in(project, "acme-corp") == before
    assert len(mp3s(project, "acme-corp")) == 3
    build(later(project, timedelta(days=7, minutes=1)))
    assert len(mp3s(project, "acme-corp")) == 1


def test_waveform_is_that_of_what_each_hears(project: Project, recordings: Path, tmp_path: Path) -> None:
    """Before and after other audio came behind the greeting, which is not measured again."""
    for _ in range(2):
        catalog = project.catalog()
        for who, master in (("beta", catalog.episodes[0].master), ("acme-corp", catalog.greetings[0].master)):
            (tmp_path / "heard.mp3").write_bytes(audio_in(project, who))
            heard, drawn = loudness_course(tmp_path / "heard.mp3", 24), course_of(master.waveform, 24)
            assert np.corrcoef(drawn, heard)[0, 1] > 0.9
        replace_episode(project, plan_replacement(project, "cut-your-bill", recordings / "other.wav"))


def test_who_got_the_podcast_from_the_prospect_hears_no_greeting(project: Project, recordings: Path) -> None:
    invite_colleagues(project, "acme-corp", name="Sam Lee")
    assert audio_in(project, "acme-corp.2") == audio_in(project, "beta")
    plan = plan_delivery(
        project, "Cut your bill", Audience(to=(parse_mention("acme-corp"),)), greeting=recordings / "hi.m4a"
    )
    assert any("passed the podcast on" in warning for warning in plan.warnings)
    assert only(deliver(project, plan)).greeting is not None
    assert audio_in(project, "acme-corp.2") == audio_in(project, "beta")


def test_forgetting_somebody_deletes_what_was_spoken_for_them_alone(project: Project, recordings: Path) -> None:
    shared = project.catalog().greetings[0].master.sha256
    publish_for(project, recordings, "Beta", "hello.m4a")
    publish_for(project, recordings, "Acme Corp", "hi.m4a")
    own = project.catalog().greetings[-1].master.sha256
    assert shared != own
    access.remove(project, ACME, purge_history=True)
    stored = {info.key for info in project.bucket.list(MASTERS)}
    assert master_key(own) not in stored
    assert master_key(shared) in stored, "Beta hears the same words"
    assert not any(
        g.feed == "acme-corp" for n in project.ledger.revisions() for g in project.ledger.revision(n).greetings
    )
    assert faults(project) == []


def test_a_greeting_for_audio_that_was_replaced_meanwhile_is_refused(project: Project, recordings: Path) -> None:
    audience = Audience(to=(parse_mention("Beta"),))
    plan = plan_delivery(project, "Cut your bill", audience, greeting=recordings / "hi.m4a")
    replace_episode(project, plan_replacement(project, "cut-your-bill", recordings / "other.wav"))
    with pytest.raises(CatalogError, match="other audio at this moment"):
        deliver(project, plan)
    assert find_feed(project.catalog(), "beta") is not None
    assert faults(project) == []
