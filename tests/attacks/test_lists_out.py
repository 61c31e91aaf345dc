"""What a text in a list that pitchcast writes can do to whoever opens it in a spreadsheet program: nothing."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitchcast.crm.table import read_table, write_csv
from tests.fixtures.program import Run

SEPARATORS = ",;\t"
STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "=HYPERLINK('https://x.example')")
AROUND = ("{}", "a;{}", "a,{}", "a\t{}", 'a;"{}', "a\n{}", 'a";"{}";', "a,'{}", "'{}")


def _is_run(cell: str) -> bool:
    return cell.lstrip(" \t\r\n").startswith(STARTS)


def _cells(text: str) -> list[str]:
    """Return every cell that programs find, whatever separator they take."""
    tables = [csv.reader(io.StringIO(text, newline=""), delimiter=separator) for separator in SEPARATORS]
    return [cell for table in tables for row in table for cell in row]


@pytest.mark.parametrize("around", AROUND)
def test_run_a_formula_in_an_exported_list(published: Path, pitchcast: Run, around: str) -> None:
    written = (around.format(formula) for formula in FORMULAS)
    names = [name for name in written if name.isprintable()]
    body = write_csv(["name", "external_id"], [["Acme", "1"], *((f"x{name}", name) for name in names)])
    (published / "list.csv").write_text(body, encoding="utf-8", newline="")
    assert pitchcast("prospects", "import", "list.csv").code in (0, 3)
    for target in ("", "hubspot", "salesforce"):
        options = ("--for", target) if target else ()
        done = pitchcast("feeds", "export", "--csv", "links.csv", *options)
        assert done.code == 0
        text = "".join(path.read_bytes().decode("utf-8-sig") for path in published.glob("links*.csv"))
        assert text.count("\r\n") > len(names) // 2
        assert not [cell for cell in _cells(text) if _is_run(cell)]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_run_a_formula_in_a_list_of_rejects(published: Path, pitchcast: Run, separator: str) -> None:
    """The cells come from somebody's list; mended and imported again, they are what they were."""
    cells = [around.format(formula) for around in AROUND for formula in FORMULAS]
    rows = [["name", "email", "notes"], *(["", "no address", cell] for cell in cells)]
    given_list = io.StringIO(newline="")
    csv.writer(given_list, delimiter=separator, lineterminator="\r\n").writerows(rows)
    (published / "list.csv").write_bytes(given_list.getvalue().encode())
    assert pitchcast("prospects", "import", "list.csv").code == 3
    rejects = (published / "rejects.csv").read_bytes()
    assert not [cell for cell in _cells(rejects.decode("utf-8-sig")) if _is_run(cell)]
    once = [row.cells[:3] for row in read_table((published / "list.csv").read_bytes(), "here").rows]
    assert [row.cells[:3] for row in read_table(rejects, "here").rows] == once


@settings(max_examples=200)
@given(
    cell=st.text(st.sampled_from("=+-@＝\t\r\n,;|'\" ab"), max_size=12).filter(lambda text: text.strip()),
    separator=st.sampled_from(SEPARATORS),
)
def test_hide_a_formula_behind_quotation_marks(cell: str, separator: str) -> None:
    written = write_csv(["a", "b", "c"], [["x", cell, "y"]], separator)
    assert not [found for found in _cells(written) if _is_run(found)]
    (row,) = read_table(written.encode(), "here").rows
    assert row.cells == ("x", cell, "y")
