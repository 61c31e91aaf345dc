"""Reading lists in whatever form they come, and writing them so that they come back the same."""

import csv
import io
import zipfile
from contextlib import suppress
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.crm import spreadsheet
from pitchcast.crm.encodings import BROKEN
from pitchcast.crm.sheet_process import Refused, _reach_of_values, cell_text, check_sizes
from pitchcast.crm.table import TableOptions, neutral, read_table, write_csv
from pitchcast.errors import TableError, UnclearEncoding, UsageError


def rows_of(body: bytes) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in read_table(body, "list.csv").rows]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("name,city\nMüller,Zürich\n".encode(), id="UTF-8"),
        pytest.param("name,city\nMüller,Zürich\n".encode("utf-8-sig"), id="UTF-8 with byte order mark"),
        pytest.param("name,city\nMüller,Zürich\n".encode("utf-16"), id="UTF-16 with byte order mark"),
        pytest.param(b"\xfe\xff" + "name,city\nMüller,Zürich\n".encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param("name,city\nMüller,Zürich\n".encode("utf-16-le"), id="UTF-16 without mark"),
        pytest.param("name,city\nMüller,Zürich\n".encode("utf-16-be"), id="UTF-16 without mark, big end first"),
        pytest.param("name;city\r\nMüller;Zürich\r\n".encode(), id="semicolons, as Excel writes in Europe"),
        pytest.param("name\tcity\nMüller\tZürich\n".encode("utf-16"), id="tabs, as Excel's Unicode text"),
        pytest.param("name|city\nMüller|Zürich".encode(), id="bars, no line break at the end"),
        pytest.param('"name","city"\n"Müller","Zürich"\n'.encode(), id="everything quoted"),
    ],
)
def test_the_same_list_in_every_form(body: bytes) -> None:
    table = read_table(body, "list.csv")
    assert table.header == ("name", "city")
    assert [(row.number, row.cells) for row in table.rows] == [(2, ("Müller", "Zürich"))]


def test_quotes_commas_and_line_breaks_stay_in_their_cells() -> None:
    body = b'name,notes\n"Doe, ""Jo""","one\r\ntwo"\nNext,plain\n'
    assert rows_of(body) == [(2, ('Doe, "Jo"', "one\r\ntwo")), (3, ("Next", "plain"))]


def test_rows_are_numbered_as_a_spreadsheet_program_shows_them() -> None:
    body = b'\nname,notes\n\nA,"x\ny"\n,\nB,z\n'
    assert [number for number, _ in rows_of(body)] == [4, 6], "empty rows count but are not rows of the list"


def test_excels_line_that_names_the_separator_is_no_row() -> None:
    table = read_table(b"sep=;\r\nname;city\r\nA, B;C\r\n", "list.csv")
    assert table.header == ("name", "city")
    assert [(row.number, row.cells) for row in table.rows] == [(3, ("A, B", "C"))]


def test_a_broken_byte_in_utf_8_is_not_taken_for_another_encoding() -> None:
    body = "name\nMüller\nZürich\nGrün".encode() + b"\xfc\n"
    assert [cells[0] for _, cells in rows_of(body)] == ["Müller", "Zürich", f"Grün{BROKEN}"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"", "is empty", id="nothing"),
        pytest.param(b"\n , \n,,\n", "is empty", id="only empty rows"),
        pytest.param(b'name,x\nA,"open\nB,y\n', r"row 2 \(line 2\) is not CSV", id="a quotation mark is never closed"),
        pytest.param(b"name\nA\nB\x01\x81\xfe\xff\n", "neither UTF-8 nor UTF-16 nor text in any", id="no text"),
        pytest.param(b"PK\x03\x04 but nothing else", "no spreadsheet that can be read", id="a damaged spreadsheet"),
    ],
)
def test_what_is_no_list_is_refused_by_name(body: bytes, message: str) -> None:
    with pytest.raises(TableError, match=message) as caught:
        read_table(body, "list.csv")
    assert caught.value.message.startswith("list.csv")
    assert caught.value.hint


def a_workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def test_a_spreadsheet_is_read_by_what_it_is_not_by_its_name() -> None:
    body = a_workbook(
        ("Record ID", "name", "since", "notes"),
        (10_234_567_890, "Müller", date(2026, 3, 2), None),
        (None, None, None, None),
        (2.5, "Jo", None, "one\ntwo"),
    )
    table = read_table(body, "list.csv")
    assert table.header == ("Record ID", "name", "since", "notes")
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ("10234567890", "Müller", "2026-03-02", "")),
        (4, ("2.5", "Jo", "", "one\ntwo")),
    ]


def sheets(**rows: list[tuple[object, ...]]) -> bytes:
    """Return a workbook with these sheets; one whose name begins with “hidden” is hidden."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in rows.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name.startswith("hidden") else "visible"
        for line in lines:
            sheet.append(line)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


BOOK = sheets(
    Contacts=[("Name",), ("Jo",)],
    Firms=[("Company", "Email"), ("Acme", "a@acme.example"), (None, None), ("Umbrella", "u@umbrella.example")],
    hidden=[("Country",), ("Peru",)],
    Empty=[],
)


@pytest.mark.parametrize(
    ("said", "name"),
    [("", "Jo"), ("1", "Jo"), ("Firms", "Acme"), ("firms ", "Acme"), ("2", "Acme"), ("hidden", "Peru"), ("3", "Peru")],
)
def test_a_sheet_goes_by_its_name_or_number(said: str, name: str) -> None:
    assert read_table(BOOK, "list.xlsx", TableOptions(sheet=said)).rows[0].cells[0] == name


def test_sheets_that_were_not_read_are_known_by_name_and_rows() -> None:
    assert read_table(BOOK, "list.xlsx").others == (("Firms", 3), ("Empty", 0))
    assert read_table(BOOK, "list.xlsx", TableOptions(sheet="Firms")).others == (("Contacts", 2), ("Empty", 0))


def test_an_empty_first_sheet_names_the_one_that_may_be_meant() -> None:
    with pytest.raises(TableError, match="the sheet “Cover” is empty") as caught:
        read_table(sheets(Cover=[], People=[("Name",), ("Jo",)]), "list.xlsx")
    assert caught.value.hint.endswith('--sheet "People"')


def test_a_sheet_that_cannot_be_counted_costs_nothing_but_its_count() -> None:
    damaged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as old, zipfile.ZipFile(damaged, "w") as new:
        for part in old.namelist():
            new.writestr(part, b"<x" if part.endswith("sheet2.xml") else old.read(part))
    table = read_table(damaged.getvalue(), "list.xlsx")
    assert table.rows[0].cells == ("Jo",)
    assert table.others[0] == ("Firms", None)


@pytest.mark.parametrize(
    ("body", "options", "error", "message"),
    [
        pytest.param(BOOK, TableOptions(sheet="Fims"), TableError, "no sheet “Fims”; its sheets are 1 “Con", id="none"),
        pytest.param(BOOK, TableOptions(sheet="9"), TableError, "no sheet “9”", id="no such number"),
        pytest.param(BOOK, TableOptions(sheet="a\0b"), TableError, "no sheet", id="no name at all"),
        pytest.param(BOOK, TableOptions(encoding="cp1250"), UsageError, "a spreadsheet, whose enc", id="an encoding"),
        pytest.param(b"Name\nJo\n", TableOptions(sheet="1"), UsageError, "is not a spreadsheet", id="a CSV file"),
    ],
)
def test_options_that_do_not_fit_are_said(
    body: bytes, options: TableOptions, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_table(body, "list.xlsx", options)


@pytest.mark.parametrize(
    ("cell", "text"),
    [(7.0, "7"), (True, "true"), (-3, "-3"), (1.5, "1.5"), ("x", "x"), (123456789012345678901.0, "1.23457E+20")],
)
def test_cells_as_text(cell: float | str, text: str) -> None:
    assert cell_text(cell) == text


def test_a_spreadsheet_without_its_reader_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    with pytest.raises(TableError, match="not installed") as caught:
        list(spreadsheet.read_sheet(b"", "list.xlsx"))
    assert 'pip install "pitchcast[xlsx]"' in caught.value.hint


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", " =1", "＝1"])
def test_cells_that_would_run_get_an_apostrophe(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Jo", "'t Hooft", "a=b", "1-2"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutral(cell) == cell


CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6), st.sampled_from(",;\t"))
def test_what_is_written_is_read_again_and_no_cell_is_a_formula(rows: list[list[str]], separator: str) -> None:
    text = write_csv(("one", "two"), rows, separator)
    read = [list(row.cells) for row in read_table(text.encode("utf-8-sig"), "list.csv").rows]
    assert read == [row for row in rows if any(cell.strip() for cell in row)]
    foreign = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    assert not [cell for row in foreign for cell in row if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))]


def _a_workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "Name"
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


WORKBOOK = _a_workbook()
PIECES = st.sampled_from(
    [b'"', b",", b";", b"\n", b"\r", b"\0", b"\xff", b"\xfe", b"sep=,", b"a", b"'=1", "ä".encode()]
)


@given(st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=30).map(b"".join)))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_list_or_refused(body: bytes) -> None:
    if not spreadsheet.is_spreadsheet(body):
        with suppress(TableError, UnclearEncoding):
            read_table(body, "list.csv")


@given(st.integers(0, 7000), st.binary(max_size=8))
@settings(max_examples=100, deadline=None)
def test_the_look_at_a_spreadsheet_never_fails(at: int, piece: bytes) -> None:
    """What is wrong with it is calamine's to say."""
    with suppress(Refused):
        check_sizes(WORKBOOK[:at] + piece + WORKBOOK[at + len(piece) :])


@pytest.mark.parametrize(
    ("sheet", "reach"),
    [
        pytest.param('<row r="2"><c r="C2"><v>1</v></c></row>', (3, 2), id="a value"),
        pytest.param('<row r="2"><c r="C2"><v>1</v></c><c r="XFD1048576" s="1"/></row>', (3, 2), id="a far format"),
        pytest.param('<row><c><v>1</v></c></row><row><c/><c t="inlineStr"><is/></c></row>', (2, 2), id="no places"),
        pytest.param('<row r="1"><c r="XFD1048576"><v>1</v></c></row>', (16_384, 1_048_576), id="the last cell"),
    ],
)
def test_how_far_cells_with_values_reach(sheet: str, reach: tuple[int, int]) -> None:
    assert _reach_of_values(f"<worksheet><sheetData>{sheet}</sheetData></worksheet>".encode()) == reach
