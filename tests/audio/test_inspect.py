"""``inspect`` measures as EBU Tech 3341 asks, and finds what is wrong with a recording.

The signals are those of EBU Tech 3341 (version 3, table 1) that its text describes fully: tones of given levels and
lengths in both channels; loudness within 0.1 LU, true peaks within +0.2 and -0.4 dB.
"""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from scipy.ndimage import uniform_filter1d
from scipy.signal import istft, resample_poly, stft

from pitchcast.artwork.loudness_plot import draw_loudness, loudness_line
from pitchcast.audio.inspect import PROFILE_POINTS, inspect_recording
from pitchcast.model.answers.audio import Inspection

RATE_HZ = 48_000


def _tone(level_dbfs: float, seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    return 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * 1000 * np.arange(int(seconds * rate_hz)) / rate_hz)


def _inspect(path: Path, *channels: np.ndarray, rate_hz: int = RATE_HZ) -> Inspection:
    soundfile.write(path, np.stack(channels, axis=1), rate_hz, subtype="FLOAT")
    return inspect_recording(path)


INTEGRATED = [
    pytest.param([(-23, 20)], -23.0, id="1: at -23 LUFS"),
    pytest.param([(-33, 20)], -33.0, id="2: at -33 LUFS"),
    pytest.param([(-36, 10), (-23, 60), (-36, 10)], -23.0, id="3: relative gate"),
    pytest.param([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0, id="4: absolute gate"),
    pytest.param([(-26, 20), (-20, 20.1), (-26, 20)], -23.0, id="5: three levels"),
]


@pytest.mark.parametrize(("parts", "expected"), INTEGRATED)
@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_integrated_loudness(parts: list[tuple[float, float]], expected: float, rate_hz: int, tmp_path: Path) -> None:
    sound = np.concatenate([_tone(level, seconds, rate_hz) for level, seconds in parts])
    assert _inspect(tmp_path / "x.wav", sound, sound, rate_hz=rate_hz).integrated_lufs == pytest.approx(
        expected, abs=0.1
    )


def test_five_channels(tmp_path: Path) -> None:
    """Signal 6: surround channels weigh 1.5 dB more, the one for low frequencies nothing."""
    levels = {"L": -28, "R": -28, "C": -24, "LFE": -100, "Ls": -30, "Rs": -30}
    sound = [_tone(level, 20) for level in levels.values()]
    assert _inspect(tmp_path / "x.wav", *sound).integrated_lufs == pytest.approx(-23.0, abs=0.1)


PEAKS = [
    pytest.param(4, 0, 0.5, -6.0, id="15: a quarter of the rate"),
    pytest.param(4, 45, 0.5, -6.0, id="16: at 45 degrees"),
    pytest.param(6, 60, 0.5, -6.0, id="17: a sixth, 60 degrees"),
    pytest.param(8, 67.5, 0.5, -6.0, id="18: an eighth, 67.5 degrees"),
    pytest.param(4, 45, 1.41, 3.0, id="19: above full scale"),
]


@pytest.mark.parametrize(("divisor", "phase", "height", "expected"), PEAKS)
def test_true_peaks(divisor: int, phase: float, height: float, expected: float, tmp_path: Path) -> None:
    frames = np.arange(RATE_HZ * 3 // 2)
    tone = (
        height
        * np.sin(2 * np.pi * frames / divisor + np.radians(phase))
        * np.clip(np.minimum(frames, frames[::-1]) / 5000, 0, 1)
    )
    found = _inspect(tmp_path / "x.wav", tone, tone).true_peak_dbtp
    assert expected - 0.4 <= found <= expected + 0.2


@pytest.mark.parametrize("offset", range(4))
def test_a_peak_between_samples_whatever_its_place(offset: int, tmp_path: Path) -> None:
    """Signals 20 to 23: one high swing within a quiet tone, at each of four places between samples."""
    frames = np.arange(4 * RATE_HZ * 3 // 2)
    slow = np.sin(2 * np.pi * frames / 24)
    slow[24_000:24_024] *= 2
    tone = 0.5 * resample_poly(np.roll(slow, offset), 1, 4)
    found = _inspect(tmp_path / "x.wav", tone, tone).true_peak_dbtp
    assert -0.4 <= found <= 0.2


@pytest.mark.parametrize(("soft_lufs", "expected_lu"), [(-30, 10), (-25, 5), (-40, 20)])
def test_loudness_range(soft_lufs: float, expected_lu: float, tmp_path: Path) -> None:
    """EBU Tech 3342, signals 1 to 3 (the first is -20, then -30 LUFS)."""
    sound = np.concatenate([_tone(-20, 20), _tone(soft_lufs, 20)])
    assert _inspect(tmp_path / "x.wav", sound, sound).loudness_range_lu == pytest.approx(expected_lu, abs=1)


@pytest.fixture(scope="module")
def speech(speech_wav: Path) -> np.ndarray:
    return soundfile.read(speech_wav)[0]


def test_a_good_recording_has_no_problems(speech: np.ndarray, tmp_path: Path) -> None:
    assert not _inspect(tmp_path / "x.wav", 0.7 * speech).problems


def test_what_is_wrong_is_said_with_what_to_do(speech: np.ndarray, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.003, len(speech))
    noisy = _inspect(tmp_path / "x.wav", speech + noise)
    assert any("noisy" in problem and "--clean light" in problem for problem in noisy.problems)
    clipped = _inspect(tmp_path / "x.wav", np.clip(12 * speech, -1, 1))
    assert clipped.clipped_places > 50
    assert any("cut off at full scale" in problem for problem in clipped.problems)
    silent = _inspect(tmp_path / "x.wav", 1e-5 * speech)
    assert len(silent.problems) == 1
    assert "microphone" in silent.problems[0]


def _noisy(speech: np.ndarray, noise: np.ndarray, below_db: float = 15) -> np.ndarray:
    return speech + noise / noise.std() * speech.std() * 10 ** (-below_db / 20)


def _whispered(speech: np.ndarray) -> np.ndarray:
    """Noise with the strength and the spectrum of each moment of speech."""
    breath = stft(np.random.default_rng(2).normal(0, 1, len(speech)), RATE_HZ, nperseg=2048)[2]
    spoken = np.abs(stft(speech, RATE_HZ, nperseg=2048)[2])
    smooth = uniform_filter1d(spoken, 21, axis=0)
    smooth[:25] *= 0.1
    return istft(smooth * breath / np.abs(breath), RATE_HZ, nperseg=2048)[1][: len(speech)]


@pytest.mark.parametrize("kind", ["hum of 50 Hz", "hum of 60 Hz", "whisper"])
def test_cleaning_is_not_advised_where_it_does_not_help(kind: str, speech: np.ndarray, tmp_path: Path) -> None:
    if kind == "whisper":
        sound = _noisy(_whispered(speech), np.random.default_rng(0).normal(0, 1, len(speech)))
    else:
        time, base_hz = np.arange(len(speech)) / RATE_HZ, int(kind.split()[2])
        hum = np.sum([np.sin(2 * np.pi * base_hz * k * time + k) / k for k in range(1, 30)], axis=0)
        sound = _noisy(speech, hum)
    problems = _inspect(tmp_path / "x.wav", sound).problems
    assert any("noisy" in problem for problem in problems)
    assert not any("--clean" in problem for problem in problems)


def test_an_even_speaker_with_pauses_is_not_called_uneven(speech: np.ndarray, tmp_path: Path) -> None:
    parts = [np.concatenate([speech[at : at + 96_000], np.zeros(192_000)]) for at in (0, 96_000, 192_000)]
    found = _inspect(tmp_path / "x.wav", np.concatenate(parts))
    assert found.loudness_range_lu > 7
    assert not any("varies" in problem for problem in found.problems)


def test_the_noise_floor_is_that_of_the_room(speech: np.ndarray, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.003, len(speech) + RATE_HZ)
    found = _inspect(tmp_path / "x.wav", np.concatenate([speech, np.zeros(RATE_HZ)]) + noise)
    alone = _inspect(tmp_path / "x.wav", noise)
    assert found.noise_floor_lufs == pytest.approx(alone.heard_lufs, abs=1.5)


def test_loudness_over_time_is_drawn(speech: np.ndarray, tmp_path: Path) -> None:
    loud_then_soft = np.concatenate([speech, 0.05 * speech])
    found = _inspect(tmp_path / "x.wav", loud_then_soft)
    assert len(found.profile_lufs) == PROFILE_POINTS
    assert np.mean(found.profile_lufs[:60]) > np.mean(found.profile_lufs[60:]) + 20
    image = Image.open(io.BytesIO(draw_loudness(found.profile_lufs, found.duration_s, found.heard_lufs, -16.0)))
    assert (image.format, image.size) == ("PNG", (1200, 360))
    bars = np.all(np.asarray(image) == (0x4A, 0x7F, 0xB5), axis=2).sum(axis=0)
    assert bars[100:600].mean() > 1.5 * bars[660:1160].mean()
    line = loudness_line(found.profile_lufs)
    assert len(line) == 60
    assert max(line[:30]) > max(line[30:])
    assert loudness_line(()) == ""
