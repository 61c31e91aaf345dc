"""Puts a finished file in its place whole, or not at all."""

import errno
import shutil
import tempfile
from pathlib import Path

from pitchcast.audio.ffmpeg import no_space_left
from pitchcast.errors import AudioError
from pitchcast.files import retried

_FULL_DISK = (errno.ENOSPC, errno.EDQUOT)


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
        retried(lambda: finished.replace(output))
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with tempfile.TemporaryDirectory(prefix=".pitchcast-", dir=output.absolute().parent) as folder:
            near = Path(shutil.copyfile(finished, Path(folder) / finished.name))
            retried(lambda: near.replace(output))
