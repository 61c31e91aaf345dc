"""Whether a pitchcast.toml that nobody named may be obeyed: anybody with an account may have put one above a folder."""

import os
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path

from pitchcast.errors import ConfigError
from pitchcast.invocation import typed_command

_WRITABLE = "can be changed by everybody on this computer"


def refuse_foreign(path: Path, start: Path, typed: Sequence[str]) -> None:
    """Raise ConfigError for a file that was found from the folder *start* upwards and may be another user's trick.

    *typed* is the command, for a hint that can be run as it stands; empty where there was none.
    """
    reason = why_foreign(path, start)
    if not reason:
        return
    close = f"If it is yours, close it: chmod o-w {shlex.quote(str(path))}. " if reason == _WRITABLE else ""
    line = typed_command("--config", path, *typed)
    use = (
        f"To use it all the same, run: {line}" if typed else f"To use it all the same, name it: PITCHCAST_CONFIG={path}"
    )
    raise ConfigError(f"{path} {reason}, so it is not obeyed unless you name it", hint=close + use)


def why_foreign(path: Path, start: Path) -> str:
    """Return what makes a file that was found from *start* upwards doubtful, "" where nothing does.

    It must be the user's own, and so must be the link where it is one; in the folder *start* itself, into which the
    user went, it may also be of that folder's owner. On Windows, which tells no owner, a file above must lie in the
    user's own folder.
    """
    is_here = path.parent == start
    if not hasattr(os, "geteuid"):
        is_at_home = path.is_relative_to(Path.home().resolve())
        return "" if is_here or is_at_home else "lies above the working folder and outside your user folder"
    owners = {os.geteuid(), start.stat().st_uid} if is_here else {os.geteuid()}
    for found in _looks_at(path):
        if found.st_uid not in owners:
            return f"belongs to {_name_of(found.st_uid)}, another user of this computer"
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & stat.S_IWOTH:
            return _WRITABLE
    return ""


def _looks_at(path: Path) -> list[os.stat_result]:
    """Return what is known of a name, and of the file that it leads to if there is one."""
    return [path.lstat(), *([path.stat()] if path.exists() else [])]


def _name_of(uid: int) -> str:
    import pwd  # there is none on Windows

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the user with the number {uid}"
