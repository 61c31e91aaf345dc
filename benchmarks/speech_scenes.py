"""Sound to try a speech detector on: speech, music and made noise, mixed by chance, with labels from the clean voice.

Speech and music come from Debian packages (``PACKAGES``), either installed or unpacked below a folder. Speakers and
pieces that are learnt from are never those that are tried.
"""

import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, istft, sosfilt, stft

RATE_HZ = 16_000
WINDOW = RATE_HZ // 50

PACKAGES = (
    "asterisk-core-sounds-en-g722 asterisk-core-sounds-es-g722 asterisk-core-sounds-fr-g722 "
    "asterisk-core-sounds-it-g722 asterisk-core-sounds-ru-g722 asterisk-moh-opsound-g722 "
    "asc-music espeak-ng fillets-ng-data fillets-ng-data-cs pocketsphinx-testdata"
)

Sound = NDArray[np.float32]

_LABEL_BELOW_DB = 32.0
_SHORTEST_PAUSE, _SHORTEST_SPEECH = 15, 4
_SAID_BY_ESPEAK = 6
_TO_SAY = Path("/usr/share/common-licenses/GPL-3")


@dataclass(frozen=True)
class Material:
    """Utterances of each speaker, and pieces of music."""

    speakers: dict[str, list[Sound]]
    music: list[Sound]


def read_material(root: Path) -> tuple[Material, Material]:
    """Return what is learnt from, and what is tried, of the packages below *root* (``/`` where they are installed)."""
    share = root / "usr/share"
    prompts = share / "asterisk/sounds"
    dialogues = _some(share.glob("games/fillets-ng/sound/*/cs/*.ogg"), 250)
    pieces = [_read(path)[: 60 * RATE_HZ] for path in sorted(share.glob("games/fillets-ng/music/*.ogg"))]
    waiting = [_read(path, "-f", "g722")[: 120 * RATE_HZ] for path in sorted(share.glob("asterisk/moh/*.g722"))]
    learnt = {
        **{name: _prompts(prompts / name) for name in ("ru_RU_f_IvrvoiceRU", "it_IT_m_Carlo", "fr_CA_f_June")},
        **{name: _spoken(name) for name in ("en-us+m1", "de+f4", "fr+m5", "en+whisper", "pl+m2", "it+m7")},
        "cards": [_read(path) for path in sorted(share.glob("pocketsphinx/test/data/cards/*.wav"))],
        "czech": dialogues,
    }
    tried = {
        **{name: _prompts(prompts / name) for name in ("en_US_f_Allison", "es_MX_f_Allison")},
        **{name: _spoken(name) for name in ("en-us+f2", "ru+f3", "es+f1")},
        "book": [_read(path) for path in sorted(share.glob("pocketsphinx/test/data/librivox/*.wav"))],
    }
    battle = [_read(path)[: 120 * RATE_HZ] for path in sorted(share.glob("games/asc/music/*"))]
    return Material(learnt, pieces + waiting[:3]), Material(tried, battle + waiting[3:])


def labels(voice: Sound) -> NDArray[np.bool_]:
    """Return in which windows of 20 ms a clean voice speaks; pauses within a sentence count as speech."""
    energy_db = 10 * np.log10((voice[: len(voice) // WINDOW * WINDOW].reshape(-1, WINDOW) ** 2).mean(axis=1) + 1e-12)
    heard = energy_db[energy_db > -100]
    loud_db = np.percentile(heard, 90) if len(heard) else 0.0
    return steady(energy_db > loud_db - _LABEL_BELOW_DB, _SHORTEST_PAUSE, _SHORTEST_SPEECH)


def steady(spoken: NDArray[np.bool_], shortest_pause: int, shortest_speech: int) -> NDArray[np.bool_]:
    """Return the same without shorter pauses and shorter speech than so many windows."""
    spoken = spoken.copy()
    for value, shortest in ((False, shortest_pause), (True, shortest_speech)):
        edges = np.flatnonzero(np.diff(np.concatenate([[not value], spoken, [not value]]).astype(int)))
        for start, end in edges.reshape(-1, 2).tolist():
            if end - start < shortest and start > 0 and end < len(spoken):
                spoken[start:end] = not value
    return spoken


@dataclass(frozen=True)
class Mixer:
    """Makes sound of *material* by chance."""

    material: Material
    random: np.random.Generator
    learning: bool = False

    def scene(self, seconds: float) -> tuple[Sound, NDArray[np.bool_]]:
        """Return what a recording may sound like, and where in it somebody speaks; in a third of them nobody does."""
        count = int(seconds * RATE_HZ)
        kind = self._any_noise()
        noise = self.noise(kind, count)
        if self._chance(0.2):
            noise = noise + self._db(-30, -5) * self.noise(self._any_noise(), count)
        if self._chance(0.33) and kind != "babble":
            return self._at_any_level(noise + self._db(-70, -20) * self._white(count)), np.zeros(count // WINDOW, bool)
        voice = self.voice(seconds)
        if self._chance(0.15):
            voice = self.whispered(voice)
        spoken = labels(voice)
        voice = self._recorded(voice)
        least_db = 6 if kind == "babble" else -3
        sound = voice + self._db(-40, -least_db) * noise + self._db(-80, -35) * self._white(count)
        if self._chance(0.2):
            sound = sosfilt(butter(2, self.random.uniform(80, 250), "highpass", fs=RATE_HZ, output="sos"), sound)
        return self._at_any_level(sound), spoken

    def voice(self, seconds: float, pauses_s: tuple[float, float] = (0.3, 2.5)) -> Sound:
        """Return one speaker with pauses, at a level of 0 dB."""
        count = int(seconds * RATE_HZ)
        speaker = self.material.speakers[self.random.choice(list(self.material.speakers))]
        parts = [np.zeros(int(self.random.uniform(0, 2) * RATE_HZ), np.float32)]
        while sum(map(len, parts)) < count:
            said = speaker[self.random.integers(len(speaker))]
            pause = np.zeros(int(self.random.uniform(*pauses_s) * RATE_HZ), np.float32)
            parts += [said / _level(said) * 10 ** (self.random.normal(0, 1) / 20), pause]
        return np.concatenate(parts)[:count].astype(np.float32)

    def noise(self, kind: str, count: int) -> Sound:
        """Return noise of a kind at a level of 0 dB."""
        make: dict[str, Callable[[int], Sound]] = {
            "none": lambda count: np.zeros(count, np.float32),
            "white": self._white,
            "pink": lambda count: self._coloured(count, 1),
            "brown": lambda count: self._coloured(count, 2),
            "hum": self._hum,
            "music": self._music,
            "babble": self._babble,
            "clicks": self._clicks,
            "tones": self._tones,
            "gusts": self._gusts,
        }
        sound = make[kind](count)
        return sound if kind == "none" else (sound / _level(sound)).astype(np.float32)

    def reverberant(self, voice: Sound, lasting_s: float, wet: float) -> Sound:
        """Return a voice in a room whose echoes fade by 60 dB in so long."""
        count = int(lasting_s * RATE_HZ)
        echoes = self.random.normal(0, 1, count) * 10 ** (-3 * np.arange(count) / count)
        echoes *= wet / np.sqrt((echoes**2).sum())
        echoes[0] += 1
        return fftconvolve(voice, echoes)[: len(voice)].astype(np.float32)

    def whispered(self, voice: Sound) -> Sound:
        """Return the same whispered: noise with the voice's formants, and without its low notes."""
        shape = {"fs": RATE_HZ, "nperseg": 512, "noverlap": 384}
        hz, _, spectrum = stft(voice, **shape)
        cepstrum = np.fft.irfft(np.log(np.abs(spectrum) + 1e-6), axis=0)
        cepstrum[24:-24] = 0
        envelope = np.exp(np.fft.rfft(cepstrum, axis=0).real) * (np.clip(hz, 150, 1500) / 1500)[:, None]
        breath = stft(self._white(len(voice)), **shape)[2]
        sound = istft(envelope * breath[:, : envelope.shape[1]], **shape)[1][: len(voice)]
        sound = np.pad(sound, (0, len(voice) - len(sound))).astype(np.float32)
        energy = np.repeat((voice[: len(voice) // WINDOW * WINDOW].reshape(-1, WINDOW) ** 2).mean(axis=1), WINDOW)
        sound[np.pad(energy, (0, len(voice) - len(energy))) < 1e-5] *= 0.03
        return sound / (_level(sound) + 1e-9)

    def on_the_phone(self, sound: Sound) -> Sound:
        """Return the same from 300 to 3,400 Hz."""
        return sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE_HZ, output="sos"), sound).astype(np.float32)

    def _recorded(self, voice: Sound) -> Sound:
        """Return a voice as a room, a telephone, a speaker who moves, or a door that slams change it."""
        if self._chance(0.3):
            voice = self.reverberant(voice, self.random.uniform(0.2, 1.0), self.random.uniform(0.3, 1.2))
        if self._chance(0.2):
            voice = self.on_the_phone(voice)
        if self._chance(0.3):
            levels_db = self.random.uniform(-15, 0, 8)
            voice = voice * 10 ** (np.interp(np.arange(len(voice)), np.linspace(0, len(voice), 8), levels_db) / 20)
        if self._chance(0.15):
            near = np.abs(np.arange(len(voice)) - self.random.integers(len(voice))) < RATE_HZ
            voice = voice + self._db(-10, 25) * self._clicks(len(voice)) * near
        return voice

    def _any_noise(self) -> str:
        kinds = ["none", "white", "pink", "brown", "hum", "music", "babble", "clicks", "tones", "gusts"]
        return str(self.random.choice(kinds, p=[0.08, 0.08, 0.08, 0.06, 0.1, 0.28, 0.12, 0.06, 0.06, 0.08]))

    def _chance(self, share: float) -> bool:
        return bool(self.random.random() < share)

    def _db(self, low: float, high: float) -> float:
        return float(10 ** (self.random.uniform(low, high) / 20))

    def _at_any_level(self, sound: NDArray[np.floating]) -> Sound:
        return (sound * self._db(-80, -20)).astype(np.float32)

    def _white(self, count: int) -> Sound:
        return self.random.normal(0, 1, count).astype(np.float32)

    def _coloured(self, count: int, slope: float) -> Sound:
        spectrum = np.fft.rfft(self._white(count))
        return np.fft.irfft(spectrum / np.maximum(np.arange(len(spectrum)), 8) ** (slope / 2), count).astype(np.float32)

    def _hum(self, count: int) -> Sound:
        base_hz, time = self.random.choice([50, 60]), np.arange(count) / RATE_HZ
        hum = np.zeros(count)
        for number in range(1, self.random.integers(3, 30)):
            height = self.random.uniform(0, 1) / number ** self.random.uniform(0.3, 1.5)
            hum += height * np.sin(2 * np.pi * base_hz * number * time + self.random.uniform(0, 6))
        return hum / np.sqrt(np.mean(hum**2)) + self._db(-40, -10) * self._white(count)

    def _music(self, count: int) -> Sound:
        if self.learning and self._chance(0.4):
            return self._played(count)
        if self.learning and self._chance(0.2):
            return 0.7 * self._piece(count) + 0.5 * self._piece(count)
        return self._piece(count)

    def _piece(self, count: int) -> Sound:
        piece = self.material.music[self.random.integers(len(self.material.music))]
        start = self.random.integers(0, max(1, len(piece) - count))
        return np.resize(piece[start : start + count], count)

    def _played(self, count: int) -> Sound:
        """Return notes of a few voices that fade, over a beat."""
        music, beat = np.zeros(count), int(self.random.uniform(0.15, 1.2) * RATE_HZ)
        fading, dullness = self.random.uniform(0.5, 8), self.random.uniform(0.5, 2)
        harmonics, voices = self.random.integers(2, 10), self.random.integers(1, 5)
        vibrato = self.random.uniform(0, 0.01) * self._chance(0.4)
        for start in range(0, count, beat):
            length = min(count - start, int(beat * self.random.choice([1, 1, 2])))
            time = np.arange(length) / RATE_HZ
            for _ in range(voices):
                if self._chance(0.25):
                    continue
                base_hz = self.random.choice([110, 131, 147, 165, 196, 220, 262, 294, 330, 392, 440, 523])
                phase = 2 * np.pi * np.cumsum(base_hz * (1 + vibrato * np.sin(2 * np.pi * 5.5 * time))) / RATE_HZ
                note = sum(np.sin(number * phase) / number**dullness for number in range(1, harmonics))
                attack = np.minimum(1, time / self.random.uniform(0.002, 0.08))
                music[start : start + length] += note * np.exp(-fading * time) * attack * self.random.uniform(0.3, 1)
            if self._chance(0.4):
                drum = np.arange(min(length, 3000))
                strength = self.random.normal(0, self.random.uniform(0.2, 2), len(drum))
                music[start : start + len(drum)] += strength * np.exp(-drum / self.random.uniform(100, 1500))
        return music + 1e-3 * self._white(count)

    def _babble(self, count: int) -> Sound:
        speakers = range(self.random.integers(4, 9))
        return np.sum([self.voice(count / RATE_HZ, (0, 0.6)) * self._db(-4, 4) for _ in speakers], axis=0)

    def _clicks(self, count: int) -> Sound:
        clicks = 1e-4 * self._white(count)
        steps = self.random.exponential(self.random.uniform(0.05, 0.6) * RATE_HZ, 2000)
        for start in np.cumsum(steps).astype(int).tolist():
            if start > count - 2000:
                break
            length = self.random.integers(20, 1500)
            click = self.random.normal(0, 1, length) * np.exp(-5 * np.arange(length) / length)
            clicks[start : start + length] += click * self.random.uniform(0.2, 1)
        return clicks

    def _tones(self, count: int) -> Sound:
        time, kind = np.arange(count) / RATE_HZ, self.random.integers(3)
        if kind == 0:
            tones = np.sin(2 * np.pi * self.random.uniform(100, 3000) * time)
        elif kind == 1:
            hz = self.random.uniform(200, 2500, count // (RATE_HZ // 2) + 1)[(2 * time).astype(int)]
            played = self._chances(0.5, len(time) // (RATE_HZ // 2) + 1)[(2 * time).astype(int)]
            tones = np.sin(2 * np.pi * hz * time) * played * (time % 0.5 < 0.25)
        else:
            turning = 1 + 0.5 * np.sin(2 * np.pi * self.random.uniform(0.05, 1) * time)
            tones = np.sign(np.sin(2 * np.pi * np.cumsum(self.random.uniform(100, 400) * turning) / RATE_HZ))
        return tones + 1e-3 * self._white(count)

    def _chances(self, share: float, count: int) -> NDArray[np.bool_]:
        return self.random.random(count) < share

    def _gusts(self, count: int) -> Sound:
        wind, per_s = self._coloured(count, self.random.uniform(0, 2)), int(self.random.integers(1, 8))
        strengths = np.abs(self.random.normal(size=count * per_s // RATE_HZ + 2))
        return wind * np.interp(np.arange(count) * per_s / RATE_HZ, np.arange(len(strengths)), strengths)


def _level(sound: Sound) -> float:
    """Return the level of what is heard: of the windows within 20 dB of the loud ones."""
    energy = (sound[: len(sound) // WINDOW * WINDOW].reshape(-1, WINDOW) ** 2).mean(axis=1)
    return float(np.sqrt(energy[energy > 0.01 * np.percentile(energy, 95)].mean() + 1e-20))


def _prompts(folder: Path) -> list[Sound]:
    other = ("beep", "silence", "ascending", "tone", "confbridge-join", "confbridge-leave")
    spoken = (path for path in folder.glob("*.g722") if not any(word in path.name for word in other))
    return _some(spoken, 150, "-f", "g722")


def _spoken(voice: str) -> list[Sound]:
    """Return sentences said by a voice of espeak-ng."""
    sentences = [" ".join(one.split()) for one in _TO_SAY.read_text(encoding="utf-8").split(".")]
    chosen = random.Random(voice).sample([one for one in sentences if 40 < len(one) < 200], _SAID_BY_ESPEAK)
    said = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        for sentence in chosen:
            subprocess.run(["espeak-ng", "-v", voice, "-w", str(path), sentence], check=True, capture_output=True)
            said.append(_read(path))
    return said


def _some(paths: Iterator[Path], seconds: float, *options: str) -> list[Sound]:
    """Return sounds of more than a second, in an order of chance, until there are so many seconds."""
    chosen, count = sorted(paths), 0
    random.Random(1).shuffle(chosen)
    sounds = []
    for path in chosen:
        sound = _read(path, *options)
        if len(sound) > RATE_HZ:
            sounds.append(sound)
            count += len(sound)
        if count > seconds * RATE_HZ:
            break
    return sounds


def _read(path: Path, *options: str) -> Sound:
    shape = ["-ac", "1", "-ar", str(RATE_HZ), "-f", "f32le", "pipe:1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *options, "-i", str(path), *shape]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<f4")
