"""Recordings with changed bytes, always the same ones, and how much of the voice is heard in what came of them."""

import random
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from tests.fixtures.speech import run_ffmpeg

SECONDS = 4
CODECS = {
    "m4a": ["-c:a", "aac", "-b:a", "48k"],
    "aac": ["-c:a", "aac", "-b:a", "48k"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "48k"],
    "opus": ["-c:a", "libopus", "-b:a", "32k"],
    "flac": ["-c:a", "flac"],
}

Sound = NDArray[np.float32]

_PART = 0.5
_LOUD = 0.1  # of the whole, as amplitude: quieter parts tell nothing


def write_whole(speech_wav: Path, kind: str, path: Path) -> Path:
    """Write the start of a recording in one of the CODECS."""
    run_ffmpeg("-t", str(SECONDS), "-i", speech_wav, "-ac", "1", "-ar", "48000", *CODECS[kind], path)
    return path


def change_bytes(data: bytes, seed: str) -> bytes:
    """Return the same with one to eight bytes changed, anywhere."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice([1, 2, 3, 5, 8])):
        changed[chance.randrange(len(changed))] ^= chance.randrange(1, 256)
    return bytes(changed)


def zero_sector(data: bytes, seed: str, size: int = 512) -> bytes:
    """Return the same with a sector of zeros, behind what describes the file."""
    at = random.Random(seed).randrange(len(data) // 3, len(data) - size) // size * size
    return data[:at] + bytes(size) + data[at + size :]


def mono(path: Path, rate_hz: int) -> Sound:
    """Return what ffmpeg by itself plays of a file, as one channel; nothing where it plays nothing."""
    shape = ["-ac", "1", "-ar", str(rate_hz), "-f", "f32le", "pipe:1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "quiet", "-i", str(path), *shape]
    played = subprocess.run(command, check=False, capture_output=True).stdout
    return np.nan_to_num(np.frombuffer(played, "<f4"))


def heard_share(reference: Sound, got: Sound, rate_hz: int) -> float:
    """Return in which share of its loud half seconds a voice is found in *got*, near its own place and by its shape."""
    size, reach = int(_PART * rate_hz), int(0.4 * rate_hz)
    loud = _LOUD * np.sqrt(np.mean(reference**2))
    found = []
    for at in range(0, len(reference) - size + 1, size):
        part = reference[at : at + size]
        if np.sqrt(np.mean(part**2)) >= loud:
            found.append(_likeness(part, got[max(0, at - reach) : at + size + reach]) >= 0.8)
    return float(np.mean(found))


def _likeness(part: Sound, around: Sound) -> float:
    """Return how well a part is found in what is around it: 1 where it is there as it was, only louder or softer."""
    if len(around) < len(part):
        return 0.0
    length = 1 << (len(around) + len(part)).bit_length()
    product = np.fft.irfft(np.fft.rfft(around, length) * np.conj(np.fft.rfft(part, length)), length)
    at = int(np.argmax(product[: len(around) - len(part) + 1]))
    there = around[at : at + len(part)]
    return float(part @ there / np.sqrt((part @ part) * (there @ there) + 1e-12))
