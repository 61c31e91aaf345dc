"""Gains are planned and solved from measurements; measuring agrees with an independent meter."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from pitchcast.audio.inspect import inspect_recording
from pitchcast.audio.signal.blocks import BlockMeter, Blocks, PackingMeter, block_frames
from pitchcast.audio.signal.limiter import Curve, Limiter, gains_of_frames
from pitchcast.audio.signal.loudness import solve_gain
from tests.audio.meters import heard_lufs, true_peak_dbtp, true_peak_of

RATE_HZ = 48_000


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
    measured = inspect_recording(path, told.append)
    assert measured.heard_lufs == pytest.approx(heard_lufs(path), abs=0.1)
    assert measured.integrated_lufs == pytest.approx(heard_lufs(path) - (3.01 if channels == 1 else 0), abs=0.1)
    assert measured.true_peak_dbtp == pytest.approx(true_peak_dbtp(path), abs=0.1)
    assert told == sorted(told)
    assert told[-1] <= 1.0


def _blocks(sound: np.ndarray, cuts: Sequence[int] = (), near: float = 1.0) -> Blocks:
    meter = BlockMeter(RATE_HZ, sound.shape[1], near)
    for piece in np.split(sound.astype(np.float32), cuts):
        meter.add(piece)
    return meter.finish()


@pytest.mark.parametrize("phase", [0, 45, 90])
@pytest.mark.parametrize("cuts", [(), (1000, 1001, 5000, 5030)], ids=["at once", "in pieces"])
def test_peaks_between_samples_are_found(phase: int, cuts: tuple[int, ...]) -> None:
    """A tone at a quarter of the rate: at 45 degrees its samples lie 3 dB under its peak."""
    tone = 0.5 * np.sin(np.pi / 2 * np.arange(9600) + np.radians(phase)) * np.hanning(9600)
    assert _blocks(tone[:, None], cuts).true_peak_dbtp == pytest.approx(-6.02, abs=0.05)


@pytest.mark.parametrize("cuts", [(), (1000, 1001, 50_000, 50_030)], ids=["at once", "in pieces"])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_are_as_loud_as_another_meter_says(
    channels: int, cuts: tuple[int, ...], speech_wav: Path, tmp_path: Path
) -> None:
    speech = soundfile.read(speech_wav)[0]
    sound = np.stack([speech, np.roll(speech, 5000)][:channels], axis=1)
    expected = pyloudnorm.Meter(RATE_HZ).integrated_loudness(sound)
    assert _blocks(sound, cuts).integrated_lufs == pytest.approx(expected, abs=0.1)


def _after(limiter: Limiter, curve: Curve, sound: np.ndarray) -> np.ndarray:
    size = block_frames(limiter.blocks.rate_hz)
    return sound * gains_of_frames(curve.gains, size)[: len(sound), None]


def test_peaks_are_kept_under_the_limit_and_nothing_else_is_touched() -> None:
    sound = 0.3 * np.sin(0.05 * np.arange(3 * RATE_HZ))[:, None]
    sound[RATE_HZ] = 0.8
    sound[RATE_HZ + 300] = -0.9
    limiter = Limiter(_blocks(sound, near=0.2), 0.5)
    curve = limiter.at(0.0, -20.0)
    limited = _after(limiter, curve, sound)
    assert _blocks(limited).true_peak_dbtp == pytest.approx(20 * np.log10(0.5), abs=0.1)
    far = np.abs(np.arange(len(sound)) - RATE_HZ - 150) > 0.04 * RATE_HZ
    assert np.array_equal(limited[far], sound[far])
    limiter.mend(np.array([400]), np.array([1.0]))
    mended = _after(limiter, limiter.at(0.0, -20.0), sound)
    assert np.abs(mended[48_000:48_120]).max() <= 0.5 * 10 ** (-1.1 / 20)


def test_a_solved_gain_reaches_what_was_reckoned(speech_wav: Path) -> None:
    """Limited speech: loudness reckoned from blocks is what a meter reads on the samples."""
    speech = 0.1 * soundfile.read(speech_wav)[0][:, None]
    speech[RATE_HZ // 4 :: RATE_HZ // 2] = 0.9
    limiter = Limiter(_blocks(speech, near=0.01), 0.8)
    curve = limiter.solve(20.0, -18.0)
    assert abs(curve.error_lu) < 0.05
    limited = _after(limiter, curve, speech)
    assert pyloudnorm.Meter(RATE_HZ).integrated_loudness(limited) == pytest.approx(-18.0, abs=0.15)
    assert true_peak_of(limited) <= 20 * np.log10(0.8) + 0.05


@pytest.mark.parametrize("level", [1e-5, 1e-3, 1.0, 2.0**15, 2.0**23], ids="{:.0e}".format)
@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000])
def test_packed_blocks_are_as_exact_as_meters(level: float, rate_hz: int, speech_wav: Path) -> None:
    """Also far above full scale, where recordings of float samples may lie, and where the last block is unfinished."""
    speech = soundfile.read(speech_wav)[0]
    speech = (level * speech / np.abs(speech).max()).astype(np.float32)[: 4 * rate_hz + 77]
    packing, keeping = PackingMeter(rate_hz, None), BlockMeter(rate_hz, 1, None)
    for part in np.array_split(speech, 7):
        packing.add(part)
        keeping.add(part[:, None])
    packed, blocks = packing.finish(), keeping.finish()
    whole = slice(0, len(blocks.energy))
    assert len(packed.level) == len(packed.peak) == len(blocks.energy)
    assert packed.energies(whole) == pytest.approx(blocks.energy, rel=6e-4, abs=1e-12)
    assert packed.peaks(whole) == pytest.approx(blocks.peak, rel=3e-4, abs=1e-6)
    assert packed.highest == pytest.approx(blocks.peak.max(), rel=3e-4)
    assert packed.longer().peak == pytest.approx(blocks.longer().peak, rel=3e-4, abs=1e-6)
    assert packed.longer().energy == pytest.approx(blocks.longer().energy, rel=6e-4, abs=1e-12)
