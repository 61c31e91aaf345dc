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
    assert answer["failures"] == {"rows": 1, "feeds": 0}
    assert (show / "bad.csv").exists()
    assert not (show / "rejects.csv").exists()


def test_rejects_on_standard_output_are_the_list_alone(show: Path, pitchcast: Run) -> None:
    (show / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    done = pitchcast("prospects", "import", "contacts.csv", "--rejects", "-")
    assert done.code == 3
    assert done.out.lstrip("\ufeff").splitlines() == [
        "Record ID;First Name;Last Name;Email;Tags;row;reason",
        "202;;;no@name.example;;3;it has no name",
    ]
    assert "Imported 1 new prospect" in done.err
    before = stored(show)
    refused = pitchcast("prospects", "import", "contacts.csv", "--rejects", "-", "--json")
    assert (refused.code, refused.json["error"]["kind"]) == (2, "usage")
    assert stored(show) == before


@pytest.mark.parametrize("place", ["no/such/folder.csv", "a-folder", "locked/rejects.csv"])
def test_a_place_where_rejects_cannot_go_is_found_before_anything_is_changed(
    show: Path, pitchcast: Run, place: str
) -> None:
    (show / "a-folder").mkdir()
    (show / "locked").write_text("a file, and no folder", encoding="utf-8")
    (show / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    (show / "good.csv").write_text("Name\nAcme\n", encoding="utf-8")
    refused = pitchcast("prospects", "import", "contacts.csv", "--rejects", place, "--json")
    assert refused.code == 1
    assert "cannot be written" in refused.json["error"]["message"]
    assert pitchcast("prospects", "list", "--json").json["prospects"] == []
    assert pitchcast("prospects", "import", "good.csv", "--rejects", place).code == 0, "nothing was to be written"


@pytest.mark.parametrize(
    "address",
    ["jo at acme.example", "jo@@acme.example", "jo@acme", "jo@acme.example"],
    ids=["in words", "two signs", "no domain", "twice"],
)
def test_addresses_of_rejected_rows_stay_out_of_logs(show: Path, pitchcast: Run, address: str) -> None:
    (show / "contacts.csv").write_text(f"Name,Email\nJo,{address}\nAna,{address}\n", encoding="utf-8")
    done = pitchcast("prospects", "import", "contacts.csv", "-vv")
    assert done.code == 3
    assert "row 3 was left out" in done.err
    assert address not in done.err
    assert "@" not in done.err
    assert address in (show / "rejects.csv").read_text(encoding="utf-8-sig")


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


def test_a_company_with_a_contact_s_number_is_another_prospect(show: Path, pitchcast: Run) -> None:
    """HubSpot, Pipedrive and Zoho number each kind of record by itself."""
    (show / "people.csv").write_text("Record ID,First Name,Email\n101,Jo,jo@acme.example\n", encoding="utf-8")
    (show / "firms.csv").write_text("Record ID,Company name\n101,Zenith\n", encoding="utf-8")
    assert pitchcast("prospects", "import", "people.csv", "--json").json["id_kind"] == "contact"
    assert pitchcast("prospects", "import", "firms.csv", "--json").json["created"] == 1
    listed = pitchcast("prospects", "list", "--json").json["prospects"]
    assert [(one["name"], one["external_id_kind"], one["external_id"]) for one in listed] == [
        ("Jo", "contact", "101"),
        ("Zenith", "company", "101"),
    ]
    assert "company 101" in pitchcast("prospects", "list").out
    assert "contact 101" in pitchcast("prospects", "show", "jo").out


def test_a_script_says_once_of_what_kind_earlier_ids_are(show: Path, pitchcast: Run) -> None:
    (show / "old.csv").write_text("external_id,name\n101,Jo Doe\n102,Ana Roe\n", encoding="utf-8")
    (show / "people.csv").write_text("Record ID,First Name,Last Name\n101,Jo,Doe\n", encoding="utf-8")
    pitchcast("prospects", "import", "old.csv")
    before = stored(show)
    refused = pitchcast("prospects", "import", "people.csv")
    assert refused.code == 2
    assert "row 2 of people.csv, a contact, has the id of jo-doe" in refused.err
    assert "--known-ids contact" in refused.err
    assert stored(show) == before
    assert pitchcast("prospects", "import", "people.csv", "--known-ids", "person", "--json").json["updated"] == 1
    assert pitchcast("prospects", "import", "people.csv", "--json").json["unchanged"] == 1, "it is asked once"
    asked = pitchcast("prospects", "import", "old.csv", "--json")
    assert asked.code == 2
    assert "row 2 has the id of jo-doe, a contact" in asked.json["error"]["message"]
    assert "--id-kind contact" in asked.json["error"]["hint"]
    assert pitchcast("prospects", "import", "old.csv", "--id-kind", "contact", "--json").json["unchanged"] == 2


def test_a_list_that_makes_somebody_else_of_a_prospect_is_refused_as_a_whole(show: Path, pitchcast: Run) -> None:
    (show / "list.csv").write_text("external_id,name,email\n1,Jo Doe,jo@acme.example\n", encoding="utf-8")
    pitchcast("prospects", "import", "list.csv")
    (show / "list.csv").write_text(
        "external_id,name,email\n2,New One,new@x.example\n1,Zenith,info@zenith.example\n", encoding="utf-8"
    )
    before = stored(show)
    refused = pitchcast("prospects", "import", "list.csv")
    assert refused.code == 1
    assert "would make somebody else of 1 prospect: row 3 (jo-doe: “Jo Doe” → “Zenith”)" in " ".join(
        refused.err.split()
    )
    assert "--rename" in refused.err
    assert "@" not in refused.err
    assert stored(show) == before
    assert pitchcast("prospects", "import", "list.csv", "--dry-run").code == 1
    done = pitchcast("prospects", "import", "list.csv", "--rename", "--json").json
    assert (done["created"], done["updated"]) == (1, 1)


def test_a_list_that_renames_many_is_refused(show: Path, pitchcast: Run) -> None:
    """A column of names that slipped by a row, beside ids and addresses that did not."""
    names = ["Jo Doe", "Ana Roe", "Wei Nguyen", "Max Lund", "Eva Holm", "Zoe Katz", "Bo Berg"]
    lines = [f"{number},{name},p{number}@x.example" for number, name in enumerate(names[:6])]
    slipped = [f"{number},{name},p{number}@x.example" for number, name in enumerate(names[1:])]
    for name, rows in (("list.csv", lines), ("slipped.csv", slipped)):
        (show / name).write_text("\n".join(["id,name,email", *rows]), encoding="utf-8")
    pitchcast("prospects", "import", "list.csv")
    refused = pitchcast("prospects", "import", "slipped.csv", "--json")
    assert refused.code == 1
    assert "slipped.csv would rename 6 of 6 prospects: row 2 (jo-doe:" in refused.json["error"]["message"]
    assert pitchcast("prospects", "import", "slipped.csv", "--rename", "--json").json["updated"] == 6


def test_a_dry_run_shows_what_would_change_field_by_field(show: Path, pitchcast: Run) -> None:
    (show / "list.csv").write_text("external_id,name,email,tags\n1,Jo Doe,jo@acme.example,eu\n", encoding="utf-8")
    pitchcast("prospects", "import", "list.csv")
    (show / "list.csv").write_text("external_id,name,email,tags\n1,Jo Roe,jo@acme.example,eu;us\n", encoding="utf-8")
    assert pitchcast("prospects", "import", "list.csv", "--dry-run", "--json").json["changes"] == [
        {"id": "jo-doe", "field": "name", "before": "Jo Doe", "after": "Jo Roe"},
        {"id": "jo-doe", "field": "segments", "before": ["eu"], "after": ["eu", "us"]},
    ]
    shown = pitchcast("prospects", "import", "list.csv", "--dry-run")
    assert shown.out.splitlines()[1:] == ["  jo-doe: name “Jo Doe” → “Jo Roe”", "  jo-doe: segments “eu” → “eu, us”"]
    assert pitchcast("prospects", "import", "list.csv", "--json").json["changes"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["missing.csv"], 1, "missing.csv cannot be read", id="no such file"),
        pytest.param(["."], 1, "is a folder", id="a folder"),
        pytest.param(["list.csv", "--map", "nam=Name"], 2, "names no field", id="no such field"),
        pytest.param(["list.csv", "--id-kind", "ticket"], 2, "“ticket” is no kind of ids", id="no such kind"),
        pytest.param(["list.csv", "--map", "name=Nam"], 1, "no column “Nam”", id="no such column"),
        pytest.param(["list.csv", "--max-missing", "20"], 2, "without --remove-missing", id="half of a pair"),
        pytest.param(["list.csv", "--grace", "7d"], 2, "without --remove-missing", id="a grace for nobody"),
        pytest.param(["list.csv", "--remove-missing", "--grace", "soon"], 2, "is not a time", id="no time"),
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
    said = pitchcast("prospects", "import", "cut.csv", "--remove-missing", "--max-missing", "20", "--grace", "2w")
    assert said.out == "Imported 0 new prospects, 0 updated, 8 unchanged, 2 suspended.\n"
    assert "Links of those whom the list lacks end from " in said.err
    ends = pitchcast("prospects", "show", "firm-9", "--json").json["suspended_until"]
    found = [one["what"] for one in pitchcast("--json").json["attention"] if one["where"] == "prospects"]
    assert found[0].startswith("links end because the list lacks their prospects: firm-8 (")
    assert pitchcast("feeds", "show", "firm-9", "--json").json["suspended_until"] == ends
    assert [feed["suspended_until"] for feed in pitchcast("feeds", "list", "--json").json["feeds"]].count(ends) == 2
    shorter = pitchcast("prospects", "import", "cut.csv", "--remove-missing", "--grace", "1d", "--json").json
    assert (shorter["suspended"], shorter["missing"], shorter["suspended_until"] < ends) == (0, 2, True)
    ended = pitchcast("prospects", "import", "cut.csv", "--remove-missing", "--grace", "0", "--json").json
    assert (ended["suspended"], ended["suspended_until"]) == (0, None)
    assert pitchcast("feeds", "show", "firm-9", "--json").json["state"] == "revoked"


def test_lists_that_lack_a_few_more_each_night_are_compared_with_the_last_one(show: Path, pitchcast: Run) -> None:
    for count in (20, 19, 18, 17):
        rows = "".join(f"{n},Firm {n}\n" for n in range(count))
        (show / "list.csv").write_text("id,name\n" + rows, encoding="utf-8")
        answer = pitchcast("prospects", "import", "list.csv", "--remove-missing", "--json").json
        assert (answer["suspended"], answer["missing"]) == (count < 20, 20 - count)


def test_a_kind_is_given_by_hand_and_goes_with_the_id(show: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "add", "Acme", "--external-id", "7", "--id-kind", "Organisation")
    assert pitchcast("prospects", "show", "acme", "--json").json["external_id_kind"] == "company"
    edited = pitchcast("prospects", "edit", "acme", "--external-id", "8", "--id-kind", "lead", "--json").json
    assert (edited["external_id"], edited["external_id_kind"]) == ("8", "lead")
    assert pitchcast("prospects", "edit", "acme", "--external-id", "9", "--json").json["external_id_kind"] == "lead"
    assert pitchcast("prospects", "edit", "acme", "--external-id", "", "--json").json["external_id_kind"] == ""
    assert pitchcast("prospects", "edit", "acme", "--id-kind", "deal", "--json").code == 2
    assert pitchcast("prospects", "add", "Zenith", "--id-kind", "deal").code == 2


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
        "external_id_kind": "contact",
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


def test_a_row_is_turned_down_in_the_words_of_the_list(here: Path, pitchcast: Run) -> None:
    (here / "pitchcast.toml").write_text(SETTINGS, encoding="utf-8")
    rows = [
        "id,name,E-mail 1,Firma",
        "7,Acme,a@x.example,",
        "7,Same,b@x.example,",
        '8,"=HYPERLINK(""x"")",c@x.example,',
    ]
    (here / "list.csv").write_text("\n".join([*rows, "9,Other,a@x.example,"]), encoding="utf-8")
    done = pitchcast("prospects", "import", "list.csv", "--map", "email=E-mail 1", "--json")
    assert done.code == 3
    assert [one["reason"] for one in done.json["rejected"]] == [
        "its external id (column “id”) is that of row 2",
        "its name is a formula of a spreadsheet: save the list with values in place of formulas",
        "its e-mail address (column “E-mail 1”) is that of row 2",
    ]
    assert [one["id"] for one in pitchcast("prospects", "list", "--json").json["prospects"]] == ["acme"]
