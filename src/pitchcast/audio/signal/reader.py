"""The one door for sound from elsewhere: recordings, intros, outros and greetings are read here, to their end.

What is told of a recording afterwards was read and not believed: its length is that of counted samples, all of its
tracks and channels were looked at, and what could not be read is known by its place.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.cut_short import ends_in_a_page, share_present, stated_seconds
from pitchcast.audio.ffmpeg import sample_stream
from pitchcast.audio.ogg import OggLink, is_ogg, split_links
from pitchcast.audio.recording import SHORTEST_S, TOLERANCE_S, Recording, Track, too_short
from pitchcast.audio.signal.analysis import Heard, Listener, clipped_places
from pitchcast.audio.signal.blocks import BlockMeter, Blocks
from pitchcast.audio.signal.channels import common_of, decide_channels
from pitchcast.audio.signal.conditioning import Conditioner, Muted
from pitchcast.audio.signal.damage import Complaints, Damage, Gap, Survey, survey
from pitchcast.audio.signal.decoding import (
    TrackRequest,
    channels_of,
    impossible_above,
    is_discrete,
    read_track,
    weights_of,
)
from pitchcast.audio.signal.samples import CHUNK_FRAMES, Chunk, Samples, SampleWriter, read_frames
from pitchcast.audio.signal.speech import Speech
from pitchcast.audio.signal.voices import choose_inputs
from pitchcast.audio.threads import WorkerThreads

Tell = Callable[[float], None]

_NOWHERE = Path(os.devnull)
_OPUS_RATE_HZ = 48000
_SILENT = 0.001
_MISSING_SHARE, _MISSING_S = 0.02, 0.1
_RAW_FRAMES = (b"\xff", b"ID3")  # how files begin that hold frames and no times


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading a recording to its end gave.

    ``samples`` has one or two channels, conditioned, at the rate that was asked for; ``heard`` is of the same. Two
    channels that hold one sound from start to end are one.
    ``native`` are the blocks of the channels as they were, where there are more than two. ``inputs`` is how many
    channels were read before some were chosen. ``remarks`` are sentences for people.
    """

    samples: Samples
    heard: Heard
    native: Blocks | None
    clipped_places: int
    offset: float
    inputs: int
    damage: Damage
    remarks: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Seconds, by counted samples."""
        return self.samples.duration_s

    @property
    def is_kept(self) -> bool:
        """Whether the samples can be read."""
        return self.samples.path != _NOWHERE


@dataclass(frozen=True, kw_only=True)
class Request:
    """A recording to be read.

    Its samples are kept in ``folder``; with None nothing is kept, which ``must_choose`` may forbid. ``clean`` asks for
    the filters against noise; true peaks are looked for next to samples above ``near`` (None: they are not).
    """

    source: Path
    recording: Recording
    rate_hz: int
    folder: Path | None
    clean: bool = False
    near: float | None = None


def must_choose(source: Path, recording: Recording) -> bool:
    """Return whether samples must be kept to read a recording: tracks or inputs to choose among, or links."""
    tracks = [track for track in recording.tracks if track.channels]
    return len(tracks) > 1 or any(track.channels > 2 for track in tracks) or is_ogg(source)


def read_recording(request: Request, threads: WorkerThreads, tell: Tell = lambda fraction: None) -> Reading:
    """Return what is in a recording, all of it, with its samples in a file.

    Raises RecordingError where it cannot be decoded, lasts less than a second, or more than a tenth of it is lost.
    """
    links = split_links(request.source, request.folder) if request.folder and is_ogg(request.source) else []
    tracks = [(n, track) for n, track in enumerate(request.recording.tracks) if track.channels]
    takes = []
    for place, (number, track) in enumerate(tracks):
        wanted = TrackRequest(
            name=request.source.name,
            links=tuple(link.path for link in links) or (request.source,),
            number=number,
            track=track,
            rate_hz=request.rate_hz,
            clean=request.clean,
        )
        reader = _TrackReader(request, wanted, links, threads)
        takes.append(reader.read(lambda done, place=place: tell((place + done) / len(tracks))))  # type: ignore[misc]
    for link in links:
        link.path.unlink()
    return _together(request, takes, threads)


def hear_again(
    samples: Samples, rate_hz: int, folder: Path, threads: WorkerThreads, tell: Tell
) -> tuple[Samples, Heard]:
    """Return samples that were made of a reading at another rate, with what is heard of them; the old ones go."""
    listener, path, frames = Listener(rate_hz, samples.channels), folder / "again.f32", 0
    shape = ["-ar", str(rate_hz), "-ac", str(samples.channels), "-f", "f32le", "pipe:1"]
    with path.open("wb") as file, sample_stream([*samples.as_input(), *shape]) as pipe:
        for chunk in read_frames(pipe, samples.channels):
            threads.go_on()
            listener.add(chunk)
            file.write(chunk.data)
            frames += len(chunk)
            tell(frames / rate_hz / samples.duration_s)
    samples.path.unlink()
    return Samples(path, rate_hz, samples.channels, frames), listener.finish()


@dataclass(frozen=True, kw_only=True)
class _Take:
    """One track, read: its samples with what was heard and seen of them."""

    track: Track
    samples: Samples
    heard: Heard
    native: Blocks | None
    clipped_places: int
    offset: float
    damage: Damage

    @property
    def is_elsewhere(self) -> bool:
        """Whether there is sound, but only where a mix to two channels leaves it out (low-frequency effects)."""
        if self.native is None or is_discrete(self.track):
            return False
        mixed = max(side.highest for side in self.heard.sides)
        return mixed < _SILENT and float(self.native.peak.max(initial=0.0)) > 10 * _SILENT


@dataclass(frozen=True)
class _TrackReader:
    """Reads one track of a recording; once more where gaps were found, so that what follows them stays in time."""

    request: Request
    wanted: TrackRequest
    links: Sequence[OggLink]
    threads: WorkerThreads

    def read(self, tell: Tell) -> _Take:
        """Return the track. Raises RecordingError as read_recording does."""
        complaints = [Complaints() for _ in self.wanted.links]
        wanted, pass_ = self.wanted, self._pass(self.wanted, complaints, tell)
        found = self._survey(complaints)
        found.gaps = sorted([*found.gaps, *self._missing_pages(found)], key=lambda gap: gap.at_s)
        fills = tuple(found.gaps)
        if fills:
            wanted = replace(self.wanted, fills=fills)
            pass_ = self._pass(wanted, [Complaints() for _ in wanted.links], tell)
        take = pass_.finish(self._damage(found, pass_))
        if take.is_elsewhere:
            track = msgspec.structs.replace(self.wanted.track, layout="")
            return replace(self, wanted=replace(self.wanted, track=track)).read(tell)
        take.damage.refuse_much(wanted.name, take.samples.duration_s)
        return take

    def _pass(self, wanted: TrackRequest, complaints: Sequence[Complaints], tell: Tell) -> "_Pass":
        path = self.request.folder / f"track-{wanted.number + 1}.f32" if self.request.folder else _NOWHERE
        done = _Pass(wanted, path, self.threads, self.request.near)
        done.run(complaints, self.request.recording.duration_s, tell)
        return done

    def _survey(self, complaints: Sequence[Complaints]) -> Survey:
        """Return the damage of all links, at places counted from the start of the first."""
        found = Survey()
        if not any(log.count for log in complaints):
            return found
        has_times = not _holds_raw_frames(self.request.source)
        for link in self.wanted.links:
            part = survey(self.wanted.opened(link), has_times=has_times)
            found.gaps += [Gap(gap.at_s + found.seconds, gap.length_s) for gap in part.gaps]
            found.complaints += [at + found.seconds for at in part.complaints]
            found.seconds += part.seconds
        return found

    def _missing_pages(self, found: Survey) -> list[Gap]:
        """Return the gaps that missing pages of Ogg leave, at places counted without what is missing before them."""
        gaps, before_s = [], 0.0
        for link in self.links:
            for loss in link.lost:
                at_s = loss.start / self._granules_per_s
                gaps.append(Gap(max(0.0, at_s - before_s), loss.length / self._granules_per_s))
                before_s += loss.length / self._granules_per_s
        return gaps

    def _damage(self, found: Survey, pass_: "_Pass") -> Damage:
        rate = self.wanted.rate_hz
        muted = [Gap(part.start / rate, (part.end - part.start) / rate) for part in pass_.muted]
        pages = [granule / self._granules_per_s for link in self.links for granule in link.broken]
        counted_s = pass_.frames / rate
        missing_s = max(0.0, stated_seconds(self.request.source) - counted_s) if found.complaints else 0.0
        if share_present(self.request.source) < 1.0 or missing_s < _MISSING_S:
            missing_s = 0.0
        lost = tuple(sorted([*found.gaps, *muted], key=lambda gap: gap.at_s))
        return Damage(lost=lost, doubtful=tuple(sorted([*found.complaints, *pages])), missing_s=missing_s)

    @property
    def _granules_per_s(self) -> int:
        return _OPUS_RATE_HZ if self.wanted.track.codec == "opus" else self.wanted.track.sample_rate_hz


class _Pass:
    """One decode of a track into a file, each chunk heard by a thread while the next one is decoded."""

    def __init__(self, wanted: TrackRequest, path: Path, threads: WorkerThreads, near: float | None) -> None:
        track = wanted.track
        self._wanted, self._path, self._threads = wanted, path, threads
        self._conditioner = Conditioner(wanted.rate_hz, wanted.channels, impossible_above(track.codec))
        self._listener = Listener(wanted.rate_hz, wanted.channels, near)
        self._writer = SampleWriter(path)
        self._is_one = wanted.channels == 2
        self._common = common_of if near is None else partial(common_of, difference=0.0)
        self._native = None
        if track.channels > 2:
            self._native = BlockMeter(wanted.rate_hz, track.channels, near=1.0, weights=weights_of(track))
        self._clipped_places = 0

    @property
    def frames(self) -> int:
        """Frames read so far."""
        return self._writer.frames

    @property
    def muted(self) -> list[Muted]:
        """The parts that were muted."""
        return self._conditioner.muted

    def run(self, complaints: Sequence[Complaints], duration_s: float, tell: Tell) -> None:
        """Decode the track to its end."""
        heard: Future[None] = Future()
        heard.set_result(None)
        with closing(self._writer):
            for chunk in map(self._as_one, self._conditioned(complaints)):
                self._threads.result(heard)
                heard = self._threads.submit(self._listener.add, chunk)
                self._writer.write(chunk)
                tell(min(1.0, self.frames / self._wanted.rate_hz / max(duration_s, 0.001)))
            self._threads.result(heard)

    def finish(self, damage: Damage) -> _Take:
        """Return the track as it was read."""
        wanted = self._wanted
        return _Take(
            track=wanted.track,
            samples=Samples(self._path, wanted.rate_hz, self._writer.channels, self.frames),
            heard=self._listener.finish(),
            native=self._native.finish() if self._native else None,
            clipped_places=self._clipped_places,
            offset=self._conditioner.offset,
            damage=damage,
        )

    def _conditioned(self, complaints: Sequence[Complaints]) -> Iterator[Chunk]:
        for chunk in read_track(self._wanted, complaints, self._measure_native):
            self._clipped_places += clipped_places(chunk, self._wanted.rate_hz, flat=self._wanted.track.holds_floats)
            yield self._conditioner.add(chunk)
        yield self._conditioner.finish()

    def _measure_native(self, chunk: Chunk) -> None:
        if self._native:
            self._native.add(chunk)

    def _as_one(self, chunk: Chunk) -> Chunk:
        """Return one channel as long as both hold one sound; from the first chunk where they do not on, both."""
        common = self._common(chunk) if self._is_one else None
        self._is_one = common is not None
        return chunk if common is None else common[:, None]


def _holds_raw_frames(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(3).startswith(_RAW_FRAMES)


def _together(request: Request, takes: list[_Take], threads: WorkerThreads) -> Reading:
    """Return the tracks as one recording of one or two channels."""
    longest = max(takes, key=lambda take: take.samples.frames)
    _refuse_short(request.source.name, longest.samples.duration_s)
    remarks = [*longest.damage.remarks(), *_cut_short(request, longest.samples.duration_s)]
    inputs = sum(channels_of(take.track) for take in takes)
    done = [_chosen_channels(take, request, threads) if is_discrete(take.track) else (take, "") for take in takes]
    remarks += [remark for _, remark in done if remark]
    takes = [take for take, _ in done]
    if len(takes) > 1:
        longest, remark = _chosen_tracks(takes, request, threads)
        remarks.append(remark)
    else:
        [longest] = takes
    return Reading(
        samples=longest.samples,
        heard=longest.heard,
        native=longest.native,
        clipped_places=longest.clipped_places,
        offset=longest.offset,
        inputs=inputs,
        damage=longest.damage,
        remarks=tuple(remarks),
    )


def _refuse_short(name: str, duration_s: float) -> None:
    if duration_s < SHORTEST_S - TOLERANCE_S:
        raise too_short(name, duration_s)


def _cut_short(request: Request, counted_s: float) -> Iterator[str]:
    """Yield what is to be said where samples are missing at the end."""
    share = share_present(request.source)
    stated_s = counted_s / share if share > 0 else 0.0
    if share == 1.0 and request.recording.codec == "flac":
        stated_s = stated_seconds(request.source)
    if counted_s < (1 - _MISSING_SHARE) * stated_s - _MISSING_S:
        yield f"The file says {stated_s:.0f} s, of which {counted_s:.0f} s could be read: it is cut short."
    elif is_ogg(request.source) and ends_in_a_page(request.source):
        yield f"The file ends in the middle, after {counted_s:.0f} s: it is cut short."


def _folder(request: Request) -> Path:
    if request.folder is None:
        raise AssertionError("must_choose was not asked")
    return request.folder


def _chosen_channels(take: _Take, request: Request, threads: WorkerThreads) -> tuple[_Take, str]:
    """Return a recorder's inputs as one channel: those in which somebody speaks, mixed."""
    samples = take.samples
    choice = choose_inputs(take.heard.speech, "channel", keep_sounds=False)
    row = [1.0 if channel in choice.numbers else 0.0 for channel in range(samples.channels)]
    path = _folder(request) / f"{samples.path.stem}-mixed.f32"
    mixed, heard = _mix([(samples, np.array([row], np.float32).T)], path, threads)
    samples.path.unlink()
    return replace(take, samples=mixed, heard=heard), choice.remark


def _chosen_tracks(takes: Sequence[_Take], request: Request, threads: WorkerThreads) -> tuple[_Take, str]:
    """Return the tracks in which there is something as one, with a sentence about it."""
    mixes = [decide_channels(take.heard.statistics, "auto", take.samples.channels) for take in takes]
    choice = choose_inputs([_speech_of(take) for take in takes], "audio track", keep_sounds=True)
    used = [takes[n] for n in choice.numbers]
    if len(used) == 1:
        _forget(takes, keep=used[0])
        return used[0], choice.remark
    channels = max(mixes[n].channels for n in choice.numbers)
    parts = []
    for n in choice.numbers:
        rows = mixes[n].matrix if mixes[n].channels == channels else mixes[n].matrix * channels
        parts.append((takes[n].samples, np.array(rows, np.float32).T))
    samples, heard = _mix(parts, _folder(request) / "mixed.f32", threads)
    _forget(takes)
    return replace(max(used, key=lambda take: take.samples.frames), samples=samples, heard=heard), choice.remark


def _forget(takes: Sequence[_Take], keep: _Take | None = None) -> None:
    for take in takes:
        if take is not keep:
            take.samples.path.unlink()


def _mix(
    parts: Sequence[tuple[Samples, NDArray[np.float32]]], path: Path, threads: WorkerThreads
) -> tuple[Samples, Heard]:
    """Write the sum of several sounds, each after a matrix (its channels × those of the sum), listening to it."""
    rate, channels = parts[0][0].rate_hz, parts[0][1].shape[1]
    frames = max(samples.frames for samples, _ in parts)
    listener = Listener(rate, channels)
    with path.open("wb") as file:
        for at in range(0, frames, CHUNK_FRAMES):
            threads.go_on()
            chunk = np.zeros((min(CHUNK_FRAMES, frames - at), channels), np.float32)
            for samples, matrix in parts:
                part = samples.read(at, at + len(chunk)) @ matrix
                chunk[: len(part)] += part
            listener.add(chunk)
            file.write(chunk.data)
    return Samples(path, rate, channels, frames), listener.finish()


def _speech_of(take: _Take) -> Speech:
    """Return the speech of a whole track: that of its channel in which most is spoken."""
    return max(take.heard.speech, key=lambda speech: (speech.spoken_s, speech.level_db))
