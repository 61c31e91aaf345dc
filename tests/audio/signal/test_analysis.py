"""What follows from listening while decoding is what measuring afterwards finds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile

from pitchcast.audio.inspect import inspect_recording
from pitchcast.audio.master import master_recording
from pitchcast.audio.recording import probe_recording
from pitchcast.audio.signal.analysis import Listener, blocks_of, with_true_peaks
from pitchcast.audio.signal.channels import Mix, decide_channels
from pitchcast.audio.signal.editing import Cut, arrange
from pitchcast.audio.signal.mix import Programme, measure_programme
from pitchcast.audio.signal.reader import Request, read_recording
from pitchcast.audio.threads import WorkerThreads
from pitchcast.model.answers.audio import Inspection
from pitchcast.model.show import AudioSettings

RATE_HZ = 48_000
NEAR = 0.2


@pytest.fixture
def stereo(speech_wav: Path, tmp_path: Path) -> Path:
    speech = soundfile.read(speech_wav)[0]
    sides = np.stack([speech, 0.7 * np.roll(speech, 3 * RATE_HZ)], axis=1)
    soundfile.write(tmp_path / "in.wav", sides / np.abs(sides).max(), RATE_HZ, subtype="FLOAT")
    return tmp_path / "in.wav"


@pytest.mark.parametrize(
    "mix",
    [
        pytest.param(Mix(((0.0, 1.0),)), id="one side"),
        pytest.param(Mix(((1.0, 0.0), (0.0, -1.0))), id="one turned over"),
        pytest.param(Mix(((1.0, 0.0), (1.0, 0.0))), id="one side twice"),
    ],
)
@pytest.mark.parametrize("start", [0, 300 * 120], ids=["whole", "trimmed"])
def test_blocks_are_those_of_measuring(mix: Mix, start: int, stereo: Path, tmp_path: Path) -> None:
    with WorkerThreads(2) as threads:
        recording = probe_recording(stereo)
        reading = read_recording(Request(source=stereo, recording=recording, rate_hz=RATE_HZ, folder=tmp_path), threads)
        decoded, heard = reading.samples, reading.heard
        cut = Cut(start, decoded.frames - 1000)
        programme = Programme(decoded, mix, arrange([cut], RATE_HZ, None, None, 0.0))
        derived, measured = blocks_of(programme, heard, threads), measure_programme(programme, threads, NEAR)
        assert derived is not None
        with_true_peaks(programme, derived, NEAR, threads)
    assert len(derived.energy) == len(measured.energy)
    assert derived.energy == pytest.approx(measured.energy, rel=5e-3, abs=1e-9)
    assert derived.integrated_lufs == pytest.approx(measured.integrated_lufs, abs=0.001)
    high = measured.peak >= 1.5 * NEAR  # next to samples above NEAR, wherever the true peak lies
    assert high.sum() > 20
    assert derived.peak[high] == pytest.approx(measured.peak[high], rel=3e-4)  # as exact as PackedBlocks


def _clipped(speech: np.ndarray) -> np.ndarray:
    return np.clip(3 * speech / np.abs(speech).max(), -1, 1)


@pytest.mark.parametrize(
    "change", [lambda speech: speech, _clipped, lambda speech: 0.05 * speech], ids=["speech", "clipped", "quiet"]
)
def test_mastering_tells_what_inspecting_finds(
    change: Callable[[np.ndarray], np.ndarray], speech_wav: Path, tmp_path: Path
) -> None:
    """Of one decode, whatever the master is made of then."""
    soundfile.write(tmp_path / "in.wav", change(soundfile.read(speech_wav)[0]), RATE_HZ, subtype="FLOAT")
    told: list[Inspection] = []
    master_recording(tmp_path / "in.wav", tmp_path / "out.mp3", AudioSettings(), inspected=told.append)
    assert told == [inspect_recording(tmp_path / "in.wav")]


@pytest.mark.parametrize("alike_chunks", [0, 1, 3, 4])
def test_channels_that_hold_the_same_for_a_while_are_heard_as_if_each_were_alone(alike_chunks: int) -> None:
    chance = np.random.default_rng(5)
    left = (0.1 * chance.standard_normal(4 * 48_000)).astype(np.float32)
    right = left.copy()
    right[alike_chunks * 48_000 :] *= 0.5
    both = Listener(48_000, 2)
    alone = [Listener(48_000, 1), Listener(48_000, 1)]
    for at in range(0, len(left), 48_000):
        part = slice(at, at + 48_000)
        sides = np.stack([left[part], right[part]], axis=1)
        both.add(sides if at >= alike_chunks * 48_000 else sides[:, :1])
        for listener, side in zip(alone, (left, right), strict=True):
            listener.add(side[part][:, None])
    heard, each = both.finish(), [listener.finish() for listener in alone]
    assert len(heard.sides) == (1 if alike_chunks == 4 else 2)
    for number, one in enumerate(each[: len(heard.sides)]):
        np.testing.assert_array_equal(heard.sides[number].level, one.sides[0].level)
        np.testing.assert_array_equal(heard.sides[number].peak, one.sides[0].peak)
        np.testing.assert_array_equal(heard.speech[number].spoken, one.speech[0].spoken)
    np.testing.assert_allclose(heard.statistics.left, each[0].statistics.left, rtol=1e-6)
    np.testing.assert_allclose(heard.statistics.right, each[1].statistics.left, rtol=1e-6)
    sure_of = alike_chunks * 100
    np.testing.assert_allclose(heard.statistics.cross[:sure_of], each[0].statistics.left[:sure_of], rtol=1e-6)
    np.testing.assert_allclose(heard.statistics.cross[sure_of:], 0.5 * each[0].statistics.left[sure_of:], rtol=1e-5)


@pytest.mark.parametrize(("noise_db", "is_one"), [(-36, True), (-24, False)])
def test_one_voice_under_a_codecs_noise_is_listened_to_once(
    noise_db: float, *, is_one: bool, speech_wav: Path, tmp_path: Path
) -> None:
    """Encoders keep two channels that hold the same as two, and add other noise to each."""
    speech = soundfile.read(speech_wav)[0]
    noise = np.random.default_rng(7).standard_normal((len(speech), 2)) * np.abs(speech)[:, None]
    noise *= 10 ** (noise_db / 20) * np.sqrt(np.mean(speech**2) / np.mean(noise**2))
    soundfile.write(tmp_path / "in.wav", speech[:, None] + noise, RATE_HZ, subtype="FLOAT")
    request = Request(
        source=tmp_path / "in.wav", recording=probe_recording(tmp_path / "in.wav"), rate_hz=RATE_HZ, folder=tmp_path
    )
    with WorkerThreads(2) as threads:
        reading = read_recording(request, threads)
        mix = decide_channels(reading.heard.statistics, "auto", 2)
        programme = Programme(reading.samples, mix, arrange([Cut(0, reading.samples.frames)], RATE_HZ, None, None, 0.0))
        derived, measured = blocks_of(programme, reading.heard, threads), measure_programme(programme, threads, NEAR)
        if derived:
            with_true_peaks(programme, derived, NEAR, threads)
    assert reading.samples.channels == (1 if is_one else 2)
    assert mix.matrix == (((1.0,),) if is_one else ((0.5, 0.5),))
    assert (derived is not None) is is_one
    if derived:
        assert derived.integrated_lufs == pytest.approx(measured.integrated_lufs, abs=0.001)
        assert derived.true_peak_dbtp == pytest.approx(measured.true_peak_dbtp, abs=0.001)


@pytest.mark.parametrize("parting_s", [0.0, 2.0, 6.5, 8.0])
def test_channels_that_part_are_kept_as_they_are(parting_s: float, speech_wav: Path, tmp_path: Path) -> None:
    """As long as they hold one sound one is kept, and nobody knows when that ends."""
    speech = np.tile(soundfile.read(speech_wav)[0], 8)[: 8 * RATE_HZ]
    sides = np.stack([speech, speech], axis=1)
    parting = round(parting_s * RATE_HZ)
    sides[parting:, 1] = np.roll(speech, RATE_HZ)[parting:]
    soundfile.write(tmp_path / "in.wav", sides, RATE_HZ, subtype="FLOAT")
    recording = probe_recording(tmp_path / "in.wav")
    with WorkerThreads(2) as threads:
        request = Request(source=tmp_path / "in.wav", recording=recording, rate_hz=RATE_HZ, folder=tmp_path)
        reading = read_recording(request, threads)
    kept = reading.samples.read(0, reading.samples.frames)
    assert kept.shape == (len(sides), 2 if parting < len(sides) else 1)
    assert np.sqrt(np.mean((kept - sides) ** 2)) < 0.05 * np.sqrt(np.mean(sides**2))
    assert reading.heard.channels == reading.heard.blocks.channels == 2
    assert reading.heard.blocks.integrated_lufs == pytest.approx(_lufs(sides), abs=0.1)


def _lufs(sound: np.ndarray) -> float:
    return float(pyloudnorm.Meter(RATE_HZ).integrated_loudness(sound))
