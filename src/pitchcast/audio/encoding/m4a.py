"""Sound encoded as AAC in an MP4 file, and what that file says about itself.

By ffmpeg's own encoder, in one piece: AAC frames cannot be joined. The file tells players how many samples at its
start are the encoder's, so that as many are played as were given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pitchcast.audio.allowed import JPEG, LABELS
from pitchcast.audio.delivery import cannot_write, deliver_file
from pitchcast.audio.encoding.mp3 import NEAR, Checked, check_blocks
from pitchcast.audio.ffmpeg import fed_ffmpeg, input_of, run_ffmpeg, sample_stream
from pitchcast.audio.signal.blocks import BlockMeter, block_frames
from pitchcast.audio.signal.limiter import Curve
from pitchcast.audio.signal.mix import Programme
from pitchcast.audio.signal.samples import read_frames
from pitchcast.audio.tags import Tags, m4a_labels
from pitchcast.audio.temporary import workshop
from pitchcast.audio.threads import SharedProgress, WorkerThreads
from pitchcast.errors import AudioError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.notes import clean_text

_BARE = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "=;#\\\n"})


@dataclass
class AacPress:
    """Encodes one programme, again and again until it is right. ``ceiling`` is what peaks must not exceed, linear."""

    programme: Programme
    bitrate_kbps: int
    folder: Path
    threads: WorkerThreads
    ceiling: float

    @property
    def output(self) -> Path:
        """The file that comes of it."""
        return self.folder / "finished.m4a"

    def press(
        self,
        curve: Curve,
        changed: Sequence[int] | None = None,
        tell: Callable[[str, float], None] = lambda name, fraction: None,
    ) -> Checked:
        """Encode the programme after *curve*, and return what players will play, measured. It is one piece."""
        encoded, checked = SharedProgress(self.programme.frames), SharedProgress(self.programme.frames)
        self.threads.result(
            self.threads.submit(self._encode, curve, encoded), lambda: tell("encoding", encoded.fraction)
        )
        measured = self.threads.submit(self._measure, checked)
        return self.threads.result(measured, lambda: tell("checking", checked.fraction))

    def touched_by(self, before: Curve, after: Curve) -> list[int]:
        """Return the only piece."""
        return [0]

    def _encode(self, curve: Curve, encoded: SharedProgress) -> None:
        programme = self.programme
        codec = ["-c:a", "aac", "-b:a", f"{self.bitrate_kbps}k", *_BARE]
        target = ["-movflags", "+faststart", "-f", "ipod", "-y", f"file:{self.output.absolute()}"]
        with fed_ffmpeg([*programme.piped, *codec, *target], folder=self.folder.parent) as pipe:
            for chunk in programme.read_levelled(0, programme.frames, curve.gains):
                self.threads.go_on()
                pipe.write(chunk.data)
                encoded.add(len(chunk))

    def _measure(self, checked: SharedProgress) -> Checked:
        programme = self.programme
        meter = BlockMeter(programme.rate_hz, programme.channels, near=NEAR * self.ceiling)
        with sample_stream([*input_of(self.output), "-f", "f32le", "pipe:1"]) as pipe:
            for chunk in read_frames(pipe, programme.channels):
                self.threads.go_on()
                meter.add(chunk)
                checked.add(len(chunk))
        if meter.frames != programme.frames:
            raise AudioError(
                f"this ffmpeg plays {meter.frames} of {programme.frames} samples",
                hint=f"Run: {pitchcast_command('doctor')}",
            )
        count = -(-programme.frames // block_frames(programme.rate_hz))
        return check_blocks(meter.finish().part(0, count), self.ceiling, 0)


def label_m4a(path: Path, tags: Tags) -> None:
    """Put title, chapters and picture of *tags* into an M4A file, which is replaced whole or not at all.

    The sound is copied as it is. Raises AudioError where the file cannot be written.
    """
    with workshop(path.absolute().parent) as folder:
        metadata, cover, labelled = folder / "labels.txt", folder / "cover.jpg", folder / "labelled.m4a"
        try:
            metadata.write_text(render_metadata(tags), encoding="utf-8", newline="\n")
            cover.write_bytes(tags.artwork_jpeg)
        except OSError as error:
            raise cannot_write(path, error) from error
        sources = [*input_of(path), *input_of(metadata, LABELS)]
        picture = input_of(cover, JPEG) if tags.artwork_jpeg else []
        shown = ["-map", "2:v", "-disposition:v:0", "attached_pic"] if tags.artwork_jpeg else []
        labels = ["-map", "0:a", *shown, "-map_metadata", "1", "-map_chapters", "1", "-c", "copy"]
        target = ["-fflags", "+bitexact", "-movflags", "+faststart", "-f", "ipod", f"file:{labelled.absolute()}"]
        run_ffmpeg([*sources, *picture, *labels, *target], folder=path.absolute().parent)
        deliver_file(labelled, path)


def render_metadata(tags: Tags) -> str:
    """Return title and chapters in ffmpeg's own format; a chapter ends where the next one starts."""
    lines = [";FFMETADATA1", *(f"{name}={text.translate(_SPECIAL)}" for name, text in m4a_labels(tags))]
    starts = [round(1000 * chapter.start_s) for chapter in tags.chapters]
    for chapter, start, end in zip(tags.chapters, starts, [*starts[1:], tags.duration_ms], strict=False):
        title = clean_text(chapter.title).translate(_SPECIAL)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={max(start, end)}", f"title={title}"]
    return "\n".join([*lines, ""])
