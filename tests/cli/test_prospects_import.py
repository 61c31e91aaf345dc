"""``prospects import``: what people and scripts get to see, and the file of rows to mend."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.cli.test_terminal import AtTerminal, at_terminal  # noqa: F401 (the fixture)
from tests.fixtures.program import Run, stored

CONTACTS = (
    "Record ID;First Name;Last Name;Email;Tags\r\n201;Jo;Müller;jo@acme.example;a, b\r\n202;;;no@name.example;\r\n"
)
SETTINGS = '[show]\ntitle = "Cloud bills"\nhost = "Dana Reyes"\n'


@pytest.fixture
def show(here: Path) -> Path:
    (here / "pitchcast.toml").write_text(SETTINGS, encoding="utf-8")
    return here


def test_good_rows_land_bad_ones_are_named_and_come_back_mended(show: Path, pitchcast: Run) -> None:
    (show / "contacts.csv").write_text(CONTACTS, encoding="cp1252")
    done = pitchcast("prospects", "import", "contacts.csv", "--encoding", "windows-1252")
    assert done.code == 3
    assert done.out == "Imported 1 new prospect, 0 updated, 0 unchanged, 1 row left out.\n"
    assert "row 3 was left out: it has no name" in done.err
    assert "rejects.csv" in done.err
    rejects = show / "rejects.csv"
    text = rejects.read_text(encoding="utf-8-sig")
    assert text.splitlines() == [
        "Record ID;First Name;Last Name;Email;Tags;row;reason",
        "202;;;no@name.example;;3;it has no name",
    ]
    rejects.write_text(text.replace("202;;;", "202;Ana;Roe;"), encoding="utf-8-sig")
    mended = pitchcast("prospects", "import", "rejects.csv", "--json")
    assert mended.code == 0
    assert mended.json["created"] == 1
    listed = pitchcast("prospects", "list", "--json").json["prospects"]
    assert [(one["id"], one["segments"]) for one in listed] == [("jo-muller", ["a", "b"]), ("ana-roe", [])]


def test_the_answer_for_scripts(show: Path, pitchcast: Run) -> None:
    (show / "contacts.csv").write_text(CONTACTS, encoding="utf-16")
    done = pitchcast("prospects", "import", "contacts.csv", "--json", "--rejects", "bad.csv")
    assert done.code == 3
    answer = done.json
    assert {name: answer[name] for name in ("created", "updated", "unchanged", "suspended", "rejected")} == {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "suspended": 0,
        "rejected": [{"row": 3, "reason": "it has no name"}],
    }
    assert answer["rejects_file"] == "bad.csv"
    assert (show / "bad.csv").exists()
    assert not (show / "rejects.csv").exists()


def test_rejects_never_replace_the_list_they_come_from(show: Path, pitchcast: Run) -> None:
    (show / "rejects.csv").write_text(CONTACTS, encoding="utf-8")
    done = pitchcast("prospects", "import", "rejects.csv", "--json")
    assert done.json["rejects_file"] == "rejects-2.csv"
    assert (show / "rejects.csv").read_text(encoding="utf-8") == CONTACTS.replace("\r\n", "\n")


def test_standard_input_and_mapping(show: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pitchcast", "prospects", "import", "-", "--map", "name=Firm", "-q", "--json"],
        cwd=show,
        env={**os.environ},
        input=b"Firm,X\nAcme,1\n",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["columns"] == {"name": "Firm"}
    assert done.stderr == b""


def test_a_spreadsheet(show: Path, pitchcast: Run) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (("Contact ID", "Full Name", "Email"), (7, "Jo Doe", "jo@acme.example")):
        book.active.append(row)
    body = io.BytesIO()
    book.save(body)
    (show / "list.xlsx").write_bytes(body.getvalue())
    assert pitchcast("prospects", "import", "list.xlsx", "--json").json["created"] == 1
    assert pitchcast("prospects", "show", "jo-doe", "--json").json["external_id"] == "7"


def test_a_dry_run_writes_nothing(show: Path, pitchcast: Run) -> None:
    (show / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    before = stored(show)
    done = pitchcast("prospects", "import", "contacts.csv", "--dry-run")
    assert done.code == 3
    assert done.out == "Would import 1 new prospect, 0 updated, 0 unchanged, 1 row left out.\n"
    assert stored(show) == before


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["missing.csv"], 1, "missing.csv cannot be read", id="no such file"),
        pytest.param(["."], 1, "is a folder", id="a folder"),
        pytest.param(["list.csv", "--map", "nam=Name"], 2, "names no field", id="no such field"),
        pytest.param(["list.csv", "--map", "name=Nam"], 1, "no column “Nam”", id="no such column"),
        pytest.param(["list.csv", "--max-missing", "20"], 2, "without --remove-missing", id="half of a pair"),
        pytest.param(
            ["list.csv", "--rejects", "no/such/folder.csv"], 1, "cannot be written", id="no place for rejects"
        ),
        pytest.param(["empty.csv"], 1, "empty.csv is empty", id="empty"),
    ],
)
def test_what_cannot_be_done_is_said(show: Path, pitchcast: Run, arguments: list[str], code: int, message: str) -> None:
    (show / "list.csv").write_text("Name\nAcme\n—\n", encoding="utf-8")
    (show / "empty.csv").write_text("", encoding="utf-8")
    done = pitchcast("prospects", "import", *arguments)
    assert done.code == code
    assert message in done.err


def test_a_list_cut_short_suspends_nobody(show: Path, pitchcast: Run) -> None:
    (show / "all.csv").write_text("id,name\n" + "".join(f"{n},Firm {n}\n" for n in range(10)), encoding="utf-8")
    (show / "cut.csv").write_text("id,name\n" + "".join(f"{n},Firm {n}\n" for n in range(8)), encoding="utf-8")
    pitchcast("prospects", "import", "all.csv", "-q")
    refused = pitchcast("prospects", "import", "cut.csv", "--remove-missing", "--json")
    assert refused.code == 1
    assert "2 of 10 prospects (20.0 %)" in refused.json["error"]["message"]
    assert (
        pitchcast("prospects", "import", "cut.csv", "--remove-missing", "--max-missing", "20", "--json").json[
            "suspended"
        ]
        == 2
    )


POLISH = "First Name;Last Name;Email\r\nŁukasz;Żółć;l@a.example\r\nZofia;Wiśniewska;z@a.example\r\n".encode("cp1250")


def test_a_script_is_told_how_names_read_and_by_which_command_it_goes_on(show: Path, pitchcast: Run) -> None:
    (show / "polish.csv").write_bytes(POLISH)
    refused = pitchcast("prospects", "import", "polish.csv", "--json")
    assert refused.code == 2
    error = refused.json["error"]
    assert "cp1250 (Central Europe): Łukasz Żółć, Zofia Wiśniewska" in error["message"]
    assert "cp1252 (Western Europe): £ukasz ¯ó³æ" in error["message"]
    assert "a.example" not in refused.err
    command = error["hint"].rpartition(": ")[2].split()
    done = pitchcast(*command[1:])
    assert done.code == 0
    assert done.json["encoding"] == "cp1250"
    names = [one["name"] for one in pitchcast("prospects", "list", "--json").json["prospects"]]
    assert names == ["Łukasz Żółć", "Zofia Wiśniewska"]


def test_somebody_at_a_terminal_is_asked_and_sees_the_list_before_it_is_written(
    show: Path,
    pitchcast: Run,
    at_terminal: AtTerminal,  # noqa: F811
) -> None:
    (show / "polish.csv").write_bytes(POLISH)
    terminal = at_terminal("prospects", "import", "polish.csv")
    terminal.wait_for("They read:")
    terminal.wait_for("1  cp1250 (Central Europe): Łukasz Żółć, Zofia Wiśniewska")
    terminal.answer("Number, or the name of another encoding:", "")
    terminal.wait_for("Type an answer")
    terminal.answer("Number, or the name of another encoding:", "klingon")
    terminal.wait_for("“klingon” is not known")
    terminal.answer("Number, or the name of another encoding:", "1")
    terminal.wait_for("Encoding: cp1250. Columns: first_name from “First Name”")
    terminal.wait_for("row 2: Łukasz Żółć · l@a.example")
    terminal.answer("Go ahead? [Y/n]", "y")
    code, out, _ = terminal.end()
    assert (code, out) == (0, "Imported 2 new prospects, 0 updated, 0 unchanged.\n")
    assert pitchcast("prospects", "show", "lukasz-zolc", "--json").json["name"] == "Łukasz Żółć"


@pytest.mark.parametrize("dry", [("--dry-run",), ()])
def test_scripts_get_how_the_list_was_read_in_the_answer_alone(
    show: Path, pitchcast: Run, dry: tuple[str, ...]
) -> None:
    people = "".join(f"{n},Jo {n},jo{n}@acme.example,other{n}@acme.example\n" for n in range(5))
    footer = "\nAll contacts\nGenerated by: Dana\n"
    (show / "list.csv").write_text(f"id,name,email,private\n{people}{footer}", encoding="utf-8")
    done = pitchcast("prospects", "import", "list.csv", "--json", "--no-build", *dry)
    assert done.code == 0
    answer = done.json
    assert answer["encoding"] == "utf-8"
    assert answer["columns"] == {"external_id": "id", "name": "name", "email": "email"}
    assert answer["sample"][0] == {
        "row": 2,
        "name": "Jo 0",
        "first_name": "",
        "company": "",
        "email": "jo0@acme.example",
        "external_id": "0",
        "language": "",
        "segments": [],
    }
    assert len(answer["sample"]) == 3
    assert answer["left_out"] == [
        {"row": 8, "reason": "it belongs to the footer of a report"},
        {"row": 9, "reason": "it belongs to the footer of a report"},
    ]
    assert "2 rows beside the list skipped, because it belongs to the footer of a report: 8, 9" in done.err
    assert "“private”, not read" in done.err
    assert "acme.example" not in done.err


def test_a_sheet_and_the_row_of_its_headers_are_chosen(show: Path, pitchcast: Run) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(("Read me",))
    people = book.create_sheet("People 2026")
    for row in (("Name", "Email"), ("Wer", "Mail"), ("Jo Doe", "jo@acme.example")):
        people.append(row)
    book.save(show / "list.xlsx")
    options = ("--sheet", "People 2026", "--header-row", "2", "--map", "name=Wer")
    done = pitchcast("prospects", "import", "list.xlsx", *options, "--json")
    assert done.json["columns"] == {"name": "Wer", "email": "Mail"}
    assert done.json["encoding"] == ""
    assert done.json["created"] == 1
    assert "not read were the sheets “Sheet” (1 row)" in done.err
