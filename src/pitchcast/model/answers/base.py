"""What every answer is, and the answer of any command that failed."""

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to a script: every field is always there."""


class Named(Answer, frozen=True):
    """A prospect by id and name."""

    id: str
    name: str


class Failures(Answer, frozen=True):
    """How much of many could not be done: ``rows`` of a list that were left out, ``feeds`` that could not be built."""

    rows: int = 0
    feeds: int = 0


class Failure(Answer, frozen=True):
    """What went wrong. ``kind`` is a stable name, ``hint`` the next step."""

    kind: str
    message: str
    hint: str


class Failed(Answer, frozen=True):
    """The answer of any command that could not do what it was asked to."""

    error: Failure
