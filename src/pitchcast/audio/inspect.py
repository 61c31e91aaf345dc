"""What is in a recording, how loud is it, and what may be wrong with it?"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from pitchcast.audio.channels import ChannelMeter, ChannelStatistics, decide_channels
from pitchcast.audio.ffmpeg import input_of, sample_stream
from pitchcast.audio.loudness import Loudness, measure_loudness
from pitchcast.audio.recording import Recording, probe_recording
from pitchcast.audio.samples import read_frames
from pitchcast.model.base import Record

_SILENT_LUFS = -60.0
_QUIET_LUFS = -40.0
_CLIPPED_DBTP = 0.0
_NARROW_BELOW_HZ = 16000


class Inspection(Record, frozen=True, omit_defaults=False):
    """What ``audio inspect`` answers. ``problems`` are sentences for people."""

    file: str
    duration_s: float
    codec: str
    channels: int
    sample_rate_hz: int
    bitrate_kbps: int
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    loudness_range_lu: float
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    problems: tuple[str, ...] = ()


def inspect_recording(path: Path, progress: Callable[[float], None] | None = None) -> Inspection:
    """Return what *path* holds and how it measures; *progress* is given the fraction done.

    Raises RecordingError where it cannot be used as a recording at all.
    """
    recording = probe_recording(path)
    loudness = measure_loudness(path, (lambda fraction: progress(0.6 * fraction)) if progress else None)
    statistics = _measure_channels(path, recording)
    if progress:
        progress(1.0)
    return Inspection(
        file=recording.file,
        duration_s=round(recording.duration_s, 3),
        codec=recording.codec,
        channels=recording.channels,
        sample_rate_hz=recording.sample_rate_hz,
        bitrate_kbps=recording.bitrate_kbps,
        integrated_lufs=loudness.integrated_lufs,
        heard_lufs=loudness.heard_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        loudness_range_lu=loudness.loudness_range_lu,
        tags=recording.tags,
        problems=tuple(find_problems(recording, loudness, statistics)),
    )


def find_problems(recording: Recording, loudness: Loudness, statistics: ChannelStatistics) -> list[str]:
    """Return what a listener may hear as wrong, each with what to do."""
    if loudness.heard_lufs < _SILENT_LUFS:
        return ["It is silent, or nearly so: check which microphone the recorder uses."]
    problems = []
    if loudness.heard_lufs < _QUIET_LUFS:
        problems.append("It is very quiet: noise will rise with the voice. Go nearer to the microphone.")
    if loudness.true_peak_dbtp >= _CLIPPED_DBTP:
        problems.append("Its peaks reach full scale and may be distorted: lower the recorder's level.")
    if recording.sample_rate_hz < _NARROW_BELOW_HZ:
        problems.append("It sounds like a telephone: choose the recorder's best quality.")
    remark = decide_channels(statistics, "auto", recording.channels).remark
    return [*problems, remark] if remark else problems


def _measure_channels(path: Path, recording: Recording) -> ChannelStatistics:
    channels = min(2, recording.channels)
    meter = ChannelMeter(recording.sample_rate_hz, channels)
    arguments = [*input_of(path), "-map", "0:a:0", "-ac", str(channels), "-f", "f32le", "pipe:1"]
    with sample_stream(arguments, recording=path) as pipe:
        for chunk in read_frames(pipe, channels):
            meter.add(chunk)
    return meter.statistics()
