"""``leads --export``: files read back by the rules that the CRMs document, and nothing handed over twice."""

import csv
import io
import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pitchcast.crm import lead_lists
from pitchcast.crm.lead_lists import EventRow, LeadRow
from tests.fixtures.access_log import AccessLog, a_busy_log
from tests.fixtures.program import Run

CONTACT, LEAD, ACCOUNT = "0035f00000AbCdEAAV", "00Q5f000001XyZaEAK", "0015f00000AbCdEAAV"
CAMPAIGN = "7015f0000001AbCAAU"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of this test's own for what is kept on this computer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def busy(published: Path, pitchcast: Run) -> AccessLog:
    """A show with a busy prospect, whose log was read."""
    log = a_busy_log(published, pitchcast)
    assert pitchcast("logs", "sync", log.file).code == 0
    return log


def read_back(file: Path) -> list[dict[str, str]]:
    """Return a file's rows as an importer reads them: UTF-8, one header row, as many cells in each row."""
    text = file.read_bytes().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(set(header)) == len(header) < 1000
    assert all(len(row) == len(header) for row in rows)
    assert not any(cell[:1] in tuple("=+-@\t\r") for row in rows for cell in row if cell)
    return [dict(zip(header, row, strict=True)) for row in rows]


def export(pitchcast: Run, target: str, *options: str) -> dict[str, list[dict[str, str]]]:
    done = pitchcast("leads", "--export", target, "-o", "out", *options)
    assert done.code == 0, done.err
    return {path.name: read_back(path) for path in Path("out").glob("*.csv")}


def test_hubspot(busy: AccessLog, pitchcast: Run) -> None:
    """Contacts to update by Record ID, notes to create: each once, with a moment in UNIX milliseconds."""
    pitchcast("prospects", "edit", "acme-corp", "--external-id", "101", "--email", "dana@acme.example")
    files = export(pitchcast, "hubspot")
    assert files.keys() == {"hubspot-contacts.csv", "hubspot-notes.csv"}
    (contact,) = files["hubspot-contacts.csv"]
    assert list(contact) == ["Record ID", "Pitchcast score", "Pitchcast lead", "Pitchcast last signal"]
    assert (contact["Record ID"], contact["Pitchcast lead"]) == ("101", "call today")
    assert contact["Pitchcast score"].isdigit()
    datetime.strptime(contact["Pitchcast last signal"], "%Y-%m-%d").replace(tzinfo=UTC)
    notes = files["hubspot-notes.csv"]
    assert [note["Note body"].partition(",")[0] for note in notes] == [
        "Pitchcast: pressed play on ‘New Recording 12’",
        "Pitchcast: tapped the call to action",
        "Pitchcast: passed on one step and opened by somebody new",
    ]
    for note in notes:
        assert list(note) == ["Record ID", "Note body", "Activity date"]
        assert 0 < len(note["Note body"]) <= 65_536
        moment = datetime.fromtimestamp(int(note["Activity date"]) / 1000, UTC)
        assert timedelta(0) < datetime.now(UTC) - moment < timedelta(days=4)
    again = export(pitchcast, "hubspot")
    assert again == {"hubspot-contacts.csv": [], "hubspot-notes.csv": []}
    assert len(export(pitchcast, "hubspot", "--all")["hubspot-notes.csv"]) == 3
    since = f"{busy.now - timedelta(hours=21):%Y-%m-%dT%H:%M:%S+00:00}"
    assert len(export(pitchcast, "hubspot", "--since", since)["hubspot-notes.csv"]) == 1
    busy.add("call.html", 1)
    pitchcast("logs", "sync", busy.file)
    new = [note["Note body"] for note in export(pitchcast, "hubspot")["hubspot-notes.csv"]]
    assert ["tapped" in new[0], "3 days of 14" in new[1], len(new)] == [True, True, 2]


def test_hubspot_by_address_in_files_of_their_own_and_who_has_neither(busy: AccessLog, pitchcast: Run) -> None:
    files = export(pitchcast, "hubspot")
    (reject,) = files["rejects.csv"]
    assert (reject["name"], reject["reason"]) == ("Acme Corp", "it has neither an id nor an e-mail address")
    assert files["hubspot-notes.csv"] == []
    pitchcast("prospects", "edit", "acme-corp", "--email", "dana@acme.example")
    files = export(pitchcast, "hubspot")
    assert [row["Email"] for row in files["hubspot-contacts-by-email.csv"]] == ["dana@acme.example"]
    assert len(files["hubspot-notes-by-email.csv"]) == 3
    assert (files["hubspot-notes.csv"], files["rejects.csv"]) == ([], [])


@pytest.mark.parametrize(("record", "column"), [(CONTACT, "ContactId"), (LEAD, "LeadId")], ids=["contact", "lead"])
def test_salesforce(busy: AccessLog, pitchcast: Run, record: str, column: str) -> None:
    """Tasks for a contact or a lead, and members of a campaign with one id and never both."""
    assert pitchcast("prospects", "edit", "acme-corp", "--external-id", record[:15]).code == 0
    files = export(pitchcast, "salesforce", "--campaign", CAMPAIGN)
    assert len(files["tasks.csv"]) == 3
    for task in files["tasks.csv"]:
        assert list(task) == ["WhoId", "Subject", "ActivityDate", "Status", "Priority", "Description"]
        assert (task["WhoId"][:15], len(task["WhoId"])) == (record[:15], 18)
        assert 0 < len(task["Subject"]) <= 255
        datetime.strptime(task["ActivityDate"], "%Y-%m-%d").replace(tzinfo=UTC)
        assert (task["Status"], task["Priority"]) == ("Completed", "Normal")
        assert len(task["Description"]) <= 32_000
    (member,) = files["campaign-members.csv"]
    assert (member["CampaignId"], member["Status"]) == (CAMPAIGN, "Responded")
    assert [name for name in ("ContactId", "LeadId") if member[name]] == [column]
    again = export(pitchcast, "salesforce", "--campaign", CAMPAIGN)
    assert (again["tasks.csv"], again["campaign-members.csv"]) == ([], [])


@pytest.mark.parametrize("record", [ACCOUNT, "101", ""], ids=["an account", "of another CRM", "none"])
def test_whom_a_task_cannot_be_about_is_rejected_and_comes_later(busy: AccessLog, pitchcast: Run, record: str) -> None:
    pitchcast("prospects", "edit", "acme-corp", "--external-id", record)
    files = export(pitchcast, "salesforce")
    assert (len(files["rejects.csv"]), files["tasks.csv"]) == (1, [])
    pitchcast("prospects", "edit", "acme-corp", "--external-id", CONTACT)
    assert len(export(pitchcast, "salesforce")["tasks.csv"]) == 3


@pytest.mark.parametrize(
    ("target", "record", "reason", "filled_in"),
    [
        ("hubspot", (), "it has neither an id nor an e-mail address", {"ADDRESS": "dana@acme.example"}),
        ("hubspot", ("--external-id", "7x"), "it has neither an id nor an e-mail address", {"ID": "7"}),
        ("salesforce", (), "it has no id of Salesforce", {"ID": CONTACT}),
        ("salesforce", ("--external-id", ACCOUNT), "its id is of no contact (003) and no lead (00Q)", {"ID": CONTACT}),
    ],
    ids=["hubspot, nothing", "hubspot, another id", "salesforce, nothing", "salesforce, an account"],
)
def test_why_a_lead_is_left_out_is_said_with_the_command_that_mends_it(
    busy: AccessLog, pitchcast: Run, target: str, record: tuple[str, ...], reason: str, filled_in: dict[str, str]
) -> None:
    if record:
        assert pitchcast("prospects", "edit", "acme-corp", *record).code == 0
    done = pitchcast("leads", "--export", target, "-o", "out")
    assert f"1 lead left out: {reason}." in done.out
    words = shlex.split(done.out.splitlines()[-1])[1:]
    assert pitchcast(*(filled_in.get(word, word) for word in words)).code == 0
    (answer,) = [pitchcast("leads", "--export", target, "-o", "out", "--json").json]
    assert (answer["rejected"], answer["reasons"], answer["events"] > 0) == (0, [], True)


def test_who_has_an_id_of_another_kind_is_left_out_with_the_export_that_takes_it(
    busy: AccessLog, pitchcast: Run
) -> None:
    pitchcast("prospects", "edit", "acme-corp", "--external-id", "7", "--id-kind", "company")
    (reason,) = pitchcast("leads", "--export", "hubspot", "-o", "out", "--id-kind", "contact", "--json").json["reasons"]
    assert (reason["reason"], reason["leads"]) == ("its id is of another kind", 1)
    assert pitchcast(*shlex.split(reason["do"])[1:], "--json").json["leads"] == 1


def test_plain_lists_and_json(busy: AccessLog, pitchcast: Run) -> None:
    files = export(pitchcast, "csv")
    assert [row["prospect"] for row in files["leads.csv"]] == ["acme-corp"]
    assert len(files["events.csv"]) == 5
    assert all(row["log_lines"] for row in files["events.csv"])
    pitchcast("leads", "--export", "json", "-o", "out")
    (lead,) = json.loads(Path("out/leads.json").read_text("utf-8"))["leads"]
    assert len(lead["reasons"]) == 5


def test_a_dry_run_and_a_folder_that_cannot_be_written_hand_nothing_over(busy: AccessLog, pitchcast: Run) -> None:
    assert pitchcast("leads", "--export", "csv", "-o", "out", "--dry-run", "--json").json["events"] == 5
    assert not Path("out").exists()
    Path("taken").write_text("a file")
    assert pitchcast("leads", "--export", "csv", "-o", "taken").code == 1
    assert len(export(pitchcast, "csv")["events.csv"]) == 5


def test_no_cell_is_a_formula_and_none_too_long() -> None:
    """Whatever stands in a title or a name: cells are neutral, and as long as the CRM allows."""
    moment = datetime(2026, 9, 8, 12, tzinfo=UTC)
    for text in ('=HYPERLINK("https://evil.example")', "+1", "-1", "@x", "\tx", "\rx", "=" * 100_000):
        event = EventRow(key=CONTACT, at=moment, subject=text, text=text)
        lead = LeadRow(key="dana@acme.example", score=1, band=text, last=None)
        bodies = [
            lead_lists.render_hubspot_leads([lead], "email"),
            lead_lists.render_hubspot_notes([event], "id"),
            lead_lists.render_salesforce_tasks([event]),
            lead_lists.render_plain(("text",), [(text,)]),
        ]
        for body in bodies:
            _, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""))
            cells = [cell for row in rows for cell in row if cell]
            assert not [cell for cell in cells if cell[0] in "=+-@\t\r"]
        task = next(iter(csv.DictReader(io.StringIO(bodies[2].decode("utf-8-sig"), newline=""))))
        assert len(task["Subject"]) <= 255
        assert len(task["Description"]) <= 32_000
