"""What ``pitchcast`` alone answers."""

from datetime import datetime

from pitchcast.model.answers.base import Answer, Failure
from pitchcast.model.answers.sent import Sending
from pitchcast.model.finding import Finding


class Home(Answer, frozen=True):
    """The show at a glance.

    ``show`` is its title, "" where there is none yet; ``settings_file`` is the pitchcast.toml, "" without one.
    ``online`` says whether links lead anywhere but to this computer. ``sent`` are the last five publishes and
    deliveries, latest first. ``attention`` is what somebody should look at, ``next`` the command that comes next.
    ``problem`` is why the show could not be looked at, None where it could. ``seen_until`` is until when access logs
    were read for what was seen of those who were sent something, None where none were.
    """

    show: str
    settings_file: str
    storage: str
    public_url: str
    online: bool
    sent: tuple[Sending, ...]
    attention: tuple[Finding, ...]
    next: str
    problem: Failure | None
    catalog_revision: int
    seen_until: datetime | None = None
