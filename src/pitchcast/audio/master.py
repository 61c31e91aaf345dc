"""How does a recording become a master? Read, mixed, trimmed, levelled, encoded, and checked on the encoded file.

One decode into a temporary file of float samples feeds everything. Loudness is reached by one gain for the whole;
a limiter acts only where peaks would pass the ceiling; what the encoder adds to peaks is found by decoding the
finished file, and mended there.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pitchcast.audio.channels import ChannelMeter, ChannelStatistics, Mix, decide_channels
from pitchcast.audio.delivery import cannot_write, deliver_file
from pitchcast.audio.editing import Arrangement, Clip, Cut, arrange, assemble_chunk, plan_trim, read_clip
from pitchcast.audio.ffmpeg import input_of, run_ffmpeg, sample_stream
from pitchcast.audio.loudness import METER, Loudness, LoudnessLog, heard, plan_gain, solve_gain
from pitchcast.audio.mp3 import write_with_info_frame
from pitchcast.audio.peaks import Overshoot, PeakMeter, dip_peaks
from pitchcast.audio.recording import SHORTEST_S, Recording, probe_recording, too_short
from pitchcast.audio.samples import Samples, check_space, read_frames, samples_in, size_of
from pitchcast.errors import AudioError, RecordingError
from pitchcast.model.base import Record
from pitchcast.model.episode import Chapter
from pitchcast.model.show import AudioSettings, LoudnessTarget

TellProgress = Callable[[str, float], None]

QUIETEST_LUFS = -60.0
"""What is quieter is refused: amplified, it would be noise."""

_RATES_HZ = {44100: 44100, 48000: 48000, 88200: 44100, 96000: 48000, 192000: 48000}
_OTHER_RATES_HZ = 44100
_LIMIT_BELOW_CEILING_DB = 0.4  # what encoding usually adds to a limited peak
_PEAK_MARGIN_DB = 0.03  # meters differ by this much
_LIMITER = "alimiter=limit={limit:.5f}:attack=5:release=15:level=0:latency=1"
_RENDER_TOLERANCE_LU = 0.15
_ENCODE_TOLERANCE_LU = 0.2
_SAID_LU = 0.3
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
    intro, crossfade counted. ``remarks`` are sentences for people about what was decided or not reached.
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
    remarks: tuple[str, ...] = ()

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
) -> Mastered:
    """Write *source* to *output* as an MP3 without tags, at the loudness and under the ceiling of *settings*.

    *output* appears whole or not at all. Temporary files lie beside it, or in *temp_dir*, and are removed whatever
    happens. *progress* is given a step's name and the fraction of the whole that is done, which only rises.
    Raises RecordingError where the recording or a clip cannot be used, AudioError where ffmpeg or the disk fails.
    """
    recording = probe_recording(source)
    steps = _Steps(progress)
    with _workshop(temp_dir or output.absolute().parent) as folder:
        _check_space(folder, recording)
        decoded, statistics = _decode(source, recording, folder, steps.part("reading", 0.2))
        mix = decide_channels(statistics, settings.channels, recording.channels)
        arrangement = _arrange(decoded, statistics, mix, settings, branding)
        programme = _assemble(decoded, arrangement, mix, folder)
        bench = _Bench(programme, settings, folder, steps)
        measured = bench.measure(programme)
        _refuse_silence(source, measured)
        finished = _encode_until_right(bench, measured)
        deliver_file(finished.path, output)
    steps.part("checking", 1.0)(1.0)
    return _mastered(finished, bench, decoded, arrangement, _remarks(recording, decoded, mix, finished, settings))


def move_chapters(chapters: Sequence[Chapter], mastered: Mastered) -> tuple[Chapter, ...]:
    """Return chapters given for the original at their times in the master, in order.

    What was marked before the first word that is kept starts with it; of several that fall on the same moment the
    last stays, and marks in silence cut from the end go.
    """
    moved: dict[float, Chapter] = {}
    for chapter in sorted(chapters, key=lambda one: one.start_s):
        start_s = round(max(0.0, chapter.start_s - mastered.trimmed_start_s) + mastered.intro_s, 3)
        if start_s < mastered.duration_s:
            moved[start_s] = Chapter(start_s=start_s, title=chapter.title, url=chapter.url)
    return tuple(moved.values())


def master_rate(rate_hz: int) -> int:
    """Return the master's sample rate for a recording's: MPEG-1 only, and 48 kHz families stay what they are."""
    return _RATES_HZ.get(rate_hz, _OTHER_RATES_HZ)


def encoder_scale_db(bitrate_kbps: int) -> float:
    """Return by how much LAME lowers what it is given at a constant bit rate (measured)."""
    if bitrate_kbps >= 256:
        return 0.0
    return 0.27 if bitrate_kbps >= 192 else 0.46


@dataclass(frozen=True)
class _Levelled:
    """Samples for the encoder, the gain it still has to apply, and how far off the target they then are."""

    samples: Samples
    gain_db: float
    error_lu: float = 0.0


@dataclass(frozen=True)
class _Finished:
    """An encoded file and what measuring it gave."""

    path: Path
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    overshoots: tuple[Overshoot, ...]


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

    def share(self, name: str, of_rest: float) -> Callable[[float], None]:
        """Return the same for a part that takes a share of what is left."""
        return self.part(name, self._done + (1.0 - self._done) * of_rest)


@contextlib.contextmanager
def _workshop(parent: Path) -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix=".pitchcast-", dir=parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise cannot_write(parent, error) from error
    with folder as name:
        try:
            yield Path(name)
        except OSError as error:
            raise cannot_write(Path(name), error) from error


def _check_space(folder: Path, recording: Recording) -> None:
    rate, channels = master_rate(recording.sample_rate_hz), min(2, recording.channels)
    samples = size_of(recording.duration_s, rate, channels)
    encoded = int(recording.duration_s * 128 * channels * 125)
    check_space(folder.parent, 2 * samples + 2 * encoded)


def _decode(
    source: Path, recording: Recording, folder: Path, tell: Callable[[float], None]
) -> tuple[Samples, ChannelStatistics]:
    rate, channels = master_rate(recording.sample_rate_hz), min(2, recording.channels)
    meter = ChannelMeter(rate, channels)
    path = folder / "decoded.f32"
    shape = ["-vn", "-sn", "-dn", "-ar", str(rate), "-ac", str(channels), "-f", "f32le", "pipe:1"]
    with (
        path.open("wb") as file,
        sample_stream([*input_of(source), "-map", "0:a:0", *shape], recording=source) as pipe,
    ):
        for chunk in read_frames(pipe, channels):
            meter.add(chunk)
            file.write(chunk.tobytes())
            tell(meter.frames / rate / recording.duration_s)
    if meter.frames < SHORTEST_S * rate - rate * 0.0005:
        raise too_short(source.name, meter.frames / rate)
    return Samples(path, rate, channels, meter.frames), meter.statistics()


def _arrange(
    decoded: Samples, statistics: ChannelStatistics, mix: Mix, settings: AudioSettings, branding: Branding
) -> Arrangement:
    power = statistics.power(mix)
    whole = Cut(0, decoded.frames)
    voice = plan_trim(power, decoded.frames, decoded.rate_hz) if settings.trim_silence else whole
    shape = (decoded.rate_hz, mix.channels)
    fade_s = branding.crossfade_s
    intro = read_clip(branding.intro, *shape, fade_in_s=0.02, fade_out_s=fade_s) if branding.intro else None
    outro = read_clip(branding.outro, *shape, fade_in_s=fade_s, fade_out_s=0.02) if branding.outro else None
    arrangement = arrange(voice, decoded.rate_hz, intro, outro, fade_s)
    return _to_whole_blocks(arrangement, decoded.rate_hz) if settings.trim_silence else arrangement


def _to_whole_blocks(arrangement: Arrangement, rate_hz: int) -> Arrangement:
    """Return a short arrangement with silence up to the next whole block of a loudness meter (100 ms).

    Meters differ in whether they count a last, unfinished block; in a second of sound that is up to 0.5 LU.
    """
    if arrangement.frames > _SHORT_S * rate_hz:
        return arrangement
    block = rate_hz // 10
    return replace(arrangement, frames=-(-arrangement.frames // block) * block)


def _assemble(decoded: Samples, arrangement: Arrangement, mix: Mix, folder: Path) -> Samples:
    """Write the master's samples before any gain; the decoded ones are no longer needed then."""
    matched = _match_clips(decoded, arrangement, mix, folder)
    programme = _write_arrangement(decoded, matched, mix, folder / "programme.f32")
    decoded.path.unlink()
    return programme


def _match_clips(decoded: Samples, arrangement: Arrangement, mix: Mix, folder: Path) -> Arrangement:
    """Return the arrangement with each clip at the loudness of the voice."""
    if not arrangement.overlays:
        return arrangement
    voice = arrangement.voice
    alone = replace(arrangement, voice_at=0, overlays=(), frames=voice.end - voice.start)
    spoken = _integrated(_write_arrangement(decoded, alone, mix, folder / "voice.f32"))
    (folder / "voice.f32").unlink()
    overlays = tuple((at, _matched(clip, spoken, decoded.rate_hz, folder)) for at, clip in arrangement.overlays)
    return replace(arrangement, overlays=overlays)


def _matched(clip: Clip, target_lufs: float, rate_hz: int, folder: Path) -> Clip:
    path = folder / "clip.f32"
    path.write_bytes(clip.frames.tobytes())
    loud = _integrated(samples_in(path, rate_hz, clip.frames.shape[1]))
    if min(loud, target_lufs) < QUIETEST_LUFS:
        return clip
    return replace(clip, gain=10 ** ((target_lufs - loud) / 20))


def _write_arrangement(decoded: Samples, arrangement: Arrangement, mix: Mix, path: Path) -> Samples:
    start = 0
    with path.open("wb") as file:
        while start < arrangement.frames:
            chunk = assemble_chunk(decoded, arrangement, mix, start)
            file.write(chunk.tobytes())
            start += len(chunk)
    return Samples(path, decoded.rate_hz, mix.channels, arrangement.frames)


def _integrated(samples: Samples, filters: str = "", tell: Callable[[float], None] | None = None) -> float:
    """Return what a meter reads on samples after *filters*."""
    return _meter(samples, filters, tell, peak="none").integrated_lufs


def _meter(samples: Samples, filters: str, tell: Callable[[float], None] | None, *, peak: str) -> LoudnessLog:
    log = LoudnessLog()
    chain = f"{filters}{METER}:peak={peak},ametadata=mode=print"
    run_ffmpeg(
        [*samples.as_input(), "-af", chain, "-f", "null", "-"],
        folder=samples.path.parent.parent,
        on_log=log.read_line,
        on_position=_fraction(tell, samples),
    )
    return log


def _fraction(tell: Callable[[float], None] | None, samples: Samples) -> Callable[[float], None] | None:
    return (lambda position_s: tell(position_s / samples.duration_s)) if tell else None


def _refuse_silence(source: Path, measured: Loudness) -> None:
    if measured.heard_lufs < QUIETEST_LUFS:
        raise RecordingError(
            f"{source.name} is silent, or nearly so ({measured.heard_lufs:.0f} LUFS)",
            hint="Check which microphone the recorder uses, and record again.",
        )


class _Bench:
    """The tools that a programme is worked on with: measuring, levelling, encoding, checking."""

    def __init__(self, programme: Samples, settings: AudioSettings, folder: Path, steps: _Steps) -> None:
        self.programme, self.settings, self._folder, self._steps = programme, settings, folder, steps
        self.bitrate_kbps = settings.bitrate_kbps * programme.channels

    def measure(self, samples: Samples) -> Loudness:
        """Return the loudness and true peak of samples."""
        tell = self._steps.part("measuring", 0.3)
        return _meter(samples, "", tell, peak="true").loudness(samples.channels)

    def level(self, measured: Loudness, correction_lu: float = 0.0) -> _Levelled:
        """Return samples that will be at the target once encoded; limited only where peaks ask for it."""
        target = self._encoder_target(correction_lu)
        gain = plan_gain(measured, target)
        if not gain.limited:
            return _Levelled(self.programme, gain.gain_db)
        once, four_times = (self._limiting(target.true_peak_dbtp, oversampling) for oversampling in (1, 4))
        goal = target.integrated_lufs - heard(0.0, self.programme.channels)
        gain_db, _ = solve_gain(gain.gain_db, goal, lambda db: self._after(once, db))
        rendered, error = self._render(four_times, gain_db, goal)
        if abs(error) > _RENDER_TOLERANCE_LU:
            gain_db, _ = solve_gain(gain_db, goal, lambda db: self._after(four_times, db))
            rendered, error = self._render(four_times, gain_db, goal)
        return _Levelled(rendered, 0.0, error)

    def encode(self, levelled: _Levelled) -> Path:
        """Return the bare frames of the encoded samples."""
        path = self._folder / "frames.mp3"
        codec = ["-c:a", "libmp3lame", "-b:a", f"{self.bitrate_kbps}k", "-map_metadata", "-1"]
        bare = ["-write_xing", "0", "-id3v2_version", "0", "-write_id3v1", "0", "-fflags", "+bitexact", "-f", "mp3"]
        tell = self._steps.share("encoding", 0.65)
        run_ffmpeg(
            [
                *levelled.samples.as_input(),
                "-af",
                f"volume={levelled.gain_db:.4f}dB:precision=float",
                *codec,
                *bare,
                "-y",
                f"file:{path.absolute()}",
            ],
            folder=self._folder.parent,
            on_position=_fraction(tell, self.programme),
        )
        return path

    def finish(self, frames: Path) -> _Finished:
        """Return the file with its Info frame, decoded and measured again."""
        path = self._folder / "finished.mp3"
        write_with_info_frame(frames, path, self.programme.frames)
        channels = self.programme.channels
        log = LoudnessLog()
        peaks = PeakMeter(channels, self.settings.target.true_peak_dbtp - _PEAK_MARGIN_DB)
        meter = f"{METER}:peak=none,ametadata=mode=print:key=lavfi.r128.I"
        tell = self._steps.share("checking", 0.8)
        heard_frames = 0
        arguments = ["-i", f"file:{path.absolute()}", "-af", meter, "-f", "f32le", "pipe:1"]
        with sample_stream(arguments, on_log=log.read_line) as pipe:
            for chunk in read_frames(pipe, channels):
                peaks.add(chunk)
                heard_frames += len(chunk)
                tell(heard_frames / self.programme.frames)
        peaks.finish()
        _check_length(heard_frames, self.programme.frames)
        lufs = log.integrated_lufs
        return _Finished(path, lufs, heard(lufs, channels), peaks.true_peak_dbtp, tuple(peaks.overshoots))

    def _encoder_target(self, correction_lu: float) -> LoudnessTarget:
        target, scale_db = self.settings.target, encoder_scale_db(self.bitrate_kbps)
        return LoudnessTarget(
            integrated_lufs=target.integrated_lufs + scale_db + correction_lu,
            true_peak_dbtp=min(0.0, target.true_peak_dbtp - _LIMIT_BELOW_CEILING_DB + scale_db),
        )

    def _limiting(self, limit_dbfs: float, oversampling: int) -> str:
        rate = self.programme.rate_hz
        limiter = _LIMITER.format(limit=10 ** (limit_dbfs / 20))
        if oversampling == 1:
            return limiter
        frames = self.programme.frames
        same_length = f"apad=whole_len={frames},atrim=end_sample={frames}"
        return f"aresample={oversampling * rate},{limiter},aresample={rate},{same_length}"

    def _after(self, limiting: str, gain_db: float) -> float:
        tell = self._steps.share("measuring", 0.02)
        return _integrated(self.programme, f"volume={gain_db:.4f}dB:precision=float,{limiting},", tell)

    def _render(self, limiting: str, gain_db: float, goal_lufs: float) -> tuple[Samples, float]:
        """Write the limited samples; return them and by how much their loudness misses the goal."""
        path = self._folder / "limited.f32"
        log = LoudnessLog()
        chain = f"volume={gain_db:.4f}dB:precision=float,{limiting},{METER},ametadata=mode=print:key=lavfi.r128.I"
        run_ffmpeg(
            [*self.programme.as_input(), "-af", chain, "-f", "f32le", "-y", f"file:{path.absolute()}"],
            folder=self._folder.parent,
            on_log=log.read_line,
            on_position=_fraction(self._steps.share("measuring", 0.1), self.programme),
        )
        limited = samples_in(path, self.programme.rate_hz, self.programme.channels)
        _check_length(limited.frames, self.programme.frames)
        return limited, log.integrated_lufs - goal_lufs


def _check_length(found: int, expected: int) -> None:
    if found != expected:
        raise AudioError(f"this ffmpeg gives {found} samples where there are {expected}", hint="Run: pitchcast doctor")


def _encode_until_right(bench: _Bench, measured: Loudness) -> _Finished:
    """Encode, measure the result, and mend what encoding did to peaks and loudness."""
    target = bench.settings.target
    levelled = bench.level(measured)
    finished = bench.finish(bench.encode(levelled))
    missed = finished.heard_lufs - target.integrated_lufs - levelled.error_lu
    if abs(missed) > _ENCODE_TOLERANCE_LU:
        levelled = bench.level(measured, correction_lu=-missed)
        finished = bench.finish(bench.encode(levelled))
    for _ in range(_MOST_MENDS):
        if not finished.overshoots:
            return finished
        dip_peaks(levelled.samples, finished.overshoots)
        finished = bench.finish(bench.encode(levelled))
    return finished if not finished.overshoots else _lowered(bench, levelled, finished)


def _lowered(bench: _Bench, levelled: _Levelled, finished: _Finished) -> _Finished:
    """Return the whole at less gain: the ceiling is kept, and what loudness that costs is said."""
    while finished.overshoots:
        over_db = max(overshoot.over_db for overshoot in finished.overshoots)
        levelled = replace(levelled, gain_db=levelled.gain_db - over_db - 0.1)
        finished = bench.finish(bench.encode(levelled))
    return finished


def _remarks(
    recording: Recording, decoded: Samples, mix: Mix, finished: _Finished, settings: AudioSettings
) -> tuple[str, ...]:
    remarks = [mix.remark] if mix.remark else []
    if decoded.duration_s < 0.98 * recording.duration_s - 0.5:
        remarks.append(
            f"The file says {recording.duration_s:.0f} s, of which {decoded.duration_s:.0f} s could be read: "
            "it may be cut short."
        )
    wanted = settings.target.integrated_lufs
    if abs(finished.heard_lufs - wanted) > _SAID_LU:
        remarks.append(f"Loudness is {finished.heard_lufs:.1f} LUFS instead of {wanted:.1f}: peaks allow no more.")
    return tuple(remarks)


def _mastered(
    finished: _Finished, bench: _Bench, decoded: Samples, arrangement: Arrangement, remarks: tuple[str, ...]
) -> Mastered:
    programme, voice = bench.programme, arrangement.voice
    return Mastered(
        samples=programme.frames,
        sample_rate_hz=programme.rate_hz,
        channels=programme.channels,
        bitrate_kbps=bench.bitrate_kbps,
        integrated_lufs=round(finished.integrated_lufs, 2),
        heard_lufs=round(finished.heard_lufs, 2),
        true_peak_dbtp=round(finished.true_peak_dbtp, 2),
        trimmed_start_s=voice.start / programme.rate_hz,
        trimmed_end_s=(decoded.frames - voice.end) / programme.rate_hz,
        intro_s=arrangement.voice_at / programme.rate_hz,
        remarks=remarks,
    )
