"""What ``pitchcast undo`` and ``episodes withdraw`` answer."""

from pitchcast.model.answers.base import Answer, Named
from pitchcast.model.answers.feeds import FeedAnswer


class TakenBack(Answer, frozen=True):
    """What an undo or a withdrawal took out of feeds."""

    episode: Named
    feeds: tuple[FeedAnswer, ...]
    removed_prospects: tuple[Named, ...]
    episode_removed: bool
    catalog_revision: int
