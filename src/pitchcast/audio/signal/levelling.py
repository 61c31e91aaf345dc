"""The gain that brings far and near voices together, and the filters that take away noise.

Levelling is a ride on the fader, not a compressor. The level of the speech alone, averaged over about two seconds, is
brought to that of the whole. Pauses take the lower gain of their neighbours and long ones are never raised, so that
rooms do not breathe.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import GATE_LUFS, Blocks, Values, block_frames, loudness_range_lu, lufs, momentary

Levels = NDArray[np.float64]
"""A value each 100 ms, in dB or LUFS."""

HELPS_ABOVE_LU = 7.0
"""Recordings of a narrower loudness range are left alone.

Measured: one even speaker has 2 to 6 LU, two voices 6 dB apart have 8 to 11.
"""

_STEP_S = 0.1
_WINDOW_S = 0.4
_AVERAGE_S = 0.75
_SMOOTH_S = 0.12
_BREATH_S = 0.05
_ABOVE_FLOOR_LU, _BELOW_INTEGRATED_LU = 8.0, 24.0
_MOST_DB, _LEAST_DB = 15.0, -6.0
_LONG_PAUSE_STEPS = 6
_SILENCE = 1e-12
_DENOISE_DELAY_S = 0.025


def plan_ride(blocks: Blocks, wanted: Literal["auto", "always", "never"]) -> Values | None:
    """Return the gain at each border of blocks (linear) that brings voices together, or None to leave them alone."""
    wide = loudness_range_lu(blocks.energy, blocks.per_s) > HELPS_ABOVE_LU
    levels = momentary_lufs(blocks)
    if wanted == "never" or (wanted == "auto" and not wide) or not len(levels):
        return None
    speech = is_speech(levels, blocks)
    if not speech.any():
        return None
    gains = _smoothed(_gains(levels, speech, blocks.integrated_lufs))
    borders = np.arange(len(blocks.energy) + 1) * (block_frames(blocks.rate_hz) / blocks.rate_hz)
    centres = np.arange(len(gains)) * _STEP_S + _WINDOW_S / 2
    ride: Values = (10 ** (np.interp(borders, centres, gains) / 20)).astype(np.float32)
    return ride


def cleaning(rate_hz: int) -> str:
    """Return ffmpeg's filters against rumble and noise, without the 25 ms by which they delay."""
    delay = int(_DENOISE_DELAY_S * rate_hz)
    in_time = f"atrim=start_sample={delay},asetpts=N/SR/TB"
    return f"aresample={rate_hz},apad=pad_len={delay},highpass=f=60,afftdn=nr=12:nf=-40:tn=1,{in_time}"


def momentary_lufs(blocks: Blocks) -> Levels:
    """Return the momentary loudness each 100 ms; the first window ends at 400 ms."""
    energy = np.maximum(momentary(blocks.energy, blocks.per_s), _SILENCE)
    return 10 * np.log10(energy.astype(np.float64)) + (lufs(1.0))


def is_speech(levels: Levels, blocks: Blocks) -> NDArray[np.bool_]:
    """Return where there is speech: well above the noise floor, and not far below the whole."""
    return levels > max(noise_floor_lufs(blocks) + _ABOVE_FLOOR_LU, blocks.integrated_lufs - _BELOW_INTEGRATED_LU)


def noise_floor_lufs(blocks: Blocks) -> float:
    """Return how loud it is where nobody speaks, between words too: a twentieth of 50 ms each is not louder."""
    size = round(_BREATH_S * blocks.per_s)
    energy = blocks.energy[: len(blocks.energy) // size * size].reshape(-1, size).mean(axis=1)
    return lufs(max(float(np.percentile(energy, 5)), _SILENCE)) if len(energy) else GATE_LUFS


def _gains(levels: Levels, speech: NDArray[np.bool_], integrated_lufs: float) -> Levels:
    average = _blurred(np.where(speech, levels, 0.0), _AVERAGE_S) / np.maximum(
        _blurred(speech.astype(np.float64), _AVERAGE_S), _SILENCE
    )
    gains = np.clip(integrated_lufs - average, _LEAST_DB, _MOST_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~speech, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        neighbours = [gains[at] for at in (first - 1, last) if 0 <= at < len(gains)]
        lower = min(neighbours)
        gains[first:last] = min(lower, 0.0) if last - first > _LONG_PAUSE_STEPS else lower
    return gains


def _smoothed(gains: Levels) -> Levels:
    padded = np.pad(gains, 8, mode="edge")
    return _blurred(padded, _SMOOTH_S)[8:-8]


def _blurred(values: Levels, sigma_s: float) -> Levels:
    sigma = sigma_s / _STEP_S
    reach = int(4 * sigma) + 1
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(values, bell / bell.sum(), mode="same")[: len(values)]
