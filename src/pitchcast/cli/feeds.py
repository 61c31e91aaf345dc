"""``pitchcast feeds``: what each prospect subscribes to."""

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display, counted
from pitchcast.cli.doctor import show_findings
from pitchcast.cli.export import export_feeds
from pitchcast.cli.session import open_show
from pitchcast.cli.undo import audience_of
from pitchcast.errors import UsageError
from pitchcast.model.answers import FeedAnswer
from pitchcast.workflows import feeds as workflow

app = new_group("What each prospect subscribes to: list, show, build, check, export.")


command(app, "export")(export_feeds)


@command(app, "list")
def list_(common: Common) -> None:
    """List the feeds with the page of each: the link to send.

    \b
    Example:
      pitchcast feeds list
      pitchcast feeds list --json
    """
    display = Display(common)
    feeds = workflow.list_feeds(open_show(display))
    if common.json:
        display.json({"feeds": feeds})
        return
    for feed in feeds:
        display.result(f"{audience_of(feed)} ({feed.id}): {_said(feed)}")
        display.result(f"  {feed.page_url}")
    if not feeds:
        display.say("No feeds.")


@command(app, "show")
def show(common: Common, feed: options.FeedName) -> None:
    """Show one feed: its page, and the address that podcast apps subscribe to.

    \b
    Example:
      pitchcast feeds show acme-corp
    """
    display = Display(common)
    found = workflow.show(open_show(display), feed)
    if common.json:
        display.json(found)
        return
    display.pairs(
        [
            ("id", found.id),
            ("for", audience_of(found)),
            ("feed", _said(found)),
            ("page to send", found.page_url),
            ("for podcast apps", found.feed_url),
        ]
    )


@command(app, "build")
def build(
    common: Common,
    feeds: options.FeedNames = None,
    segment: options.Segment = "",
    dry_run: options.DryRun = False,
) -> None:
    """Make feeds say again what the catalog says: those named, those of a segment, or all.

    Needed only when something went wrong, or files under public/ were lost: every command builds what it changes.

    \b
    Example:
      pitchcast feeds build
      pitchcast feeds build acme-corp --dry-run
    """
    display = Display(common)
    if feeds and segment:
        raise UsageError("feeds and --segment exclude each other", hint="Give one of them.")
    project = open_show(display)
    with display.progress() as progress:
        built = workflow.build(project, names=feeds or (), segment=segment, dry_run=dry_run, progress=progress)
    if common.json:
        display.json(built)
        return
    what = "Would build" if dry_run else "Built"
    display.result(
        f"{what} {counted(built.feeds, 'feed')}: {counted(built.put, 'object')} put, {built.copied} copied,"
        f" {built.deleted} deleted, {built.unchanged} unchanged, {built.bytes / 1e6:.1f} MB in {built.duration_s:.1f} s"
    )


@command(app, "check")
def check(common: Common, files: options.FeedFiles = None, everything: options.AllFeeds = False) -> None:
    """Check feeds against the rules of podcast apps and directories: files, or every feed of the show.

    Ends with exit code 1 if something is wrong.

    \b
    Example:
      pitchcast feeds check --all
      pitchcast feeds check feed.xml
    """
    display = Display(common)
    if bool(files) == everything:
        raise UsageError(
            "name feed files, or give --all", hint="For the feeds of this show: pitchcast feeds check --all"
        )
    if everything:
        found = workflow.check_stored(open_show(display))
    else:
        found = tuple(finding for path in files or () for finding in workflow.check_file(path))
    show_findings(display, found, good="Nothing to object to." if not found else "No errors.")


def _said(feed: FeedAnswer) -> str:
    revoked = f", {feed.state}" if feed.state != "active" else ""
    return f"{feed.access}, {counted(feed.episodes, 'episode')}{revoked}"
