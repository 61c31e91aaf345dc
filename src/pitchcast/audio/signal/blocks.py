"""How loud and how high sound is at each moment: energy and peak of blocks of 2.5 ms.

Energy is that of the K-weighted signal (ITU-R BS.1770-4, annex 1), summed over channels; from it follow loudness,
its range and what any slow gain makes of them, without looking at the samples again.
"""

from array import array
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log10, pi, tan

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.peaks import REACH, true_peaks
from pitchcast.audio.signal.samples import Chunk

Values = NDArray[np.float32]
"""One value for each block."""

Codes = NDArray[np.uint16]
"""The same in two bytes (``pack``)."""

GATE_LUFS = -70.0
"""The absolute gate: where nothing is louder, there is no integrated loudness, and this stands for it."""

QUIETEST_PEAK_DBTP = -120.0
"""What stands for the peak of digital silence."""

LONG_BLOCK_S = 0.05
"""How long blocks are where only loudness is wanted."""

_OFFSET_LU = -0.691
_GATE = 10 ** ((GATE_LUFS - _OFFSET_LU) / 10)
_SILENT_PEAK = 1e-6
_BLOCK_FRAMES = {44100: 105, 48000: 120}
_ROWS = 16  # small enough for BLAS not to start threads, which would fight with the encoders
_LONG_BLOCKS = 1 << 12  # so many of 50 ms are unpacked at once
_CODES_OF_OCTAVE = 1456
_LAST_CODE = (1 << 16) - 1
_QUIETEST = 2.0**-20
_NO_VALUES: Values = np.zeros(0, np.float32)
_SCAN = 64  # blocks after which nothing of the filters' state is left


def block_frames(rate_hz: int) -> int:
    """Return the frames of a block: 2.5 ms, or a little less, so that 100 ms are whole blocks."""
    return _BLOCK_FRAMES.get(rate_hz) or max(1, rate_hz // 400)


@dataclass(frozen=True)
class Blocks:
    """What was measured: K-weighted energy (mean square, summed over channels) and highest peak of each block.

    Peaks are true ones (between samples too) wherever they may matter; elsewhere they are those of samples. ``at_once``
    is how many of the blocks that are measured are one here.
    """

    rate_hz: int
    channels: int
    energy: Values
    peak: Values
    at_once: int = 1

    @property
    def size(self) -> int:
        """Frames of a block."""
        return self.at_once * block_frames(self.rate_hz)

    @property
    def per_s(self) -> float:
        """Blocks of a second."""
        return self.rate_hz / self.size

    def longer(self) -> "Blocks":
        """Return blocks of 50 ms, of which hours are small: enough for every loudness. A last, unfinished one has no
        energy, only a peak.
        """
        at_once = round(LONG_BLOCK_S * self.per_s)
        whole = self.energy[: len(self.energy) // at_once * at_once].reshape(-1, at_once)
        peak = np.maximum.reduceat(self.peak, np.arange(0, len(self.peak), at_once))
        return Blocks(self.rate_hz, self.channels, whole.mean(axis=1), peak, at_once)

    def after(self, gains: Values) -> "Blocks":
        """Return the blocks after a slow gain, which is *gains* (linear) at their borders."""
        before, behind = gains[: len(self.energy)], gains[1 : len(self.energy) + 1]
        middle = (before + behind) / np.float32(2)
        return Blocks(
            self.rate_hz, self.channels, self.energy * middle * middle, self.peak * np.maximum(before, behind)
        )

    def part(self, first: int, last: int) -> "Blocks":
        """Return the blocks from *first* up to *last*."""
        return Blocks(self.rate_hz, self.channels, self.energy[first:last], self.peak[first:last])

    @property
    def integrated_lufs(self) -> float:
        """Integrated loudness as a meter reads it."""
        return integrated_lufs(self.energy, self.per_s)

    @property
    def range_lu(self) -> float:
        """The loudness range."""
        return loudness_range_lu(self.energy, self.per_s)

    @property
    def true_peak_dbtp(self) -> float:
        """The highest peak."""
        highest = float(self.peak.max(initial=0.0))
        return 20 * log10(highest) if highest > _SILENT_PEAK else QUIETEST_PEAK_DBTP


@dataclass(frozen=True)
class PackedBlocks:
    """Blocks of one channel in half the memory (``pack``), as of hours they are large; and as exact as meters are.

    ``level`` is the root of the energy.
    """

    rate_hz: int
    level: Codes
    peak: Codes

    def energies(self, part: slice) -> Values:
        """Return the energy of some of the blocks."""
        level = unpack(self.level[part])
        return level * level

    def peaks(self, part: slice) -> Values:
        """Return the peaks of some of the blocks."""
        return unpack(self.peak[part])

    @property
    def highest(self) -> float:
        """The highest peak, linear."""
        return float(unpack(self.peak.max(initial=0)))

    def longer(self) -> Blocks:
        """Return them as ``Blocks.longer`` does, some at a time."""
        at_once = _LONG_BLOCKS * round(LONG_BLOCK_S * self.rate_hz / block_frames(self.rate_hz))
        parts = [slice(at, at + at_once) for at in range(0, max(1, len(self.level)), at_once)]
        longer = [Blocks(self.rate_hz, 1, self.energies(part), self.peaks(part)).longer() for part in parts]
        energy, peak = (np.concatenate(values) for values in zip(*((b.energy, b.peak) for b in longer), strict=True))
        return replace(longer[0], energy=energy, peak=peak)


def pack(amplitudes: Values) -> Codes:
    """Return numbers of two bytes for amplitudes: equal steps of their logarithm, each 0.004 dB.

    They reach from -120 dB, below which all is silence, to 150 dB above full scale: a recording of float samples may
    lie there and be whole.
    """
    octaves = np.log2(np.maximum(amplitudes, np.float32(_QUIETEST)) / np.float32(_QUIETEST))
    codes: Codes = np.minimum(np.rint(octaves * np.float32(_CODES_OF_OCTAVE)), _LAST_CODE).astype(np.uint16)
    return codes


def unpack(codes: Codes) -> Values:
    """Return the amplitudes that stand behind numbers of two bytes."""
    return _amplitudes()[codes]


@lru_cache(maxsize=1)
def _amplitudes() -> Values:
    """Return the amplitude of each code; that of the first is 0."""
    amplitudes = _QUIETEST * 2 ** (np.arange(_LAST_CODE + 1) / _CODES_OF_OCTAVE)
    amplitudes[0] = 0.0
    return amplitudes.astype(np.float32)


class BlockStream:
    """Measures sound, chunk by chunk, and hands out blocks; what does not fill one waits for more.

    True peaks are looked for next to samples above *near* (linear), and next to the highest ones so far; None: of
    samples only. *weights* say how much the energy of each channel counts (1.0 for all unless given).
    """

    def __init__(
        self, rate_hz: int, channels: int, near: float | None, weights: tuple[float, ...] | None = None
    ) -> None:
        self._channels, self._near = channels, near
        self._size = block_frames(rate_hz)
        self._held: Chunk = np.zeros((REACH, channels), np.float32)  # what lies around a block, for peaks in it
        self._weighting = KWeighting(rate_hz, weights or (1.0,) * channels)
        self._highest = 1e-6
        self.frames, self._given = 0, 0

    def add(self, chunk: Chunk) -> tuple[Values, Values]:
        """Take in the next frames, and return energy and peak of the blocks that are complete."""
        self.frames += len(chunk)
        frames = np.concatenate([self._held, chunk])
        whole = max(0, len(frames) - 2 * REACH) // self._size * self._size
        self._held = frames[whole:]
        self._given += whole // self._size
        return self._measure(frames[: whole + 2 * REACH]) if whole else (_NO_VALUES, _NO_VALUES)

    def finish(self) -> tuple[Values, Values]:
        """Return energy and peak of what is left; a last, unfinished block is filled with silence."""
        left = -(-self.frames // self._size) - self._given
        energy, peak = self.add(np.zeros((2 * REACH + self._size, self._channels), np.float32))
        return energy[:left], peak[:left]

    def _measure(self, frames: Chunk) -> tuple[Values, Values]:
        """Measure whole blocks, with REACH frames on both sides of them."""
        inner = frames[REACH:-REACH]
        peak = peak_of_blocks(inner, self._size)
        if self._near is not None:
            self._add_true_peaks(peak, frames, self._near)
        return self._weighting.energy(inner), peak

    def _add_true_peaks(self, peak: Values, frames: Chunk, near: float) -> None:
        self._highest = max(self._highest, float(peak.max()))
        near = min(near, 0.5 * self._highest)
        if (peak >= near).any():
            at, height = true_peaks(frames, near)
            np.maximum.at(peak, at // self._size, height)


class BlockMeter:
    """Measures sound, chunk by chunk, as ``BlockStream`` does, and keeps all blocks."""

    def __init__(
        self, rate_hz: int, channels: int, near: float | None, weights: tuple[float, ...] | None = None
    ) -> None:
        self._rate_hz, self._channels = rate_hz, channels
        self._stream = BlockStream(rate_hz, channels, near, weights)
        self._energy, self._peak = array("f"), array("f")  # of hours they are large: they grow in place

    @property
    def frames(self) -> int:
        """Frames measured so far."""
        return self._stream.frames

    def add(self, chunk: Chunk) -> None:
        """Take in the next frames."""
        self._keep(*self._stream.add(chunk))

    def finish(self) -> Blocks:
        """Return what was measured; a last, unfinished block is filled with silence."""
        self._keep(*self._stream.finish())
        energy, peak = (np.frombuffer(values, np.float32) for values in (self._energy, self._peak))
        return Blocks(self._rate_hz, self._channels, energy, peak)

    def _keep(self, energy: Values, peak: Values) -> None:
        self._energy.frombytes(energy.tobytes())
        self._peak.frombytes(peak.tobytes())


class PackingMeter:
    """The same of one channel, whose blocks are kept packed."""

    def __init__(self, rate_hz: int, near: float | None) -> None:
        self._rate_hz = rate_hz
        self._stream = BlockStream(rate_hz, 1, near)
        self._level, self._peak = array("H"), array("H")

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take in the next samples."""
        self._keep(*self._stream.add(samples[:, None]))

    def finish(self) -> PackedBlocks:
        """Return what was measured; a last, unfinished block is filled with silence."""
        self._keep(*self._stream.finish())
        level, peak = (np.frombuffer(codes, np.uint16) for codes in (self._level, self._peak))
        return PackedBlocks(self._rate_hz, level, peak)

    def _keep(self, energy: Values, peak: Values) -> None:
        self._level.frombytes(pack(np.sqrt(energy)).tobytes())
        self._peak.frombytes(pack(peak).tobytes())


def peak_of_blocks(frames: Chunk, size: int) -> Values:
    """Return the highest sample, of any channel, of each block of whole blocks."""
    rows = frames.reshape(-1, size * frames.shape[1])
    peak: Values = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    return peak


class KWeighting:
    """The two filters of BS.1770-4 as products of matrices: a block's samples and the state left by the one before."""

    def __init__(self, rate_hz: int, weights: tuple[float, ...]) -> None:
        self._size = block_frames(rate_hz)
        self._matrices = _matrices(rate_hz, self._size)
        self._weights = weights
        self._state: NDArray[np.float32] = np.zeros((len(weights), 4), np.float32)

    def energy(self, frames: Chunk) -> Values:
        """Return the mean square of each block of whole blocks after weighting, summed over channels."""
        total: Values = np.zeros(len(frames) // self._size, np.float32)
        for channel, weight in enumerate(self._weights):
            weighted = self._weight(np.ascontiguousarray(frames[:, channel]).reshape(-1, self._size), channel)
            total += np.einsum("ij,ij->i", weighted, weighted) * np.float32(weight / self._size)
        return total

    def _weight(self, blocks: NDArray[np.float32], channel: int) -> NDArray[np.float32]:
        direct, from_state, to_state, carry = self._matrices
        states = self._states(product_of_rows(blocks, to_state), channel, carry)
        weighted: NDArray[np.float32] = product_of_rows(blocks, direct)
        weighted += product_of_rows(states, from_state)
        return weighted

    def _states(
        self, steps: NDArray[np.float32], channel: int, carry: tuple[NDArray[np.float32], ...]
    ) -> NDArray[np.float32]:
        """Return the state before each block: each the one before times a matrix plus a step, by doubling."""
        states = np.concatenate([self._state[channel][None], steps])
        for power, matrix in enumerate(carry):
            reach = 1 << power
            if reach >= len(states):
                break
            states[reach:] += states[:-reach] @ matrix
        self._state[channel] = states[-1]
        return states[:-1]


def product_of_rows(rows: NDArray[np.float32], matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows @ matrix, a few rows at a time."""
    whole = len(rows) // _ROWS * _ROWS
    result = np.empty((len(rows), matrix.shape[1]), np.float32)
    np.matmul(
        rows[:whole].reshape(-1, _ROWS, rows.shape[1]), matrix, out=result[:whole].reshape(-1, _ROWS, matrix.shape[1])
    )
    if whole < len(rows):
        result[whole:] = rows[whole:] @ matrix
    return result


@lru_cache(maxsize=8)
def _matrices(
    rate_hz: int, size: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], tuple[NDArray[np.float32], ...]]:
    """Return what makes a block's output of its samples and of the state, the state's step, and its powers."""
    step, drive, read, through = _state_space(rate_hz)
    powers = [np.eye(4)]
    for _ in range(size):
        powers.append(step @ powers[-1])
    response = np.array([through, *(float(read @ powers[n] @ drive) for n in range(size - 1))])
    row, column = np.indices((size, size))
    direct = np.where(column >= row, response[np.clip(column - row, 0, None)], 0.0)
    from_state = np.stack([read @ powers[n] for n in range(size)], axis=1)
    to_state = np.stack([powers[size - 1 - n] @ drive for n in range(size)])
    carry, matrix, reach = [], powers[size], 1
    while reach <= _SCAN:
        carry.append(matrix.T.astype(np.float32))
        matrix, reach = matrix @ matrix, 2 * reach
    as_float = (part.astype(np.float32) for part in (direct, from_state, to_state))
    return (*as_float, tuple(carry))  # type: ignore[return-value] # three of them


def _state_space(rate_hz: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return both filters in a row as matrices of one system with four states (transposed direct form II)."""
    (a, b, c, d), (e, f, g, h) = (_section(*taps) for taps in (_shelf(rate_hz), _high_pass(rate_hz)))
    step = np.block([[a, np.zeros((2, 2))], [np.outer(f, c), e]])
    return step, np.concatenate([b, f * d]), np.concatenate([h * c, g]), h * d


def _section(
    b: tuple[float, float, float], a: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    step = np.array([[-a[0], 1.0], [-a[1], 0.0]])
    drive = np.array([b[1] - a[0] * b[0], b[2] - a[1] * b[0]])
    return step, drive, np.array([1.0, 0.0]), b[0]


def _shelf(rate_hz: int) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Return the first filter: what a head does to high frequencies (its analogue form, for any rate)."""
    k, q = tan(pi * 1681.974450955533 / rate_hz), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    whole = 1 + k / q + k * k
    b = ((high + middle * k / q + k * k) / whole, 2 * (k * k - high) / whole, (high - middle * k / q + k * k) / whole)
    return b, (2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole)


def _high_pass(rate_hz: int) -> tuple[tuple[float, float, float], tuple[float, float]]:
    """Return the second filter: low frequencies count less."""
    k, q = tan(pi * 38.13547087602444 / rate_hz), 0.5003270373238773
    whole = 1 + k / q + k * k
    return (1.0, -2.0, 1.0), (2 * (k * k - 1) / whole, (1 - k / q + k * k) / whole)


def integrated_lufs(energy: Values, per_s: float) -> float:
    """Return the integrated loudness of blocks, gated at -70 LUFS and at 10 LU below what passes that.

    -70 where nothing is louder, or nothing lasts 400 ms.
    """
    return integrated_of_steps(steps_of(energy, per_s))


def integrated_of_steps(steps: NDArray[np.float64]) -> float:
    """Return the same of energies of 100 ms each."""
    windows = _windows(steps, 4)
    loud = windows[windows > _GATE]
    if not len(loud):
        return GATE_LUFS
    loud = loud[loud > 0.1 * np.mean(loud, dtype=np.float64)]
    return lufs(float(np.mean(loud, dtype=np.float64)))


def momentary_of_steps(steps: NDArray[np.float64]) -> Values:
    """Return the energy of each window of 400 ms, one each 100 ms, from energies of 100 ms each."""
    return _windows(steps, 4)


def short_term(energy: Values, per_s: float) -> Values:
    """Return the energy of each window of 3 s, one each 100 ms."""
    return _windows(steps_of(energy, per_s), 30)


def loudness_range_lu(energy: Values, per_s: float) -> float:
    """Return the loudness range (EBU Tech 3342): 10 % to 95 % of short-term loudness, gated 20 LU below its mean."""
    windows = short_term(energy, per_s)
    heard = windows[windows > _GATE]
    if not len(heard):
        return 0.0
    heard = heard[heard > 0.01 * np.mean(heard, dtype=np.float64)]
    low, high = np.percentile(heard, (10, 95))
    return 10 * log10(high / low)


def lufs(energy: float) -> float:
    """Return the loudness of an energy."""
    return 10 * log10(energy) + _OFFSET_LU if energy > 0 else GATE_LUFS


def steps_of(energy: Values, per_s: float) -> NDArray[np.float64]:
    """Return the mean energy of each 100 ms; a last, unfinished one is left out."""
    hop = round(per_s / 10)
    steps: NDArray[np.float64] = energy[: len(energy) // hop * hop].reshape(-1, hop).mean(axis=1, dtype=np.float64)
    return steps


def _windows(steps: NDArray[np.float64], tenths: int) -> Values:
    if len(steps) < tenths:
        return np.zeros(0, np.float32)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    windows: Values = (np.maximum(sums[tenths:] - sums[:-tenths], 0.0) / tenths).astype(np.float32)
    return windows
