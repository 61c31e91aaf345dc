"""What was said in an episode, and when it is heard: times of the recording become times of the finished audio."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from pitchcast.model.base import Record, Row

_SHORTEST_S = 0.1
_ENOUGH_CHARACTERS, _MOST_CHARACTERS = 260, 600
_SENTENCE_ENDS = re.compile(r"[.!?…。！？؟।][\"'»”’)]*$")


class Timeline(Record, frozen=True):
    """Where the recording is heard in the master: the parts that were kept follow each other from ``voice_at_s`` on.

    ``kept`` are seconds of the recording, which lasts ``recording_s``. Behind a greeting ``voice_at_s`` counts it too.
    """

    voice_at_s: float
    kept: tuple[tuple[float, float], ...]
    recording_s: float

    def at(self, recorded_s: float) -> float:
        """Return where a moment of the recording is heard; one that was cut out, where the cut is."""
        before = sum(min(end, recorded_s) - start for start, end in self.kept if start < recorded_s)
        return self.voice_at_s + before + max(0.0, recorded_s - self.kept[-1][1])

    def rounded(self) -> "Timeline":
        """Return it as the catalog keeps it: hundreds of shortened pauses add up to no more than some milliseconds."""
        kept = tuple((round(start, 4), round(end, 4)) for start, end in self.kept)
        return Timeline(voice_at_s=round(self.voice_at_s, 4), kept=kept, recording_s=round(self.recording_s, 3))


class TranscriptFile(Record, frozen=True):
    """A transcript kept in ``private/assets/<sha256>.json``, with the recording's times; becomes podcast:transcript.

    ``extension`` is that of the public file: ``vtt`` where there are times, else ``txt``.
    """

    sha256: str
    extension: Literal["vtt", "txt"]


class Cue(Row, frozen=True):
    """Some words, and from when to when they are spoken. ``speaker`` is "" where nobody is named."""

    start_s: float
    end_s: float
    text: str
    speaker: str = ""


class Transcript(Record, frozen=True):
    """What was said: ``cues`` in order of time, or ``text`` alone where no times are known."""

    cues: tuple[Cue, ...] = ()
    text: str = ""

    @property
    def extension(self) -> Literal["vtt", "txt"]:
        """Return what the public file's name ends in."""
        return "vtt" if self.cues else "txt"


def pack_transcript(transcript: Transcript) -> bytes:
    """Return what is stored of a transcript; the same one gives the same bytes."""
    return msgspec.json.encode(transcript)


def unpack_transcript(stored: bytes) -> Transcript:
    """Return a transcript that was stored."""
    return msgspec.json.decode(stored, type=Transcript)


def heard_transcript(transcript: Transcript, timeline: Timeline | None, duration_s: float) -> Transcript:
    """Return a recording's transcript at the times of its master; words past the master's end go."""
    return Transcript(cues=tuple(_heard(transcript.cues, timeline, duration_s)), text=transcript.text)


def paragraphs(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Yield cues put together for reading: by speaker, and at the end of sentences once there is enough of them."""
    current: Cue | None = None
    for cue in cues:
        if current and cue.speaker == current.speaker and not _is_full(current.text):
            text = f"{current.text} {cue.text}"
            current = Cue(current.start_s, cue.end_s, text, current.speaker)
            continue
        if current:
            yield current
        current = cue
    if current:
        yield current


def _is_full(text: str) -> bool:
    size = len(text)
    return size >= _MOST_CHARACTERS or (size >= _ENOUGH_CHARACTERS and _SENTENCE_ENDS.search(text) is not None)


def _heard(cues: Iterable[Cue], timeline: Timeline | None, duration_s: float) -> Iterator[Cue]:
    for cue in cues:
        start, end = (timeline.at(moment) if timeline else moment for moment in (cue.start_s, cue.end_s))
        if start < duration_s:
            last = max(min(end, duration_s), start + _SHORTEST_S)
            yield Cue(round(start, 3), round(last, 3), cue.text, cue.speaker)
