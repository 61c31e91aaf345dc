"""Intros and outros: read as recordings are, held in memory, and faded. The only user of pydub, for its fades."""

import tempfile
import warnings
from pathlib import Path

import numpy as np

from pitchcast.audio.recording import probe_recording
from pitchcast.audio.signal.channels import Mix, decide_channels
from pitchcast.audio.signal.editing import Clip
from pitchcast.audio.signal.reader import Request, read_recording
from pitchcast.audio.signal.samples import Chunk
from pitchcast.audio.threads import WorkerThreads
from pitchcast.errors import RecordingError

LONGEST_CLIP_S = 120.0
"""Intros and outros are held in memory, a recording never is."""

_FULL_SCALE = 2.0**31 - 1


def read_clip(
    path: Path,
    rate_hz: int,
    channels: int,
    folder: Path,
    threads: WorkerThreads,
    *,
    fade_in_s: float,
    fade_out_s: float,
) -> Clip:
    """Return an intro or outro at the master's rate and channels, faded; *folder* is for temporary files.

    Raises RecordingError where it cannot be used or lasts over two minutes.
    """
    own = Path(tempfile.mkdtemp(dir=folder))
    request = Request(source=path, recording=probe_recording(path), rate_hz=rate_hz, folder=own)
    reading = read_recording(request, threads)
    if reading.duration_s > LONGEST_CLIP_S:
        raise RecordingError(
            f"{path.name} is {reading.duration_s:.0f} s long: an intro or outro lasts at most {LONGEST_CLIP_S:.0f} s",
            hint="Cut it shorter.",
        )
    mix = decide_channels(reading.heard.statistics, "auto", reading.inputs)
    frames = _as_channels(mix, channels).apply(reading.samples.read(0, reading.samples.frames))
    reading.samples.path.unlink()
    return Clip(fade_clip(frames, rate_hz, fade_in_s=fade_in_s, fade_out_s=fade_out_s))


def fade_clip(frames: Chunk, rate_hz: int, *, fade_in_s: float, fade_out_s: float) -> Chunk:
    """Return frames with a fade at both ends; those above full scale stay whole."""
    with warnings.catch_warnings():
        # pydub looks for programs when it is imported, and warns; it is only ever given decoded samples.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
    height = max(1.0, float(np.abs(frames).max(initial=0.0)))
    data = (frames.astype(np.float64) * (_FULL_SCALE / height)).astype("<i4").tobytes()
    clip = AudioSegment(data=data, sample_width=4, frame_rate=rate_hz, channels=frames.shape[1])
    faded = clip.fade_in(int(fade_in_s * 1000)).fade_out(int(fade_out_s * 1000)).raw_data
    whole = np.frombuffer(faded, "<i4").reshape(-1, frames.shape[1])
    return (whole * (height / _FULL_SCALE)).astype(np.float32)


def _as_channels(mix: Mix, channels: int) -> Mix:
    """Return the mix with so many channels: one on both sides, or the mean of two."""
    if mix.channels == channels:
        return mix
    if channels == 2:
        return Mix(mix.matrix * 2, mix.remark)
    return Mix((tuple(sum(column) / 2 for column in zip(*mix.matrix, strict=True)),), mix.remark)
