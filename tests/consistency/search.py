"""Every order in which processes can take turns: searched to the end, or followed along one way.

A state is whatever a model makes of it. Its successors come with what was done and with the fault of doing so, "" for
none.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

S = TypeVar("S")
P = TypeVar("P")
Successors = Callable[[S], Iterable[tuple[str, str, S]]]


class Violation(NamedTuple):
    """What did not hold, and the requests that led there."""

    what: str
    trace: tuple[str, ...]


class Explored(NamedTuple):
    """How many states there were, and the first violation, or None."""

    states: int
    violation: Violation | None


def search(start: S, successors: Successors[S], fault_in: Callable[[S], str]) -> Explored:
    """Look at every state that can come of *start*, the nearest first."""
    came_from: dict[S, tuple[S, str] | None] = {start: None}
    queue = deque([start])
    while queue:
        state = queue.popleft()
        if fault := fault_in(state):
            return Explored(len(came_from), Violation(fault, _trace(came_from, state)))
        for label, fault, after in successors(state):
            if fault:
                return Explored(len(came_from), Violation(fault, (*_trace(came_from, state), label)))
            if after not in came_from:
                came_from[after] = (state, label)
                queue.append(after)
    return Explored(len(came_from), None)


def follow(trace: Iterable[str], start: S, successors: Successors[S]) -> tuple[str, S]:
    """Return the first fault on the way of *trace*, and the state at its end; what does not exist here is left out."""
    state = start
    for wanted in trace:
        for label, fault, after in successors(state):
            if label == wanted:
                if fault:
                    return fault, state
                state = after
                break
    return "", state


def with_moved(running: tuple[P, ...], index: int, process: P) -> tuple[P, ...]:
    """Return the processes after that with a number went on."""
    return (*running[:index], process, *running[index + 1 :])


def _trace(came_from: dict[S, tuple[S, str] | None], state: S) -> tuple[str, ...]:
    labels = []
    while (before := came_from[state]) is not None:
        state, label = before
        labels.append(label)
    return tuple(reversed(labels))
