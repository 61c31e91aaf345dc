"""What every format makes of a line: the same columns, whatever the log calls them.

A format is a piece of SQL that takes a line apart. What it finds odd goes to a strict parser in Python, which is slower
and never guesses.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

COLUMNS = (
    "requested_at",
    "method",
    "place",
    "path",
    "query",
    "status",
    "sent",
    "size",
    "first",
    "last",
    "address",
    "agent",
    "signed",
    "assumed",
    "skipped",
    "uid",
    "odd",
)
"""What the SQL of a format selects of a line, with ``file`` and ``line`` before them; see ``Parts``."""


class LineParts(NamedTuple):
    """A line taken apart.

    ``place`` is where ``path`` counts from: the bucket with a slash behind it, the host, or "". ``size`` is the whole
    file's, 0 where the log does not say. ``first`` and ``last`` are the range that was sent, None where that is not
    known. ``agent`` is as it is written, "" for none. ``skipped`` names the rule by which the line is no request of a
    listener's, "" where it may be one, ``#`` where it is a comment. ``uid`` tells the line from any other, None
    where the format has nothing for it.
    """

    requested_at: datetime
    method: str
    place: str
    path: str
    query: str
    status: int
    sent: int
    size: int
    first: int | None
    last: int | None
    address: str
    agent: str
    signed: bool
    assumed: bool
    skipped: str
    uid: str | None


class RefusedLine(ValueError):
    """A line that cannot be read without guessing; the text is the reason, as it is counted."""


@dataclass(frozen=True, kw_only=True)
class LogFormat:
    """A way to write access logs.

    ``fits`` says whether a line can be of this format. ``sql`` returns a query over the table ``lines(file, line)``,
    given the header of the log; its column ``odd`` is true where ``strict`` must read the line, or where there is no
    such parser and the line is unreadable. With ``unique`` each line has a request id. ``decode_agent`` names how an
    agent is written.
    """

    name: str
    fits: Callable[[str], bool]
    sql: Callable[[str], str]
    unique: bool = True
    strict: Callable[[str], LineParts] | None = None
    header_of: Callable[[Sequence[str]], str] = lambda _lines: ""
    agent_coding: str = "plain"


def uid_sql(*columns: str) -> str:
    """Return the SQL of a text that tells a line from any other, made of these columns."""
    joined = ", ".join(columns)
    return f"concat_ws(chr(31), {joined})"


def sent_span_sql(status: str, start: str, sent: str) -> tuple[str, str]:
    """Return the SQL of the first and the last byte sent: all begin at the start but parts, whose *start* is given."""
    first = f"CASE WHEN {sent} <= 0 THEN NULL WHEN {status} = 200 THEN 0 WHEN {status} = 206 THEN {start} END"
    return first, f"({first}) + {sent} - 1"


def sent_span(status: int, start: int | None, sent: int) -> tuple[int | None, int | None]:
    """Return the first and the last byte that were sent, None where that is not known: the same as the SQL above."""
    first = {200: 0, 206: start}.get(status)
    if first is None or sent <= 0:
        return None, None
    return first, first + sent - 1
