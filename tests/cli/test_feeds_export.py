"""``feeds export``: what a CRM takes, and what no spreadsheet program runs."""

import codecs
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
8,"+1 Agency",,us
9,"@Sum, Ltd",-minus@x.example,us
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
    assert (show / "links.csv").read_bytes().startswith(codecs.BOM_UTF8), "so that spreadsheets read ü"
    header, first, *_ = rows((show / "links.csv").read_bytes().decode("utf-8-sig"))
    assert header == ["external_id", "email", "name", "page", "state", "external_id_kind"]
    page = pitchcast("link", "jo@acme.example").out.strip()
    assert first == ["7", "jo@acme.example", "Müller & Söhne", page, "active", "contact"]
    if os.name == "posix":
        assert stat.S_IMODE((show / "links.csv").stat().st_mode) == 0o600


def test_no_cell_can_become_a_formula(show: Path, pitchcast: Run) -> None:
    cells = [cell for row in rows(pitchcast("feeds", "export", "--csv", "-").out) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "'@Sum, Ltd" in cells
    assert "'-minus@x.example" in cells


def test_what_was_exported_can_be_imported_and_changes_nothing(show: Path, pitchcast: Run) -> None:
    (show / "companies.csv").write_text("Record ID - Company,Company name\n7,Seven Ltd\n", encoding="utf-8")
    assert pitchcast("prospects", "import", "companies.csv", "-q").code == 0
    pitchcast("feeds", "export", "--csv", "links.csv")
    answer = pitchcast("prospects", "import", "links.csv", "--json").json
    assert (answer["unchanged"], answer["updated"], answer["rejected"]) == (4, 0, [])


def test_lists_for_a_crm_lie_side_by_side_and_are_named(show: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "add", "No Id <anna@x.example>")
    pitchcast("prospects", "add", "Nothing")
    export = ("feeds", "export", "--csv", "links.csv", "--for", "hubspot")
    assert pitchcast(*export).out == (
        "Wrote 3 links to links.csv.\n"
        "Wrote 1 link by e-mail address to links.by-email.csv.\n"
        "Wrote 1 link without a key for the CRM to links.no-key.csv.\n"
    )
    page = pitchcast("link", "No Id").out.strip()
    by_email = (show / "links.by-email.csv").read_text(encoding="utf-8-sig")
    assert rows(by_email) == [["Email", "Pitchcast page", "Pitchcast state"], ["anna@x.example", page, "active"]]
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in show.glob("links*.csv")} == {0o600}
    pitchcast("prospects", "remove", "nothing", "no-id", "--yes")
    assert pitchcast(*export).out == "Wrote 3 links to links.csv.\n"
    assert len(rows((show / "links.by-email.csv").read_text(encoding="utf-8-sig"))) == 1, "no stale links stay"


def test_one_kind_at_a_time_goes_to_a_crm(show: Path, pitchcast: Run) -> None:
    (show / "companies.csv").write_text("Record ID - Company,Company name\n7,Umbrella\n", encoding="utf-8")
    assert pitchcast("prospects", "import", "companies.csv", "-q").code == 0
    to_hubspot = ("feeds", "export", "--csv", "-", "--for", "hubspot")
    refused = pitchcast(*to_hubspot)
    assert refused.code == 1
    assert "--id-kind company" in refused.err
    ((_, *own), umbrella) = rows(pitchcast(*to_hubspot, "--id-kind", "organisation").out)
    assert own == ["Pitchcast page", "Pitchcast state"]
    assert umbrella == ["7", pitchcast("link", "Umbrella").out.strip(), "active"]


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
        "suspended_until": None,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param([], 1, "nobody has anything to hear yet", id="neither"),
        pytest.param(["--csv", "-", "--json"], 2, "--csv and --json exclude each other", id="both"),
        pytest.param(["--csv", "-", "--for", "sap"], 2, "“sap” is not known", id="an unknown CRM"),
        pytest.param(["--json", "--for", "hubspot"], 2, "--for is for --csv", id="headers for JSON"),
        pytest.param(["--csv", "no/such/folder.csv"], 1, "cannot be written", id="no such folder"),
        pytest.param(["--csv", "-", "--id-kind", "lead"], 2, "--id-kind is for --for", id="a kind for a plain list"),
        pytest.param(["--changed-since", "24h"], 2, "is for --csv and --json", id="changes for a mail merge"),
        pytest.param(["--json", "--changed-since", "2999-01-01"], 2, "is still to come", id="the future"),
        pytest.param(["--json", "--changed-since", "lately"], 2, "is not a date", id="no date"),
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
