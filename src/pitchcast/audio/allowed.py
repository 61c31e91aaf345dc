"""What ffmpeg may take an input for: containers and decoders, each by the name it has in ffmpeg.

ffmpeg looks at a file's bytes and not at its name. Among the formats it knows are playlists and manifests, which play
other files of the disk or fetch addresses, image sequences, scripts, and hundreds that no recorder makes. So a
recording may be what recorders, phones and cameras write, and nothing else; pictures and films in it are not decoded.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pitchcast.errors import RecordingError

_CONTAINERS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,asf,au,avi,caf,dsf,dss,dts,eac3,flac,flv,gsm,matroska,mov,mp3,mpeg,mpegts,ogg,qcp,"
    "w64,wav,wv"
)
_COMPRESSED = (
    "aac,aac_at,aac_fixed,aac_latm,libfdk_aac,ac3,ac3_at,ac3_fixed,eac3,eac3_at,dca,mp1,mp1_at,mp1float,mp2,mp2_at,"
    "mp2float,mp3,mp3_at,mp3float,opus,libopus,vorbis,libvorbis,speex,libspeex,wmapro,wmav1,wmav2,wmavoice,qdm2,qdm2_at"
)
_LOSSLESS = "alac,alac_at,dsd_lsbf,dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,flac,wavpack,wmalossless"
_TELEPHONE = (
    "amr_nb_at,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,dss_sp,evrc,g722,g723_1,g726,g726le,g729,gsm,gsm_ms,"
    "gsm_ms_at,libgsm,libgsm_ms,ilbc,ilbc_at,libilbc,mace3,mace6,nellymoser,qcelp,truespeech"
)
_PLAIN = (
    "adpcm_ima_qt,adpcm_ima_qt_at,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,pcm_alaw,pcm_alaw_at,pcm_bluray,pcm_dvd,"
    "pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_mulaw_at,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,pcm_s32be,"
    "pcm_s32le,pcm_s64be,pcm_s64le,pcm_s8,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le,pcm_u8"
)

_HEAD_BYTES = 4096
_PLAYLIST = (  # how playlists, manifests and session descriptions begin, in lower case
    *(b"#extm3u", b"ffconcat", b"<mpd", b"[playlist]", b"[reference]", b"<asx", b"<smil", b"<playlist"),
    *(b"<compositionplaylist", b"<assetmap", b"rtsptext", b"v=0\r", b"v=0\n"),
)
_ADDRESS = re.compile(rb"^[ \t]*(?:file|https?|rtsp|mms|smb)://", re.MULTILINE)
_REFUSED_FORMAT = re.compile(r"Format not on whitelist")
_REFUSED_DECODER = re.compile(r"Codec \((\w+)\) not on whitelist")
_NOT_OPENED = ("Failed to open codec in avformat_find_stream_info", "Consider increasing the value for")
_NO_PARAMETERS = re.compile(r"Could not find codec parameters for stream \d+ \((\w+)")


@dataclass(frozen=True)
class InputKind:
    """What an input may be: lists of ffmpeg's names, and the options that say what is known of it already."""

    formats: str
    decoders: str
    options: tuple[str, ...] = ()


RECORDING = InputKind(_CONTAINERS, f"{_COMPRESSED},{_LOSSLESS},{_TELEPHONE},{_PLAIN}")
"""Whatever people give: a recording, an intro, an outro, a greeting."""

_DECODERS = frozenset(RECORDING.decoders.split(","))

MP3_FRAMES = InputKind("mp3", "mp3,mp3float", ("-f", "mp3"))
LABELS = InputKind("ffmetadata", "none", ("-f", "ffmetadata"))
JPEG = InputKind("jpeg_pipe", "mjpeg", ("-f", "jpeg_pipe"))


def float_samples(rate_hz: int, channels: int) -> InputKind:
    """Return the kind of interleaved float samples, which say nothing of themselves."""
    return InputKind("f32le", "pcm_f32le", ("-f", "f32le", "-ar", str(rate_hz), "-ac", str(channels)))


def decoder_names() -> frozenset[str]:
    """Return the names of the decoders for recordings, by which lines of ffmpeg's log begin."""
    return _DECODERS


def about_the_sound(log: str) -> str:
    """Return a log without what is said of pictures and films beside the sound, which are not opened."""
    return "\n".join(line for line in log.splitlines() if not _is_about_others(line))


def _is_about_others(line: str) -> bool:
    unknown = _NO_PARAMETERS.search(line)
    if unknown:
        return unknown[1] != "Audio"
    return bool(_REFUSED_DECODER.search(line)) or any(said in line for said in _NOT_OPENED)


def is_refused(log: str) -> bool:
    """Return whether ffmpeg took a file for something that it may not open."""
    return bool(_REFUSED_FORMAT.search(log))


def is_decoder_refused(log: str, codec: str) -> bool:
    """Return whether the decoder that a codec needs is none of those allowed."""
    return codec in _REFUSED_DECODER.findall(log)


def unknown_codec(name: str, codec: str) -> RecordingError:
    """Return the error for sound in a form that no recorder writes."""
    return RecordingError(
        f"{name} holds sound of a kind that is not read ({codec})",
        hint="Open it in the program that made it, and export it as m4a, mp3 or wav.",
    )


def check_no_playlist(path: Path) -> None:
    """Raise RecordingError where a file that is not a recording begins as playlists do."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).lower()
    if any(start in head for start in _PLAYLIST) or _ADDRESS.search(head):
        raise RecordingError(
            f"{path.name} is not an audio file: it is a playlist, which only says where others lie",
            hint="Give the recording itself: the file that holds the sound.",
        )
