"""Recordings by themselves, without a show: what is in them, and mastering one into a file."""

from pathlib import Path

from pitchcast.audio.inspect import Inspection, inspect_recording
from pitchcast.audio.master import Mastered, master_recording
from pitchcast.audio.picture import draw_loudness, loudness_line, write_picture
from pitchcast.config import Settings
from pitchcast.errors import RecordingError
from pitchcast.model.answers import Answer
from pitchcast.workflows.mastering import branding_of
from pitchcast.workflows.project import Progress, no_progress

__all__ = ["Inspection", "MasteredFile", "MasteringAnswer", "draw", "inspect", "loudness_line", "master"]


class MasteredFile(Answer, frozen=True):
    """An MP3 that came of mastering, measured as it is. Times in seconds."""

    file: str
    duration_s: float
    codec: str
    channels: int
    sample_rate_hz: int
    bitrate_kbps: int
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    size_bytes: int


class MasteringAnswer(Answer, frozen=True):
    """A recording and the MP3 made of it. ``trimmed_s`` is the silence cut; ``remarks`` are sentences for people."""

    input: Inspection
    output: MasteredFile
    trimmed_s: float
    remarks: tuple[str, ...]


def inspect(path: Path, *, progress: Progress = no_progress) -> Inspection:
    """Return what a recording holds and how it measures. Raises RecordingError."""
    return inspect_recording(path, lambda fraction: progress("measuring", fraction))


def draw(inspection: Inspection, path: Path) -> None:
    """Draw a recording's loudness over time into a PNG. Raises AudioError where *path* cannot be written."""
    picture = draw_loudness(inspection.profile_lufs, inspection.duration_s, inspection.heard_lufs)
    write_picture(picture, path)


def master(
    settings: Settings,
    source: Path,
    output: Path,
    *,
    overwrite: bool = False,
    temp_dir: Path | None = None,
    progress: Progress = no_progress,
) -> MasteringAnswer:
    """Master a recording into the MP3 *output*, with the audio and brand settings of the show and without tags.

    Raises RecordingError where *source* cannot be used, or *output* is there already or is the recording itself;
    AudioError where ffmpeg or the disk fails.
    """
    if output.exists():
        if output.samefile(source):
            raise RecordingError(f"{output} is the recording itself", hint="Choose another name for the output.")
        if not overwrite:
            raise RecordingError(f"{output} exists and is not overwritten", hint="Choose another name, or add --force.")
    before: list[Inspection] = []
    mastered = master_recording(
        source,
        output,
        settings.audio,
        branding=branding_of(settings),
        temp_dir=temp_dir,
        progress=lambda _step, fraction: progress("mastering", fraction),
        inspected=before.append,
    )
    return MasteringAnswer(
        input=before[0],
        output=_file_of(output, mastered),
        trimmed_s=round(mastered.trimmed_start_s + mastered.trimmed_end_s, 3),
        remarks=mastered.remarks,
    )


def _file_of(output: Path, mastered: Mastered) -> MasteredFile:
    return MasteredFile(
        file=output.name,
        duration_s=round(mastered.duration_s, 3),
        codec="mp3",
        channels=mastered.channels,
        sample_rate_hz=mastered.sample_rate_hz,
        bitrate_kbps=mastered.bitrate_kbps,
        integrated_lufs=round(mastered.integrated_lufs, 2),
        heard_lufs=round(mastered.heard_lufs, 2),
        true_peak_dbtp=round(mastered.true_peak_dbtp, 2),
        size_bytes=output.stat().st_size,
    )
