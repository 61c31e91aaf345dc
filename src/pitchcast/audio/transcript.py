"""The words of a transcript file, and when they are said: WebVTT, SubRip (.srt), or plain text without times.

Only words, times and speakers are kept: no comments, styles or positions.
"""

import html
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pitchcast.errors import FileError
from pitchcast.model.notes import clean_text
from pitchcast.model.transcript import Cue, Transcript
from pitchcast.reading import FileKind, read_bytes, read_text, refuse_documents

_MAY_END_LATE_S = 5.0  # programs that listen may be off by that much at the end
_TIME = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")
_TAG = re.compile(r"</?[a-zA-Z0-9:.][^<>]*>|\{\\[^{}]*\}")
_NO_CUE = re.compile(r"(WEBVTT|NOTE|STYLE|REGION)\b")
_HINT = 'Export the transcript as WebVTT (.vtt) or SubRip (.srt): times such as "00:01:30.000 --> 00:01:34.500".'
_SAVE_AS = "WebVTT (.vtt), SubRip (.srt) or plain text (.txt) in UTF-8"
_FILE = FileKind(what="a transcript", at_most_bytes=5_000_000, error=FileError, hint="Check the name and the folder.")


class _Line(NamedTuple):
    number: int
    text: str


def read_transcript(path: Path, recording_s: float | None = None) -> Transcript:
    """Return the transcript in *path*, with times in the original recording.

    Raises FileError naming file and line where a time is wrong, nothing is said, or all of it would be past
    *recording_s*: then it is another recording's.
    """
    refuse_documents(read_bytes(path, _FILE, name=path.name), path.name, _FILE, _SAVE_AS)
    return parse_transcript(read_text(path, _FILE, name=path.name), path.name, recording_s)


def parse_transcript(text: str, name: str, recording_s: float | None = None) -> Transcript:
    """Return the transcript of a text that errors call *name*."""
    has_times = "-->" in text or text.startswith("WEBVTT")
    found = Transcript(cues=tuple(_cues(text, name))) if has_times else Transcript(text=_plain(text))
    if not found.cues and not found.text:
        raise FileError(f"{name} holds no words", hint=_HINT)
    if recording_s is not None and found.cues and found.cues[-1].start_s > recording_s + _MAY_END_LATE_S:
        last = found.cues[-1].start_s
        raise FileError(
            f"{name} goes on to {last:.0f} s, the recording ends at {recording_s:.0f} s",
            hint="It seems to be the transcript of another recording.",
        )
    return found


def _plain(text: str) -> str:
    """Return paragraphs with one empty line between them."""
    parts = (" ".join(clean_text(part).split()) for part in re.split(r"\n\s*\n", text))
    return "\n\n".join(filter(None, parts))


def _cues(text: str, name: str) -> Iterator[Cue]:
    """Yield what is said, in order of time."""
    blocks = (one for block in _blocks(text) for one in _single_cues(block))
    found = [cue for block in blocks for cue in _spoken(block, name)]
    yield from sorted(found, key=lambda cue: (cue.start_s, cue.end_s))


def _blocks(text: str) -> Iterator[list[_Line]]:
    """Yield the lines between empty lines."""
    block: list[_Line] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            block.append(_Line(number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _single_cues(block: list[_Line]) -> Iterator[list[_Line]]:
    """Yield the cues of a block one by one: some programs write SubRip without empty lines between them."""
    timed = [at for at, line in enumerate(block) if "-->" in line.text and line.text.lstrip()[:1].isdecimal()]
    are_numbered = _is_number(block[0])
    starts = [at - 1 if are_numbered and _is_number(block[at - 1]) else at for at in timed[1:]]
    for start, end in itertools.pairwise([0, *starts, len(block)]):
        yield block[start:end]


def _is_number(line: _Line) -> bool:
    return line.text.strip().isdecimal()


def _spoken(block: list[_Line], name: str) -> Iterator[Cue]:
    """Yield the cues of one block: none of a comment, and one for each speaker of a cue."""
    at = next((place for place, line in enumerate(block[:2]) if "-->" in line.text), None)
    if at is None and _NO_CUE.match(block[0].text):
        return
    if at is None:
        raise FileError(f"{name}, line {block[0].number}: {block[0].text[:40]!r} has no times", hint=_HINT)
    start_s, end_s = _times(block[at], name)
    said = " ".join(line.text.strip() for line in block[at + 1 :])
    before, *voices = _VOICE.split(said)
    for speaker, words in [("", before), *zip(voices[::2], voices[1::2], strict=True)]:
        text = _bare(words)
        if text:
            yield Cue(start_s, end_s, text, _bare(speaker))


def _times(line: _Line, name: str) -> tuple[float, float]:
    found = _TIMES.match(line.text)
    if not found:
        raise FileError(f"{name}, line {line.number}: {line.text.strip()[:40]!r} is no time", hint=_HINT)
    start_s, end_s = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
    if end_s < start_s:
        raise FileError(f"{name}, line {line.number}: ends before it starts", hint=f"Correct {name}.")
    return start_s, end_s


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _bare(text: str) -> str:
    """Return words without tags, entities and control characters."""
    return " ".join(clean_text(html.unescape(_TAG.sub("", text))).split())
