"""The prospects that a list names: rows become entries; a row that cannot is turned down with a reason."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pitchcast.crm.columns import Columns
from pitchcast.crm.encodings import BROKEN
from pitchcast.crm.table import Table, TableRow
from pitchcast.errors import UsageError
from pitchcast.model.external_ids import IdKind, RecordId, parse_id_kind, record_id
from pitchcast.model.prospect import check_address, parse_addressing
from pitchcast.model.steps.import_list import Entry, Rejected
from pitchcast.model.text import check_line, without_invisible

_NO_NAMES = {
    "n/a",
    "n.a",
    "na",
    "null",
    "none",
    "nan",
    "unknown",
    "not provided",
    "no name",
}  # what systems write for none
_ADDRESS_IN_NAME = re.compile(r"\S@\S")
_SHORTENED = re.compile(r"\d[.,]\d+E\+\d+", re.IGNORECASE)  # 1.23457E+12: what a spreadsheet makes of a long number
_FORMULA = re.compile(r"(?:^|\s)(?:[=＝]\S|[+\-@＋－＠][A-Z][A-Z0-9.]*\()", re.IGNORECASE)  # =A1&B1, +SUM(A1)
_TAG_SEPARATORS = re.compile(
    r"[;,|\n]|:::"
)  # HubSpot and Salesforce write semicolons, Google Contacts ::: between tags
_OWN_GROUPS = "* "  # what Google Contacts begins the names of its own groups with: * myContacts
_NO_VALUE = re.compile(r"#(?:[¡¿]?[\w/ ]{2,20}[!?]|N/[AD]|NV|GETTING_DATA)|[\[(]not provided[\])]", re.IGNORECASE)
"""What spreadsheets show for a formula that failed, in several languages, and Salesforce for a name that it lacks."""
_NO_VALUE_BEGINS = frozenset("#[(")


class Listed(NamedTuple):
    """What the rows of a list came to."""

    entries: tuple[Entry, ...]
    rejected: tuple[Rejected, ...]


def read_entries(table: Table, columns: Columns, id_kind: IdKind = "") -> Listed:
    """Return an entry for each row of the table, or why there is none.

    *id_kind* is the kind of its external ids, where no cell says another.
    """
    entries: list[Entry] = []
    rejected: list[Rejected] = []
    called = columns.called(table.header)
    for row in table.rows:
        try:
            _check_shape(row, len(table.header))
            entries.append(_entry(row, columns, called, id_kind))
        except UsageError as error:
            record = record_id(_text(row, columns.external_id), id_kind)
            email, name = _text(row, columns.email), _name(row, columns)
            rejected.append(Rejected(row.number, error.message, record.id, email, name, record.kind))
    return Listed(tuple(entries), tuple(rejected))


def _entry(row: TableRow, columns: Columns, called: Mapping[str, str], id_kind: IdKind) -> Entry:
    """Return the entry of a row. Raises UsageError saying what is wrong with it; *called* is what fields are there."""
    email = _text(row, columns.email)
    record = _record(row, columns, f"the {called['external_id']}", id_kind)
    return Entry(
        row=row.number,
        name=_usable_name(_name(row, columns)),
        external_id=record.id,
        email=_address(email) if columns.email else None,
        first_name=_shown(row, columns.first_name, called["first_name"]),
        company=_shown(row, columns.company, called["company"]),
        language=_optional(row, columns.language, called["language"]),
        segments=_tags(row, columns.segments) if columns.segments else None,
        external_id_kind=record.kind,
        address=parse_addressing(_text(row, columns.address)) if columns.address else None,
    )


def _record(row: TableRow, columns: Columns, what: str, id_kind: IdKind) -> RecordId:
    external_id = _line(_text(row, columns.external_id), what)
    if _SHORTENED.fullmatch(external_id):
        raise UsageError(f"{what} {external_id} was shortened by a spreadsheet")
    own_kind = _text(row, columns.external_id_kind)
    return record_id(external_id, parse_id_kind(own_kind) if own_kind else id_kind)


def _check_shape(row: TableRow, width: int) -> None:
    if any(cell.strip() for cell in row.cells[width:]):
        raise UsageError(
            f"it has {len(row.cells)} cells, but there are {width} columns: a quotation mark may be missing"
        )
    if any(BROKEN in cell for cell in row.cells):
        raise UsageError(f"a character in it is broken ({BROKEN}): save the list again as UTF-8")


def _name(row: TableRow, columns: Columns) -> str:
    """Return the person's name, or the company's where the row has no person; a filler where it has neither."""
    name = _joined(row, columns.name)
    if name and not _is_filler(name):
        return name
    person = _joined(row, (*columns.first_name, *columns.last_name))
    if person and not _is_filler(person):
        return person
    return _text(row, columns.company) or name or person


def _usable_name(name: str) -> str:
    """Return the name. Raises UsageError where it is none; no prospect is named after an e-mail address."""
    if not name:
        raise UsageError("it has no name")
    if _ADDRESS_IN_NAME.search(name):
        raise UsageError("its name is an e-mail address")
    if _is_filler(name):
        raise UsageError(f"“{name}” is no name")
    _refuse_formula(name, "name")
    return check_line(name, "the name")


def _is_filler(name: str) -> bool:
    """Return whether it is what people and systems write for no name."""
    plain = name.casefold().strip(" .[]()<>")
    return plain in _NO_NAMES or not (plain[:1].isalnum() or any(map(str.isalnum, plain)))


def _address(text: str) -> str:
    """Return an e-mail address, also one that is a link, "" for none. Raises UsageError."""
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return check_address(text) if text else ""


def _refuse_formula(text: str, what: str) -> None:
    """Raise UsageError for a formula in place of what it comes to: prospects would read it."""
    if _FORMULA.search(text):
        raise UsageError(f"its {what} is a formula of a spreadsheet: save the list with values in place of formulas")


def _shown(row: TableRow, numbers: tuple[int, ...], what: str) -> str | None:
    """Return what prospects are shown of a row, None where there is no such column. Raises UsageError."""
    text = _optional(row, numbers, what)
    _refuse_formula(text or "", what)
    return text


def _optional(row: TableRow, numbers: tuple[int, ...], what: str) -> str | None:
    return _line(_text(row, numbers), f"the {what}") if numbers else None


def _line(text: str, what: str) -> str:
    return check_line(text, what) if text else ""


def _tags(row: TableRow, numbers: tuple[int, ...]) -> tuple[str, ...]:
    """Return the tags of a row, each once whatever its case, in the order in which they stand there."""
    tags: dict[str, str] = {}
    for number in numbers:
        for tag in _split_tags(row.cells[number]) if number < len(row.cells) else ():
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


@lru_cache(maxsize=4096)  # thousands of rows have the same few tags
def _split_tags(cell: str) -> tuple[str, ...]:
    tags = (_value(tag) for tag in _TAG_SEPARATORS.split(cell))
    return tuple(check_line(tag, "a tag") for tag in tags if tag and not tag.startswith(_OWN_GROUPS))


def _joined(row: TableRow, numbers: tuple[int, ...]) -> str:
    return " ".join(filter(None, (_text(row, (number,)) for number in numbers)))


def _text(row: TableRow, numbers: tuple[int, ...]) -> str:
    """Return what a cell says, as one line."""
    return _value(row.cells[numbers[0]]) if numbers and numbers[0] < len(row.cells) else ""


def _value(cell: str) -> str:
    """Return a text as one line: line breaks and runs of spaces become one space; "" where it is no value."""
    visible = cell if cell.isprintable() else without_invisible(cell)  # nearly every cell, and there are millions
    line = " ".join(visible.split())
    return "" if line[:1] in _NO_VALUE_BEGINS and _NO_VALUE.fullmatch(line) else line
