"""What a master says about itself: ID3v2.3 tags with chapters. The only user of mutagen.

The frames are those that most players read. What is served carries no picture, which would come before the first
sound. There is no feed address among them (WFED): people forward the file, and every copy is the master byte for byte.
"""

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pitchcast.audio.delivery import cannot_write, deliver_file
from pitchcast.audio.mp3.frames import first_frame_offset, tag_size
from pitchcast.errors import RecordingError
from pitchcast.model.base import Record
from pitchcast.model.episode import Chapter
from pitchcast.model.language import for_id3
from pitchcast.model.notes import clean_text

MOST_CHAPTERS = 255
"""CTOC counts its entries in one byte."""

_UTF16 = 1
_FRONT_COVER = 3
_TOP_LEVEL_ORDERED = 3
_NO_OFFSET = 0xFFFFFFFF
_HEADER_BYTES = 10
_HEAD_BYTES = 16 << 10
_COPY_BYTES = 1 << 20


class Tags(Record, frozen=True):
    """What is written into a master; attributes name the frame that they become.

    ``guid`` is the episode's own (TGID); ``show_link`` the show's public website (WOAF); ``track`` 0 is none;
    ``artwork_jpeg`` a small square picture (600 px, at most 60 KB), for files that are kept and not served.
    ``chapters`` are in order of time, at most 255. A recording by itself has no ``show_title`` and no ``date``.
    """

    title: str
    host: str
    show_title: str
    guid: str
    date: datetime | None
    duration_ms: int
    notes_text: str = ""
    category: str = ""
    keywords: tuple[str, ...] = ()
    show_link: str = ""
    comment: str = ""
    track: int = 0
    chapters: tuple[Chapter, ...] = ()
    artwork_jpeg: bytes = b""
    language: str = "en"


def write_tags(path: Path, tags: Tags) -> int:
    """Put *tags* in front of an MP3, instead of any it has, and return where its first frame then starts.

    The same tags and audio give the same bytes. The file is replaced whole or not at all.
    Raises RecordingError for more than 255 chapters.
    """
    check_chapter_count(len(tags.chapters))
    _replace_tag(path, render_tags(tags))
    return first_frame_offset(path)


def copy_tags(source: Path, target: Path, *, shift_s: float, duration_s: float) -> int:
    """Put the tags of *source* in front of *target*, which plays it *shift_s* later and lasts *duration_s* in all.

    Only times differ: chapters move, one at the start begins with what comes before. Returns where the first frame of
    *target* then starts. The same tags and audio give the same bytes. Raises RecordingError where *source* has no tag.
    """
    from mutagen import MutagenError
    from mutagen.id3 import ID3

    try:
        id3 = ID3(source, translate=False)
    except MutagenError as error:
        raise RecordingError(f"the tags of {source.name} cannot be read: {error}", hint="Publish it again.") from error
    duration_ms = round(1000 * duration_s)
    for frame in id3.getall("TLEN"):
        frame.text = [str(duration_ms)]
    chapters = sorted(id3.getall("CHAP"), key=lambda chapter: chapter.start_time)
    for number, chapter in enumerate(chapters):
        if number or chapter.start_time:
            chapter.start_time = round(chapter.start_time + 1000 * shift_s)
    times = [*(chapter.start_time for chapter in chapters), duration_ms]
    for chapter, (start, end) in zip(chapters, pairwise(times), strict=True):
        chapter.end_time = max(start, end)
    _replace_tag(target, _rendered(id3))
    return first_frame_offset(target)


def render_tags(tags: Tags) -> bytes:
    """Return the bytes of the tag, frames in a fixed order and chapters in order of time."""
    from mutagen.id3 import ID3

    id3 = ID3()
    for frame in _frames(tags):
        id3.add(frame)
    return _rendered(id3)


def _rendered(id3: Any) -> bytes:
    """Return the bytes of a tag. mutagen sorts frames by their length: chapters would be in no order of time."""
    id3.update_to_v23()
    buffer = io.BytesIO()
    id3.save(buffer, v1=0, v2_version=3, padding=lambda _info: 0)
    data = buffer.getvalue()
    frames = sorted(_split_frames(data[_HEADER_BYTES:]), key=_place)
    return data[:_HEADER_BYTES] + b"".join(frames)


def m4a_labels(tags: Tags) -> Iterator[tuple[str, str]]:
    """Yield name and text of what an M4A file says about itself, besides its chapters and picture."""
    for field in FIELDS:
        text = field.value(tags) if field.m4a_label else ""
        if text:
            yield field.m4a_label, clean_text(text)


def holds_picture(read: Callable[[int, int], bytes]) -> bool:
    """Return whether an MP3's tag holds a picture; False where there is no tag, or one that is damaged.

    *read* returns as many bytes as there are, at most its second argument, from its first on. It is called once, for
    the first kilobytes; again only for a frame that begins behind them, which takes pages of notes and chapters.
    """
    head = read(0, _HEAD_BYTES)
    if head[3:4] != b"\x03":
        return False  # only ID3v2.3 is written
    end, at = tag_size(head), _HEADER_BYTES
    while at < end:
        frame = head[at : at + _HEADER_BYTES]
        if len(frame) < _HEADER_BYTES:
            frame = read(at, _HEADER_BYTES)
        if frame[:4] == b"APIC":
            return True
        if not frame[:4].isalnum():
            return False  # padding, or no frame
        at += _HEADER_BYTES + int.from_bytes(frame[4:8], "big")
    return False


def check_chapter_count(count: int) -> None:
    """Raise RecordingError for more chapters than a tag can list."""
    if count > MOST_CHAPTERS:
        raise RecordingError(
            f"{count} chapters are more than a podcast can list ({MOST_CHAPTERS})", hint="Leave some of them out."
        )


def _text(frame: Any, text: str, tags: Tags) -> Iterator[Any]:
    yield frame(encoding=_UTF16, text=[clean_text(text)])


def _comment(frame: Any, text: str, tags: Tags) -> Iterator[Any]:
    yield frame(encoding=_UTF16, lang=for_id3(tags.language), desc="", text=[clean_text(text)])


def _flag(frame: Any, value: bool, tags: Tags) -> Iterator[Any]:
    yield frame(value=1)


def _address(frame: Any, url: str, tags: Tags) -> Iterator[Any]:
    yield frame(url=url)


def _picture(frame: Any, jpeg: bytes, tags: Tags) -> Iterator[Any]:
    yield frame(encoding=_UTF16, mime="image/jpeg", type=_FRONT_COVER, desc="", data=jpeg)


def _contents(frame: Any, chapters: Sequence[Chapter], tags: Tags) -> Iterator[Any]:
    """Yield the list of chapters (ID3v2 Chapter Frame Addendum 1.0)."""
    ids = [_chapter_id(number) for number in range(len(chapters))]
    yield frame(element_id="toc", flags=_TOP_LEVEL_ORDERED, child_element_ids=ids, sub_frames=[])


def _chapters(frame: Any, chapters: Sequence[Chapter], tags: Tags) -> Iterator[Any]:
    """Yield a frame for each chapter, which ends where the next one starts."""
    from mutagen import id3

    times = [*(round(1000 * chapter.start_s) for chapter in chapters), tags.duration_ms]
    for number, (chapter, (start, end)) in enumerate(zip(chapters, pairwise(times), strict=True)):
        inner: list[Any] = [id3.TIT2(encoding=_UTF16, text=[clean_text(chapter.title)])]
        if chapter.url:
            inner.append(id3.WXXX(encoding=_UTF16, desc="", url=chapter.url))
        yield frame(
            element_id=_chapter_id(number),
            start_time=start,
            end_time=max(start, end),
            start_offset=_NO_OFFSET,
            end_offset=_NO_OFFSET,
            sub_frames=inner,
        )


def _chapter_id(number: int) -> str:
    return f"ch{number:03d}"


def _in_utc(date: datetime | None, form: str) -> str:
    return format(date.astimezone(UTC), form) if date else ""


@dataclass(frozen=True, slots=True)
class TagField:
    """One thing that a file says about itself: the ID3 frame, its value, how that is written, and its name in an M4A.

    A value that is empty is left out. ``m4a_label`` is ffmpeg's name for the MP4 atom, "" where an M4A does not say it.
    """

    frame: str
    value: Callable[[Tags], Any]
    write: Callable[[Any, Any, Tags], Iterator[Any]] = _text
    m4a_label: str = ""


FIELDS = (
    TagField("TIT2", lambda tags: tags.title, m4a_label="title"),
    TagField("TPE1", lambda tags: tags.host),
    TagField("TALB", lambda tags: tags.show_title),
    TagField("TRCK", lambda tags: str(tags.track or "")),
    TagField("TYER", lambda tags: _in_utc(tags.date, "%Y")),
    TagField("TDAT", lambda tags: _in_utc(tags.date, "%d%m")),
    TagField("TCON", lambda tags: "Podcast" if tags.show_title else ""),
    TagField("PCST", lambda tags: bool(tags.show_title), _flag),
    TagField("TGID", lambda tags: tags.guid),
    TagField("TDES", lambda tags: tags.notes_text),
    TagField("TCAT", lambda tags: tags.category),
    TagField("TKWD", lambda tags: ", ".join(tags.keywords)),
    TagField("WOAF", lambda tags: tags.show_link, _address),
    TagField("TLEN", lambda tags: str(tags.duration_ms)),
    TagField("COMM", lambda tags: tags.comment, _comment),
    TagField("CTOC", lambda tags: tags.chapters, _contents),
    TagField("CHAP", lambda tags: tags.chapters, _chapters),
    TagField("APIC", lambda tags: tags.artwork_jpeg, _picture),
)
"""All that is written, in the order of the bytes."""


def _frames(tags: Tags) -> Iterator[Any]:
    from mutagen import id3

    for field in FIELDS:
        value = field.value(tags)
        if value:
            yield from field.write(getattr(id3, field.frame), value, tags)


def _split_frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        end = at + _HEADER_BYTES + int.from_bytes(data[at + 4 : at + 8], "big")
        yield data[at:end]
        at = end


def _place(frame: bytes) -> tuple[int, bytes]:
    """Return what frames are sorted by: their kind, then (chapters) the number in their id."""
    kind = frame[:4].decode("ascii")
    order = [field.frame for field in FIELDS]
    return order.index(kind), frame[_HEADER_BYTES : _HEADER_BYTES + 6] if kind == "CHAP" else b""


def _replace_tag(path: Path, tag: bytes) -> None:
    folder = path.absolute().parent
    try:
        with tempfile.TemporaryDirectory(prefix=".pitchcast-", dir=folder, ignore_cleanup_errors=True) as name:
            tagged = Path(name) / "tagged.mp3"
            with path.open("rb") as source, tagged.open("wb") as target:
                source.seek(tag_size(source.read(_HEADER_BYTES)))
                target.write(tag)
                while data := source.read(_COPY_BYTES):
                    target.write(data)
            deliver_file(tagged, path)
    except OSError as error:
        raise cannot_write(path, error) from error
