"""What ``pitchcast prospects`` answers: prospects, lists that were imported, people who were invited or removed."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from pitchcast.model.answers.base import Answer, Failures, Named
from pitchcast.model.answers.feeds import Built
from pitchcast.model.answers.sent import SentEpisode
from pitchcast.model.contents import Contents
from pitchcast.model.external_ids import IdKind
from pitchcast.model.feed import Feed, State
from pitchcast.model.prospect import Address, Prospect


class InvitedFeed(Answer, frozen=True):
    """A feed that was passed on to a colleague: ``parent`` is the feed it came from, ``name`` is "" for a spare one."""

    id: str
    parent: str
    name: str
    state: State
    page_url: str
    feed_url: str


class ProspectAnswer(Answer, frozen=True):
    """A prospect. ``episodes`` is how many its feed holds; ``invited`` are feeds passed on from it, oldest first.

    ``suspended_until`` is when its links end because a list lacked it, None where none did.
    ``external_id_kind`` is the kind of record that the external id is of, "" where nobody has said it.
    ``statistics`` says whether requests for its feeds may be counted from access logs.
    ``address`` is whom its feed, page and mail speak to: ``team``, ``person``, or "" for as the show says.
    """

    id: str
    name: str
    company: str
    email: str
    external_id: str
    language: str
    segments: tuple[str, ...]
    episodes: int
    page_url: str
    feed_url: str
    state: State
    first_name: str = ""
    invited: tuple[InvitedFeed, ...] = ()
    suspended_until: datetime | None = None
    external_id_kind: IdKind = ""
    statistics: bool = True
    address: Address = ""


class ShownProspect(ProspectAnswer, frozen=True, kw_only=True):
    """A prospect, and what was ``sent`` to it, latest first."""

    sent: tuple[SentEpisode, ...]


class AddedProspect(ProspectAnswer, frozen=True, kw_only=True):
    """A prospect that was added; ``similar`` are ids of prospects with nearly that name."""

    created: bool
    similar: tuple[str, ...]


class Prospects(Answer, frozen=True):
    """Prospects, in the order in which they were added."""

    prospects: tuple[ProspectAnswer, ...]


class Invited(Answer, frozen=True):
    """Feeds that were passed on from ``parent``, each a link to hand to one person.

    ``created`` is False where that colleague was invited before.
    """

    parent: str
    feeds: tuple[InvitedFeed, ...]
    created: bool
    catalog_revision: int


class RejectedRow(Answer, frozen=True):
    """A row of a list that was not imported; ``row`` is its number in a spreadsheet program."""

    row: int
    reason: str


class LeftOutRow(Answer, frozen=True):
    """A row that is none of the list, such as a report's title, total or footer."""

    row: int
    reason: str


class SampleRow(Answer, frozen=True):
    """A row of a list as it was understood."""

    row: int
    name: str
    first_name: str
    company: str
    email: str
    external_id: str
    external_id_kind: IdKind
    language: str
    segments: tuple[str, ...]


class FieldChange(Answer, frozen=True):
    """What a list changes of a prospect: one field before and after; segments are lists."""

    id: str
    field: str
    before: str | tuple[str, ...]
    after: str | tuple[str, ...]


class ImportedProspects(Answer, frozen=True):
    """What an import did: numbers of prospects, and the rows that were turned down.

    ``suspended`` prospects are missing from the list, as they were not from earlier ones; their links end after the
    grace, or have ended where there is none. ``suspended_until`` is when the first links end of those who are missing,
    None where none will. ``returned`` prospects were suspended and are in the list again. ``missing`` counts all whom
    the list lacks, also where nobody was to be suspended. ``columns`` gives the header that each field was found under.
    ``problems`` say why the rejected rows could not be written to a file. ``rejects_file`` is where they were, "" where
    nowhere, "-" for standard output. ``failures`` counts what was left out.
    ``id_kind`` is the kind of the list's external ids, "" where it does not say one. ``changes`` are what a dry run
    would change of known prospects, field by field; they are not listed otherwise.
    ``encoding`` is that of a CSV file, "" for a spreadsheet; ``sample`` holds the first rows as they were understood.
    ``left_out`` names rows that are none of the list. Each row below the headers with something in it is one of
    created, updated, unchanged, rejected and left out.
    """

    created: int
    updated: int
    unchanged: int
    suspended: int
    missing: int
    rejected: tuple[RejectedRow, ...]
    columns: dict[str, str]
    catalog_revision: int
    built: Built
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    returned: int = 0
    suspended_until: datetime | None = None
    rejects_file: str = ""
    failures: Failures = Failures()
    encoding: str = ""
    sample: tuple[SampleRow, ...] = ()
    left_out: tuple[LeftOutRow, ...] = ()
    id_kind: IdKind = ""
    changes: tuple[FieldChange, ...] = ()


class Purged(Answer, frozen=True):
    """What was taken out of the past: kept revisions rewritten, old versions of objects deleted.

    ``remaining`` names what could not be, and makes the command end with exit code 1. ``requests`` counts what was
    dropped from statistics; ``unreached`` names where pitchcast cannot delete anything.
    """

    revisions: int
    versions: int
    remaining: tuple[str, ...] = ()
    requests: int = 0
    unreached: tuple[str, ...] = ()


class RemovedProspects(Answer, frozen=True):
    """Prospects that were removed; ``purged`` is None where the past was left alone."""

    prospects: tuple[Named, ...]
    purged: Purged | None
    catalog_revision: int


_Addressed = TypeVar("_Addressed", ProspectAnswer, InvitedFeed)


def hide_token(answer: _Addressed, token: str) -> _Addressed:
    """Return an answer with “…” for that token: a dry run must not tell secret addresses that will never exist."""
    return msgspec.structs.replace(
        answer, page_url=answer.page_url.replace(token, "…"), feed_url=answer.feed_url.replace(token, "…")
    )


def answer_invited(contents: Contents, feed: Feed) -> InvitedFeed:
    """Return what scripts are told of a feed that was passed on."""
    content = contents.of(feed)
    return InvitedFeed(
        id=feed.id,
        parent=feed.parent,
        name=feed.name,
        state=feed.state,
        page_url=content.page_url,
        feed_url=content.feed_url,
    )


def answer_prospect(contents: Contents, prospect: Prospect, feed: Feed, invited: Iterable[Feed] = ()) -> ProspectAnswer:
    """Return what scripts are told of a prospect."""
    content = contents.of(feed)
    return ProspectAnswer(
        id=prospect.id,
        name=prospect.name,
        company=prospect.company,
        email=prospect.email,
        external_id=prospect.external_id,
        language=prospect.language,
        segments=prospect.segments,
        episodes=len(content.deliveries),
        page_url=content.page_url,
        feed_url=content.feed_url,
        state=feed.state,
        first_name=prospect.first_name,
        invited=tuple(answer_invited(contents, child) for child in invited),
        suspended_until=contents.suspended_until(feed),
        external_id_kind=prospect.record.kind,
        address=prospect.address,
    )
