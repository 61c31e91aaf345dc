"""What ``pitchcast logs`` answers."""

from collections.abc import Mapping

from pitchcast.model.answers.base import Answer

DROPPED: Mapping[str, str] = {
    "method": "asked for something else than a file's content",
    "edge": "asked by the CDN itself",
    "address": "without an address",
    "erased": "of a prospect who was removed",
    "objected": "of a prospect without statistics",
    "old": "of days of which only totals are kept",
}
"""The rules by which a line about the show's files is dropped, and what to call it."""

UNREADABLE: Mapping[str, str] = {
    "form": "not of the log's form",
    "forged": "with a second request written into it",
    "time": "with a time that is none",
    "too long": "longer than any request",
    "unfinished": "still being written, or cut off",
    "lost": "not read",
}
"""Why a line cannot be read."""


class LineSums(Answer, frozen=True):
    """What became of lines; kept, others', unreadable and dropped ones add up to all of them.

    ``unreadable`` and ``dropped`` are numbers by reason and by rule.
    """

    lines: int
    kept: int
    others: int
    unreadable: dict[str, int]
    dropped: dict[str, int]


class SyncedLog(Answer, frozen=True):
    """One log that was read: its name, and the form that it has."""

    source: str
    format: str
    sums: LineSums


class SkippedLog(Answer, frozen=True):
    """One log that was not read, and why."""

    source: str
    why: str


class LogsSynced(Answer, frozen=True):
    """What a sync came to. ``unchanged`` is how many logs were read before and are as they were.

    ``new`` is how many of the kept requests were not there yet, ``days`` those to which some were added.
    ``agents`` is how many agents were seen for the first time, ``removed`` how many feeds' requests were taken out
    because their prospects are gone. ``page_says_so`` is whether prospects are told that there are statistics.
    """

    logs: tuple[SyncedLog, ...]
    skipped: tuple[SkippedLog, ...]
    unchanged: int
    sums: LineSums
    new: int
    days: tuple[str, ...]
    agents: int
    removed: int
    page_says_so: bool


class RecountedAgent(Answer, frozen=True):
    """One agent that is something else by today's lists: its text, and what it was and is."""

    agent: str
    kind_before: str
    kind_after: str
    app_before: str
    app_after: str


class RecountedRow(Answer, frozen=True):
    """Agents of one kind and app, and what was counted of them, by the lists until now and by today's."""

    kind: str
    app: str
    agents_before: int
    agents_after: int
    downloads_before: int
    downloads_after: int
    page_opens_before: int
    page_opens_after: int


class LogsRecounted(Answer, frozen=True):
    """What today's lists of agents change. ``agents`` are those that are something else, ``of`` is how many there are.

    ``rows`` are the kinds and apps with another number, ``lists`` the versions of today's lists. ``downloads`` and
    ``page_opens`` are of all days that are kept request by request. ``applied`` is whether it was changed.
    """

    agents: tuple[RecountedAgent, ...]
    of: int
    rows: tuple[RecountedRow, ...]
    downloads_before: int
    downloads_after: int
    page_opens_before: int
    page_opens_after: int
    lists: str
    applied: bool
