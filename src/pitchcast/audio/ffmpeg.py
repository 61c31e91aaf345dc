"""Finds ffmpeg, runs it, and explains what it complains of. The only module that starts it."""

import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, cast

from pitchcast.audio.allowed import RECORDING, InputKind, about_the_sound, is_decoder_refused, unknown_codec
from pitchcast.errors import AudioError, PitchcastError, RecordingError
from pitchcast.invocation import pip_install, pitchcast_command
from pitchcast.programs import find_program, is_program, running

if sys.platform == "linux":
    import fcntl

LogLine = Callable[[str], None]

_QUIET = ("-hide_banner", "-nostdin", "-nostats")
_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would flash a console for each run
_LINES_KEPT = 60
_PIPE_BYTES = 1 << 20
_FLOOR = "6.1"
_FLOOR_RELEASE = (6, 1)
_FLOOR_LIBRARY = (60, 16)  # libavformat of that release: a build from git has no other number
_RELEASE = re.compile(r"^ffmpeg version n?(\d+)\.(\d+)")
_LIBRARY = re.compile(r"^libavformat +(\d+)\. *(\d+)", re.MULTILINE)
_POSITION = re.compile(rb"out_time_us=(\d+)")
_DAMAGED = (  # what ffmpeg says, in lower case
    "moov atom not found",
    "invalid data found",
    "error while decoding",
    "could not find codec parameters",
    "failed to find two consecutive",
    "end of file",
    "unknown format",
    "decoding requested",
)
_NO_DECODER = re.compile(r"Decoder [^ ]+ not found")
_DECODER = re.compile(r"\[dec:(\w+) @")
_FULL = re.compile(r"No space left on device|There is not enough space on the disk|Disk quota exceeded")


def find_ffmpeg() -> Path:
    """Return the program: ``PITCHCAST_FFMPEG``, else the imageio-ffmpeg wheel's, else the one on PATH.

    Raises AudioError where there is none, where PITCHCAST_FFMPEG names nothing, or where it is older than 6.1.
    """
    named = os.environ.get("PITCHCAST_FFMPEG", "")
    if named:
        return _young_enough(_named_program(named))
    bundled = _bundled_program()
    if bundled:
        return bundled
    found = find_program("ffmpeg")
    if not found:
        raise AudioError(
            "ffmpeg is not installed",
            hint="Set PITCHCAST_FFMPEG to the path of an ffmpeg program; or run: "
            f"{pip_install('--upgrade', 'imageio-ffmpeg')}",
        )
    return _young_enough(found)


def ffmpeg_version() -> str:
    """Return the first line that the program prints about itself, such as ``ffmpeg version 7.1``."""
    return _version_of(_said_by(find_ffmpeg()))


def input_of(source: Path | None, kind: InputKind = RECORDING) -> list[str]:
    """Return the arguments that open a file, or with None what arrives on standard input: the only way to do so.

    Whatever *kind* does not list is refused, also inside a file: a playlist that calls itself a recording must not make
    ffmpeg read another file or fetch an address. The ``file:`` keeps names such as ``-x.mp3`` or ``a:b.wav`` from being
    read as options and protocols.
    """
    protocol, address = ("file", f"file:{source.absolute()}") if source else ("pipe", "pipe:0")
    allowed = ["-protocol_whitelist", protocol, "-format_whitelist", kind.formats, "-codec_whitelist", kind.decoders]
    return [*allowed, *kind.options, "-i", address]


def run_ffmpeg(
    arguments: Sequence[str],
    *,
    recording: Path | None = None,
    folder: Path | None = None,
    on_log: LogLine | None = None,
    on_position: Callable[[float], None] | None = None,
) -> str:
    """Run ffmpeg to its end and return the last lines of its log.

    ``on_log`` is given each line of the log, from another thread; ``on_position`` the seconds of output so far.
    A failure becomes RecordingError about ``recording`` or AudioError, naming ``folder`` where the disk is full.
    """
    with _started([*_QUIET, "-progress", "pipe:1", *arguments], stdout=subprocess.PIPE) as process:
        log = _Log(process, on_log)
        for line in _pipe(process.stdout):
            position = _POSITION.match(line)
            if position and on_position:
                on_position(int(position[1]) / 1e6)
        return _ended(process, log, recording, folder)


@contextmanager
def sample_stream(
    arguments: Sequence[str], *, recording: Path | None = None, on_log: LogLine | None = None
) -> Iterator[IO[bytes]]:
    """Give the bytes that ffmpeg writes to ``pipe:1``; errors of the run are raised when the block ends."""
    with _started([*_QUIET, *arguments], stdout=subprocess.PIPE) as process:
        log = _Log(process, on_log)
        yield _pipe(process.stdout)
        _pipe(process.stdout).read()
        _ended(process, log, recording, None)


@contextmanager
def fed_ffmpeg(arguments: Sequence[str], *, folder: Path | None = None) -> Iterator[IO[bytes]]:
    """Give the pipe that ffmpeg reads as ``pipe:0``; it ends with the block, and its errors are raised then."""
    with _started([*_QUIET, *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        log = _Log(process, None)
        try:
            yield _pipe(process.stdin)
            _pipe(process.stdin).close()
        except BrokenPipeError:  # it ended first, and its log says why
            _ended(process, log, None, folder)
            raise
        _ended(process, log, None, folder)


def read_log(arguments: Sequence[str], on_log: LogLine) -> None:
    """Run ffmpeg and give each line of its log to *on_log*, however the run ends.

    What it writes to ``pipe:1`` is not wanted. But it should write there: it ends once nobody reads, also where this
    process was killed.
    """
    with _started([*_QUIET, *arguments], stdout=subprocess.PIPE) as process:
        log = _Log(process, on_log)
        for _ in _pipe(process.stdout):
            pass
        log.text()


def describe_file(path: Path) -> str:
    """Return ffmpeg's description of a file: the log of opening it, whether or not that worked."""
    with _started(["-hide_banner", "-nostdin", *input_of(path)], stdout=subprocess.DEVNULL) as process:
        log = _Log(process, None, keep=4000)
        process.wait()
        return log.text()


def _named_program(named: str) -> Path:
    """Return what PITCHCAST_FFMPEG names: a program by its whole path, or by its name on PATH."""
    given = Path(named)
    found = given if given.is_absolute() and is_program(given) else None
    if given.name == named:
        found = find_program(named)
    if not found:
        raise AudioError(
            f"PITCHCAST_FFMPEG names {named}, which is not a program",
            hint="Set it to the whole path of an ffmpeg program, from the root of the disk, or unset it.",
        )
    return found


@cache
def _young_enough(program: Path) -> Path:
    """Return *program* after asking once for its version. Raises AudioError where it is too old, or another program."""
    said = _said_by(program)
    version = _version_of(said)
    release, library = _RELEASE.search(said), _LIBRARY.search(said)
    if release:
        too_old = (int(release[1]), int(release[2])) < _FLOOR_RELEASE
    else:
        too_old = library is not None and (int(library[1]), int(library[2])) < _FLOOR_LIBRARY
    if too_old:
        raise AudioError(
            f"{program} is too old ({version}): ffmpeg {_FLOOR} or newer is needed",
            hint="Install a newer one; or unset PITCHCAST_FFMPEG and run: "
            f"{pip_install('--upgrade', 'imageio-ffmpeg')}",
        )
    return program


def _said_by(program: Path) -> str:
    """Return what *program* prints about itself. Raises AudioError where it is not ffmpeg."""
    with _started(["-version"], stdout=subprocess.PIPE, program=program) as process:
        said = _pipe(process.stdout).read().decode("utf-8", errors="replace").strip()
    if not said.startswith("ffmpeg version"):
        raise AudioError(f"{program} is not ffmpeg", hint="Correct or unset PITCHCAST_FFMPEG.")
    return said


def _version_of(said: str) -> str:
    return said.partition("\n")[0].partition(" Copyright")[0].strip()


def _bundled_program() -> Path | None:
    try:
        import imageio_ffmpeg
    except ImportError:
        return None
    try:
        # Looked up without IMAGEIO_FFMPEG_EXE and PATH: this project's own rule says what comes before what.
        found = Path(imageio_ffmpeg.__file__).parent / "binaries"
        return next((file for file in sorted(found.glob("ffmpeg*")) if os.access(file, os.X_OK)), None)
    except OSError:
        return None


@contextmanager
def _started(
    arguments: Sequence[str], *, stdout: int, stdin: int = subprocess.DEVNULL, program: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    program = program or find_ffmpeg()
    try:
        process = subprocess.Popen(
            [str(program), *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE if "-version" not in arguments else subprocess.DEVNULL,
            creationflags=_NO_WINDOW,
        )
    except OSError as error:
        raise AudioError(
            f"{program} does not start: {error.strerror}", hint=f"Run: {pitchcast_command('doctor')}"
        ) from error
    for pipe in (process.stdin, process.stdout):
        _widen(pipe)
    try:
        with running(process):
            yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with suppress(BrokenPipeError):  # what was still to be written is no longer wanted
                    pipe.close()


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe hold more, where the system can (Linux), so that both ends wait for each other less often."""
    if pipe and sys.platform == "linux":
        with suppress(OSError):  # the user's pipes hold as much as they may already
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", end)  # Popen has it where PIPE was asked for


class _Log:
    """The log of a run, read by a thread of its own so that a full pipe never stops ffmpeg."""

    def __init__(self, process: subprocess.Popen[bytes], on_log: LogLine | None, keep: int = _LINES_KEPT) -> None:
        self._lines: deque[str] = deque(maxlen=keep)
        self._thread = threading.Thread(target=self._read, args=(_pipe(process.stderr), on_log), daemon=True)
        self._thread.start()

    def _read(self, pipe: IO[bytes], on_log: LogLine | None) -> None:
        try:
            for raw in pipe:
                line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
                if "lavfi." not in line:
                    self._lines.append(line)
                if on_log:
                    on_log(line)
        except ValueError:  # the pipe was closed because the run was given up
            return

    def text(self) -> str:
        self._thread.join()
        return "\n".join(self._lines)


def _ended(process: subprocess.Popen[bytes], log: _Log, recording: Path | None, folder: Path | None) -> str:
    code = process.wait()
    text = log.text()
    if code != 0:
        raise _translated(text, recording, folder)
    return about_the_sound(text)


def _translated(text: str, recording: Path | None, folder: Path | None) -> PitchcastError:
    if _FULL.search(text):
        return no_space_left(folder)
    codec = _unopened(text)
    if recording and is_decoder_refused(text, codec):
        return unknown_codec(recording.name, codec)
    text = about_the_sound(text)
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "no reason given").strip()
    if recording and _is_about_damage(text):
        return RecordingError(
            f"{recording.name} cannot be decoded: it is damaged, cut short or protected",
            hint="Play it to its end on the device it came from, and copy or export it again.",
        )
    about = f" on {recording.name}" if recording else ""
    return AudioError(f"ffmpeg failed{about}: {last}", hint=f"Run: {pitchcast_command('doctor')}")


def _unopened(log: str) -> str:
    """Return the codec whose decoder did not open; "" where all did."""
    lines = (line for line in log.splitlines() if "Error while opening decoder" in line)
    found = _DECODER.search(next(lines, ""))
    return found[1] if found else ""


def _is_about_damage(log: str) -> bool:
    return any(said in log.lower() for said in _DAMAGED) or bool(_NO_DECODER.search(log))


def no_space_left(folder: Path | None, needed_bytes: int = 0) -> AudioError:
    """Return the error for a full disk; it names the folder and, where known, the space that the work needs."""
    need = f"; about {_in_words(needed_bytes)} are needed" if needed_bytes else ""
    return AudioError(
        f"no space left in {folder or 'the folder for temporary files'}{need}",
        hint="Free some space there, or name a folder on another disk for temporary files.",
    )


def _in_words(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{max(1, round(size_bytes / 1e6))} MB"
