"""How a podcast was passed on: by feeds of named colleagues, and by links that carry whose page they came from.

A mark names a feed, not a person. So the nodes of a tree are feeds and steps, and what is told of them is what was
seen: how many networks, which kinds of device.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from pitchcast.model.log_marks import MARK_PATTERN

_MOST_STEPS = 20
_VIA = re.compile(rf"{MARK_PATTERN}(\.{MARK_PATTERN}){{0,{_MOST_STEPS - 1}}}")
_SAME_VISIT = timedelta(hours=24)
_AT_ONCE = timedelta(minutes=10)


class Event(NamedTuple):
    """What one address and agent did with a feed: ``did`` is open, play, download or tap. ``via`` is as it was logged.

    ``block`` is the network, as far as it can be told: an IPv4 /24, or an IPv6 /48.
    """

    did: str
    feed: str
    moment: datetime
    address: int
    agent: int
    block: int
    device: str
    via: str


class Step(NamedTuple):
    """A place in the tree: a feed, and the feeds from whose pages its link was passed on, first step first."""

    feed: str
    via: tuple[str, ...] = ()


@dataclass(slots=True)
class SeenAtStep:
    """What was seen at one step."""

    did: Counter[str] = field(default_factory=Counter)
    networks: set[int] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """Take in another event."""
        self.did[event.did] += 1
        self.networks.add(event.block)
        self.devices.add(event.device or "unknown")


class TwoPeople(NamedTuple):
    """What cannot have been one person alone, and when it was seen."""

    what: str
    feed: str
    moment: datetime


def steps_of(via: str, marks: Mapping[str, str]) -> tuple[str, ...]:
    """H6. Return the ids of the feeds that a link was passed on from, first step first, none where it does not count.

    *marks* are those of one prospect's feeds, with their ids. A mark of anybody else makes the whole way worthless:
    whoever has an address can write what they like behind it.
    """
    if not _VIA.fullmatch(via):
        return ()
    steps = [marks.get(mark, "") for mark in via.split(".")]
    return tuple(steps) if all(steps) else ()


def tree_of(events: Sequence[Event], marks: Mapping[str, str]) -> dict[Step, SeenAtStep]:
    """H6. Return what was seen at each step; *events* are oldest first.

    Downloads belong to the step of the same listener's open within 24 hours before, and so do taps that carry no way of
    their own.
    """
    opened: dict[tuple[str, int, int], tuple[datetime, tuple[str, ...]]] = {}
    tree: dict[Step, SeenAtStep] = {}
    for event in events:
        who = (event.feed, event.address, event.agent)
        via = steps_of(event.via, marks)
        if event.did == "open":
            opened[who] = (event.moment, via)
        elif not via:
            at, way = opened.get(who, (event.moment, ()))
            via = way if event.moment - at <= _SAME_VISIT else ()
        tree.setdefault(Step(event.feed, via), SeenAtStep()).add(event)
    return tree


def proofs_of_two(events: Sequence[Event], marks: Mapping[str, str], own: str) -> list[TwoPeople]:
    """H7. Return what proves that at least two people had to do with the feed *own*, oldest first; often nothing does.

    Never a number of people: another network or device may be the same person's.
    """
    proofs = [*_children_used(events, own), *_opened_by_others(events, marks), *_on_two_networks(events)]
    first = {(proof.what, proof.feed): proof for proof in sorted(proofs, key=lambda one: one.moment, reverse=True)}
    return sorted(first.values(), key=lambda one: (one.moment, one.what, one.feed))


def _children_used(events: Sequence[Event], own: str) -> Iterator[TwoPeople]:
    """Yield uses of a feed that was made for somebody else."""
    for event in events:
        if event.feed != own:
            yield TwoPeople("colleague", event.feed, event.moment)


def _opened_by_others(events: Sequence[Event], marks: Mapping[str, str]) -> Iterator[TwoPeople]:
    """Yield opens of links that were passed on, from an address and agent that had not been seen in that feed."""
    known: set[tuple[str, int, int]] = set()
    for event in events:
        who = (event.feed, event.address, event.agent)
        is_passed_on = event.did == "open" and bool(steps_of(event.via, marks))
        if is_passed_on and who not in known:
            yield TwoPeople("passed on", event.feed, event.moment)
        known.add(who)


def _on_two_networks(events: Sequence[Event]) -> Iterator[TwoPeople]:
    """Yield sound of one feed that was fetched from two networks within ten minutes."""
    last: dict[str, list[Event]] = {}
    for event in events:
        if event.did != "download":
            continue
        recent = [one for one in last.get(event.feed, []) if event.moment - one.moment <= _AT_ONCE]
        if any(one.block != event.block for one in recent):
            yield TwoPeople("two networks", event.feed, event.moment)
        last[event.feed] = [*recent, event]
