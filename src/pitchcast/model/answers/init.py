"""What ``pitchcast init`` answers."""

from pitchcast.model.answers.base import Answer


class Initialised(Answer, frozen=True):
    """The file that was written, and what it says."""

    file: str
    settings: dict[str, str]
