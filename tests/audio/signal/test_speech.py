"""Speech is found wherever it is, and nothing else is taken for it."""

from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, resample_poly, sosfilt

from pitchcast.audio.signal.speech import WINDOWS_PER_S, Speech, SpeechDetector

RATE_HZ = 48_000
LEAD_S = 1.5


@pytest.fixture(scope="module")
def voice(speech_wav: object) -> np.ndarray:
    """8 s of speech after 1.5 s of nothing, and before as much."""
    silence = np.zeros(int(LEAD_S * RATE_HZ))
    return np.concatenate([silence, soundfile.read(speech_wav)[0], silence])


def _detect(sound: np.ndarray, rate_hz: int = RATE_HZ, cuts: tuple[int, ...] = ()) -> Speech:
    detector = SpeechDetector(rate_hz)
    for piece in np.split(sound.astype(np.float32), cuts):
        detector.feed(piece)
    return detector.speech()


def _noise(kind: str, count: int, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Noise as strong as a full-scale sine is, about."""
    random = np.random.default_rng(1)
    time = np.arange(count) / rate_hz
    white = random.normal(0, 0.7, count)
    match kind:
        case "white":
            return white
        case "brown":
            spectrum = np.fft.rfft(white) / np.maximum(np.arange(count // 2 + 1), 20 * count / rate_hz)
            brown = np.fft.irfft(spectrum, count)
            return 0.7 * brown / brown.std()
        case "hum":
            return np.sum([np.sin(2 * np.pi * 50 * k * time + k) / k for k in range(1, 20)], axis=0) + 0.01 * white
        case "tone":
            return np.sin(2 * np.pi * 440 * time) + 0.001 * white
        case "beeps":
            return np.sin(2 * np.pi * 800 * time) * (time % 1 < 0.2) + 0.001 * white
        case "chord":
            notes = [sum(np.sin(2 * np.pi * f * k * time) / k for k in range(1, 6)) for f in (131, 165, 196)]
            return 0.3 * np.sum(notes, axis=0) * np.exp(-3 * (time % 0.5)) + 0.001 * white
        case "clicks":
            return white * np.exp(-300 * (time % 0.37)) + 0.0003 * white
    raise ValueError(kind)


NOISES = ["white", "brown", "hum", "tone", "beeps", "chord", "clicks"]


def _right(found: Speech, least: float = 0.85) -> bool:
    """Whether speech was found where it is in ``voice``, and nothing around it."""
    lead = int(LEAD_S * WINDOWS_PER_S)
    inside, outside = found.spoken[lead:-lead], np.concatenate([found.spoken[: lead - 8], found.spoken[8 - lead :]])
    return bool(inside.mean() > least and outside.mean() < 0.1)


@pytest.mark.parametrize("gain_db", [-60, -40, 0, 20])
def test_speech_is_found_at_any_level(gain_db: int, voice: np.ndarray) -> None:
    found = _detect(voice * 10 ** (gain_db / 20))
    assert _right(found)
    assert found.spans[0][0] == pytest.approx(LEAD_S, abs=0.15)
    assert found.spans[-1][1] == pytest.approx(len(voice) / RATE_HZ - LEAD_S, abs=0.25)
    assert found.speech_db - gain_db == pytest.approx(_detect(voice).speech_db, abs=0.5)


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000])
def test_speech_is_found_at_any_rate(rate_hz: int, voice: np.ndarray) -> None:
    found = _detect(resample_poly(voice, rate_hz // 25, RATE_HZ // 25), rate_hz)
    assert _right(found)
    assert found.seconds == pytest.approx(len(voice) / RATE_HZ, abs=0.021)
    assert found.speech_db == pytest.approx(_detect(voice).speech_db, abs=0.5)


@pytest.mark.parametrize(
    "cuts", [(1, 2, 3), tuple(range(100, 20_000, 77)), (400_000,)], ids=["single samples", "small", "large"]
)
@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000])
def test_pieces_of_any_size_make_no_difference(cuts: tuple[int, ...], rate_hz: int, voice: np.ndarray) -> None:
    whole, pieces = _detect(voice, rate_hz), _detect(voice, rate_hz, cuts)
    assert np.array_equal(whole.spoken, pieces.spoken)
    assert whole.energy == pytest.approx(pieces.energy, rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("seconds", [1.2, 5, 40])
@pytest.mark.parametrize("gain_db", [-70, -30, 0])
def test_nothing_else_is_taken_for_speech(kind: str, seconds: float, gain_db: int) -> None:
    found = _detect(_noise(kind, int(seconds * RATE_HZ)) * 10 ** (gain_db / 20))
    assert found.spoken_s < max(0.2, 0.02 * seconds)


@pytest.mark.parametrize("kind", NOISES)
def test_speech_is_found_under_noise(kind: str, voice: np.ndarray) -> None:
    noise = _noise(kind, len(voice))
    noisy = voice + noise / noise.std() * voice.std() * 10 ** (-10 / 20)
    assert _right(_detect(noisy), 0.75)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda sound: sound + 0.3, id="offset"),
        pytest.param(lambda sound: np.clip(12 * sound, -1, 1), id="clipped"),
        pytest.param(
            lambda sound: sosfilt(butter(4, (300, 3400), "band", fs=RATE_HZ, output="sos"), sound), id="phone"
        ),
    ],
)
def test_speech_is_found_however_it_was_recorded(change: Callable[[np.ndarray], np.ndarray], voice: np.ndarray) -> None:
    assert _right(_detect(change(voice)))


@pytest.mark.parametrize("count", [0, 1, 100, 5000, 48_000])
def test_silence_of_any_length_holds_no_speech(count: int) -> None:
    found = _detect(np.zeros(count))
    assert (found.share, found.spans, found.speech_db, found.level_db) == (0.0, (), -120.0, -120.0)
    assert found.seconds == pytest.approx(count / RATE_HZ, abs=0.021)


def test_the_level_of_speech_does_not_know_of_pauses(voice: np.ndarray) -> None:
    longer = np.concatenate([voice, np.zeros(20 * RATE_HZ)])
    assert _detect(longer).speech_db == pytest.approx(_detect(voice).speech_db, abs=0.3)
    assert _detect(longer).level_db < _detect(voice).level_db - 3
