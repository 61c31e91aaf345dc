"""Which row holds the headers: CRMs print titles, filters and notes above a list."""

from collections.abc import Sequence

from pitchcast.crm.columns import mapped_headers, recognised_fields
from pitchcast.model.naming import compare_form

LOOKED_AT = 50
"""So many of the first rows may hold the headers, empty ones not counted."""

_NAMES = {"name", "first_name", "last_name", "company"}
_LONGEST_HEADER = 200  # characters; what is longer is a note
_MOST_COLUMNS = 2000


def find_header(rows: Sequence[Sequence[str]], mapping: Sequence[str]) -> int | None:
    """Return the position of the headers among the first rows, None where none of them is recognised.

    They stand in more columns than whatever is printed above them. A header alone proves nothing: “Contact” may be a
    report's title; so two fields are asked for, or all the headers that *mapping* names.
    """
    widest = 0
    for position, cells in enumerate(rows[:LOOKED_AT]):
        filled = sum(1 for cell in cells if cell.strip())
        if filled > widest and _are_headers(cells, mapping):
            return position
        widest = max(widest, filled)
    return None


def _are_headers(cells: Sequence[str], mapping: Sequence[str]) -> bool:
    forms = {compare_form(cell) for cell in cells[:_MOST_COLUMNS] if len(cell) <= _LONGEST_HEADER}
    wanted = mapped_headers(mapping)
    if wanted:
        return wanted <= forms
    fields = recognised_fields(forms)
    return len(fields) > 1 and not fields.isdisjoint(_NAMES)
