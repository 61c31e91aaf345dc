"""Where are the true peaks, and how are those that are too high mended?

A true peak lies between samples (ITU-R BS.1770-4, annex 2). Eight points per sample are looked at, twice what the
standard asks, so that no meter finds more; and only where samples come within 6 dB of the highest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.loudness import QUIETEST_PEAK_DBTP
from pitchcast.audio.samples import Chunk, Samples

_PHASES = 8
_REACH = 32  # samples on each side that an interpolated point is made of
_AT_ONCE = 1 << 15
_FLAT_S = 0.004
_RAMP_S = 0.012
_EXTRA_DB = 0.15


@dataclass(frozen=True)
class Overshoot:
    """A true peak above the ceiling: the frame it follows, and by how much it is too high."""

    frame: int
    over_db: float


class PeakMeter:
    """Finds the highest true peak and all that exceed a ceiling, chunk by chunk."""

    def __init__(self, channels: int, ceiling_dbtp: float) -> None:
        self._ceiling = 10 ** (ceiling_dbtp / 20)
        self._held: Chunk = np.zeros((_REACH, channels), np.float32)
        self._first = -_REACH  # frame number of the first one held
        self._highest_sample = 1e-9
        self._highest = 0.0
        self._over: list[Overshoot] = []

    def add(self, chunk: Chunk) -> None:
        """Take in the next frames."""
        frames = np.concatenate([self._held, chunk])
        if len(frames) > 2 * _REACH:
            self._look(frames)
            done = len(frames) - 2 * _REACH
            frames, self._first = frames[done:], self._first + done
        self._held = frames

    def finish(self) -> None:
        """Look at the last frames, which silence follows."""
        self.add(np.zeros((2 * _REACH, self._held.shape[1]), np.float32))

    @property
    def true_peak_dbtp(self) -> float:
        """The highest so far."""
        return float(20 * np.log10(self._highest)) if self._highest > 1e-6 else QUIETEST_PEAK_DBTP

    @property
    def overshoots(self) -> Sequence[Overshoot]:
        """Those above the ceiling so far, in order within each channel of each chunk."""
        return self._over

    def _look(self, frames: Chunk) -> None:
        self._highest_sample = max(self._highest_sample, float(np.abs(frames).max(initial=0.0)))
        for channel in range(frames.shape[1]):
            signal = np.ascontiguousarray(frames[:, channel])
            inner = np.abs(signal[_REACH - 1 : -_REACH + 1]) >= 0.5 * self._highest_sample
            near = np.flatnonzero(inner[:-1] | inner[1:]) + _REACH - 1
            for start in range(0, len(near), _AT_ONCE):
                self._interpolate(signal, near[start : start + _AT_ONCE])

    def _interpolate(self, signal: NDArray[np.float32], at: NDArray[np.intp]) -> None:
        windows = np.lib.stride_tricks.sliding_window_view(signal, 2 * _REACH)[at - _REACH + 1]
        peaks = np.abs(windows @ _FILTERS).max(axis=1)
        self._highest = max(self._highest, float(peaks.max(initial=0.0)))
        for index in np.flatnonzero(peaks > self._ceiling):
            over_db = float(20 * np.log10(peaks[index] / self._ceiling))
            self._over.append(Overshoot(int(at[index]) + self._first, over_db))


def dip_peaks(samples: Samples, overshoots: Sequence[Overshoot]) -> None:
    """Lower *samples*, in their file, around each overshoot: by what it is too high and a little more.

    Full depth over 4 ms on each side, then 12 ms back: too short to be heard as a change of level.
    """
    flat, ramp = int(_FLAT_S * samples.rate_hz), int(_RAMP_S * samples.rate_hz) // 2 * 2
    reach = flat + ramp
    with samples.path.open("r+b") as file:
        for group in _grouped(overshoots, 2 * reach):
            start = max(0, group[0].frame - reach)
            end = min(samples.frames, group[-1].frame + reach + 2)
            file.seek(start * samples.frame_bytes)
            data = np.frombuffer(file.read((end - start) * samples.frame_bytes), "<f4").reshape(-1, samples.channels)
            gain = 10 ** (-_depth_db(group, start, len(data), flat, ramp) / 20)
            file.seek(start * samples.frame_bytes)
            file.write((data * gain[:, None]).astype("<f4").tobytes())


def _grouped(overshoots: Sequence[Overshoot], apart: int) -> list[list[Overshoot]]:
    groups: list[list[Overshoot]] = []
    for overshoot in sorted(overshoots, key=lambda one: one.frame):
        if groups and overshoot.frame - groups[-1][-1].frame <= apart:
            groups[-1].append(overshoot)
        else:
            groups.append([overshoot])
    return groups


def _depth_db(group: Sequence[Overshoot], start: int, length: int, flat: int, ramp: int) -> NDArray[np.float64]:
    depth = np.zeros(length + 2 * ramp)
    for overshoot in group:
        at = overshoot.frame - start + ramp
        around = slice(max(0, at - flat - ramp // 2), at + flat + ramp // 2 + 2)
        depth[around] = np.maximum(depth[around], overshoot.over_db + _EXTRA_DB)
    bell = np.hanning(ramp + 1)
    return np.convolve(depth, bell / bell.sum(), mode="same")[ramp : ramp + length]


def _interpolation_filters() -> NDArray[np.float32]:
    """Return a column of taps for each of the points between one sample and the next (windowed sinc)."""
    taps = np.arange(-_REACH + 1, _REACH + 1)[:, None]
    distance = taps - np.arange(_PHASES)[None, :] / _PHASES
    inside = np.clip(1 - (distance / _REACH) ** 2, 0, None)
    filters = np.sinc(distance) * np.i0(9.0 * np.sqrt(inside)) / np.i0(9.0)
    scaled: NDArray[np.float32] = (filters / filters.sum(axis=0)).astype(np.float32)
    return scaled


_FILTERS = _interpolation_filters()
