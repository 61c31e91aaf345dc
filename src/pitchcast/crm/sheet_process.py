"""The process in which a spreadsheet is read: little memory, a clock, and a look at sizes before any cell is read.

    python -P -m pitchcast.crm.sheet_process [SHEET] < list.xlsx > rows

A spreadsheet of a kilobyte can ask for a terabyte, and what reads it then ends the whole process. So that is a process
of its own: ``spreadsheet.py`` starts it. Its output is one JSON list of texts for each row, then one JSON object with
the name of the sheet and one for each other sheet; or a sentence and the exit code ``REFUSED``. The only user of
calamine, which ``pitchcast[xlsx]`` brings.
"""

import gc
import io
import re
import sys
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any
from xml.parsers import expat

import msgspec

REFUSED = 3
"""The exit code that comes with a sentence on stdout."""

NO_SHEET = 4
"""The exit code where the sheet that was said is not there, with a sentence on stdout too."""

LIMIT_S = 300.0
"""How long the whole may take; fifty times what a hundred thousand rows need."""

MOST_CELLS = 20_000_000
"""From the first cell to the last, empty ones too: what is read is a rectangle."""

_MEMORY_BYTES = 2 << 30
_MOST_UNPACKED_BYTES = 500_000_000
_MOST_PARTS = 10_000
_LETTERS = 26
_AT_ONCE = 1000  # rows that are written at once
_NAMED_SHEETS = 20  # in a message
_COUNTED_BYTES = 20_000_000  # in larger files the rows of further sheets are not counted
_LINES = msgspec.json.Encoder()
_EXACT = 2**53  # beyond it a spreadsheet's numbers have lost their last digits
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ROW = re.compile(rb'<row r="([0-9]{1,9})')
_FAR_COLUMN = re.compile(rb' r="([A-Z]{2,3})[0-9]')
_FAR_ROW = re.compile(rb' r="[A-Z]{1,3}([0-9]{6,9})"')
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,9})")
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, NotImplementedError)

Cell = int | float | str | bool | time | date | datetime | timedelta


class Refused(Exception):
    """Why a spreadsheet is not read."""

    code = REFUSED


class NoSheet(Refused):
    """Which sheets there are instead of the one that was said."""

    code = NO_SHEET


def main() -> int:
    """Read a spreadsheet from stdin and write its rows to stdout; return the exit code."""
    _limit_memory()
    gc.disable()  # all that is made here is needed until the end
    out = sys.stdout.buffer
    try:
        body = sys.stdin.buffer.read()
        check_sizes(body)
        workbook = _workbook(body)
        sheet = _sheet_meant(workbook, sys.argv[1] if len(sys.argv) > 1 else "")
        rows = _rows(workbook, sheet)
        for start in range(0, len(rows), _AT_ONCE):
            out.write(_LINES.encode_lines([row_text(row) for row in rows[start : start + _AT_ONCE]]))
        out.write(_LINES.encode_lines([{"sheet": [sheet]}]))
        out.flush()  # what follows may cost this process its life, and is not worth the list
        for other in _others(workbook, sheet):
            out.write(_LINES.encode_lines([{"sheet": [other, _count_rows(workbook, other, body)]}]))
        out.flush()
    except Refused as error:
        out.write(str(error).encode("utf-8", errors="replace"))
        return error.code
    return 0


def row_text(row: Sequence[Cell]) -> list[str]:
    """Return the cells of a row as text. Most are text already, and there may be millions."""
    return [cell if type(cell) is str else cell_text(cell) for cell in row]


def cell_text(cell: Cell) -> str:
    """Return a cell as its text: whole numbers without a point, times in ISO 8601.

    A whole number too long for a spreadsheet stays in the form that shows it (1.2E+20), for its digits are lost.
    """
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (int, float)):
        return str(int(cell)) if abs(cell) <= _EXACT and cell == int(cell) else f"{cell:G}"
    return cell.isoformat() if isinstance(cell, (datetime, date, time)) else str(cell)


def check_sizes(body: bytes) -> None:
    """Raise Refused where a spreadsheet unpacks to too much, or a sheet's cells reach too far.

    What is not a zip file (.xls) or not in XML (.xlsb) is bounded by the memory alone.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            found = parts.infolist()
            if len(found) > _MOST_PARTS or sum(part.file_size for part in found) > _MOST_UNPACKED_BYTES:
                raise Refused(f"it unpacks to more than {_MOST_UNPACKED_BYTES // 1_000_000} MB")
            for part in found:
                if _SHEET.fullmatch(part.filename):
                    _check_reach(parts.read(part), part.filename)
    except _BROKEN:
        return  # calamine says what is wrong


def _check_reach(sheet: bytes, name: str) -> None:
    """Raise Refused where the cells of a sheet span too many.

    The quick look goes by how spreadsheet programs write; what writes otherwise is bounded by the memory alone. These
    programs also format cells far beyond the last one, and cells without a value do not count.
    """
    columns = max((_number_of(column) for column in set(_FAR_COLUMN.findall(sheet))), default=_LETTERS)
    rows = max((int(row) for row in chain(_ROW.findall(sheet), _FAR_ROW.findall(sheet))), default=1)
    if columns * rows <= MOST_CELLS:
        return
    columns, rows = _reach_of_values(sheet)
    if columns * rows > MOST_CELLS:
        raise Refused(f"{name.rpartition('/')[2]} reaches as far as column {columns} and row {rows}")


def _reach_of_values(sheet: bytes) -> tuple[int, int]:
    """Return the last column and the last row in which a cell has a value, reading the whole sheet."""
    last = [1, 1]
    place = [0, 0]

    def start(tag: str, attributes: dict[str, str]) -> None:
        kind = tag.rpartition(":")[2]
        named = attributes.get("r", "")
        if kind == "row":
            place[:] = [0, int(named) if named.isdecimal() and len(named) < 10 else place[1] + 1]
        elif kind == "c":
            found = _PLACE.fullmatch(named)
            place[:] = [_number_of(found[1].encode()), int(found[2])] if found else [place[0] + 1, place[1]]
        elif kind in ("v", "is"):
            last[:] = [max(last[0], place[0]), max(last[1], place[1])]

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with suppress(expat.ExpatError):
        parser.Parse(sheet, True)
    return last[0], last[1]


def _number_of(column: bytes) -> int:
    """Return the number of a column: 1 for A, 27 for AA."""
    number = 0
    for letter in column.upper():
        number = number * 26 + letter - 64
    return number


def _workbook(body: bytes) -> Any:
    """Return the spreadsheet as calamine has it. Raises Refused."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(body))
    except (CalamineError, OSError, IndexError, ValueError) as error:
        raise Refused(f"it is no spreadsheet that can be read: {error}") from error


def _sheet_meant(workbook: Any, said: str) -> str:
    """Return the name of the sheet with that name or number, of the first one where nothing is said. Raises NoSheet."""
    names: list[str] = workbook.sheet_names
    wanted = said.strip().casefold()
    found = [name for name in names if name.strip().casefold() == wanted]
    if found:
        return found[0]
    number = int(said or "1") if (said or "1").isdecimal() and len(said) < 6 else 0
    if 1 <= number <= len(names):
        return names[number - 1]
    listed = ", ".join(f"{number} “{name}”" for number, name in enumerate(names[:_NAMED_SHEETS], 1))
    raise NoSheet(f"it has no sheet “{said}”; its sheets are {listed}")


def _rows(workbook: Any, name: str) -> list[list[Any]]:
    """Return the rows of a sheet, from its first row on, empty ones too. Raises Refused."""
    from python_calamine import CalamineError

    try:
        rows: list[list[Any]] = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError, ValueError) as error:
        raise Refused(f"it is no spreadsheet that can be read: {error}") from error
    return rows


def _others(workbook: Any, name: str) -> list[str]:
    """Return the names of the other sheets that people see; hidden ones hold what lists are chosen from."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible
        if sheet.typ == SheetTypeEnum.WorkSheet
        if sheet.name != name
    ]


def _count_rows(workbook: Any, name: str, body: bytes) -> int | None:
    """Return how many rows of a sheet have something in them, None where that takes too much or cannot be told."""
    if len(body) > _COUNTED_BYTES:
        return None
    try:
        rows = _rows(workbook, name)
    except Refused:
        return None
    return sum(any(cell != "" for cell in row) for row in rows)


def _limit_memory() -> None:
    """Let the system end this process rather than give it all the memory, where it can: not on Windows."""
    try:
        import resource
    except ImportError:
        return
    for kind, limit in ((resource.RLIMIT_AS, _MEMORY_BYTES), (resource.RLIMIT_CPU, int(LIMIT_S))):
        hard = resource.getrlimit(kind)[1]
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        with suppress(ValueError, OSError):  # macOS knows the first and does not hold it
            resource.setrlimit(kind, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
