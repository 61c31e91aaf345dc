"""Everything a phone or recorder makes can be mastered, without ffprobe and whatever the file is called."""

import shutil
from pathlib import Path

import pytest
import soundfile

from pitchcast.audio.ffmpeg import input_of
from pitchcast.audio.ffmpeg import run_ffmpeg as run_ffmpeg_of_ours
from pitchcast.audio.inspect import inspect_recording
from pitchcast.audio.master import master_recording
from pitchcast.audio.recording import hash_recording, probe_recording
from pitchcast.errors import AudioError, RecordingError
from pitchcast.model.show import AudioSettings
from tests.audio.meters import heard_lufs, read_sound
from tests.fixtures.speech import EXAMPLE, run_ffmpeg

PICTURE = ("-f", "lavfi", "-i", "testsrc=d=3:s=320x240:r=5", "-map", "1:a", "-map", "0:v")

COVER = ("-f", "lavfi", "-i", "testsrc=d=1:s=600x600:r=1", "-map", "1:a", "-map", "0:v")
COVERED = ["-disposition:v", "attached_pic"]

FORMATS = [
    pytest.param("a.m4a", [*COVER, *COVERED, "-c:v", "mjpeg", "-c:a", "aac"], ("aac", 1, 48000, 0), id="m4a, cover"),
    pytest.param("a.m4a", [*COVER, *COVERED, "-c:v", "png", "-c:a", "alac"], ("alac", 1, 48000, 16), id="alac, cover"),
    pytest.param("a.mp3", [*COVER, *COVERED, "-c:v", "mjpeg"], ("mp3", 1, 48000, 0), id="mp3, cover"),
    pytest.param("a.flac", [*COVER, *COVERED, "-c:v", "png"], ("flac", 1, 48000, 16), id="flac, cover"),
    pytest.param("a.webm", [*PICTURE, "-c:v", "libvpx", "-c:a", "libopus"], ("opus", 1, 48000, 0), id="webm film"),
    pytest.param("a.mkv", [*PICTURE, "-c:v", "libx264", "-c:a", "ac3"], ("ac3", 1, 48000, 0), id="mkv film"),
    pytest.param(
        "a.mov", [*PICTURE, "-c:v", "prores", "-c:a", "pcm_s24le"], ("pcm_s24le", 1, 48000, 24), id="mov film"
    ),
    pytest.param("a.avi", [*PICTURE, "-c:v", "mjpeg", "-c:a", "pcm_s16le"], ("pcm_s16le", 1, 48000, 16), id="avi film"),
    pytest.param("a.mpg", [*PICTURE, "-r", "25", "-c:a", "mp2"], ("mp2", 1, 48000, 0), id="mpeg film"),
    pytest.param("a.wav", ["-c:a", "pcm_mulaw", "-ar", "8000"], ("pcm_mulaw", 1, 8000, 16), id="wav µ-law"),
    pytest.param("a.wav", ["-c:a", "pcm_alaw", "-ar", "8000"], ("pcm_alaw", 1, 8000, 16), id="wav A-law"),
    pytest.param("a.wav", ["-c:a", "adpcm_ima_wav"], ("adpcm_ima_wav", 1, 48000, 0), id="wav ADPCM"),
    pytest.param("a.wav", ["-c:a", "adpcm_ms"], ("adpcm_ms", 1, 48000, 0), id="wav ADPCM of Microsoft's"),
    pytest.param("a.wav", ["-rf64", "always"], ("pcm_s16le", 1, 48000, 16), id="rf64"),
    pytest.param("a.w64", ["-c:a", "pcm_s24le"], ("pcm_s24le", 1, 48000, 24), id="w64"),
    pytest.param("a.au", ["-c:a", "pcm_mulaw", "-ar", "8000"], ("pcm_mulaw", 1, 8000, 16), id="au"),
    pytest.param("a.aiff", [], ("pcm_s16be", 1, 48000, 16), id="aiff"),
    pytest.param("a.caf", ["-c:a", "alac"], ("alac", 1, 48000, 16), id="caf"),
    pytest.param("a.ac3", ["-c:a", "ac3"], ("ac3", 1, 48000, 0), id="ac3"),
    pytest.param("a.mp2", ["-c:a", "mp2"], ("mp2", 1, 48000, 0), id="mp2"),
    pytest.param("a.wma", ["-c:a", "wmav1"], ("wmav1", 1, 48000, 0), id="old wma"),
    pytest.param("a.wv", ["-c:a", "wavpack"], ("wavpack", 1, 48000, 16), id="wavpack"),
    pytest.param("a.ogg", ["-c:a", "flac"], ("flac", 1, 48000, 16), id="flac in ogg"),
    pytest.param("a.qt", ["-c:a", "adpcm_ima_qt", "-f", "mov"], ("adpcm_ima_qt", 1, 48000, 0), id="ADPCM of QuickTime"),
    pytest.param("a.m4a", ["-c:a", "aac"], ("aac", 1, 48000, 0), id="m4a"),
    pytest.param("a.m4a", ["-c:a", "alac"], ("alac", 1, 48000, 16), id="lossless m4a"),
    pytest.param("a.aac", ["-c:a", "aac"], ("aac", 1, 48000, 0), id="bare aac"),
    pytest.param("a.amr", ["-c:a", "libopencore_amrnb", "-ar", "8000"], ("amr_nb", 1, 8000, 0), id="amr"),
    pytest.param("a.3gp", ["-c:a", "libopencore_amrnb", "-ar", "8000"], ("amr_nb", 1, 8000, 0), id="3gp"),
    pytest.param("a.wav", ["-c:a", "pcm_u8", "-ar", "8000"], ("pcm_u8", 1, 8000, 8), id="wav 8 kHz 8 bit"),
    pytest.param("a.wav", ["-ar", "22050", "-ac", "2"], ("pcm_s16le", 2, 22050, 16), id="wav 22 kHz stereo"),
    pytest.param("a.wav", ["-c:a", "pcm_s24le", "-ar", "96000"], ("pcm_s24le", 1, 96000, 24), id="wav 96 kHz 24 bit"),
    pytest.param("a.wav", ["-c:a", "pcm_s32le", "-ar", "44100"], ("pcm_s32le", 1, 44100, 32), id="wav 32 bit"),
    pytest.param("a.wav", ["-c:a", "pcm_f32le"], ("pcm_f32le", 1, 48000, 32), id="wav float"),
    pytest.param("a.wav", ["-ac", "6"], ("pcm_s16le", 6, 48000, 16), id="wav 5.1"),
    pytest.param("a.mp3", ["-c:a", "libmp3lame", "-q:a", "5"], ("mp3", 1, 48000, 0), id="mp3 variable rate"),
    pytest.param("a.mp3", ["-write_xing", "0", "-b:a", "32k", "-ar", "22050"], ("mp3", 1, 22050, 0), id="mp3 bare"),
    pytest.param("a.ogg", ["-c:a", "libvorbis"], ("vorbis", 1, 48000, 0), id="ogg"),
    pytest.param("a.opus", ["-c:a", "libopus"], ("opus", 1, 48000, 0), id="opus"),
    pytest.param("a.webm", ["-c:a", "libopus", "-f", "webm", "-live", "1"], ("opus", 1, 48000, 0), id="no duration"),
    pytest.param("a.flac", ["-c:a", "flac", "-sample_fmt", "s16"], ("flac", 1, 48000, 16), id="flac"),
    pytest.param("a.mp4", [*PICTURE, "-c:a", "aac"], ("aac", 1, 48000, 0), id="mp4 with picture first"),
    pytest.param("a.mov", [*PICTURE, "-c:a", "pcm_s16le"], ("pcm_s16le", 1, 48000, 16), id="mov"),
    pytest.param("a.wma", ["-c:a", "wmav2"], ("wmav2", 1, 48000, 0), id="wma"),
    pytest.param("memo", ["-c:a", "aac", "-f", "mp4"], ("aac", 1, 48000, 0), id="no extension"),
    pytest.param("a.wav", ["-c:a", "libmp3lame", "-f", "mp3"], ("mp3", 1, 48000, 0), id="wrong extension"),
    pytest.param("-x %d:y [1].flac", ["-c:a", "flac"], ("flac", 1, 48000, 16), id="awkward name"),
]


@pytest.mark.parametrize(("name", "options", "expected"), FORMATS)
def test_formats(
    name: str,
    options: list[str],
    expected: tuple[str, int, int, int],
    speech_wav: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / name
    picture = options[:4] if options[:2] == ["-f", "lavfi"] else []
    run_ffmpeg(*picture, "-t", "3", "-i", speech_wav, *options[len(picture) :], f"file:{path}")
    monkeypatch.setenv("PATH", str(tmp_path))  # nowhere to find ffprobe
    recording = probe_recording(path)
    found = (recording.codec, recording.channels, recording.sample_rate_hz, recording.bit_depth)
    assert found == expected
    assert recording.duration_s == pytest.approx(3.0, abs=0.15)
    mastered = master_recording(path, tmp_path / "out.mp3", AudioSettings())
    assert mastered.sample_rate_hz == (48000 if recording.sample_rate_hz in (48000, 96000) else 44100)
    assert heard_lufs(tmp_path / "out.mp3") == pytest.approx(-16.0, abs=0.3)
    assert len(read_sound(tmp_path / "out.mp3")[0]) == mastered.samples


@pytest.mark.parametrize("container", ["WAV", "AIFF"])
def test_the_sound_of_dictation_machines(container: str, speech_wav: Path, tmp_path: Path) -> None:
    """GSM 06.10, which ffmpeg only reads."""
    sound, rate = soundfile.read(speech_wav)
    path = tmp_path / "dictated"
    soundfile.write(path, sound[: 3 * rate : 6], rate // 6, format=container, subtype="GSM610")
    assert probe_recording(path).codec in ("gsm_ms", "gsm")
    master_recording(path, tmp_path / "out.mp3", AudioSettings())
    assert heard_lufs(tmp_path / "out.mp3") == pytest.approx(-16.0, abs=0.3)


def test_a_cover_is_no_fault_of_the_recording(speech_wav: Path, tmp_path: Path) -> None:
    """ffmpeg says that the cover's decoder is not allowed; a failure of the sound is told as if there were no cover."""
    path = tmp_path / "pitch.mp3"
    run_ffmpeg(*COVER[:4], "-i", speech_wav, *COVER[4:], *COVERED, "-c:v", "mjpeg", path)
    said: list[str] = []
    kept = run_ffmpeg_of_ours([*input_of(path), "-map", "0:a:0", "-f", "null", "-"], recording=path, on_log=said.append)
    assert any("Codec (mjpeg) not on whitelist" in line for line in said)
    assert "whitelist" not in kept
    assert not inspect_recording(path).problems
    with pytest.raises(AudioError, match=r"^ffmpeg failed on pitch\.mp3: ") as caught:
        run_ffmpeg_of_ours([*input_of(path), "-map", "0:a:7", "-f", "null", "-"], recording=path)
    assert "whitelist" not in caught.value.message


def _folder(path: Path) -> None:
    path.mkdir()


def _cut_short(path: Path) -> None:
    run_ffmpeg("-t", "5", "-i", EXAMPLE, "-c:a", "aac", "-f", "mp4", path)
    path.write_bytes(path.read_bytes()[:9000])


def _too_short(path: Path) -> None:
    run_ffmpeg("-i", EXAMPLE, "-af", "atrim=3:3.99,asetpts=N/SR/TB", "-f", "wav", path)


def _jpeg(path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=1", "-frames:v", "1", "-f", "mjpeg", path)


def _silent_film(path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=2:s=64x64:r=5", "-f", "mp4", path)


def _playlist(path: Path) -> None:
    """A text that would make ffmpeg read another file."""
    path.write_text(f"ffconcat version 1.0\nfile '{EXAMPLE}'\n", encoding="utf-8")


def _master_beside(path: Path) -> None:
    master_recording(path, path.with_suffix(".mp3"), AudioSettings())


BAD = [
    pytest.param(lambda path: None, "does not exist", id="missing"),
    pytest.param(_folder, "is a folder", id="folder"),
    pytest.param(lambda path: path.write_bytes(b""), "is empty", id="empty"),
    pytest.param(
        lambda path: path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\n" + b"1 0 obj\n" * 900), "not an audio", id="pdf"
    ),
    pytest.param(_jpeg, "has no sound|not an audio", id="jpeg named m4a"),
    pytest.param(lambda path: path.write_text("Dear Dana,\n" * 500, encoding="utf-8"), "sound|not an audio", id="text"),
    pytest.param(lambda path: path.write_bytes(bytes(range(256)) * 40), "not an audio|no sound", id="garbage"),
    pytest.param(_playlist, "it is a playlist, which only says where others lie", id="playlist"),
    pytest.param(_silent_film, "has no sound", id="film without sound"),
    pytest.param(_cut_short, "is incomplete", id="cut short"),
    pytest.param(_too_short, r"0\.99 s long", id="shorter than a second"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
@pytest.mark.parametrize("use", [probe_recording, inspect_recording, _master_beside])
def test_what_is_no_recording_is_refused(make, message: str, use, tmp_path: Path) -> None:
    path = tmp_path / "pitch.m4a"
    make(path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(RecordingError, match=message) as caught:
        use(path)
    assert "pitch.m4a" in caught.value.message
    assert caught.value.hint
    assert sorted(tmp_path.iterdir()) == before


def test_without_permission(speech_wav: Path, tmp_path: Path, as_nobody) -> None:
    path = tmp_path / "locked.wav"
    shutil.copy(speech_wav, path)
    path.chmod(0)
    with as_nobody(), pytest.raises(RecordingError, match=r"locked\.wav may not be read"):
        probe_recording(path)


def test_a_wav_that_ends_early_is_used_as_far_as_it_goes(speech_wav: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.wav"
    path.write_bytes(speech_wav.read_bytes()[: 4 * 96000])
    mastered = master_recording(path, tmp_path / "out.mp3", AudioSettings(trim_silence=False))
    assert mastered.duration_s == pytest.approx(4.0, abs=0.01)


def test_an_m4a_that_ends_early_says_so(speech_wav: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.m4a"
    run_ffmpeg("-i", speech_wav, "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart", path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    mastered = master_recording(path, tmp_path / "out.mp3", AudioSettings())
    assert 3 < mastered.duration_s < 5
    assert any("it is cut short" in remark for remark in mastered.remarks)


@pytest.mark.parametrize("rate", [8000, 44100, 48000])
def test_exactly_one_second_is_enough(rate: int, speech_wav: Path, tmp_path: Path) -> None:
    run_ffmpeg("-t", "1", "-i", speech_wav, "-ar", rate, tmp_path / "one.wav")
    assert probe_recording(tmp_path / "one.wav").duration_s == pytest.approx(1.0, abs=1e-4)
    assert master_recording(tmp_path / "one.wav", tmp_path / "one.mp3", AudioSettings()).duration_s == 1.0


def test_tags_are_read_for_inspection(pitch_m4a: Path) -> None:
    inspection = inspect_recording(pitch_m4a)
    assert inspection.tags["title"] == "New Recording 12"
    assert inspection.tags["comment"] == "recorded at home, do not share"
    assert inspection.heard_lufs == pytest.approx(heard_of_m4a(pitch_m4a), abs=0.15)


def heard_of_m4a(path: Path) -> float:
    wav = path.with_suffix(".wav")
    run_ffmpeg("-i", path, wav)
    return heard_lufs(wav)


def test_inspection_finds_what_is_wrong(speech_wav: Path, tmp_path: Path) -> None:
    run_ffmpeg("-i", speech_wav, "-af", "volume=40dB,pan=stereo|c0=c0|c1=0*c0", tmp_path / "half.wav")
    problems = " ".join(inspect_recording(tmp_path / "half.wav").problems)
    assert "right channel is silent" in problems
    assert "full scale" in problems


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert hash_recording(tmp_path / "x").startswith("ba7816bf8f01cfea")
