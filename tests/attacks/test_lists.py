"""Somebody sends a list of prospects that fills the memory, ends the process or never ends."""

import io
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.attacks.limited import run_limited, said_plainly

LARGE = 600_000_000


def a_workbook(change: Callable[[openpyxl.Workbook], None] = lambda _book: None) -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"] = "Name", "Acme Corp"
    change(book)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


def rewritten(body: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a zip file with one part changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return changed.getvalue()


def far_cell(place: str) -> bytes:
    return a_workbook(lambda book: book.active.__setitem__(place, 1))


def hidden_far_cell() -> bytes:
    """Return a workbook whose far cell is written so that a quick look misses it."""
    sheet = "xl/worksheets/sheet1.xml"
    return rewritten(far_cell("XFD1048576"), sheet, lambda body: body.replace(b' r="XFD1048576"', b"\nr='XFD1048576'"))


def a_sheet_of_spaces() -> bytes:
    return rewritten(a_workbook(), "xl/worksheets/sheet1.xml", lambda body: body + b" " * LARGE)


def a_lie_about_its_size() -> bytes:
    """Return a workbook whose sheet says that it unpacks to a thousand bytes."""
    body = a_sheet_of_spaces()
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        size = parts.getinfo("xl/worksheets/sheet1.xml").file_size
    return body.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def an_open_document(rows: int, columns: int) -> bytes:
    name = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?><o:document-content xmlns:o="{name}:office:1.0" xmlns:t="{name}:table:1.0" '
        f'xmlns:x="{name}:text:1.0"><o:body><o:spreadsheet><t:table t:name="S">'
        f'<t:table-row t:number-rows-repeated="{rows}"><t:table-cell o:value-type="string" '
        f't:number-columns-repeated="{columns}"><x:p>a</x:p></t:table-cell></t:table-row>'
        "</t:table></o:spreadsheet></o:body></o:document-content>"
    )
    prefixed = content.replace("<o:", "<office:").replace("</o:", "</office:").replace(" o:", " office:")
    prefixed = prefixed.replace("<t:", "<table:").replace("</t:", "</table:").replace(" t:", " table:")
    prefixed = prefixed.replace("<x:", "<text:").replace("</x:", "</text:")
    prefixed = prefixed.replace("xmlns:o=", "xmlns:office=").replace("xmlns:t=", "xmlns:table=")
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        parts.writestr("content.xml", prefixed.replace("xmlns:x=", "xmlns:text="))
        manifest = f'<?xml version="1.0"?><m:manifest xmlns:m="{name}:manifest:1.0"/>'
        parts.writestr("META-INF/manifest.xml", manifest)
    return body.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: far_cell("XFD1048576"), id="the last cell"),
        pytest.param(lambda: far_cell("AAA90000"), id="far enough"),
        pytest.param(hidden_far_cell, id="the last cell, written otherwise"),
        pytest.param(lambda: an_open_document(1_048_576, 16_384), id="repeated cells"),
    ],
)
def test_end_the_process_by_a_cell_far_away(
    here: Path, clean_environment: dict[str, str], make: Callable[[], bytes]
) -> None:
    (here / "list.xlsx").write_bytes(make())
    done = run_limited("prospects", "import", "list.xlsx", cwd=here, environment=clean_environment)
    said_plainly(done, "list.xlsx")


@pytest.mark.parametrize("make", [a_sheet_of_spaces, a_lie_about_its_size])
def test_fill_the_memory_by_a_spreadsheet_that_unpacks(
    here: Path, clean_environment: dict[str, str], make: Callable[[], bytes]
) -> None:
    (here / "list.xlsx").write_bytes(make())
    done = run_limited("prospects", "import", "list.xlsx", cwd=here, environment=clean_environment)
    assert done.code in (0, 1), done.err  # what reads spreadsheets may stop at the ten bytes
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"PK\x03\x04" + b"\xff" * 5000, id="no zip file"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5000, id="no .xls"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 5000, id="an .xls of nothing"),
        pytest.param(rewritten(a_workbook(), "xl/worksheets/sheet1.xml", lambda body: body[:300]), id="cut"),
        pytest.param(rewritten(a_workbook(), "xl/workbook.xml", lambda body: b"<" * 100_000), id="no workbook"),
        pytest.param(
            rewritten(a_workbook(), "xl/worksheets/sheet1.xml", lambda body: body.replace(b'r="A1"', b'r="ZZZZZZ0"')),
            id="an impossible cell",
        ),
    ],
)
def test_end_the_process_by_a_damaged_spreadsheet(here: Path, clean_environment: dict[str, str], body: bytes) -> None:
    (here / "list.xlsx").write_bytes(body)
    done = run_limited("prospects", "import", "list.xlsx", cwd=here, environment=clean_environment)
    said_plainly(done, "list.xlsx")


def test_run_a_module_planted_beside_a_spreadsheet(here: Path, clean_environment: dict[str, str]) -> None:
    planted = 'open("ran", "w").close()\n'
    for name in ("python_calamine.py", "zipfile.py", "msgspec.py", "pitchcast.py", "resource.py"):
        (here / name).write_text(planted, encoding="utf-8")
    (here / "list.xlsx").write_bytes(a_workbook())
    done = run_limited("prospects", "import", "list.xlsx", "--dry-run", cwd=here, environment=clean_environment)
    assert done.code in (0, 1), done.err
    assert not (here / "ran").exists()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Name\n" + b"," * 50_000_000, id="one row of commas"),
        pytest.param(b"Name\n" + b'"\n",' * 12_000_000, id="one row of many lines"),
        pytest.param(b"Name\n" + b'"' + b"a" * 50_000_000, id="one cell"),
        pytest.param(b"," * 20_000 + b"\n", id="20,000 columns"),
        pytest.param(("Name;" + "ä" * 3_000_000).encode("utf-16"), id="a header of megabytes"),
    ],
)
def test_fill_the_memory_by_a_row_without_end(here: Path, clean_environment: dict[str, str], body: bytes) -> None:
    (here / "list.csv").write_bytes(body)
    done = run_limited("prospects", "import", "list.csv", cwd=here, environment=clean_environment, memory_mb=2500)
    said_plainly(done, "list.csv")
    assert len(done.err) < 20_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"Name\n" + b"a" * 30_000_000 + b"\xb3\n", id="one line"),
        pytest.param(b"Name\n" + b"\xb3\xf3," * 8_000_000 + b"\n", id="one row of cells"),
        pytest.param(b"Name\n" + b"a\xb3\n" * 5_000_000, id="many lines"),
        pytest.param(b"Name\n" + b"Total (" * 5_000_000 + b"\xb3\n", id="words of footers"),
    ],
)
def test_keep_an_import_busy_with_the_question_of_its_encoding(
    here: Path, clean_environment: dict[str, str], body: bytes
) -> None:
    (here / "list.csv").write_bytes(body)
    done = run_limited("prospects", "import", "list.csv", cwd=here, environment=clean_environment, memory_mb=2500)
    assert done.code in (1, 2), done.err  # a line of megabytes is in no known encoding, others are asked for
    assert "list.csv is n" in done.err
    assert "Traceback" not in done.err
    assert len(done.err) < 20_000


def test_fill_the_memory_by_a_list_that_grows(here: Path, clean_environment: dict[str, str]) -> None:
    with (here / "list.csv").open("wb") as file:
        file.write(b"Name\n")
        file.truncate(20 << 30)
    done = run_limited("prospects", "import", "list.csv", cwd=here, environment=clean_environment)
    said_plainly(done, "list.csv", "too large")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_keep_an_import_waiting_at_a_pipe(here: Path, clean_environment: dict[str, str]) -> None:
    os.mkfifo(here / "list.csv")
    done = run_limited("prospects", "import", "list.csv", cwd=here, environment=clean_environment)
    said_plainly(done, "list.csv")
