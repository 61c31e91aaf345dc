"""``pitchcast feeds export``: the links, for the CRM that the prospects came from."""

from pathlib import Path

from pitchcast.cli import options
from pitchcast.cli.command import Common
from pitchcast.cli.display import Display, counted
from pitchcast.cli.session import open_show
from pitchcast.errors import UsageError
from pitchcast.model.answers.feeds import ExportedFeeds
from pitchcast.workflows import feeds_export as workflow


def export_feeds(
    common: Common,
    file: options.Csv = "",
    target: options.ExportFor = "",
    segment: options.Segment = "",
) -> None:
    """Export each prospect's link with external id, e-mail, name and state: as CSV for a CRM, or as JSON.

    The links are secrets: they go into the file or to standard output, and nowhere else.

    \b
    Example:
      pitchcast feeds export --csv links.csv
      pitchcast feeds export --csv - --for hubspot --segment fintech
      pitchcast feeds export --json
    """
    display = Display(common)
    if bool(file) == common.json:
        raise UsageError("say how to export: --csv FILE, or --json", hint="--csv - writes to standard output.")
    chosen = workflow.check_target(target)
    if chosen and not file:
        raise UsageError("--for is for --csv", hint="Leave one of them out.")
    feeds = workflow.export_feeds(open_show(display), segment)
    if common.json:
        display.json(ExportedFeeds(feeds=tuple(feeds)))
    elif file == "-":
        display.document(workflow.render_export(feeds, chosen))
    else:
        workflow.write_export(Path(file), feeds, chosen)
        common.wrote.append(file)
        display.result(f"Wrote {counted(len(feeds), 'link')} to {file}.")
