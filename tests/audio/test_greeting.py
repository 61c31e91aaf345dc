"""A greeting in front of a master: joined without encoding it again, matched in loudness, in time."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3
from mutagen.mp3 import MP3

from pitchcast.audio.greeting import Greeted, move_greeting, prepend_greeting
from pitchcast.audio.master import master_recording
from pitchcast.audio.mp3.frames import FRAME_SAMPLES, continue_crc16, crc16, read_info
from pitchcast.audio.tags import copy_tags, write_tags
from pitchcast.errors import AudioError, RecordingError
from pitchcast.model.show import AudioSettings, LoudnessTarget
from tests.audio.meters import heard_lufs, read_sound, true_peak_dbtp
from tests.audio.test_tags import some_tags
from tests.fixtures.speech import decode_with_ffmpeg, run_ffmpeg

TARGET = LoudnessTarget()


@pytest.fixture(scope="module")
def greeting_m4a(speech_wav: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three quiet seconds from a phone, at another rate than any master's."""
    path = tmp_path_factory.mktemp("greeting") / "hello-acme.m4a"
    run_ffmpeg("-ss", "1", "-t", "3", "-i", speech_wav, "-af", "volume=-18dB", "-ar", "32000", "-c:a", "aac", path)
    return path


@pytest.mark.parametrize(
    ("rate", "channels", "kbps"), [(48_000, "mono", 96), (44_100, "stereo", 64), (44_100, "mono", 80)]
)
def test_the_masters_part_decodes_bit_for_bit(
    rate: int, channels: str, kbps: int, speech_wav: Path, greeting_m4a: Path, tmp_path: Path
) -> None:
    run_ffmpeg("-i", speech_wav, "-ar", rate, tmp_path / "in.wav")
    settings = AudioSettings(channels=channels, bitrate_kbps=kbps)  # type: ignore[arg-type]
    master_recording(tmp_path / "in.wav", tmp_path / "master.mp3", settings)
    greeted = prepend_greeting(tmp_path / "master.mp3", greeting_m4a, tmp_path / "out.mp3", target=TARGET)
    for decode in (lambda path: read_sound(path)[0], decode_with_ffmpeg):
        alone, whole = decode(tmp_path / "master.mp3"), decode(tmp_path / "out.mp3")
        assert len(whole) == greeted.samples == greeted.shift_samples + len(alone)
        assert np.array_equal(whole[greeted.shift_samples :], alone)
    assert MP3(tmp_path / "out.mp3").info.length == pytest.approx(greeted.duration_s, abs=1e-3)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.fixture(scope="module")
def greeted(speech_wav: Path, greeting_m4a: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Greeted]:
    folder = tmp_path_factory.mktemp("greeted")
    master_recording(speech_wav, folder / "master.mp3", AudioSettings())
    write_tags(folder / "master.mp3", some_tags())
    return folder, prepend_greeting(folder / "master.mp3", greeting_m4a, folder / "out.mp3", target=TARGET)


def test_the_greeting_is_as_loud_as_the_master(greeted: tuple[Path, Greeted]) -> None:
    folder, said = greeted
    sound, rate = read_sound(folder / "out.mp3")
    soundfile.write(folder / "front.wav", sound[: said.shift_samples], rate, subtype="FLOAT")
    assert heard_lufs(folder / "front.wav") == pytest.approx(-16, abs=0.3)
    assert said.heard_lufs == pytest.approx(-16, abs=0.3)
    assert true_peak_dbtp(folder / "out.mp3") <= -1
    assert 2.5 < said.shift_s < 4.2


def test_the_info_frame_is_true_and_tags_are_dropped(greeted: tuple[Path, Greeted]) -> None:
    folder, said = greeted
    data = (folder / "out.mp3").read_bytes()
    info = read_info(folder / "out.mp3")
    assert data[:2] == b"\xff\xfb"
    assert info.samples == said.samples
    assert info.music_crc == crc16(data[info.audio_offset :])


def test_the_same_greeting_comes_before_another_master_byte_for_byte(
    greeted: tuple[Path, Greeted], speech_wav: Path, tmp_path: Path
) -> None:
    folder, said = greeted
    run_ffmpeg("-ss", "3", "-i", speech_wav, tmp_path / "other.wav")
    master_recording(tmp_path / "other.wav", tmp_path / "other.mp3", AudioSettings())
    moved = move_greeting(folder / "out.mp3", said, tmp_path / "other.mp3", tmp_path / "out.mp3", target=TARGET)
    alone, whole = (decode_with_ffmpeg(tmp_path / name) for name in ("other.mp3", "out.mp3"))
    assert np.array_equal(whole[moved.shift_samples :], alone)
    assert len(whole) == moved.samples
    heard = said.shift_samples - 2 * FRAME_SAMPLES  # then the encoder's first moments of the master set in
    assert np.array_equal(whole[:heard], decode_with_ffmpeg(folder / "out.mp3")[:heard])


def test_tags_are_those_of_the_master_but_for_times(greeted: tuple[Path, Greeted], tmp_path: Path) -> None:
    folder, said = greeted
    before = (folder / "master.mp3").read_bytes()
    same, moved = (Path(shutil.copy(folder / "out.mp3", tmp_path / name)) for name in ("same.mp3", "moved.mp3"))
    duration_s = some_tags().duration_ms / 1000
    offset = copy_tags(folder / "master.mp3", same, shift_s=0, duration_s=duration_s)
    assert same.read_bytes()[:offset] == before[:offset]
    copy_tags(folder / "master.mp3", moved, shift_s=said.shift_s, duration_s=duration_s + said.shift_s)
    chapters = ID3(moved).getall("CHAP")
    assert [c.start_time for c in chapters][1:] == [
        round(1000 * (c.start_s + said.shift_s)) for c in some_tags().chapters[1:]
    ]
    assert chapters[-1].end_time == int(str(ID3(moved)["TLEN"]))


def test_what_is_no_master_is_refused(speech_wav: Path, greeting_m4a: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", speech_wav, "-write_xing", "0", "-id3v2_version", "0", tmp_path / "foreign.mp3")
    with pytest.raises(AudioError, match=r"foreign\.mp3 was not made by pitchcast"):
        prepend_greeting(tmp_path / "foreign.mp3", greeting_m4a, tmp_path / "out.mp3", target=TARGET)
    assert not (tmp_path / "out.mp3").exists()


def test_a_greeting_is_short(greeted: tuple[Path, Greeted], tmp_path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=61", tmp_path / "speech.wav")
    with pytest.raises(RecordingError, match="a greeting lasts at most 60 s"):
        prepend_greeting(greeted[0] / "master.mp3", tmp_path / "speech.wav", tmp_path / "out.mp3", target=TARGET)


def test_damage_is_seen_before_anything_is_written(
    greeted: tuple[Path, Greeted], greeting_m4a: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(greeted[0] / "master.mp3", tmp_path / "master.mp3"))
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(AudioError, match=r"master\.mp3 was not made by pitchcast, or is damaged"):
        prepend_greeting(path, greeting_m4a, tmp_path / "out.mp3", target=TARGET)


@pytest.mark.parametrize("cut", [0, 1, 777, 70_000])
def test_checksums_of_parts_become_that_of_the_whole(cut: int) -> None:
    data = bytes(number * 7919 >> 3 & 0xFF for number in range(70_000))
    assert continue_crc16(data[:cut], crc16(data[cut:]), len(data) - cut) == crc16(data)
