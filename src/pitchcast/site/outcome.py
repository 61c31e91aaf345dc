"""What a writing command has to tell besides its answer, and what it may do only once the answer was given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pitchcast.errors import PitchcastError
from pitchcast.model.answers.base import Answer

Act = Callable[[], None]


class Finished(Answer, frozen=True):
    """Another command's work that was interrupted, and is finished now: what was typed, by whom, when, what it did."""

    command: str
    who: str
    at: datetime
    what: str


@dataclass(slots=True)
class Outcome:
    """What came of the writing commands on one project, besides their answers.

    ``resumed`` is the command whose interrupted run this one completed, None where it did its own work. ``notes`` are
    further sentences worth knowing. ``records`` are the keys of what was finished and is marked after the answer.
    With ``answers_later`` whoever prints the answer calls ``answered`` afterwards; else an answer counts as given when
    it is returned.
    """

    answers_later: bool = False
    resumed: Finished | None = None
    finished: list[Finished] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    records: set[str] = field(default_factory=set)
    _waiting: list[Act] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Return whether work was done that is marked as done once the answer was given."""
        return bool(self._waiting)

    def take_news(self) -> tuple[Finished | None, list[Finished], list[str]]:
        """Return ``resumed``, ``finished`` and ``notes``, which are told once."""
        news = self.resumed, self.finished, self.notes
        self.resumed, self.finished, self.notes = None, [], []
        return news

    def after_answer(self, act: Act) -> None:
        """Have *act* done once the answer was given: what marks work as done must not come before people know it."""
        self._waiting.append(act)
        if not self.answers_later:
            self.answered()

    def answered(self) -> None:
        """Do what waited for the answer. A failure changes nothing any more: the next command does it."""
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            try:
                act()
            except PitchcastError:
                continue
