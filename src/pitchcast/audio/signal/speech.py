"""Where somebody speaks: each 20 ms of one channel is told from noise, hum, hiss and music, at any level.

The detector is fed while a recording is decoded, and knows at its end what belongs together. It looks at 0 to 4 kHz
only, so that a telephone is as good as a studio.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import product_of_rows

WINDOWS_PER_S = 50
"""Windows of a second."""

SILENT_DB = -120.0
"""What stands for the level of digital silence."""

BANDS = 18
"""Bands from 100 to 3,600 Hz, as wide as those of an ear, in which energy is looked at."""

FEATURES = 2 * BANDS + 1
"""Values of a window: each band's level to the loud ones, each band's level to its noise, and likeness to a tone."""

CONTEXT = (-32, -22, -15, -10, -6, -3, -1, 0, 1, 3, 6, 10, 15, 22, 32)
"""The windows before and after one that are looked at with it."""

_LEAST_ENERGY = 1e-12
_HEARD_HZ = 8000  # the lowest rate that holds the bands
_BAND_EDGES_HZ = (100.0, 3600.0)
_LEAST_HZ = 80.0  # below it is rumble and hum
_OUTPUTS = 8  # samples of a row when the rate is lowered; a filter reaches into the next row
_QUIETEST_DB, _STEP_DB = -128.0, 0.6  # levels are kept as bytes: hours of them are many
_PITCH_HZ = (80.0, 400.0)
_LOUD_PERCENT, _QUIET_PERCENT = 95, 10
_HIGH_BANDS = 6  # from 1,800 Hz on
_CHANGING_DB = 10.0
_FLOOR_WINDOWS = 25  # half a second
_AT_ONCE = 160 * _FLOOR_WINDOWS
_FLOOR_PARTS = 6  # three seconds on both sides
_SMOOTH = 5
_SHORTEST_PAUSE, _SHORTEST_SPEECH = 15, 6


_Values = NDArray[np.float32]
_HeardWindows = tuple[_Values, _Values, _Values]


@dataclass(frozen=True)
class Speech:
    """What a detector heard of one channel, in windows of 20 ms.

    ``energy`` is the mean square of each window between 80 and 4,000 Hz; ``spoken`` tells in which there is speech.
    ``certainty`` is how much speaks for it there, on the whole: 0 is a guess, and above 3 mistakes are rare.
    ``voiced`` and ``humming`` are how like a tone speech is, and what is quietest (0..1): a whisper and hiss are not.
    ``hiss_db`` is the level of the high bands relative to the loudest one where it is quietest: hum is far below.
    """

    energy: _Values
    spoken: NDArray[np.bool_]
    certainty: float = 0.0
    voiced: float = 0.0
    humming: float = 0.0
    hiss_db: float = SILENT_DB

    @property
    def seconds(self) -> float:
        """How long the channel is."""
        return len(self.spoken) / WINDOWS_PER_S

    @property
    def share(self) -> float:
        """The part of the whole in which there is speech (0..1)."""
        return float(np.mean(self.spoken)) if len(self.spoken) else 0.0

    @property
    def spoken_s(self) -> float:
        """Seconds of speech."""
        return float(np.count_nonzero(self.spoken)) / WINDOWS_PER_S

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Start and end of each stretch of speech, in seconds, in order."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.spoken, [False]]).astype(np.int8)))
        return tuple((start / WINDOWS_PER_S, end / WINDOWS_PER_S) for start, end in edges.reshape(-1, 2).tolist())

    @property
    def speech_db(self) -> float:
        """The level of the speech, in dB of full scale."""
        return _level_db(self.energy[self.spoken])

    @property
    def rest_db(self) -> float:
        """The level of what is not speech, in dB of full scale; its middle, as a single bang says nothing."""
        rest = self.energy[~self.spoken]
        return _level_db(np.median(rest, keepdims=True)) if len(rest) else SILENT_DB

    @property
    def level_db(self) -> float:
        """The level of the whole, in dB of full scale."""
        return _level_db(self.energy)


def _level_db(energy: _Values) -> float:
    mean = float(np.mean(energy, dtype=np.float64)) if len(energy) else 0.0
    return 10 * float(np.log10(mean)) if mean > _LEAST_ENERGY else SILENT_DB


class SpeechDetector:
    """Listens to one channel, some samples at a time: any number, at any level."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._ear = _Ear(rate_hz)
        self._levels: list[NDArray[np.uint8]] = []
        self._tones: list[NDArray[np.uint8]] = []
        self._energy: list[_Values] = []
        self._fed = 0

    def feed(self, samples: _Values) -> None:
        """Take in the next samples."""
        self._fed += len(samples)
        self._keep(self._ear.hear(samples))

    def features(self) -> _Values:
        """Return windows × FEATURES, as the weights want them."""
        described = self._described()
        return described.features(np.arange(described.windows))

    def speech(self) -> Speech:
        """Return what was heard so far. The last windows, which are not complete, are taken to be as the one before."""
        count = -(-self._fed * WINDOWS_PER_S // self._rate_hz)
        if not self._levels:
            return Speech(np.zeros(count, np.float32), np.zeros(count, bool))
        energy = _of_length(np.concatenate(self._energy), count)
        described = self._described()
        likely = _of_length(likelihood(described), count)
        tones = _of_length(described.tones(np.arange(described.windows)), count)
        spoken = _steady(likely > 0)
        quiet = energy <= np.percentile(energy, _QUIET_PERCENT)
        quiet_windows = np.flatnonzero(quiet[: described.windows])
        bands_db = described.levels_db(quiet_windows if len(quiet_windows) else np.arange(1)).mean(axis=0)
        hiss_db = float(bands_db[-_HIGH_BANDS:].mean() - bands_db.max())
        return Speech(energy, spoken, _mean(likely[spoken]), _mean(tones[spoken]), _mean(tones[quiet]), hiss_db)

    def _described(self) -> "_Described":
        return _Described(np.concatenate(self._levels), np.concatenate(self._tones))

    def _keep(self, heard: _HeardWindows | None) -> None:
        if heard:
            levels, tones, energy = heard
            self._levels.append(((levels - _QUIETEST_DB) / _STEP_DB).clip(0, 255).astype(np.uint8))
            self._tones.append((255 * tones).clip(0, 255).astype(np.uint8))
            self._energy.append(energy)


def _of_length(values: _Values, count: int) -> _Values:
    """Return *count* values, the last one again where some are missing."""
    return values[np.minimum(np.arange(count), len(values) - 1)]


def _mean(values: _Values) -> float:
    return float(np.mean(values)) if len(values) else 0.0


class _Described:
    """What the weights want to know of windows, made for some of them at a time: hours of it would fill the memory."""

    def __init__(self, levels: NDArray[np.uint8], tones: NDArray[np.uint8]) -> None:
        """Take windows × BANDS levels and the windows' likeness to a tone, both as they are kept."""
        self._levels, self._tones = levels, tones
        self.windows = len(levels)
        parts = range(0, self.windows, _AT_ONCE)
        self._floor_db = self._lowest(np.concatenate([self._quiet_db(start) for start in parts]))
        changing = np.concatenate([self._changing_db(start) for start in parts])
        self._loud_db = float(np.percentile(changing, _LOUD_PERCENT))

    def features(self, windows: NDArray[np.intp]) -> _Values:
        """Return windows × FEATURES of the windows with these numbers."""
        levels_db = self.levels_db(windows)
        features = np.empty((len(windows), FEATURES), np.float32)
        features[:, :BANDS] = np.clip((levels_db - self._loud_db) / 20 + 1, -2, 2)
        features[:, BANDS:-1] = np.clip((levels_db - self._floor_at(windows)) / 20, -0.5, 2)
        features[:, -1] = self.tones(windows)
        return features

    def levels_db(self, windows: NDArray[np.intp]) -> _Values:
        """Return the levels of the windows with these numbers, windows × BANDS."""
        return self._levels[windows].astype(np.float32) * np.float32(_STEP_DB) + np.float32(_QUIETEST_DB)

    def tones(self, windows: NDArray[np.intp]) -> _Values:
        """Return the likeness to a tone of the windows with these numbers (0..1)."""
        return self._tones[windows].astype(np.float32) / np.float32(255)

    def _floor_at(self, windows: NDArray[np.intp]) -> _Values:
        return self._floor_db[windows // _FLOOR_WINDOWS]

    def _quiet_db(self, start: int) -> _Values:
        """Return for each half second from a window on how quiet each band is there; the last is filled up."""
        stop = min(start + _AT_ONCE, -(-self.windows // _FLOOR_WINDOWS) * _FLOOR_WINDOWS)
        levels_db = self.levels_db(np.minimum(np.arange(start, stop), self.windows - 1))
        quiet: _Values = np.percentile(levels_db.reshape(-1, _FLOOR_WINDOWS, BANDS), 20, axis=1).astype(np.float32)
        return quiet

    @staticmethod
    def _lowest(quiet_db: _Values) -> _Values:
        """Return the level of each band's noise around each half second: the quietest within some seconds."""
        around = np.pad(quiet_db, ((_FLOOR_PARTS, _FLOOR_PARTS), (0, 0)), mode="edge")
        lowest: _Values = np.lib.stride_tricks.sliding_window_view(around, 2 * _FLOOR_PARTS + 1, axis=0).min(axis=-1)
        return lowest

    def _changing_db(self, start: int) -> _Values:
        """Return the loudest band of each window from one on.

        What never changes does not count as loud: speech is to look the same under hum as without it.
        """
        windows = np.arange(start, min(start + _AT_ONCE, self.windows))
        levels_db = self.levels_db(windows)
        changes = levels_db - self._floor_at(windows) > _CHANGING_DB
        loudest: _Values = np.where(changes, levels_db, levels_db - _CHANGING_DB).max(axis=1)
        return loudest


def likelihood(described: _Described) -> _Values:
    """Return for each window how much speaks for speech, above 0, or against it."""
    first, bias, second, offset = _weights()
    around = max(CONTEXT)
    windows = np.pad(np.arange(described.windows), around, mode="symmetric")
    found = np.empty(described.windows, np.float32)
    for at in range(0, described.windows, _AT_ONCE):
        count = min(_AT_ONCE, described.windows - at)
        features = described.features(windows[at : at + count + 2 * around])
        hidden = np.tile(bias, (count, 1))
        for place, step in enumerate(CONTEXT):
            start = around + step
            hidden += product_of_rows(features[start : start + count], first[place])
        found[at : at + count] = np.maximum(hidden, 0) @ second + offset
    smooth: _Values = np.convolve(found, np.full(_SMOOTH, 1 / _SMOOTH, np.float32), mode="same")[: len(found)]
    return smooth


@lru_cache(maxsize=1)
def _weights() -> tuple[_Values, _Values, _Values, _Values]:
    """Return what ``python -m benchmarks.speech learn`` wrote: CONTEXT × FEATURES × hidden, bias, hidden, offset."""
    with np.load(Path(__file__).with_suffix(".npz")) as file:
        first, bias, second, offset = (file[name].astype(np.float32) for name in ("first", "bias", "second", "offset"))
    return first, bias, second, offset


def _steady(spoken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the same without pauses and bursts that are too short to be any."""
    without_pauses = ~_without_short(~spoken, _SHORTEST_PAUSE)
    return _without_short(without_pauses, _SHORTEST_SPEECH)


def _without_short(flags: NDArray[np.bool_], shortest: int) -> NDArray[np.bool_]:
    kept = flags.copy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        inside = start > 0 and end < len(flags)
        if end - start < shortest and inside:
            kept[start:end] = False
    return kept


class _Ear:
    """Lowers the rate, and tells levels, likeness to a tone and energy of each window that is complete."""

    def __init__(self, rate_hz: int) -> None:
        self._factor = max(1, rate_hz // _HEARD_HZ)
        self._rate_hz = rate_hz / self._factor
        self._size = 256 if self._rate_hz < 9600 else 384
        self._rest: _Values = np.zeros(0, np.float32)
        self._low: _Values = np.zeros(0, np.float32)
        self._first = 0  # place of the first sample in _low
        self._window = 0  # the next one

    def hear(self, samples: _Values) -> _HeardWindows | None:
        """Return levels (windows × BANDS), likeness to a tone and energy of the windows that are complete now."""
        self._low = np.concatenate([self._low, self._lowered(samples)])
        end = self._first + len(self._low)
        count = int((end - self._size) * WINDOWS_PER_S / self._rate_hz) + 1 - self._window if end >= self._size else 0
        if count <= 0:
            return None
        starts = np.floor((self._window + np.arange(count + 1)) * (self._rate_hz / WINDOWS_PER_S)).astype(np.intp)
        places = starts - self._first
        views = np.lib.stride_tricks.sliding_window_view(self._low, self._size)
        found = [self._analyse(views[places[at : min(at + _AT_ONCE, count)]]) for at in range(0, count, _AT_ONCE)]
        self._low = self._low[places[count] :] if places[count] < len(self._low) else self._low[len(self._low) :]
        self._first, self._window = int(starts[count]), self._window + count
        levels, tones, energy = (np.concatenate(part) for part in zip(*found, strict=True))
        return levels, tones, energy

    def _analyse(self, windows: _Values) -> _HeardWindows:
        shape, bands, correction, lags = _tables(self._rate_hz, self._size)
        spectrum = np.fft.rfft(windows * shape, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        energies = product_of_rows(power, bands)
        levels = 10 * np.log10(energies[:, :BANDS] + np.float32(_LEAST_ENERGY))
        # Of amplitudes, not of power: the strongest formant would hide the period.
        shifted = np.fft.irfft(np.sqrt(power), axis=1)
        likeness = (shifted[:, lags] * correction).max(axis=1) / np.maximum(shifted[:, 0], np.float32(_LEAST_ENERGY))
        return levels, likeness, energies[:, BANDS]

    def _lowered(self, samples: _Values) -> _Values:
        """Return samples at the low rate, as far as the filter reaches."""
        if self._factor == 1:
            return samples
        row = _OUTPUTS * self._factor
        samples = np.concatenate([self._rest, samples])
        rows = len(samples) // row
        if rows < 2:
            self._rest = samples
            return np.zeros(0, np.float32)
        self._rest = samples[(rows - 1) * row :]
        here, following = _filter(self._factor)
        table = samples[: rows * row].reshape(rows, row)
        return (product_of_rows(table[:-1], here) + product_of_rows(table[1:], following)).reshape(-1)


@lru_cache(maxsize=8)
def _filter(factor: int) -> tuple[_Values, _Values]:
    """Return what makes a row of output of a row of input and the one after it."""
    taps = _OUTPUTS * factor
    place = np.arange(taps) - (taps - 1) / 2
    response = np.sinc(0.9 * place / factor) * np.hanning(taps + 2)[1:-1]
    response /= response.sum()
    both = np.zeros((2 * taps, _OUTPUTS), np.float32)
    for output in range(_OUTPUTS):
        both[output * factor : output * factor + taps, output] = response
    return both[:taps], both[taps:]


@lru_cache(maxsize=8)
def _tables(rate_hz: float, size: int) -> tuple[_Values, _Values, _Values, NDArray[np.intp]]:
    """Return the shape of a window, what makes bands (and, last, energy) of power, and where a voice's period lies.

    A period is found the worse the longer it is, as the window is short: that is made up for before the period.
    """
    shape = np.hanning(size + 1)[:size]
    hz = np.arange(size // 2 + 1) * rate_hz / size
    scale = 2 / (size * np.sum(shape**2))
    lowest, highest = _mel(np.array(_BAND_EDGES_HZ)).tolist()
    edges = _hz(np.linspace(lowest, highest, BANDS + 2))
    bands = np.zeros((len(hz), BANDS + 1))
    bands[:, BANDS] = hz >= _LEAST_HZ
    for band in range(BANDS):
        low, middle, high = edges[band : band + 3]
        low, high = min(low, middle - rate_hz / size), max(high, middle + rate_hz / size)
        bands[:, band] = np.clip(np.minimum((hz - low) / (middle - low), (high - hz) / (high - middle)), 0, None)
    lags = np.arange(int(rate_hz / _PITCH_HZ[1]), int(rate_hz / _PITCH_HZ[0]))
    fade = np.correlate(shape, shape, mode="full")[size - 1 :]
    correction = np.sqrt(fade[0] / np.maximum(fade[lags], 0.1 * fade[0]))
    return shape.astype(np.float32), (bands * scale).astype(np.float32), correction.astype(np.float32), lags


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 2595 * np.log10(1 + hz / 700)


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
