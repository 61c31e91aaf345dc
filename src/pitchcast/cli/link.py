"""``pitchcast link``: the page to send, again; on the clipboard, in a mail draft, or as a QR code."""

import msgspec

from pitchcast.cli import options
from pitchcast.cli.command import Common, command, new_group
from pitchcast.cli.display import Display
from pitchcast.cli.session import open_show
from pitchcast.model.answers.link import Linked, MailDraft
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.prospect import parse_mention
from pitchcast.programs import clipboard_names, copy_to_clipboard, open_mail
from pitchcast.workflows import prospects as audience

app = new_group()


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
    draft = audience.draft_mail(project, feed) if mail else None
    if not common.json:
        display.result(feed.page_url)
    if qr:
        display.picture(audience.draw_qr(feed))
    if copy:
        _copy(display, feed.page_url)
    if draft:
        draft = _open_draft(display, draft)
    if common.json:
        display.json(Linked(**msgspec.structs.asdict(feed), mail=draft))


def _copy(display: Display, text: str) -> None:
    """Put a link on the clipboard, or say that there is no program for it."""
    if copy_to_clipboard(text):
        display.say("The link is on the clipboard.")
    else:
        display.warn(f"no clipboard program was found ({', '.join(clipboard_names())}): copy the link from above")


def _open_draft(display: Display, draft: MailDraft) -> MailDraft:
    """Open a draft in the user's mail program, say so, and return the draft with how far that went.

    A text that is too long for the way to the program goes to the clipboard, or is shown.
    """
    link, whole = audience.draft_link(draft)
    if not open_mail(link):
        display.warn("no mail program could be opened: paste the link from above into a mail")
        return draft
    to = f" to {draft.to}" if draft.to else ""
    display.say(f"A mail draft{to} was opened: “{draft.subject}”.")
    if not whole and copy_to_clipboard(draft.body):
        display.say("Its text is long and lies on the clipboard: paste it into the draft.")
    elif not whole:
        display.say("Its text is too long to be handed over; copy it into the draft:")
        display.passage(draft.body)
    return msgspec.structs.replace(draft, opened="whole" if whole else "without text")
