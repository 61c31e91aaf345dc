"""Which part of a recording is kept, and how intro and outro join it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.blocks import block_frames
from pitchcast.audio.signal.channels import BLOCKS_PER_S, Mix
from pitchcast.audio.signal.samples import Chunk, Samples
from pitchcast.audio.signal.speech import WINDOWS_PER_S

_LEAD_S = 0.2  # kept before the first word: soft consonants start below any threshold
_TAIL_S = 0.4
_SHORTEST_KEPT_S = 1.0
_WORTH_CUTTING_S = 0.05
_WORTH_SHORTENING_S = 0.1
_PAUSE_SHARE_BEFORE = 0.6  # of what stays of a pause: the end of a word rings longer than the next one starts
_ABOVE_FLOOR_DB = 8.0
_BELOW_SPEECH_DB = (45.0, 12.0)  # the threshold stays between these
_SOUND_BLOCKS, _OF_BLOCKS = 5, 10  # 50 ms out of 100 ms: the click of a recorder's button is no word
_NEAR_SPEECH_BLOCKS = 30
_UNSHARP_BLOCKS = 10
_LASTING_BLOCKS, _LASTING_SHARE = 100, 0.8  # sound for most of two seconds
_EDGE_FADE_S = 0.01
_POWER_FLOOR = 1e-12


@dataclass(frozen=True)
class Cut:
    """The part that is kept, in frames; ``start`` frames go from the start."""

    start: int
    end: int

    @property
    def frames(self) -> int:
        """Frames that are kept."""
        return self.end - self.start


@dataclass(frozen=True)
class Clip:
    """An intro or outro at the master's rate and channels, already faded; ``gain`` brings it to the voice's level."""

    frames: Chunk
    gain: float = 1.0


@dataclass(frozen=True)
class Arrangement:
    """Where everything lies on the master's time line, in frames.

    ``kept`` are the parts of the recording that follow each other from ``voice_at`` on, in order.
    """

    kept: tuple[Cut, ...]
    voice_at: int
    overlays: tuple[tuple[int, Clip], ...]
    frames: int

    def placed(self) -> Iterator[tuple[int, Cut]]:
        """Yield each kept part, and where it lies."""
        at = self.voice_at
        for cut in self.kept:
            yield at, cut
            at += cut.frames


def plan_trim(power: NDArray[np.float32], spoken: NDArray[np.bool_], frames: int, rate_hz: int) -> Cut:
    """Return what to keep of a recording without what comes before and after the pitch.

    *power* is that of each block of 10 ms, *spoken* tells for each 20 ms whether somebody speaks. Kept are speech and
    sound that goes on for seconds, as music does; steps, chairs and buttons are not. At least a second is kept.
    """
    sound = np.flatnonzero(_is_wanted(power, spoken))
    if not len(sound):
        return Cut(0, frames)
    start = int((sound[0] / BLOCKS_PER_S - _LEAD_S) * rate_hz)
    end = int(((sound[-1] + 1) / BLOCKS_PER_S + _TAIL_S) * rate_hz)
    least = int(_WORTH_CUTTING_S * rate_hz)
    start = start // block_frames(rate_hz) * block_frames(rate_hz) if start > least else 0
    end = end if end < frames - least else frames
    missing = int(_SHORTEST_KEPT_S * rate_hz) - (end - start)
    if missing > 0:
        end = min(frames, end + missing)
        start = max(0, end - int(_SHORTEST_KEPT_S * rate_hz))
    return Cut(start, end)


def shorten_pauses(
    cut: Cut, power: NDArray[np.float32], spoken: NDArray[np.bool_], rate_hz: int, longest_s: float
) -> tuple[Cut, ...]:
    """Return the parts to keep so that no pause within *cut* lasts longer than *longest_s*.

    The middle of a pause goes: the breath before a word and the end of the one before stay.
    """
    kept, start = [], cut.start
    for pause in find_pauses(cut, power, spoken, rate_hz, longest_s + _WORTH_SHORTENING_S):
        stop = pause.start + int(longest_s * rate_hz * _PAUSE_SHARE_BEFORE)
        kept.append(Cut(start, stop))
        start = stop + pause.frames - int(longest_s * rate_hz)
    return (*kept, Cut(start, cut.end))


def find_pauses(
    cut: Cut, power: NDArray[np.float32], spoken: NDArray[np.bool_], rate_hz: int, least_s: float
) -> Iterator[Cut]:
    """Yield the pauses within *cut* that last at least *least_s*, in order: what trimming would not keep either."""
    silent = ~_is_wanted(power, spoken)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        pause = Cut(int(first / BLOCKS_PER_S * rate_hz), int(last / BLOCKS_PER_S * rate_hz))
        if cut.start < pause.start and pause.end < cut.end and pause.frames >= least_s * rate_hz:
            yield pause


def silence_threshold_db(power: NDArray[np.float32]) -> float:
    """Return the level, in dB of full scale, below which a block counts as silence."""
    levels = 10 * np.log10(np.maximum(power, _POWER_FLOOR))
    loud = power >= 0.01 * np.percentile(power, 95)
    speech = 10 * np.log10(max(float(np.mean(power[loud])), _POWER_FLOOR))
    lowest, highest = (speech - below for below in _BELOW_SPEECH_DB)
    return float(min(highest, max(lowest, np.percentile(levels, 5) + _ABOVE_FLOOR_DB)))


def _is_wanted(power: NDArray[np.float32], spoken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which blocks of 10 ms hold speech, or sound that goes on for seconds; without any speech, any sound."""
    sound = _is_sound(power)
    if not spoken.any():
        return sound
    heard = np.repeat(spoken, BLOCKS_PER_S // WINDOWS_PER_S)
    heard = np.pad(heard, (0, max(0, len(power) - len(heard))), mode="edge")[: len(power)]
    near = _share_around(heard, _NEAR_SPEECH_BLOCKS) > 0
    lasting = _opened(_share_around(sound, _LASTING_BLOCKS) >= _LASTING_SHARE, _LASTING_BLOCKS)
    inside = _share_around(heard, _UNSHARP_BLOCKS) == 1  # a detector is late and early by so much
    return np.asarray((sound & (near | lasting)) | inside)


def _share_around(flags: NDArray[np.bool_], blocks: int) -> NDArray[np.float64]:
    """Return the share of *flags* within as many blocks on both sides; the ends count as if they went on."""
    padded = np.pad(flags, blocks, mode="edge")
    sums = np.concatenate([[0], np.cumsum(padded)])
    shares: NDArray[np.float64] = (sums[2 * blocks + 1 :] - sums[: -2 * blocks - 1]) / (2 * blocks + 1)
    return shares


def _opened(flags: NDArray[np.bool_], blocks: int) -> NDArray[np.bool_]:
    """Return *flags* wider by as many blocks on both sides."""
    return np.asarray(_share_around(flags, blocks) > 0)


def _is_sound(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    if len(power) < _OF_BLOCKS:
        return np.ones(len(power), bool)
    loud = 10 * np.log10(np.maximum(power, _POWER_FLOOR)) >= silence_threshold_db(power)
    counts = np.convolve(loud, np.ones(_OF_BLOCKS, int))
    first_of = counts[_OF_BLOCKS - 1 :]  # blocks that start at this one
    last_of = counts[: len(loud)]  # blocks that end at this one
    return np.asarray(loud & (np.maximum(first_of, last_of) >= _SOUND_BLOCKS))


def whole(frames: int) -> Arrangement:
    """Return the arrangement of a recording that is left as it is."""
    return Arrangement((Cut(0, frames),), 0, (), frames)


def arrange(
    kept: Sequence[Cut], rate_hz: int, intro: Clip | None, outro: Clip | None, crossfade_s: float
) -> Arrangement:
    """Return where intro, recording and outro lie.

    They overlap by *crossfade_s*, by less where a clip or half the recording is shorter. In the overlap the clip
    fades and the voice does not: its first and last words stay whole.
    """
    length = sum(cut.frames for cut in kept)
    wanted = int(crossfade_s * rate_hz)
    overlays = []
    voice_at = 0
    if intro:
        voice_at = len(intro.frames) - min(wanted, len(intro.frames), length // 2)
        overlays.append((0, intro))
    frames = voice_at + length
    if outro:
        outro_at = frames - min(wanted, len(outro.frames), length // 2)
        overlays.append((outro_at, outro))
        frames = max(frames, outro_at + len(outro.frames))
    return Arrangement(tuple(kept), voice_at, tuple(overlays), frames)


def assemble(recording: Samples, arrangement: Arrangement, mix: Mix, start: int, end: int) -> Chunk:
    """Return the master's frames from *start* to *end*: the mixed recording and the clips."""
    chunk = np.zeros((end - start, mix.channels), np.float32)
    for at, cut in arrangement.placed():
        first, last = max(start, at), min(end, at + cut.frames)
        if first < last:
            source = first - at + cut.start
            frames = mix.apply(recording.read(source, source + last - first))
            _fade_cuts(frames, source, cut, recording)
            if (first, last) == (start, end) and not arrangement.overlays:
                return frames
            chunk[first - start : last - start] = frames
    for at, clip in arrangement.overlays:
        first, last = max(start, at), min(end, at + len(clip.frames))
        if first < last:
            chunk[first - start : last - start] += np.float32(clip.gain) * clip.frames[first - at : last - at]
    return chunk


def _fade_cuts(frames: Chunk, first: int, cut: Cut, recording: Samples) -> None:
    """Fade *frames*, the first of which is number *first*, where the recording was cut: a cut in noise would click."""
    fade = int(_EDGE_FADE_S * recording.rate_hz)
    last = first + len(frames)
    if cut.start > 0:
        head = frames[: max(0, cut.start + fade - first)]
        since_cut = np.arange(first, first + len(head)) - cut.start
        head *= (since_cut[:, None] / fade).astype(np.float32)
    if cut.end < recording.frames:
        tail = frames[max(0, cut.end - fade - first) :]
        until_cut = cut.end - np.arange(last - len(tail), last)
        tail *= (until_cut[:, None] / fade).astype(np.float32)
