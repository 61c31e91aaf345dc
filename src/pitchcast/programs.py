"""Other programs on this computer: found by absolute path, never in the working folder.

Recordings and lists arrive in folders of downloads, where a file may be called ``ffmpeg`` or ``pbcopy.exe``. Python's
``shutil.which`` looks into the working folder first on Windows, and elsewhere where PATH has ``.`` or an empty entry.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_CLIPBOARD_S = 5.0
_OPENING_S = 5.0
_LINUX_CLIPBOARDS = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)


_running: set[subprocess.Popen[bytes]] = set()


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let ``end_programs`` know of a program that was started, as long as it is needed."""
    _running.add(process)
    try:
        yield
    finally:
        _running.discard(process)


def end_programs() -> None:
    """End the programs that are running for this process; whoever waits for one finds it ended."""
    for process in tuple(_running):
        with suppress(OSError):
            process.kill()


def find_program(name: str) -> Path | None:
    """Return the absolute path of the program called *name* in one of PATH's folders, or None.

    On Windows only ``name.exe`` counts: scripts are left to those who call them.
    """
    file_name = f"{name}.exe" if sys.platform == "win32" else name
    return next((path for folder in search_folders() if is_program(path := Path(folder, file_name))), None)


def search_folders() -> list[str]:
    """Return the folders that PATH names absolutely, in their order."""
    named = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [folder for entry in named if Path(folder := entry.strip('"')).is_absolute()]


def is_program(path: Path) -> bool:
    """Return whether a file is there that may be run."""
    return path.is_file() and os.access(path, os.X_OK)


def feed_program(command: Sequence[str], body: bytes, most_s: float) -> int | None:
    """Run a program that reads *body*, and return its exit code, None where it was ended after *most_s* seconds.

    Raises OSError where it cannot be run.
    """
    try:
        return subprocess.run(command, input=body, stdout=subprocess.DEVNULL, timeout=most_s, check=False).returncode
    except subprocess.TimeoutExpired:
        return None


def forget_working_folder() -> None:
    """Keep this process, its libraries and the programs it starts from looking for programs in the working folder."""
    os.environ["PATH"] = _absolute_path()
    if sys.platform == "win32":
        os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"  # asked for by CreateProcess and others


def copy_to_clipboard(text: str) -> bool:
    """Put a text on the clipboard with the system's own program, and return whether that went well."""
    return any(_took(command, text) for command in _clipboards())


def open_mail(link: str) -> bool:
    """Open a ``mailto:`` link in the user's mail program, and return whether there seems to be one."""
    return _open(link)


def open_page(url: str) -> bool:
    """Open a page in the user's browser, and return whether there seems to be one."""
    return url.startswith(("https://", "http://")) and _open(url)


def _open(link: str) -> bool:
    if sys.platform == "win32":
        with suppress(OSError):  # no program is registered for it
            os.startfile(link)  # noqa: S606 - a link, which Windows gives to the program registered for its kind
            return True
        return False
    opener = _opener()
    return opener is not None and _opened(opener, link)


def clipboard_names() -> list[str]:
    """Return the programs that are asked to take a text here, for a message that there is none."""
    if sys.platform == "win32":
        return ["clip"]
    return ["pbcopy"] if sys.platform == "darwin" else [name for name, *_ in _LINUX_CLIPBOARDS]


def _clipboards() -> list[list[str]]:
    """Return the commands that take a text, best first. Linux has several: which one works depends on the desktop."""
    if sys.platform == "win32":
        return _command(_system_folder() / "clip.exe")
    if sys.platform == "darwin":
        return _command(Path("/usr/bin/pbcopy"))
    found = ((find_program(name), options) for name, *options in _LINUX_CLIPBOARDS)
    return [[str(path), *options] for path, options in found if path]


def _command(program: Path) -> list[list[str]]:
    return [[str(program)]] if is_program(program) else []


def _system_folder() -> Path:
    return Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32")


def _opener() -> Path | None:
    """Return the program that opens links: on Linux the one that BROWSER names absolutely comes first."""
    if sys.platform == "darwin":
        return Path("/usr/bin/open")
    wanted = Path(os.environ.get("BROWSER", ""))
    return wanted if wanted.is_absolute() and is_program(wanted) else find_program("xdg-open")


def _took(command: Sequence[str], text: str) -> bool:
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(
            command,
            input=_encoded(text),
            stdout=quiet,
            stderr=quiet,
            cwd=Path(command[0]).parent,
            env=_environment(),
            timeout=_CLIPBOARD_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _encoded(text: str) -> bytes:
    """Return a text as the clipboard's program reads it: Windows' own takes UTF-16 for what is not ASCII."""
    return text.encode("utf-16" if sys.platform == "win32" and not text.isascii() else "utf-8")


def _opened(opener: Path, link: str) -> bool:
    """Start *opener* and return whether it ended well, or is still at it: some go on until the mail is sent."""
    quiet = subprocess.DEVNULL
    try:
        started = subprocess.Popen(
            [str(opener), link],
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            cwd=opener.parent,
            env=_environment(),
            start_new_session=True,
        )
        return started.wait(_OPENING_S) == 0
    except subprocess.TimeoutExpired:
        return True
    except OSError:
        return False


def _environment() -> dict[str, str]:
    """Return the environment of a program that is started: ``xdg-open`` is a script that looks for others itself."""
    return {**os.environ, "PATH": _absolute_path()}


def _absolute_path() -> str:
    """Return PATH without the working folder; an empty one would name it again."""
    default = str(_system_folder()) if sys.platform == "win32" else os.defpath
    return os.pathsep.join(search_folders()) or default
