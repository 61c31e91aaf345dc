"""The cells of a spreadsheet as text. They are read in a process of their own: see sheet_process.py."""

import importlib.util
import subprocess
import sys
from typing import NamedTuple

import msgspec

from pitchcast.crm.sheet_process import LIMIT_S, NO_SHEET, REFUSED
from pitchcast.errors import TableError
from pitchcast.invocation import pip_install

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # .xlsx, .xlsb and .ods; .xls
_MOST_BYTES = 100_000_000
_AS_CSV = "Open it and save it again without a password, or as CSV in UTF-8."
_HINTS = {REFUSED: _AS_CSV, NO_SHEET: "Give one of these, by name or number: --sheet 2"}
_ROWS = msgspec.json.Decoder(list[str])


class OtherSheet(NamedTuple):
    """A sheet that was not read, and how many of its rows have something in them, None where that is not known."""

    name: str
    rows: int | None = None


class Sheet(NamedTuple):
    """A sheet: its rows from the first one on, empty ones too, its name, and the other sheets that people see."""

    rows: list[list[str]]
    name: str
    others: tuple[OtherSheet, ...]


def is_spreadsheet(body: bytes) -> bool:
    """Return whether a file is a spreadsheet, by how it begins: names lie."""
    return body.startswith((_ZIP, _OLE))


def read_sheet(body: bytes, where: str, said: str = "") -> Sheet:
    """Return the sheet of that name or number, else the first one.

    Raises TableError where the file is damaged, locked, too large or made to do harm, has no such sheet, or nothing to
    read it with is installed.
    """
    if importlib.util.find_spec("python_calamine") is None:
        raise TableError(
            f"{where} is a spreadsheet, and what reads it is not installed",
            hint=f"Save the list as CSV in UTF-8; or install it: {pip_install('pitchcast[xlsx]')}",
        )
    if len(body) > _MOST_BYTES:
        raise TableError(f"{where} has more than {_MOST_BYTES // 1_000_000} MB", hint="Save it as CSV in UTF-8.")
    done = _read_elsewhere(body, where, said)
    if done.returncode in _HINTS:
        hint = _HINTS[done.returncode]
        raise TableError(f"{where}: {done.stdout.decode('utf-8', errors='replace')}", hint=hint)
    end = 0 if done.stdout.startswith(b"{") else done.stdout.find(b"\n{") + 1
    if not done.stdout.startswith(b"{", end):
        raise TableError(
            f"{where} cannot be read: it takes more memory than a list needs, or is damaged",
            hint="Save the list alone, without what lies far away from it, as CSV in UTF-8.",
        )
    read, *others = _complete_lines(done.stdout[end:])
    return Sheet(_ROWS.decode_lines(done.stdout[:end]), read.name, tuple(others))


def _complete_lines(lines: bytes) -> list[OtherSheet]:
    """Return what is said of sheets; the last line is cut where the process ended over it."""
    decoder = msgspec.json.Decoder(dict[str, OtherSheet])
    return [decoder.decode(line)["sheet"] for line in lines.split(b"\n") if line.endswith(b"}")]


def _read_elsewhere(body: bytes, where: str, said: str) -> "subprocess.CompletedProcess[bytes]":
    """Return what the process said. It finds its modules as this one does, and none in the working folder."""
    command = [sys.executable, "-P", "-m", "pitchcast.crm.sheet_process", said.replace("\0", "")]
    try:
        return subprocess.run(
            command,
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise TableError(f"{where} takes longer to read than any list", hint=_AS_CSV) from error
    except OSError as error:
        raise TableError(
            f"{where} cannot be read: no process can be started for it ({error.strerror})",
            hint="Save it as CSV in UTF-8.",
        ) from error
