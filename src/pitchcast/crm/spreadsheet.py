"""What text do the cells of a spreadsheet hold? The only user of calamine, which ``pitchcast[xlsx]`` brings."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pitchcast.errors import TableError

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # .xlsx, .xlsb and .ods; .xls
_EXACT = 2**53  # beyond it a spreadsheet's numbers have lost their last digits

Cell = int | float | str | bool | time | date | datetime | timedelta


def is_spreadsheet(body: bytes) -> bool:
    """Return whether a file is a spreadsheet, by how it begins: names lie."""
    return body.startswith((_ZIP, _OLE))


def read_sheet(body: bytes, where: str) -> Iterator[list[str]]:
    """Yield the rows of the first sheet, from its first row on, empty ones too.

    Raises TableError where the file is damaged or locked, or nothing to read it with is installed.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ImportError as error:
        raise TableError(
            f"{where} is a spreadsheet, and what reads it is not installed",
            hint='Install it: pip install "pitchcast[xlsx]"; or save the list as CSV in UTF-8.',
        ) from error
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(body))
        sheet = workbook.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise TableError(
            f"{where} is no spreadsheet that can be read: {error}",
            hint="Open it and save it again without a password, or as CSV in UTF-8.",
        ) from error
    for row in rows:
        yield [cell_text(cell) for cell in row]


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
