"""What goes back to whoever made a list: the rows that were turned down, to mend and import again."""

import re
from collections.abc import Iterable, Mapping

from pitchcast.crm.table import Table, write_csv

_ADDED = ("row", "reason")
_AROUND = r"\s“”\"'<>(),;"
_ADDRESS = re.compile(rf"(?<![^{_AROUND}])[^@{_AROUND}]*@[^{_AROUND}]+")
_QUOTED = re.compile(r"“([^“”]*)”")
_HIDDEN = "…"


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


def hide_addresses(table: Table, email_columns: Iterable[int], reasons: Mapping[int, str]) -> dict[int, str]:
    """Return the reasons as logs may hold them: without e-mail addresses, and without what was meant to be one."""
    columns = tuple(email_columns)
    rows = {row.number: row for row in table.rows if row.number in reasons}
    cells = {number: " ".join(_picked(row.cells, columns)) for number, row in rows.items()}
    return {number: _hidden(reason, cells.get(number, "")) for number, reason in reasons.items()}


def _hidden(reason: str, address: str) -> str:
    """Return a reason without addresses; what it quotes of the cell *address* goes too, also where that is not one."""
    plain = " ".join(address.split())
    without = _QUOTED.sub(lambda quoted: f"“{_HIDDEN}”" if quoted[1] in plain else quoted[0], reason)
    return _ADDRESS.sub(_HIDDEN, without)


def _own_columns(header: tuple[str, ...]) -> range:
    """Return the columns that an earlier list of rejects added; they are not handed on."""
    count = len(header)
    return range(count - 2, count) if header[-2:] == _ADDED else range(0)


def _picked(cells: tuple[str, ...], numbers: Iterable[int]) -> list[str]:
    return [cells[number] if number < len(cells) else "" for number in numbers]
