"""``pitchcast preview``: serve what was published on this computer, to listen to it or try it in an app."""

from urllib.parse import urlsplit

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.names import audience_of
from pitchcast.cli.session import open_show
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.preview import Previewed, PreviewedPage
from pitchcast.model.place import is_here
from pitchcast.workflows.feeds import list_feeds
from pitchcast.workflows.preview import DEFAULT_PORT, serve

app = new_group()

_SHOWN = 20


@command(app, "preview")
def preview(common: Common, port: options.Port = None, log: options.LogFile = None) -> None:
    """Listen on this computer to what was published, until you press Ctrl-C.

    It is reachable from this computer only. Nothing in the storage is changed.

    \b
    Example:
      pitchcast preview
      pitchcast preview --port 9000
      pitchcast preview --log access.log
    """
    display = Display(common)
    project = open_show(display)
    public_url = project.catalog().public_url
    address = urlsplit(public_url)
    port = port or (address.port if is_here(public_url) else None) or DEFAULT_PORT
    server = serve(project, port=port, log=display.detail, access_log=log)
    here = f"http://127.0.0.1:{server.server_port}"
    feeds = [feed for feed in list_feeds(project) if feed.state == "active"]
    pages = tuple(
        PreviewedPage(name=audience_of(feed), page_url=feed.page_url.replace(public_url, here, 1)) for feed in feeds
    )
    with server:
        try:
            _say_where(display, Previewed(url=here, pages=pages))
            server.serve_forever()
        except KeyboardInterrupt:
            display.say("\nStopped.")


def _say_where(display: Display, previewed: Previewed) -> None:
    display.answer(previewed, _show_pages)
    if len(previewed.pages) > _SHOWN:
        display.say(f"and {len(previewed.pages) - _SHOWN} more: {pitchcast_command('feeds list')}")
    display.say("Open a link in a browser on this computer. Press Ctrl-C here to stop.")


def _show_pages(display: Display, previewed: Previewed) -> None:
    for page in previewed.pages[:_SHOWN]:
        display.say(page.name)
        display.result(page.page_url)
