"""What ``pitchcast leads`` answers: whom to call, why, and which log lines say so."""

from datetime import datetime
from typing import Literal

from pitchcast.model.answers.base import Answer
from pitchcast.model.leads import Band, SignalKind


class LogLine(Answer, frozen=True):
    """A line of an access log: the id of its request, when that was, and the log's name.

    ``line`` is the line itself where it was asked for and the log can still be read, "" otherwise.
    """

    id: str
    at: datetime
    log: str
    line: str = ""


class Reason(Answer, frozen=True):
    """One signal: what is left of its points, what was seen and when, and the log lines that say so.

    ``seen`` are the words for what was seen, ``why`` the same with its time.
    ``event`` is its id: the same on every computer. ``new`` says whether it was not there when leads were last shown
    here, ``told`` whether it was told (“told”), may have been (“perhaps told”) or was not ("").
    """

    event: str
    kind: SignalKind
    points: float
    seen: str
    why: str
    at: datetime
    feed: str
    lines: tuple[LogLine, ...]
    new: bool = False
    told: Literal["", "told", "perhaps told"] = ""


class Lead(Answer, frozen=True):
    """A prospect with points. ``since`` is when the earliest of its reasons was seen, ``last`` when the latest was.

    ``sentence`` says what was seen and ends in what to do, which ``do`` says alone; ``networks`` is from how many
    networks people were seen.
    """

    prospect: str
    name: str
    company: str
    band: Band
    score: float
    since: datetime
    last: datetime
    new: bool
    networks: int
    sentence: str
    do: str
    reasons: tuple[Reason, ...]


class Leads(Answer, frozen=True):
    """Everybody with points: what is new first, then by points. Logs were read until ``until``; times are UTC."""

    leads: tuple[Lead, ...]
    until: datetime | None


class ExplainedLead(Answer, frozen=True):
    """One lead with its log lines; ``unread`` are logs that can no longer be read here, or hold other lines now."""

    lead: Lead
    until: datetime | None
    unread: tuple[str, ...]


class NotifiedLeads(Answer, frozen=True):
    """What was told: ``leads`` with the reasons that are news, ``waiting`` how many more there are for the next run.

    ``text`` is the message.
    """

    leads: tuple[Lead, ...]
    waiting: int
    text: str
    until: datetime | None


class RejectedLeads(Answer, frozen=True):
    """How many leads a CRM would not find for one reason, and what to ``do``: the command for the first of them."""

    reason: str
    leads: int
    do: str


class ExportedLeads(Answer, frozen=True):
    """The files that were written for a CRM, and what is in them.

    ``leads`` and ``events`` are how many rows were written of each, ``rejected`` how many leads the CRM would not find,
    ``reasons`` why.
    """

    files: tuple[str, ...]
    leads: int
    events: int
    rejected: int
    until: datetime | None
    reasons: tuple[RejectedLeads, ...] = ()
