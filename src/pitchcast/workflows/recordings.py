"""Recordings by themselves, without a show: what is in them, and mastering one into a file."""

from dataclasses import dataclass
from pathlib import Path

from pitchcast.artwork.loudness_plot import draw_loudness, loudness_line
from pitchcast.audio.chapters import read_chapters
from pitchcast.audio.delivery import cannot_write, deliver_file
from pitchcast.audio.encoding.m4a import label_m4a
from pitchcast.audio.inspect import inspect_recording
from pitchcast.audio.master import FileFormat, Mastered, master_recording, move_chapters
from pitchcast.audio.tags import Tags, write_tags
from pitchcast.audio.temporary import workshop
from pitchcast.config import Settings
from pitchcast.errors import RecordingError
from pitchcast.model.answers.audio import Inspection, MasteredFile, MasteringAnswer
from pitchcast.model.episode import Chapter
from pitchcast.production.mastering import branding_of
from pitchcast.site.project import Progress, no_progress

__all__ = [
    "FileFormat",
    "Labels",
    "draw",
    "inspect",
    "loudness_line",
    "master",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a mastered file is to say about itself: files with chapters, at times of the recording, and a picture."""

    title: str = ""
    chapters: Path | None = None
    artwork: Path | None = None


def inspect(path: Path, *, progress: Progress = no_progress) -> Inspection:
    """Return what a recording holds and how it measures. Raises RecordingError."""
    return inspect_recording(path, lambda fraction: progress("measuring", fraction))


def draw(inspection: Inspection, target_lufs: float, path: Path) -> None:
    """Draw a recording's loudness over time into a PNG, with a line at the loudness that a master would have.

    Raises AudioError where *path* cannot be written.
    """
    picture = draw_loudness(inspection.profile_lufs, inspection.duration_s, inspection.heard_lufs, target_lufs)
    _write_picture(picture, path)


def master(
    settings: Settings,
    source: Path,
    output: Path,
    *,
    labels: Labels = Labels(),
    file_format: FileFormat = "mp3",
    overwrite: bool = False,
    temp_dir: Path | None = None,
    progress: Progress = no_progress,
) -> MasteringAnswer:
    """Master a recording into *output*, with the audio and brand settings of the show, and *labels* as its tags.

    Raises RecordingError where *source* cannot be used, or *output* is there already or is the recording itself;
    AudioError where ffmpeg or the disk fails.
    """
    if output.exists():
        if output.samefile(source):
            raise RecordingError(f"{output} is the recording itself", hint="Choose another name for the output.")
        if not overwrite:
            raise RecordingError(f"{output} exists and is not overwritten", hint="Choose another name, or add --force.")
    chapters = read_chapters(labels.chapters) if labels.chapters else ()
    artwork_jpeg = _thumbnail(labels.artwork) if labels.artwork else b""
    before: list[Inspection] = []
    with workshop(output.absolute().parent) as folder:
        made = folder / f"mastered.{file_format}"
        mastered = master_recording(
            source,
            made,
            settings.audio,
            branding=branding_of(settings),
            temp_dir=temp_dir,
            progress=lambda _step, fraction: progress("mastering", fraction),
            counted=lambda seconds: _check_chapters(labels, seconds),
            inspected=before.append,
            file_format=file_format,
        )
        if labels != Labels():
            tags = _tags(labels.title, move_chapters(chapters, mastered), artwork_jpeg, mastered)
            (write_tags if file_format == "mp3" else label_m4a)(made, tags)
        deliver_file(made, output)
    return MasteringAnswer(
        input=before[0],
        output=_file_of(output, mastered, file_format),
        trimmed_s=round(mastered.trimmed_start_s + mastered.trimmed_end_s, 3),
        remarks=mastered.remarks,
    )


def _check_chapters(labels: Labels, recording_s: float) -> None:
    if labels.chapters:
        read_chapters(labels.chapters, recording_s)


def _thumbnail(path: Path) -> bytes:
    from pitchcast.artwork.cover import make_thumbnail, prepare_cover

    return make_thumbnail(prepare_cover(path)[0])


def _tags(title: str, chapters: tuple[Chapter, ...], artwork_jpeg: bytes, mastered: Mastered) -> Tags:
    return Tags(
        title=title,
        host="",
        show_title="",
        guid="",
        date=None,
        duration_ms=round(1000 * mastered.duration_s),
        chapters=chapters,
        artwork_jpeg=artwork_jpeg,
    )


def _file_of(output: Path, mastered: Mastered, file_format: FileFormat) -> MasteredFile:
    return MasteredFile(
        file=output.name,
        duration_s=round(mastered.duration_s, 3),
        codec="mp3" if file_format == "mp3" else "aac",
        channels=mastered.channels,
        sample_rate_hz=mastered.sample_rate_hz,
        bitrate_kbps=mastered.bitrate_kbps,
        integrated_lufs=round(mastered.integrated_lufs, 2),
        heard_lufs=round(mastered.heard_lufs, 2),
        true_peak_dbtp=round(mastered.true_peak_dbtp, 2),
        size_bytes=output.stat().st_size,
    )


def _write_picture(picture: bytes, path: Path) -> None:
    """Write a picture to a file. Raises AudioError where that cannot be written."""
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise cannot_write(path, error) from error
