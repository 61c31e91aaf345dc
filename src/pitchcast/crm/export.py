"""Links on their way back into a CRM: a list with the headers that its importer matches."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from pitchcast.crm.table import write_csv
from pitchcast.errors import UsageError
from pitchcast.model.answers.feeds import ExportedFeed

Target = Literal["", "hubspot", "salesforce"]

_HEADERS: dict[str, tuple[str, ...]] = {
    "": ("external_id", "email", "name", "page", "state"),
    # HubSpot matches a record by its Record ID, else by Email; the others are properties of one's own
    "hubspot": ("Record ID", "Email", "Name", "Pitchcast page", "Pitchcast state"),
    # Data Loader's automatic matching goes by field names; __c marks fields of one's own
    "salesforce": ("Id", "Email", "Name", "Pitchcast_Page__c", "Pitchcast_State__c"),
}

_MAIL_HEADER = ("Name", "First name", "E-mail", "Link", "Episode")
"""Fields as Word, Thunderbird and Gmail's merges offer them."""


def check_target(text: str) -> Target:
    """Return for whom a list is. Raises UsageError for a CRM that is not known."""
    for target in get_args(Target):
        if text.strip().casefold() == target:
            return target  # type: ignore[no-any-return] # one of the literals
    known = ", ".join(filter(None, get_args(Target)))
    raise UsageError(f"--for “{text}” is not known", hint=f"Known are: {known}. Leave it out for a plain list.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    """Whom a mail goes to, and what it tells of."""

    name: str
    first_name: str
    email: str
    page_url: str
    episode: str


def render_mail_merge(rows: Iterable[MailRow]) -> bytes:
    """Return a list for a mail merge as CSV in UTF-8, with a mark by which Word and Excel know that encoding."""
    cells = [(row.name, row.first_name, row.email, row.page_url, row.episode) for row in rows]
    return write_csv(_MAIL_HEADER, cells).encode("utf-8-sig", errors="replace")


def render_export(feeds: Iterable[ExportedFeed], target: Target = "") -> bytes:
    """Return the feeds as CSV in UTF-8; no cell in it can become a formula."""
    rows = [
        (feed.prospect.external_id, feed.prospect.email, feed.prospect.name, feed.page_url, feed.state)
        for feed in feeds
    ]
    return write_csv(_HEADERS[target], rows).encode("utf-8", errors="replace")
