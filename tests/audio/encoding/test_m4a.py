"""M4A masters keep the promises of the MP3s: loudness, peaks, every sample in its place, and nothing of the phone's."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.mp4 import MP4
from PIL import Image

from pitchcast.audio.master import master_recording
from pitchcast.audio.recording import probe_recording
from pitchcast.config import Settings
from pitchcast.model.show import AudioSettings
from pitchcast.workflows.recordings import Labels, master
from tests.audio.hard_cases import HARD_CASES, RATE_HZ, write_case
from tests.audio.meters import heard_lufs, read_tags, true_peak_dbtp
from tests.fixtures.speech import PHONE_TAGS, run_ffmpeg

CASES = ["quiet speech with loud peaks", "already clipped", "1 s", "stereo", "8 kHz"]


def _as_wav(path: Path) -> Path:
    """Return what is played, for meters that read no AAC."""
    run_ffmpeg("-i", path, "-c:a", "pcm_f32le", path.with_suffix(".played.wav"))
    return path.with_suffix(".played.wav")


@pytest.mark.parametrize("name", CASES)
def test_hard_recordings_reach_the_target_under_the_ceiling(name: str, speech_wav: Path, tmp_path: Path) -> None:
    assert name in HARD_CASES
    write_case(name, soundfile.read(speech_wav)[0], tmp_path / "hard.wav")
    mastered = master_recording(tmp_path / "hard.wav", tmp_path / "hard.m4a", AudioSettings(), file_format="m4a")
    played = _as_wav(tmp_path / "hard.m4a")
    assert heard_lufs(played) == pytest.approx(-16.0, abs=0.3)
    assert true_peak_dbtp(played) <= -1.0
    assert mastered.heard_lufs == pytest.approx(heard_lufs(played), abs=0.15)
    assert soundfile.info(played).frames == mastered.samples


def test_every_sample_plays_in_its_place(speech_wav: Path, tmp_path: Path) -> None:
    speech = soundfile.read(speech_wav)[0][: 4 * RATE_HZ + 777]
    soundfile.write(tmp_path / "in.wav", speech, RATE_HZ)
    settings = AudioSettings(trim_silence=False)
    master_recording(tmp_path / "in.wav", tmp_path / "out.m4a", settings, file_format="m4a")
    played = soundfile.read(_as_wav(tmp_path / "out.m4a"))[0]
    assert len(played) == len(speech)
    likeness = np.correlate(played[RATE_HZ : 3 * RATE_HZ], speech[RATE_HZ - 50 : 3 * RATE_HZ + 50], mode="valid")
    assert int(np.argmax(likeness[::-1])) == 50


@pytest.fixture
def cover_png(tmp_path: Path) -> Path:
    Image.new("RGB", (1400, 1400), "#204060").save(tmp_path / "cover.png")
    return tmp_path / "cover.png"


def test_an_mp3_that_is_not_published_holds_the_picture_that_was_given(
    pitch_m4a: Path, cover_png: Path, tmp_path: Path
) -> None:
    labels = Labels(title="Acme, in short", artwork=cover_png)
    master(Settings(), pitch_m4a, tmp_path / "out.mp3", labels=labels)
    assert read_tags(tmp_path / "out.mp3")["APIC"].startswith("image/jpeg, ")


def test_it_says_what_was_given_and_nothing_of_the_phone(pitch_m4a: Path, cover_png: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.m4a"
    chapters = tmp_path / "chapters.txt"
    chapters.write_text("0:00 Hello; you = me\n0:03 Ünd jetzt\n", encoding="utf-8")
    labels = Labels(title="Acme, in short", chapters=chapters, artwork=cover_png)
    answer = master(Settings(), pitch_m4a, output, labels=labels, file_format="m4a")
    assert answer.output.codec == "aac"
    file = MP4(output)
    assert file["\xa9nam"] == ["Acme, in short"]
    assert bytes(file["covr"][0])[:2] == b"\xff\xd8"
    assert [chapter.title for chapter in file.chapters] == ["Hello; you = me", "Ünd jetzt"]
    assert 3.0 - answer.trimmed_s <= file.chapters[1].start < 3.0  # some of what was cut came before it
    assert set(probe_recording(output).tags) == {"title"}
    data = output.read_bytes()
    assert b"Lavf" not in data
    assert not [value for value in PHONE_TAGS.values() if value.encode() in data]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
