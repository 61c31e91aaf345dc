"""A greeting in front of a finished master, by joining frames: the master is not encoded again.

The greeting is mastered by itself, at the master's rate, channels, bit rate and loudness. Frames of silence follow
it, so that the master's first frame finds a decoder that remembers nothing, as at its own start: every sample of the
master is decoded as before. The Info frame takes its delay from the greeting and its padding from the master.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple, cast

from pitchcast.audio.delivery import cannot_write, deliver_file
from pitchcast.audio.ffmpeg import run_ffmpeg
from pitchcast.audio.inspect import measure_recording
from pitchcast.audio.master import master_recording, refuse_silence
from pitchcast.audio.mp3.frames import (
    FRAME_SAMPLES,
    InfoFrame,
    continue_crc16,
    info_frame,
    leading_frames,
    read_info,
    silent_frame,
)
from pitchcast.audio.recording import probe_recording
from pitchcast.audio.signal.reader import Request, read_recording
from pitchcast.audio.temporary import workshop
from pitchcast.audio.threads import WorkerThreads
from pitchcast.errors import AudioError, RecordingError
from pitchcast.model.base import Record
from pitchcast.model.show import AudioSettings, LoudnessTarget
from pitchcast.model.waveform import joined_waveform

LONGEST_S = 60.0
"""How long a greeting may be; what says more is an episode."""

_PAUSE_S = 0.3
_FEWEST_SILENT_FRAMES = 3  # overlap and filter bank are empty after two
_RING_FRAMES = 4
_FADE_S = 0.02
_COPY_BYTES = 1 << 20
_SAME_LOUDNESS_LU = 0.5


class Greeted(Record, frozen=True):
    """A master with a greeting in front. ``shift_s`` is by how much everything in the master is heard later.

    ``samples`` are those of the whole, per channel; ``heard_lufs`` and ``true_peak_dbtp`` are the greeting's own, and
    so is ``waveform``, with the silence that follows it.
    """

    samples: int
    sample_rate_hz: int
    shift_samples: int
    heard_lufs: float
    true_peak_dbtp: float
    remarks: tuple[str, ...] = ()
    waveform: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.samples / self.sample_rate_hz

    @property
    def shift_s(self) -> float:
        """Seconds by which chapters and transcript of the master move."""
        return self.shift_samples / self.sample_rate_hz


def check_greeting(greeting: Path) -> None:
    """Raise RecordingError where *greeting* is no recording, lasts over a minute, or is silent."""
    measured = measure_recording(greeting, probe_recording(greeting))
    _refuse_long(greeting, measured.reading.duration_s)
    refuse_silence(greeting, measured.blocks)


def prepend_greeting(
    master: Path,
    greeting: Path,
    output: Path,
    *,
    target: LoudnessTarget,
    clean: Literal["off", "light", "strong"] = "off",
    level: Literal["auto", "always", "never"] = "auto",
    temp_dir: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Greeted:
    """Write *output*: *greeting*, brought to *target* as heard, and then *master*, both without tags.

    Nothing of the master is encoded again; give its own loudness as the target, and tag the output afterwards.
    Raises RecordingError where the greeting cannot be used or lasts over a minute, AudioError where *master* was
    not made by pitchcast, or the disk fails.
    """
    found = read_info(master)
    settings = _settings_like(found, target, clean, level)
    with workshop(temp_dir or output.absolute().parent) as folder:
        same_rate, remarks = _at_rate(greeting, found.header.sample_rate_hz, folder)
        said = master_recording(same_rate, folder / "greeting.mp3", settings, temp_dir=folder, progress=progress)
        shift = _join(_front_of(folder / "greeting.mp3"), master, found, folder / "greeted.mp3")
        deliver_file(folder / "greeted.mp3", output)
    return Greeted(
        samples=shift + found.samples,
        sample_rate_hz=found.header.sample_rate_hz,
        shift_samples=shift,
        heard_lufs=said.heard_lufs,
        true_peak_dbtp=said.true_peak_dbtp,
        remarks=(*remarks, *said.remarks),
        waveform=joined_waveform(said.waveform, said.samples / shift, "0"),  # silence lies behind it
    )


def move_greeting(
    greeted: Path, said: Greeted, master: Path, output: Path, *, target: LoudnessTarget, temp_dir: Path | None = None
) -> Greeted:
    """Write *output*: the greeting that *greeted* begins with, and then another *master*, without tags.

    *said* is what is known of *greeted*. Where rate, channels, bit rate and loudness fit, its frames are taken as they
    are; else it is brought to *target* and encoded once more. Raises AudioError as prepend_greeting does.
    """
    before, found = read_info(greeted), read_info(master)
    frames = said.shift_samples // FRAME_SAMPLES
    front = _Front(before, leading_frames(greeted, before.audio_offset, frames), frames)
    fits = _format_of(before) == _format_of(found)
    with workshop(temp_dir or output.absolute().parent) as folder:
        if not fits or abs(said.heard_lufs - target.integrated_lufs) > _SAME_LOUDNESS_LU:
            _write_alone(front, folder / "alone.mp3")
            return prepend_greeting(
                master, folder / "alone.mp3", output, target=target, level="never", temp_dir=temp_dir
            )
        _join(front, master, found, folder / "moved.mp3")
        deliver_file(folder / "moved.mp3", output)
    return Greeted(
        samples=said.shift_samples + found.samples,
        sample_rate_hz=found.header.sample_rate_hz,
        shift_samples=said.shift_samples,
        heard_lufs=said.heard_lufs,
        true_peak_dbtp=said.true_peak_dbtp,
        waveform=said.waveform,
    )


class _Front(NamedTuple):
    """What stands before a master: whole frames, the last of them silent, and how the first is to be played."""

    info: InfoFrame
    body: bytes
    frames: int


def _refuse_long(greeting: Path, duration_s: float) -> None:
    if duration_s > LONGEST_S:
        raise RecordingError(
            f"{greeting.name} is {duration_s:.0f} s long: a greeting lasts at most {LONGEST_S:.0f} s",
            hint="Record a shorter one, or publish it as an episode of its own.",
        )


def _at_rate(greeting: Path, rate_hz: int, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Write the greeting at the master's rate, faded at both ends; return the file, and what is to be told of it."""
    with WorkerThreads(1) as threads:
        request = Request(source=greeting, recording=probe_recording(greeting), rate_hz=rate_hz, folder=folder)
        reading = read_recording(request, threads)
    _refuse_long(greeting, reading.duration_s)
    path = folder / "greeting.wav"
    end = max(0.0, reading.duration_s - _FADE_S)
    fades = f"afade=t=in:d={_FADE_S},afade=t=out:st={end:.3f}:d={_FADE_S}"
    shape = ["-af", fades, "-c:a", "pcm_f32le", "-f", "wav", "-y", f"file:{path.absolute()}"]
    run_ffmpeg([*reading.samples.as_input(), *shape], recording=greeting, folder=folder)
    reading.samples.path.unlink()
    return path, reading.remarks


def _settings_like(
    found: InfoFrame,
    target: LoudnessTarget,
    clean: Literal["off", "light", "strong"],
    level: Literal["auto", "always", "never"],
) -> AudioSettings:
    channels = found.header.channels
    per_channel = found.header.bitrate_kbps // channels
    if per_channel not in (64, 80, 96, 128):
        raise AudioError(f"a master of {found.header.bitrate_kbps} kbit/s takes no greeting", hint="Publish it again.")
    return AudioSettings(
        target=target,
        bitrate_kbps=cast("Literal[64, 80, 96, 128]", per_channel),
        channels="mono" if channels == 1 else "stereo",
        clean=clean,
        level=level,
    )


def _format_of(info: InfoFrame) -> tuple[int, int, int]:
    return info.header.sample_rate_hz, info.header.channels, info.header.bitrate_kbps


def _front_of(greeting: Path) -> _Front:
    """Return a greeting and the silence behind it."""
    info = read_info(greeting)
    silent = _silent_frames(info)
    body = greeting.read_bytes()[info.audio_offset :] + silent * silent_frame(info.header)
    return _Front(info, body, info.frames + silent)


def _join(front: _Front, master: Path, found: InfoFrame, output: Path) -> int:
    """Write both, and return how many samples later the master begins."""
    info = info_frame(
        front.info.header,
        front.frames + found.frames,
        len(front.body) + found.audio_bytes,
        delay=front.info.delay,
        padding=found.padding,
        music_crc=continue_crc16(front.body, found.music_crc, found.audio_bytes),
    )
    try:
        with master.open("rb") as source, output.open("wb") as target:
            source.seek(found.audio_offset)
            target.write(info + front.body)
            while data := source.read(_COPY_BYTES):
                target.write(data)
    except OSError as error:
        raise cannot_write(output, error) from error
    return front.frames * FRAME_SAMPLES


def _write_alone(front: _Front, path: Path) -> None:
    """Write a greeting as a file of its own."""
    info = info_frame(front.info.header, front.frames, len(front.body), delay=front.info.delay, padding=0)
    path.write_bytes(info + front.body)


def _silent_frames(before: InfoFrame) -> int:
    """Return how many frames of silence follow the greeting, so that its frames become a multiple of four.

    Filter banks turn in a ring of 16 places, a frame by 36: from the same place they round in the same way.
    """
    least = max(_FEWEST_SILENT_FRAMES, round(_PAUSE_S * before.header.sample_rate_hz / FRAME_SAMPLES))
    return least + -(before.frames + least) % _RING_FRAMES
