"""Leads for a CRM: files to import, with what is new since the last export."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

from pitchcast.crm import lead_lists
from pitchcast.crm.files import write_list_file
from pitchcast.crm.lead_lists import EventRow, KeyKind, LeadRow, RejectRow
from pitchcast.errors import TableError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.leads import ExportedLeads, Lead, Leads, Reason, RejectedLeads
from pitchcast.model.catalog import Catalog
from pitchcast.model.external_ids import IdKind
from pitchcast.model.prospect import Prospect
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics import exported as books
from pitchcast.upkeep.analytics.exported import ExportedLead, ExportedSignal, ExportedTo
from pitchcast.workflows.feeds_export import export_for_crm
from pitchcast.workflows.leads import WORTH_TELLING, find_leads, forget_before

Target = Literal["hubspot", "salesforce", "csv", "json"]

_HUBSPOT_FILES: Sequence[tuple[KeyKind, str]] = (("id", ""), ("email", "-by-email"))
"""By which key records are found, and what the names of those files end in: both keys in one file change records."""

_OTHER_KIND = "its id is of another kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is to be exported, and where to: what is new, or again since a moment, or everything.

    ``kind`` is of which kind the records are, ``campaign`` the id of one of Salesforce's campaigns.
    """

    target: Target
    folder: Path
    since: datetime | None = None
    every: bool = False
    kind: IdKind = ""
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class _CrmKey:
    """By what an importer finds a record."""

    kind: KeyKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExportPlan:
    """What is to be written: leads and their events, the keys of their records, and who has none."""

    target: Target
    leads: Sequence[Lead]
    events: Mapping[str, Sequence[Reason]]
    faded: Sequence[str]
    members: Sequence[str]
    keys: Mapping[str, _CrmKey]
    rejects: Sequence[RejectRow]
    until: datetime | None


def check_target(text: str) -> Target:
    """Return for what an export is. Raises UsageError."""
    for target in get_args(Target):
        if text.strip().casefold() == target:
            return target  # type: ignore[no-any-return] # one of the literals
    raise UsageError(f"--export “{text}” is not known", hint=f"Known are: {', '.join(get_args(Target))}.")


def export_leads(project: Project, request: ExportRequest) -> ExportedLeads:
    """Write the files and return which; in a dry run nothing is written.

    Each event is claimed before it is written, so that two computers never hand one over twice. Raises UsageError,
    CatalogError where ids are of several kinds and none was said, TableError where a file cannot be written.
    """
    _check(request)
    catalog = project.catalog()
    found = find_leads(project)
    keys, rejects = _keys(project, catalog, found, request)
    before = books.read_exported(project.bucket, request.target)
    plan = _plan(found, request, before, keys, rejects)
    run = secrets.token_hex(8)
    if not project.dry_run:
        plan = _claimed(project, catalog, request, plan, run)
    files = _rendered(plan, request)
    if not project.dry_run:
        _write(project, request, files, run)
        books.remember_leads(project.bucket, request.target, _as_exported(plan))
    return ExportedLeads(
        files=tuple(str(request.folder / name) for name in files),
        leads=len(plan.leads) + len(plan.faded),
        events=sum(map(len, plan.events.values())),
        rejected=len(plan.rejects),
        until=plan.until,
        reasons=tuple(_counted(plan.rejects, catalog, request)),
    )


def _check(request: ExportRequest) -> None:
    if request.campaign and request.target != "salesforce":
        raise UsageError("--campaign is for --export salesforce", hint="Leave it out.")
    if request.campaign and not (request.campaign.isalnum() and request.campaign.startswith("701")):
        raise UsageError(f"--campaign “{request.campaign}” is no campaign's id", hint="Salesforce's begin with 701.")
    if request.kind and request.target != "hubspot":
        raise UsageError("--id-kind is for --export hubspot", hint="Leave it out.")
    if request.every and request.since:
        raise UsageError("--all and --since exclude each other", hint="Leave one of them out.")


# ---- who can be found there


def _keys(
    project: Project, catalog: Catalog, found: Leads, request: ExportRequest
) -> tuple[dict[str, _CrmKey], list[RejectRow]]:
    """Return the keys of prospects' records, and leads without one with the reason."""
    prospects = {prospect.id: prospect for prospect in catalog.prospects}
    if request.target == "hubspot":
        keys, reasons = _hubspot_keys(project, request.kind)
    elif request.target == "salesforce":
        keys, reasons = _salesforce_keys(catalog)
    else:
        keys, reasons = {one: _CrmKey("id", one) for one in prospects}, {}
    without = [prospects[lead.prospect] for lead in found.leads if lead.prospect not in keys]
    return keys, [_reject(one, reasons.get(one.id, _OTHER_KIND)) for one in without]


def _reject(prospect: Prospect, reason: str) -> RejectRow:
    return RejectRow(
        prospect=prospect.id, external_id=prospect.external_id, email=prospect.email, name=prospect.name, reason=reason
    )


def _counted(rejects: Sequence[RejectRow], catalog: Catalog, request: ExportRequest) -> Iterable[RejectedLeads]:
    """Yield each reason with the number of leads, and the command that mends the first of them."""
    counts = Counter(row.reason for row in rejects)
    first = {row.reason: row.prospect for row in reversed(rejects)}
    prospects = {prospect.id: prospect for prospect in catalog.prospects}
    for reason, leads in counts.items():
        yield RejectedLeads(reason=reason, leads=leads, do=_mended_by(prospects[first[reason]], reason, request))


def _mended_by(prospect: Prospect, reason: str, request: ExportRequest) -> str:
    """Return the command after which the CRM finds a prospect's record; words in capitals are still to be filled in."""
    if request.target == "salesforce":
        return pitchcast_command("prospects edit", prospect.id, "--external-id", "ID")
    if reason == _OTHER_KIND:
        return pitchcast_command("leads --export hubspot --id-kind", prospect.record.kind, "-o", request.folder)
    if not (prospect.external_id or prospect.email or request.kind):
        return pitchcast_command("prospects edit", prospect.id, "--email", "ADDRESS")
    kind = request.kind or "contact"
    return pitchcast_command("prospects edit", prospect.id, "--external-id", "ID", "--id-kind", kind)


def _hubspot_keys(project: Project, kind: IdKind) -> tuple[dict[str, _CrmKey], dict[str, str]]:
    rows = export_for_crm(project, "hubspot", kind)
    by_id = {feed.prospect.id: _CrmKey("id", feed.prospect.external_id) for feed in rows.by_id}
    by_email = {feed.prospect.id: _CrmKey("email", feed.prospect.email) for feed in rows.by_email}
    return by_id | by_email, {feed.prospect.id: reason for feed, reason in rows.without_key}


def _salesforce_keys(catalog: Catalog) -> tuple[dict[str, _CrmKey], dict[str, str]]:
    reasons = {prospect.id: lead_lists.why_no_person(prospect.record) for prospect in catalog.prospects}
    keys = {
        prospect.id: _CrmKey("id", prospect.record.id) for prospect in catalog.prospects if not reasons[prospect.id]
    }
    return keys, reasons


# ---- what is new


def _plan(
    found: Leads,
    request: ExportRequest,
    before: ExportedTo,
    keys: Mapping[str, _CrmKey],
    rejects: Sequence[RejectRow],
) -> _ExportPlan:
    known = [lead for lead in found.leads if lead.prospect in keys]
    return _ExportPlan(
        target=request.target,
        leads=[lead for lead in known if _is_lead_wanted(lead, request, before)],
        events=_wanted_events(known, request, before),
        faded=_faded(known, request, before, keys),
        members=_campaign_members(known, request, before),
        keys=keys,
        rejects=rejects,
        until=found.until,
    )


def _wanted_events(known: Sequence[Lead], request: ExportRequest, before: ExportedTo) -> dict[str, list[Reason]]:
    """Return the events to hand over by the ids of their prospects; a prospect without any is left out."""
    events = {}
    for lead in known:
        wanted = [one for one in lead.reasons if _is_wanted(one, request, before)]
        if wanted:
            events[lead.prospect] = wanted
    return events


def _faded(known: Sequence[Lead], request: ExportRequest, before: ExportedTo, keys: Mapping[str, _CrmKey]) -> list[str]:
    """Return who had points at the last export and is no lead any more: HubSpot's records, which hold them, get 0."""
    if request.target != "hubspot":
        return []
    without_points = keys.keys() - {lead.prospect for lead in known}
    had_points = [prospect for prospect, lead in before.leads.items() if lead.score]
    return [prospect for prospect in had_points if prospect in without_points]


def _campaign_members(known: Sequence[Lead], request: ExportRequest, before: ExportedTo) -> list[str]:
    """Return who is to be added to the campaign: leads in a band, those alone that were not added before."""
    if not request.campaign:
        return []
    in_bands = [lead.prospect for lead in known if lead.band]
    if request.every:
        return in_bands
    return [prospect for prospect in in_bands if _member(request, prospect) not in before.signals]


def _is_wanted(reason: Reason, request: ExportRequest, before: ExportedTo) -> bool:
    if request.target in ("hubspot", "salesforce") and reason.kind not in WORTH_TELLING:
        return False
    if request.since:
        return reason.at >= request.since
    return request.every or reason.event not in before.signals


def _is_lead_wanted(lead: Lead, request: ExportRequest, before: ExportedTo) -> bool:
    if request.since:
        return lead.last >= request.since
    return request.every or before.leads.get(lead.prospect) != _state(lead)


def _state(lead: Lead) -> ExportedLead:
    return ExportedLead(feed=lead.prospect, score=round(lead.score), band=lead.band, last=lead.last.date().isoformat())


def _as_exported(plan: _ExportPlan) -> dict[str, ExportedLead]:
    gone = {prospect: ExportedLead(feed=prospect, score=0, band="", last="") for prospect in plan.faded}
    return gone | {lead.prospect: _state(lead) for lead in plan.leads}


def _member(request: ExportRequest, prospect: str) -> str:
    return books.LASTING + sha256(f"{request.campaign}\n{prospect}".encode()).hexdigest()[:16]


def _claimed(project: Project, catalog: Catalog, request: ExportRequest, plan: _ExportPlan, run: str) -> _ExportPlan:
    """Return the plan with those events alone that nobody else exports; what is exported again needs no claim."""
    now = project.now()
    ours = books.claim_exports(
        project.bucket,
        request.target,
        _claims(request, plan, run, now),
        known={prospect.id for prospect in catalog.prospects},
        forget_before=forget_before(project, now),
    )
    if request.every or request.since:
        return plan
    return _only_ours(request, plan, ours)


def _claims(request: ExportRequest, plan: _ExportPlan, run: str, now: datetime) -> dict[str, ExportedSignal]:
    """Return what this run claims, by the ids of events and of memberships in the campaign."""
    claims: dict[str, ExportedSignal] = {}
    for prospect, reasons in plan.events.items():
        claims |= {reason.event: ExportedSignal(feed=prospect, run=run, at=now) for reason in reasons}
    claims |= {_member(request, one): ExportedSignal(feed=one, run=run, at=now) for one in plan.members}
    return claims


def _only_ours(request: ExportRequest, plan: _ExportPlan, ours: Collection[str]) -> _ExportPlan:
    """Return the plan without the events and members that another run has claimed."""
    events = {}
    for prospect, reasons in plan.events.items():
        kept = [reason for reason in reasons if reason.event in ours]
        if kept:
            events[prospect] = kept
    members = [one for one in plan.members if _member(request, one) in ours]
    return replace(plan, events=events, members=members)


# ---- the files


def _write(project: Project, request: ExportRequest, files: Mapping[str, bytes], run: str) -> None:
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
        for name, body in files.items():
            write_list_file(request.folder / name, body)
    except (OSError, TableError) as error:
        books.give_back_exports(project.bucket, request.target, run)
        if isinstance(error, TableError):
            raise
        raise TableError(f"{request.folder} cannot be made: {error.strerror}", hint="Name another folder.") from error


def _rendered(plan: _ExportPlan, request: ExportRequest) -> dict[str, bytes]:
    """Return the files by their names; one that has no rows is written where an earlier one would stay."""
    if plan.target == "json":
        leads = [_with_events(lead, plan) for lead in plan.leads]
        return {"leads.json": msgspec.json.format(msgspec.json.encode(Leads(leads=tuple(leads), until=plan.until)))}
    if plan.target == "csv":
        return {"leads.csv": _plain_leads(plan), "events.csv": _plain_events(plan)}
    files = _hubspot_files(plan, request) if plan.target == "hubspot" else _salesforce_files(plan, request)
    files.append(_File("rejects.csv", lead_lists.render_rejects(plan.rejects), is_needed=bool(plan.rejects)))
    return {one.name: one.body for one in files if one.is_needed or (request.folder / one.name).exists()}


class _File(NamedTuple):
    """A file to write. One that is not *needed*, as it has no rows, only takes an earlier one's place."""

    name: str
    body: bytes
    is_needed: bool = True


def _hubspot_files(plan: _ExportPlan, request: ExportRequest) -> list[_File]:
    name = lead_lists.hubspot_name(request.kind)
    files: list[_File] = []
    for kind, suffix in _HUBSPOT_FILES:
        leads, notes = [*_lead_rows(plan, kind)], [*_event_rows(plan, kind)]
        leads_body = lead_lists.render_hubspot_leads(leads, kind)
        notes_body = lead_lists.render_hubspot_notes(notes, kind)
        files.append(_File(f"hubspot-{name}{suffix}.csv", leads_body, is_needed=bool(leads) or not suffix))
        files.append(_File(f"hubspot-notes{suffix}.csv", notes_body, is_needed=bool(notes) or not suffix))
    return files


def _salesforce_files(plan: _ExportPlan, request: ExportRequest) -> list[_File]:
    files = [_File("tasks.csv", lead_lists.render_salesforce_tasks(_event_rows(plan, "id")))]
    if request.campaign:
        members = [plan.keys[one].text for one in plan.members]
        files.append(_File("campaign-members.csv", lead_lists.render_salesforce_members(members, request.campaign)))
    return files


def _lead_rows(plan: _ExportPlan, kind: KeyKind) -> Iterable[LeadRow]:
    for lead in plan.leads:
        key = plan.keys[lead.prospect]
        if key.kind == kind:
            yield LeadRow(key=key.text, score=round(lead.score), band=lead.band, last=lead.last)
    for prospect in plan.faded:
        if plan.keys[prospect].kind == kind:
            yield LeadRow(key=plan.keys[prospect].text, score=0, band="", last=None)


def _event_rows(plan: _ExportPlan, kind: KeyKind) -> Iterable[EventRow]:
    for prospect, reasons in plan.events.items():
        key = plan.keys[prospect]
        for reason in sorted(reasons, key=lambda one: one.at):
            if key.kind == kind:
                yield EventRow(key=key.text, at=reason.at, subject=f"Pitchcast: {reason.seen}", text=_text(reason))


def _text(reason: Reason) -> str:
    """Return an event in full: what was seen, when, and the log line that it began with."""
    log = f" Log line {reason.lines[0].id} of {reason.lines[0].log}." if reason.lines else ""
    return f"Pitchcast: {reason.seen}, {_moment(reason.at)} UTC.{log}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _with_events(lead: Lead, plan: _ExportPlan) -> Lead:
    return msgspec.structs.replace(lead, reasons=tuple(plan.events.get(lead.prospect, ())))


def _plain_leads(plan: _ExportPlan) -> bytes:
    header = ("prospect", "name", "company", "score", "state", "last_signal", "sentence")
    rows = [
        (one.prospect, one.name, one.company, f"{one.score:g}", one.band, _moment(one.last), one.sentence)
        for one in plan.leads
    ]
    return lead_lists.render_plain(header, rows)


def _plain_events(plan: _ExportPlan) -> bytes:
    header = ("prospect", "event", "kind", "seen_at", "points", "seen", "log_lines")
    rows = [
        (
            *(prospect, one.event, one.kind, _moment(one.at), f"{one.points:g}", one.seen),
            " ".join(line.id for line in one.lines),
        )
        for prospect, reasons in plan.events.items()
        for one in reasons
    ]
    return lead_lists.render_plain(header, rows)
