"""Masters land where they say, by meters that share no code with pitchcast."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pitchcast.audio.inspect import inspect_recording
from pitchcast.audio.master import Mastered, master_recording
from pitchcast.errors import RecordingError
from pitchcast.model.show import AudioSettings, LoudnessTarget
from tests.audio.hard_cases import HARD_CASES, RATE_HZ, write_case
from tests.audio.meters import heard_lufs, read_sound, true_peak_dbtp


def _speech(speech_wav: Path) -> np.ndarray:
    return soundfile.read(speech_wav)[0]


def _measured(path: Path) -> Mastered:
    return master_recording(path, path.with_suffix(".mp3"), AudioSettings())


@pytest.mark.parametrize("name", HARD_CASES)
def test_hard_recordings_reach_the_target_under_the_ceiling(name: str, speech_wav: Path, tmp_path: Path) -> None:
    write_case(name, _speech(speech_wav), tmp_path / "hard.wav")
    mastered = _measured(tmp_path / "hard.wav")
    output = tmp_path / "hard.mp3"
    assert heard_lufs(output) == pytest.approx(-16.0, abs=0.3)
    assert true_peak_dbtp(output) <= -1.0
    assert mastered.heard_lufs == pytest.approx(heard_lufs(output), abs=0.15)
    assert mastered.true_peak_dbtp == pytest.approx(true_peak_dbtp(output), abs=0.15)
    assert not mastered.remarks or name in ("5.1", "stereo")


def test_what_cannot_be_reached_is_said(speech_wav: Path, tmp_path: Path) -> None:
    """No limiter brings speech to -3 LUFS under -6 dBTP: the ceiling is kept, and the loudness told."""
    target = LoudnessTarget(integrated_lufs=-3.0, true_peak_dbtp=-6.0)
    soundfile.write(tmp_path / "in.wav", _speech(speech_wav)[: 2 * RATE_HZ], RATE_HZ)
    mastered = master_recording(tmp_path / "in.wav", tmp_path / "out.mp3", AudioSettings(target=target))
    assert true_peak_dbtp(tmp_path / "out.mp3") <= -6.0
    assert mastered.heard_lufs == pytest.approx(heard_lufs(tmp_path / "out.mp3"), abs=0.15)
    (missed,) = re.findall(r"It is ([\d.]+) dB quieter than wanted", mastered.remarks[0])
    assert float(missed) == pytest.approx(-3.0 - mastered.heard_lufs, abs=0.06)


def test_samples_that_are_no_numbers(speech_wav: Path, tmp_path: Path) -> None:
    speech = _speech(speech_wav)[: 3 * RATE_HZ].astype(np.float32)
    speech[1000], speech[2000:2010], speech[50_000] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "in.wav", speech, RATE_HZ, subtype="FLOAT")
    _measured(tmp_path / "in.wav")
    assert heard_lufs(tmp_path / "in.mp3") == pytest.approx(-16.0, abs=0.3)
    assert np.isfinite(inspect_recording(tmp_path / "in.wav").integrated_lufs)


def test_a_short_recording_of_uneven_length(speech_wav: Path, tmp_path: Path) -> None:
    """Meters disagree about a last, unfinished block of 100 ms; a pop in it must not matter."""
    speech = 0.1 * _speech(speech_wav)[: int(1.09 * RATE_HZ)]
    speech[-1200:-1194] = 0.9
    soundfile.write(tmp_path / "in.wav", speech, RATE_HZ, subtype="FLOAT")
    _measured(tmp_path / "in.wav")
    assert heard_lufs(tmp_path / "in.mp3") == pytest.approx(-16.0, abs=0.3)
    assert true_peak_dbtp(tmp_path / "in.mp3") <= -1.0


@pytest.mark.parametrize("bitrate_kbps", [64, 80, 96, 128])
@pytest.mark.parametrize("channels", ["mono", "stereo"])
def test_every_bit_rate_reaches_another_target(
    bitrate_kbps: int, channels: str, speech_wav: Path, tmp_path: Path
) -> None:
    settings = AudioSettings(
        target=LoudnessTarget(integrated_lufs=-18.0, true_peak_dbtp=-2.0),
        bitrate_kbps=bitrate_kbps,  # type: ignore[arg-type]
        channels=channels,  # type: ignore[arg-type]
    )
    write_case("single-sample clicks", _speech(speech_wav)[: 2 * RATE_HZ], tmp_path / "in.wav")
    mastered = master_recording(tmp_path / "in.wav", tmp_path / "out.mp3", settings)
    assert mastered.bitrate_kbps == bitrate_kbps * mastered.channels
    assert heard_lufs(tmp_path / "out.mp3") == pytest.approx(-18.0, abs=0.3)
    assert true_peak_dbtp(tmp_path / "out.mp3") <= -2.0


@pytest.mark.parametrize("level_db", [-45, -200], ids=["near silence", "digital silence"])
def test_near_silence_is_refused_not_amplified(level_db: float, tmp_path: Path) -> None:
    noise = np.random.default_rng(5).normal(0, 1, 3 * RATE_HZ) * 10 ** ((level_db - 30) / 20)
    soundfile.write(tmp_path / "quiet.wav", noise, RATE_HZ, subtype="FLOAT")
    with pytest.raises(RecordingError, match=r"quiet\.wav is silent"):
        _measured(tmp_path / "quiet.wav")
    assert [file.name for file in tmp_path.iterdir()] == ["quiet.wav"]


@pytest.mark.parametrize("frames", [48000, 48001, 49151, 49152, 49153, 50000, 51003, 52416, 60479])
def test_every_sample_plays_and_none_more(frames: int, speech_wav: Path, tmp_path: Path) -> None:
    """The lengths straddle frame borders, where a wrong Info frame plays too long or too short."""
    soundfile.write(tmp_path / "in.wav", _speech(speech_wav)[:frames], RATE_HZ)
    settings = AudioSettings(trim_silence=False)
    mastered = master_recording(tmp_path / "in.wav", tmp_path / "out.mp3", settings)
    assert mastered.samples == frames
    assert len(read_sound(tmp_path / "out.mp3")[0]) == frames


def test_the_master_is_not_shifted(speech_wav: Path, tmp_path: Path) -> None:
    settings = AudioSettings(trim_silence=False)
    master_recording(speech_wav, tmp_path / "out.mp3", settings)
    before, after = _speech(speech_wav)[: 4 * RATE_HZ], read_sound(tmp_path / "out.mp3")[0][: 4 * RATE_HZ, 0]
    likeness = np.correlate(after[RATE_HZ : 3 * RATE_HZ], before[RATE_HZ - 50 : 3 * RATE_HZ + 50], mode="valid")
    assert int(np.argmax(likeness[::-1])) == 50


def test_the_same_recording_gives_the_same_bytes(pitch_m4a: Path, tmp_path: Path) -> None:
    for name in ("a.mp3", "b.mp3"):
        master_recording(pitch_m4a, tmp_path / name, AudioSettings())
    assert (tmp_path / "a.mp3").read_bytes() == (tmp_path / "b.mp3").read_bytes()
