"""What ``pitchcast history`` answers."""

from datetime import datetime

from pitchcast.model.answers.base import Answer, Named
from pitchcast.model.answers.sent import Sending


class RevisionAnswer(Answer, frozen=True):
    """One revision of the catalog: when, by whom and for what it was written; ``current`` is the one that holds.

    ``who`` is the writer's name, ``writer`` what tells apart writers of the same name.
    """

    revision: int
    at: datetime
    who: str
    writer: str
    what: str
    current: bool


class Revisions(Answer, frozen=True):
    """Revisions of the catalog, latest first."""

    revisions: tuple[RevisionAnswer, ...]


class RevisionShown(Answer, frozen=True):
    """A revision and what it said: numbers of prospects, of open feeds and of revoked ones.

    ``sent`` is what it sent to whom, as far as the revision before it is kept to compare with.
    """

    revision: RevisionAnswer
    show: str
    episodes: tuple[Named, ...]
    prospects: int
    feeds: int
    revoked: int
    sent: tuple[Sending, ...] = ()


class RestoredRevision(Answer, frozen=True):
    """What bringing a revision back changed; ``remarks`` say what did not come back, and what came back differently.

    ``feeds`` is how many feeds were built, or would be.
    """

    revision: int
    changed: bool
    feeds: int
    remarks: tuple[str, ...]
    catalog_revision: int
