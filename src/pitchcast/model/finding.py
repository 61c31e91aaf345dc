"""What a check found: one fault, where it is, and what to do about it."""

from typing import Literal

from pitchcast.model.base import Record


class Finding(Record, frozen=True):
    """One result of ``doctor`` or ``feeds check``. ``error`` makes the command end with exit code 1."""

    level: Literal["error", "warning", "ok"]
    where: str
    what: str
    do: str = ""
