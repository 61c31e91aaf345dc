"""What ``pitchcast join`` answers."""

from pitchcast.model.answers.base import Answer
from pitchcast.model.finding import Finding


class Joined(Answer, frozen=True):
    """The settings that were written, the profile that holds the keys ("" for none), and what the doctor found.

    ``endpoint_url`` is the service to which requests with these keys go, "" for Amazon S3. ``brought_along`` is
    how many feeds of a show on this computer came along, with their links.
    """

    settings: str
    extends: str
    storage_url: str
    endpoint_url: str
    profile: str
    findings: tuple[Finding, ...]
    brought_along: int = 0
