"""Offsets and rumble go, what can be heard stays as it is and where it is, and impossible samples are muted."""

import numpy as np
import pytest

from pitchcast.audio.signal.conditioning import IMPOSSIBLE_FLOAT, IMPOSSIBLE_LOSSY, Conditioner

RATE_HZ = 48_000
Sound = np.ndarray


def _conditioned(
    frames: Sound, impossible: float = IMPOSSIBLE_LOSSY, chunk: int = 1 << 15
) -> tuple[Sound, Conditioner]:
    frames = frames.astype(np.float32)
    conditioner = Conditioner(RATE_HZ, frames.shape[1], impossible)
    parts = [conditioner.add(frames[at : at + chunk]) for at in range(0, len(frames), chunk)]
    return np.concatenate([*parts, conditioner.finish()]), conditioner


def _tone(hz: float, seconds: float = 3.0, channels: int = 1) -> Sound:
    tone = 0.3 * np.cos(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ) + 17) / RATE_HZ)
    return np.repeat(tone[:, None], channels, axis=1)


def _change_db(hz: float) -> float:
    before = _tone(hz)
    after, _ = _conditioned(before)
    inside = slice(RATE_HZ // 2, -RATE_HZ // 2)
    return float(20 * np.log10(after[inside].std() / before[inside].std()))


@pytest.mark.parametrize("offset", [0.3, -0.05])
def test_an_offset_goes_from_the_first_sample_on(offset: float) -> None:
    after, conditioner = _conditioned(np.full((RATE_HZ + 5, 2), offset))
    assert np.abs(after).max() < 1e-5
    assert conditioner.offset == pytest.approx(abs(offset), rel=1e-3)


@pytest.mark.parametrize(("hz", "at_most_db"), [(5, -25), (10, -15), (20, -5)])
def test_what_is_slow_goes(hz: float, at_most_db: float) -> None:
    assert _change_db(hz) < at_most_db


@pytest.mark.parametrize("hz", [50, 60, 100, 391, 1000, 15_000])
def test_what_can_be_heard_stays(hz: float) -> None:
    assert abs(_change_db(hz)) < 0.25


def test_nothing_moves_in_time() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (RATE_HZ, 2))
    after, _ = _conditioned(noise + 0.2)
    assert len(after) == len(noise)
    assert np.corrcoef(after[:, 0], noise[:, 0])[0, 1] > 0.999


@pytest.mark.parametrize("chunk", [97, 4800, 100_000])
def test_chunks_make_no_difference(chunk: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (RATE_HZ, 2))
    noise[20_000:20_050] = 1e5
    after, conditioner = _conditioned(noise, chunk=chunk)
    expected, of_whole = _conditioned(noise, chunk=len(noise))
    assert np.abs(after - expected).max() < 1e-5
    assert conditioner.muted == of_whole.muted


def test_a_bang_is_muted_and_nothing_else() -> None:
    voice = _tone(440)
    broken = voice.copy()
    broken[RATE_HZ : RATE_HZ + 1000] = 1e5 * np.sign(np.sin(np.arange(1000)))[:, None]
    after, conditioner = _conditioned(broken)
    [muted] = conditioner.muted
    assert 0.9 * RATE_HZ < muted.start <= RATE_HZ
    assert RATE_HZ + 1000 <= muted.end < 1.15 * RATE_HZ
    assert np.abs(after).max() < 0.5
    assert np.abs((after - voice)[: int(0.9 * RATE_HZ)]).max() < 0.02


def test_float_recordings_above_full_scale_are_whole() -> None:
    loud = 40 * _tone(440)
    after, conditioner = _conditioned(loud, IMPOSSIBLE_FLOAT)
    assert not conditioner.muted
    assert np.abs(after[RATE_HZ:-RATE_HZ]).max() == pytest.approx(12, abs=0.1)
