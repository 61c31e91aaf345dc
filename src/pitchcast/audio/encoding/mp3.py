"""Sound encoded as MP3 by all processors at once, to the same bytes as by one.

The time line is cut every 2,304 frames, whatever the number of workers. Each piece is encoded on its own, with
frames before and after it that settle the encoder, and the pieces are joined where they agree. Each piece is then
decoded and measured; the whole is never decoded in one go.
"""

from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import log10
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.allowed import MP3_FRAMES
from pitchcast.audio.ffmpeg import fed_ffmpeg, input_of, sample_stream
from pitchcast.audio.mp3.frames import (
    DECODER_DELAY,
    ENCODER_DELAY,
    FRAME_SAMPLES,
    FrameHeader,
    crc16,
    end_padding,
    info_frame,
    info_frame_size,
)
from pitchcast.audio.mp3.seams import FrameStream, cut_out, find_seam, read_stream
from pitchcast.audio.signal.blocks import (
    QUIETEST_PEAK_DBTP,
    BlockMeter,
    Blocks,
    Values,
    block_frames,
    integrated_of_steps,
    steps_of,
)
from pitchcast.audio.signal.limiter import Curve
from pitchcast.audio.signal.mix import Programme
from pitchcast.audio.signal.samples import read_frames
from pitchcast.audio.threads import SharedProgress, WorkerThreads
from pitchcast.errors import AudioError
from pitchcast.invocation import pitchcast_command

PIECE_FRAMES = 2304
"""MP3 frames of a piece, about a minute; they never depend on the machine."""

NEAR = 0.5
"""A true peak is at most 6 dB above the samples next to it."""

_RUN_IN, _RUN_OUT = 40, 24
_SEAM_REACH = 20
_CHECKED_BEFORE = 64  # frames by which a measured part ends before the piece does: its seam is written by then
_LEAD_IN = 14  # frames until reservoir, overlap and weighting filters know nothing of what is missing
_DELAY = ENCODER_DELAY + DECODER_DELAY
_CODEC = ("-c:a", "libmp3lame", "-map_metadata", "-1", "-write_xing", "0", "-id3v2_version", "0", "-write_id3v1", "0")


@dataclass(frozen=True)
class AudioPiece:
    """A stretch of the time line, in MP3 frames of the whole: what is encoded, and what of it is wanted."""

    number: int
    first: int
    start: int
    end: int
    last: int


@dataclass(frozen=True)
class Checked:
    """What players will play, measured: energy of each 100 ms, the highest peak, and blocks whose peak is too high."""

    channels: int
    steps: NDArray[np.float64]
    highest: float
    high_blocks: NDArray[np.intp]
    high_peaks: Values

    @property
    def integrated_lufs(self) -> float:
        """Integrated loudness as a meter reads it."""
        return integrated_of_steps(self.steps)

    @property
    def true_peak_dbtp(self) -> float:
        """The highest true peak."""
        return 20 * log10(self.highest) if self.highest > 1e-6 else QUIETEST_PEAK_DBTP


@dataclass
class Press:
    """Encodes one programme, again and again until it is right: only the pieces that changed.

    ``ceiling`` is what peaks must not exceed, linear.
    """

    programme: Programme
    bitrate_kbps: int
    folder: Path
    threads: WorkerThreads
    ceiling: float
    reservoir: bool = True
    piece_frames: int = PIECE_FRAMES
    _measured: dict[int, Checked] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        """The file that comes of it: an Info frame, then the joined frames."""
        return self.folder / "finished.mp3"

    def press(
        self,
        curve: Curve,
        changed: Sequence[int] | None = None,
        tell: Callable[[str, float], None] = lambda name, fraction: None,
    ) -> Checked:
        """Encode the programme after *curve*, join, measure, and return what players will play.

        *changed* are the pieces to encode again (None: all of them).
        """
        try:
            return self._press(curve, changed, tell)
        except _NoSeam:
            self._give_up_joining()
            return self.press(curve, None, tell)

    def _press(self, curve: Curve, changed: Sequence[int] | None, tell: Callable[[str, float], None]) -> Checked:
        pieces = self.pieces()
        todo = list(range(len(pieces))) if changed is None else sorted(changed)
        encoded_so_far = SharedProgress(sum(pieces[number].last - pieces[number].first for number in todo))
        encoded = {number: self.threads.submit(self._encode, pieces[number], curve, encoded_so_far) for number in todo}
        checks = self._join(pieces, encoded, lambda: tell("encoding", encoded_so_far.fraction))
        for done, (number, check) in enumerate(checks.items(), start=1):
            self._measured[number] = self.threads.result(check)
            tell("checking", done / len(checks))
        return _joined([self._measured[number] for number in range(len(pieces))])

    def pieces(self) -> list[AudioPiece]:
        """Return the pieces of the time line; what a piece ends with too little for is left to the one before."""
        total = -(-self.programme.frames // FRAME_SAMPLES)
        count = max(1, round(total / self.piece_frames))
        starts = [number * self.piece_frames for number in range(count)]
        ends = [*starts[1:], total]
        return [
            AudioPiece(number, max(0, start - _RUN_IN), start, end, min(total, end + _RUN_OUT))
            for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        ]

    def touched_by(self, before: Curve, after: Curve) -> list[int]:
        """Return the pieces that sound different after another curve."""
        size = block_frames(self.programme.rate_hz)
        touched = []
        for piece in self.pieces():
            first, last = piece.first * FRAME_SAMPLES // size, -(-piece.last * FRAME_SAMPLES // size) + 1
            if (before.gains[first:last] != after.gains[first:last]).any():
                touched.append(piece.number)
        return touched

    def _give_up_joining(self) -> None:
        """Let frames stand alone, which is a little worse; where that does not help either, encode in one piece."""
        if self.reservoir:
            self.reservoir = False
        else:
            self.piece_frames = -(-self.programme.frames // FRAME_SAMPLES)
        self._measured.clear()

    def _encode(self, piece: AudioPiece, curve: Curve, encoded_so_far: SharedProgress) -> None:
        programme = self.programme
        codec = [*_CODEC, "-b:a", f"{self.bitrate_kbps}k", "-reservoir", str(int(self.reservoir))]
        target = ["-fflags", "+bitexact", "-f", "mp3", "-y", f"file:{self._path(piece.number).absolute()}"]
        start, end = piece.first * FRAME_SAMPLES, min(programme.frames, piece.last * FRAME_SAMPLES)
        with fed_ffmpeg([*programme.piped, *codec, *target], folder=self.folder.parent) as pipe:
            for chunk in programme.read_levelled(start, end, curve.gains):
                self.threads.go_on()
                pipe.write(chunk.data)
                encoded_so_far.add(len(chunk) / FRAME_SAMPLES)

    def _path(self, number: int) -> Path:
        return self.folder / f"piece-{number:04}.mp3"

    def _join(
        self, pieces: list[AudioPiece], encoded: dict[int, "Future[None]"], meanwhile: Callable[[], None]
    ) -> dict[int, "Future[Checked]"]:
        """Write the joined frames as the pieces arrive; measure each part as soon as it is written."""
        writer = _FrameWriter(self.output)
        checks: dict[int, Future[Checked]] = {}
        left: FrameStream | None = None
        start = 0
        for piece in pieces:
            if piece.number in encoded:
                self.threads.result(encoded[piece.number], meanwhile)
            right = read_stream(self._path(piece.number), piece.first)
            if left is not None:
                seam = find_seam(left, right, piece.start, _SEAM_REACH)
                if seam is None:
                    raise _NoSeam
                writer.write(left, cut_out(left, start, seam, right), seam)
                self._check_soon(pieces[piece.number - 1], pieces, encoded, writer, checks)
                start = seam
            left = right
        assert left is not None  # noqa: S101 (there is always a piece)
        writer.write(left, cut_out(left, start, left.end, None), left.end)
        self._check_soon(pieces[-1], pieces, encoded, writer, checks)
        writer.finish(self.programme.frames)
        return checks

    def _check_soon(
        self,
        piece: AudioPiece,
        pieces: list[AudioPiece],
        encoded: dict[int, "Future[None]"],
        writer: "_FrameWriter",
        checks: dict[int, "Future[Checked]"],
    ) -> None:
        around = range(piece.number - 1, piece.number + 2)
        if piece.number in self._measured and not any(number in encoded for number in around):
            return
        first, last = self._part(piece, len(pieces))
        size = block_frames(self.programme.rate_hz)
        frames = (first * size + _DELAY) // FRAME_SAMPLES, -(-(last * size + size + _DELAY) // FRAME_SAMPLES) + 2
        part = self.folder / f"part-{piece.number:04}.mp3"
        from_frame = max(0, frames[0] - _LEAD_IN)
        part.write_bytes(writer.frames(from_frame, frames[1]))
        checks[piece.number] = self.threads.submit(self._measure, part, from_frame, first, last)

    def _part(self, piece: AudioPiece, count: int) -> tuple[int, int]:
        """Return the blocks from which up to which a piece is measured: whole tenths of a second."""
        size = block_frames(self.programme.rate_hz)
        tenth = self.programme.rate_hz // 10
        first = max(0, piece.start - _CHECKED_BEFORE) * FRAME_SAMPLES // tenth * tenth // size
        last = (piece.end - _CHECKED_BEFORE) * FRAME_SAMPLES // tenth * tenth // size
        return first, last if piece.number + 1 < count else -(-self.programme.frames // size)

    def _measure(self, part: Path, from_frame: int, first: int, last: int) -> Checked:
        """Measure the blocks from *first* up to *last* of frames that start with *from_frame*."""
        programme = self.programme
        size = block_frames(programme.rate_hz)
        skip = first * size - (from_frame * FRAME_SAMPLES - _DELAY)  # decoded frames before the first block
        lead = skip // size if from_frame else 0
        meter = BlockMeter(programme.rate_hz, programme.channels, near=NEAR * self.ceiling)
        skip -= lead * size
        left = min((last + 1) * size, programme.frames) - first * size + lead * size
        with sample_stream([*input_of(part, MP3_FRAMES), "-f", "f32le", "pipe:1"]) as pipe:
            for chunk in read_frames(pipe, programme.channels):
                self.threads.go_on()
                wanted = chunk[skip : skip + left]
                skip = max(0, skip - len(chunk))
                left -= len(wanted)
                meter.add(wanted)
        part.unlink()
        if left > 0:
            raise AudioError(f"this ffmpeg decodes {left} samples too few", hint=f"Run: {pitchcast_command('doctor')}")
        return check_blocks(meter.finish().part(lead, lead + last - first), self.ceiling, first)


def check_blocks(blocks: Blocks, ceiling: float, first: int) -> Checked:
    """Return what matters of measured blocks, the first of which is number *first* of the whole."""
    high = np.flatnonzero(blocks.peak > ceiling)
    highest = float(blocks.peak.max(initial=0.0))
    steps = steps_of(blocks.energy, blocks.per_s)
    return Checked(blocks.channels, steps, highest, high + first, blocks.peak[high])


def _joined(parts: list[Checked]) -> Checked:
    return Checked(
        parts[0].channels,
        np.concatenate([part.steps for part in parts]),
        max(part.highest for part in parts),
        np.concatenate([part.high_blocks for part in parts]),
        np.concatenate([part.high_peaks for part in parts]),
    )


class _NoSeam(Exception):
    """Two pieces cannot be joined; the programme is pressed again without a reservoir."""


class _FrameWriter:
    """Writes the finished file: room for the Info frame, frames as they come, and at last the Info frame."""

    def __init__(self, path: Path) -> None:
        self._path, self._first = path, FrameHeader(0, 0, 0, 0)
        self._offsets = array("q", [0])
        self._crc = 0

    def write(self, stream: FrameStream, data: bytes, end: int) -> None:
        """Append frames that a stream begins or goes on with; *end* is the number of the one that follows."""
        start = len(self._offsets) - 1
        if not start:
            self._first = stream.header
            self._path.write_bytes(bytes(info_frame_size(stream.header)))
        base = self._offsets[-1] - stream.offsets[start - stream.first]
        inner = stream.offsets[start + 1 - stream.first : end - stream.first]
        self._offsets.extend(base + offset for offset in inner)
        self._offsets.append(self._offsets_end(data, start))
        self._crc = crc16(data, self._crc)
        with self._path.open("ab") as file:
            file.write(data)

    def _offsets_end(self, data: bytes, start: int) -> int:
        return self._offsets[start] + len(data)

    def frames(self, start: int, end: int) -> bytes:
        """Return the frames from *start* up to *end*, as far as they are written."""
        last = min(end, len(self._offsets) - 1)
        with self._path.open("rb") as file:
            file.seek(info_frame_size(self._first) + self._offsets[start])
            return file.read(self._offsets[last] - self._offsets[start])

    def finish(self, samples: int) -> None:
        """Write the Info frame. Raises AudioError where the frames are too few to play so many samples."""
        count = len(self._offsets) - 1
        padding = end_padding(count, samples)
        if padding < DECODER_DELAY or padding > 4095:
            raise AudioError(
                f"the encoder made {count} frames for {samples} samples", hint=f"Run: {pitchcast_command('doctor')}"
            )
        with self._path.open("r+b") as file:
            file.write(info_frame(self._first, count, self._offsets[-1], padding=padding, music_crc=self._crc))
