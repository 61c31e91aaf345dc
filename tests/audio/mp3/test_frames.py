"""The Info frame says what is true, and players of others believe it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pitchcast.audio.master import master_recording
from pitchcast.audio.mp3.frames import (
    ENCODER_DELAY,
    FrameHeader,
    crc16,
    end_padding,
    first_frame_offset,
    has_info_frame,
    info_frame,
    leading_frames,
    parse_header,
    tag_size,
)
from pitchcast.errors import AudioError
from pitchcast.model.show import AudioSettings
from tests.fixtures.speech import run_ffmpeg


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("fffb90c4", (128, 44100, 0, 1, 417), id="128k 44.1 kHz mono"),
        pytest.param("fffb7464", (96, 48000, 0, 2, 288), id="96k 48 kHz joint stereo"),
        pytest.param("fffbb200", (192, 44100, 1, 2, 627), id="padded"),
    ],
)
def test_headers(data: str, expected: tuple[int, ...]) -> None:
    header = parse_header(bytes.fromhex(data))
    assert header
    found = (header.bitrate_kbps, header.sample_rate_hz, header.padding, header.channels, header.size_bytes)
    assert found == expected


@pytest.mark.parametrize("data", ["", "fffb", "494433040000", "fff39064", "fffbf064", "fffb9c64", "fffb0064"])
def test_what_is_no_header(data: str) -> None:
    """Empty, cut, a tag, MPEG-2, bad bit rate, bad rate, free format."""
    assert parse_header(bytes.fromhex(data)) is None


def test_the_tag_is_skipped_by_its_own_size() -> None:
    assert tag_size(b"ID3\x03\x00\x00\x00\x00\x02\x01rest") == 10 + 257
    assert tag_size(b"\xff\xfb\x90\x64") == 0


def _plain_crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


@pytest.mark.parametrize("size", [0, 1, 190, 70_000, 300_001])
def test_the_checksum_of_long_data_is_that_of_its_bytes(size: int) -> None:
    data = bytes(number * 7919 >> 3 & 0xFF for number in range(size))
    assert crc16(data) == _plain_crc(data)
    assert crc16(data[size // 3 :], crc16(data[: size // 3])) == crc16(data)
    assert crc16(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC


@pytest.mark.parametrize("bitrate", [64, 80, 96, 128, 160, 192, 256])
@pytest.mark.parametrize("mode", [0, 1, 3], ids=["stereo", "joint", "mono"])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_the_info_frame_is_a_frame(bitrate: int, mode: int, rate: int) -> None:
    frame = info_frame(FrameHeader(bitrate, rate, 0, mode), 100, 28_800, padding=1000)
    header = parse_header(frame)
    assert header
    assert len(frame) == header.size_bytes
    assert has_info_frame(frame)
    assert (header.sample_rate_hz, header.channel_mode) == (rate, mode)


def walk_frames(path: Path) -> Iterator[tuple[int, FrameHeader]]:
    """Yield offset and header of each frame, in order, the Info frame included.

    Raises AudioError at the first byte that belongs to no frame.
    """
    offset = first_frame_offset(path)
    size = path.stat().st_size
    with path.open("rb", buffering=1 << 20) as file:
        file.seek(offset)
        while offset < size:
            header = parse_header(file.read(4))
            if header is None or offset + header.size_bytes > size:
                raise AudioError(f"{path.name} is damaged at byte {offset}", hint="Master the recording again.")
            yield offset, header
            file.seek(header.size_bytes - 4, 1)
            offset += header.size_bytes


@pytest.fixture(scope="session")
def master_mp3(speech_wav: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("master") / "master.mp3"
    return path, master_recording(speech_wav, path, AudioSettings()).samples


def test_the_info_frame_counts_truly(master_mp3: tuple[Path, int]) -> None:
    path, samples = master_mp3
    data = path.read_bytes()
    (_, info), *sound = walk_frames(path)
    at = 4 + info.side_info_bytes
    assert data[at : at + 4] == b"Info"
    assert int.from_bytes(data[at + 8 : at + 12], "big") == len(sound)
    assert int.from_bytes(data[at + 12 : at + 16], "big") == len(data)
    lame = at + 120
    assert data[lame : lame + 4] == b"LAME"
    delays = int.from_bytes(data[lame + 21 : lame + 24], "big")
    assert (delays >> 12, delays & 0xFFF) == (ENCODER_DELAY, end_padding(len(sound), samples))
    assert int.from_bytes(data[lame + 32 : lame + 34], "big") == _plain_crc(data[info.size_bytes :])
    assert int.from_bytes(data[lame + 34 : lame + 36], "big") == _plain_crc(data[: lame + 34])


def test_mutagen_reads_the_length(master_mp3: tuple[Path, int]) -> None:
    from mutagen.mp3 import MP3, BitrateMode

    path, samples = master_mp3
    info = MP3(path).info
    assert info.length == pytest.approx(samples / 48_000, abs=1e-3)
    assert (info.bitrate, info.bitrate_mode, info.sample_rate) == (96_000, BitrateMode.CBR, 48_000)


def test_ffmpeg_plays_every_sample(master_mp3: tuple[Path, int], tmp_path: Path) -> None:
    path, samples = master_mp3
    run_ffmpeg("-i", path, "-f", "s16le", tmp_path / "out.raw")
    assert (tmp_path / "out.raw").stat().st_size == 2 * samples


def test_mpg123_plays_every_sample(master_mp3: tuple[Path, int]) -> None:
    """Where the program is installed; libsndfile, which the other tests decode with, is built on the same library."""
    program = shutil.which("mpg123")
    path, samples = master_mp3
    if program:
        played = subprocess.run([program, "-q", "-s", str(path)], capture_output=True, check=True).stdout
        assert len(played) == 2 * samples


def test_damage_is_named(master_mp3: tuple[Path, int], tmp_path: Path) -> None:
    data = bytearray(master_mp3[0].read_bytes())
    data[288 * 10] = 0
    (tmp_path / "bad.mp3").write_bytes(data)
    with pytest.raises(AudioError, match=r"bad\.mp3 is damaged at byte 2880"):
        leading_frames(tmp_path / "bad.mp3", 0, 11)
    (tmp_path / "none.mp3").write_bytes(b"hello")
    with pytest.raises(AudioError, match=r"none\.mp3 has no MP3 frame"):
        first_frame_offset(tmp_path / "none.mp3")
