"""``pitchcast feeds export``: the links, for the CRM that the prospects came from."""

from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted
from pitchcast.cli.publish_output import listed
from pitchcast.cli.sending import say_where_it_works
from pitchcast.cli.session import open_show
from pitchcast.errors import CatalogError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.feeds import ExportedFeeds
from pitchcast.site.project import Project
from pitchcast.workflows import feeds_export as workflow


def export_feeds(
    common: Common,
    file: options.Csv = "",
    target: options.ExportFor = "",
    segment: options.Segment = "",
) -> None:
    """Export each prospect's link: for a mail merge, as CSV for a CRM, or as JSON.

    Alone it writes a list for a mail merge into a new file here: name, first name, e-mail address, link, and the newest
    episode's title of everybody who has something to hear. With --csv the list has external id, e-mail, name and state,
    for the CRM that the prospects came from. The links are secrets: they go nowhere else.

    \b
    Example:
      pitchcast feeds export
      pitchcast feeds export --csv links.csv
      pitchcast feeds export --csv - --for hubspot --segment fintech
      pitchcast feeds export --json
    """
    display = Display(common)
    if file and common.json:
        raise UsageError("--csv and --json exclude each other", hint="Leave one of them out.")
    chosen = workflow.check_target(target)
    if chosen and not file:
        raise UsageError("--for is for --csv", hint="Leave one of them out.")
    project = open_show(display)
    say_where_it_works(display, project.catalog().public_url)
    if not (file or common.json):
        _export_for_mails(display, project, segment)
        return
    feeds = workflow.export_feeds(project, segment)
    if common.json:
        display.json(ExportedFeeds(feeds=tuple(feeds)))
    elif file == "-":
        display.document(workflow.render_export(feeds, chosen))
    else:
        workflow.write_export(Path(file), feeds, chosen)
        common.wrote.append(file)
        display.result(f"Wrote {counted(len(feeds), 'link')} to {file}.")


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
