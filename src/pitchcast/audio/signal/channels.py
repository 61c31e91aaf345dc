"""Finds the channels that carry the voice, and makes the master's channels from them."""

import copy
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.choosing import choose, same_sound
from pitchcast.audio.signal.samples import Chunk
from pitchcast.audio.signal.speech import Speech, SpeechDetector

BLOCKS_PER_S = 100

T = TypeVar("T")

_POWER_FLOOR = 1e-12
_DEAD_DB = 40.0
_INVERTED = -0.9
_SAME = 0.98
_SIDE_TO_MID_DB = -20.0
_LAG_WINDOW = 16384
_LONGEST_LAG_S = 0.005  # sound travels 1.7 m
_SHORTEST_LAG_S = 0.0001
_ALIKE = 0.5
_STEADY_SHARE = 0.7

_CODEC_NOISE = 0.001  # what a codec adds to one voice on two channels, in power of it (-30 dB; measured: -34 at most)

_LEAKED_DB = 15.0  # a voice so far below is not a side of a stereo picture

_SIDES = ("left", "right")


@dataclass(frozen=True)
class Mix:
    """How the channels of a decoded recording become the master's: a row for each channel of the result.

    ``remark`` is a sentence for people where something was decided ("" where there was nothing to decide).
    """

    matrix: tuple[tuple[float, ...], ...]
    remark: str = ""

    @property
    def channels(self) -> int:
        """Channels of the result."""
        return len(self.matrix)

    def apply(self, frames: Chunk) -> Chunk:
        """Return the mixed frames."""
        mixed = np.empty((len(frames), self.channels), np.float32)
        for row, factors in enumerate(self.matrix):
            first, *others = [number for number, factor in enumerate(factors) if factor] or [0]
            np.multiply(frames[:, first], np.float32(factors[first]), out=mixed[:, row])
            for channel in others:
                mixed[:, row] += np.float32(factors[channel]) * frames[:, channel]
        return mixed


def same_channels(count: int) -> Mix:
    """Return the mix that leaves channels as they are."""
    return Mix(tuple(tuple(float(row == column) for column in range(count)) for row in range(count)))


@dataclass(frozen=True)
class ChannelStatistics:
    """What was heard, in blocks of 10 ms: power of left and right, their product, and how far one lags the other.

    ``lags`` has a row for each window that was compared: lag in frames, likeness at that lag (0..1), power.
    One channel counts as both. ``speech`` is what was heard of each channel.
    """

    rate_hz: int
    channels: int
    left: NDArray[np.float32]
    right: NDArray[np.float32]
    cross: NDArray[np.float32]
    lags: NDArray[np.float64]
    speech: tuple[Speech, ...]

    def power(self, mix: Mix) -> NDArray[np.float32]:
        """Return the power of each block after *mix*, mean of its channels."""
        rows = [(row[0], row[-1] if len(row) > 1 else 0.0) for row in mix.matrix]
        powers = [a * a * self.left + b * b * self.right + 2 * a * b * self.cross for a, b in rows]
        mean: NDArray[np.float32] = np.maximum(np.mean(powers, axis=0), 0.0)
        return mean

    def spoken(self, mix: Mix) -> NDArray[np.bool_]:
        """Return in which windows of 20 ms there is speech in a channel of *mix*."""
        used = [
            one.spoken for one, factors in zip(self.speech, zip(*mix.matrix, strict=True), strict=True) if any(factors)
        ]
        together: NDArray[np.bool_] = np.logical_or.reduce(used)
        return together

    def active_power(self, mix: Mix) -> float:
        """Return the mean power of the blocks after *mix* in which there is sound."""
        power = self.power(mix)
        return _mean(power, _active(power))


def common_of(chunk: Chunk, difference: float = _CODEC_NOISE) -> NDArray[np.float32] | None:
    """Return one channel that stands for all of a chunk, or None where they hold different sounds.

    Two channels are one sound, their mean, where half their difference has at most the share *difference* of its power.
    """
    if chunk.shape[1] != 2 or not difference:
        return np.ascontiguousarray(chunk[:, 0]) if np.array_equal(chunk[:, 1:], chunk[:, :-1]) else None
    mean: NDArray[np.float32] = chunk[:, 0] + chunk[:, 1]
    mean *= np.float32(0.5)
    power, both = np.dot(mean, mean), np.vdot(chunk, chunk)
    return mean if both / 2 - power <= difference * power else None


class ChannelMeter:
    """Gathers statistics of channels, chunk by chunk: speech of each, the rest of the first and the last.

    Chunks have one channel as long as that stands for all.
    """

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._rate_hz, self._channels = rate_hz, channels
        self._block = rate_hz // BLOCKS_PER_S
        self._rest: Chunk = np.zeros((0, 1), np.float32)
        self._powers: list[NDArray[np.float32]] = []
        self._lags: list[tuple[float, float, float]] = []
        self._detectors = [SpeechDetector(rate_hz)]
        self.frames = 0

    def add(self, chunk: Chunk) -> None:
        """Take in the next frames."""
        self.frames += len(chunk)
        self._detectors = apart(self._detectors, chunk.shape[1])
        for detector, side in zip(self._detectors, chunk.T, strict=True):
            detector.feed(np.ascontiguousarray(side))
        frames = np.concatenate([spread(self._rest, chunk.shape[1]), chunk]) if len(self._rest) else chunk
        whole = len(frames) // self._block * self._block
        self._rest = frames[whole:]
        if whole:
            self._measure(frames[:whole])

    def statistics(self) -> ChannelStatistics:
        """Return what was gathered so far."""
        powers = np.concatenate(self._powers) if self._powers else np.zeros((0, 3), np.float32)
        lags = np.array(self._lags, dtype=np.float64).reshape(-1, 3)
        speech = tuple(detector.speech() for detector in self._detectors)
        left, right, cross = powers.T
        return ChannelStatistics(self._rate_hz, len(speech), left, right, cross, lags, speech)

    def _measure(self, frames: Chunk) -> None:
        left, right = np.ascontiguousarray(frames[:, 0]), np.ascontiguousarray(frames[:, -1])
        a, b = left.reshape(-1, self._block), right.reshape(-1, self._block)
        powers = [np.einsum("ij,ij->i", one, other) for one, other in ((a, a), (b, b), (a, b))]
        self._powers.append((np.stack(powers, axis=1) / self._block).astype(np.float32))
        if self._channels == 2 and len(frames) >= _LAG_WINDOW // 4:
            window, other = left[:_LAG_WINDOW], right[:_LAG_WINDOW]
            self._lags.append(_lag_between(window, other if frames.shape[1] > 1 else window, self._rate_hz))


def spread(chunk: Chunk, channels: int) -> Chunk:
    """Return a chunk with so many channels, where one may have stood for all."""
    return np.repeat(chunk, channels, axis=1) if chunk.shape[1] < channels else chunk


def apart(meters: list[T], count: int) -> list[T]:
    """Return a meter for each of *count* channels, where one of them listened for all until now."""
    return meters + [copy.deepcopy(meters[0]) for _ in range(count - len(meters))]


def decide_channels(
    statistics: ChannelStatistics,
    wanted: Literal["auto", "mono", "stereo"],
    source_channels: int,
) -> Mix:
    """Return how the channels are mixed. *wanted* forces the number of channels; a broken one is still mended.

    A channel counts when it holds speech, not by its level.
    """
    if statistics.channels == 1:
        return _as_wanted(Mix(((1.0,),)), wanted)
    automatic = _decide(statistics)
    if source_channels > 2 and automatic.channels == 2:
        remark = f"{source_channels} channels are mixed down to two."
        automatic = Mix(automatic.matrix, f"{remark} {automatic.remark}".strip())
    return _as_wanted(automatic, wanted)


def _as_wanted(mix: Mix, wanted: str) -> Mix:
    if wanted == "stereo" and mix.channels == 1:
        return Mix(mix.matrix * 2, mix.remark)
    if wanted == "mono" and mix.channels == 2:
        mean = tuple(sum(column) / 2 for column in zip(*mix.matrix, strict=True))
        return Mix((mean,), mix.remark)
    return mix


def _decide(statistics: ChannelStatistics) -> Mix:
    heard = _active(statistics.left + statistics.right)
    left, right, cross = (_mean(of, heard) for of in (statistics.left, statistics.right, statistics.cross))
    apart_db = 10 * np.log10(left / right)
    if abs(apart_db) > _DEAD_DB:
        used = 0 if apart_db > 0 else 1
        return _one_channel(used, f"The {_SIDES[1 - used]} channel is silent: the {_SIDES[used]} one is used.")
    alone = _speaking_alone(statistics.speech)
    if alone is not None:
        return _one_channel(alone, f"Only the {_SIDES[alone]} channel holds speech: it is used.")
    correlation = float(cross / np.sqrt(left * right))
    sign, remark = 1.0, ""
    if correlation < _INVERTED:
        sign, remark = -1.0, "The two channels cancel each other: one is turned over."
    return _decide_upright(statistics, heard, sign, remark, (left, right, sign * cross))


def _speaking_alone(speech: tuple[Speech, ...]) -> int | None:
    """Return the side that holds all speech, where the other holds none or only what leaked into it."""
    choice = choose(speech)
    if len(choice.take) != 1 or not choice.sure:
        return None
    taken, left = choice.take[0], choice.leave[0]
    if speech[left].spoken_s and same_sound(*speech):
        leaked = speech[taken].speech_db - speech[left].speech_db > _LEAKED_DB
        return taken if leaked else None
    return taken


def _decide_upright(
    statistics: ChannelStatistics,
    heard: NDArray[np.bool_],
    sign: float,
    remark: str,
    powers: tuple[float, float, float],
) -> Mix:
    left, right, cross = powers
    side, mid = max(left + right - 2 * cross, _POWER_FLOOR), max(left + right + 2 * cross, _POWER_FLOOR)
    if 10 * np.log10(side / mid) < _SIDE_TO_MID_DB:
        return Mix(((0.5, sign * 0.5),), remark)
    better = _better_channel(statistics, heard)
    if cross / np.sqrt(left * right) > _SAME:
        return _one_channel(better, f"Both channels hold the same: the {_SIDES[better]} one is used.")
    if _is_spaced(statistics):
        why = "One voice reaches the two microphones at different times"
        return _one_channel(better, f"{why}: the {_SIDES[better]} one is used.")
    return Mix(((1.0, 0.0), (0.0, sign)), remark)


def _one_channel(side: int, remark: str) -> Mix:
    return Mix(((1.0, 0.0) if side == 0 else (0.0, 1.0),), remark)


def _active(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which blocks hold sound: those within 20 dB of the loud ones."""
    return power >= 0.01 * np.percentile(power, 95) if len(power) else np.zeros(0, bool)


def _mean(power: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    value = float(np.mean(power[where], dtype=np.float64)) if where.any() else 0.0
    return value if abs(value) > _POWER_FLOOR else _POWER_FLOOR


def _better_channel(statistics: ChannelStatistics, heard: NDArray[np.bool_]) -> int:
    """Return the side with clearly less noise under the voice, else the louder one."""
    loud = [10 * np.log10(_mean(power, heard)) for power in (statistics.left, statistics.right)]
    quiet = [10 * np.log10(np.percentile(power, 10) + _POWER_FLOOR) for power in (statistics.left, statistics.right)]
    cleaner = (loud[0] - quiet[0]) - (loud[1] - quiet[1])
    return int((cleaner if abs(cleaner) > 3 else loud[0] - loud[1]) < 0)


def _is_spaced(statistics: ChannelStatistics) -> bool:
    """Return whether one voice reaches both channels with a steady lag: their sum would be a comb filter."""
    if not len(statistics.lags):
        return False
    lag, alike, power = statistics.lags.T
    loud = power >= 0.01 * np.percentile(power, 95)
    middle = np.median(lag[loud])
    steady = np.mean((np.abs(lag[loud] - middle) <= 3) & (alike[loud] >= _ALIKE))
    return bool(steady >= _STEADY_SHARE and abs(middle) >= _SHORTEST_LAG_S * statistics.rate_hz)


def _lag_between(left: NDArray[np.float32], right: NDArray[np.float32], rate_hz: int) -> tuple[float, float, float]:
    """Return by how many frames right follows left, how alike they are then (0..1), and their power."""
    power = float(np.sqrt(np.mean(left**2, dtype=np.float64) * np.mean(right**2, dtype=np.float64)))
    if power <= _POWER_FLOOR:
        return 0.0, 0.0, 0.0
    if right is left:
        return 0.0, 1.0, power
    longest = int(_LONGEST_LAG_S * rate_hz)
    size = len(left) * 2
    product = np.fft.irfft(np.conj(np.fft.rfft(left, size)) * np.fft.rfft(right, size), size)
    around = np.concatenate([product[-longest:], product[: longest + 1]]) / (len(left) * power)
    best = int(np.argmax(np.abs(around)))
    return float(best - longest), float(abs(around[best])), power
