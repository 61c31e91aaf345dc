"""What goes back to whoever made a list: the rows that were turned down, to mend and import again."""

from collections.abc import Iterable, Mapping

from pitchcast.crm.table import Table, write_csv

_ADDED = ("row", "reason")


def render_rejects(table: Table, reasons: Mapping[int, str]) -> bytes:
    """Return the rows with these numbers as CSV: their own columns as they were, then number and reason.

    It begins with a byte order mark, by which spreadsheet programs know UTF-8.
    """
    rows = [row for row in table.rows if row.number in reasons]
    width = max(len(table.header), *(len(row.cells) for row in rows), 0)
    kept = [number for number in range(width) if number not in _own_columns(table.header)]
    header = [*_picked(table.header, kept), *_ADDED]
    lines = [[*_picked(row.cells, kept), str(row.number), reasons[row.number]] for row in rows]
    return write_csv(header, lines, table.separator).encode("utf-8-sig", errors="replace")


def _own_columns(header: tuple[str, ...]) -> range:
    """Return the columns that an earlier list of rejects added; they are not handed on."""
    count = len(header)
    return range(count - 2, count) if header[-2:] == _ADDED else range(0)


def _picked(cells: tuple[str, ...], numbers: Iterable[int]) -> list[str]:
    return [cells[number] if number < len(cells) else "" for number in numbers]
