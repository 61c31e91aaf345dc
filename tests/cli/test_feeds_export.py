"""``feeds export``: what a CRM takes, and what no spreadsheet program runs."""

import csv
import io
import os
import stat
from pathlib import Path

import pytest

from tests.cli.test_prospects_import import SETTINGS
from tests.fixtures.program import Run

CONTACTS = """id,name,email,tags
7,Müller & Söhne,jo@acme.example,eu
8,"=HYPERLINK(""http://evil.example"",""x"")",,us
9,"@SUM(1), Ltd",-minus@x.example,us
"""


@pytest.fixture
def show(here: Path, pitchcast: Run) -> Path:
    (here / "pitchcast.toml").write_text(SETTINGS, encoding="utf-8")
    (here / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    assert pitchcast("prospects", "import", "contacts.csv", "-q").code == 0
    return here


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_plain_list_has_a_row_for_each_prospect_with_the_page_to_send(show: Path, pitchcast: Run) -> None:
    done = pitchcast("feeds", "export", "--csv", "links.csv")
    assert done.code == 0
    assert done.out == "Wrote 3 links to links.csv.\n"
    header, first, *_ = rows((show / "links.csv").read_bytes().decode("utf-8"))
    assert header == ["external_id", "email", "name", "page", "state"]
    page = pitchcast("link", "jo@acme.example").out.strip()
    assert first == ["7", "jo@acme.example", "Müller & Söhne", page, "active"]
    if os.name == "posix":
        assert stat.S_IMODE((show / "links.csv").stat().st_mode) == 0o600


def test_no_cell_can_become_a_formula(show: Path, pitchcast: Run) -> None:
    cells = [cell for row in rows(pitchcast("feeds", "export", "--csv", "-").out) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "'@SUM(1), Ltd" in cells
    assert "'-minus@x.example" in cells


@pytest.mark.parametrize(
    ("target", "header"),
    [
        ("hubspot", ["Record ID", "Email", "Name", "Pitchcast page", "Pitchcast state"]),
        ("Salesforce", ["Id", "Email", "Name", "Pitchcast_Page__c", "Pitchcast_State__c"]),
    ],
)
def test_headers_that_importers_match(show: Path, pitchcast: Run, target: str, header: list[str]) -> None:
    assert rows(pitchcast("feeds", "export", "--csv", "-", "--for", target).out)[0] == header


def test_what_was_exported_can_be_imported_and_changes_nothing(show: Path, pitchcast: Run) -> None:
    for target in ([], ["--for", "hubspot"], ["--for", "salesforce"]):
        pitchcast("feeds", "export", "--csv", "links.csv", *target)
        answer = pitchcast("prospects", "import", "links.csv", "--id-kind", "contact", "--json").json
        assert (answer["unchanged"], answer["updated"], answer["rejected"]) == (3, 0, [])


def test_json_and_one_segment(show: Path, pitchcast: Run) -> None:
    (feed,) = pitchcast("feeds", "export", "--json", "--segment", "EU").json["feeds"]
    page = pitchcast("link", "jo@acme.example").out.strip()
    assert feed == {
        "prospect": {
            "id": "muller-sohne",
            "name": "Müller & Söhne",
            "external_id": "7",
            "email": "jo@acme.example",
            "external_id_kind": "contact",
        },
        "access": "private",
        "state": "active",
        "feed_url": page.replace("index.html", "feed.xml"),
        "page_url": page,
        "expires": None,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([], 1, "nobody has anything to hear yet", id="neither"),
        pytest.param(["--csv", "-", "--json"], 2, "--csv and --json exclude each other", id="both"),
        pytest.param(["--csv", "-", "--for", "sap"], 2, "“sap” is not known", id="an unknown CRM"),
        pytest.param(["--json", "--for", "hubspot"], 2, "--for is for --csv", id="headers for JSON"),
        pytest.param(["--csv", "no/such/folder.csv"], 1, "cannot be written", id="no such folder"),
        pytest.param(["--csv", "-", "--segment", "none"], 1, "nobody is in the segment", id="an empty segment"),
    ],
)
def test_what_cannot_be_done_is_said(show: Path, pitchcast: Run, arguments: list[str], code: int, message: str) -> None:
    done = pitchcast("feeds", "export", *arguments)
    assert done.code == code
    assert message in done.err


def test_links_reach_neither_stderr_nor_the_screen_when_a_file_is_written(show: Path, pitchcast: Run) -> None:
    token = pitchcast("link", "jo@acme.example").out.split("/")[3]
    done = pitchcast("feeds", "export", "--csv", "links.csv", "-vv")
    assert token not in done.out + done.err
