"""The cells of a spreadsheet as text. They are read in a process of their own: see sheet_process.py."""

import importlib.util
import subprocess
import sys

import msgspec

from pitchcast.crm.sheet_process import LIMIT_S, REFUSED
from pitchcast.errors import TableError
from pitchcast.invocation import pip_install

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # .xlsx, .xlsb and .ods; .xls
_MOST_BYTES = 100_000_000
_AS_CSV = "Open it and save it again without a password, or as CSV in UTF-8."
_ROWS = msgspec.json.Decoder(list[str])


def is_spreadsheet(body: bytes) -> bool:
    """Return whether a file is a spreadsheet, by how it begins: names lie."""
    return body.startswith((_ZIP, _OLE))


def read_sheet(body: bytes, where: str) -> list[list[str]]:
    """Return the rows of the first sheet, from its first row on, empty ones too.

    Raises TableError where the file is damaged, locked, too large or made to do harm, or nothing to read it with is
    installed.
    """
    if importlib.util.find_spec("python_calamine") is None:
        raise TableError(
            f"{where} is a spreadsheet, and what reads it is not installed",
            hint=f"Save the list as CSV in UTF-8; or install it: {pip_install('pitchcast[xlsx]')}",
        )
    if len(body) > _MOST_BYTES:
        raise TableError(f"{where} has more than {_MOST_BYTES // 1_000_000} MB", hint="Save it as CSV in UTF-8.")
    done = _read_elsewhere(body, where)
    if done.returncode == REFUSED:
        raise TableError(f"{where}: {done.stdout.decode('utf-8', errors='replace')}", hint=_AS_CSV)
    if done.returncode != 0:
        raise TableError(
            f"{where} cannot be read: it takes more memory than a list needs, or is damaged",
            hint="Save the list alone, without what lies far away from it, as CSV in UTF-8.",
        )
    return _ROWS.decode_lines(done.stdout)


def _read_elsewhere(body: bytes, where: str) -> "subprocess.CompletedProcess[bytes]":
    """Return what the process said. It finds its modules as this one does, and none in the working folder."""
    command = [sys.executable, "-P", "-m", "pitchcast.crm.sheet_process"]
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
