"""What became of each feed, written down as the build goes: a line of JSON each, which a killed build leaves too."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec

from pitchcast.errors import FileError, UsageError
from pitchcast.model.token import mask_tokens
from pitchcast.site.executors import FolderDone


@contextmanager
def reporting(file: Path | None) -> Iterator[Callable[[FolderDone], None]]:
    """Give a callable that writes a line for each feed as soon as it is done; no address is in the file.

    Raises UsageError at the beginning where the file cannot be written, before anything is done. Where it cannot be
    written to its end, the build goes on, and FileError is raised when it is over.
    """
    if file is None:
        yield _forget
        return
    try:
        lines = file.open("w", encoding="utf-8", errors="replace")
    except OSError as error:
        hint = "Name a file in a folder that exists."
        raise UsageError(f"--report: cannot write {file}: {error.strerror}", hint=hint) from error
    report = _ReportFile(lines)
    yield report
    report.close()
    if report.failure:
        raise FileError(
            f"--report: {file} could not be written to its end: {report.failure.strerror}; the build is done",
            hint="Make room there, then run the same command again: what is right already is left alone.",
        )


class _ReportFile:
    """The file while it is written; ``failure`` is why it ends too early."""

    def __init__(self, lines: TextIO) -> None:
        self.failure: OSError | None = None
        self._lines = lines

    def __call__(self, folder: FolderDone) -> None:
        """Write a line and hand it to the system, so that it stays when this process is killed."""
        if self.failure:
            return
        try:
            self._lines.write(json.dumps(_said(folder), ensure_ascii=False) + "\n")
            self._lines.flush()
        except OSError as error:
            self.failure = error

    def close(self) -> None:
        """Close the file."""
        try:
            self._lines.close()
        except OSError as error:
            self.failure = self.failure or error


def _said(folder: FolderDone) -> dict[str, object]:
    """Return what a line says of a feed."""
    line = {"feed": folder.feed, **msgspec.structs.asdict(folder.built), "fetched_again": folder.fetched_again}
    del line["feeds"], line["duration_s"]
    return {**line, "error": mask_tokens(folder.error.message) if folder.error else ""}


def _forget(_folder: FolderDone) -> None:
    pass
