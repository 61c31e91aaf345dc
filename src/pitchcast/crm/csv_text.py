"""The rows of a CSV text, whatever separates its cells, with the numbers that spreadsheet programs show."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from pitchcast.crm.header import find_header
from pitchcast.errors import TableError

_SEPARATORS = ",;\t|"
_MOST_CELLS = 100_000  # in a row
_CELL_LIMIT = 1_000_000  # characters; the csv module's own limit is too small for notes out of a CRM
_ENOUGH_CHARACTERS = 1_000_000  # hold the first rows


def find_separator(text: str, mapping: Sequence[str], header_row: int = 0) -> tuple[str, str]:
    """Return what separates cells, and the text after the line ``sep=;`` that Excel writes and reads.

    It is what divides the headers into most cells: those in *header_row* where that is said, else those that are
    recognised, else the first row.
    """
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.rstrip("\r")) == 5:
        return first[4], "\n" + rest  # an empty row instead, so that rows keep their numbers
    widths = {separator: _width(text, separator, header_row) for separator in _SEPARATORS}
    separators = sorted(_SEPARATORS, key=lambda separator: -widths[separator])  # of equal ones the first stays so
    for separator in separators if not header_row else ():
        if find_header(beginning_of(text, separator), mapping) is not None:
            return separator, text
    return separators[0], text


def beginning_of(text: str, separator: str, count: int = 50) -> list[list[str]]:
    """Return the first rows with a letter or digit in them, as far as they can be read."""
    reader = csv.reader(io.StringIO(text[:_ENOUGH_CHARACTERS], newline=""), delimiter=separator)
    rows: list[list[str]] = []
    try:
        rows.extend(islice((row for row in reader if _says_something(row)), count))
    except csv.Error:
        return rows
    return rows


def csv_rows(text: str, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every row with its number, empty ones too. Raises TableError naming the row that is not CSV."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    limit = csv.field_size_limit(_CELL_LIMIT)
    number, line = 0, 1
    try:
        for number, row in enumerate(reader, 1):
            if len(row) > _MOST_CELLS:
                what = f"{where}: row {number} (line {line}) has {len(row)} cells"
                raise TableError(what, hint="A line break may be missing there.")
            yield number, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            f"{where}: row {number + 1} (line {line}) is not CSV: {error}",
            hint="A quotation mark may be missing there, or one too many. Save the list again from the spreadsheet.",
        ) from error
    finally:
        csv.field_size_limit(limit)


def _width(text: str, separator: str, header_row: int) -> int:
    """Return into how many cells the row of that number is divided, without a number the first that says something."""
    if not header_row:
        return len(next(iter(beginning_of(text, separator, 1)), []))
    reader = csv.reader(io.StringIO(text[:_ENOUGH_CHARACTERS], newline=""), delimiter=separator)
    try:
        return len(next(islice(reader, header_row - 1, None), []))
    except csv.Error:
        return 0


def _says_something(row: list[str]) -> bool:
    return any(char.isalnum() for cell in row for char in cell)
