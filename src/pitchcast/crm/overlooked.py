"""What a list holds that was not read: other sheets, and columns that look like addresses or names."""

import re
from collections.abc import Iterator

from pitchcast.crm.columns import Columns
from pitchcast.crm.spreadsheet import OtherSheet
from pitchcast.crm.table import Table
from pitchcast.model.naming import compare_form
from pitchcast.model.text import first_few

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")  # “mailto:” may stand before it
_LOOKED_AT = 500  # rows
_NAMED = 5  # sheets or columns
_SAYS_NAME = {"name", "names", "contact", "person", "ansprechpartner", "ansprechpartnerin", "nom", "nombre", "nome"}
_NO_PERSON = {"owner", "account", "company", "organization", "organisation", "deal", "file", "user", "id", "list"}
"""Words of headers whose columns name something else, or somebody of one's own."""


def overlooked(table: Table, columns: Columns) -> tuple[str, ...]:
    """Return sentences about what may have been meant too, as warnings; addresses themselves occur in none."""
    return (*table.warnings, *_sheets(table.others), *_addresses(table, columns), *_names(table, columns))


def _sheets(others: tuple[OtherSheet, ...]) -> Iterator[str]:
    filled = [other for other in others if other.rows != 0]
    if not filled:
        return
    named = first_few([f"“{other.name}”{_count(other.rows)}" for other in filled], _NAMED)
    yield f"not read were the sheets {named}; each is read with --sheet NAME"


def _count(rows: int | None) -> str:
    return "" if rows is None else f" ({rows:,} row{'' if rows == 1 else 's'})"


def _addresses(table: Table, columns: Columns) -> Iterator[str]:
    """Yield a sentence about columns that hold addresses and were not read."""
    used = {number for numbers in columns for number in numbers}
    found = [number for number in range(len(table.header)) if number not in used and _holds_addresses(table, number)]
    if found:
        named = ", ".join(f"“{table.header[number]}”" for number in found[:_NAMED])
        yield f"e-mail addresses are also in {named}, not read; to read another column: --map email=HEADER"


def _holds_addresses(table: Table, number: int) -> bool:
    cells = [row.cells[number] for row in table.rows[:_LOOKED_AT] if number < len(row.cells)]
    filled = [cell.strip() for cell in cells if cell.strip()]
    return 2 * sum(map(_is_address, filled)) > len(filled)


def _is_address(cell: str) -> bool:
    return "@" in cell and len(cell) < 300 and bool(_ADDRESS.fullmatch(cell))


def _names(table: Table, columns: Columns) -> Iterator[str]:
    """Yield a sentence about a column that may hold people's names, where prospects are named after companies."""
    named_after_companies = columns.name == columns.company
    if columns.first_name or columns.last_name or not named_after_companies:
        return
    used = {number for numbers in columns for number in numbers}
    found = [header for number, header in enumerate(table.header) if number not in used and _may_name_people(header)]
    if found:
        named = ", ".join(f"“{header}”" for header in found[:_NAMED])
        company = table.header[columns.company[0]]
        yield f"prospects are named after “{company}”; if {named} is meant, say so with --map name=HEADER"


def _may_name_people(header: str) -> bool:
    words = set(compare_form(header).split())
    return not words.isdisjoint(_SAYS_NAME) and words.isdisjoint(_NO_PERSON)
