"""Links on their way back into a CRM: its key and Pitchcast's own columns, and nothing that is the CRM's.

An importer writes every column that it is given. So a list for it holds the one key by which it finds the record, and
what Pitchcast alone knows. What has no such key goes into lists of its own.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from pitchcast.crm.table import neutral, write_csv
from pitchcast.errors import CatalogError, UsageError
from pitchcast.model.answers.feeds import ExportedFeed
from pitchcast.model.external_ids import IdKind, record_id

Target = Literal["", "hubspot", "salesforce"]

_PLAIN_HEADER = ("external_id", "email", "name", "page", "state", "external_id_kind")
_MAIL_HEADER = ("Name", "First name", "E-mail", "Link", "Episode")
"""Fields as Word, Thunderbird and Gmail's merges offer them."""
_WITHOUT_KEY_HEADER = (*_PLAIN_HEADER, "reason")

_PEOPLE: tuple[IdKind, ...] = ("", "contact", "lead")
"""Kinds of records that have an e-mail address, by which an importer finds them; "" where nobody has said the kind."""


class _Importer(NamedTuple):
    """What a CRM's importer matches: headers of the key and of Pitchcast's columns, and what its ids look like."""

    id_header: str
    email_header: str
    own_headers: tuple[str, str]
    id_form: re.Pattern[str]


_IMPORTERS: Mapping[str, _Importer] = {
    # HubSpot finds a record by its Record ID, else by Email; the others are properties of one's own.
    "hubspot": _Importer("Record ID", "Email", ("Pitchcast page", "Pitchcast state"), re.compile(r"[0-9]{1,19}")),
    # Data Loader's automatic matching goes by field names; __c marks fields of one's own.
    "salesforce": _Importer(
        "Id",
        "Email",
        ("Pitchcast_Page__c", "Pitchcast_State__c"),
        re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?"),
    ),
}


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
    return _encoded(write_csv(_MAIL_HEADER, cells))


def render_export(feeds: Iterable[ExportedFeed]) -> bytes:
    """Return the feeds as a plain list in CSV, UTF-8 with its mark; no cell in it can become a formula."""
    return _encoded(write_csv(_PLAIN_HEADER, [_plain_row(feed) for feed in feeds]))


class WithoutKey(NamedTuple):
    """A feed that an importer could not find the record of, and why."""

    feed: ExportedFeed
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmRows:
    """Feeds by the key under which a CRM's importer finds their records; ``others`` counts those of other kinds."""

    target: Target
    by_id: tuple[ExportedFeed, ...]
    by_email: tuple[ExportedFeed, ...]
    without_key: tuple[WithoutKey, ...]
    others: int


def sort_by_key(
    feeds: Iterable[ExportedFeed], target: Target, kind: IdKind = "", *, everybody: Collection[ExportedFeed]
) -> CrmRows:
    """Return the feeds for an importer, which takes records of one *kind*, sorted by the key that each has.

    Which keys are good is looked up among *everybody*: a list of a few must not mean other records than one of all.
    Raises CatalogError where the ids are of several kinds and none was said.
    """
    importer = _IMPORTERS[target]
    kind = kind or _only_kind(everybody, importer)
    addresses = Counter(feed.prospect.email.casefold() for feed in everybody)
    by_id: list[ExportedFeed] = []
    by_email: list[ExportedFeed] = []
    without: list[WithoutKey] = []
    others = 0
    for feed in feeds:
        has_id = _has_id(feed, importer)
        if has_id and feed.prospect.external_id_kind == kind:
            by_id.append(feed)
        elif has_id and feed.prospect.external_id_kind:
            others += 1
        elif reason := _why_no_key(feed, kind, addresses, has_id=has_id):
            without.append(WithoutKey(feed, reason))
        else:
            by_email.append(feed)
    return CrmRows(
        target=target, by_id=tuple(by_id), by_email=tuple(by_email), without_key=tuple(without), others=others
    )


def render_by_id(rows: CrmRows) -> bytes:
    """Return the list whose records an importer finds by their ids."""
    return _for_importer(rows.target, _IMPORTERS[rows.target].id_header, [(_key(one), one) for one in rows.by_id])


def render_by_email(rows: CrmRows) -> bytes:
    """Return the list whose records an importer finds by their e-mail addresses.

    It holds no ids: with both columns HubSpot writes the address into the record.
    """
    importer = _IMPORTERS[rows.target]
    return _for_importer(rows.target, importer.email_header, [(one.prospect.email, one) for one in rows.by_email])


def render_without_key(rows: CrmRows) -> bytes:
    """Return the list of those whose records no importer finds, for people: who they are, their links, and why."""
    cells = [(*_plain_row(feed), reason) for feed, reason in rows.without_key]
    return _encoded(write_csv(_WITHOUT_KEY_HEADER, cells))


def _for_importer(target: Target, key_header: str, rows: Iterable[tuple[str, ExportedFeed]]) -> bytes:
    cells = [(key, feed.page_url, _state(feed)) for key, feed in rows]
    return _encoded(write_csv((key_header, *_IMPORTERS[target].own_headers), cells))


def _only_kind(feeds: Iterable[ExportedFeed], importer: _Importer) -> IdKind:
    kinds = Counter(feed.prospect.external_id_kind for feed in feeds if _has_id(feed, importer))
    if len(kinds) > 1:
        counts = ", ".join(f"{count} {kind or 'without a kind'}" for kind, count in sorted(kinds.items()))
        known = [kind for kind in sorted(kinds) if kind]
        raise CatalogError(
            f"the prospects' ids are of several kinds: {counts}; an importer takes records of one",
            hint=f"Say which, and export once for each: --id-kind {known[0]}",
        )
    return next(iter(kinds), "")


def _why_no_key(feed: ExportedFeed, kind: IdKind, addresses: Mapping[str, int], *, has_id: bool) -> str:
    """Return why an importer cannot find a feed's record by its e-mail address either, "" where it can."""
    email = feed.prospect.email
    if has_id:
        return "nobody has said of what kind its id is"
    if kind not in _PEOPLE:
        return f"it has no id of a {kind}"
    if not email:
        return "it has neither an id nor an e-mail address"
    if neutral(email) != email:
        return "its address begins as a formula does, and would not be found with an apostrophe before it"
    if addresses[email.casefold()] > 1:
        return "others have its e-mail address too"
    return ""


def _has_id(feed: ExportedFeed, importer: _Importer) -> bool:
    """Return whether the prospect's external id can be one of the CRM's records."""
    looks_like_one = importer.id_form.fullmatch(feed.prospect.external_id) is not None
    return looks_like_one and feed.prospect.external_id_kind != "other"


def _key(feed: ExportedFeed) -> str:
    """Return the id as an importer takes it: one of Salesforce's with all its 18 characters."""
    return record_id(feed.prospect.external_id, feed.prospect.external_id_kind).id


def _plain_row(feed: ExportedFeed) -> tuple[str, ...]:
    prospect = feed.prospect
    kind = prospect.external_id_kind
    return (prospect.external_id, prospect.email, prospect.name, feed.page_url, _state(feed), kind)


def _state(feed: ExportedFeed) -> str:
    """Return whether a link works, for people: a suspended one does so for the time being."""
    return "suspended" if feed.suspended_until else feed.state


def _encoded(text: str) -> bytes:
    """Return a list in UTF-8, with a mark by which spreadsheet programs know that encoding; importers pass over it."""
    return text.encode("utf-8-sig", errors="replace")
