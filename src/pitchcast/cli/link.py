"""``pitchcast link``: the page to send, again; on the clipboard, in a mail draft, as a QR code, or in the browser."""

import msgspec

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.sending import Link, Ways, carry_out, draft_mail, offer, say_where_it_works
from pitchcast.cli.session import open_show
from pitchcast.model.answers.link import Linked
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.prospect import parse_mention
from pitchcast.workflows import prospects as workflow

app = new_group()


@command(app, "link")
def link(
    common: Common,
    who: options.LinkWho,
    copy: options.Copy = False,
    mail: options.Mail = False,
    qr: options.Qr = False,
    open_: options.Open = False,
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
    feed = workflow.link(project, mention)
    found = Link(project=project, feed=feed.id, page_url=feed.page_url)
    ways = Ways(copy=copy, mail=mail, qr=qr, open=open_)
    if ways.mail:
        draft_mail(found)  # what cannot be drafted is told before anything is printed
    if not common.json:
        display.result(feed.page_url)
    say_where_it_works(display, feed.page_url)
    drafted = carry_out(display, found, ways)
    if common.json:
        display.json(Linked(**msgspec.structs.asdict(feed), mail=drafted))
    elif not ways:
        offer(display, found)
