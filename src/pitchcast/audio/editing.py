"""Which part of a recording is kept, and how do intro and outro join it? The only user of pydub, for short clips."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.channels import BLOCKS_PER_S, Mix
from pitchcast.audio.ffmpeg import input_of, sample_stream
from pitchcast.audio.recording import probe_recording
from pitchcast.audio.samples import CHUNK_FRAMES, Chunk, Samples
from pitchcast.errors import RecordingError

LONGEST_CLIP_S = 120.0
"""Intros and outros are held in memory, a recording never is."""

_LEAD_S = 0.2  # kept before the first word: soft consonants start below any threshold
_TAIL_S = 0.4
_SHORTEST_KEPT_S = 1.0
_WORTH_CUTTING_S = 0.05
_ABOVE_FLOOR_DB = 8.0
_BELOW_SPEECH_DB = (45.0, 12.0)  # the threshold stays between these
_SOUND_BLOCKS, _OF_BLOCKS = 5, 10  # 50 ms out of 100 ms: the click of a recorder's button is no word
_EDGE_FADE_S = 0.01
_POWER_FLOOR = 1e-12


@dataclass(frozen=True)
class Cut:
    """The part that is kept, in frames; ``start`` frames go from the start."""

    start: int
    end: int


@dataclass(frozen=True)
class Clip:
    """An intro or outro at the master's rate and channels, already faded; ``gain`` brings it to the voice's level."""

    frames: Chunk
    gain: float = 1.0


@dataclass(frozen=True)
class Arrangement:
    """Where everything lies on the master's time line, in frames. ``voice_at`` is how far the recording moves."""

    voice: Cut
    voice_at: int
    overlays: tuple[tuple[int, Clip], ...]
    frames: int


def plan_trim(power: NDArray[np.float32], frames: int, rate_hz: int) -> Cut:
    """Return what to keep of a recording without the silence at its ends.

    *power* is that of each block of 10 ms. What counts as silence follows from the measured noise floor and the
    level of the speech: a fixed threshold would miss noisy rooms. At least a second is kept.
    """
    sound = np.flatnonzero(_is_sound(power))
    if not len(sound):
        return Cut(0, frames)
    start = int((sound[0] / BLOCKS_PER_S - _LEAD_S) * rate_hz)
    end = int(((sound[-1] + 1) / BLOCKS_PER_S + _TAIL_S) * rate_hz)
    least = int(_WORTH_CUTTING_S * rate_hz)
    start = start if start > least else 0
    end = end if end < frames - least else frames
    missing = int(_SHORTEST_KEPT_S * rate_hz) - (end - start)
    if missing > 0:
        end = min(frames, end + missing)
        start = max(0, end - int(_SHORTEST_KEPT_S * rate_hz))
    return Cut(start, end)


def silence_threshold_db(power: NDArray[np.float32]) -> float:
    """Return the level, in dB of full scale, below which a block counts as silence."""
    levels = 10 * np.log10(np.maximum(power, _POWER_FLOOR))
    loud = power >= 0.01 * np.percentile(power, 95)
    speech = 10 * np.log10(max(float(np.mean(power[loud])), _POWER_FLOOR))
    lowest, highest = (speech - below for below in _BELOW_SPEECH_DB)
    return float(min(highest, max(lowest, np.percentile(levels, 5) + _ABOVE_FLOOR_DB)))


def _is_sound(power: NDArray[np.float32]) -> NDArray[np.bool_]:
    if len(power) < _OF_BLOCKS:
        return np.ones(len(power), bool)
    loud = 10 * np.log10(np.maximum(power, _POWER_FLOOR)) >= silence_threshold_db(power)
    counts = np.convolve(loud, np.ones(_OF_BLOCKS, int))
    first_of = counts[_OF_BLOCKS - 1 :]  # blocks that start at this one
    last_of = counts[: len(loud)]  # blocks that end at this one
    return np.asarray(loud & (np.maximum(first_of, last_of) >= _SOUND_BLOCKS))


def read_clip(path: Path, rate_hz: int, channels: int, *, fade_in_s: float, fade_out_s: float) -> Clip:
    """Return an intro or outro, faded. Raises RecordingError where it cannot be used or lasts over two minutes."""
    recording = probe_recording(path)
    if recording.duration_s > LONGEST_CLIP_S:
        raise RecordingError(
            f"{path.name} is {recording.duration_s:.0f} s long: an intro or outro lasts at most {LONGEST_CLIP_S:.0f} s",
            hint="Cut it shorter.",
        )
    shape = ["-ar", str(rate_hz), "-ac", str(channels), "-t", str(LONGEST_CLIP_S)]
    with sample_stream([*input_of(path), "-map", "0:a:0", *shape, "-f", "s32le", "pipe:1"], recording=path) as pipe:
        data = pipe.read()
    faded = fade_clip(data, rate_hz, channels, fade_in_s=fade_in_s, fade_out_s=fade_out_s)
    frames = np.frombuffer(faded, "<i4").reshape(-1, channels)
    return Clip((frames / 2.0**31).astype(np.float32))


def fade_clip(data: bytes, rate_hz: int, channels: int, *, fade_in_s: float, fade_out_s: float) -> bytes:
    """Return 32-bit integer samples with a fade at both ends."""
    with warnings.catch_warnings():
        # pydub looks for programs when it is imported, and warns; it is only ever given decoded samples.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    clip = AudioSegment(data=data, sample_width=4, frame_rate=rate_hz, channels=channels)
    return bytes(clip.fade_in(int(fade_in_s * 1000)).fade_out(int(fade_out_s * 1000)).raw_data)


def arrange(voice: Cut, rate_hz: int, intro: Clip | None, outro: Clip | None, crossfade_s: float) -> Arrangement:
    """Return where intro, recording and outro lie.

    They overlap by *crossfade_s*, by less where a clip or half the recording is shorter. In the overlap the clip
    fades and the voice does not: its first and last words stay whole.
    """
    length = voice.end - voice.start
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
    return Arrangement(voice, voice_at, tuple(overlays), frames)


def assemble_chunk(recording: Samples, arrangement: Arrangement, mix: Mix, start: int) -> Chunk:
    """Return the master's frames from *start* on: at most CHUNK_FRAMES of the mixed recording and the clips."""
    end = min(start + CHUNK_FRAMES, arrangement.frames)
    chunk = np.zeros((end - start, mix.channels), np.float32)
    at, voice = _voice_part(recording, arrangement, mix, start, end)
    chunk[at - start : at - start + len(voice)] = voice
    for at, clip in arrangement.overlays:
        first, last = max(start, at), min(end, at + len(clip.frames))
        if first < last:
            chunk[first - start : last - start] += clip.gain * clip.frames[first - at : last - at]
    return chunk


def _voice_part(recording: Samples, arrangement: Arrangement, mix: Mix, start: int, end: int) -> tuple[int, Chunk]:
    """Return the recording's frames that lie between *start* and *end*, and where they start."""
    voice, shift = arrangement.voice, arrangement.voice_at - arrangement.voice.start
    first, last = max(voice.start, start - shift), min(voice.end, end - shift)
    if first >= last:
        return start, np.zeros((0, mix.channels), np.float32)
    frames = mix.apply(recording.read(first, last))
    _fade_cuts(frames, first, voice, recording)
    return first + shift, frames


def _fade_cuts(frames: Chunk, first: int, voice: Cut, recording: Samples) -> None:
    """Fade *frames*, the first of which is number *first*, where the recording was cut: a cut in noise would click."""
    fade = int(_EDGE_FADE_S * recording.rate_hz)
    last = first + len(frames)
    if voice.start > 0:
        head = frames[: max(0, voice.start + fade - first)]
        since_cut = np.arange(first, first + len(head)) - voice.start
        head *= (since_cut[:, None] / fade).astype(np.float32)
    if voice.end < recording.frames:
        tail = frames[max(0, voice.end - fade - first) :]
        until_cut = voice.end - np.arange(last - len(tail), last)
        tail *= (until_cut[:, None] / fade).astype(np.float32)
