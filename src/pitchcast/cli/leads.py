"""``pitchcast leads``: whom to call today, and why."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.dates import parse_since
from pitchcast.cli.display import Display, counted
from pitchcast.cli.session import open_show, showing_progress
from pitchcast.config import user_config_path, webhook_of
from pitchcast.errors import UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.leads import ExplainedLead, ExportedLeads, Lead, Leads, NotifiedLeads
from pitchcast.model.external_ids import parse_id_kind
from pitchcast.workflows.leads import explain, find_leads, remember_shown
from pitchcast.workflows.leads_export import ExportRequest, check_target, export_leads
from pitchcast.workflows.leads_notify import Channel, notify, until_in_words

app = new_group()

_SHOWN = 20
_NEAREST = 3


@command(app, "leads")
def leads(
    common: Common,
    who: options.ExplainLead = "",
    tell: options.Notify = False,
    run: options.RunCommand = "",
    target: options.ExportLeads = "",
    folder: options.LeadsFolder = None,
    since: options.ExportSince = "",
    every: options.ExportAll = False,
    id_kind: options.ExportIdKind = "",
    campaign: options.Campaign = "",
    dry_run: options.DryRun = False,
) -> None:
    """Show whom to call today and who is warm, each with what was seen and what to do.

    \b
    Example:
      pitchcast leads
      pitchcast leads --explain acme-corp
      pitchcast leads --notify
      pitchcast leads --run ./tell-the-team
      pitchcast leads --export hubspot -o for-hubspot
      pitchcast leads --export salesforce -o for-salesforce --since 7d

    Points fade by half in 14 days; what each signal is worth is set under [audience]. Logs come hours late, so this
    is what was seen until the last of them. Nothing here says how long anybody listened. More: docs/leads.md.
    """
    display = Display(common)
    _refuse_what_excludes_each_other(who=who, tell=tell or bool(run), target=target)
    if not target:
        _refuse_what_is_for_exports(folder, since, every, id_kind, campaign)
    if target:
        request = ExportRequest(
            target=check_target(target),
            folder=_folder_of(folder),
            since=parse_since(since, "--since"),
            every=every,
            kind=parse_id_kind(id_kind) if id_kind else "",
            campaign=campaign,
        )
        _export(display, request, dry_run=dry_run)
    elif who:
        with showing_progress(display, open_show(display)) as project:
            explained = explain(project, who)
        display.answer(explained, _show_explained)
    elif tell or run:
        _notify(display, run, dry_run=dry_run)
    else:
        with showing_progress(display, open_show(display)) as project:
            found = find_leads(project)
        display.answer(found, _show)
        remember_shown(project, found)


def _refuse_what_excludes_each_other(*, who: str, tell: bool, target: str) -> None:
    if sum((bool(who), tell, bool(target))) > 1:
        raise UsageError("--explain, --notify (or --run) and --export exclude each other", hint="Give one of them.")


def _refuse_what_is_for_exports(*values: object) -> None:
    if any(values):
        raise UsageError("-o, --since, --all, --id-kind and --campaign are for --export", hint="Leave them out.")


def _folder_of(folder: Path | None) -> Path:
    if folder is None:
        raise UsageError("--export needs a folder for its files", hint="Name one: -o FOLDER")
    return folder


# ---- the list


def _show(display: Display, found: Leads) -> None:
    display.say(f"Logs: {until_in_words(found.until)}; times are UTC.")
    in_bands = [lead for lead in found.leads if lead.band]
    _show_bands(display, [lead for lead in in_bands if lead.new], ", new since you last looked")
    _show_bands(display, [lead for lead in in_bands if not lead.new], "")
    shown = in_bands or found.leads[:_NEAREST]
    if not in_bands:
        display.result("Nobody to call today.")
        _show_band(display, "Nearest to it", shown)
    others = len(found.leads) - len(shown)
    if others:
        display.say(f"{counted(others, 'more prospect')} with fewer points; --json has them too.")
    if shown:
        display.result(f"\nThe log lines behind one: {_explain_command(shown[0])}", lines=True)


def _show_bands(display: Display, leads: list[Lead], which: str) -> None:
    for band, heading in (("call today", "Call today"), ("warm", "Warm")):
        _show_band(display, heading + which, [lead for lead in leads if lead.band == band])


def _show_band(display: Display, heading: str, leads: Sequence[Lead]) -> None:
    if not leads:
        return
    display.result(f"\n{heading}", lines=True, style="bold")
    for lead in leads[:_SHOWN]:
        display.indented(f"{lead.score:g}  {lead.sentence}")
        perhaps = sum(reason.told == "perhaps told" for reason in lead.reasons)
        if perhaps:
            display.indented(f"{counted(perhaps, 'reason')} perhaps told: --notify does not send them again.", by=4)
    if len(leads) > _SHOWN:
        display.indented(f"and {len(leads) - _SHOWN:,} more; --json has all")


def _explain_command(lead: Lead) -> str:
    return pitchcast_command("leads --explain", lead.prospect)


def _show_explained(display: Display, found: ExplainedLead) -> None:
    lead = found.lead
    display.say(f"Logs: {until_in_words(found.until)}; times are UTC.")
    display.result(f"{lead.score:g}  {lead.sentence}", style="bold")
    for reason in lead.reasons:
        display.result(f"{reason.points:g}  {reason.why}")
        for line in reason.lines:
            display.indented(f"{line.log}  {line.id}  {line.at:%Y-%m-%d %H:%M:%S}")
            if line.line:
                display.indented(line.line, by=4)
    if found.unread:
        display.say(f"Not to be read here any more: {', '.join(found.unread)}")


# ---- telling


def _notify(display: Display, run: str, *, dry_run: bool) -> None:
    webhook = "" if run or dry_run else webhook_of(os.environ, user_config_path())
    channel = Channel(command=run, webhook=webhook)
    with showing_progress(display, open_show(display, dry_run=dry_run)) as project:
        told = notify(project, channel)
    display.answer(told, partial(_show_told, dry_run=dry_run))


def _show_told(display: Display, told: NotifiedLeads, *, dry_run: bool) -> None:
    if not told.leads:
        display.result("Nothing new to tell.")
        return
    display.result("Would tell:" if dry_run else "Told:")
    for line in told.text.split("\n"):
        display.indented(line)


# ---- for a CRM


def _export(display: Display, request: ExportRequest, *, dry_run: bool) -> None:
    with showing_progress(display, open_show(display, dry_run=dry_run)) as project:
        exported = export_leads(project, request)
    display.common.wrote.extend(exported.files)
    display.answer(exported, partial(_show_exported, dry_run=dry_run))


def _show_exported(display: Display, exported: ExportedLeads, *, dry_run: bool) -> None:
    verb = "Would write" if dry_run else "Wrote"
    display.result(f"{verb} {counted(exported.leads, 'lead')} and {counted(exported.events, 'event')}.")
    for file in exported.files:
        display.indented(file)
    for rejected in exported.reasons:
        display.result(f"{counted(rejected.leads, 'lead')} left out: {rejected.reason}.")
        display.indented(rejected.do)
