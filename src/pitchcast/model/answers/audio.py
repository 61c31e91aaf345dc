"""What ``pitchcast audio`` answers: a recording as it is, and a file that was mastered."""

from typing import Literal

import msgspec

from pitchcast.model.answers.base import Answer


class MeasuredFile(Answer, frozen=True):
    """A file with sound, and how it measures. Times in seconds.

    ``integrated_lufs`` is what a meter reads; ``heard_lufs`` counts one channel as played on two speakers.
    """

    file: str
    duration_s: float
    codec: str
    channels: int
    sample_rate_hz: int
    bitrate_kbps: int
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float


class Inspection(MeasuredFile, frozen=True):
    """What ``audio inspect`` answers. ``problems`` are sentences for people.

    ``noise_floor_lufs`` is the loudness between words, as heard; ``clipped_places`` counts moments of 10 ms in which
    samples stay at full scale; ``profile_lufs`` is the loudness over time as heard, at most 120 values evenly spaced.
    """

    loudness_range_lu: float
    noise_floor_lufs: float = -120.0
    clipped_places: int = 0
    profile_lufs: tuple[float, ...] = ()
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    problems: tuple[str, ...] = ()


class NotInspected(Answer, frozen=True):
    """A file that could not be used as a recording, and what to do."""

    message: str
    hint: str


class InspectedFiles(Answer, frozen=True):
    """Recordings, in the order in which they were named, and the files that are none."""

    files: tuple[Inspection, ...]
    failed: tuple[NotInspected, ...]


class MasteredFile(MeasuredFile, frozen=True):
    """A file that came of mastering, measured as it is. Times in seconds."""

    size_bytes: int


class MasteringAnswer(Answer, frozen=True):
    """A recording and the file made of it. ``trimmed_s`` is the silence cut; ``remarks`` are sentences for people."""

    input: Inspection
    output: MasteredFile
    trimmed_s: float
    remarks: tuple[str, ...]


class PlannedFile(Answer, frozen=True):
    """A file that would be written."""

    file: str


class PlannedMastering(Answer, frozen=True):
    """What ``audio master --dry-run`` answers."""

    dry_run: Literal[True]
    input: Inspection
    output: PlannedFile
