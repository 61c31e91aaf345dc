"""``pitchcast audio``: look into a recording, or only master it."""

from functools import partial
from pathlib import Path

import typer

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, clock
from pitchcast.cli.session import audio_options, read_settings
from pitchcast.cli.sound import length, loudness, numbers, sound
from pitchcast.errors import PartlyDone, RecordingError, UsageError
from pitchcast.model.answers.audio import (
    InspectedFiles,
    Inspection,
    MasteringAnswer,
    NotInspected,
    PlannedFile,
    PlannedMastering,
)
from pitchcast.site.project import Progress
from pitchcast.workflows.recordings import FileFormat, Labels, draw, loudness_line
from pitchcast.workflows.recordings import inspect as inspect_recording
from pitchcast.workflows.recordings import master as master_recording

app = new_group("Look into a recording, or only master it.")


@command(app, "inspect")
def inspect(common: Common, files: options.Files, plot: options.Plot = None) -> None:
    """Show how long a recording is, how loud it sounds, and what may be wrong with it.

    With --json one file answers one object, several an object with the list “files”.

    \b
    Example:
      pitchcast audio inspect "New Recording 12.m4a"
      pitchcast audio inspect *.m4a --json
      pitchcast audio inspect pitch.m4a --plot loudness.png
    """
    if plot and len(files) != 1:
        raise UsageError("--plot draws one recording", hint="Name one file.")
    display = Display(common)
    target_lufs = read_settings(common).audio.target.integrated_lufs if plot else 0.0
    inspected: list[Inspection] = []
    failures: list[RecordingError] = []
    with display.progress() as progress:
        for path in files:
            try:
                inspected.append(inspect_recording(path, progress=_named(progress, path, len(files))))
            except RecordingError as error:
                failures.append(error)
    if not inspected:
        raise _failed(failures, len(files))
    if len(files) == 1:
        display.answer(inspected[0], _show)
    else:
        display.answer(_answer_files(inspected, failures), _show_files)
    if plot:
        draw(inspected[0], target_lufs, plot)
        display.say(f"Drawn: {plot}")
    if failures and common.json:  # they are named in the document already
        raise typer.Exit(PartlyDone.exit_code)
    if failures:
        raise _failed(failures, len(files))


@command(app, "master")
def master(
    common: Common,
    source: options.Source,
    output: options.Output,
    force: options.Force = False,
    level: options.Level = None,
    clean: options.Clean = None,
    shorten_pauses: options.ShortenPauses = None,
    audio_format: options.AudioFormat = None,
    title: options.Title = None,
    chapters: options.Chapters = None,
    artwork: options.Artwork = None,
    temp_dir: options.TempDir = None,
    dry_run: options.DryRun = False,
) -> None:
    """Master a recording into an MP3 or M4A, as publish does: loudness, peaks, silence, intro and outro.

    What the recorder noted is left out; the file says of itself only what is given here.

    \b
    Example:
      pitchcast audio master "New Recording 12.m4a" -o pitch.mp3
      pitchcast audio master panel.wav -o panel.mp3 --level always --clean light
      pitchcast audio master pitch.wav -o pitch.m4a --title "Acme, in short"
    """
    display = Display(common)
    file_format = _format_of(output, audio_format)
    labels = Labels(title=title or "", chapters=chapters, artwork=artwork)
    settings = read_settings(common, audio_options(level, clean, shorten_pauses))
    if dry_run:
        planned = PlannedMastering(dry_run=True, input=inspect_recording(source), output=PlannedFile(file=output.name))
        display.answer(planned, partial(_show_planned, output=output))
        return
    with display.progress() as progress:
        done = master_recording(
            settings,
            source,
            output,
            labels=labels,
            file_format=file_format,
            overwrite=force,
            temp_dir=temp_dir,
            progress=progress,
        )
    common.wrote.append(str(output))
    for remark in done.remarks:
        display.say(remark)
    display.answer(done, partial(_show_made, output=output))


def _show_made(display: Display, done: MasteringAnswer, *, output: Path) -> None:
    made, verbose = done.output, display.common.verbose
    said = f"{output}: {length(made.duration_s)}, sound {sound(made.heard_lufs, made.true_peak_dbtp)}"
    said += numbers(made.heard_lufs, made.true_peak_dbtp, verbose)
    display.result(said + (f", was {done.input.heard_lufs:.1f} LUFS" if verbose else ""))


_OTHER_SOUND = frozenset(
    {".aac", ".aif", ".aiff", ".caf", ".flac", ".mkv", ".mov", ".oga", ".ogg", ".opus", ".wav", ".webm", ".wma"}
)


def _format_of(output: Path, wanted: FileFormat | None) -> FileFormat:
    """Return the format of a file called *output*. Raises UsageError where its ending says another than *wanted*."""
    endings: dict[str, FileFormat] = {".mp3": "mp3", ".m4a": "m4a", ".m4b": "m4a", ".mp4": "m4a"}
    named = endings.get(output.suffix.lower())
    if output.suffix.lower() in _OTHER_SOUND:
        raise UsageError(
            f"{output.name} is called like a format that is not written: masters are mp3 or m4a",
            hint=f"Name it {output.stem}.mp3, or {output.stem}.m4a.",
        )
    if wanted and named and wanted != named:
        raise UsageError(f"{output.name} is not called like {wanted}", hint=f"Name it {output.stem}.{wanted}.")
    return wanted or named or "mp3"


def _show_planned(display: Display, planned: PlannedMastering, *, output: Path) -> None:
    found = planned.input
    display.result(f"Would master {found.file} ({clock(found.duration_s)} long) into {output}. Nothing was written.")


def _named(progress: Progress, path: Path, count: int) -> Progress:
    return progress if count == 1 else lambda step, fraction: progress(f"{step} {path.name}", fraction)


def _answer_files(inspected: list[Inspection], failures: list[RecordingError]) -> InspectedFiles:
    failed = tuple(NotInspected(message=error.message, hint=error.hint) for error in failures)
    return InspectedFiles(files=tuple(inspected), failed=failed)


def _show_files(display: Display, answer: InspectedFiles) -> None:
    for number, inspection in enumerate(answer.files):
        if number:
            display.result("")
        _show(display, inspection)


def _show(display: Display, inspection: Inspection) -> None:
    channels = {1: "mono", 2: "stereo"}.get(inspection.channels, f"{inspection.channels} channels")
    otherwise = loudness(inspection.heard_lufs)
    display.pairs(
        [
            ("file", inspection.file),
            ("length", clock(inspection.duration_s)),
            (
                "format",
                f"{inspection.codec}, {channels}, {inspection.sample_rate_hz} Hz, {inspection.bitrate_kbps} kbit/s",
            ),
            ("loudness", f"{otherwise}; publishing puts that right" if otherwise else "right for podcast apps"),
            *(_measured(inspection) if display.common.verbose else ()),
            ("over time", loudness_line(inspection.profile_lufs)),
            ("tags", ", ".join(f"{name}: {value}" for name, value in inspection.tags.items())),
        ]
    )
    for problem in inspection.problems:
        display.warn(problem)


def _measured(inspection: Inspection) -> list[tuple[str, str]]:
    """Return what was measured, in numbers, for those who asked."""
    heard, on_a_meter = inspection.heard_lufs, inspection.integrated_lufs
    loudness_range_lu, noise_floor_lufs = inspection.loudness_range_lu, inspection.noise_floor_lufs
    return [
        ("measured", f"{heard:.1f} LUFS as heard, {on_a_meter:.1f} on a meter"),
        ("true peak", f"{inspection.true_peak_dbtp:.1f} dBTP"),
        ("range", f"{loudness_range_lu:.1f} LU, noise floor {noise_floor_lufs:.0f} LUFS"),
    ]


def _failed(failures: list[RecordingError], count: int) -> RecordingError | PartlyDone:
    """Return the error to end with: that of the only file, or one that names each file that failed."""
    if count == 1:
        return failures[0]
    messages = "\n".join(error.message for error in failures)
    if len(failures) == count:
        return RecordingError(messages, hint=failures[0].hint)
    return PartlyDone(f"{len(failures)} of {count} files could not be read:\n{messages}", hint=failures[0].hint)
