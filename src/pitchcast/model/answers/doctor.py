"""What ``pitchcast doctor`` and ``feeds check`` answer."""

from pitchcast.model.answers.base import Answer
from pitchcast.model.finding import Finding


class Findings(Answer, frozen=True):
    """What a check found."""

    findings: tuple[Finding, ...]
