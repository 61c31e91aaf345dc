"""A file that calls itself a recording: it may hold sound, and name nothing else of this disk or network."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.fixtures.program import Done, Run, stored
from tests.fixtures.speech import EXAMPLE, run_ffmpeg

PITCH = "New Recording 12.m4a"
DISGUISED = "pitch.m4a"
_SAME_SOUND = 0.5  # speech of other words correlates below 0.2


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recording of a board meeting, in the forms that manifests can refer to."""
    folder = tmp_path_factory.mktemp("secrets")
    cut = ("-ss", "4", "-t", "5", "-i", EXAMPLE, "-ac", "1", "-ar", "48000")
    run_ffmpeg(*cut, folder / "board.wav")
    run_ffmpeg(*cut, "-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov+default_base_moof", folder / "board.mp4")
    run_ffmpeg(*cut, "-c:a", "aac", "-f", "mpegts", folder / "board.ts")
    run_ffmpeg(*cut, "-c:a", "libmp3lame", folder / "board.mp3")
    run_ffmpeg(*cut, "-c:a", "pcm_s16le", "-f", "mov", folder / "board.mov")
    return folder


@pytest.fixture(scope="session")
def known_again(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The danger is real: an ffmpeg without lists plays the secret for a manifest, and that would be noticed."""
    for manifest in (dash, ffconcat):
        folder = tmp_path_factory.mktemp("unguarded")
        shutil.copytree(secrets, folder, dirs_exist_ok=True)
        (folder / DISGUISED).write_bytes(manifest("board.mp4"))
        (folder / "site").mkdir()
        run_ffmpeg("-i", folder / DISGUISED, folder / "site" / "played.mp3")
        assert is_heard(folder)


@pytest.fixture
def at_hand(here: Path, secrets: Path, known_again: None) -> Path:
    """The working folder, with those recordings in it."""
    shutil.copytree(secrets, here, dirs_exist_ok=True)
    return here


def dash(address: str) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT1S"'
        ' mediaPresentationDuration="PT5S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        '<AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="96000" codecs="mp4a.40.2">'
        f"<BaseURL>{address}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    ).encode()


def ffconcat(address: str) -> bytes:
    return f"ffconcat version 1.0\nfile '{address}'\n".encode()


def m3u8(address: str) -> bytes:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{address}\n#EXT-X-ENDLIST\n".encode()


def m3u8_with_map(address: str) -> bytes:
    return f'#EXTM3U\n#EXT-X-MAP:URI="{address}"\n#EXTINF:5,\n{address}\n#EXT-X-ENDLIST\n'.encode()


def sdp(address: str) -> bytes:
    return f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns={address}\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n".encode()


def smil(address: str) -> bytes:
    return f'<smil><body><audio src="{address}"/></body></smil>'.encode()


def asx(address: str) -> bytes:
    return f'<asx version="3.0"><entry><ref href="{address}"/></entry></asx>'.encode()


def pls(address: str) -> bytes:
    return f"[playlist]\nFile1={address}\nNumberOfEntries=1\nVersion=2\n".encode()


def asf_reference(address: str) -> bytes:
    return f"[Reference]\nRef1=http://127.0.0.1/{address}\n".encode()


def xspf(address: str) -> bytes:
    track = f"<track><location>{address}</location></track>"
    return f'<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>{track}</trackList></playlist>'.encode()


def imf(address: str) -> bytes:
    return (
        '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
        f"<Id>urn:uuid:0fce7a1b-0f3d-4a5b-8a6b-111111111111</Id><ContentTitle>{address}</ContentTitle>"
        "<EditRate>24 1</EditRate><SegmentList></SegmentList></CompositionPlaylist>"
    ).encode()


def rtsp_text(address: str) -> bytes:
    return f"RTSPtextrtsp://127.0.0.1/{address}\r".encode()


def mpl(address: str) -> bytes:
    return f"[0][50]{address}\n[50][90]{address}\n".encode()


def avisynth(address: str) -> bytes:
    return f'DirectShowSource("{address}", video=false)\n'.encode()


def behind_tags(manifest: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """Return a manifest behind an ID3 tag of 64 bytes, which ffmpeg passes over before it looks."""
    return lambda address: b"ID3\x03\x00\x00\x00\x00\x00\x40" + bytes(64) + manifest(address)


def with_mark(manifest: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda address: b"\xef\xbb\xbf" + manifest(address)


MANIFESTS = [
    pytest.param(DISGUISED, dash, "board.mp4", id="dash"),
    pytest.param("pitch.mpd", dash, "board.mp4", id="dash by its own name"),
    pytest.param(DISGUISED, ffconcat, "board.mp4", id="ffconcat"),
    pytest.param("pitch.ffconcat", ffconcat, "board.mp4", id="ffconcat by its own name"),
    pytest.param(DISGUISED, m3u8, "board.ts", id="m3u8"),
    pytest.param("pitch.m3u8", m3u8, "board.ts", id="m3u8 by its own name"),
    pytest.param("pitch.m3u8", m3u8_with_map, "board.mp4", id="m3u8 with a map"),
    pytest.param(DISGUISED, sdp, "board.mp3", id="sdp"),
    pytest.param(DISGUISED, smil, "board.mp3", id="smil"),
    pytest.param(DISGUISED, asx, "board.mp3", id="asx"),
    pytest.param(DISGUISED, pls, "board.mp3", id="pls"),
    pytest.param(DISGUISED, asf_reference, "board.mp3", id="asf reference"),
    pytest.param(DISGUISED, xspf, "board.mp3", id="xspf"),
    pytest.param(DISGUISED, imf, "board.mp4", id="imf"),
    pytest.param(DISGUISED, rtsp_text, "board.mp3", id="rtsp text"),
    pytest.param(DISGUISED, mpl, "board.mp3", id="mpl"),
    pytest.param("pitch.avs", avisynth, "board.wav", id="avisynth script"),
    pytest.param(DISGUISED, behind_tags(dash), "board.mp4", id="dash behind tags"),
    pytest.param(DISGUISED, behind_tags(ffconcat), "board.mp4", id="ffconcat behind tags"),
    pytest.param("pitch.m3u8", behind_tags(m3u8), "board.ts", id="m3u8 behind tags"),
    pytest.param(DISGUISED, with_mark(dash), "board.mp4", id="dash behind a mark"),
]


@pytest.mark.parametrize(("name", "manifest", "refers_to"), MANIFESTS)
def test_publish_another_recording_of_the_disk(
    at_hand: Path, pitchcast: Run, name: str, manifest: Callable[[str], bytes], refers_to: str
) -> None:
    (at_hand / name).write_bytes(manifest(refers_to))
    done = pitchcast("publish", name, "--to", "Acme Corp", "--json")
    assert_refused(done, name)
    assert not is_heard(at_hand)
    assert not list(at_hand.glob("site/p*/**/*.*"))


ROADS = {
    "greeting": ("publish", PITCH, "--to", "Beta AG", "--again", "--title", "Again", "--greeting", DISGUISED),
    "greeting of an episode that exists": (
        "episodes",
        "deliver",
        "New Recording 12",
        "--to",
        "Beta AG",
        "--greeting",
        DISGUISED,
    ),
    "replacement": ("episodes", "replace", "New Recording 12", DISGUISED),
    "inspection": ("audio", "inspect", DISGUISED),
    "master": ("audio", "master", DISGUISED, "-o", "site/out.mp3"),
    "m4a": ("audio", "master", DISGUISED, "-o", "site/out.m4a"),
}


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("manifest", [dash, ffconcat])
def test_have_another_recording_read_on_another_road(
    published: Path, secrets: Path, pitchcast: Run, road: str, manifest: Callable[[str], bytes]
) -> None:
    shutil.copytree(secrets, published, dirs_exist_ok=True)
    (published / DISGUISED).write_bytes(manifest("board.mp4"))
    before = stored(published)
    assert_refused(pitchcast(*ROADS[road], "--json"), DISGUISED)
    assert stored(published) == before


@pytest.mark.parametrize("place", ["INTRO", "OUTRO"])
@pytest.mark.parametrize("manifest", [dash, ffconcat])
def test_have_another_recording_played_around_every_pitch(
    published: Path,
    secrets: Path,
    pitchcast: Run,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    manifest: Callable[[str], bytes],
) -> None:
    shutil.copytree(secrets, published, dirs_exist_ok=True)
    (published / DISGUISED).write_bytes(manifest("board.mp4"))
    monkeypatch.setenv(f"PITCHCAST_BRAND_{place}", DISGUISED)
    before = stored(published)
    assert_refused(pitchcast("publish", PITCH, "--to", "Beta AG", "--again", "--title", "Again", "--json"), DISGUISED)
    assert stored(published) == before


ADDRESSES = [
    pytest.param(DISGUISED, dash, id="dash"),
    pytest.param(DISGUISED, ffconcat, id="ffconcat"),
    pytest.param("pitch.m3u8", m3u8, id="m3u8"),
    pytest.param(DISGUISED, asx, id="asx"),
    pytest.param(DISGUISED, pls, id="pls"),
    pytest.param(DISGUISED, smil, id="smil"),
    pytest.param(DISGUISED, behind_tags(dash), id="dash behind tags"),
]


@pytest.mark.parametrize(("name", "manifest"), ADDRESSES)
def test_make_the_salesperson_s_computer_fetch_an_address(
    here: Path, pitchcast: Run, name: str, manifest: Callable[[str], bytes]
) -> None:
    with counted_connections() as (port, connections):
        (here / name).write_bytes(manifest(f"http://127.0.0.1:{port}/board.mp4"))
        assert_refused(pitchcast("audio", "inspect", name, "--json"), name)
        assert_refused(pitchcast("publish", name, "--to", "Acme Corp", "--json"), name)
    assert not connections


NAMES = [
    "concat:board.mp3|board.mp3",
    "concatf:list.txt",
    "subfile,,start,0,end,0,,:board.mp3",
    "file:board.mp3",
    "cache:board.mp3",
    "async:board.mp3",
    "crypto:board.mp3",
    "http:board.mp3",
    "board%2d.mp3",
    "-i board.mp3",
]


@pytest.mark.parametrize("name", NAMES)
def test_reach_another_recording_by_a_name_that_ffmpeg_reads_as_more(at_hand: Path, pitchcast: Run, name: str) -> None:
    """The name is of no file at first, and then of one that holds no sound: it never means board.mp3."""
    shutil.copy(at_hand / "board.mp3", at_hand / "board01.mp3")
    (at_hand / "list.txt").write_text("board.mp3\n", encoding="utf-8")
    told = ("publish", "--to", "Acme Corp", "--json", "--", name)
    assert_refused(pitchcast(*told), name)
    (at_hand / name).write_bytes(b"no sound in it " * 400)
    assert_refused(pitchcast(*told), name)
    assert not is_heard(at_hand)


def test_take_the_sound_of_another_file_by_a_reference_in_a_film(at_hand: Path, pitchcast: Run) -> None:
    """A QuickTime file may say that its sound lies in another file; ffmpeg follows that only when told to."""
    film = at_hand / "pitch.mov"
    film.write_bytes(referring_to((at_hand / "board.mov").read_bytes(), at_hand / "board.mov"))
    (at_hand / "site").mkdir()
    run_ffmpeg("-enable_drefs", "1", "-use_absolute_path", "1", "-i", film, at_hand / "site" / "followed.mp3")
    assert is_heard(at_hand)
    (at_hand / "site" / "followed.mp3").unlink()
    pitchcast("publish", film.name, "--to", "Acme Corp")
    assert not is_heard(at_hand)


UNLISTED = [
    pytest.param(["-f", "lavfi", "-i", "testsrc=d=1:r=2:s=64x64", "-f", "apng"], "not an audio file", id="animation"),
    pytest.param(["-f", "lavfi", "-i", "testsrc=d=1:r=1:s=64x64", "-f", "gif"], "not an audio file", id="gif"),
    pytest.param(["-i", EXAMPLE, "-t", "2", "-f", "voc"], "not an audio file of a kind that is read", id="a container"),
    pytest.param(["-i", EXAMPLE, "-t", "2", "-f", "ircam"], "not an audio file of a kind", id="another container"),
    pytest.param(
        ["-i", EXAMPLE, "-t", "2", "-c:a", "tta", "-f", "matroska"], "a kind that is not read (tta)", id="a decoder"
    ),
    pytest.param(
        ["-i", EXAMPLE, "-t", "2", "-strict", "-2", "-c:a", "truehd", "-f", "matroska"],
        "a kind that is not read (truehd)",
        id="another decoder",
    ),
]


@pytest.mark.parametrize(("make", "message"), UNLISTED)
def test_have_a_part_of_ffmpeg_run_that_no_recorder_needs(
    here: Path, pitchcast: Run, make: list[str], message: str
) -> None:
    run_ffmpeg(*make, here / DISGUISED)
    for command in (("audio", "inspect", DISGUISED), ("publish", DISGUISED, "--to", "Acme Corp")):
        done = pitchcast(*command, "--json")
        assert_refused(done, DISGUISED)
        assert message in done.json["error"]["message"]


def test_find_an_input_that_is_opened_without_the_lists(published: Path, program: Run) -> None:
    """Every ffmpeg that the program starts is noted, on all roads that open sound."""
    note = published / "started.jsonl"
    ffmpeg = published / "noting-ffmpeg"
    ffmpeg.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"open({str(note)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        f"os.execv({imageio_ffmpeg.get_ffmpeg_exe()!r}, ['ffmpeg', *sys.argv[1:]])\n",
        encoding="utf-8",
    )
    ffmpeg.chmod(0o755)
    run_ffmpeg("-ss", "1", "-t", "2", "-i", EXAMPLE, published / "hello.m4a")
    around = {"PITCHCAST_BRAND_INTRO": "hello.m4a", "PITCHCAST_BRAND_OUTRO": "hello.m4a"}
    (published / "chapters.txt").write_text("0:00 Hello\n0:02 Price\n", encoding="utf-8")
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:r=1:s=1400x1400", "-frames:v", "1", published / "cover.png")
    labels = ("--title", "Hello", "--chapters", "chapters.txt", "--artwork", "cover.png")
    for command in (
        ("publish", PITCH, "--to", "Beta AG", "--again", "--title", "Again", "--greeting", "hello.m4a"),
        ("audio", "master", PITCH, "-o", "out.m4a", *labels),
        ("audio", "inspect", "hello.m4a"),
    ):
        done = program(*command, cwd=published, PITCHCAST_FFMPEG=str(ffmpeg), **around)
        assert done.code == 0, done.err
    started = [json.loads(line) for line in note.read_text(encoding="utf-8").splitlines()]
    opened = [(arguments, at) for arguments in started for at, word in enumerate(arguments) if word == "-i"]
    assert len(opened) > 20
    for arguments, at in opened:
        before = arguments[:at]
        since = len(before) - before[::-1].index("-i") if "-i" in before else 0
        assert {"-protocol_whitelist", "-format_whitelist", "-codec_whitelist"} <= set(before[since:]), arguments
        assert re.match(r"file:/|pipe:0$", arguments[at + 1])


def assert_refused(done: Done, name: str) -> None:
    """The command ended with an error about the recording of that name, and said what to do."""
    assert done.code == 1, done.out
    error = done.json["error"]
    assert error["kind"] == "recording"
    assert name in error["message"]
    assert error["hint"]


def is_heard(folder: Path) -> bool:
    """Return whether a file of the show in *folder* sounds like the board meeting."""
    secret = telephone_sound(folder / "board.wav")
    played = [path for path in (folder / "site").rglob("*") if path.suffix in (".mp3", ".m4a")]
    return any(likeness(telephone_sound(path), secret) > _SAME_SOUND for path in played)


def telephone_sound(path: Path) -> NDArray[np.float64]:
    """Return the samples of a file, mono at 8 kHz."""
    shape = ["-ac", "1", "-ar", "8000", "-f", "f32le", "pipe:1"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", str(path), *shape]
    played = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(played, "<f4").astype(np.float64)


def likeness(sound: NDArray[np.float64], part: NDArray[np.float64]) -> float:
    """Return the highest correlation, up to 1, of *part* with any stretch of *sound* that is as long."""
    sound = np.concatenate([np.zeros(len(part)), sound, np.zeros(len(part))])  # part of it may have been cut off
    size = len(sound) + len(part)
    products = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(part, size)), size)
    sums = np.concatenate([[0.0], np.cumsum(sound**2)])
    powers = sums[len(part) :] - sums[: -len(part)]
    return float(np.max(products[: len(powers)] / np.sqrt(np.maximum(powers, 0.05 * part @ part) * (part @ part))))


@contextmanager
def counted_connections() -> Iterator[tuple[int, list[object]]]:
    """Give the port of a server on this computer, and the list of those who came."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):  # nobody came yet, or has gone again
                    connection, address = server.accept()
                    connection.close()
                    came.append(address)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            ended.set()
            thread.join()


def referring_to(film: bytes, other: Path) -> bytes:
    """Return a QuickTime file whose sound lies in *other*, by an alias; its own sound is taken out."""
    name = other.name.encode()
    whole = str(other).encode()
    alias = bytes(10) + b"\4Disk".ljust(28, b"\0") + bytes(12) + bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16)
    alias += (0).to_bytes(2, "big") * 2 + bytes(16)
    alias += (2).to_bytes(2, "big") + len(whole).to_bytes(2, "big") + whole + bytes(len(whole) % 2)
    alias += b"\xff\xff\0\0"
    entry = box(b"alis", bytes(4) + alias)
    at = film.index(b"dref") - 4
    end = at + int.from_bytes(film[at : at + 4], "big")
    reference = box(b"dref", bytes(4) + (1).to_bytes(4, "big") + entry)
    longer_by = len(reference) - (end - at)
    changed = bytearray(film[:at] + reference + film[end:])
    for parent in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        start = film.rindex(parent, 0, at) - 4
        size = int.from_bytes(film[start : start + 4], "big") + longer_by
        changed[start : start + 4] = size.to_bytes(4, "big")
    sound = film.index(b"mdat") + 4
    samples = int.from_bytes(film[sound - 8 : sound - 4], "big") - 8
    changed[sound : sound + samples] = bytes(samples)
    return bytes(changed)


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content
