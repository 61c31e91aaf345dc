"""Of which kind the ids of a list are, where headers say it, other columns decide, or nothing does."""

import pytest

from pitchcast.crm.columns import find_columns
from pitchcast.crm.entries import read_entries
from pitchcast.crm.id_kinds import find_id_kind
from pitchcast.crm.table import read_table
from pitchcast.model.external_ids import IdKind


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        pytest.param(
            "Record ID,First Name,Last Name,Email,Lead Status,Contact owner", "contact", id="HubSpot contacts"
        ),
        pytest.param("Record ID,Company name,Company owner,Company Domain Name,Industry", "company", id="companies"),
        pytest.param("Record ID,Deal Name,Deal Stage,Company name", "deal", id="HubSpot deals"),
        pytest.param("Record ID - Contact,Record ID - Company,First name,Email", "contact", id="HubSpot, both ids"),
        pytest.param("Record Id,Lead Owner,Company,First Name,Last Name,Email", "lead", id="Zoho leads"),
        pytest.param("Record Id,Contact Owner,First Name,Last Name,Account Name,Email", "contact", id="Zoho contacts"),
        pytest.param("Record Id,Account Owner,Account Name,Website", "company", id="Zoho accounts"),
        pytest.param("ID,Name,Email,AccountId", "contact", id="Salesforce Data Loader"),
        pytest.param("id,name", "", id="anybody's"),
        pytest.param("id,name,company name", "", id="names at companies"),
        pytest.param("external_id,name,email", "", id="a number of any system"),
        pytest.param("name,email", "", id="no ids"),
    ],
)
def test_the_kind_of_a_list(header: str, kind: IdKind) -> None:
    cells = header.split(",")
    assert find_id_kind(cells, find_columns(cells, (), "list.csv")) == kind


def test_a_column_says_the_kind_of_each_row() -> None:
    table = read_table(
        b"external_id,external_id_kind,name\n1,person,Jo\n1,Account,Acme\n2,,Ana\n3,ticket,Bo\n", "list.csv"
    )
    came = read_entries(table, find_columns(table.header, (), "list.csv"), "deal")
    assert [entry.external_id_kind for entry in came.entries] == ["contact", "company", "deal"]
    assert [(one.row, one.reason) for one in came.rejected] == [(5, "“ticket” is no kind of ids")]
