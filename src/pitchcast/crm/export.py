"""Links on their way back into a CRM: a list with the headers that its importer matches."""

from collections.abc import Iterable
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


def check_target(text: str) -> Target:
    """Return for whom a list is. Raises UsageError for a CRM that is not known."""
    for target in get_args(Target):
        if text.strip().casefold() == target:
            return target  # type: ignore[no-any-return] # one of the literals
    known = ", ".join(filter(None, get_args(Target)))
    raise UsageError(f"--for “{text}” is not known", hint=f"Known are: {known}. Leave it out for a plain list.")


def render_export(feeds: Iterable[ExportedFeed], target: Target = "") -> bytes:
    """Return the feeds as CSV in UTF-8; no cell in it can become a formula."""
    rows = [
        (feed.prospect.external_id, feed.prospect.email, feed.prospect.name, feed.page_url, feed.state)
        for feed in feeds
    ]
    return write_csv(_HEADERS[target], rows).encode("utf-8", errors="replace")
