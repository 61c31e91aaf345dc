"""Which of several tracks or channels are taken: those that hold speech, each voice once."""

from collections.abc import Sequence
from dataclasses import dataclass

from pitchcast.audio.signal.speech import Speech


@dataclass(frozen=True)
class Choice:
    """Which of the tracks or channels to take, and which to leave; numbers count from 0, in order.

    ``reasons`` has one entry for each track or channel: why it is taken or left, as the end of a sentence that begins
    with its name ("holds no speech"). Where the choice is not ``sure``, a person should be asked; a script takes it
    with a remark.
    """

    take: tuple[int, ...]
    sure: bool
    reasons: tuple[str, ...]

    @property
    def leave(self) -> tuple[int, ...]:
        """Those that are not taken."""
        return tuple(number for number in range(len(self.reasons)) if number not in self.take)


def choose(candidates: Sequence[Speech]) -> Choice:
    """Return which of the *candidates* to take, each the speech of a whole track or channel of the same recording.

    Something is always taken: where nothing holds speech, the loudest, and that is not sure.
    """
    speaking = tuple(number for number, one in enumerate(candidates) if one.spoken.any())
    if speaking:
        reasons = tuple("holds speech" if one.spoken.any() else "holds no speech" for one in candidates)
        return Choice(speaking, True, reasons)
    loudest = max(range(len(candidates)), key=lambda number: candidates[number].level_db)
    return Choice((loudest,), False, ("holds no speech",) * len(candidates))
