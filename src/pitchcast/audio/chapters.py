"""The chapters that a file names: podcast chapters in JSON (version 1.2.0), or lines such as ``00:01:30 Title``.

Labels of Audacity are such lines too: start and end in seconds, and the title, with tabs between them.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pitchcast.audio.tags import MOST_CHAPTERS
from pitchcast.errors import FileError
from pitchcast.model.episode import Chapter
from pitchcast.model.transcript import Timeline
from pitchcast.reading import FileKind, parse_json, read_text

_LABEL = re.compile(r"^(?P<start>\d{1,7}(?:[.,]\d{1,9})?)\t\d{1,7}(?:[.,]\d{1,9})?(?:\t(?P<title>.*))?$")
_FREQUENCIES = re.compile(r"^\\\t")
_SEPARATOR = re.compile(r"^[-\u2013\u2014:|]\s+")
_TAGS = "a|b|i|u|s|p|br|em|strong|span|font|small|big|sub|sup|code|div|v|c|ruby|rt|lang"  # of HTML and WebVTT
_TAG = re.compile(rf"</?(?:{_TAGS})(?:[ ./][^<>]*)?>", re.IGNORECASE)
_LINE = re.compile(r"^(?:(?P<h>\d{1,6}):)?(?P<m>\d{1,3}):(?P<s>\d{1,2}(?:\.\d{1,9})?)(?:\s(?P<title>.*))?$")
_HINT = 'Write one chapter a line, such as "00:01:30 What to turn off", in order of time.'
_JSON_HINT = 'Write {"version": "1.2.0", "chapters": [{"startTime": 90, "title": "What to turn off"}]}.'
_FILE = FileKind(
    what="a list of chapters", at_most_bytes=1_000_000, error=FileError, hint="Check the name and the folder."
)


class _Marked(NamedTuple):
    """A chapter and where it stands in its file."""

    where: str
    chapter: Chapter


def read_chapters(path: Path, duration_s: float | None = None) -> tuple[Chapter, ...]:
    """Return the chapters that *path* names, with times in the original recording.

    Raises FileError naming the file and line where one is out of order, negative, past *duration_s*, without
    a title, or not understood; or where there are none or more than 255.
    """
    return parse_chapters(read_text(path, _FILE, name=path.name), path.name, duration_s)


def place_chapters(chapters: Iterable[Chapter], timeline: Timeline, duration_s: float) -> tuple[Chapter, ...]:
    """Return chapters of a recording at their times in its master, which lasts *duration_s*, in order.

    What was marked before the first word that is kept starts with it; of several that fall on the same moment the
    last stays, and marks in silence cut from the end go.
    """
    moved: dict[float, Chapter] = {}
    for chapter in sorted(chapters, key=lambda one: one.start_s):
        start_s = round(timeline.at(chapter.start_s), 3)
        if start_s < duration_s:
            moved[start_s] = Chapter(start_s=start_s, title=chapter.title, url=chapter.url)
    return tuple(moved.values())


def parse_chapters(text: str, name: str, duration_s: float | None = None) -> tuple[Chapter, ...]:
    """Return the chapters of a text that errors call *name*."""
    parse = _parse_json if text.lstrip().startswith("{") else _parse_lines
    marked = parse(text, name)
    if not marked:
        raise FileError(f"{name} names no chapters", hint=_HINT)
    if len(marked) > MOST_CHAPTERS:
        what = f"{name} names {len(marked)} chapters, more than a podcast can list ({MOST_CHAPTERS})"
        raise FileError(what, hint="Leave some of them out.")
    _check(marked, name, duration_s)
    return tuple(mark.chapter for mark in marked)


def _parse_lines(text: str, name: str) -> list[_Marked]:
    lines = ((f"{name}, line {number}", line.strip()) for number, line in enumerate(text.splitlines(), start=1))
    return [_parse_line(where, line) for where, line in lines if line and not _says_nothing(line)]


def _says_nothing(line: str) -> bool:
    """Return whether a line is a comment, or the frequencies that Audacity writes below a label."""
    return line.startswith("#") or bool(_FREQUENCIES.match(line))


def _parse_line(where: str, line: str) -> _Marked:
    if line.startswith("-"):
        raise FileError(f"{where}: a chapter starts before the recording does ({line[:40]})", hint=_HINT)
    label = _LABEL.match(line)
    if label:
        return _Marked(where, Chapter(start_s=float(label["start"].replace(",", ".")), title=_title(label["title"])))
    found = _LINE.match(line)
    if not found or float(found["s"]) >= 60 or (found["h"] and int(found["m"]) >= 60):
        raise FileError(f"{where}: {line[:40]!r} does not start with a time", hint=_HINT)
    start_s = int(found["h"] or 0) * 3600 + int(found["m"]) * 60 + float(found["s"])
    return _Marked(where, Chapter(start_s=start_s, title=_title(found["title"])))


def _title(text: str | None) -> str:
    """Return a title without the dash that stands between it and its time, and without tags of HTML."""
    return _SEPARATOR.sub("", _TAG.sub("", text or "").strip()).strip()


def _parse_json(text: str, name: str) -> list[_Marked]:
    try:
        document = parse_json(text, dict[str, Any])
    except ValueError as error:
        raise FileError(f"{name}: {error}", hint=_JSON_HINT) from error
    chapters = document.get("chapters")
    if not isinstance(chapters, list):
        raise FileError(f'{name} has no list "chapters"', hint=_JSON_HINT)
    entries = ((f"{name}, chapter {number}", entry) for number, entry in enumerate(chapters, start=1))
    return [_parse_entry(where, entry) for where, entry in entries if not _is_hidden(entry)]


def _is_hidden(entry: object) -> bool:
    """Return whether an entry only changes the picture, and is not a chapter that apps list (``toc``)."""
    return isinstance(entry, dict) and entry.get("toc") is False


def _parse_entry(where: str, entry: object) -> _Marked:
    if not isinstance(entry, dict):
        raise FileError(f"{where}: is not an object", hint=_JSON_HINT)
    start_s, title, url = entry.get("startTime"), entry.get("title", ""), entry.get("url", "")
    if not isinstance(start_s, int | float) or isinstance(start_s, bool) or not -1e9 < start_s < 1e9:
        raise FileError(f'{where}: "startTime" is not a number of seconds', hint=_JSON_HINT)
    if not isinstance(title, str) or not isinstance(url, str):
        raise FileError(f'{where}: "title" and "url" are texts', hint=_JSON_HINT)
    return _Marked(where, Chapter(start_s=float(start_s), title=_title(title), url=url.strip()))


def _check(marked: Iterable[_Marked], name: str, duration_s: float | None) -> None:
    before = -1.0
    for where, chapter in marked:
        problem = _problem(chapter, before, duration_s)
        if problem:
            raise FileError(f"{where}: {problem}", hint=f"Correct {name}.")
        before = chapter.start_s


def _problem(chapter: Chapter, before: float, duration_s: float | None) -> str:
    if not chapter.title:
        return f"the chapter at {chapter.start_s:g} s has no title"
    if chapter.start_s < 0:
        return f"a chapter starts before the recording does ({chapter.start_s:g} s)"
    if chapter.start_s <= before:
        return f"a chapter at {chapter.start_s:g} s follows one at {before:g} s: they must be in order of time"
    if duration_s is not None and chapter.start_s >= duration_s:
        return f"a chapter starts at {chapter.start_s:g} s, past the recording's end at {duration_s:.1f} s"
    return ""
