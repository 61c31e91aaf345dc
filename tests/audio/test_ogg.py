"""Damaged and chained Ogg files, as bytes and as sound."""

import random
from pathlib import Path

import pytest

from pitchcast.audio.ogg import checksum, read_pages, split_links
from tests.audio import damaged
from tests.fixtures.speech import run_ffmpeg


@pytest.fixture(scope="module")
def opus(speech_wav: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return damaged.write_whole(speech_wav, "opus", tmp_path_factory.mktemp("ogg") / "whole.opus")


def test_checksums_are_those_of_the_standard(opus: Path) -> None:
    for page in read_pages(opus):
        assert page.body[22:26] == checksum(page.body).to_bytes(4, "little")
        assert page.is_right


def test_a_whole_file_is_left_alone(opus: Path, tmp_path: Path) -> None:
    assert split_links(opus, tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_one_changed_byte_is_put_right_wherever_it_is(opus: Path, tmp_path: Path) -> None:
    data = opus.read_bytes()
    chance = random.Random(1)
    everywhere_in_the_head = range(120)
    anywhere = [chance.randrange(len(data)) for _ in range(60)]
    for at in [*everywhere_in_the_head, *anywhere]:
        changed = bytearray(data)
        changed[at] ^= chance.randrange(1, 256)
        (tmp_path / "changed.opus").write_bytes(changed)
        [link] = split_links(tmp_path / "changed.opus", tmp_path)
        assert link.path.read_bytes() == data, f"byte {at}"
        assert not link.broken
        assert not link.lost


def test_a_page_with_many_changed_bytes_is_told_by_its_place(opus: Path, tmp_path: Path) -> None:
    pages = list(read_pages(opus))
    broken = bytearray(pages[3].body)
    for at in range(100, 1000, 100):
        broken[at] ^= 0x55
    parts = [page.body for page in pages]
    (tmp_path / "broken.opus").write_bytes(b"".join([*parts[:3], bytes(broken), *parts[4:]]))
    [link] = split_links(tmp_path / "broken.opus", tmp_path)
    assert link.broken == [pages[2].granule]
    assert all(page.is_right for page in read_pages(link.path))


def test_a_missing_page_is_told_by_its_place_and_length(opus: Path, tmp_path: Path) -> None:
    pages = list(read_pages(opus))
    (tmp_path / "short.opus").write_bytes(b"".join(page.body for page in [*pages[:3], *pages[4:]]))
    [link] = split_links(tmp_path / "short.opus", tmp_path) or [None]
    assert link is not None
    [lost] = link.lost
    assert lost.start == pages[2].granule
    assert lost.length == pytest.approx(48_000, rel=0.2)


def test_links_are_told_apart(opus: Path, speech_wav: Path, tmp_path: Path) -> None:
    run_ffmpeg("-t", "2", "-i", speech_wav, "-ac", "2", "-c:a", "libopus", tmp_path / "second.opus")
    second = (tmp_path / "second.opus").read_bytes()
    (tmp_path / "chained.opus").write_bytes(opus.read_bytes() + second)
    links = split_links(tmp_path / "chained.opus", tmp_path)
    assert [link.path.read_bytes() for link in links] == [opus.read_bytes(), second]
