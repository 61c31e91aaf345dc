"""From a recording to a master: read, mixed, trimmed, levelled, encoded, and checked on the encoded file.

One decode into a temporary file of float samples feeds everything. Loudness is reached by one gain for the whole;
a limiter acts only where peaks would pass the ceiling; what the encoder adds to peaks is found by decoding the
finished file, and mended there.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.chapters import place_chapters
from pitchcast.audio.delivery import deliver_file
from pitchcast.audio.encoding.m4a import AacPress
from pitchcast.audio.encoding.mp3 import Checked, Press
from pitchcast.audio.inspect import about_pauses, inspect_recording, inspection_of, measurement_of
from pitchcast.audio.recording import Recording, probe_recording
from pitchcast.audio.signal.analysis import Heard, blocks_of, with_true_peaks
from pitchcast.audio.signal.blocks import BlockMeter, Blocks, Values, block_frames
from pitchcast.audio.signal.channels import ChannelStatistics, Mix, decide_channels
from pitchcast.audio.signal.clips import read_clip
from pitchcast.audio.signal.decoding import check_space_for, master_rate
from pitchcast.audio.signal.denoising import NETWORK_RATE_HZ, denoise
from pitchcast.audio.signal.editing import Arrangement, Clip, Cut, arrange, plan_trim, shorten_pauses
from pitchcast.audio.signal.levelling import (
    Levels,
    levels_of_steps,
    momentary_lufs,
    plan_ride,
    speech_spread_lu,
    spoken_steps,
)
from pitchcast.audio.signal.limiter import Curve, Limiter
from pitchcast.audio.signal.loudness import heard
from pitchcast.audio.signal.mix import Programme, measure_programme
from pitchcast.audio.signal.reader import Reading, Request, hear_again, read_recording
from pitchcast.audio.signal.samples import Samples
from pitchcast.audio.signal.speech import WINDOWS_PER_S
from pitchcast.audio.temporary import workshop
from pitchcast.audio.threads import WorkerThreads
from pitchcast.errors import RecordingError
from pitchcast.model.answers.audio import Inspection
from pitchcast.model.base import Record
from pitchcast.model.episode import Chapter
from pitchcast.model.show import AudioSettings
from pitchcast.model.transcript import Timeline
from pitchcast.model.waveform import waveform_of

TellProgress = Callable[[str, float], None]
FileFormat = Literal["mp3", "m4a"]

QUIETEST_LUFS = -60.0
"""What is quieter is refused: amplified, it would be noise."""

_LIMIT_BELOW_CEILING_DB = 0.7  # encoding seldom adds more to a limited peak; where it does, that is mended
_PEAK_MARGIN_DB = 0.03  # meters differ by this much
_NEAR = 0.5  # a true peak is at most 6 dB above the samples next to it
_GAIN_MAY_BE_MORE_DB = 4.0  # than what the power alone says
_ENCODE_TOLERANCE_LU = 0.2
_SAID_LU = 0.3
_GAIN_SAID_LU = 1.0
_MOST_TRIES = 5
_MOST_MENDS = 6
_SHORT_S = 10.0


class Branding(Record, frozen=True):
    """What goes around every pitch. Clips overlap the recording by ``crossfade_s``."""

    intro: Path | None = None
    outro: Path | None = None
    crossfade_s: float = 0.5


_UNBRANDED = Branding()


class Mastered(Record, frozen=True):
    """What came of mastering; loudness and peak are measured on the encoded file.

    ``samples`` are per channel. ``integrated_lufs`` is what a meter reads on the file as it is, ``heard_lufs``
    counts one channel as played on two speakers. ``intro_s`` is how far the recording's start moved because of the
    intro, crossfade counted. ``kept`` are the parts of the recording that were kept, in seconds of the original;
    ``pauses_s`` is what was cut from pauses between them. ``remarks`` are sentences for people about what was decided
    or not reached. ``waveform`` is the loudness over time (model/waveform.py).
    """

    samples: int
    sample_rate_hz: int
    channels: int
    bitrate_kbps: int
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    trimmed_start_s: float = 0.0
    trimmed_end_s: float = 0.0
    intro_s: float = 0.0
    kept: tuple[tuple[float, float], ...] = ()
    pauses_s: float = 0.0
    remarks: tuple[str, ...] = ()
    waveform: str = ""

    @property
    def timeline(self) -> Timeline:
        """Where the recording is heard."""
        kept = self.kept or ((self.trimmed_start_s, math.inf),)
        return Timeline(voice_at_s=self.intro_s, kept=kept, recording_s=kept[-1][1] + self.trimmed_end_s)

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.samples / self.sample_rate_hz


def master_recording(
    source: Path,
    output: Path,
    settings: AudioSettings,
    *,
    branding: Branding = _UNBRANDED,
    temp_dir: Path | None = None,
    progress: TellProgress | None = None,
    counted: Callable[[float], None] | None = None,
    inspected: Callable[[Inspection], None] | None = None,
    file_format: FileFormat = "mp3",
    workers: int = 0,
) -> Mastered:
    """Write *source* to *output* as MP3 or M4A without tags, at the loudness and under the ceiling of *settings*.

    *output* appears whole or not at all. Temporary files lie beside it, or in *temp_dir*, and are removed whatever
    happens. *progress* is given a step's name and the fraction of the whole that is done, which only rises.
    *counted* is told how many seconds the recording has once it was read, and may refuse them by raising.
    *inspected* is told what the recording holds, and how it measures, before anything is done to it.
    *workers* is how many encoders run at once (0: as many as keep all processors busy); it never changes a byte.
    Raises RecordingError where the recording or a clip cannot be used, AudioError where ffmpeg or the disk fails.
    """
    recording = probe_recording(source)
    steps = _Steps(progress)
    with workshop(temp_dir or output.absolute().parent) as folder, WorkerThreads(workers) as threads:
        check_space_for(folder, recording, settings)
        reading = _read(source, recording, settings, folder, threads, steps)
        if counted:
            counted(reading.duration_s)
        if inspected:
            inspected(_inspection(source, recording, settings, reading, threads))
        decoded, heard = reading.samples, reading.heard
        mix = decide_channels(heard.statistics, settings.channels, reading.inputs)
        kept = _plan_cuts(decoded, heard.statistics, mix, settings)
        spoken = _spoken_in(kept, heard.statistics.spoken(mix), decoded.rate_hz)
        voice = Programme(decoded, mix, arrange(kept, decoded.rate_hz, None, None, 0.0))
        bench = _Bench(settings, folder, threads, steps, file_format)
        about_lufs, known = _about_lufs(voice, heard), blocks_of(voice, heard, threads)
        said = [*reading.remarks, *filter(None, [mix.remark]), *_about_pauses_left(reading, mix, settings)]
        del heard, reading  # of three hours it is large, and measuring and encoding need the room
        measured = bench.measure(voice, about_lufs, known)
        refuse_silence(source, measured)
        unlevelled = momentary_lufs(measured)
        voice, measured = bench.level(voice, measured, spoken)
        programme, measured = bench.finish_programme(voice, measured, branding, trimmed=settings.trim_silence)
        finished = bench.encode_until_right(programme, measured)
        deliver_file(finished.path, output)
    steps.part("checking", 1.0)(1.0)
    levelled = _levelled(programme, unlevelled, finished, spoken)
    remarks = [*said, *levelled, *_missed(finished, settings)]
    return _mastered(finished, programme, kept, tuple(remarks))


def refuse_silence(source: Path, measured: Blocks) -> None:
    """Raise RecordingError where what was measured is silent, or nearly so."""
    lufs = heard(measured.integrated_lufs, measured.channels)
    if lufs < QUIETEST_LUFS:
        raise RecordingError(
            f"{source.name} is silent, or nearly so",
            hint="Check which microphone the recorder uses, and record again.",
        )


def move_chapters(chapters: Sequence[Chapter], mastered: Mastered) -> tuple[Chapter, ...]:
    """Return chapters given for the original at their times in the master, in order (``place_chapters``)."""
    return place_chapters(chapters, mastered.timeline, mastered.duration_s)


def encoder_scale_db(bitrate_kbps: int) -> float:
    """Return by how much LAME lowers what it is given at a constant bit rate (measured)."""
    if bitrate_kbps >= 256:
        return 0.0
    return 0.27 if bitrate_kbps >= 192 else 0.46


@dataclass(frozen=True)
class _EncodedMaster:
    """An encoded file and what measuring it gave; ``error_lu`` is what no gain could make up for."""

    path: Path
    checked: Checked
    bitrate_kbps: int
    error_lu: float

    @property
    def heard_lufs(self) -> float:
        """Loudness as heard."""
        return heard(self.checked.integrated_lufs, self.checked.channels)


class _Steps:
    """Turns the progress of parts, whose number is not known beforehand, into one fraction that only rises."""

    def __init__(self, progress: TellProgress | None) -> None:
        self._progress, self._done = progress, 0.0

    def part(self, name: str, end: float) -> Callable[[float], None]:
        """Return what a part, which ends at the fraction *end* of the whole, is to call with its own fraction."""
        start = self._done

        def tell(fraction: float) -> None:
            overall = min(start + (end - start) * min(1.0, fraction), 1.0)
            if self._progress and overall > self._done:
                self._done = overall
                self._progress(name, overall)

        return tell

    def later(self, name: str, of_rest: float) -> Callable[[float], None]:
        """Return the same for a part that begins where the one before it in time ends."""

        begun: list[Callable[[float], None]] = []

        def tell(fraction: float) -> None:
            if not begun:
                begun.append(self.share(name, of_rest))
            begun[0](fraction)

        return tell

    def share(self, name: str, of_rest: float) -> Callable[[float], None]:
        """Return the same for a part that takes a share of what is left."""
        return self.part(name, self._done + (1.0 - self._done) * of_rest)


def _read(
    source: Path, recording: Recording, settings: AudioSettings, folder: Path, threads: WorkerThreads, steps: _Steps
) -> Reading:
    """Return the recording, read and cleaned as asked."""
    rate = master_rate(recording.sample_rate_hz)
    request = Request(source=source, recording=recording, rate_hz=rate, folder=folder, clean=settings.clean == "light")
    if settings.clean != "strong":
        return read_recording(request, threads, steps.part("reading", 0.2))
    noisy = read_recording(replace(request, rate_hz=NETWORK_RATE_HZ), threads, steps.part("reading", 0.1))
    denoised = denoise(noisy.samples, folder, threads, steps.part("cleaning", 0.6))
    samples, heard = hear_again(denoised, rate, folder, threads, steps.part("reading", 0.65))
    return replace(noisy, samples=samples, heard=heard)


def _inspection(
    source: Path, recording: Recording, settings: AudioSettings, reading: Reading, threads: WorkerThreads
) -> Inspection:
    """Return what the recording holds; where it was changed while it was read, it is read once more."""
    if settings.clean == "off" and master_rate(recording.sample_rate_hz) == recording.sample_rate_hz:
        return inspection_of(recording, measurement_of(reading, threads))
    return inspect_recording(source)


def _about_pauses_left(reading: Reading, mix: Mix, settings: AudioSettings) -> Iterable[str]:
    """Return what is said about long pauses where they were not to be shortened."""
    return () if settings.shorten_pauses_s > 0 else about_pauses(reading, mix)


def _about_lufs(voice: Programme, heard: Heard) -> float:
    """Return about how loud a voice is, by its power."""
    return 10 * math.log10(max(heard.statistics.active_power(voice.mix), 1e-12) * voice.channels)


def _plan_cuts(decoded: Samples, statistics: ChannelStatistics, mix: Mix, settings: AudioSettings) -> tuple[Cut, ...]:
    power, spoken = statistics.power(mix), statistics.spoken(mix)
    whole = Cut(0, decoded.frames)
    voice = plan_trim(power, spoken, decoded.frames, decoded.rate_hz) if settings.trim_silence else whole
    if settings.shorten_pauses_s <= 0:
        return (voice,)
    return shorten_pauses(voice, power, spoken, decoded.rate_hz, settings.shorten_pauses_s)


def _spoken_in(kept: Sequence[Cut], spoken: NDArray[np.bool_], rate_hz: int) -> NDArray[np.bool_]:
    """Return in which windows of 20 ms of what is kept there is speech, from those of the recording."""
    parts = [
        slice(round(cut.start * WINDOWS_PER_S / rate_hz), round(cut.end * WINDOWS_PER_S / rate_hz)) for cut in kept
    ]
    return np.concatenate([spoken[part] for part in parts])


def _to_whole_blocks(arrangement: Arrangement, rate_hz: int) -> Arrangement:
    """Return a short arrangement with silence up to the next whole block of a loudness meter (100 ms).

    Meters differ in whether they count a last, unfinished block; in a second of sound that is up to 0.5 LU.
    """
    if arrangement.frames > _SHORT_S * rate_hz:
        return arrangement
    block = rate_hz // 10
    return replace(arrangement, frames=-(-arrangement.frames // block) * block)


def _matched(clip: Clip | None, target_lufs: float, rate_hz: int) -> Clip | None:
    """Return a clip at the loudness of the voice."""
    if clip is None:
        return None
    meter = BlockMeter(rate_hz, clip.frames.shape[1], near=1.0)
    meter.add(clip.frames)
    loud = meter.finish().integrated_lufs
    if min(loud, target_lufs) < QUIETEST_LUFS:
        return clip
    return replace(clip, gain=10 ** ((target_lufs - loud) / 20))


def _moved(ride: Values | None, arrangement: Arrangement, rate_hz: int) -> Values | None:
    """Return the ride of a voice where it lies in the arrangement; clips around it keep their level."""
    if ride is None:
        return None
    size = block_frames(rate_hz)
    before, total = round(arrangement.voice_at / size), -(-arrangement.frames // size) + 1
    moved = np.concatenate([np.ones(before, np.float32), ride])[:total]
    return np.concatenate([moved, np.ones(total - len(moved), np.float32)])


@dataclass
class _Bench:
    """The tools that a programme is worked on with: measuring, branding, levelling, encoding, checking."""

    settings: AudioSettings
    folder: Path
    threads: WorkerThreads
    steps: _Steps
    file_format: FileFormat

    def measure(self, programme: Programme, about_lufs: float, known: Blocks | None = None) -> Blocks:
        """Return the blocks of a programme that is about so loud; peaks are looked for where they matter then.

        *known* are its blocks with the peaks of samples, which are then changed.
        """
        near, tell = self._near(programme, about_lufs), self.steps.part("measuring", 0.25)
        if known is None:
            return measure_programme(programme, self.threads, near, tell)
        tell(1.0)
        return with_true_peaks(programme, known, near, self.threads)

    def _near(self, programme: Programme, about_lufs: float) -> float:
        gain_db = self.goal_lufs(programme.channels) - about_lufs + _GAIN_MAY_BE_MORE_DB
        return _NEAR * self.limit(programme.channels) * float(10 ** (-gain_db / 20))

    def level(self, voice: Programme, measured: Blocks, spoken: NDArray[np.bool_]) -> tuple[Programme, Blocks]:
        """Return the voice with near and far brought together where that helps, and its blocks."""
        ride = plan_ride(measured, self.settings.level, spoken)
        if ride is None:
            return voice, measured
        levelled, blocks = replace(voice, ride=ride), measured.after(ride)
        return levelled, with_true_peaks(levelled, blocks, self._near(voice, blocks.integrated_lufs), self.threads)

    def finish_programme(
        self, voice: Programme, measured: Blocks, branding: Branding, *, trimmed: bool
    ) -> tuple[Programme, Blocks]:
        """Return the programme with intro and outro at the loudness of the voice, and its blocks."""
        shape = (voice.rate_hz, voice.channels, self.folder, self.threads)
        fade_s, spoken = branding.crossfade_s, measured.integrated_lufs
        intro = read_clip(branding.intro, *shape, fade_in_s=0.02, fade_out_s=fade_s) if branding.intro else None
        outro = read_clip(branding.outro, *shape, fade_in_s=fade_s, fade_out_s=0.02) if branding.outro else None
        intro, outro = (_matched(clip, spoken, voice.rate_hz) for clip in (intro, outro))
        arrangement = arrange(voice.arrangement.kept, voice.rate_hz, intro, outro, fade_s)
        if trimmed:
            arrangement = _to_whole_blocks(arrangement, voice.rate_hz)
        programme = replace(voice, arrangement=arrangement, ride=_moved(voice.ride, arrangement, voice.rate_hz))
        if arrangement == voice.arrangement:
            return programme, measured
        return programme, self.measure(programme, spoken)

    def encode_until_right(self, programme: Programme, measured: Blocks) -> _EncodedMaster:
        """Encode, measure the result, and mend what encoding did to peaks and loudness."""
        limiter = Limiter(measured, self.limit(programme.channels))
        press = self._new_press(programme, self._bitrate(programme))
        curve, finished = self._on_target(press, limiter)
        return self._mended(press, limiter, curve, finished)

    def _new_press(self, programme: Programme, bitrate_kbps: int) -> Press | AacPress:
        kind = Press if self.file_format == "mp3" else AacPress
        return kind(programme, bitrate_kbps, self.folder, self.threads, self._ceiling)

    def _on_target(self, press: Press | AacPress, limiter: Limiter) -> tuple[Curve, _EncodedMaster]:
        """Encode, and once more with another goal where encoding changed the loudness.

        In a few seconds of sound a window may fall on either side of the meter's gate, and loudness jumps: then
        goals between those tried are tried, and the best of them is taken.
        """
        goal = self.goal_lufs(press.programme.channels)
        tried: list[tuple[float, float]] = []
        while True:
            correction = _next_correction(tried)
            curve = limiter.solve(goal + correction - limiter.blocks.integrated_lufs, goal + correction)
            finished = self._press(press, curve)
            missed = finished.heard_lufs - self.settings.target.integrated_lufs
            if abs(missed - curve.error_lu) <= _ENCODE_TOLERANCE_LU:
                return curve, finished
            tried.append((correction, missed - curve.error_lu))
            best = min(tried, key=lambda one: abs(one[1]))
            if len(tried) >= _MOST_TRIES and best == tried[-1]:
                return curve, finished
            if len(tried) >= _MOST_TRIES:
                curve = limiter.solve(goal + best[0] - limiter.blocks.integrated_lufs, goal + best[0])
                return curve, self._press(press, curve)

    def goal_lufs(self, channels: int) -> float:
        """Return what a meter must read on the samples that the encoder is given."""
        wanted = self.settings.target.integrated_lufs - heard(0.0, channels)
        return wanted + self._scale_db(channels)

    def limit(self, channels: int) -> float:
        """Return what peaks of the samples that the encoder is given are kept under, linear."""
        below_dbtp = self.settings.target.true_peak_dbtp - _LIMIT_BELOW_CEILING_DB
        limit_dbfs = min(0.0, below_dbtp + self._scale_db(channels))
        return float(10 ** (limit_dbfs / 20))

    def _scale_db(self, channels: int) -> float:
        return encoder_scale_db(self.settings.bitrate_kbps * channels) if self.file_format == "mp3" else 0.0

    def _mended(
        self, press: Press | AacPress, limiter: Limiter, curve: Curve, finished: _EncodedMaster
    ) -> _EncodedMaster:
        """Return the file once no peak is above the ceiling: dipped where they are, at last lowered as a whole."""
        goal = self.goal_lufs(press.programme.channels)
        for round_number in itertools.count():
            high = finished.checked.high_blocks
            if not len(high):
                return finished
            before = curve
            over_db = 20 * np.log10(finished.checked.high_peaks / self._ceiling)
            if round_number < _MOST_MENDS:
                limiter.mend(high, over_db)
                curve = limiter.at(curve.gain_db, goal)
            else:
                curve = limiter.at(curve.gain_db - float(over_db.max()) - 0.1, goal)
            finished = self._press(press, curve, press.touched_by(before, curve))
        raise AssertionError

    def _press(self, press: Press | AacPress, curve: Curve, changed: Sequence[int] | None = None) -> _EncodedMaster:
        encoding, checking = self.steps.share("encoding", 0.6), self.steps.later("checking", 0.85)
        tells = {"encoding": encoding, "checking": checking}
        checked = press.press(curve, changed, lambda name, fraction: tells[name](fraction))
        return _EncodedMaster(press.output, checked, press.bitrate_kbps, curve.error_lu)

    def _bitrate(self, programme: Programme) -> int:
        return self.settings.bitrate_kbps * programme.channels

    @property
    def _ceiling(self) -> float:
        return float(10 ** ((self.settings.target.true_peak_dbtp - _PEAK_MARGIN_DB) / 20))


def _next_correction(tried: list[tuple[float, float]]) -> float:
    """Return the next goal to try, relative to the first one, from those tried and what each missed by."""
    low = max((correction for correction, missed in tried if missed < 0), default=None)
    high = min((correction for correction, missed in tried if missed > 0), default=None)
    if low is not None and high is not None:
        return (low + high) / 2
    return tried[-1][0] - tried[-1][1] if tried else 0.0


def _levelled(
    programme: Programme, before: Levels, finished: _EncodedMaster, spoken: NDArray[np.bool_]
) -> Iterator[str]:
    """Yield what levelling gained, measured on the voice in the finished file."""
    if programme.ride is None:
        return
    after = levels_of_steps(finished.checked.steps)[round(10 * programme.arrangement.voice_at / programme.rate_hz) :]
    count = min(len(before), len(after))
    speech = spoken_steps(spoken, count)
    was_lu, is_lu = (speech_spread_lu(levels[:count], speech) for levels in (before, after))
    if was_lu - is_lu >= _GAIN_SAID_LU:
        yield f"Near and far voices were brought together: speech varies by {is_lu:.1f} LU instead of {was_lu:.1f}."


def _missed(finished: _EncodedMaster, settings: AudioSettings) -> Iterator[str]:
    wanted = settings.target.integrated_lufs
    if abs(finished.heard_lufs - wanted) > _SAID_LU:
        why = "peaks allow no more" if finished.error_lu < -0.1 else "in so short a recording meters jump"
        off = "quieter" if finished.heard_lufs < wanted else "louder"
        yield f"It is {abs(finished.heard_lufs - wanted):.1f} dB {off} than wanted: {why}."


def _mastered(
    finished: _EncodedMaster, programme: Programme, kept: tuple[Cut, ...], remarks: tuple[str, ...]
) -> Mastered:
    rate = programme.rate_hz
    return Mastered(
        samples=programme.frames,
        sample_rate_hz=rate,
        channels=programme.channels,
        bitrate_kbps=finished.bitrate_kbps,
        integrated_lufs=round(finished.checked.integrated_lufs, 2),
        heard_lufs=round(finished.heard_lufs, 2),
        true_peak_dbtp=round(finished.checked.true_peak_dbtp, 2),
        trimmed_start_s=kept[0].start / rate,
        trimmed_end_s=(programme.decoded.frames - kept[-1].end) / rate,
        intro_s=programme.arrangement.voice_at / rate,
        kept=tuple((cut.start / rate, cut.end / rate) for cut in kept),
        pauses_s=sum(after.start - before.end for before, after in itertools.pairwise(kept)) / rate,
        remarks=remarks,
        waveform=waveform_of(finished.checked.steps.tolist()),
    )
