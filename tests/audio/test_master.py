"""What mastering does to channels, silence, branding, metadata; and what it leaves behind when it is stopped."""

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pitchcast.audio.master import Branding, Mastered, master_recording, move_chapters
from pitchcast.audio.recording import probe_recording
from pitchcast.audio.signal.channels import Mix
from pitchcast.audio.signal.editing import Cut, arrange, assemble
from pitchcast.audio.signal.samples import Samples
from pitchcast.errors import AudioError, RecordingError
from pitchcast.model.episode import Chapter
from pitchcast.model.show import AudioSettings
from tests.audio.meters import course_of, heard_lufs, loudness_course, read_sound, true_peak_dbtp
from tests.audio.processes import running_commands
from tests.fixtures.speech import EXAMPLE, PHONE_TAGS, run_ffmpeg

RATE_HZ = 48_000
UNTRIMMED = AudioSettings(trim_silence=False)


def _write(path: Path, *channels: np.ndarray) -> Path:
    soundfile.write(path, np.stack(channels, axis=1), RATE_HZ, subtype="FLOAT")
    return path


def _master(path: Path, settings: AudioSettings = UNTRIMMED) -> tuple[Mastered, np.ndarray]:
    mastered = master_recording(path, path.with_suffix(".mp3"), settings)
    return mastered, read_sound(path.with_suffix(".mp3"))[0]


@pytest.fixture
def speech(speech_wav: Path) -> np.ndarray:
    return soundfile.read(speech_wav)[0]


def _noise(like: np.ndarray, level: float) -> np.ndarray:
    return np.random.default_rng(3).normal(0, level, len(like))


def test_a_dead_channel_is_left_out(speech: np.ndarray, tmp_path: Path) -> None:
    mastered, _ = _master(_write(tmp_path / "in.wav", _noise(speech, 1e-5), speech))
    assert mastered.channels == 1
    assert mastered.remarks == ("The left channel is silent: the right one is used.",)


def test_an_inverted_channel_is_turned_over(speech: np.ndarray, tmp_path: Path) -> None:
    mastered, _ = _master(_write(tmp_path / "in.wav", speech, -speech))
    assert mastered.channels == 1
    assert mastered.heard_lufs == pytest.approx(-16, abs=0.3)
    assert "cancel" in mastered.remarks[0]


def test_two_equal_channels_become_one(speech: np.ndarray, tmp_path: Path) -> None:
    mastered, _ = _master(_write(tmp_path / "in.wav", speech, 0.95 * speech))
    assert (mastered.channels, mastered.remarks) == (1, ())


def test_one_voice_on_spaced_microphones_is_not_summed(speech: np.ndarray, tmp_path: Path) -> None:
    late = np.roll(speech, 48) * 0.7 + _noise(speech, 0.002)
    mastered, sound = _master(_write(tmp_path / "in.wav", speech, late))
    assert mastered.channels == 1
    assert "left one is used" in mastered.remarks[0]
    whole = slice(RATE_HZ, 5 * RATE_HZ)
    assert np.corrcoef(sound[whole, 0], speech[whole])[0, 1] > 0.99


def test_two_voices_stay_left_and_right(speech: np.ndarray, tmp_path: Path) -> None:
    mastered, sound = _master(_write(tmp_path / "in.wav", speech, np.roll(speech, 3 * RATE_HZ)))
    assert (mastered.channels, mastered.bitrate_kbps) == (2, 192)
    assert np.corrcoef(sound[:, 0], speech)[0, 1] > 0.95


def test_channels_can_be_asked_for(speech: np.ndarray, tmp_path: Path) -> None:
    two = _write(tmp_path / "two.wav", speech, np.roll(speech, 3 * RATE_HZ))
    one = _write(tmp_path / "one.wav", speech)
    assert _master(two, AudioSettings(channels="mono"))[0].channels == 1
    mastered, sound = _master(one, AudioSettings(channels="stereo"))
    assert mastered.channels == 2
    assert np.abs(sound[:, 0] - sound[:, 1]).max() < 0.01
    assert heard_lufs(tmp_path / "one.mp3") == pytest.approx(-16, abs=0.3)


@pytest.mark.parametrize("noise", [0.0, 0.0003, 0.003], ids=["digital silence", "quiet room", "noisy room"])
def test_silence_at_both_ends_goes(noise: float, speech: np.ndarray, tmp_path: Path) -> None:
    """The noise floor differs; the words that are kept do not."""
    padded = np.concatenate([np.zeros(2 * RATE_HZ), speech, np.zeros(3 * RATE_HZ)])
    padded[RATE_HZ // 2 : RATE_HZ // 2 + 480] = 0.2 * np.sin(np.arange(480) * np.pi / 24)  # the recorder's button
    mastered, _ = _master(_write(tmp_path / "in.wav", padded + _noise(padded, noise)), AudioSettings())
    assert 1.6 <= mastered.trimmed_start_s <= 2.0
    assert 2.4 <= mastered.trimmed_end_s <= 3.1
    total = mastered.trimmed_start_s + mastered.duration_s + mastered.trimmed_end_s
    assert 0 <= total - len(padded) / RATE_HZ < 0.1  # filled up to a meter's next whole block


def test_trimming_leaves_a_second(tmp_path: Path) -> None:
    beep = np.zeros(5 * RATE_HZ)
    beep[2 * RATE_HZ : int(2.15 * RATE_HZ)] = 0.3 * np.sin(np.arange(0.15 * RATE_HZ) * 0.1)
    mastered, _ = _master(_write(tmp_path / "in.wav", beep), AudioSettings())
    assert mastered.duration_s == pytest.approx(1.0, abs=1e-3)
    assert mastered.trimmed_start_s < 2


@pytest.fixture
def branding(tmp_path: Path) -> Branding:
    """A quiet intro of 3 s and a loud outro of 2 s: tones that can be told apart."""
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=1000:d=3:r=44100", "-af", "volume=-20dB", tmp_path / "intro.mp3")
    run_ffmpeg("-f", "lavfi", "-i", "sine=f=3000:d=2:r=48000", "-ac", "2", tmp_path / "outro.wav")
    return Branding(intro=tmp_path / "intro.mp3", outro=tmp_path / "outro.wav", crossfade_s=0.5)


def _share_at(sound: np.ndarray, frequency_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    at = int(frequency_hz * len(sound) / RATE_HZ)
    return float(spectrum[at - 20 : at + 21].sum() / spectrum.sum())


def test_intro_and_outro_surround_the_voice_at_its_loudness(
    speech_wav: Path, branding: Branding, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp3"
    mastered = master_recording(speech_wav, output, UNTRIMMED, branding=branding)
    assert mastered.intro_s == pytest.approx(2.5, abs=0.06)
    assert mastered.duration_s == pytest.approx(3 + 8 + 2 - 1, abs=0.1)
    assert heard_lufs(output) == pytest.approx(-16, abs=0.3)
    assert true_peak_dbtp(output) <= -1
    sound = read_sound(output)[0][:, 0]
    assert _share_at(sound[: 2 * RATE_HZ], 1000) > 0.95
    assert _share_at(sound[-RATE_HZ:], 3000) > 0.95
    for clip in (sound[RATE_HZ : 2 * RATE_HZ], sound[-int(1.4 * RATE_HZ) : -int(0.2 * RATE_HZ)]):
        soundfile.write(tmp_path / "clip.wav", clip, RATE_HZ)
        assert heard_lufs(tmp_path / "clip.wav") == pytest.approx(-16, abs=1.5)


def test_an_intro_that_is_no_audio_is_named(speech_wav: Path, tmp_path: Path) -> None:
    (tmp_path / "intro.wav").write_text("la la la", encoding="utf-8")
    with pytest.raises(RecordingError, match=r"intro\.wav"):
        master_recording(speech_wav, tmp_path / "out.mp3", UNTRIMMED, branding=Branding(intro=tmp_path / "intro.wav"))


def test_chapters_move_with_the_cut_and_the_intro() -> None:
    mastered = Mastered(
        samples=48_000 * 60,
        sample_rate_hz=48_000,
        channels=1,
        bitrate_kbps=96,
        integrated_lufs=-19.0,
        heard_lufs=-16.0,
        true_peak_dbtp=-1.0,
        trimmed_start_s=1.5,
        intro_s=2.25,
    )
    given = (
        Chapter(start_s=0.0, title="in the silence"),
        Chapter(start_s=1.0, title="Hello"),
        Chapter(start_s=11.5, title="Look", url="https://example.com"),
        Chapter(start_s=62.0, title="in the silence at the end"),
    )
    assert move_chapters(given, mastered) == (
        Chapter(start_s=2.25, title="Hello"),
        Chapter(start_s=12.25, title="Look", url="https://example.com"),
    )


def test_nothing_the_phone_noted_reaches_the_master(pitch_m4a: Path, tmp_path: Path) -> None:
    noted = {name.lower(): value for name, value in probe_recording(pitch_m4a).tags.items()}
    assert noted["location"] == PHONE_TAGS["location"]  # it is there to be lost
    assert noted["comment"] == PHONE_TAGS["comment"]
    output = tmp_path / "out.mp3"
    master_recording(pitch_m4a, output, AudioSettings())
    data = output.read_bytes()
    for value in PHONE_TAGS.values():
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert value.encode(encoding) not in data
    assert b"ID3" not in data[:3]
    assert b"Lavf" not in data
    assert probe_recording(output).tags == {}


def test_progress_only_rises_and_ends_at_one(pitch_m4a: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    master_recording(pitch_m4a, tmp_path / "out.mp3", AudioSettings(), progress=lambda *step: told.append(step))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert {name for name, _ in told} == {"reading", "measuring", "encoding", "checking"}


def test_the_output_is_replaced_whole(speech_wav: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp3"
    output.write_bytes(b"the old one")
    (tmp_path / "elsewhere").mkdir()
    master_recording(speech_wav, output, UNTRIMMED, temp_dir=tmp_path / "elsewhere")
    assert len(output.read_bytes()) > 90_000
    assert sorted(file.name for file in tmp_path.iterdir()) == ["elsewhere", "out.mp3"]
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_temporary_folder_on_another_disk(speech_wav: Path, tmp_path: Path) -> None:
    shared_memory = Path("/dev/shm")  # noqa: S108  # the only other file system that is surely there on Linux
    elsewhere = shared_memory if shared_memory.is_dir() else tmp_path
    master_recording(speech_wav, tmp_path / "out.mp3", UNTRIMMED, temp_dir=elsewhere)
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp3"]


def test_where_nothing_can_be_written(speech_wav: Path, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="nowhere") as caught:
        master_recording(speech_wav, tmp_path / "nowhere" / "out.mp3", UNTRIMMED)
    assert caught.value.hint


def test_a_progress_that_raises_leaves_nothing_behind(speech_wav: Path, tmp_path: Path) -> None:
    def stop(name: str, fraction: float) -> None:
        if name == "encoding":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        master_recording(speech_wav, tmp_path / "out.mp3", UNTRIMMED, progress=stop)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
def test_ctrl_c_ends_ffmpeg_and_removes_everything(tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    run_ffmpeg("-stream_loop", "1", "-i", EXAMPLE, "-ar", "48000", "-ac", "2", long)
    script = (
        "import sys; from pathlib import Path; from pitchcast.audio.master import master_recording;"
        "from pitchcast.model.show import AudioSettings;"
        "tell = lambda name, fraction: print(name, flush=True);"
        "master_recording(Path(sys.argv[1]), Path(sys.argv[2]), AudioSettings(), progress=tell)"
    )
    command = [sys.executable, "-c", script, str(long), str(tmp_path / "out.mp3")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if line.strip() == "encoding":
                os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to pitchcast and to ffmpeg
                break
        run.stdout.read()
        assert run.wait(timeout=120) == -signal.SIGINT
    assert [file.name for file in tmp_path.iterdir()] == ["long.wav"]
    assert not [command for command in running_commands() if str(tmp_path) in command]


def test_cut_edges_are_faded_and_nothing_else(tmp_path: Path) -> None:
    """The samples before any gain, whatever chunks they are assembled in."""
    path = tmp_path / "x.f32"
    path.write_bytes(np.ones(400_000, "<f4").tobytes())
    recording = Samples(path, RATE_HZ, 1, 400_000)
    arrangement = arrange([Cut(1000, 399_000)], RATE_HZ, None, None, 0.0)
    mix = Mix(((1.0,), (0.5,)))
    borders = [0, 100, 131_072, 262_144, 397_900, 398_000]
    sound = np.concatenate([assemble(recording, arrangement, mix, *part) for part in itertools.pairwise(borders)])
    assert sound.shape == (398_000, 2)
    ramp = np.arange(480) / 480
    assert sound[:480, 0] == pytest.approx(ramp, abs=1e-6)
    assert sound[-480:, 0] == pytest.approx((1 + np.arange(480))[::-1] / 480, abs=1e-6)
    assert np.all(sound[480:-480, 0] == 1)
    assert np.array_equal(sound[:, 1], sound[:, 0] / 2)


def test_waveform_is_the_loudness_over_time(speech: np.ndarray, tmp_path: Path) -> None:
    """What the page draws, against pyloudnorm's filters on what libsndfile decodes."""
    gains = np.repeat([1.0, 0.25, 0.0, 0.6, 0.1, 1.0], -(-60 * RATE_HZ // 6))
    voice = np.resize(speech, len(gains)) * gains
    for channels in ([voice], [voice, np.roll(voice, 3 * RATE_HZ)]):
        path = _write(tmp_path / "in.wav", *channels)
        mastered, _ = _master(path, AudioSettings(trim_silence=False, level="never"))
        assert mastered.channels == len(channels)
        assert len(mastered.waveform) == 120
        heard = loudness_course(path.with_suffix(".mp3"), 120)
        assert np.abs(course_of(mastered.waveform, 120) - heard).max() < 1 / 35
        assert np.ptp(heard) > 0.9, "there is something to see"
