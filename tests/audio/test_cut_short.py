"""Sizes that a file states are read to tell what is missing; they may be any numbers."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pitchcast.audio.cut_short import ends_in_a_page, share_present, stated_seconds
from pitchcast.audio.inspect import inspect_recording

BEGINNINGS = [
    b"RIFF\0\0\0\0WAVE",
    b"RF64\xff\xff\xff\xffWAVE",
    b"FORM\0\0\0\0AIFF",
    b"caff\0\1\0\0",
    b"riff\x2e\x91\xcf\x11" + bytes(32),
    b".snd",
    b"\x1a\x45\xdf\xa3",
    b"ID3",
    b"\xff\xfb\x90\x64",
    b"fLaC",
    b"OggS",
    b"\0\0\0\x08ftyp",
]
LARGEST = b"\xff" * 8
PIECES = [b"data", b"mdat", b"free", b"ds64", b"SSND", b"Info", b"\0\0\0\1", bytes(8), LARGEST, b"\x7f" + b"\xff" * 7]


@given(
    beginning=st.sampled_from(BEGINNINGS),
    rest=st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=12)), max_size=12).map(b"".join),
)
@example(beginning=b"\0\0\0\x08ftyp", rest=b"\0\0\0\1free" + LARGEST + bytes(8))
@example(beginning=b"caff\0\1\0\0", rest=b"free" + LARGEST + bytes(8))
def test_any_sizes_are_read(beginning: bytes, rest: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        path.write_bytes(beginning + rest)
        assert 0.0 <= share_present(path) <= 1.0
        assert stated_seconds(path) >= 0.0
        assert isinstance(ends_in_a_page(path), bool)


@pytest.mark.parametrize("size", [LARGEST, b"\x7f" + b"\xff" * 7, b"\0\0\0\1" + bytes(4)])
def test_a_last_box_that_states_more_than_there_can_be_is_no_sound(
    pitch_m4a: Path, tmp_path: Path, size: bytes
) -> None:
    longer = tmp_path / "longer.m4a"
    longer.write_bytes(pitch_m4a.read_bytes() + b"\0\0\0\1free" + size + bytes(8))
    was, now = inspect_recording(pitch_m4a), inspect_recording(longer)
    assert (now.duration_s, now.problems) == (was.duration_s, was.problems)
