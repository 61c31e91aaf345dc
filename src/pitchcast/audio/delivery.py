"""How does a finished file come to its place whole, or not at all?"""

import errno
import os
import shutil
import tempfile
import time
from pathlib import Path

from pitchcast.audio.ffmpeg import no_space_left
from pitchcast.errors import AudioError

_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
_TRIES = 20
_WAIT_S = 0.05


def deliver_file(finished: Path, output: Path) -> None:
    """Move a file to *output* in one step; from another disk by way of a hidden copy beside it.

    Raises AudioError where *output* cannot be written.
    """
    try:
        _move(finished, output)
    except OSError as error:
        raise cannot_write(output, error) from error


def cannot_write(path: Path, error: OSError) -> AudioError:
    """Return the error for a file or folder that cannot be written, and why."""
    if error.errno in _FULL_DISK:
        return no_space_left(path.absolute().parent)
    return AudioError(f"cannot write {path}: {error.strerror}", hint="Choose another place, or free this one.")


def _move(finished: Path, output: Path) -> None:
    try:
        _replace(finished, output)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with tempfile.TemporaryDirectory(prefix=".pitchcast-", dir=output.absolute().parent) as folder:
            near = shutil.copyfile(finished, Path(folder) / finished.name)
            _replace(near, output)


def _replace(source: Path, target: Path) -> None:
    """Replace *target*; on Windows a reader or virus scanner may hold it for a moment."""
    for left in reversed(range(_TRIES)):
        try:
            source.replace(target)
        except PermissionError:
            if os.name != "nt" or not left:
                raise
            time.sleep(_WAIT_S)
        else:
            return
