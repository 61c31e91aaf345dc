"""``pitchcast feeds export``: the links, for the CRM that the prospects came from."""

import codecs
from datetime import datetime
from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.dates import parse_since
from pitchcast.cli.display import Display, counted
from pitchcast.cli.names import listed
from pitchcast.cli.parsing import given_id_kind
from pitchcast.cli.sending import say_where_it_works
from pitchcast.cli.session import open_show
from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import ExportedFeed, ExportedFeeds
from pitchcast.model.external_ids import IdKind
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_export as workflow


def export_feeds(
    common: Common,
    file: options.Csv = "",
    target: options.ExportFor = "",
    segment: options.Segment = "",
    id_kind: options.ExportIdKind = "",
    changed_since: options.ChangedSince = "",
) -> None:
    """Export each prospect's link: for a mail merge, as CSV for a CRM, or as JSON.

    Alone it writes a list for a mail merge into a new file here: name, first name, e-mail address, link, and the newest
    episode's title of everybody who has something to hear. With --csv the list has external id, e-mail, name and state,
    for the CRM that the prospects came from. The links are secrets: they go nowhere else.

    With --for it holds the key of the CRM's record, page and state, and nothing that an importer could overwrite in the
    CRM. Who has no id there goes into files beside it: FILE.by-email.csv where the address is a key, FILE.no-key.csv.

    \b
    Example:
      pitchcast feeds export
      pitchcast feeds export --csv links.csv
      pitchcast feeds export --csv links.csv --for hubspot
      pitchcast feeds export --csv new.csv --for salesforce --changed-since 24h
      pitchcast feeds export --json
    """
    display = Display(common)
    if file and common.json:
        raise UsageError("--csv and --json exclude each other", hint="Leave one of them out.")
    is_for_mails = not (file or common.json)
    chosen = _chosen_target(target, file)
    kind = _chosen_kind(id_kind, chosen)
    since = _chosen_moment(changed_since, is_for_mails=is_for_mails)
    project = open_show(display)
    say_where_it_works(display, project.catalog().public_url)
    if is_for_mails:
        _export_for_mails(display, project, segment)
    elif chosen:
        rows = workflow.export_for_crm(project, chosen, kind, segment=segment, changed_since=since)
        _export_for_crm(display, file, rows)
    else:
        _export_plainly(display, file, workflow.export_feeds(project, segment, since))


def _chosen_target(target: str, file: str) -> workflow.Target:
    """Return for what the list is, "" for none in particular. Raises UsageError where no list is written."""
    chosen = workflow.check_target(target)
    if chosen and not file:
        raise UsageError("--for is for --csv", hint="Leave one of them out.")
    return chosen


def _chosen_kind(id_kind: str, target: workflow.Target) -> IdKind:
    """Return of which kind the ids of a CRM's list are, "" where none was said. Raises UsageError for another list."""
    if id_kind and not target:
        raise UsageError("--id-kind is for --for", hint="Leave it out.")
    return given_id_kind(id_kind)


def _chosen_moment(changed_since: str, *, is_for_mails: bool) -> datetime | None:
    """Return the moment from which on changes count, None for all links. Raises UsageError in a mail merge."""
    since = parse_since(changed_since, "--changed-since")
    if since and is_for_mails:
        raise UsageError("--changed-since is for --csv and --json", hint="Leave it out.")
    return since


def _export_plainly(display: Display, file: str, feeds: tuple[ExportedFeed, ...]) -> None:
    """Write the links as JSON, as CSV to standard output, or into a file."""
    if display.common.json:
        display.json(ExportedFeeds(feeds=feeds))
    elif file == "-":
        display.document(_unmarked(workflow.render_export(feeds)))
    else:
        workflow.write_export(Path(file), feeds)
        display.common.wrote.append(file)
        display.result(f"Wrote {counted(len(feeds), 'link')} to {file}.")


def _export_for_crm(display: Display, file: str, rows: workflow.CrmRows) -> None:
    """Write the lists for a CRM and name them; on standard output only the one with ids."""
    by_email, without = len(rows.by_email), len(rows.without_key)
    if rows.others:
        display.say(f"Left out, as their ids are of another kind (--id-kind): {counted(rows.others, 'link')}.")
    if file == "-":
        if by_email or without:
            display.warn(
                f"{counted(by_email + without, 'link')} without an id left out; --csv FILE puts them beside it"
            )
        display.document(_unmarked(workflow.render_by_id(rows)))
        return
    wrote = workflow.write_crm_lists(Path(file), rows)
    display.common.wrote.extend(filter(None, (wrote.by_id, wrote.by_email, wrote.without_key)))
    display.result(f"Wrote {counted(len(rows.by_id), 'link')} to {wrote.by_id}.")
    if by_email:
        display.result(f"Wrote {counted(by_email, 'link')} by e-mail address to {wrote.by_email}.")
    if without:
        display.result(f"Wrote {counted(without, 'link')} without a key for the CRM to {wrote.without_key}.")


def _unmarked(body: bytes) -> bytes:
    """Return a list without the mark of its encoding, which belongs to a file and not into a pipe."""
    return body.removeprefix(codecs.BOM_UTF8)


def _export_for_mails(display: Display, project: Project, segment: str) -> None:
    """Write a list for a mail merge, and say who is not on it, or has no address."""
    rows, left_out = workflow.mail_rows(project, segment)
    if left_out:
        display.say(f"Left out, as there is nothing to hear or the link is closed: {listed(left_out)}.")
    if not rows:
        publish = pitchcast_command("publish RECORDING --to", "Acme Corp")
        raise CatalogError("nobody has anything to hear yet", hint=f"Publish something first: {publish}")
    path = workflow.write_mail_merge(Path.cwd(), rows)
    display.common.wrote.append(path.name)
    without = sum(not row.email for row in rows)
    if without:
        display.warn(f"{counted(without, 'row')} without an e-mail address")
    display.result(f"Wrote {counted(len(rows), 'link')} for a mail merge to {path.name}.")
