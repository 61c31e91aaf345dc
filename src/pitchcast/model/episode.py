"""What an episode is: a finished master with its title, notes and chapters."""

from datetime import datetime

from pitchcast.model.base import Record
from pitchcast.model.show import Artwork
from pitchcast.model.transcript import Timeline, TranscriptFile


class Chapter(Record, frozen=True):
    """A mark in the master. ``start_s`` counts from the first sample that is heard."""

    start_s: float
    title: str
    url: str = ""


class Master(Record, frozen=True):
    """A finished MP3: constant bit rate, tagged, content-addressed as ``private/masters/<sha256>.mp3``.

    ``samples`` are per channel, without encoder delay and padding. ``integrated_lufs`` is what a one-channel meter
    reads on the file (a mono file that is heard at -16 LUFS reads -19); ``heard_lufs`` is what listeners get.
    ``audio_offset_bytes`` is where the first audio frame starts: download counting needs it (IAB 2.3, section 5).
    """

    sha256: str
    size_bytes: int
    samples: int
    sample_rate_hz: int
    channels: int
    bitrate_kbps: int
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    audio_offset_bytes: int

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.samples / self.sample_rate_hz


class ReplacedAudio(Record, frozen=True):
    """What an episode sounded like before: its recording and master (SHA-256), and when others took their place.

    ``mastered`` is the episode's attribute of that time. ``kept`` says that the audio is still readable in feeds.
    """

    recording: str
    again: int
    master: str
    mastered: int
    at: datetime
    kept: bool = True


class Episode(Record, frozen=True):
    """One published pitch. Attributes name the item element that they become.

    ``recording`` is the SHA-256 of the file that came in, by which the same recording is known again; ``again``
    counts its deliberate re-publications. ``notes`` is Markdown. ``host`` is "" where it is the show's.
    ``slug`` starts its file names and is frozen. ``number`` and ``season`` are 0 where not given.
    ``personalised`` says that title and notes hold fields to fill in for each prospect (personal.py).
    ``timeline`` says where the recording is heard in the master, and so where chapters and ``transcript`` belong.
    ``changed`` is the catalog revision of the last change. ``mastered`` is the catalog revision in which the audio was
    replaced, 0 for the first; ``replaced`` is what it was before, oldest first.
    """

    id: str
    guid: str
    title: str
    slug: str
    recording: str
    master: Master
    again: int = 0
    notes: str = ""
    host: str = ""
    season: int = 0
    number: int = 0
    chapters: tuple[Chapter, ...] = ()
    cover: Artwork | None = None
    withdrawn: bool = False
    changed: int = 0
    mastered: int = 0
    replaced: tuple[ReplacedAudio, ...] = ()
    personalised: bool = False
    timeline: Timeline | None = None
    transcript: TranscriptFile | None = None
