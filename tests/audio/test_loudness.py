"""Gains are planned and solved from measurements; measuring agrees with an independent meter."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pitchcast.audio.loudness import Loudness, measure_loudness, plan_gain, solve_gain
from pitchcast.audio.peaks import PeakMeter, dip_peaks
from pitchcast.audio.samples import Samples
from pitchcast.model.show import LoudnessTarget
from tests.audio.meters import heard_lufs, true_peak_dbtp

RATE_HZ = 48_000


def _loud(lufs: float, peak: float) -> Loudness:
    return Loudness(integrated_lufs=lufs, heard_lufs=lufs, true_peak_dbtp=peak)


@pytest.mark.parametrize(
    ("measured", "gain_db", "limited"),
    [
        pytest.param(_loud(-26.0, -12.0), 10.0, False, id="room enough"),
        pytest.param(_loud(-26.0, -11.0), 10.0, False, id="just at the ceiling"),
        pytest.param(_loud(-26.0, -5.0), 10.0, True, id="peaks in the way"),
        pytest.param(_loud(-10.0, 2.0), -6.0, False, id="too loud"),
    ],
)
def test_planned_gain(measured: Loudness, gain_db: float, limited: bool) -> None:
    gain = plan_gain(measured, LoudnessTarget())
    assert (gain.gain_db, gain.limited) == (gain_db, limited)


@pytest.mark.parametrize("softness", [0.0, 0.5, 0.9])
def test_a_limiter_that_eats_gain_is_worked_around(softness: float) -> None:
    def measure(gain_db: float) -> float:
        over = max(0.0, gain_db - 5)
        return -30 + min(gain_db, 5) + over * (1 - softness)

    gain_db, error = solve_gain(14.0, -16.0, measure)
    assert abs(error) < 0.1 or softness == 0.9
    assert measure(gain_db) == pytest.approx(-16.0 + error)


def test_what_no_gain_reaches_is_told() -> None:
    _, error = solve_gain(10.0, -16.0, lambda gain_db: min(-20.0, gain_db - 30))
    assert error == pytest.approx(-4.0)


@pytest.mark.parametrize("channels", [1, 2])
def test_measured_as_another_meter_does(channels: int, speech_wav: Path, tmp_path: Path) -> None:
    frames = np.repeat(soundfile.read(speech_wav, always_2d=True)[0], channels, axis=1)
    path = tmp_path / "in.wav"
    soundfile.write(path, frames, RATE_HZ)
    told: list[float] = []
    measured = measure_loudness(path, told.append)
    assert measured.heard_lufs == pytest.approx(heard_lufs(path), abs=0.1)
    assert measured.integrated_lufs == pytest.approx(heard_lufs(path) - (3.01 if channels == 1 else 0), abs=0.1)
    assert measured.true_peak_dbtp == pytest.approx(true_peak_dbtp(path), abs=0.1)
    assert told == sorted(told)
    assert told[-1] <= 1.0


@pytest.mark.parametrize("phase", [0, 45, 90])
@pytest.mark.parametrize("cuts", [(), (1000, 1001, 5000, 5030)], ids=["at once", "in pieces"])
def test_peaks_between_samples_are_found(phase: int, cuts: tuple[int, ...]) -> None:
    """A tone at a quarter of the rate: at 45 degrees its samples lie 3 dB under its peak."""
    tone = 0.5 * np.sin(np.pi / 2 * np.arange(9600) + np.radians(phase)) * np.hanning(9600)
    meter = PeakMeter(1, 0.0)
    for piece in np.split(tone.astype(np.float32)[:, None], cuts):
        meter.add(piece)
    meter.finish()
    assert meter.true_peak_dbtp == pytest.approx(-6.02, abs=0.05)
    assert not meter.overshoots


def test_overshoots_are_mended_where_they_are(tmp_path: Path) -> None:
    sound = 0.3 * np.sin(0.05 * np.arange(3 * RATE_HZ)).astype(np.float32)
    sound[RATE_HZ] = 0.8
    sound[RATE_HZ + 300] = -0.9
    path = tmp_path / "x.f32"
    path.write_bytes(sound.astype("<f4").tobytes())
    samples = Samples(path, RATE_HZ, 1, len(sound))
    peaks = PeakMeter(1, -6.0)
    peaks.add(sound[:, None])
    peaks.finish()
    assert {round(one.frame, -1) for one in peaks.overshoots} == {RATE_HZ, RATE_HZ + 300}
    dip_peaks(samples, peaks.overshoots)
    mended = samples.read(0, len(sound))
    again = PeakMeter(1, -6.0)
    again.add(mended)
    again.finish()
    assert not again.overshoots
    assert again.true_peak_dbtp == pytest.approx(-6.15, abs=0.1)
    far = np.abs(np.arange(len(sound)) - RATE_HZ - 150) > 0.04 * RATE_HZ
    assert np.array_equal(mended[far, 0], sound[far])
