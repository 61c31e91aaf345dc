"""What is in a recording, how loud it is over time, and what may be wrong with it: one decode tells all."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pitchcast.audio.recording import Recording, probe_recording
from pitchcast.audio.signal.analysis import with_true_peaks
from pitchcast.audio.signal.blocks import Blocks, lufs
from pitchcast.audio.signal.channels import ChannelStatistics, Mix, decide_channels, same_channels
from pitchcast.audio.signal.damage import minutes_and_seconds
from pitchcast.audio.signal.editing import find_pauses, plan_trim, whole
from pitchcast.audio.signal.levelling import (
    momentary_lufs,
    noise_floor_lufs,
    speech_spread_lu,
    spoken_steps,
    voices_apart,
)
from pitchcast.audio.signal.loudness import Loudness, heard
from pitchcast.audio.signal.mix import Programme
from pitchcast.audio.signal.reader import Reading, Request, must_choose, read_recording
from pitchcast.audio.temporary import workshop
from pitchcast.audio.threads import WorkerThreads
from pitchcast.model.answers.audio import Inspection

PROFILE_POINTS = 120
"""How many values tell the loudness over time."""

_SILENT_LUFS = -60.0
_QUIET_LUFS = -40.0
_CLIPPED_DBTP = 0.0
_CLIPPED = 1.0  # the same, linear
_OFFSET = 0.02
_NARROW_BELOW_HZ = 16000
_CLIPPED_OFTEN = 3
_NOISY_LU = 22.0
_SPEECH_LU = 6.0
_LONG_PAUSE_S = 10.0  # what no speaker makes for effect
_HISS_DB = -12.0  # of the high bands; measured: pink noise -5, hum -23 and less
_VOICED, _HISSING = 0.19, 0.2  # likeness to a tone; measured: whispers reach 0.17, voices 0.21, hiss 0.19, hum 0.22


@dataclass(frozen=True)
class Measurement:
    """What reading a recording once tells."""

    loudness: Loudness
    blocks: Blocks
    reading: Reading

    @property
    def noise_floor_lufs(self) -> float:
        """How loud it is between words, as heard."""
        return heard(noise_floor_lufs(self.blocks), self.blocks.channels)


def inspect_recording(path: Path, progress: Callable[[float], None] | None = None) -> Inspection:
    """Return what *path* holds and how it measures; *progress* is given the fraction done.

    Raises RecordingError where it cannot be used as a recording at all.
    """
    recording = probe_recording(path)
    return inspection_of(recording, measure_recording(path, recording, progress))


def inspection_of(recording: Recording, measured: Measurement) -> Inspection:
    """Return what is answered about a recording that was measured."""
    loudness = measured.loudness
    return Inspection(
        file=recording.file,
        duration_s=round(measured.reading.duration_s, 3),
        codec=recording.codec,
        channels=recording.channels,
        sample_rate_hz=recording.sample_rate_hz,
        bitrate_kbps=recording.bitrate_kbps,
        integrated_lufs=loudness.integrated_lufs,
        heard_lufs=loudness.heard_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        loudness_range_lu=loudness.loudness_range_lu,
        noise_floor_lufs=round(measured.noise_floor_lufs, 1),
        clipped_places=measured.reading.clipped_places,
        profile_lufs=loudness_profile(measured.blocks),
        tags=recording.tags,
        problems=tuple(find_problems(recording, measured)),
    )


def measure_recording(path: Path, recording: Recording, progress: Callable[[float], None] | None = None) -> Measurement:
    """Return how a recording measures; more than two channels are weighted as BS.1770-4 says.

    Where tracks or inputs must be chosen among, samples lie in the system's temporary folder meanwhile.
    """
    tell = progress or (lambda fraction: None)
    rate = recording.sample_rate_hz
    with ExitStack() as stack:
        threads = stack.enter_context(WorkerThreads(1))
        folder = stack.enter_context(workshop(Path(tempfile.gettempdir()))) if must_choose(path, recording) else None
        request = Request(source=path, recording=recording, rate_hz=rate, folder=folder, near=_CLIPPED)
        return measurement_of(read_recording(request, threads, tell), threads)


def measurement_of(reading: Reading, threads: WorkerThreads) -> Measurement:
    """Return how a recording that was read measures."""
    heard_before, samples = reading.heard, reading.samples
    blocks = reading.native or heard_before.blocks
    if reading.native is None and reading.is_kept:
        sound = Programme(samples, same_channels(samples.channels), whole(samples.frames))
        near = min(_CLIPPED, 0.5 * float(blocks.peak.max(initial=0.0)))
        blocks = with_true_peaks(sound, blocks, near, threads)
    return Measurement(_loudness(blocks), blocks, reading)


def loudness_profile(blocks: Blocks) -> tuple[float, ...]:
    """Return the loudness over time as heard, as at most PROFILE_POINTS values of evenly long parts."""
    parts = np.array_split(blocks.energy, min(PROFILE_POINTS, max(1, int(len(blocks.energy) / blocks.per_s / 0.1))))
    levels = (heard(max(lufs(float(part.mean())) if len(part) else -100.0, -100.0), blocks.channels) for part in parts)
    return tuple(round(level, 1) for level in levels)


def find_problems(recording: Recording, measured: Measurement) -> list[str]:
    """Return what a listener may hear as wrong, each with what to do."""
    loudness = measured.loudness
    if loudness.heard_lufs < _SILENT_LUFS:
        return ["It is silent, or nearly so: check which microphone the recorder uses."]
    problems = []
    if loudness.heard_lufs < _QUIET_LUFS:
        problems.append("It is very quiet: noise will rise with the voice. Go nearer to the microphone.")
    clipped = measured.reading.clipped_places
    if clipped >= _CLIPPED_OFTEN:
        problems.append(f"Its peaks are cut off at full scale in {clipped} places: lower the recorder's level.")
    elif loudness.true_peak_dbtp >= _CLIPPED_DBTP and not recording.holds_floats:
        problems.append("Its peaks reach full scale and may be distorted: lower the recorder's level.")
    if recording.sample_rate_hz < _NARROW_BELOW_HZ:
        problems.append("It sounds like a telephone: choose the recorder's best quality.")
    above_noise_lu = loudness.heard_lufs - measured.noise_floor_lufs
    if _SPEECH_LU < above_noise_lu < _NOISY_LU:
        remedy = (
            "go nearer, or master with --clean light"
            if _cleaning_helps(measured.reading.heard.statistics)
            else "go nearer"
        )
        problems.append(f"The room is noisy, only {above_noise_lu:.0f} dB under the voice: {remedy}.")
    if apart_lu := _voices_apart_lu(measured):
        problems.append(f"Loudness varies by {apart_lu:.0f} LU: mastering brings near and far voices together.")
    return [*problems, *_about_reading(measured.reading)]


def _about_reading(reading: Reading) -> Iterator[str]:
    """Yield what was found while it was read: damage, what is missing, an offset, tracks and channels."""
    yield from reading.remarks
    if reading.offset > _OFFSET:
        yield f"It has an offset (DC) of {reading.offset:.0%} of full scale, which mastering takes away."
    mix = decide_channels(reading.heard.statistics, "auto", reading.inputs)
    if mix.remark:
        yield mix.remark
    yield from about_pauses(reading, mix)


def about_pauses(reading: Reading, mix: Mix) -> Iterator[str]:
    """Yield a sentence about the first long pause of a recording, with what shortens it."""
    statistics, samples = reading.heard.statistics, reading.samples
    power, spoken = statistics.power(mix), statistics.spoken(mix)
    pitch = plan_trim(power, spoken, samples.frames, samples.rate_hz)
    pauses = list(find_pauses(pitch, power, spoken, samples.rate_hz, _LONG_PAUSE_S))
    if not pauses:
        return
    at, length_s = minutes_and_seconds(pauses[0].start / samples.rate_hz), pauses[0].frames / samples.rate_hz
    more = f", and {len(pauses) - 1} more pauses are as long" if len(pauses) > 1 else ""
    yield f"There is no speech for {length_s:.0f} s at {at}{more}: --shorten-pauses 1.5 shortens such pauses."


def _cleaning_helps(statistics: ChannelStatistics) -> bool:
    """Return whether the noise hisses and the voice does not: hum is not taken away, and a whisper would be."""
    speaking = [one for one in statistics.speech if one.spoken.any()]
    return all(one.voiced > _VOICED and one.humming < _HISSING and one.hiss_db > _HISS_DB for one in speaking)


def _voices_apart_lu(measured: Measurement) -> float:
    """Return how far near and far voices are apart, 0 where levelling would leave them alone."""
    levels = momentary_lufs(measured.blocks)
    spoken = np.logical_or.reduce([one.spoken for one in measured.reading.heard.statistics.speech])
    speech = spoken_steps(spoken, len(levels))
    return speech_spread_lu(levels, speech) if voices_apart(levels, speech) else 0.0


def _loudness(blocks: Blocks) -> Loudness:
    integrated = blocks.integrated_lufs
    return Loudness(
        integrated_lufs=round(integrated, 2),
        heard_lufs=round(heard(integrated, blocks.channels), 2),
        true_peak_dbtp=round(blocks.true_peak_dbtp, 2),
        loudness_range_lu=round(blocks.range_lu, 1),
    )
