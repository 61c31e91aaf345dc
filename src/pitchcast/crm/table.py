"""The rows of a list of prospects: CSV in whatever encoding and with whatever separator, or a spreadsheet.

Row numbers are those that a spreadsheet program shows: the header is row 1, and a row with line breaks in a cell is
one row.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pitchcast.crm.spreadsheet import is_spreadsheet, read_sheet
from pitchcast.errors import TableError

BROKEN = "\ufffd"
"""Stands where a byte was no text in the file's encoding."""

MAX_BYTES = 200_000_000
"""How large a list may be: a million rows."""

_MOST_COLUMNS = 2000
_MOST_CELLS = 100_000  # in a row
_SEPARATORS = ",;\t|"
_FORMULA = r"(?=[ '\"]*[=+\-@\t\r＝＋－＠])"  # what spreadsheet programs run [OWASP CSV injection]
_START = r"(^|[,;\t|\r\n])"
"""Where a cell begins, also for a program that takes another separator and so sees no quotation marks."""
_RUNNING = re.compile(_START + _FORMULA)
_STOPPED = re.compile(f"{_START}'{_FORMULA}")
_CELL_LIMIT = 1_000_000  # characters; the csv module's own limit is too small for notes out of a CRM
_ENOUGH_BYTES = 4096  # tell an encoding apart
_ENOUGH_CHARACTERS = 1_000_000  # hold the first row with something in it


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its number in a spreadsheet program, and its cells as text."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A list as it was given. ``rows`` are without the empty ones; ``separator`` is that of the CSV file."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    separator: str = ","


def read_table(body: bytes, where: str) -> Table:
    """Return the rows of a CSV file or of a spreadsheet's first sheet. Raises TableError, naming *where* it lies."""
    if is_spreadsheet(body):
        return _table(((number, row) for number, row in enumerate(read_sheet(body, where), 1)), where, ",")
    text = decode(body, where)
    separator, text = _separator(text)
    return _table(_csv_rows(text, separator, where), where, separator)


def write_csv(header: Iterable[str], rows: Iterable[Iterable[str]], separator: str = ",") -> str:
    """Return a CSV file in which no cell can become a formula: what would gets an apostrophe in front.

    ``read_table`` takes that apostrophe away again.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    writer.writerow([neutral(cell) for cell in header])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue()


def neutral(cell: str) -> str:
    """Return a cell that spreadsheet programs show instead of running it, whatever separator they take."""
    return _RUNNING.sub(r"\1'", cell)


def decode(body: bytes, where: str) -> str:
    """Return the text of a file in UTF-8, UTF-16 or Windows-1252, with or without a byte order mark.

    In a UTF-8 file with a few bytes that are none, those become ``BROKEN``. Raises TableError for anything else.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", errors="replace")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    start = body[:_ENOUGH_BYTES]
    if start.count(0) > len(start) // 4:
        return body.decode("utf-16-be" if start[:1] == b"\0" else "utf-16-le", errors="replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, where)


def _decode_other(body: bytes, where: str) -> str:
    """Return the text of a file that is not clean UTF-8: mostly UTF-8 all the same, or Windows-1252."""
    replaced = body.decode("utf-8", errors="replace")
    broken = replaced.count(BROKEN)
    if broken < sum(char > "\x7f" for char in replaced) - broken:
        return replaced
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError as error:
        raise TableError(
            f"{where} is neither UTF-8 nor UTF-16 nor Windows-1252 text (byte {error.start})",
            hint="Save it as CSV in UTF-8.",
        ) from error


def _separator(text: str) -> tuple[str, str]:
    """Return what separates cells, and the text after the line ``sep=;`` that Excel writes and reads."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip("\r")) == 5:
        return first[4], "\n" + rest  # an empty row instead, so that rows keep their numbers
    beginning = text[:_ENOUGH_CHARACTERS]
    widths = {separator: len(_first_row(beginning, separator)) for separator in _SEPARATORS}
    return max(_SEPARATORS, key=lambda separator: widths[separator]), text


def _first_row(text: str, separator: str) -> list[str]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return next((row for row in reader if any(char.isalnum() for cell in row for char in cell)), [])
    except csv.Error:
        return []


def _csv_rows(text: str, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    limit = csv.field_size_limit(_CELL_LIMIT)
    number, line = 0, 1
    try:
        for number, row in enumerate(reader, 1):
            if len(row) > _MOST_CELLS:
                what = f"{where}: row {number} (line {line}) has {len(row)} cells"
                raise TableError(what, hint="A line break may be missing there.")
            yield number, [_without_apostrophe(cell) for cell in row]
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            f"{where}: row {number + 1} (line {line}) is not CSV: {error}",
            hint="A quotation mark may be missing there, or one too many. Save the list again from the spreadsheet.",
        ) from error
    finally:
        csv.field_size_limit(limit)


def _table(rows: Iterable[tuple[int, list[str]]], where: str, separator: str) -> Table:
    filled = (TableRow(number, tuple(cells)) for number, cells in rows if any(cell.strip() for cell in cells))
    header = next(filled, None)
    if header is None:
        raise TableError(f"{where} is empty", hint="Give a list with a header row and one prospect a row.")
    if len(header.cells) > _MOST_COLUMNS:
        what = f"has {len(header.cells)} columns; a list of prospects has at most {_MOST_COLUMNS}"
        raise TableError(f"{where}: row {header.number} {what}", hint="Keep the columns that say who they are.")
    cells = tuple(cell.strip() for cell in header.cells)
    return Table(cells, tuple(filled), separator)


def _without_apostrophe(cell: str) -> str:
    """Return what a cell was before ``neutral``."""
    return _STOPPED.sub(r"\1", cell) if "'" in cell else cell
