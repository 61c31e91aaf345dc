"""Rows become entries, or say why not; what was turned down comes back to be mended."""

import pytest

from pitchcast.crm.columns import find_columns
from pitchcast.crm.entries import Listed, read_entries
from pitchcast.crm.rejects import render_rejects
from pitchcast.crm.table import Table, read_table
from pitchcast.model.steps.import_list import Entry

HEADER = "id,name,first name,email,company,tags"


def a_table(*lines: str, header: str = HEADER) -> Table:
    return read_table("\n".join([header, *lines]).encode(), "list.csv")


def listed(*lines: str, header: str = HEADER) -> Listed:
    table = a_table(*lines, header=header)
    return read_entries(table, find_columns(table.header, (), "list.csv"))


def test_a_row_becomes_an_entry() -> None:
    (entry,) = listed('7, Jo  Doe ,Jo,jo@acme.example,"Acme\nCorp","Fintech;EU, fintech"').entries
    assert entry == Entry(
        row=2,
        name="Jo Doe",
        external_id="7",
        email="jo@acme.example",
        first_name="Jo",
        company="Acme Corp",
        language=None,
        segments=("Fintech", "EU"),
    )


def test_columns_that_are_not_there_say_nothing_and_empty_cells_say_empty() -> None:
    (without,) = listed("Jo", header="name").entries
    assert (without.email, without.company, without.segments) == (None, None, None)
    (empty,) = listed("7,Jo,,,,").entries
    assert (empty.email, empty.company, empty.segments) == ("", "", ())


def test_a_column_may_say_whom_to_speak_to_and_where_somebody_lives_does_not() -> None:
    told = listed("Jo,Team", "Kim,", "Lee,show", "Sam,12 High Street", header="name,Speak to")
    assert [entry.address for entry in told.entries] == ["team", "", ""]
    assert "“12 High Street” is not whom to speak to" in told.rejected[0].reason
    assert listed("Jo,12 High Street", header="name,Address").entries[0].address is None


def test_first_and_last_name_make_a_name_where_there_is_no_other() -> None:
    entries = listed("Jo,Doe,", ",Doe,", "Jo,Doe,Dr. Jo Doe", header="First Name,Last Name,Full Name").entries
    assert [entry.name for entry in entries] == ["Jo Doe", "Doe", "Dr. Jo Doe"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("7,,,jo@acme.example,,", "it has no name", id="no name: an address is none"),
        pytest.param("7,jo@acme.example,,jo@acme.example,,", "its name is an e-mail address", id="an address as name"),
        pytest.param("7,—,,jo@acme.example,,", "“—” is no name", id="a dash"),
        pytest.param("7,N/A,,jo@acme.example,,", "“N/A” is no name", id="N/A"),
        pytest.param("7,[not provided],,,,", "it has no name", id="Salesforce's filler"),
        pytest.param("7,#REF!,,jo@acme.example,#N/A,", "it has no name", id="formulas that failed"),
        pytest.param("7,Jo,,jo@acme,,", "“jo@acme” is not an e-mail address", id="half an address"),
        pytest.param("7,Jo,,a@b.example; c@d.example,,", "is not an e-mail address", id="two addresses"),
        pytest.param("1.23457E+12,Jo,,,,", "1.23457E+12 was shortened by a spreadsheet", id="a shortened id"),
        pytest.param('7,"=HYPERLINK(""x"",""Jo"")",,,,', "its name is a formula", id="a link as a name"),
        pytest.param("7,=B2&C2,,,,", "its name is a formula", id="cells as a name"),
        pytest.param("7,@CONCAT(A1),,,,", "its name is a formula", id="a function after another sign"),
        pytest.param("7,＝A1,,,,", "its name is a formula", id="a wide sign"),
        pytest.param("7,,,,=UPPER(A1),", "its name is a formula", id="a company as the name"),
        pytest.param("7,Jo,=LEFT(B2),,,", "its first name is a formula", id="a first name"),
        pytest.param("7,Jo,,,+UPPER(A1),", "its company is a formula", id="a company"),
        pytest.param(f"7,{'x' * 256},,,,", "the name has 256 characters", id="a name too long"),
        pytest.param("7,Jo\x07,,,,", "the name holds control characters", id="control characters"),
        pytest.param("7,Jo,,,Acme, Inc,a,b", "it has 8 cells, but there are 6 columns", id="a comma too many"),
    ],
)
def test_rows_that_cannot_be_used_say_why(line: str, reason: str) -> None:
    came = listed(line, "8,Good,,,,")
    assert [entry.name for entry in came.entries] == ["Good"]
    ((row, said),) = [(one.row, one.reason) for one in came.rejected]
    assert row == 2
    assert reason in said


@pytest.mark.parametrize("name", ["@Home", "+1 Agency", "-5", "A=B", "1 = 2", "Müller + Söhne (Bern)", "=", "O@K (UK)"])
def test_signs_alone_make_no_formula(name: str) -> None:
    came = listed(f"7,{name},,,,", "8,Good,,,,")
    assert [one.reason for one in came.rejected if "formula" in one.reason] == []


def test_reasons_name_columns_as_the_list_has_them() -> None:
    (one,) = listed("1.5E+12,Jo,", header="Kundennummer,Name,Tags").rejected
    assert one.reason.startswith("the external id (column “Kundennummer”) 1.5E+12 was shortened")
    (one,) = listed("1.5E+12,Jo,", header="External ID,Name,Tags").rejected
    assert one.reason.startswith("the external id 1.5E+12")


def test_a_row_with_a_broken_character_is_turned_down() -> None:
    table = read_table(f"{HEADER}\n7,Müller,,,Bäcker,\n8,Gr".encode() + b"\xfcn,,,,\n", "list.csv")
    came = read_entries(table, find_columns(table.header, (), "list.csv"))
    assert [entry.name for entry in came.entries] == ["Müller"]
    assert "broken" in came.rejected[0].reason


def test_rejects_hold_the_rows_as_they_were_and_come_back_mended() -> None:
    table = a_table('7,,,jo@acme.example,"+1 ""x""",a;b', "8,Good,,,,", "9,Jo,,nonsense,-5,,surplus")
    body = render_rejects(table, {2: "it has no name", 4: "bad address"})
    text = body.decode("utf-8-sig")
    assert text.splitlines()[0] == "id,name,first name,email,company,tags,,row,reason"
    assert text.splitlines()[1].endswith("a;b,,2,it has no name")
    assert "'+1 " in text
    mended = text.replace("7,,", "7,Jo Doe,").replace("nonsense", "").replace("surplus", "")
    again = read_table(mended.encode("utf-8-sig"), "rejects.csv")
    came = read_entries(again, find_columns(again.header, (), "rejects.csv"))
    assert [(e.name, e.company) for e in came.entries] == [("Jo Doe", '+1 "x"'), ("Jo", "-5")]
    third = render_rejects(again, {2: "still wrong"}).decode("utf-8-sig").splitlines()
    assert third[0].endswith(",row,reason")
    assert third[0].count("reason") == 1
