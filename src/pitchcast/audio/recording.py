"""What is in a file: codec, channels, rate, duration, tags. Asked of ffmpeg alone, without ffprobe."""

import hashlib
import re
import tempfile
from pathlib import Path

import msgspec

from pitchcast.audio.allowed import check_no_playlist, is_decoder_refused, is_refused, unknown_codec
from pitchcast.audio.ffmpeg import describe_file, input_of, sample_stream
from pitchcast.audio.ogg import is_ogg, split_links
from pitchcast.errors import RecordingError
from pitchcast.model.base import Record
from pitchcast.reading import NotAFileError, open_file

SHORTEST_S = 1.0
_COUNTED_HZ = 16000

TOLERANCE_S = 0.0005  # clocks of containers count in 1/1000 s or coarser
_MISREAD_BELOW_S = 3.0  # headers round, and estimate; what may be too short is decoded to know
_NOT_AUDIO_HINT = "Give an audio or video file that plays on this computer, such as m4a, mp3 or wav."
_NOT_READ_HINT = "Give an audio or video file. One in a rare form can be exported as m4a, mp3 or wav by what made it."
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")
_STREAM = re.compile(r"^ *Stream #(\d+:\d+)(?:[^:\d][^:]*)?: (\w+): (.*)$")
_SOUND = re.compile(
    r"^(?P<codec>\w+)(?:[^\w,][^,]*)?, (?P<rate>\d+) Hz, (?P<layout>[^,]+), (?P<format>\w+)(?: \((?P<bits>\d+) bit\))?"
)
_GUESSED_LAYOUT = re.compile(r"^\[\w+#(\d+:\d+)/\w+ @ \w+\] Guessed Channel Layout")
_LONGEST_TAG_NAME = 61
_BITRATE = re.compile(r"\b(\d{1,7}) kb/s")
_BITRATE_OF_ALL = re.compile(r"bitrate: (\d{1,7}) kb/s")
_MORE_OF_TAG = re.compile(r"^ {6,}: (.*)$")
_LOSSLESS = re.compile(r"^(pcm_|flac|alac|wavpack|tta|ape)")
_FORMAT_BITS = {"u8": 8, "s16": 16, "s32": 32, "flt": 32, "dbl": 64, "s64": 64}
_NAMED_LAYOUTS = {"mono": 1, "stereo": 2, "binaural": 2, "downmix": 2, "quad": 4, "hexagonal": 6, "octagonal": 8}
_CONTAINER_TAGS = frozenset(
    [
        "major_brand",
        "minor_version",
        "compatible_brands",
        "encoder",
        "handler_name",
        "vendor_id",
        "duration",
        "creation_time",
    ]
)


class Track(Record, frozen=True):
    """One audio track of a file.

    ``layout`` is what the channels are for, in ffmpeg's words ("5.1", "stereo"); empty where the file does not say,
    and the channels are inputs of a recorder, each by itself.
    """

    codec: str
    channels: int
    sample_rate_hz: int
    layout: str = ""

    @property
    def holds_floats(self) -> bool:
        """Whether samples are floating-point numbers, which may lie above full scale and be whole."""
        return self.codec.startswith(("pcm_f32", "pcm_f64"))


class Recording(Record, frozen=True):
    """What a file says that it holds. ``file`` is its name; ``bit_depth`` is 0 for codecs that have none (m4a, …).

    ``duration_s`` is the container's word, often an estimate: good for progress bars and for the space that samples
    take, and for nothing else; reading a recording counts its samples. ``codec``, ``channels`` and so on are those of
    the first of ``tracks``. ``tags`` are what the recorder noted (title, place, device): for ``inspect`` only, never
    for a master.
    """

    file: str
    duration_s: float
    codec: str
    channels: int
    sample_rate_hz: int
    bit_depth: int = 0
    bitrate_kbps: int = 0
    tracks: tuple[Track, ...] = ()
    tags: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def holds_floats(self) -> bool:
        """Whether samples of the first track may lie above full scale and be whole."""
        return bool(self.tracks) and self.tracks[0].holds_floats


def probe_recording(path: Path) -> Recording:
    """Return what *path* holds.

    Raises RecordingError where it is missing, a folder, unreadable, empty, not audio, or shorter than a second.
    """
    check_readable(path)
    description = describe_file(path)
    try:
        recording = parse_description(path.name, description)
    except RecordingError:
        check_no_playlist(path)  # which says more
        recording = _probe_mended(path)
    if recording.duration_s < _MISREAD_BELOW_S:
        recording = msgspec.structs.replace(recording, duration_s=_decoded_duration_s(path))
    if recording.duration_s < SHORTEST_S - TOLERANCE_S:
        raise too_short(path.name, recording.duration_s)
    return recording


def probe_tracks(path: Path) -> tuple[Track, ...]:
    """Return the audio tracks of a file. Raises RecordingError where there is none."""
    return parse_description(path.name, describe_file(path)).tracks


def _probe_mended(path: Path) -> Recording:
    """Return what a file holds that ffmpeg does not know by its first bytes: an Ogg file in which they were changed."""
    with tempfile.TemporaryDirectory() as folder:
        links = split_links(path, Path(folder)) if is_ogg(path) else []
        return parse_description(path.name, describe_file(links[0].path if links else path))


def hash_recording(path: Path) -> str:
    """Return the SHA-256 of the file in hex: by it the same recording is known again."""
    check_readable(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_readable(path: Path) -> None:
    """Raise RecordingError where *path* is not a file with something in it that may be read."""
    try:
        if path.is_dir():
            raise RecordingError(f"{path} is a folder", hint="Name the audio file in it.")
        with open_file(path) as file:
            first = file.read(1)
    except FileNotFoundError as error:
        raise RecordingError(f"{path} does not exist", hint="Check the name and the folder.") from error
    except NotAFileError as error:
        raise RecordingError(f"{path} is a pipe or a device, not a file", hint="Name an audio file.") from error
    except PermissionError as error:
        raise RecordingError(f"{path} may not be read", hint="Change its permissions, or copy it elsewhere.") from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}", hint="Copy it to this disk first.") from error
    if not first:
        raise RecordingError(f"{path.name} is empty", hint="Copy it again from the device that recorded it.")


def too_short(name: str, duration_s: float) -> RecordingError:
    """Return the error for a recording of less than a second."""
    return RecordingError(
        f"{name} is {duration_s:.2f} s long: a pitch lasts at least {SHORTEST_S:.0f} s",
        hint="Check that this is the right file, and that the recorder was not stopped at once.",
    )


def parse_description(name: str, description: str) -> Recording:
    """Return what ffmpeg's description of a file says; a duration it does not know is 0.

    Raises RecordingError naming *name* where there is no sound in it.
    """
    streams = [match for line in description.splitlines() if (match := _STREAM.match(line))]
    first = next((stream[3] for stream in streams if stream[2] == "Audio"), "")
    codec = re.split(r"\W", first, maxsplit=1)[0]
    if is_decoder_refused(description, codec):
        raise unknown_codec(name, codec)
    sound = _SOUND.match(first)
    if not sound:
        raise _not_audio(name, description, has_streams=bool(streams))
    return Recording(
        file=name,
        duration_s=_parse_duration(description),
        codec=codec,
        channels=_parse_layout(sound["layout"]),
        sample_rate_hz=int(sound["rate"]),
        bit_depth=_bit_depth(codec, sound["format"], sound["bits"]),
        bitrate_kbps=_parse_bitrate(description),
        tracks=_parse_tracks(description),
        tags=_parse_tags(description),
    )


def _parse_tracks(description: str) -> tuple[Track, ...]:
    """Return the audio tracks in the order in which ffmpeg counts them; what it cannot decode counts as no channel."""
    lines = description.splitlines()
    guessed = [match[1] for line in lines if (match := _GUESSED_LAYOUT.match(line))]
    streams = [match for line in lines if (match := _STREAM.match(line))]
    return tuple(_parse_track(stream, guessed) for stream in streams if stream[2] == "Audio")


def _parse_track(stream: re.Match[str], guessed: list[str]) -> Track:
    sound = _SOUND.match(stream[3])
    if not sound:
        return Track(codec=re.split(r"\W", stream[3], maxsplit=1)[0], channels=0, sample_rate_hz=0)
    layout = sound["layout"].strip()
    unnamed = stream[1] in guessed or layout.endswith("channels")
    return Track(
        codec=sound["codec"],
        channels=_parse_layout(layout),
        sample_rate_hz=int(sound["rate"]),
        layout="" if unnamed else layout,
    )


def _not_audio(name: str, description: str, *, has_streams: bool) -> RecordingError:
    if "moov atom not found" in description and "low score" not in description:
        return RecordingError(
            f"{name} is incomplete: its end, where the index is, is missing",
            hint="Copy it again from the device that recorded it; an interrupted recording cannot be read.",
        )
    if is_refused(description):
        return RecordingError(f"{name} is not an audio file of a kind that is read", hint=_NOT_READ_HINT)
    what = "has no sound in it" if has_streams else "is not an audio file"
    return RecordingError(f"{name} {what}", hint=_NOT_AUDIO_HINT)


def _decoded_duration_s(path: Path) -> float:
    """Return the length by counted samples, at a rate that is quickly counted."""
    arguments = [
        *input_of(path),
        "-map",
        "0:a:0",
        "-af",
        "pan=mono|c0=c0",
        "-ar",
        str(_COUNTED_HZ),
        "-f",
        "u8",
        "pipe:1",
    ]
    counted = 0
    with sample_stream(arguments, recording=path) as pipe:
        while data := pipe.read(_COUNTED_HZ):
            counted += len(data)
    return counted / _COUNTED_HZ


def _parse_duration(description: str) -> float:
    found = _DURATION.search(description)
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0


def _parse_bitrate(description: str) -> int:
    of_sound = (line.partition("Audio: ")[2] for line in description.splitlines())
    found = next(filter(None, map(_BITRATE.search, of_sound)), None) or _BITRATE_OF_ALL.search(description)
    return int(found[1]) if found else 0


def _parse_layout(layout: str) -> int:
    """Return the number of channels of ``mono``, ``5.1(side)``, ``6 channels``."""
    word = layout.strip().partition("(")[0].strip()
    if word in _NAMED_LAYOUTS:
        return _NAMED_LAYOUTS[word]
    if word.endswith("channels"):
        return int(word.split()[0])
    return sum(int(digit) for digit in re.findall(r"\d+", word)) or 2


def _bit_depth(codec: str, sample_format: str, bits: str | None) -> int:
    if not _LOSSLESS.match(codec):
        return 0
    return int(bits) if bits else _FORMAT_BITS.get(sample_format.removesuffix("p"), 0)


def _parse_tags(description: str) -> dict[str, str]:
    """Return the tags of the file and of its sound; those of chapters and pictures are others' business."""
    tags: dict[str, str] = {}
    name, ours = "", True
    for line in description.splitlines():
        stream = _STREAM.match(line)
        if stream or line.strip() == "Chapters:":
            ours = bool(stream and stream[2] == "Audio")
        more = _MORE_OF_TAG.match(line)
        tag, value = ("", "") if stream or not ours else _parse_tag(line)
        is_new = tag != "" and tag not in tags and tag.lower() not in _CONTAINER_TAGS
        if more and name:
            tags[name] += f"\n{more[1]}"
        elif is_new:
            name = tag
            tags[name] = value
        else:
            name = ""
    return tags


def _parse_tag(line: str) -> tuple[str, str]:
    """Return name and value of a line such as ``    title           : Hello``; empty texts where it is another."""
    name, colon, value = line.partition(": ")
    is_tag = colon and name.startswith("    ") and 0 < len(name.strip()) <= _LONGEST_TAG_NAME
    return (name.strip(), value) if is_tag else ("", "")
