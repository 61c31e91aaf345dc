"""How does a greeting come in front of a finished master? By joining frames: the master is not encoded again.

The greeting is mastered by itself, at the master's rate, channels, bit rate and loudness. Frames of silence follow
it, so that the master's first frame finds a decoder that remembers nothing, as at its own start: every sample of the
master is decoded as before. The Info frame takes its delay from the greeting and its padding from the master.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, cast

import msgspec

from pitchcast.audio.delivery import cannot_write, deliver_file
from pitchcast.audio.editing import LONGEST_CLIP_S
from pitchcast.audio.ffmpeg import input_of, run_ffmpeg
from pitchcast.audio.master import Mastered, master_recording
from pitchcast.audio.mp3 import FRAME_SAMPLES, InfoFrame, continue_crc16, info_frame, read_info, silent_frame
from pitchcast.audio.recording import Recording, probe_recording
from pitchcast.audio.workshop import workshop
from pitchcast.errors import AudioError, RecordingError
from pitchcast.model.base import Record
from pitchcast.model.episode import Chapter
from pitchcast.model.show import AudioSettings, LoudnessTarget

_PAUSE_S = 0.3
_FEWEST_SILENT_FRAMES = 3  # overlap and filter bank are empty after two
_RING_FRAMES = 4
_FADE_S = 0.02
_COPY_BYTES = 1 << 20


class Greeted(Record, frozen=True):
    """A master with a greeting in front. ``shift_s`` is by how much everything in the master is heard later.

    ``samples`` are those of the whole, per channel; ``heard_lufs`` and ``true_peak_dbtp`` are the greeting's own.
    """

    samples: int
    sample_rate_hz: int
    shift_samples: int
    heard_lufs: float
    true_peak_dbtp: float
    remarks: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.samples / self.sample_rate_hz

    @property
    def shift_s(self) -> float:
        """Seconds by which chapters and transcript of the master move."""
        return self.shift_samples / self.sample_rate_hz


def prepend_greeting(
    master: Path,
    greeting: Path,
    output: Path,
    *,
    target: LoudnessTarget,
    clean: Literal["off", "light"] = "off",
    temp_dir: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Greeted:
    """Write *output*: *greeting*, brought to *target* as heard, and then *master*, both without tags.

    Nothing of the master is encoded again; give its own loudness as the target, and tag the output afterwards.
    Raises RecordingError where the greeting cannot be used or lasts over two minutes, AudioError where *master* was
    not made by pitchcast, or the disk fails.
    """
    recording = probe_recording(greeting)
    if recording.duration_s > LONGEST_CLIP_S:
        raise RecordingError(
            f"{greeting.name} is {recording.duration_s:.0f} s long: a greeting lasts at most {LONGEST_CLIP_S:.0f} s",
            hint="Record a shorter one, or publish it as an episode of its own.",
        )
    found = read_info(master)
    with workshop(temp_dir or output.absolute().parent) as folder:
        same_rate = _at_rate(greeting, recording, found.header.sample_rate_hz, folder / "greeting.wav")
        settings = _settings_like(found, target, clean)
        greeted = master_recording(same_rate, folder / "greeting.mp3", settings, temp_dir=folder, progress=progress)
        shift = _join(folder / "greeting.mp3", master, found, folder / "greeted.mp3")
        deliver_file(folder / "greeted.mp3", output)
    return _described(greeted, found, shift)


def shift_chapters(chapters: Sequence[Chapter], shift_s: float) -> tuple[Chapter, ...]:
    """Return the chapters of a master at their times behind a greeting; the first one begins with it."""
    moved = [msgspec.structs.replace(one, start_s=round(one.start_s + shift_s, 3)) for one in chapters]
    if moved and chapters[0].start_s == 0:
        moved[0] = msgspec.structs.replace(moved[0], start_s=0.0)
    return tuple(moved)


def _at_rate(greeting: Path, recording: Recording, rate_hz: int, path: Path) -> Path:
    """Write the greeting at the master's rate, faded at both ends."""
    end = max(0.0, recording.duration_s - _FADE_S)
    fades = f"afade=t=in:d={_FADE_S},afade=t=out:st={end:.3f}:d={_FADE_S}"
    shape = [
        "-map",
        "0:a:0",
        "-map_metadata",
        "-1",
        "-af",
        fades,
        "-ar",
        str(rate_hz),
        "-c:a",
        "pcm_f32le",
        "-f",
        "wav",
    ]
    run_ffmpeg([*input_of(greeting), *shape, "-y", f"file:{path.absolute()}"], recording=greeting, folder=path.parent)
    return path


def _settings_like(found: InfoFrame, target: LoudnessTarget, clean: Literal["off", "light"]) -> AudioSettings:
    channels = found.header.channels
    per_channel = found.header.bitrate_kbps // channels
    if per_channel not in (64, 80, 96, 128):
        raise AudioError(f"a master of {found.header.bitrate_kbps} kbit/s takes no greeting", hint="Publish it again.")
    return AudioSettings(
        target=target,
        bitrate_kbps=cast("Literal[64, 80, 96, 128]", per_channel),
        channels="mono" if channels == 1 else "stereo",
        clean=clean,
    )


def _join(greeting: Path, master: Path, found: InfoFrame, output: Path) -> int:
    """Write both with silence between them, and return how many samples later the master begins."""
    before = read_info(greeting)
    silent = _silent_frames(before)
    front = greeting.read_bytes()[before.audio_offset :] + silent * silent_frame(before.header)
    count = before.frames + silent
    info = info_frame(
        before.header,
        count + found.frames,
        len(front) + found.audio_bytes,
        delay=before.delay,
        padding=found.padding,
        music_crc=continue_crc16(front, found.music_crc, found.audio_bytes),
    )
    try:
        with master.open("rb") as source, output.open("wb") as target:
            source.seek(found.audio_offset)
            target.write(info + front)
            while data := source.read(_COPY_BYTES):
                target.write(data)
    except OSError as error:
        raise cannot_write(output, error) from error
    return count * FRAME_SAMPLES


def _silent_frames(before: InfoFrame) -> int:
    """Return how many frames of silence follow the greeting, so that its frames become a multiple of four.

    Filter banks turn in a ring of 16 places, a frame by 36: from the same place they round in the same way.
    """
    least = max(_FEWEST_SILENT_FRAMES, round(_PAUSE_S * before.header.sample_rate_hz / FRAME_SAMPLES))
    return least + -(before.frames + least) % _RING_FRAMES


def _described(greeted: Mastered, found: InfoFrame, shift: int) -> Greeted:
    return Greeted(
        samples=shift + found.samples,
        sample_rate_hz=found.header.sample_rate_hz,
        shift_samples=shift,
        heard_lufs=greeted.heard_lufs,
        true_peak_dbtp=greeted.true_peak_dbtp,
        remarks=greeted.remarks,
    )
