"""Recordings that are hard to master, made of speech: the rows of the accuracy table."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

Frames = NDArray[np.float64]
RATE_HZ = 48_000


def _pops(speech: Frames) -> Frames:
    """Quiet speech with a full-scale pop of 6 samples twice a second."""
    quiet = speech * 0.1
    for at in range(RATE_HZ // 4, len(quiet), RATE_HZ // 2):
        quiet[at : at + 6] = 0.98
    return quiet


def _clipped(speech: Frames) -> Frames:
    return np.clip(speech / np.abs(speech).max() * 10 ** (24 / 20), -1, 1)


def _stereo(speech: Frames) -> Frames:
    """One voice to the left of the middle, the same voice later and to the right."""
    other = np.roll(speech, 2 * RATE_HZ)
    return np.stack([speech + 0.4 * other, 0.3 * speech + other], axis=1)


def _surround(speech: Frames) -> Frames:
    silence = np.zeros_like(speech)
    return np.stack([0.1 * speech, 0.1 * np.roll(speech, 300), speech, silence, silence, silence], axis=1)


def _noisy(speech: Frames) -> Frames:
    noise = np.random.default_rng(1).normal(0, 0.01, len(speech))
    return speech + noise + 0.01 * np.sin(2 * np.pi * 50 * np.arange(len(speech)) / RATE_HZ)


def _clicks(speech: Frames) -> Frames:
    at = np.random.default_rng(2).integers(0, len(speech), 60)
    clicked = 0.3 * speech
    clicked[at] = np.where(np.arange(60) % 2, 0.9, -0.9)
    return clicked


HARD_CASES: dict[str, tuple[Callable[[Frames], Frames], int]] = {
    "quiet speech with loud peaks": (_pops, RATE_HZ),
    "single-sample clicks": (_clicks, RATE_HZ),
    "already clipped": (_clipped, RATE_HZ),
    "2 s": (lambda speech: speech[: 2 * RATE_HZ], RATE_HZ),
    "1 s": (lambda speech: speech[:RATE_HZ], RATE_HZ),
    "1 s clipped": (lambda speech: _clipped(speech[:RATE_HZ]), RATE_HZ),
    "5.1": (_surround, RATE_HZ),
    "mono": (lambda speech: speech, RATE_HZ),
    "stereo": (_stereo, RATE_HZ),
    "8 kHz": (lambda speech: resample_poly(speech, 1, 6), 8_000),
    "96 kHz": (lambda speech: resample_poly(speech, 2, 1), 96_000),
    "hum and hiss": (_noisy, RATE_HZ),
    "very quiet": (lambda speech: speech * 10 ** (-26 / 20), RATE_HZ),
}


def write_case(name: str, speech: Frames, path: Path) -> None:
    """Write the hard recording *name*, made of mono speech at 48 kHz, as a 32-bit float wav."""
    make, rate = HARD_CASES[name]
    soundfile.write(path, make(speech.copy()), rate, subtype="FLOAT")


def random_hard_case(seed: int, speech: Frames) -> Frames:
    """Return mono speech at 48 kHz, of 1 to 8 s, made hard in ways and degrees that follow from *seed*."""
    random = np.random.default_rng(seed)
    length = int(RATE_HZ * random.choice([1.0, 2.0, 3.0, 5.0, 8.0]))
    start = int(random.integers(0, max(1, len(speech) - length)))
    sound = speech[start : start + length] * 10 ** random.uniform(-1.75, 0)
    match seed % 5:
        case 0:  # quiet speech with loud pops
            _add_clicks(sound, random, int(random.integers(1, 6)) * length // RATE_HZ, int(random.integers(3, 12)))
        case 1:  # clicks of single samples
            _add_clicks(sound, random, int(random.integers(1, 30)) * length // RATE_HZ, 1)
        case 2:  # clipped
            sound = np.clip(sound / np.abs(sound).max() * 10 ** (random.uniform(3, 24) / 20), -1, 1)
        case 3:  # one voice far away, hiss and hum
            sound[: length // 2] *= 10 ** (-random.uniform(6, 20) / 20)
            hum = np.sin(2 * np.pi * 50 * np.arange(length) / RATE_HZ)
            sound = sound + random.normal(0, 10 ** random.uniform(-4.5, -2.5), length) + 0.003 * hum
        case 4:  # long pauses
            sound = sound * (np.sin(2 * np.pi * np.arange(length) / RATE_HZ / random.uniform(1, 4)) > -0.3)
    return sound


def _add_clicks(sound: Frames, random: np.random.Generator, count: int, width: int) -> None:
    for at in random.integers(0, len(sound) - width, max(1, count)):
        sound[at : at + width] = random.choice([-1, 1]) * random.uniform(0.5, 0.98)
