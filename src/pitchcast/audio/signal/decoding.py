"""Decodes a recording into the temporary file of samples, once, and measures it on the way."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from pitchcast.audio.ffmpeg import input_of, sample_stream
from pitchcast.audio.recording import SHORTEST_S, Recording, too_short
from pitchcast.audio.signal.analysis import Heard, Listener
from pitchcast.audio.signal.levelling import cleaning
from pitchcast.audio.signal.samples import Samples, check_space, read_frames, size_of
from pitchcast.audio.threads import WorkerThreads
from pitchcast.model.show import AudioSettings

_RATES_HZ = {44100: 44100, 48000: 48000, 88200: 44100, 96000: 48000, 192000: 48000}
_OTHER_RATES_HZ = 44100


def master_rate(rate_hz: int) -> int:
    """Return the master's sample rate for a recording's: MPEG-1 only, and 48 kHz families stay what they are."""
    return _RATES_HZ.get(rate_hz, _OTHER_RATES_HZ)


def is_decoded_as_it_is(recording: Recording, settings: AudioSettings) -> bool:
    """Return whether what is decoded for the master is what the recording holds, so that it can be inspected."""
    same_rate = master_rate(recording.sample_rate_hz) == recording.sample_rate_hz
    return same_rate and recording.channels <= 2 and settings.clean == "off"


def check_space_for(folder: Path, recording: Recording, settings: AudioSettings) -> None:
    """Raise AudioError where the disk has no room for what mastering needs."""
    rate, channels = master_rate(recording.sample_rate_hz), min(2, recording.channels)
    samples = size_of(recording.duration_s, rate if settings.clean != "strong" else 2 * rate, channels)
    encoded = int(recording.duration_s * 128 * channels * 125)
    check_space(folder.parent, 2 * samples + 2 * encoded)


def denoise_recording(
    source: Path, recording: Recording, folder: Path, threads: WorkerThreads, tell: Callable[[float], None]
) -> Samples:
    """Write the samples of *source* into *folder* with noise taken away by a network, at its own rate.

    Raises RecordingError where it cannot be decoded, AudioError where the network is not installed.
    """
    from pitchcast.audio.signal.denoising import RATE_HZ, Denoiser

    channels, frames = min(2, recording.channels), 0
    path = folder / "denoised.f32"
    shape = ["-vn", "-sn", "-dn", "-ar", str(RATE_HZ), "-ac", str(channels), "-f", "f32le", "pipe:1"]
    with (
        Denoiser(channels, threads) as denoiser,
        path.open("wb") as file,
        sample_stream([*input_of(source), "-map", "0:a:0", *shape], recording=source) as pipe,
    ):
        for chunk in read_frames(pipe, channels):
            file.write(denoiser.clean(chunk).data)
            frames += len(chunk)
            tell(frames / RATE_HZ / recording.duration_s)
        file.write(denoiser.finish().data)
    return Samples(path, RATE_HZ, channels, frames)


def decode_recording(
    source: Path,
    recording: Recording,
    settings: AudioSettings,
    folder: Path,
    threads: WorkerThreads,
    tell: Callable[[float], None],
    denoised: Samples | None = None,
) -> tuple[Samples, Heard]:
    """Write the samples of *source* into *folder*, listening to each chunk while the next one is decoded.

    Where it was *denoised* before, those samples are taken instead.
    Raises RecordingError where it cannot be decoded, or holds less than a second.
    """
    rate, channels = master_rate(recording.sample_rate_hz), min(2, recording.channels)
    listener = Listener(rate, channels)
    path = folder / "decoded.f32"
    filters = ["-af", cleaning(rate)] if settings.clean == "light" else []
    shape = ["-vn", "-sn", "-dn", *filters, "-ar", str(rate), "-ac", str(channels), "-f", "f32le", "pipe:1"]
    opened = denoised.as_input() if denoised else input_of(source)
    frames, heard = 0, _done()
    with (
        path.open("wb") as file,
        sample_stream([*opened, "-map", "0:a:0", *shape], recording=source) as pipe,
    ):
        for chunk in read_frames(pipe, channels):
            threads.result(heard)
            heard = threads.submit(listener.add, chunk)
            file.write(chunk.data)
            frames += len(chunk)
            tell(frames / rate / recording.duration_s)
        threads.result(heard)
    if frames < SHORTEST_S * rate - rate * 0.0005:
        raise too_short(source.name, frames / rate)
    return Samples(path, rate, channels, frames), listener.finish()


def _done() -> "Future[None]":
    future: Future[None] = Future()
    future.set_result(None)
    return future
