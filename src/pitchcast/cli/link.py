"""``pitchcast link``: the page to send, again; on the clipboard, in a mail draft, or as a QR code."""

import shutil
import subprocess
import webbrowser
from urllib.parse import quote

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.session import open_show
from pitchcast.model.answers import FeedAnswer
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.prospect import parse_mention
from pitchcast.page.qr import qr_lines
from pitchcast.workflows import audience
from pitchcast.workflows.project import Project

app = new_group()

_CLIPBOARDS = (
    ("pbcopy",),
    ("clip",),
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
_CLIPBOARD_S = 5.0


@command(app, "link")
def link(
    common: Common,
    who: options.LinkWho,
    copy: options.Copy = False,
    mail: options.Mail = False,
    qr: options.Qr = False,
) -> None:
    """Print a prospect's link again: always the page, which offers the feed to any podcast app.

    \b
    Example:
      pitchcast link "Acme Corp"
      pitchcast link acme-corp --copy
      pitchcast link acme-corp --mail
      pitchcast link acme-corp --qr
    """
    display = Display(common)
    project = open_show(display)
    mention = None if who.strip().casefold() == PUBLIC_FEED else parse_mention(who)
    feed = audience.link(project, mention)
    if common.json:
        display.json(feed)
    else:
        display.result(feed.page_url)
    if qr:
        display.picture(qr_lines(feed.page_url))
    if copy:
        _copy(display, feed.page_url)
    if mail:
        _open_draft(display, project, feed)


def _copy(display: Display, text: str) -> None:
    """Put a text on the clipboard with the system's own program, or say that there is none."""
    for program, *arguments in _CLIPBOARDS:
        found = shutil.which(program)
        if found and _pipe([found, *arguments], text):
            display.say("The link is on the clipboard.")
            return
    display.warn("no clipboard program was found (pbcopy, clip, wl-copy, xclip, xsel): copy the link from above")


def _pipe(arguments: list[str], text: str) -> bool:
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(
            arguments, input=text.encode("ascii"), stdout=quiet, stderr=quiet, timeout=_CLIPBOARD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _open_draft(display: Display, project: Project, feed: FeedAnswer) -> None:
    """Open a mail draft with the link in the user's mail program."""
    title = project.catalog().show.title
    address = audience.show(project, parse_mention(feed.prospect.id)).email if feed.prospect else ""
    body = f"{title}: listen here, or subscribe in your podcast app.\n\n{feed.page_url}\n"
    draft = f"mailto:{quote(address, safe='@')}?subject={quote(title)}&body={quote(body)}"
    if webbrowser.open(draft):
        display.say("A mail draft was opened.")
    else:
        display.warn("no mail program could be opened: paste the link from above into a mail")
