"""Meters that share no code with pitchcast: libsndfile decodes, pyloudnorm and scipy measure, mutagen reads tags."""

from pathlib import Path

import numpy as np
import pyloudnorm
import soundfile
from mutagen.id3 import APIC, ID3, Frame, ID3NoHeaderError
from numpy.typing import NDArray
from scipy.signal import resample_poly


def read_sound(path: Path) -> tuple[NDArray[np.float64], int]:
    """Return frames × channels and the rate, decoded by libsndfile."""
    return soundfile.read(path, always_2d=True)


def read_tags(path: Path) -> dict[str, str]:
    """Return the tags of an MP3 as text by frame name, empty where there are none; of a picture its type and size."""
    try:
        frames = ID3(path, translate=False).values()
    except ID3NoHeaderError:
        return {}
    return {frame.FrameID: _as_text(frame) for frame in frames}


def heard_lufs(path: Path) -> float:
    """Return the integrated loudness with one channel counted as played on two speakers."""
    frames, rate = read_sound(path)
    return float(pyloudnorm.Meter(rate).integrated_loudness(np.repeat(frames, 2 // frames.shape[1], axis=1)))


def true_peak_dbtp(path: Path) -> float:
    """Return the highest peak of four times oversampled sound (ITU-R BS.1770-4, annex 2)."""
    return true_peak_of(read_sound(path)[0])


def true_peak_of(frames: NDArray[np.float64]) -> float:
    """Return the same of frames × channels."""
    return float(20 * np.log10(np.abs(resample_poly(frames, 4, 1, axis=0)).max()))


def loudness_course(path: Path, count: int) -> NDArray[np.float64]:
    """Return how loud so many equal stretches are, as amplitudes relative to the loudest, after K-weighting."""
    frames, rate = read_sound(path)
    weighted = frames
    for stage in pyloudnorm.Meter(rate)._filters.values():
        weighted = np.stack([stage.apply_filter(channel) for channel in weighted.T], axis=1)
    course = np.sqrt([np.mean(np.sum(part**2, axis=1)) for part in np.array_split(weighted, count)])
    return np.asarray(course / course.max())


def course_of(waveform: str, count: int) -> NDArray[np.float64]:
    """Return what a published waveform says of so many equal stretches, in the same way."""
    heights = np.array([int(sign, 36) for sign in waveform], float)
    course = np.sqrt([np.mean(part**2) for part in np.array_split(heights, count)])
    return np.asarray(course / course.max())


def si_sdr_db(reference: NDArray[np.float64], sound: NDArray[np.float64]) -> float:
    """Return by how much what is like *reference* exceeds what is not, whatever the level (scale-invariant SDR)."""
    length = min(len(reference), len(sound))
    reference, sound = reference[:length], sound[:length]
    like = reference * (np.dot(sound, reference) / np.dot(reference, reference))
    return float(10 * np.log10(np.sum(like**2) / np.sum((sound - like) ** 2)))


def _as_text(frame: Frame) -> str:
    return f"{frame.mime}, {len(frame.data)} bytes" if isinstance(frame, APIC) else str(frame)
