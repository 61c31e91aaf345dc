"""What became of a log's lines: each is counted once, so the numbers add up to the lines that there were."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pitchcast.model.answers.logs import DROPPED


@dataclass(slots=True)
class Sums:
    """How many lines there were, and what became of them."""

    lines: int = 0
    kept: int = 0
    others: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def accounted(self) -> int:
        """Return how many lines have a fate; it is the number of lines."""
        return self.kept + self.others + self.unreadable.total() + self.dropped.total()

    def count(self, fate: str, number: int) -> None:
        """Add lines that ended so: ``kept``, ``others``, or a rule or reason by its name."""
        if fate == "kept":
            self.kept += number
        elif fate == "others":
            self.others += number
        elif fate in DROPPED:
            self.dropped[fate] += number
        else:
            self.unreadable[fate] += number

    def add(self, other: "Sums") -> None:
        """Add the sums of another log."""
        self.lines += other.lines
        self.kept += other.kept
        self.others += other.others
        self.unreadable += other.unreadable
        self.dropped += other.dropped


def added(sums: Iterable[Sums]) -> Sums:
    """Return the sums of several logs together."""
    total = Sums()
    for one in sums:
        total.add(one)
    return total
