"""All of a recording is read: every track and channel, to the end, behind breaks; and what is missing is said."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pitchcast.audio.inspect import inspect_recording
from pitchcast.audio.master import Branding, Mastered, master_recording
from pitchcast.errors import RecordingError
from pitchcast.model.show import AudioSettings
from tests.audio import damaged
from tests.audio.processes import running_commands
from tests.fixtures.speech import run_ffmpeg

RATE_HZ = 48_000


@pytest.fixture(scope="module")
def speech(speech_wav: Path) -> np.ndarray:
    return soundfile.read(speech_wav)[0]


def _master(path: Path, **more: object) -> tuple[Mastered, np.ndarray]:
    output = path.with_suffix(".out.mp3")
    mastered = master_recording(path, output, AudioSettings(trim_silence=False, level="never"), **more)
    return mastered, damaged.mono(output, RATE_HZ)


def _write(path: Path, *channels: np.ndarray, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, np.stack(channels, axis=1), RATE_HZ, subtype=subtype)
    return path


def _tracks(folder: Path, *tracks: np.ndarray) -> Path:
    """Write a film without a picture, with audio tracks."""
    files = [_write(folder / f"track-{number}.wav", track) for number, track in enumerate(tracks)]
    inputs = [word for file in files for word in ("-i", str(file))]
    maps = [word for number in range(len(files)) for word in ("-map", f"{number}:a")]
    run_ffmpeg(*inputs, *maps, "-c:a", "aac", "-b:a", "96k", folder / "tracks.m4a")
    return folder / "tracks.m4a"


def test_the_microphone_on_the_second_track(speech: np.ndarray, tmp_path: Path) -> None:
    mastered, sound = _master(_tracks(tmp_path, np.zeros(len(speech)), speech))
    assert damaged.heard_share(speech, sound, RATE_HZ) > 0.9
    assert any("only the second" in remark for remark in mastered.remarks)


def test_two_persons_on_two_tracks(speech: np.ndarray, tmp_path: Path) -> None:
    half = len(speech) // 2
    first, second = (np.where((np.arange(len(speech)) < half) == is_first, speech, 0) for is_first in (True, False))
    mastered, sound = _master(_tracks(tmp_path, first, second))
    assert damaged.heard_share(speech, sound, RATE_HZ) > 0.9
    assert any("Both audio tracks are used" in remark for remark in mastered.remarks)


@pytest.mark.parametrize("channels", [3, 4, 6, 8, 9])
def test_a_recorder_with_many_inputs(channels: int, speech: np.ndarray, tmp_path: Path) -> None:
    """A voice on any input is found, that where low frequencies would be in a cinema too."""
    hiss = np.random.default_rng(0).normal(0, 0.0003, (channels, len(speech)))
    for number in range(channels):
        inputs = list(hiss)
        inputs[number] = hiss[number] + speech
        mastered, sound = _master(_write(tmp_path / f"poly-{number}.wav", *inputs))
        assert mastered.channels == 1
        assert damaged.heard_share(speech, sound, RATE_HZ) > 0.9, f"input {number + 1} of {channels}"


def test_one_voice_on_two_inputs_is_not_added_to_itself(speech: np.ndarray, tmp_path: Path) -> None:
    silence, late = np.zeros(len(speech)), 0.7 * np.roll(speech, 48)
    mastered, sound = _master(_write(tmp_path / "poly.wav", silence, speech, silence, late, silence))
    assert np.corrcoef(sound[: len(speech)], speech)[0, 1] > 0.98
    assert any("only the second" in remark for remark in mastered.remarks)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("noise", ["hiss", "hum"])
def test_an_open_input_is_not_a_second_voice(side: int, noise: str, speech: np.ndarray, tmp_path: Path) -> None:
    time_s = np.arange(len(speech)) / RATE_HZ
    hum = sum(0.5**n * np.sin(2 * np.pi * 50 * n * time_s) for n in range(1, 6))
    other = np.random.default_rng(0).normal(0, 1, len(speech)) if noise == "hiss" else hum
    other = other * speech.std() / other.std() * 10 ** (-28 / 20)
    mastered, sound = _master(_write(tmp_path / "in.wav", *((speech, other) if side == 0 else (other, speech))))
    assert mastered.channels == 1
    assert damaged.heard_share(speech, sound, RATE_HZ) > 0.9


def test_sound_that_is_only_where_low_frequencies_belong(speech: np.ndarray, tmp_path: Path) -> None:
    silence = np.zeros(len(speech))
    soundfile.write(
        tmp_path / "lfe.wav",
        np.stack([silence, silence, silence, speech, silence, silence], 1),
        RATE_HZ,
        format="WAVEX",
    )
    _, sound = _master(tmp_path / "lfe.wav")
    assert damaged.heard_share(speech, sound, RATE_HZ) > 0.9


def test_an_intro_above_full_scale_is_not_distorted(speech_wav: Path, tmp_path: Path) -> None:
    tone = 2 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE_HZ) / RATE_HZ)
    intro = _write(tmp_path / "intro.wav", tone, subtype="FLOAT")
    master_recording(speech_wav, tmp_path / "out.mp3", AudioSettings(level="never"), branding=Branding(intro=intro))
    spectrum = np.abs(np.fft.rfft(damaged.mono(tmp_path / "out.mp3", RATE_HZ)[RATE_HZ : 2 * RATE_HZ]))
    assert spectrum[[880, 1320, 1760, 2200]].max() < 0.01 * spectrum[440]


def test_an_intro_that_cancels_itself_is_heard(speech_wav: Path, tmp_path: Path) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE_HZ) / RATE_HZ)
    branding = Branding(intro=_write(tmp_path / "intro.wav", tone, -tone))
    master_recording(speech_wav, tmp_path / "out.mp3", AudioSettings(level="never"), branding=branding)
    assert damaged.mono(tmp_path / "out.mp3", RATE_HZ)[RATE_HZ : 2 * RATE_HZ].std() > 0.05


@pytest.mark.parametrize("kind", ["wav", "aiff", "caf", "w64", "au"])
def test_a_file_shorter_than_it_says(kind: str, speech_wav: Path, tmp_path: Path) -> None:
    path = tmp_path / f"half.{kind}"
    run_ffmpeg("-i", speech_wav, "-c:a", "pcm_s16be" if kind in ("aiff", "caf", "au") else "pcm_s16le", path)
    whole = path.read_bytes()
    assert not _master(path)[0].remarks
    path.write_bytes(whole[: len(whole) // 2])
    mastered, _ = _master(path)
    assert mastered.duration_s == pytest.approx(4.0, abs=0.1)
    assert mastered.remarks == ("The file says 8 s, of which 4 s could be read: it is cut short.",)
    assert any("cut short" in problem for problem in inspect_recording(path).problems)


@pytest.mark.parametrize("kind", ["mp3", "flac", "opus", "mkv", "m4a"])
def test_a_copy_cut_off(kind: str, speech_wav: Path, tmp_path: Path) -> None:
    path = tmp_path / f"half.{kind}"
    codec = (
        ["-c:a", "libopus"] if kind == "mkv" else ["-c:a", "aac", "-movflags", "+faststart"] if kind == "m4a" else []
    )
    run_ffmpeg("-i", speech_wav, *codec, path)
    whole = path.read_bytes()
    assert not _master(path)[0].remarks
    path.write_bytes(whole[: len(whole) * 6 // 10])
    mastered, _ = _master(path)
    assert any("cut short" in remark for remark in mastered.remarks)


def test_a_recorder_that_lost_power_left_no_sizes(speech_wav: Path, tmp_path: Path) -> None:
    data = bytearray(speech_wav.read_bytes())
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = bytes(4)
    (tmp_path / "lost.wav").write_bytes(data)
    mastered, _ = _master(tmp_path / "lost.wav")
    assert mastered.duration_s == pytest.approx(8.0, abs=0.01)
    assert not mastered.remarks


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", ["libopus", "libvorbis"])
def test_the_second_link_has_other_channels(codec: str, channels: int, speech: np.ndarray, tmp_path: Path) -> None:
    half = len(speech) // 2
    parts = [(speech[:half], channels, "48000"), (speech[half:], 3 - channels, "24000")]
    for number, (part, count, rate) in enumerate(parts):
        wav = _write(tmp_path / f"{number}.wav", part)
        run_ffmpeg("-i", wav, "-ac", str(count), "-ar", rate, "-c:a", codec, tmp_path / f"{number}.ogg")
    chained = tmp_path / "chained.ogg"
    chained.write_bytes((tmp_path / "0.ogg").read_bytes() + (tmp_path / "1.ogg").read_bytes())
    mastered, sound = _master(chained)
    assert mastered.duration_s == pytest.approx(8.0, abs=0.1)
    assert damaged.heard_share(speech, sound, RATE_HZ) > 0.85
    assert inspect_recording(chained).duration_s == pytest.approx(8.0, abs=0.1)


def test_more_than_a_tenth_lost_is_refused(speech_wav: Path, tmp_path: Path) -> None:
    path = damaged.write_whole(speech_wav, "m4a", tmp_path / "whole.m4a")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle - len(data) // 8 : middle + len(data) // 8] = bytes(2 * (len(data) // 8))
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=r"whole\.m4a is damaged: .* could not be read"):
        _master(path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("after_s", [0.7, 1.5, 3.0])
def test_a_killed_pitchcast_leaves_no_program(after_s: float, speech_wav: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.m4a"
    run_ffmpeg("-stream_loop", "60", "-i", speech_wav, "-c:a", "aac", long)
    script = (
        "import sys; from pathlib import Path; from pitchcast.audio.master import master_recording;"
        "from pitchcast.model.show import AudioSettings;"
        "master_recording(Path(sys.argv[1]), Path(sys.argv[2]), AudioSettings())"
    )
    started = subprocess.Popen([sys.executable, "-c", script, str(long), str(tmp_path / "out.mp3")])
    time.sleep(after_s)
    started.send_signal(signal.SIGKILL)
    started.wait()
    for _ in range(1200):
        if not any(str(tmp_path) in command for command in running_commands()):
            return
        time.sleep(0.1)
    pytest.fail("a program goes on")
