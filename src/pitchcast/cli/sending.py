"""A link on its way to a person: on the clipboard, in a mail draft, as a QR code, or opened in the browser.

Options ask for that, or a key at a terminal. Whoever gets a link that works on this computer only is told so.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from pitchcast.cli.display import Display
from pitchcast.cli.prompts import ask_key
from pitchcast.errors import PitchcastError, UsageError
from pitchcast.invocation import pitchcast_command
from pitchcast.model.answers.link import MailDraft
from pitchcast.model.answers.publish import Published
from pitchcast.model.feed import PUBLIC_FEED
from pitchcast.model.place import is_here
from pitchcast.programs import clipboard_names, copy_to_clipboard, open_mail, open_page
from pitchcast.site.project import Project
from pitchcast.workflows import prospects as workflow

_MENU = "  [c]opy  [m]ail  [q]r  [o]pen  Enter:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What options say is to be done with a link besides printing it."""

    copy: bool = False
    mail: bool = False
    qr: bool = False
    open: bool = False

    def __bool__(self) -> bool:
        """Return whether there is anything to do."""
        return self.copy or self.mail or self.qr or self.open

    def refuse_several(self, count: int) -> None:
        """Raise UsageError where that is wanted for more than one link."""
        if self and count > 1:
            export = pitchcast_command("feeds export")
            raise UsageError(
                "--copy, --mail, --qr and --open are for one link",
                hint=f"Leave them out; a list of links for a mail merge comes from: {export}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The page that one feed's prospect is sent; ``feed`` is the feed's id."""

    project: Project
    feed: str
    page_url: str


def links_of(project: Project, published: Published) -> list[Link]:
    """Return the links of feeds that were published to."""
    return [
        Link(project=project, feed=one.prospect.id if one.prospect else PUBLIC_FEED, page_url=one.page_url)
        for one in published.feeds
    ]


def send(display: Display, links: Sequence[Link], ways: Ways) -> None:
    """Do with the link what options say; without any, offer it at a terminal after everything else has been said."""
    if len(links) != 1:
        return
    if ways:
        carry_out(display, links[0], ways)
    else:
        offer(display, links[0])


def offer(display: Display, link: Link) -> None:
    """Offer at a terminal what can be done with a link, after everything else has been said."""
    if display.common.may_ask and not display.common.quiet and sys.stdout.isatty():
        display.common.after_answer.append(partial(_offer, display, link))


def carry_out(display: Display, link: Link, ways: Ways) -> MailDraft | None:
    """Do with a link what options say, and return the mail that was drafted, None for none.

    Raises CatalogError where a mail is wanted for somebody who has nothing to hear.
    """
    if ways.qr:
        _show_qr(display, link)
    if ways.copy:
        _copy(display, link)
    if ways.open:
        _open(display, link)
    return _mail(display, link) if ways.mail else None


def say_where_it_works(display: Display, *page_urls: str) -> None:
    """Say that links work on this computer only, and how the show gets online, where it is so."""
    if any(map(is_here, page_urls)):
        links = "these links work" if len(page_urls) > 1 else "this link works"
        move, join = pitchcast_command("move s3://BUCKET"), pitchcast_command("join FILE")
        display.warn(f"{links} on this computer only. Put it online with: {move}   (or ops' set-up: {join})")


def _offer(display: Display, link: Link) -> None:
    """Do with a link what keys say, until Enter."""
    actions = {"c": _copy, "m": _mail, "q": _show_qr, "o": _open}
    while key := ask_key(_MENU, tuple(actions)):
        try:
            actions[key](display, link)
        except PitchcastError as error:
            display.warn(f"{error.message}. {error.hint}")


def _copy(display: Display, link: Link) -> None:
    """Put a link on the clipboard, or say that there is no program for it."""
    if copy_to_clipboard(link.page_url):
        display.say(f"Copied.{_only_here(link)}")
    else:
        display.warn(f"no clipboard program was found ({', '.join(clipboard_names())}): copy the link from above")


def _open(display: Display, link: Link) -> None:
    """Open a page in the browser, or say that there is none."""
    if is_here(link.page_url):
        display.warn(f"it can be heard here while this runs in another window: {pitchcast_command('preview')}")
    if open_page(link.page_url):
        display.say("Opened in your browser.")
    else:
        display.warn("no browser could be opened: paste the link from above into one")


def _show_qr(display: Display, link: Link) -> None:
    display.picture(workflow.draw_qr(link.page_url))
    if is_here(link.page_url):
        display.warn("a phone cannot open this link: it works on this computer only")


def _mail(display: Display, link: Link) -> MailDraft:
    """Open a draft in the user's mail program, say so, and return the draft with how far that went.

    A text that is too long for the way to the program goes to the clipboard, or is shown.
    Raises CatalogError where there is nothing to hear yet.
    """
    draft = draft_mail(link)
    address, whole = workflow.draft_link(draft)
    if not open_mail(address):
        display.warn("no mail program could be opened: paste the link from above into a mail")
        return draft
    to = f" to {draft.to}" if draft.to else ""
    display.say(f"A mail draft{to} was opened: “{draft.subject}”.{_only_here(link)}")
    if not whole and copy_to_clipboard(draft.body):
        display.say("Its text is long and lies on the clipboard: paste it into the draft.")
    elif not whole:
        display.say("Its text is too long to be handed over; copy it into the draft:")
        display.passage(draft.body)
    return msgspec.structs.replace(draft, opened="whole" if whole else "without text")


def draft_mail(link: Link) -> MailDraft:
    """Return the mail that carries a link. Raises CatalogError where there is nothing to hear yet."""
    return workflow.draft_mail(link.project, link.feed)


def _only_here(link: Link) -> str:
    return " The link works on this computer only." if is_here(link.page_url) else ""
