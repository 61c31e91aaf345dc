"""What ``pitchcast move`` answers."""

from pitchcast.model.answers.base import Answer


class MoveAnswer(Answer, frozen=True):
    """What a move did, or would do: objects and bytes copied, feeds at the new address.

    ``problems`` are what is left to do by hand.
    """

    url: str
    public_url: str
    from_url: str
    objects: int
    bytes: int
    feeds: int
    catalog_revision: int
    settings: str = ""
    problems: tuple[str, ...] = ()


class FinishAnswer(Answer, frozen=True):
    """What the end of a move deleted: public objects at the places that the show had left.

    ``remaining`` are places that could not be reached from here.
    """

    places: tuple[str, ...]
    deleted: int
    remaining: tuple[str, ...] = ()
