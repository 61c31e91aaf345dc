"""Whether a join is heard: the error around it against the source, compared with that of a single encode of the sound.

A join passes when the error in the five frames around it is less than 6 dB above the single encode's.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from pitchcast.audio.encoding.mp3 import Press
from pitchcast.audio.mp3.frames import DECODER_DELAY, ENCODER_DELAY, FRAME_SAMPLES, end_padding, info_frame
from pitchcast.audio.mp3.seams import FrameStream, cut_out, find_seam, main_data_begin, read_stream
from pitchcast.audio.signal.channels import Mix
from pitchcast.audio.signal.editing import Cut, arrange
from pitchcast.audio.signal.limiter import Curve
from pitchcast.audio.signal.mix import Programme
from pitchcast.audio.signal.samples import Samples
from pitchcast.audio.threads import WorkerThreads

Frames = NDArray[np.float64]

ALLOWED_DB = 6.0
PIECE_FRAMES = 400
_AROUND = 2


def press_sound(
    sound: Frames, rate_hz: int, folder: Path, *, piece_frames: int, workers: int = 2, bitrate_kbps: int = 96
) -> Press:
    """Encode frames × channels without any gain in pieces of so many MP3 frames."""
    path = folder / "sound.f32"
    path.write_bytes(sound.astype("<f4").tobytes())
    channels = sound.shape[1]
    samples = Samples(path, rate_hz, channels, len(sound))
    mix = Mix(tuple(tuple(float(row == column) for column in range(channels)) for row in range(channels)))
    programme = Programme(samples, mix, arrange([Cut(0, len(sound))], rate_hz, None, None, 0.0))
    flat = Curve(np.ones(len(sound) + 1, np.float32), 0.0, 0.0)
    with WorkerThreads(workers) as threads:
        press = Press(programme, bitrate_kbps * channels, folder, threads, ceiling=1.0, piece_frames=piece_frames)
        press.press(flat)
    return press


def read_pieces(press: Press) -> list[FrameStream]:
    """Return what each encoder made."""
    return [read_stream(press.folder / f"piece-{piece.number:04}.mp3", piece.first) for piece in press.pieces()]


def seams_of(press: Press) -> list[int]:
    """Return the frames at which the pieces were joined."""
    streams = read_pieces(press)
    found = [
        find_seam(left, right, piece.start, 20)
        for left, right, piece in zip(streams, streams[1:], press.pieces()[1:], strict=False)
    ]
    return [seam for seam in found if seam is not None]


def join_without_moving(left: FrameStream, right: FrameStream, seam: int) -> bytes:
    """Return a join that looks right and is broken: the bytes that the right side needs stay behind."""
    return cut_out(left, left.first, seam, None) + cut_out(right, seam, right.end, None)


def broken_join_excess_db(sound: Frames, rate_hz: int, folder: Path) -> float:
    """Return by how many dB the error at a join that was broken on purpose exceeds a single encode's."""
    left, right = read_pieces(press_sound(sound, rate_hz, folder, piece_frames=PIECE_FRAMES))[:2]
    seam = _seam_that_moves_bytes(left, right)
    (folder / "single").mkdir()
    whole = press_sound(sound, rate_hz, folder / "single", piece_frames=10_000)
    broken = _playable(left, join_without_moving(left, right, seam), right.end, len(sound))
    length = (right.end - 30) * FRAME_SAMPLES
    heard, plain = decode(broken)[:length], decode(whole.output.read_bytes())[:length]
    return next(excess_db(heard, plain, sound[:length], [seam]))


def _seam_that_moves_bytes(left: FrameStream, right: FrameStream) -> int:
    """Return a join soon after the right encoder started, when the two have not yet come to agree."""
    found = (find_seam(left, right, number, 0) for number in range(right.first + 3, right.first + 40))
    differ = (
        seam for seam in found if seam and main_data_begin(left.frame(seam)) != main_data_begin(right.frame(seam))
    )
    return next(seam for seam in differ if main_data_begin(right.frame(seam)) > 20)


def _playable(first: FrameStream, frames: bytes, count: int, samples: int) -> bytes:
    samples = min(samples, count * FRAME_SAMPLES - ENCODER_DELAY - DECODER_DELAY)
    padding = end_padding(count, samples)
    return info_frame(first.header, count, len(frames), padding=padding) + frames


def decode(data: bytes) -> Frames:
    """Return what libsndfile decodes, from the first sample of the sound on."""
    return soundfile.read(io.BytesIO(data), always_2d=True)[0]


def excess_db(joined: Frames, single: Frames, source: Frames, seams: list[int]) -> Iterator[float]:
    """Yield for each seam by how many dB its error against the source exceeds the single encode's."""
    for seam in seams:
        start = max(0, (seam - _AROUND) * FRAME_SAMPLES - ENCODER_DELAY - DECODER_DELAY)
        part = slice(start, start + (2 * _AROUND + 1) * FRAME_SAMPLES)
        errors = [np.mean((sound[part] - source[part]) ** 2) for sound in (joined, single)]
        yield float(10 * np.log10((errors[0] + 1e-12) / (errors[1] + 1e-12)))


def random_recording(seed: int, speech: Frames, rate_hz: int) -> Frames:
    """Return about half a minute of what recordings hold: speech, pauses, hiss, hum, tones, in one or two channels."""
    random = np.random.default_rng(seed)
    length = int(rate_hz * random.uniform(18, 30)) + int(random.integers(0, FRAME_SAMPLES))
    time = np.arange(length) / rate_hz
    voices = []
    for _ in range(int(random.integers(1, 3))):
        voice = np.tile(np.roll(speech, int(random.integers(0, len(speech)))), -(-length // len(speech)))[:length]
        voice = voice * np.repeat(random.uniform(0.02, 1, length // rate_hz + 1), rate_hz)[:length]
        voices.append(voice * (np.sin(2 * np.pi * time / random.uniform(3, 9)) > -0.6))
    hiss = random.normal(0, 10 ** random.uniform(-5, -1.5), length)
    tone = 10 ** random.uniform(-4, -1) * np.sin(2 * np.pi * random.uniform(50, 5000) * time)
    beds = [voice + hiss + tone * (time % 4 < random.uniform(0, 4)) for voice in voices]
    return np.stack(beds, axis=1) * 0.5
