"""What of a recording could not be read, and where: by ffmpeg's complaints, and by gaps between decoded frames.

A decode of samples tells only that something was wrong. So a track that ffmpeg complained of is gone through once
more, frame by frame: each frame has its time, and complaints stand in the log beside the frames around them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pitchcast.audio.allowed import about_the_sound, decoder_names
from pitchcast.audio.ffmpeg import read_log
from pitchcast.errors import RecordingError

MOST_LOST = 0.1
"""The share of a recording that may be lost; with more it is refused."""

LOG_LEVEL = ("-loglevel", "level+info")
"""Has ffmpeg say how serious each line of its log is."""

_SERIOUS = re.compile(r"\[(?:error|fatal|panic)\]")
_SPEAKER = re.compile(r"^\[(\w+) @ ")
_DECODER = re.compile(r"\[dec:\w+ @ ")
_STREAM_LOST = ("CRC mismatch", "Packet processing failed", "Error during demuxing")
_AUDIBLE = ("overread, skip", "If you heard an audible artifact")  # said without being called an error
_FIELD = re.compile(r"\b(pts|rate|nb_samples): *(\S+)")
_FIELDS_OF_FRAME = ("pts", "rate", "nb_samples")
_NEAR_S = 0.5  # ffmpeg's threads are not further apart than this
_SHORTEST_GAP_S = 0.01
_LONGEST_GAP_S = 30.0
_SHORT_GAP_S = 0.15
_AT_THE_END_S = 0.3
_AT_THE_START_S = 0.1
_SAME_PLACE_S = 1.0
_MOST_PLACES = 5


@dataclass(frozen=True)
class Gap:
    """Sound that is missing: where, in seconds of what was decoded, and how much."""

    at_s: float
    length_s: float


@dataclass
class Complaints:
    """Counts what ffmpeg complains of while a track is decoded; give ``read_line`` each line of its log."""

    count: int = 0

    def read_line(self, line: str) -> None:
        """Take in one line."""
        self.count += is_complaint(line)


@dataclass(frozen=True, kw_only=True)
class Damage:
    """What was lost of a recording. ``lost`` are parts that are silent or missing, ``doubtful`` places that may sound
    wrong, in seconds; ``missing_s`` is what is known to be missing nobody knows where.
    """

    lost: tuple[Gap, ...] = ()
    doubtful: tuple[float, ...] = ()
    missing_s: float = 0.0

    @property
    def lost_s(self) -> float:
        """Seconds that are lost."""
        return max(self.missing_s, sum(gap.length_s for gap in self.lost))

    def remarks(self) -> tuple[str, ...]:
        """Return sentences for people."""
        said = []
        if self.lost_s:
            where = [gap.at_s for gap in self.lost] or list(self.doubtful)
            said.append(f"The recording is damaged: {_seconds(self.lost_s)} could not be read{_places(where)}.")
        others = [at for at in self.doubtful if all(abs(at - gap.at_s) > _SAME_PLACE_S for gap in self.lost)]
        if others and (self.lost or not self.lost_s):
            said.append(f"The recording is damaged and may sound wrong{_places(others)}.")
        return tuple(said)

    def refuse_much(self, name: str, counted_s: float) -> None:
        """Raise RecordingError where more than a tenth of a recording of so many seconds is lost."""
        if self.lost_s > MOST_LOST * counted_s:
            raise RecordingError(
                f"{name} is damaged: {_seconds(self.lost_s)} of it could not be read",
                hint="Copy it again from the device that recorded it, or export it again.",
            )


@dataclass
class Survey:
    """What going through a track frame by frame gave: the seconds decoded, gaps, and places of complaints."""

    seconds: float = 0.0
    gaps: list[Gap] = field(default_factory=list)
    complaints: list[float] = field(default_factory=list)
    _expected: int | None = None
    _rate_hz: int = 0

    def read_line(self, line: str) -> None:
        """Take in one line of the log."""
        fields = dict(_FIELD.findall(line)) if "nb_samples:" in line else {}
        if len(fields) == len(_FIELDS_OF_FRAME):
            self._add_frame(fields["pts"], int(fields["rate"]), int(fields["nb_samples"]))
        elif is_complaint(line):
            self.complaints.append(self.seconds)

    def finish(self, *, has_times: bool) -> "Survey":
        """Return what counts as damage.

        Recorders leave gaps on purpose when they pause, so that only those beside a complaint count. Tags at the end
        of an MP3, and a first frame that needs one before it, are complained of without being damage. Where a file
        *has no times* of its own, time is made up by counting frames, garbage too: only short gaps are believed.
        """
        longest = _LONGEST_GAP_S if has_times else _SHORT_GAP_S
        gaps = [gap for gap in self.gaps if gap.length_s <= longest and self._is_complained_of(gap)]
        inside = [at for at in self.complaints if _AT_THE_START_S < at < self.seconds - _AT_THE_END_S]
        beside = [at for at in self.complaints if any(abs(at - gap.at_s) <= _NEAR_S for gap in gaps)]
        return Survey(self.seconds, gaps, sorted({*inside, *beside}))

    def _is_complained_of(self, gap: Gap) -> bool:
        return any(abs(at - gap.at_s) <= _NEAR_S for at in self.complaints)

    def _add_frame(self, pts: str, rate_hz: int, samples: int) -> None:
        at = int(pts) if pts.lstrip("-").isdigit() else None
        if at is not None and self._expected is not None and rate_hz == self._rate_hz:
            missing_s = (at - self._expected) / rate_hz
            if missing_s >= _SHORTEST_GAP_S:
                self.gaps.append(Gap(self.seconds, missing_s))
        self.seconds += samples / rate_hz
        self._expected = None if at is None else at + samples
        self._rate_hz = rate_hz


def survey(opened: Sequence[str], *, has_times: bool) -> Survey:
    """Go through what *opened*, ffmpeg's options up to the track, selects, and return what counts as damage."""
    found = Survey()
    read_log([*LOG_LEVEL, *opened, "-af", "ashowinfo", "-f", "framecrc", "pipe:1"], found.read_line)
    return found.finish(has_times=has_times)


def is_complaint(line: str) -> bool:
    """Return whether a line of ffmpeg's log tells that some of the sound could not be read, or may be wrong."""
    if any(said in line for said in _AUDIBLE):
        return True
    if not _SERIOUS.search(line) or not about_the_sound(line):
        return False
    speaker = _SPEAKER.match(line)
    by_decoder = speaker is not None and speaker[1] in decoder_names()
    return by_decoder or bool(_DECODER.search(line)) or any(said in line for said in _STREAM_LOST)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{max(seconds, 0.01):.2g} s"


def minutes_and_seconds(seconds: float) -> str:
    """Return a place in a recording as people write it, such as 1:20.5."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def _places(places: Sequence[float]) -> str:
    """Return the places as words, those near each other once."""
    apart: list[float] = []
    for at in sorted(places):
        if not apart or at - apart[-1] > _SAME_PLACE_S:
            apart.append(at)
    if not apart:
        return ""
    named = ", ".join(minutes_and_seconds(at) for at in apart[:_MOST_PLACES])
    more = len(apart) - _MOST_PLACES
    return f", at {named} and in {more} more places" if more > 0 else f", at {named}"
