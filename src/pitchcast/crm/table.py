"""The rows of a list of prospects: CSV in whatever encoding and with whatever separator, or a spreadsheet.

Row numbers are those that a spreadsheet program shows: the first row is 1, and a row with line breaks in a cell is one
row.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from pitchcast.crm.csv_text import csv_rows, find_separator
from pitchcast.crm.encodings import decode
from pitchcast.crm.header import LOOKED_AT, find_header
from pitchcast.crm.spreadsheet import OtherSheet, is_spreadsheet, read_sheet
from pitchcast.errors import TableError, UsageError
from pitchcast.model.text import without_invisible

MAX_BYTES = 200_000_000
"""How large a list may be: a million rows."""

_MOST_COLUMNS = 2000
_FORMULA = r"(?=[ '\"]*[=+\-@\t\r＝＋－＠])"  # what spreadsheet programs run [OWASP CSV injection]
_START = r"(^|[,;\t|\r\n])"
"""Where a cell begins, also for a program that takes another separator and so sees no quotation marks."""
_RUNNING = re.compile(_START + _FORMULA)
_STOPPED = re.compile(f"{_START}'{_FORMULA}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """What was said of how a list is to be read. What was not said is found out.

    ``sheet`` is the name or the number of a spreadsheet's sheet, ``header_row`` the number of the row with the headers.
    """

    encoding: str = ""
    sheet: str = ""
    header_row: int = 0


FOUND_OUT = TableOptions()
"""Nothing was said: everything is found out."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its number in a spreadsheet program, and its cells as text."""

    number: int
    cells: tuple[str, ...]


class LeftOutLine(NamedTuple):
    """A row that is none of the list, by its number, and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """A list as it was given. ``rows`` are without the empty ones; ``separator`` is that of the CSV file.

    ``encoding`` is "" for a spreadsheet, whose further sheets are in ``others``. ``warnings`` say what is odd about it.
    """

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    separator: str = ","
    header_row: int = 1
    left_out: tuple[LeftOutLine, ...] = ()
    encoding: str = ""
    others: tuple[OtherSheet, ...] = ()
    warnings: tuple[str, ...] = ()


def read_table(body: bytes, where: str, options: TableOptions = FOUND_OUT, mapping: Sequence[str] = ()) -> Table:
    """Return the rows of a CSV file or of a sheet of a spreadsheet; *mapping* names headers as ``field=Header``.

    Raises TableError naming *where* it lies, UsageError where an option does not fit it, UnclearEncoding.
    """
    if is_spreadsheet(body):
        return _sheet_table(body, where, options, mapping)
    if options.sheet:
        raise UsageError(f"{where} is not a spreadsheet and has no sheets", hint="Leave --sheet out.")
    decoded = decode(body, where, options.encoding, mapping)
    separator, text = find_separator(decoded.text, mapping, options.header_row)
    rows = ((number, [_without_apostrophe(cell) for cell in row]) for number, row in csv_rows(text, separator, where))
    found = _find_list(rows, where, options.header_row, mapping)
    return Table(
        header=found.header,
        rows=found.rows,
        separator=separator,
        header_row=found.header_row,
        left_out=found.left_out,
        encoding=decoded.encoding,
        warnings=decoded.warnings,
    )


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


class _FoundList(NamedTuple):
    """The headers, the number of their row, the rows below, and those above."""

    header: tuple[str, ...]
    header_row: int
    rows: tuple[TableRow, ...]
    left_out: tuple[LeftOutLine, ...]


def _sheet_table(body: bytes, where: str, options: TableOptions, mapping: Sequence[str]) -> Table:
    if options.encoding:
        raise UsageError(f"{where} is a spreadsheet, whose encoding is known", hint="Leave --encoding out.")
    sheet = read_sheet(body, where, options.sheet)
    filled = next((other.name for other in sheet.others if other.rows), "")
    if filled and not any(cell.strip() for row in sheet.rows for cell in row):
        raise TableError(
            f"{where}: the sheet “{sheet.name}” is empty", hint=f'Say which one is meant: --sheet "{filled}"'
        )
    found = _find_list(enumerate(sheet.rows, 1), where, options.header_row, mapping)
    return Table(
        header=found.header,
        rows=found.rows,
        header_row=found.header_row,
        left_out=found.left_out,
        others=sheet.others,
    )


def _find_list(
    rows: Iterable[tuple[int, Sequence[str]]], where: str, header_row: int, mapping: Sequence[str]
) -> _FoundList:
    """Return the list among all rows: its headers stand in *header_row*, else where they are recognised, else first."""
    filled = _filled(rows)
    beginning = _beginning(filled, header_row)
    if not beginning:
        raise TableError(f"{where} is empty", hint="Give a list with a header row and one prospect a row.")
    position = len(beginning) - 1 if header_row else find_header([row.cells for row in beginning], mapping) or 0
    header = beginning[position]
    _check_header(header, where, header_row)
    return _FoundList(
        header=tuple(without_invisible(cell).strip() for cell in header.cells),
        header_row=header.number,
        rows=(*beginning[position + 1 :], *filled),
        left_out=tuple(LeftOutLine(row.number, "it stands above the headers") for row in beginning[:position]),
    )


def _filled(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[TableRow]:
    """Return the rows in which any cell holds something, one at a time as they are read."""
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            yield TableRow(number, tuple(cells))


def _check_header(header: TableRow, where: str, header_row: int) -> None:
    """Raise TableError where the headers do not stand in *header_row*, if one was said, or are too many."""
    if header_row and header.number != header_row:
        raise TableError(f"{where}: row {header_row} is empty", hint="Say which row has the headers: --header-row N.")
    if len(header.cells) > _MOST_COLUMNS:
        what = f"has {len(header.cells)} columns; a list of prospects has at most {_MOST_COLUMNS}"
        raise TableError(f"{where}: row {header.number} {what}", hint="Keep the columns that say who they are.")


def _beginning(rows: Iterator[TableRow], header_row: int) -> list[TableRow]:
    """Return the rows up to *header_row*, or where none was said as many as may hold the headers."""
    if not header_row:
        return list(islice(rows, LOOKED_AT))
    taken = []
    for row in rows:
        taken.append(row)
        if row.number >= header_row:
            break
    return taken


def _without_apostrophe(cell: str) -> str:
    """Return what a cell was before ``neutral``."""
    return _STOPPED.sub(r"\1", cell) if "'" in cell else cell
