"""What an episode is: a finished master with its title, notes and chapters; and what one prospect hears before it."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

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
    ``waveform`` is its loudness over time (waveform.py), "" where an earlier pitchcast made the file.
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
    waveform: str = ""

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return self.samples / self.sample_rate_hz


class ReplacedAudio(Record, frozen=True):
    """What an episode sounded like before: its recording and master (SHA-256), and when others took their place.

    ``repeat`` and ``audio_revision`` are the episode's of that time, and so is ``slug``, "" where it is still the same.
    ``still_readable`` says whether folders of feeds hold the audio.
    """

    recording_sha256: str = msgspec.field(name="recording")
    repeat: int = msgspec.field(name="again")
    master_sha256: str = msgspec.field(name="master")
    audio_revision: int = msgspec.field(name="mastered")
    replaced_at: datetime = msgspec.field(name="at")
    still_readable: bool = msgspec.field(name="kept", default=True)
    slug: str = ""


class Episode(Record, frozen=True):
    """One published pitch. Attributes name the item element that they become.

    ``recording_sha256`` is of the file that came in, by which the same recording is known again; ``repeat`` counts its
    deliberate re-publications. ``notes`` is Markdown. ``host`` is "" where it is the show's.
    ``slug`` starts its file names, and changes with the title. ``number`` and ``season`` are 0 where not given.
    ``personalised`` says that title and notes hold fields to fill in for each prospect (personal.py).
    ``timeline`` says where the recording is heard in the master, and so where chapters and ``transcript`` belong.
    ``audio_path`` is the folder under ``public/`` of the audio that all feeds share, "" where each has its own.
    ``for_roles`` are those for whom else it is in a company ("finance", "IT"), said where the page is passed on.
    ``changed_revision`` is the catalog revision of the last change. ``audio_revision`` is a number that no other audio
    of the episode had, 0 for the first; ``replaced`` is what was heard before, oldest first.
    """

    id: str
    guid: str
    title: str
    slug: str
    recording_sha256: str = msgspec.field(name="recording")
    master: Master
    repeat: int = msgspec.field(name="again", default=0)
    notes: str = ""
    host: str = ""
    season: int = 0
    number: int = 0
    chapters: tuple[Chapter, ...] = ()
    cover: Artwork | None = None
    withdrawn: bool = False
    changed_revision: int = msgspec.field(name="changed", default=0)
    audio_revision: int = msgspec.field(name="mastered", default=0)
    replaced: tuple[ReplacedAudio, ...] = ()
    personalised: bool = False
    timeline: Timeline | None = None
    transcript: TranscriptFile | None = None
    audio_path: str = ""
    for_roles: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Return where pages show it, as a fragment of their address: the same in every feed, whatever its title."""
        return f"pitch-{hashlib.sha256(self.guid.encode()).hexdigest()[:8]}"


def audio_replaced(episode: Episode, at: datetime) -> ReplacedAudio:
    """Return what an episode sounds like as what other audio takes the place of, *at* that moment."""
    return ReplacedAudio(
        recording_sha256=episode.recording_sha256,
        repeat=episode.repeat,
        master_sha256=episode.master.sha256,
        audio_revision=episode.audio_revision,
        replaced_at=at,
    )


class EarlierAudio(Record, frozen=True):
    """A file of a feed's folder that other audio took the place of, when that was; it stays readable for a while."""

    name: str
    replaced_at: datetime = msgspec.field(name="at")


class Greeting(Record, frozen=True):
    """A few seconds spoken for one prospect, heard before an episode in that prospect's own feed alone.

    ``feed`` and ``release`` say which delivery begins with it. ``recording_sha256`` is of the file that came in,
    ``clean`` and ``level`` how it was treated: by these it is known again. ``master`` is the whole file: the greeting
    and behind it, ``shift_samples`` later, the master ``episode_master_sha256``. Where the episode has another master
    than that, the greeting is not heard. ``heard_lufs`` and ``true_peak_dbtp`` are the greeting's own.
    ``changed_revision`` is the catalog revision in which it came; ``public_number`` stands for that in the names of
    files, 0 where an earlier pitchcast put it. ``earlier_audio`` are the files whose place it took.
    """

    recording_sha256: str = msgspec.field(name="recording")
    episode_master_sha256: str = msgspec.field(name="of")
    master: Master
    shift_samples: int
    heard_lufs: float
    true_peak_dbtp: float
    feed: str = ""
    release: int = 0
    clean: Literal["off", "light", "strong"] = "off"
    level: Literal["auto", "always", "never"] = "auto"
    changed_revision: int = msgspec.field(name="changed", default=0)
    earlier_audio: tuple[EarlierAudio, ...] = msgspec.field(name="earlier", default=())
    public_number: int = msgspec.field(name="veil", default=0)

    @property
    def shift_s(self) -> float:
        """Seconds by which everything in the episode is heard later."""
        return self.shift_samples / self.master.sample_rate_hz

    @property
    def known_by(self) -> tuple[str, str, str, str]:
        """Return what two greetings share that sound alike: the recording, its treatment, and what follows it."""
        return self.recording_sha256, self.clean, self.level, self.episode_master_sha256


def greeted_episode(episode: Episode, greeting: Greeting) -> Episode:
    """Return the episode as it is heard behind its greeting: the whole file, and all times in it that much later."""
    alone_s = episode.master.duration_s
    timeline = episode.timeline or Timeline(voice_at_s=0.0, kept=((0.0, alone_s),), recording_s=alone_s)
    later = msgspec.structs.replace(timeline, voice_at_s=round(timeline.voice_at_s + greeting.shift_s, 4))
    return msgspec.structs.replace(
        episode,
        master=greeting.master,
        chapters=shift_chapters(episode.chapters, greeting.shift_s),
        timeline=later,
    )


def shift_chapters(chapters: Sequence[Chapter], shift_s: float) -> tuple[Chapter, ...]:
    """Return the chapters of a master at their times behind a greeting; one at the start begins with it."""
    moved = [msgspec.structs.replace(one, start_s=round(one.start_s + shift_s, 3)) for one in chapters]
    if moved and chapters[0].start_s == 0:
        moved[0] = msgspec.structs.replace(moved[0], start_s=0.0)
    return tuple(moved)
