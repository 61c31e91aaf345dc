"""Lists of deals, as HubSpot and Salesforce export them, or with columns that are named."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple, get_args

from pitchcast.crm.columns import find_header
from pitchcast.crm.table import Table, TableRow
from pitchcast.errors import TableError, UsageError
from pitchcast.model.deals import Deal, Moment
from pitchcast.model.naming import compare_form

DateOrder = Literal["", "dmy", "mdy"]

_HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("record id", "deal id", "opportunity id 18", "opportunity id", "opportunityid", "hs object id", "id"),
    "name": ("deal name", "dealname", "opportunity name", "deal title", "name"),
    "stage": ("deal stage", "dealstage", "stage", "stagename", "stage name"),
    "amount": ("amount", "deal amount", "deal value", "value"),
    "created": ("create date", "createdate", "created date", "createddate", "created", "date created", "deal created"),
    "closed": ("close date", "closedate", "closed date", "closed", "won time"),
    "contact_ids": ("associated contact ids", "contact id 18", "contact id", "contactid", "primary contact id"),
    "company_ids": (
        *("associated company ids", "associated company ids primary", "account id 18", "account id", "accountid"),
        "company id",
    ),
    "emails": ("email", "contact email", "e mail", "primary contact email", "associated contact", "primary contact"),
    "companies": (
        *("associated company primary", "associated company", "primary associated company", "account name"),
        *("company name", "company", "account", "organization"),
    ),
}
"""For each field, the headers it is known by, as compare_form shows them; the first that is there counts."""

_SEPARATORS = re.compile(r"[;,|\n]")
_AROUND_ADDRESSES = re.compile(r"[\s<>(),;\"]+")
_ADDRESS = re.compile(r"[^@]+@[^@]+\.[^@.]+")
_NUMBERS = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})(?:[ ,T]+(.*))?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})? ?([AaPp][Mm])?")


class DealColumns(NamedTuple):
    """The number of each field's column, counted from 0; fields that the list lacks are not in it."""

    numbers: Mapping[str, int]
    header: Sequence[str]

    def named(self) -> dict[str, str]:
        """Return which header each field was found under."""
        return {field: self.header[number] for field, number in self.numbers.items()}


def check_date_order(text: str) -> DateOrder:
    """Return in which order days and months stand. Raises UsageError."""
    for order in get_args(DateOrder):
        if order == text.strip().casefold():
            return order  # type: ignore[no-any-return] # one of the literals
    raise UsageError(f"--dates “{text}” is not known", hint="Write --dates dmy for 31/12/2026, or mdy for 12/31/2026.")


def find_deal_columns(header: Sequence[str], mapping: Sequence[str], where: str) -> DealColumns:
    """Return where each field stands; *mapping* holds ``field=Header``.

    Raises UsageError where the mapping is none, TableError where a header is not there or appears twice, or the list
    says neither what a deal is called nor when it was made or closed.
    """
    forms = [compare_form(cell) for cell in header]
    numbers: dict[str, int] = {}
    for one in mapping:
        field, equals, wanted = one.partition("=")
        field = field.strip().lower().replace("-", "_").replace(" ", "_")
        if field not in _HEADERS or not equals:
            raise UsageError(
                f"--map “{one}” names no field", hint=f'Write --map created="Opened on"; fields: {", ".join(_HEADERS)}.'
            )
        numbers[field] = find_header(header, wanted, where)
    for field, known in _HEADERS.items():
        form = next((known_form for known_form in known if known_form in forms), None)
        if field not in numbers and form is not None:
            numbers[field] = find_header(header, header[forms.index(form)], where)
    if not {"id", "name"} & numbers.keys() or not {"created", "closed"} & numbers.keys():
        raise TableError(
            f"{where} is no list of deals: it needs a name or an id, and the date of creation or of closing",
            hint='Say which columns hold them: --map name="Deal" --map created="Opened on"',
        )
    return DealColumns(numbers, header)


def read_deals(table: Table, columns: DealColumns, order: DateOrder, where: str) -> tuple[Deal, ...]:
    """Return the deals of a list. Raises TableError for a date that is none, or can be read in two ways."""
    cells = [_text(row, columns, field) for row in table.rows for field in ("created", "closed")]
    order = order or _order_of(cells, where)
    return tuple(_deal(row, columns, order, where) for row in table.rows)


def _deal(row: TableRow, columns: DealColumns, order: DateOrder, where: str) -> Deal:
    identity = _text(row, columns, "id")
    return Deal(
        row=row.number,
        id=identity,
        name=_text(row, columns, "name") or identity,
        stage=_text(row, columns, "stage"),
        amount=_text(row, columns, "amount"),
        created=_moment(_text(row, columns, "created"), order, f"{where}: row {row.number}"),
        closed=_moment(_text(row, columns, "closed"), order, f"{where}: row {row.number}"),
        contact_ids=_several(row, columns, "contact_ids"),
        company_ids=_several(row, columns, "company_ids"),
        emails=tuple(filter(_ADDRESS.fullmatch, _AROUND_ADDRESSES.split(_text(row, columns, "emails")))),
        companies=tuple(filter(None, _text(row, columns, "companies").split(";"))),
    )


def _order_of(cells: Sequence[str], where: str) -> DateOrder:
    """Return in which order day and month stand, as the whole list shows it: with dots the day is always first."""
    shown: dict[str, str] = {}
    for cell in cells:
        shown.setdefault(_order_shown_by(cell), cell)
    if "dmy" in shown and "mdy" in shown:
        raise _two_ways(where, f"{shown['dmy']} and {shown['mdy']}")
    if "either" in shown and "dmy" not in shown and "mdy" not in shown:
        raise _two_ways(where, shown["either"])
    return "mdy" if "mdy" in shown else "dmy"


def _order_shown_by(cell: str) -> str:
    """Return the order that one date shows, "either" where it can be read in both, "" where that does not matter."""
    found = _NUMBERS.fullmatch(cell)
    if not found or found[2] == "." or found[1] == found[3]:
        return ""
    if int(found[1]) > 12:
        return "dmy"
    return "mdy" if int(found[3]) > 12 else "either"


def _two_ways(where: str, example: str) -> TableError:
    return TableError(
        f"{where} has dates that can be read in two ways, such as {example}",
        hint="Say how they are meant: --dates dmy (31/12/2026) or --dates mdy (12/31/2026)",
    )


def _moment(cell: str, order: DateOrder, where: str) -> Moment | None:
    """Return when a cell says that something was; without an offset a time is one of UTC."""
    if not cell:
        return None
    try:
        return _iso(cell) or _by_numbers(cell, order)
    except ValueError as error:
        raise TableError(
            f"{where}: “{cell}” is not a date", hint="Export dates as 2026-12-31, or leave the cell empty."
        ) from error


def _iso(cell: str) -> Moment | None:
    try:
        day = date.fromisoformat(cell)
        return Moment(at=datetime(day.year, day.month, day.day, tzinfo=UTC), has_time=False)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return Moment(at=at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), has_time=True)


def _by_numbers(cell: str, order: DateOrder) -> Moment:
    """Return a date such as 31/12/2026 or 31.12.2026, with or without a time. Raises ValueError."""
    found = _NUMBERS.fullmatch(cell)
    if not found:
        raise ValueError(cell)
    one, two = int(found[1]), int(found[3])
    month, day = (one, two) if order == "mdy" and found[2] != "." else (two, one)
    at = datetime(int(found[4]), month, day, tzinfo=UTC)
    if not found[5]:
        return Moment(at=at, has_time=False)
    clock = _CLOCK.fullmatch(found[5].strip())
    if not clock:
        raise ValueError(cell)
    hour = int(clock[1]) % 12 + 12 * (clock[3].lower() == "pm") if clock[3] else int(clock[1])
    return Moment(at=at.replace(hour=hour, minute=int(clock[2])), has_time=True)


def _several(row: TableRow, columns: DealColumns, field: str) -> tuple[str, ...]:
    parts = (part.strip() for part in _SEPARATORS.split(_text(row, columns, field)))
    return tuple(filter(None, parts))


def _text(row: TableRow, columns: DealColumns, field: str) -> str:
    """Return a cell as one line, "" where the list has no such column."""
    number = columns.numbers.get(field)
    if number is None or number >= len(row.cells):
        return ""
    return " ".join(row.cells[number].split())
