"""The podcast:transcript document of an episode: WebVTT with times, plain text without."""

from pitchcast.model.transcript import Cue, Transcript

TYPES = {"vtt": "text/vtt", "txt": "text/plain"}
"""Media types of transcripts by the ending of their names."""


def render_transcript(transcript: Transcript) -> bytes:
    """Return a transcript, at the times of its audio, in UTF-8: the same one gives the same bytes."""
    if not transcript.cues:
        return f"{transcript.text}\n".encode()
    return "\n\n".join(["WEBVTT", *map(_cue, transcript.cues)]).encode() + b"\n"


def _cue(cue: Cue) -> str:
    voice = f"<v {_escaped(cue.speaker)}>" if cue.speaker else ""
    return f"{_time(cue.start_s)} --> {_time(cue.end_s)}\n{voice}{_escaped(cue.text)}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(moment_s: float) -> str:
    minutes, milliseconds = divmod(round(1000 * moment_s), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
