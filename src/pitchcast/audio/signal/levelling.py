"""The gain that brings far and near voices together, and the filters that take away noise.

Levelling is a ride on the fader, not a compressor. The level of the speech alone, averaged over about two seconds, is
brought to that of the whole. Pauses take the lower gain of their neighbours and long ones are never raised, so that
rooms do not breathe.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import (
    GATE_LUFS,
    LONG_BLOCK_S,
    Blocks,
    Values,
    block_frames,
    lufs,
    momentary_of_steps,
    steps_of,
)
from pitchcast.audio.signal.speech import WINDOWS_PER_S

Levels = NDArray[np.float64]
"""A value each 100 ms, in dB or LUFS."""

_STEP_S = 0.1

HELPS_ABOVE_LU = ((0.75, 7.3), (1.5, 5.7))
"""What is narrower is left alone: how far speech spreads when it is averaged over so many seconds (sigma).

Measured: one even speaker spreads by up to 7.0 LU over the short time and 5.4 over the long one, on a telephone too;
two voices 9 dB apart by 8.8 or more over the short time, and those 7 dB apart, with turns of 8 s, by 6.5 over the long.
"""

_WINDOW_S = 0.4
_AVERAGE_S = 0.75
_SMOOTH_S = 0.12
_ABOVE_FLOOR_LU, _BELOW_INTEGRATED_LU = 8.0, 24.0
_WINDOWS_OF_STEP = WINDOWS_PER_S // 10
_FULL_SHARE, _ANY_SHARE = 0.75, 0.1  # of a window of 400 ms
_MOST_DB, _LEAST_DB = 15.0, -6.0
_LONG_PAUSE_STEPS = 6
_SILENCE = 1e-12
_DENOISE_DELAY_S = 0.025


def plan_ride(blocks: Blocks, wanted: Literal["auto", "always", "never"], spoken: NDArray[np.bool_]) -> Values | None:
    """Return the gain at each border of blocks (linear) that brings voices together, or None to leave them alone.

    *spoken* tells for each 20 ms whether somebody speaks. Where nobody does, what is loud counts as speech if the ride
    is asked for.
    """
    levels = momentary_lufs(blocks)
    if wanted == "never" or not len(levels):
        return None
    if wanted == "auto" and not voices_apart(levels, spoken_steps(spoken, len(levels))):
        return None
    # Every window with any speech is brought along: the last word of a turn, too.
    audible = levels > blocks.integrated_lufs - _BELOW_INTEGRATED_LU
    speech = spoken_steps(spoken, len(levels), _ANY_SHARE) & audible
    if not speech.any():
        speech = is_speech(levels, blocks)
    if not speech.any():
        return None
    gains = _smoothed(_gains(levels, speech, blocks.integrated_lufs))
    borders = np.arange(len(blocks.energy) + 1) * (block_frames(blocks.rate_hz) / blocks.rate_hz)
    centres = np.arange(len(gains)) * _STEP_S + _WINDOW_S / 2
    ride: Values = (10 ** (np.interp(borders, centres, gains) / 20)).astype(np.float32)
    return ride


def voices_apart(levels: Levels, speech: NDArray[np.bool_]) -> bool:
    """Return whether the loudness of *speech* spreads so far that there must be a near and a far voice."""
    return any(speech_spread_lu(levels, speech, sigma_s) > most for sigma_s, most in HELPS_ABOVE_LU)


def speech_spread_lu(levels: Levels, speech: NDArray[np.bool_], sigma_s: float = _AVERAGE_S) -> float:
    """Return how far apart soft and loud speech are (10 % and 95 %) when it is averaged over *sigma_s*.

    Pauses do not count, other than in the loudness range of EBU Tech 3342.
    """
    if not speech.any():
        return 0.0
    energy = np.where(speech, 10 ** (levels / 10), 0.0)
    heard = _blurred(energy, sigma_s)[speech] / _blurred(speech.astype(np.float64), sigma_s)[speech]
    soft, loud = np.percentile(10 * np.log10(np.maximum(heard, _SILENCE)), (10, 95))
    return float(loud - soft)


def spoken_steps(spoken: NDArray[np.bool_], count: int, share: float = _FULL_SHARE) -> NDArray[np.bool_]:
    """Return in which of *count* windows of 400 ms, one each 100 ms, at least a *share* is speech."""
    size = round(_WINDOW_S * WINDOWS_PER_S)
    sums = np.concatenate([[0], np.cumsum(np.pad(spoken, (0, max(0, count * _WINDOWS_OF_STEP + size - len(spoken)))))])
    starts = np.arange(count) * _WINDOWS_OF_STEP
    return np.asarray(sums[starts + size] - sums[starts] >= share * size)


def cleaning(rate_hz: int) -> str:
    """Return ffmpeg's filters against rumble and noise, without the 25 ms by which they delay."""
    delay = int(_DENOISE_DELAY_S * rate_hz)
    in_time = f"atrim=start_sample={delay},asetpts=N/SR/TB"
    return f"aresample={rate_hz},apad=pad_len={delay},highpass=f=60,afftdn=nr=12:nf=-40:tn=1,{in_time}"


def momentary_lufs(blocks: Blocks) -> Levels:
    """Return the momentary loudness each 100 ms; the first window ends at 400 ms."""
    return levels_of_steps(steps_of(blocks.energy, blocks.per_s))


def levels_of_steps(steps: NDArray[np.float64]) -> Levels:
    """Return the same of energies of 100 ms each."""
    energy = np.maximum(momentary_of_steps(steps), _SILENCE)
    return 10 * np.log10(energy.astype(np.float64)) + (lufs(1.0))


def is_speech(levels: Levels, blocks: Blocks) -> NDArray[np.bool_]:
    """Return where there is speech: well above the noise floor, and not far below the whole."""
    return levels > max(noise_floor_lufs(blocks) + _ABOVE_FLOOR_LU, blocks.integrated_lufs - _BELOW_INTEGRATED_LU)


def noise_floor_lufs(blocks: Blocks) -> float:
    """Return how loud it is where nobody speaks, between words too: a twentieth of 50 ms each is not louder."""
    size = round(LONG_BLOCK_S * blocks.per_s)
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
