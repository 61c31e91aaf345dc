"""One track of a recording as a stream of samples, at one rate and with channels that do not change on the way.

A file of several links is read link by link. Channels that have places in a room are mixed down to two; those of a
recorder's inputs are left apart.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.ffmpeg import input_of, sample_stream
from pitchcast.audio.recording import Recording, Track, probe_tracks
from pitchcast.audio.signal.conditioning import IMPOSSIBLE_FLOAT, IMPOSSIBLE_LOSSY
from pitchcast.audio.signal.damage import LOG_LEVEL, Complaints, Gap
from pitchcast.audio.signal.levelling import cleaning
from pitchcast.audio.signal.samples import Chunk, check_space, read_frames, size_of
from pitchcast.model.show import AudioSettings

_RATES_HZ = {44100: 44100, 48000: 48000, 88200: 44100, 96000: 48000, 192000: 48000}
_OTHER_RATES_HZ = 44100
_CHECKED = frozenset({"flac", "wavpack"})  # their frames carry checksums, which ffmpeg looks at when asked to
_LOSSLESS = ("pcm_", "flac", "alac", "wavpack", "dsd", "adpcm_")
_PLACES = {  # what ffmpeg calls layouts, and the places of their channels in order
    "2.1": "FL FR LFE",
    "3.0": "FL FR FC",
    "3.0(back)": "FL FR BC",
    "3.1": "FL FR FC LFE",
    "4.0": "FL FR FC BC",
    "4.1": "FL FR FC LFE BC",
    "quad": "FL FR BL BR",
    "quad(side)": "FL FR SL SR",
    "5.0": "FL FR FC BL BR",
    "5.0(side)": "FL FR FC SL SR",
    "5.1": "FL FR FC LFE BL BR",
    "5.1(side)": "FL FR FC LFE SL SR",
    "6.0": "FL FR FC BC SL SR",
    "6.1": "FL FR FC LFE BC SL SR",
    "6.1(back)": "FL FR FC LFE BL BR BC",
    "7.0": "FL FR FC BL BR SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
}
_USUAL = {5: "5.0", 6: "5.1"}
_HALF_POWER = 0.7071
_TO_LEFT = {"FL": 1.0, "FC": _HALF_POWER, "BC": 0.5, "BL": _HALF_POWER, "SL": _HALF_POWER}
_TO_RIGHT = {"FR": 1.0, "FC": _HALF_POWER, "BC": 0.5, "BR": _HALF_POWER, "SR": _HALF_POWER}
_AROUND = 1.41  # ITU-R BS.1770-4, table 3: channels at the sides and behind count 1.5 dB more
_WEIGHTS = {"LFE": 0.0, "BL": _AROUND, "BR": _AROUND, "SL": _AROUND, "SR": _AROUND}


def master_rate(rate_hz: int) -> int:
    """Return the master's sample rate for a recording's: MPEG-1 only, and 48 kHz families stay what they are."""
    return _RATES_HZ.get(rate_hz, _OTHER_RATES_HZ)


def check_space_for(folder: Path, recording: Recording, settings: AudioSettings) -> None:
    """Raise AudioError where the disk has no room for what mastering needs."""
    rate, channels = master_rate(recording.sample_rate_hz), sum(map(channels_of, recording.tracks))
    samples = size_of(recording.duration_s, rate if settings.clean != "strong" else 2 * rate, channels)
    encoded = int(recording.duration_s * 128 * min(2, channels) * 125)
    check_space(folder.parent, 2 * samples + 2 * encoded)


def is_discrete(track: Track) -> bool:
    """Return whether a track's channels are inputs of a recorder, each by itself, and have no places in a room."""
    return track.channels > 2 and track.layout not in _PLACES


def channels_of(track: Track) -> int:
    """Return how many channels a track is read as: all where each is by itself, at most two where they have places."""
    return track.channels if is_discrete(track) else min(2, track.channels)


def weights_of(track: Track) -> tuple[float, ...]:
    """Return how much each channel of a track counts in its loudness (ITU-R BS.1770-4).

    Where the file does not say what its channels are for, those of five and six count as is usual, all of them.
    """
    if is_discrete(track):
        places = _PLACES.get(_USUAL.get(track.channels, ""), "").split() or [""] * track.channels
        return tuple(_WEIGHTS.get(place, 1.0) or 1.0 for place in places)
    return tuple(_WEIGHTS.get(place, 1.0) for place in _PLACES[track.layout].split())


def impossible_above(codec: str) -> float:
    """Return above which level samples of a codec are damage."""
    return IMPOSSIBLE_FLOAT if codec.startswith(_LOSSLESS) else IMPOSSIBLE_LOSSY


@dataclass(frozen=True, kw_only=True)
class TrackRequest:
    """A track of a recording, and how it is wanted. ``number`` counts the audio tracks of the file.

    ``links`` are the files to be read one after the other: the recording, or the links of a chained one. ``fills`` are
    gaps in which silence is put, so that what follows stays in time.
    """

    name: str
    links: tuple[Path, ...]
    number: int
    track: Track
    rate_hz: int
    clean: bool = False
    fills: tuple[Gap, ...] = ()

    @property
    def channels(self) -> int:
        """Channels of the stream."""
        return channels_of(self.track)

    def opened(self, link: Path) -> list[str]:
        """Return ffmpeg's options up to the track of one link."""
        checked = ["-err_detect", "crccheck"] if self.track.codec in _CHECKED else []
        return [*checked, *input_of(link), "-map", f"0:a:{self.number}", "-vn", "-sn", "-dn"]


def read_track(
    wanted: TrackRequest, complaints: Sequence[Complaints], native: Callable[[Chunk], None]
) -> Iterator[Chunk]:
    """Yield the frames of a track; *complaints*, one for each link, are told the log.

    *native* is given the same frames before they are mixed down, where that is done.
    Raises RecordingError where it cannot be decoded.
    """
    links = zip(wanted.links, complaints, strict=True)
    frames = (chunk for link, log in links for chunk in _read_link(wanted, link, log, native))
    return _filled(frames, wanted.fills, wanted.rate_hz)


def _read_link(
    wanted: TrackRequest, link: Path, complaints: Complaints, native: Callable[[Chunk], None]
) -> Iterator[Chunk]:
    track = wanted.track if len(wanted.links) == 1 else probe_tracks(link)[wanted.number]
    filters = ["-af", cleaning(wanted.rate_hz)] if wanted.clean else []
    shape = [*filters, "-ar", str(wanted.rate_hz), "-ac", str(track.channels), "-f", "f32le", "pipe:1"]
    arguments = [*LOG_LEVEL, *wanted.opened(link), *shape]
    with sample_stream(arguments, recording=Path(wanted.name), on_log=complaints.read_line) as pipe:
        for chunk in read_frames(pipe, track.channels):
            if track.channels > 2:
                native(chunk)
            yield _as_channels(chunk, track.layout, wanted.channels)


def _as_channels(chunk: Chunk, layout: str, channels: int) -> Chunk:
    """Return a chunk with so many channels: mixed down by their places, one on both sides, or as it is."""
    have = chunk.shape[1]
    if have == channels:
        return chunk
    if have == 1:
        return np.repeat(chunk, channels, axis=1)
    if channels == 2 and layout in _PLACES:
        return chunk @ _mixdown(layout)
    if have < channels:
        return np.pad(chunk, ((0, 0), (0, channels - have)))
    return np.ascontiguousarray(chunk[:, :channels]) if channels > 1 else chunk.mean(axis=1, keepdims=True)


@lru_cache(maxsize=8)
def _mixdown(layout: str) -> NDArray[np.float32]:
    places = _PLACES[layout].split()
    rows = [(_TO_LEFT.get(place, 0.0), _TO_RIGHT.get(place, 0.0)) for place in places]
    return np.array(rows, np.float32)


def _filled(frames: Iterator[Chunk], fills: Sequence[Gap], rate_hz: int) -> Iterator[Chunk]:
    """Yield the frames with silence where gaps are, at places counted without it."""
    waiting = [(round(gap.at_s * rate_hz), round(gap.length_s * rate_hz)) for gap in fills]
    at = 0
    for chunk in frames:
        start = 0
        while waiting and waiting[0][0] < at + len(chunk):
            place, length = waiting.pop(0)
            cut = max(start, place - at)
            yield chunk[start:cut]
            yield np.zeros((length, chunk.shape[1]), np.float32)
            start = cut
        yield chunk[start:]
        at += len(chunk)
