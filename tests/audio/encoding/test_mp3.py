"""Pieces encoded apart are joined so that nobody hears where, to the same bytes with any number of workers."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pitchcast.audio.encoding.mp3 import PIECE_FRAMES, Press
from pitchcast.audio.mp3.frames import info_frame_size
from pitchcast.audio.mp3.seams import FrameStream, find_seam, main_data_begin, read_stream
from pitchcast.errors import AudioError
from tests.audio import seams
from tests.fixtures.speech import decode_with_ffmpeg

RATE_HZ = 48_000


@pytest.fixture(scope="module")
def speech(speech_wav: Path) -> np.ndarray:
    return soundfile.read(speech_wav)[0]


def _single(sound: np.ndarray, folder: Path, rate_hz: int = RATE_HZ) -> np.ndarray:
    folder.mkdir()
    press = seams.press_sound(sound, rate_hz, folder, piece_frames=PIECE_FRAMES)
    return seams.decode(press.output.read_bytes())


@pytest.mark.parametrize("seed", range(6))
def test_joins_are_not_heard(seed: int, speech: np.ndarray, tmp_path: Path) -> None:
    rate_hz = (44_100, 48_000)[seed % 2]
    sound = seams.random_recording(seed, speech, rate_hz)
    press = seams.press_sound(sound, rate_hz, tmp_path, piece_frames=seams.PIECE_FRAMES)
    joined = seams.decode(press.output.read_bytes())
    found = seams.seams_of(press)
    assert len(joined) == len(sound)
    assert press.reservoir
    assert len(found) == len(press.pieces()) - 1 >= 1
    excess = list(seams.excess_db(joined, _single(sound, tmp_path / "single", rate_hz), sound, found))
    assert max(excess) < seams.ALLOWED_DB


def test_a_broken_join_is_heard(speech: np.ndarray, tmp_path: Path) -> None:
    """The rule can fail: where the reservoir's bytes are not moved, no decoder complains, and the error is there."""
    sound = np.tile(speech, 3)[:, None]
    assert seams.broken_join_excess_db(sound, RATE_HZ, tmp_path) > seams.ALLOWED_DB


def test_the_same_bytes_with_any_number_of_workers(speech: np.ndarray, tmp_path: Path) -> None:
    sound = seams.random_recording(8, speech, RATE_HZ)
    made = []
    for workers in (1, 2, 5):
        (tmp_path / str(workers)).mkdir()
        press = seams.press_sound(sound, RATE_HZ, tmp_path / str(workers), piece_frames=300, workers=workers)
        made.append(press.output.read_bytes())
    assert made[0] == made[1] == made[2]


def test_what_two_decoders_play_is_as_long_and_in_time(speech: np.ndarray, tmp_path: Path) -> None:
    sound = np.tile(speech, 4)[: 25 * RATE_HZ + 777, None]
    press = seams.press_sound(sound, RATE_HZ, tmp_path, piece_frames=300)
    for played in (seams.decode(press.output.read_bytes()), decode_with_ffmpeg(press.output)):
        assert len(played) == len(sound)
        end = slice(20 * RATE_HZ, 25 * RATE_HZ)
        likeness = np.correlate(played[end, 0], sound[end.start - 50 : end.stop + 50, 0], mode="valid")
        assert int(np.argmax(likeness[::-1])) == 50


def test_pieces_depend_on_the_length_alone(tmp_path: Path) -> None:
    sound = np.zeros((RATE_HZ * 30, 1))
    press = seams.press_sound(sound, RATE_HZ, tmp_path, piece_frames=500)
    pieces = press.pieces()
    assert [piece.start for piece in pieces] == [0, 500]
    assert [piece.end for piece in pieces] == [500, 1250]
    assert pieces[1].first == 460


def test_where_no_join_is_found_frames_stand_alone(
    speech: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Joins that need the reservoir are refused here: what is encoded without one needs none."""

    def picky(left: FrameStream, right: FrameStream, about: int, reach: int) -> int | None:
        found = find_seam(left, right, about, reach)
        return found if found and main_data_begin(right.frame(found)) == 0 else None

    monkeypatch.setattr("pitchcast.audio.encoding.mp3.find_seam", picky)
    sound = seams.random_recording(1, speech, RATE_HZ)
    press = seams.press_sound(sound, RATE_HZ, tmp_path, piece_frames=300)
    assert not press.reservoir
    assert len(seams.decode(press.output.read_bytes())) == len(sound)


def test_where_nothing_can_be_joined_there_is_one_piece(
    speech: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pitchcast.audio.encoding.mp3.find_seam", lambda *_: None)
    sound = seams.random_recording(2, speech, RATE_HZ)
    press = seams.press_sound(sound, RATE_HZ, tmp_path, piece_frames=300)
    assert len(press.pieces()) == 1
    assert len(seams.decode(press.output.read_bytes())) == len(sound)


def test_damage_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.mp3").write_bytes(bytes.fromhex("fffb9064") + bytes(413) + b"no frame")
    with pytest.raises(AudioError, match=r"x\.mp3 is damaged at byte 417"):
        read_stream(tmp_path / "x.mp3", 0)


def test_the_info_frame_has_room(tmp_path: Path, speech: np.ndarray) -> None:
    press: Press = seams.press_sound(speech[:96_000, None], RATE_HZ, tmp_path, piece_frames=300)
    data = press.output.read_bytes()
    (stream,) = seams.read_pieces(press)
    assert data[info_frame_size(stream.header) :] == stream.data
