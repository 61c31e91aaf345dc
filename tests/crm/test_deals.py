"""Lists of deals: columns, dates, and the prospects that a deal is about."""

import string
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.crm.deals import DateOrder, find_deal_columns, read_deals
from pitchcast.crm.table import Table, TableRow
from pitchcast.errors import PitchcastError, TableError
from pitchcast.model.deals import Deal, DealMatch, DealMatcher
from pitchcast.model.prospect import Prospect


def deals_of(header: str, *rows: str, mapping: tuple[str, ...] = (), order: DateOrder = "") -> tuple[Deal, ...]:
    cells = tuple(TableRow(number, tuple(row.split(","))) for number, row in enumerate(rows, 2))
    table = Table(tuple(header.split(",")), cells)
    return read_deals(table, find_deal_columns(table.header, mapping, "deals.csv"), order, "deals.csv")


@pytest.mark.parametrize(
    ("header", "row"),
    [
        pytest.param(
            "Record ID,Deal Name,Deal Stage,Create Date,Close Date,Associated Company,Associated Contact IDs",
            "17,Pilot,closedwon,2026-09-08 10:00,2026-09-30 09:30,Acme Inc,101;102",
            id="HubSpot",
        ),
        pytest.param(
            "Opportunity ID,Opportunity Name,Stage,Created Date,Close Date,Account Name,Contact ID",
            "17,Pilot,closedwon,2026-09-08T12:00:00.000+02:00,30.09.2026 09:30,Acme Inc,101;102",
            id="Salesforce",
        ),
    ],
)
def test_exports_are_understood(header: str, row: str) -> None:
    (deal,) = deals_of(header, row)
    assert (deal.id, deal.name, deal.stage, deal.companies) == ("17", "Pilot", "closedwon", ("Acme Inc",))
    assert deal.contact_ids == ("101", "102")
    assert deal.created is not None
    assert deal.closed is not None
    assert (deal.created.at, deal.closed.at) == (
        datetime(2026, 9, 8, 10, tzinfo=UTC),
        datetime(2026, 9, 30, 9, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("cells", "order", "day"),
    [
        pytest.param(["3/4/2026", "31/12/2026"], "", (2026, 4, 3), id="as another date shows: the day first"),
        pytest.param(["3/4/2026", "12/31/2026"], "", (2026, 3, 4), id="as another date shows: the month first"),
        pytest.param(["3/4/2026"], "mdy", (2026, 3, 4), id="as it was said"),
        pytest.param(["3.4.2026", "12/31/2026"], "", (2026, 4, 3), id="with dots the day is first"),
        pytest.param(["4/4/2026"], "", (2026, 4, 4), id="the same in both ways"),
        pytest.param(["9/8/2026 2:30 PM", "12/31/2026"], "", (2026, 9, 8), id="with a time"),
    ],
)
def test_dates(cells: list[str], order: DateOrder, day: tuple[int, int, int]) -> None:
    deal, *_ = deals_of("Deal Name,Create Date", *(f"x,{cell}" for cell in cells), order=order)
    assert deal.created is not None
    assert (deal.created.at.year, deal.created.at.month, deal.created.at.day) == day


@pytest.mark.parametrize("cell", ["3/4/2026", "soon", "31/31/2026", "2026-13-01", "9/30/2026 noon"])
def test_what_cannot_be_read_in_one_way_is_refused(cell: str) -> None:
    with pytest.raises(TableError) as caught:
        deals_of("Deal Name,Create Date", f"x,{cell}")
    assert caught.value.hint


@given(st.text(string.digits + "/.-: TZ+apmAPM", max_size=24))
@settings(max_examples=150)
def test_any_cell_is_a_date_or_refused(cell: str) -> None:
    with suppress(PitchcastError):
        deals_of("Deal Name,Create Date", f"x,{cell}")


PROSPECTS = (
    Prospect(
        id="jo",
        name="Jo Doe",
        company="Acme Inc",
        email="jo@acme.example",
        external_id="101",
        external_id_kind="contact",
    ),
    Prospect(id="acme", name="Acme GmbH", external_id="101", external_id_kind="company"),
    Prospect(id="zeta", name="Zeta AG"),
)


@pytest.mark.parametrize(
    ("about", "match"),
    [
        pytest.param({"contact_ids": ("101",)}, DealMatch(("jo",), "id"), id="a contact's id is no company's"),
        pytest.param({"company_ids": ("101",)}, DealMatch(("acme",), "id"), id="a company's id"),
        pytest.param({"emails": ("JO@acme.example",)}, DealMatch(("jo",), "e-mail address"), id="an address"),
        pytest.param({"companies": ("Zeta",)}, DealMatch(("zeta",), "company"), id="a company without its legal form"),
        pytest.param({"companies": ("Acme, Inc.",)}, DealMatch(("jo",), "company"), id="a company with its legal form"),
        pytest.param({"companies": ("Acme",)}, DealMatch((), "", "“Acme” means several companies"), id="several"),
        pytest.param({"companies": ("Beta",)}, DealMatch((), "", "none of the show's prospects is in it"), id="nobody"),
        pytest.param({}, DealMatch((), "", "it names no contact and no company"), id="nothing said"),
    ],
)
def test_whom_a_deal_is_about(about: dict[str, tuple[str, ...]], match: DealMatch) -> None:
    assert DealMatcher(PROSPECTS).match(Deal(row=2, id="17", name="Pilot", **about)) == match
