"""A model of reading logs and forgetting people, small enough to try every interleaving and every single crash.

    python -m tests.consistency.logs [--long]

prints how many states each scenario has and what each rule prevents. The programs are those of
``workflows/logs_sync.py`` and ``upkeep/statistics.py``, request by request; a request is atomic, anything may happen
between two. One process may die at any point. What is left then is completed by the next sync, which finds the same
logs.

The model has one UTC day, one quarter and three logs. Lines are told twice, and each agent is seen in two logs.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, auto
from functools import cache, partial
from typing import NamedTuple

from tests.consistency.search import Explored, follow, search, with_moved

RULES = {
    "compare_and_swap": "a day is replaced only over the bytes that were read",
    "set_by_id": "a day is a set: a line that is there already is not added again",
    "key_before_use": "a quarter's key is used only once it is stored, and never replaced",
    "agents_first": "agents are stored before the requests that name them",
    "marks_last": "that a log was read is noted after its requests are stored",
    "begun_noted": "a sync notes its beginning, and who was gone then, before it writes",
    "look_again": "who wrote reads the catalog again, and takes out who is gone meanwhile",
    "look_without_logs": "a sync that finds nothing to read looks after others that died, too",
    "day_before_catalog": "who takes people out reads the day first and the catalog then",
    "forgetting_noted": "a sync completes the forgetting that somebody began and did not note as done",
}
ALL = frozenset(RULES)


class Line(NamedTuple):
    """A line of a log: what tells it from others, whose feed it is about, and the agent."""

    id: int
    feed: str
    agent: str


LOGS = {
    "log 1": (Line(1, "a", "x"), Line(2, "b", "y")),
    "log 2": (Line(2, "b", "y"), Line(3, "a", "x")),
    "log 3": (Line(4, "c", "x"),),
}


class Row(NamedTuple):
    """A request that is stored: its line, and the key under which its address was hashed."""

    line: Line
    key: str


class World(NamedTuple):
    """Everything in storage. ``feeds`` is the catalog; ``begun`` says of syncs which feeds there were then.

    ``forgotten`` says for which catalog all days were looked through.
    """

    feeds: frozenset[str] = frozenset("ab")
    day: tuple[Row, ...] = ()
    key: str = ""
    agents: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    begun: frozenset[tuple[str, frozenset[str]]] = frozenset()
    forgotten: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class Do(IntEnum):
    """The next request of a process."""

    COMMIT = auto()
    CATALOG = auto()
    SEEN = auto()
    MAKE_KEY = auto()
    BEGIN = auto()
    AGENTS = auto()
    DAY = auto()
    WRITE = auto()
    MARK = auto()
    LOOK = auto()
    OUT_DAY = auto()
    OUT_CATALOG = auto()
    OUT_WRITE = auto()
    END = auto()
    FORGET_DAY = auto()
    FORGET_CATALOG = auto()
    FORGET_WRITE = auto()
    NOTE = auto()
    DONE = auto()
    DEAD = auto()


@dataclass(frozen=True)
class Process:
    """One running command: what it does next, and what it remembers.

    ``looking`` are the steps of the round in which people are taken out: by a sync itself, or by whoever forgets.
    """

    name: str
    intent: str
    do: Do
    logs: tuple[str, ...] = ()
    feeds: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    day: tuple[Row, ...] = ()
    key: str = ""
    begun_with: frozenset[str] = frozenset()
    others: frozenset[frozenset[str]] = frozenset()
    removes: str = ""


SCENARIOS = [("sync 1 2", "sync 2 1"), ("sync 1", "sync 1 2"), ("sync 1", "remove b")]
LONG_SCENARIOS = [("sync 1", "remove b", "sync 1 2"), ("sync 1", "remove b", "add c, sync 3")]


def start_of(intents: Iterable[str]) -> tuple[Process, ...]:
    """Return the processes with these intents before their first request."""
    return tuple(_process(f"p{number}", intent) for number, intent in enumerate(intents))


def logs_of(intents: Iterable[str]) -> tuple[str, ...]:
    """Return the logs that there are: those that somebody reads."""
    return tuple(sorted({log for process in start_of(intents) for log in process.logs}))


def _process(name: str, intent: str) -> Process:
    logs = tuple(f"log {one}" for one in intent.partition("sync ")[2].split())
    if intent.startswith("sync"):
        return Process(name, intent, Do.CATALOG, logs)
    return Process(name, intent, Do.COMMIT, logs, removes="b" if intent == "remove b" else "")


_State = tuple[World, tuple[Process, ...], bool]


def explore(intents: Iterable[str], rules: frozenset[str] = ALL) -> Explored:
    """Try every interleaving of the processes, and one crash at every point."""
    intents = tuple(intents)

    def fault_in(state: _State) -> str:
        world, running, _ = state
        is_over = all(process.do >= Do.DONE for process in running)
        return _fault_now(world) or (_fault_at_the_end(world, logs_of(intents), rules) if is_over else "")

    return search((World(), start_of(intents), True), partial(_successors, rules=rules), fault_in)


def replay(trace: Iterable[str], intents: Iterable[str], rules: frozenset[str]) -> str:
    """Follow the requests of *trace* as far as they exist under these rules, and return what is wrong then, or ""."""
    intents = tuple(intents)
    start: _State = (World(), start_of(intents), True)
    _, (world, running, _) = follow(trace, start, partial(_successors, rules=rules))
    while unfinished := [process for process in running if process.do < Do.DONE]:
        world, moved = step(world, unfinished[0], rules)
        running = with_moved(running, running.index(unfinished[0]), moved)
    return _fault_at_the_end(world, logs_of(intents), rules)


def _successors(state: _State, rules: frozenset[str]) -> Iterator[tuple[str, str, _State]]:
    world, running, may_crash = state
    for index, process in enumerate(running):
        if process.do >= Do.DONE:
            continue
        after, moved = step(world, process, rules)
        yield f"{process.intent}: {process.do.name}", "", (after, with_moved(running, index, _needed(moved)), may_crash)
        if may_crash:
            dead = with_moved(running, index, _needed(replace(process, do=Do.DEAD)))
            yield f"{process.intent} dies before {process.do.name}", "", (world, dead, False)


def _needed(p: Process) -> Process:
    """Return a process without what it will not look at again: fewer states are the same number of cases."""
    if p.do > Do.END:
        p = replace(p, logs=(), begun_with=frozenset(), others=frozenset())
    if p.do > Do.MARK:
        p = replace(p, key="", feeds=frozenset())
    if p.do >= Do.DONE:
        p = replace(p, day=(), known=frozenset(), removes="")
    return p


# ---- the programs


def step(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    """Carry out the next request of a process."""
    match p.do:
        case Do.COMMIT:
            return _commit(world, p)
        case Do.CATALOG:
            return world, replace(p, feeds=world.feeds, begun_with=world.feeds, do=Do.SEEN)
        case Do.SEEN:
            return world, _look_for_logs(world, p, rules)
        case Do.MAKE_KEY:
            return _make_key(world, p, rules)
        case Do.BEGIN:
            others = frozenset(feeds for _, feeds in world.begun)
            world = world._replace(begun=world.begun | {(p.name, p.begun_with)})
            return world, replace(p, others=p.others | others, do=_after_beginning(rules))
        case Do.AGENTS:
            world = world._replace(agents=world.agents | {line.agent for line in _lines(p)})
            return world, replace(p, do=Do.DAY if "agents_first" in rules else _after_writing(rules))
        case Do.DAY:
            return world, replace(p, day=world.day, do=Do.WRITE)
        case Do.WRITE:
            return _write(world, p, rules)
        case Do.MARK:
            world = world._replace(marks=world.marks | set(p.logs))
            return world, replace(p, do=Do.LOOK if "marks_last" in rules else _after_marks(rules))
        case _:
            return _look_after_people(world, p, rules)


def _commit(world: World, p: Process) -> tuple[World, Process]:
    if p.removes:
        world = world._replace(feeds=world.feeds - {p.removes}, removed=world.removed | {p.removes})
        return world, replace(p, do=Do.FORGET_DAY)
    return world._replace(feeds=world.feeds | {"c"}), replace(p, do=Do.CATALOG)


def _look_for_logs(world: World, p: Process, rules: frozenset[str]) -> Process:
    logs = tuple(log for log in p.logs if log not in world.marks)
    if logs:
        return replace(p, logs=logs, key=world.key or p.name, do=_first_write(rules) if world.key else Do.MAKE_KEY)
    others = frozenset(feeds for _, feeds in world.begun) if "look_without_logs" in rules else frozenset()
    return replace(p, logs=(), others=others, do=Do.LOOK)


def _first_write(rules: frozenset[str]) -> Do:
    return Do.BEGIN if "begun_noted" in rules else _after_beginning(rules)


def _after_beginning(rules: frozenset[str]) -> Do:
    return Do.MARK if "marks_last" not in rules else _after_marks(rules)


def _after_marks(rules: frozenset[str]) -> Do:
    return Do.AGENTS if "agents_first" in rules else Do.DAY


def _after_writing(rules: frozenset[str]) -> Do:
    return Do.MARK if "marks_last" in rules else Do.LOOK


def _make_key(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    if "key_before_use" in rules and world.key:
        return world, replace(p, key=world.key, do=_first_write(rules))  # somebody was faster
    return world._replace(key=p.name), replace(p, do=_first_write(rules))


def _lines(p: Process) -> list[Line]:
    """Return the lines that a sync keeps, by the catalog that it knows: each once."""
    return sorted({line for log in p.logs for line in LOGS[log] if line.feed in p.feeds})


def _write(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    if "compare_and_swap" in rules and world.day != p.day:
        return world, replace(p, do=Do.DAY)
    there = {row.line.id for row in p.day} if "set_by_id" in rules else set()
    new = [Row(line, p.key) for line in _lines(p) if line.id not in there]
    after = Do.AGENTS if "agents_first" not in rules else _after_writing(rules)
    return world._replace(day=tuple(sorted([*p.day, *new]))), replace(p, day=(), do=after)


def _look_after_people(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    """Carry out a request of the second half: taking out who is gone, and ending."""
    match p.do:
        case Do.LOOK:
            is_moved = p.begun_with != world.feeds and bool(p.logs)
            is_doubtful = any(feeds != world.feeds for feeds in p.others)
            must_look = "look_again" in rules and (is_moved or is_doubtful)
            return world, replace(p, do=_first_out(rules, Do.OUT_DAY, Do.OUT_CATALOG) if must_look else Do.END)
        case Do.OUT_DAY | Do.FORGET_DAY:
            is_first = "day_before_catalog" in rules
            return world, replace(p, day=world.day, do=Do(p.do + 1) if is_first else Do(p.do + 2))
        case Do.OUT_CATALOG | Do.FORGET_CATALOG:
            is_first = "day_before_catalog" not in rules
            return world, replace(p, known=world.feeds, do=Do(p.do - 1) if is_first else Do(p.do + 1))
        case Do.OUT_WRITE | Do.FORGET_WRITE:
            return _take_out(world, p, rules)
        case Do.END:
            world = world._replace(begun=frozenset(one for one in world.begun if one[0] != p.name))
            is_done = world.forgotten == world.removed or "forgetting_noted" not in rules
            return world, replace(p, do=Do.DONE if is_done else _first_out(rules, Do.FORGET_DAY, Do.FORGET_CATALOG))
        case _:
            return world._replace(forgotten=world.removed), replace(p, do=Do.DONE)


def _first_out(rules: frozenset[str], day: Do, catalog: Do) -> Do:
    return day if "day_before_catalog" in rules else catalog


def _take_out(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    is_sync = p.do is Do.OUT_WRITE
    again, then = (Do.OUT_DAY, Do.END) if is_sync else (Do.FORGET_DAY, Do.NOTE)
    if "compare_and_swap" in rules and world.day != p.day:
        return world, replace(p, do=again if "day_before_catalog" in rules else Do(again))
    rest = tuple(row for row in p.day if row.line.feed in p.known)
    return world._replace(day=rest), replace(p, day=(), known=frozenset(), do=then)


# ---- what must hold


def _fault_now(world: World) -> str:
    """Return what is wrong at this moment, "" if nothing."""
    unknown = {row.line.agent for row in world.day} - world.agents
    if unknown:
        return f"requests are stored whose agents {sorted(unknown)} nobody knows"
    return ""


@cache
def _fault_at_the_end(world: World, logs: tuple[str, ...], rules: frozenset[str]) -> str:
    """Return what is wrong when nobody runs any more and the next sync has seen all logs, "" if nothing."""
    world = _undisturbed(world, Process("healer", "sync", Do.CATALOG, logs), rules)
    ids = [row.line.id for row in world.day]
    wanted = {line.id for log in logs for line in LOGS[log] if line.feed in world.feeds}
    kept = {row.line.feed for row in world.day} - world.feeds
    if kept:
        return f"requests of {sorted(kept)}, who were removed, stay for ever"
    if len(ids) > len(set(ids)):
        return "a line counts twice"
    if set(ids) != wanted:
        return f"lines {sorted(wanted - set(ids))} are lost for ever"
    if {row.key for row in world.day} - {world.key}:
        return "one address was hashed with two keys"
    return ""


def _undisturbed(world: World, p: Process, rules: frozenset[str]) -> World:
    while p.do is not Do.DONE:
        world, p = step(world, p, rules)
    return world


def main() -> None:
    total = 0
    for scenario in SCENARIOS + (LONG_SCENARIOS if "--long" in sys.argv else []):
        found = explore(scenario)
        total += found.states
        print(f"{' × '.join(scenario):36} {found.states:8} states  {found.violation or 'everything holds'}")
    print(f"{total} states in all\n\nwithout the rule that …")
    for rule, text in RULES.items():
        broken = next((v for one in [*SCENARIOS, *LONG_SCENARIOS] if (v := explore(one, ALL - {rule}).violation)), None)
        print(f"  {text}:\n    {broken.what if broken else 'nothing breaks'}", flush=True)


if __name__ == "__main__":
    main()
