"""Which of several tracks or channels are taken: those that hold speech, each voice once.

Recorders and meeting programs store the same voice more than once: by two microphones, or on a track of its own and
in a mix of all. Only levels over time are compared, so that a delay between the two makes no difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pitchcast.audio.signal.speech import Speech

_Levels = NDArray[np.float64]

_SHORTEST_S = 0.3  # less is no speech, whatever it sounds like
_DOUBTFUL_SHARE = 0.1  # of the most that any holds: less may be a mistake, or a short question
_DOUBTFUL_BELOW = 2.0
_STEP_WINDOWS = 10
_LOUD_DB = 15.0  # what is further below the loudest is the room, which differs
_STEADY_DB = 8.0
_MIXED_WITHIN_DB = 4.0
_MIXED_SHARE = 0.85
_PART_SHARE = 0.05
_ROUNDS = 200
_CLEAR_DB, _HEARD_STEP_DB = 24.0, 6.0  # beyond it the difference is that of two good recordings


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

    Something is always taken: where nothing holds speech, the loudest; that is not sure where there are others.
    """
    candidates = _equally_long(candidates)
    reasons = ["holds speech" if one.spoken_s >= _SHORTEST_S else "holds no speech" for one in candidates]
    speaking = [number for number, reason in enumerate(reasons) if reason == "holds speech"]
    if not speaking:
        return _loudest(candidates, reasons)
    most_s = max(candidates[number].spoken_s for number in speaking)
    doubtful = [number for number in speaking if _is_doubtful(candidates[number], most_s)]
    clear = [number for number in speaking if number not in doubtful] or doubtful
    taken = _each_voice_once(candidates, clear, reasons)
    for number in set(doubtful) - set(clear):
        reasons[number] = "holds hardly any speech"
    return Choice(tuple(taken), clear != doubtful and not doubtful, tuple(reasons))


def _loudest(candidates: Sequence[Speech], reasons: Sequence[str]) -> Choice:
    number = max(range(len(candidates)), key=lambda number: candidates[number].level_db)
    return Choice((number,), len(candidates) == 1, tuple(reasons))


def same_sound(one: Speech, other: Speech) -> bool:
    """Return whether the speech of both is the same, at whatever levels: one voice at two microphones, or a copy."""
    here, there = _levels_db(one), _levels_db(other)
    loud = _is_loud(one, here) | _is_loud(other, there)
    if not loud.any():
        return False
    low, high = np.percentile((here - there)[loud], (15, 85))
    return bool(high - low < _STEADY_DB)


def _equally_long(candidates: Sequence[Speech]) -> list[Speech]:
    """Return the same with silence at the end of those that are shorter."""
    longest = max(len(one.spoken) for one in candidates)
    missing = [(0, longest - len(one.spoken)) for one in candidates]
    return [
        replace(one, energy=np.pad(one.energy, rest), spoken=np.pad(one.spoken, rest))
        for one, rest in zip(candidates, missing, strict=True)
    ]


def _is_doubtful(one: Speech, most_s: float) -> bool:
    return one.certainty < _DOUBTFUL_BELOW or one.spoken_s < _DOUBTFUL_SHARE * most_s


def _each_voice_once(candidates: Sequence[Speech], speaking: Sequence[int], reasons: list[str]) -> list[int]:
    """Return those of *speaking* that together hold every voice once, and write into *reasons* why others are left."""
    taken = _without_copies(candidates, speaking, reasons)
    for number in tuple(taken):
        others = [other for other in range(len(candidates)) if other != number and reasons[other][:4] != "same"]
        parts = _parts_of(candidates[number], [candidates[other] for other in others])
        inside = [others[part] for part in parts]
        if len(inside) < 2:
            continue
        # Parts are at least as clean as a mix of them, which may as well be a microphone in the room.
        reasons[number] = "is a mix of others"
        taken.remove(number)
    return taken


def _without_copies(candidates: Sequence[Speech], speaking: Sequence[int], reasons: list[str]) -> list[int]:
    """Return *speaking* with only the clearest of those that hold the same."""
    clearest_first = sorted(speaking, key=lambda number: _clearness(candidates[number]), reverse=True)
    kept: list[int] = []
    for number in clearest_first:
        original = next((one for one in kept if same_sound(candidates[one], candidates[number])), None)
        if original is None:
            kept.append(number)
        else:
            reasons[number] = f"holds the same as number {original + 1}"
    return sorted(kept)


def _clearness(one: Speech) -> tuple[float, float]:
    """Return how far the speech is above the rest, in steps that are heard, and then how loud it is."""
    above_db = min(_CLEAR_DB, one.speech_db - one.rest_db)
    return above_db // _HEARD_STEP_DB, one.speech_db


def _parts_of(mix: Speech, others: Sequence[Speech]) -> list[int]:
    """Return the places of those of *others* whose energies add up to that of *mix*, or nothing."""
    energy = _energy(mix)
    loud = np.logical_or.reduce([_is_loud(one, _levels_db(one)) for one in (mix, *others)])
    if not loud.any() or not others:
        return []
    shares = np.stack([_energy(other)[loud] / energy[loud] for other in others], axis=1)
    gains = np.full(len(others), 1.0 / len(others))
    cross, towards = shares.T @ shares, shares.sum(axis=0)
    for _ in range(_ROUNDS):  # least squares without negative gains, by multiplicative updates
        gains *= towards / np.maximum(cross @ gains, 1e-300)
    found_db = 10 * np.log10(np.maximum(shares @ gains, 1e-12))
    if np.mean(np.abs(found_db) < _MIXED_WITHIN_DB) < _MIXED_SHARE:
        return []
    leading = np.mean(shares * gains > 0.5, axis=0)
    return [number for number, share in enumerate(leading) if share >= _PART_SHARE]


def _energy(one: Speech) -> _Levels:
    """Return the mean energy of each fifth of a second."""
    count = len(one.energy) // _STEP_WINDOWS
    steps = one.energy[: count * _STEP_WINDOWS].reshape(count, _STEP_WINDOWS).mean(axis=1, dtype=np.float64)
    energy: _Levels = np.maximum(steps, 1e-12)
    return energy


def _levels_db(one: Speech) -> _Levels:
    levels: _Levels = 10 * np.log10(_energy(one))
    return levels


def _is_loud(one: Speech, levels_db: _Levels) -> NDArray[np.bool_]:
    """Return which fifths of a second hold loud speech."""
    shares = one.spoken[: len(levels_db) * _STEP_WINDOWS].reshape(-1, _STEP_WINDOWS).mean(axis=1)
    spoken: NDArray[np.bool_] = np.asarray(shares >= 0.5)
    if not spoken.any():
        return spoken
    loud: NDArray[np.bool_] = spoken & (levels_db > np.percentile(levels_db[spoken], 95) - _LOUD_DB)
    return loud
