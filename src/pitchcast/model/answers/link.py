"""What ``pitchcast link`` answers."""

from typing import Literal

from pitchcast.model.answers.base import Answer
from pitchcast.model.answers.feeds import FeedAnswer


class MailDraft(Answer, frozen=True):
    """The mail that carries a link; ``to`` is "" where no address is known. ``opened`` says how far that went."""

    to: str
    subject: str
    body: str
    opened: Literal["whole", "without text", "no"] = "no"


class Linked(FeedAnswer, frozen=True):
    """A feed whose link was asked for; ``mail`` is None where no draft was."""

    mail: MailDraft | None = None
