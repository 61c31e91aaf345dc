"""Which column is what, in the exports of CRMs and in lists of anybody's."""

import pytest

from pitchcast.crm.columns import find_columns
from pitchcast.errors import TableError, UsageError


def found(*header: str, mapping: tuple[str, ...] = ()) -> dict[str, str]:
    return find_columns(header, mapping, "list.csv").named(header)


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        pytest.param(
            ["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Lead Status", "Associated Company"],
            {
                "external_id": "Record ID",
                "first_name": "First Name",
                "last_name": "Last Name",
                "email": "Email",
                "company": "Associated Company",
            },
            id="HubSpot contacts",
        ),
        pytest.param(
            ["Record ID - Contact", "Record ID - Company", "First name", "Last name", "Email", "Preferred language"],
            {
                "external_id": "Record ID - Contact",
                "first_name": "First name",
                "last_name": "Last name",
                "email": "Email",
                "language": "Preferred language",
            },
            id="HubSpot contacts with their companies",
        ),
        pytest.param(
            ["Record ID", "Company name", "Company owner", "Industry"],
            {"external_id": "Record ID", "name": "Company name", "company": "Company name"},
            id="HubSpot companies",
        ),
        pytest.param(
            ["Contact ID", "First Name", "Last Name", "Account Name", "Account ID", "Email"],
            {
                "external_id": "Contact ID",
                "first_name": "First Name",
                "last_name": "Last Name",
                "company": "Account Name",
                "email": "Email",
            },
            id="Salesforce report",
        ),
        pytest.param(
            ["ID", "FIRSTNAME", "LASTNAME", "NAME", "EMAIL", "ACCOUNTID"],
            {
                "external_id": "ID",
                "name": "NAME",
                "first_name": "FIRSTNAME",
                "last_name": "LASTNAME",
                "email": "EMAIL",
            },
            id="Salesforce Data Loader",
        ),
        pytest.param(
            ["Lead ID", "Full Name", "Company / Account", "Email"],
            {"external_id": "Lead ID", "name": "Full Name", "company": "Company / Account", "email": "Email"},
            id="Salesforce leads",
        ),
        pytest.param(
            ["name", "e-mail", "external_id", "segments", "language"],
            {
                "external_id": "external_id",
                "name": "name",
                "email": "e-mail",
                "language": "language",
                "segments": "segments",
            },
            id="generic",
        ),
    ],
)
def test_headers_are_recognised(header: list[str], fields: dict[str, str]) -> None:
    assert found(*header) == fields


def test_mapping_wins_and_takes_several_columns_for_names_and_tags() -> None:
    fields = found(
        "Name",
        "Firm",
        "Industry",
        "Tags",
        mapping=("name=Firm", "segments=Industry", "segments=tags"),
    )
    assert fields == {"name": "Firm", "segments": "Industry + Tags"}


def test_an_empty_mapping_ignores_a_column() -> None:
    assert found("Name", "Tags", mapping=("segments=",)) == {"name": "Name"}


@pytest.mark.parametrize(
    ("header", "mapping", "error", "message"),
    [
        pytest.param(["Name"], ("nam=Name",), UsageError, "--map “nam=Name” names no field", id="unknown field"),
        pytest.param(["Name"], ("name",), UsageError, "names no field", id="no equals sign"),
        pytest.param(["Name"], ("name=Firm",), TableError, "no column “Firm”; its columns are “Name”", id="no column"),
        pytest.param(["A", "B"], (), TableError, "no column for names; its columns are “A”, “B”", id="no names"),
        pytest.param(["Name", "NAME"], (), TableError, "2 columns called “Name”", id="two alike"),
        pytest.param(["a", "b"], ("email=a", "email=b"), UsageError, "email twice", id="one field twice"),
    ],
)
def test_what_cannot_be_is_named(
    header: list[str], mapping: tuple[str, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace("?", r"\?")):
        find_columns(header, mapping, "list.csv")
