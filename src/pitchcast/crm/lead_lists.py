"""Leads on their way into a CRM: files with the headers that its importer matches, and no more than it allows.

HubSpot: "Set up import files" of its knowledge base. Salesforce: Task and CampaignMember of its Object Reference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pitchcast.crm.table import write_csv
from pitchcast.model.external_ids import IdKind, RecordId

KeyKind = Literal["id", "email"]

_MOST_NOTE = 60_000  # of 65,536 characters; an apostrophe may be put before what looks like a formula
_MOST_SUBJECT = 200  # of 255
_MOST_DESCRIPTION = 31_000  # of 32,000
_OWN = ("Pitchcast score", "Pitchcast lead", "Pitchcast last signal")
_KEY_HEADERS = {"id": "Record ID", "email": "Email"}
_TASK = ("WhoId", "Subject", "ActivityDate", "Status", "Priority", "Description")
_MEMBER = ("CampaignId", "ContactId", "LeadId", "Status")
_MEMBER_STATUS = "Responded"  # every campaign has it, unless somebody took it away
_PEOPLE = {"003": "ContactId", "00Q": "LeadId"}
_HUBSPOT_NAMES: dict[IdKind, str] = {"company": "companies", "deal": "deals", "lead": "leads"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRow:
    """A lead: the key of its record, and how it stands; ``last`` is when something was last seen, None for never."""

    key: str
    score: int
    band: str
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that was seen of a lead: the key of its record, when, in a few words and in full."""

    key: str
    at: datetime
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRow:
    """A lead whose record an importer would not find, and why; ``prospect`` is who it is here."""

    prospect: str
    external_id: str
    email: str
    name: str
    reason: str


def hubspot_name(kind: IdKind) -> str:
    """Return what HubSpot calls records of a kind, as a part of a file's name."""
    return _HUBSPOT_NAMES.get(kind, "contacts")


def render_hubspot_leads(rows: Iterable[LeadRow], key: KeyKind) -> bytes:
    """Return leads as records to update: the key, and Pitchcast's own properties."""
    cells = [(row.key, str(row.score), row.band or "none", _day(row.last)) for row in rows]
    return _encoded(write_csv((_KEY_HEADERS[key], *_OWN), cells))


def render_hubspot_notes(rows: Iterable[EventRow], key: KeyKind) -> bytes:
    """Return events as notes; the moment is UNIX milliseconds, in which no day is taken for a month."""
    cells = [(row.key, _cut(row.text, _MOST_NOTE), str(int(row.at.timestamp() * 1000))) for row in rows]
    return _encoded(write_csv((_KEY_HEADERS[key], "Note body", "Activity date"), cells))


def why_no_person(record: RecordId) -> str:
    """Return why a task cannot be about a record, "" where it can: in Salesforce only contacts and leads are people."""
    if len(record.id) != len("003000000000000AAA") or record.kind == "other":
        return "it has no id of Salesforce"
    return "" if record.id[:3] in _PEOPLE else "its id is of no contact (003) and no lead (00Q)"


def render_salesforce_tasks(rows: Iterable[EventRow]) -> bytes:
    """Return events as tasks that are done."""
    cells = [
        (
            *(row.key, _cut(row.subject, _MOST_SUBJECT), _day(row.at), "Completed", "Normal"),
            _cut(row.text, _MOST_DESCRIPTION),
        )
        for row in rows
    ]
    return _encoded(write_csv(_TASK, cells))


def render_salesforce_members(keys: Iterable[str], campaign: str) -> bytes:
    """Return contacts and leads as new members of a campaign; each has one of the two ids and never both."""
    cells = [
        (campaign, *(key if _PEOPLE[key[:3]] == header else "" for header in ("ContactId", "LeadId")), _MEMBER_STATUS)
        for key in keys
    ]
    return _encoded(write_csv(_MEMBER, cells))


def render_rejects(rows: Iterable[RejectRow]) -> bytes:
    """Return leads without a key, for people."""
    cells = [(row.external_id, row.email, row.name, row.reason) for row in rows]
    return _encoded(write_csv(("external_id", "email", "name", "reason"), cells))


def render_plain(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a plain list."""
    return _encoded(write_csv(header, rows))


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else ""


def _cut(text: str, most: int) -> str:
    """Return a text in one line, as far as it may go."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 2] + " …"


def _encoded(text: str) -> bytes:
    """Return a list in UTF-8, with a mark by which spreadsheet programs know that encoding; importers pass over it."""
    return text.encode("utf-8-sig", errors="replace")
