"""Recordings of several tracks or channels, made up by a seeded generator, with what is right to take of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve, resample_poly

RATE_HZ = 16_000


@dataclass(frozen=True)
class MadeUp:
    """Tracks or channels, and the choices that are right: each voice once."""

    kind: str
    tracks: tuple[np.ndarray, ...]
    right: tuple[tuple[int, ...], ...]


class Studio:
    """Makes recordings from one spoken text, by several voices: played faster or slower, it is another's."""

    def __init__(self, speech: np.ndarray, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._voices = [resample_poly(speech, 100, speed) for speed in (78, 100, 124)]
        self._count = int(self._random.uniform(8, 14) * RATE_HZ)

    def recording(self) -> MadeUp:
        """Return a recording of a kind drawn by chance, its tracks in an order drawn by chance."""
        kinds: list[Callable[[], tuple[list[np.ndarray], list[tuple[int, ...]]]]] = [
            self.open_input,
            self.humming_input,
            self.dead_input,
            self.leaked,
            self.two_microphones,
            self.copies,
            self.two_persons,
            self.two_persons_who_leak,
            self.three_persons_who_leak,
            self.music_beside,
            self.chimes_beside,
            self.mix_and_parts,
            self.six_inputs,
            self.microphone_in_the_room,
        ]
        kind = kinds[self._random.integers(len(kinds))]
        tracks, right = kind()
        order = self._random.permutation(len(tracks))
        places = {int(old): new for new, old in enumerate(order)}
        moved = tuple(tuple(sorted(places[number] for number in one)) for one in right)
        level = 10 ** (self._random.uniform(-30, 0) / 20)
        return MadeUp(kind.__name__, tuple((level * tracks[old]).astype(np.float32) for old in order), moved)

    def open_input(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        return [self._person(0), self._noise(self._random.uniform(-45, -15))], [(0,)]

    def humming_input(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        return [self._person(0), self._hum(self._random.uniform(-40, -5))], [(0,)]

    def dead_input(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        return [self._person(0), np.zeros(self._count)], [(0,)]

    def leaked(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        voice = self._person(0)
        return [voice, self._room(voice, self._random.uniform(-35, -18)) + self._noise(-50)], [(0,)]

    def two_microphones(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        voice = self._person(0)
        return [voice, self._room(voice, -3) + self._noise(-40)], [(0,), (1,)]

    def copies(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        voice = self._person(0)
        return [voice, voice * 10 ** (self._random.uniform(-9, 9) / 20)], [(0,), (1,)]

    def two_persons(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        one, other = self._turns()
        return [one, other], [(0, 1)]

    def two_persons_who_leak(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        one, other = self._turns()
        leak_db = self._random.uniform(-30, -12)
        return [one + self._room(other, leak_db), other + self._room(one, leak_db)], [(0, 1)]

    def three_persons_who_leak(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        voices = self._turns(3)
        leak_db = self._random.uniform(-30, -12)
        leaks = [sum(self._room(one, leak_db) for one in voices if one is not voice) for voice in voices]
        return [voice + leak for voice, leak in zip(voices, leaks, strict=True)], [(0, 1, 2)]

    def music_beside(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        return [self._person(0), self._music(self._random.uniform(-20, 0))], [(0,)]

    def chimes_beside(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        time = np.arange(self._count) / RATE_HZ
        chime = np.sin(2 * np.pi * 880 * time) * np.exp(-6 * (time % 5)) * (time % 5 < 1)
        return [self._person(0), 0.1 * chime], [(0,)]

    def mix_and_parts(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        one, other = self._turns()
        return [one + other, one, other], [(0,), (1, 2)]

    def six_inputs(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        return [self._person(0), *(self._noise(self._random.uniform(-60, -40)) for _ in range(5))], [(0,)]

    def microphone_in_the_room(self) -> tuple[list[np.ndarray], list[tuple[int, ...]]]:
        one, other = self._turns()
        return [one, other, self._room(one + other, -10) + self._noise(-30)], [(0, 1)]

    def _person(self, breath: int) -> np.ndarray:
        """Somebody who begins after a while, at a microphone with noise of its own."""
        voice = self._said(self._voices[self._random.integers(3)], self._count)
        voice[: int(self._random.uniform(0, 2) * RATE_HZ)] *= breath
        return voice + self._noise(self._random.uniform(-70, -35))

    def _turns(self, persons: int = 2) -> list[np.ndarray]:
        """Return persons who speak in turn, each at a microphone."""
        turns = np.cumsum(self._random.uniform(1.5, 4, 10) * RATE_HZ).astype(int)
        who = np.searchsorted(turns, np.arange(self._count)) % persons
        voices = []
        for number, voice in enumerate(self._random.permutation(3)[:persons]):
            said = self._said(self._voices[voice], self._count) * (who == number)
            voices.append(said * 10 ** (self._random.uniform(-9, 0) / 20) + self._noise(-55))
        return voices

    def _said(self, voice: np.ndarray, count: int) -> np.ndarray:
        start = self._random.integers(RATE_HZ, len(voice) - count - RATE_HZ)
        said = voice[start : start + count].copy()
        return 0.1 * said / said.std()

    def _noise(self, level_db: float) -> np.ndarray:
        """Noise at a level relative to the voice's."""
        white = np.fft.rfft(self._random.normal(0, 1, self._count))
        slope = self._random.choice([0, 0.5, 1])
        noise = np.fft.irfft(white / np.maximum(np.arange(len(white)), 50) ** slope, self._count)
        return 0.1 * noise / noise.std() * 10 ** (level_db / 20)

    def _hum(self, level_db: float) -> np.ndarray:
        time = np.arange(self._count) / RATE_HZ
        base = self._random.choice([50, 60])
        sines = [np.sin(2 * np.pi * base * k * time + k * k) / k for k in range(1, self._random.integers(3, 20))]
        hum = np.sum(sines, axis=0)
        return 0.1 * hum / hum.std() * 10 ** (level_db / 20) + self._noise(level_db - 30)

    def _music(self, level_db: float) -> np.ndarray:
        """Chords that fade, over a beat of noise."""
        time = np.arange(self._count) / RATE_HZ
        beat_s = self._random.uniform(0.3, 0.8)
        within = time % beat_s
        number = (time / beat_s).astype(int)
        roots = self._random.choice([131, 147, 165, 175, 196], number.max() + 1)[number]
        music = 0.3 * self._random.normal(0, 1, self._count) * np.exp(-60 * within)
        for step in (1, 1.26, 1.5, 2):
            music += sum(np.sin(2 * np.pi * roots * step * k * within) / k for k in range(1, 6)) * np.exp(-3 * within)
        return 0.1 * music / music.std() * 10 ** (level_db / 20)

    def _room(self, voice: np.ndarray, level_db: float) -> np.ndarray:
        """The same after a room's echoes, some milliseconds later."""
        count = int(0.25 * RATE_HZ)
        echoes = self._random.normal(0, 0.3, count) * 10 ** (-3 * np.arange(count) / count)
        echoes[int(self._random.uniform(0.001, 0.01) * RATE_HZ)] += 8
        heard = fftconvolve(voice, echoes)[: len(voice)]
        return heard / heard.std() * voice.std() * 10 ** (level_db / 20)


def made_up_recordings(speech: np.ndarray, count: int) -> Iterator[MadeUp]:
    """Yield *count* recordings from speech at RATE_HZ."""
    for seed in range(count):
        yield Studio(speech, seed).recording()
