"""Tags hold what the standard asks, nothing else, in an order that players read; and the sound is untouched."""

import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from mutagen.id3 import ID3
from mutagen.mp3 import MP3

from pitchcast.audio import tags as tags_module
from pitchcast.audio.master import master_recording
from pitchcast.audio.mp3.frames import first_frame_offset, parse_header
from pitchcast.audio.tags import FIELDS, TagField, Tags, holds_picture, m4a_labels, render_tags, write_tags
from pitchcast.errors import RecordingError
from pitchcast.model.episode import Chapter
from pitchcast.model.show import AudioSettings
from tests.audio.meters import read_sound, read_tags

PICTURE = b"\xff\xd8\xff\xe0" + bytes(5000) + b"\xff\xd9"


def some_tags(**changes: object) -> Tags:
    fields = {
        "title": "Cut your cloud bill 💸 in three steps",
        "host": "Dana Reyes",
        "show_title": "Cloud bills, explained",
        "guid": "0b7e4a4e-8f0e-5b57-9d6c-000000000001",
        "date": datetime(2026, 3, 2, 23, 30, tzinfo=timezone(-timedelta(hours=5))),
        "notes_text": "Three steps:\n1. Look",
        "category": "Marketing",
        "keywords": ("cloud", "cost"),
        "show_link": "https://seller.example",
        "comment": "Book twenty minutes",
        "track": 3,
        "chapters": (
            Chapter(start_s=0.0, title="A long first title, longer than all others"),
            Chapter(start_s=2.0, title="B", url="https://example.com/b"),
            Chapter(start_s=4.5, title="Third, of middle length"),
        ),
        "artwork_jpeg": PICTURE,
        "duration_ms": 8000,
        "language": "de",
    }
    return Tags(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def untagged(speech_wav: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("untagged") / "master.mp3"
    master_recording(speech_wav, path, AudioSettings())
    return path


@pytest.fixture
def master(untagged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(untagged, tmp_path / "master.mp3"))


def test_every_frame_of_the_standard_and_no_other(master: Path) -> None:
    write_tags(master, some_tags())
    id3 = ID3(master, translate=False)
    assert id3.version == (2, 3, 0)
    kinds = "TIT2 TPE1 TALB TRCK TYER TDAT TCON PCST TGID TDES TCAT TKWD WOAF TLEN COMM CTOC CHAP CHAP CHAP APIC"
    assert sorted(frame.FrameID for frame in id3.values()) == sorted(kinds.split())
    assert {frame.encoding for frame in id3.values() if hasattr(frame, "encoding")} == {1}
    tags = read_tags(master)
    expected = {
        "TIT2": "Cut your cloud bill 💸 in three steps",
        "TPE1": "Dana Reyes",
        "TALB": "Cloud bills, explained",
        "TRCK": "3",
        "TYER": "2026",
        "TDAT": "0303",  # day and month, in UTC
        "TCON": "Podcast",
        "TGID": "0b7e4a4e-8f0e-5b57-9d6c-000000000001",
        "TDES": "Three steps:\n1. Look",
        "TCAT": "Marketing",
        "TKWD": "cloud, cost",
        "WOAF": "https://seller.example",
        "TLEN": "8000",
        "COMM": "Book twenty minutes",
    }
    assert {name: tags[name] for name in expected} == expected
    assert id3.getall("COMM")[0].lang == "ger"
    assert id3.getall("APIC")[0].data == PICTURE


def test_a_frame_is_one_line_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line put between two others is written between them, and an M4A gets it if the line names it."""
    publisher = TagField("TPUB", lambda tags: tags.host.upper(), m4a_label="publisher")
    monkeypatch.setattr(tags_module, "FIELDS", (*FIELDS[:2], publisher, *FIELDS[2:]))
    data = render_tags(some_tags())
    places = [data.index(name) for name in (b"TIT2", b"TPE1", b"TPUB", b"TALB")]
    assert places == sorted(places)
    assert "DANA REYES".encode("utf-16") in data
    assert dict(m4a_labels(some_tags())) == {"title": some_tags().title, "publisher": "DANA REYES"}
    assert b"TPUB" not in render_tags(some_tags(host=""))


def test_what_is_not_given_is_left_out(master: Path) -> None:
    bare = some_tags(track=0, show_link="", comment="", keywords=(), category="", notes_text="", chapters=())
    write_tags(master, bare)
    expected = {"TIT2", "TPE1", "TALB", "TYER", "TDAT", "TCON", "PCST", "TGID", "TLEN", "APIC"}
    assert set(read_tags(master)) == expected


def test_chapters_lie_in_order_of_time_in_the_bytes(master: Path) -> None:
    """Players that read CHAP in file order, whatever CTOC says, must find them in order too."""
    chapters = tuple(Chapter(start_s=float(n), title="x" * (1 + n * 37 % 50)) for n in range(255))
    write_tags(master, some_tags(chapters=chapters, duration_ms=300_000))
    data = master.read_bytes()
    places = [data.index(b"ch%03d\x00" % n + (n * 1000).to_bytes(4, "big")) for n in range(255)]
    assert places == sorted(places)
    id3 = ID3(master, translate=False)
    assert id3.getall("CTOC")[0].child_element_ids == [f"ch{n:03d}" for n in range(255)]
    ends = {chap.element_id: chap.end_time for chap in id3.getall("CHAP")}
    assert (ends["ch000"], ends["ch254"]) == (1000, 300_000)


def test_a_chapters_link_is_kept(master: Path) -> None:
    write_tags(master, some_tags())
    assert ID3(master).getall("CHAP:ch001")[0].sub_frames.getall("WXXX")[0].url == "https://example.com/b"


def test_too_many_chapters_are_refused(master: Path) -> None:
    before = master.read_bytes()
    chapters = tuple(Chapter(start_s=float(n), title="x") for n in range(256))
    with pytest.raises(RecordingError, match="256 chapters"):
        write_tags(master, some_tags(chapters=chapters))
    assert master.read_bytes() == before


def test_the_offset_is_that_of_the_first_frame_without_padding(master: Path, untagged: Path) -> None:
    offset = write_tags(master, some_tags())
    data = master.read_bytes()
    assert data[offset:] == untagged.read_bytes()
    assert offset == first_frame_offset(master) == len(render_tags(some_tags()))
    assert parse_header(data[offset:])


def test_tagging_again_replaces_and_gives_the_same_bytes(master: Path, untagged: Path) -> None:
    write_tags(master, some_tags(title="an older title", artwork_jpeg=PICTURE * 3))
    write_tags(master, some_tags())
    other = Path(shutil.copy(untagged, master.with_name("other.mp3")))
    write_tags(other, some_tags())
    assert master.read_bytes() == other.read_bytes()
    assert [file.name for file in sorted(master.parent.iterdir())] == ["master.mp3", "other.mp3"]


def test_players_still_play_every_sample(master: Path, untagged: Path) -> None:
    write_tags(master, some_tags())
    assert len(read_sound(master)[0]) == len(read_sound(untagged)[0])
    assert MP3(master).info.length == pytest.approx(len(read_sound(untagged)[0]) / 48_000, abs=1e-3)


@pytest.mark.parametrize(
    "title",
    ["a\x00b", "line\nbreak", "x" * 10_000, "<script>]]>", "عنوان", "\u202eright to left", "half \ud83d pair"],
    ids=["nul", "newline", "long", "markup", "arabic", "override", "surrogate"],
)
def test_titles_of_any_kind(title: str, master: Path) -> None:
    write_tags(master, some_tags(title=title))
    written = read_tags(master)["TIT2"]
    assert written == title.replace("\x00", "").replace("\ud83d", "")


def test_no_tags(master: Path) -> None:
    assert read_tags(master) == {}


def test_times_without_a_zone_are_not_needed(master: Path) -> None:
    write_tags(master, some_tags(date=datetime(2026, 1, 9, tzinfo=UTC)))
    assert read_tags(master)["TDAT"] == "0901"


MANY_CHAPTERS = tuple(Chapter(start_s=10.0 * at, title=f"Chapter {at}, which says a little more") for at in range(255))


@pytest.mark.parametrize(
    ("changes", "expected", "at_once"),
    [
        pytest.param({}, True, True, id="a picture"),
        pytest.param({"artwork_jpeg": b""}, False, True, id="none"),
        pytest.param({"chapters": MANY_CHAPTERS}, True, False, id="a picture behind many chapters"),
        pytest.param({"chapters": MANY_CHAPTERS, "artwork_jpeg": b""}, False, False, id="many chapters and none"),
    ],
)
def test_a_picture_is_found_by_reading_little(changes: dict[str, object], expected: bool, at_once: bool) -> None:
    data = render_tags(some_tags(**changes)) + b"\xff\xfb" + bytes(100_000)
    asked: list[int] = []

    def read(start: int, length: int) -> bytes:
        asked.append(length)
        return data[start : start + length]

    assert holds_picture(read) is expected
    assert sum(asked) <= 20_000, asked
    assert (len(asked) == 1) is at_once


@pytest.mark.parametrize(
    "data", [b"", b"ID3\x03", b"\xff\xfb" + bytes(50), b"ID3\x03\x00\x00\x00\x00\x7f\x7f" + bytes(90)]
)
def test_what_has_no_tag_or_a_damaged_one_has_no_picture(data: bytes) -> None:
    assert holds_picture(lambda start, length: data[start : start + length]) is False
