"""A model of commit and build, small enough to try every interleaving and every single crash.

    python -m tests.consistency.protocol [--long]

prints how many states each scenario has and what each rule prevents. A writer's program is the one of
``site/change.py`` and ``site/build.py``, request by request; a request is atomic, anything may happen between
two. One process may die at any point. What is left then is finished by a healer, as the next writing command would.

The catalog of the model has one prospect: the path of its feed and the releases in it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, auto
from functools import partial
from typing import NamedTuple

from tests.consistency.search import Explored, follow, search, with_moved

RULES = {
    "compare_and_swap": "the catalog is replaced only over the version that was read",
    "pending_record": "the feeds concerned are written down before the commit",
    "pending_fenced": "a healer makes sure first that the commit announced can no longer happen",
    "healer_recorded": "a healer writes down what it builds, like everybody who builds",
    "overslept": "a process whose record is old enough to be healed writes a new one and starts over",
    "list_before_load": "a folder is listed before the catalog is loaded",
    "audio_before_feed": "audio is there before the feed that names it",
    "feed_if_match": "a feed is written only over the version that was listed",
    "look_again": "who finishes a build and finds that the catalog moved on builds again",
}
ALL = frozenset(RULES)


class Catalog(NamedTuple):
    """What exists: ``releases`` in the feed at ``path``. ``revision`` counts commits."""

    revision: int
    path: str
    releases: frozenset[str]


class Folder(NamedTuple):
    """What lies under one path: audio, and the feed as the revision and names it was rendered from, or None."""

    audio: frozenset[str] = frozenset()
    feed: tuple[int, frozenset[str]] | None = None


class Record(NamedTuple):
    """A pending record: whose, the paths concerned, the revision that its commit would replace.

    ``beat`` is a new one each time that the record is written.
    """

    name: str
    paths: tuple[str, ...]
    base: int
    beat: int = 0


class World(NamedTuple):
    """Everything in storage. ``folders`` are sorted pairs, so that equal worlds are equal.

    ``old`` are the pending records that a healer found: half an hour has passed since they were written.
    """

    catalog: Catalog
    folders: tuple[tuple[str, Folder], ...]
    pending: frozenset[Record]
    old: frozenset[Record] = frozenset()

    def folder(self, path: str) -> Folder:
        return dict(self.folders).get(path, Folder())

    def with_folder(self, path: str, folder: Folder) -> "World":
        return self._replace(folders=tuple(sorted({**dict(self.folders), path: folder}.items())))


class Do(IntEnum):
    """The next request of a process."""

    READ = auto()
    ANNOUNCE = auto()
    COMMIT = auto()
    LIST = auto()
    LOAD = auto()
    REMOVE = auto()
    COPY = auto()
    FEED = auto()
    LOOK = auto()
    FINISH = auto()
    DONE = auto()
    DEAD = auto()


@dataclass(frozen=True)
class Process:
    """One running command: what it does next, and what it remembers."""

    name: str
    intent: str
    do: Do = Do.READ
    seen: Catalog | None = None
    paths: tuple[str, ...] = ()
    at: int = 0
    listed: tuple[Folder, ...] = ()
    start_over: bool = False
    healing: frozenset[Record] = frozenset()


Intents = dict[str, Callable[[Catalog], Catalog]]

INTENTS: Intents = {
    "publish r1": lambda c: c._replace(revision=c.revision + 1, releases=c.releases | {"r1"}),
    "publish r2": lambda c: c._replace(revision=c.revision + 1, releases=c.releases | {"r2"}),
    "undo r0": lambda c: c._replace(revision=c.revision + 1, releases=c.releases - {"r0"}),
    "undo r1": lambda c: c._replace(revision=c.revision + 1, releases=c.releases - {"r1"}),
    "rotate": lambda c: c._replace(revision=c.revision + 1, path="new"),
}

SCENARIOS = [
    ("publish r1", "publish r2"),
    ("publish r1", "undo r0"),
    ("publish r1", "undo r1"),
    ("publish r1", "rotate"),
    ("undo r0", "rotate"),
    ("publish r1", "heal"),
    ("rotate", "heal"),
    ("undo r0", "heal"),
]
LONG_SCENARIOS = [("heal", "undo r1", "publish r1"), ("publish r1", "rotate", "heal")]

START = World(
    Catalog(1, "old", frozenset({"r0"})),
    (("old", Folder(frozenset({"r0"}), (1, frozenset({"r0"})))),),
    frozenset(),
)


_State = tuple[World, tuple[Process, ...], bool]


def explore(intents: Iterable[str], rules: frozenset[str] = ALL, *, crash: bool = True) -> Explored:
    """Try every interleaving of the processes, and one crash at every point."""

    def fault_in(state: _State) -> str:
        world, running, _ = state
        is_over = all(process.do in (Do.DONE, Do.DEAD) for process in running)
        return _fault_at_the_end(world, running, rules) if is_over else ""

    return search((START, _start_of(intents), crash), partial(_successors, rules=rules), fault_in)


def replay(trace: Iterable[str], intents: Iterable[str], rules: frozenset[str]) -> str:
    """Follow the requests of *trace* as far as they exist under these rules, and return what is wrong then, or ""."""
    start: _State = (START, _start_of(intents), True)
    _, (world, running, _) = follow(trace, start, partial(_successors, rules=rules))
    while unfinished := [p for p in running if p.do not in (Do.DONE, Do.DEAD)]:
        world, moved = _step(world, unfinished[0], rules)
        running = with_moved(running, running.index(unfinished[0]), moved)
    return _fault_at_the_end(world, running, rules)


def _start_of(intents: Iterable[str]) -> tuple[Process, ...]:
    return tuple(Process(f"p{n}", intent, Do.LIST if intent == "heal" else Do.READ) for n, intent in enumerate(intents))


def _successors(state: _State, rules: frozenset[str]) -> Iterator[tuple[str, str, _State]]:
    world, running, may_crash = state
    for index, process in enumerate(running):
        if process.do in (Do.DONE, Do.DEAD):
            continue
        after, moved = _step(world, process, rules)
        done = f"{process.intent}: {process.do.name}"
        yield done, _fault_between(world, after), (after, with_moved(running, index, moved), may_crash)
        if may_crash:
            dead = with_moved(running, index, replace(process, do=Do.DEAD))
            yield f"{process.intent} dies before {process.do.name}", "", (world, dead, False)


def _step(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    """Carry out the next request of a process."""
    if p.intent == "heal" and p.do is Do.LIST and not p.paths:
        return _take_over(world, p, rules)
    if "overslept" in rules and "pending_record" in rules and p.do > Do.COMMIT and _overslept(world, p):
        return _write_again(world, p), replace(p, do=_first_look(rules), start_over=False)
    match p.do:
        case Do.READ:
            return world, replace(p, seen=world.catalog, do=Do.ANNOUNCE)
        case Do.ANNOUNCE:
            return _announce(world, p, rules)
        case Do.COMMIT:
            return _commit(world, p, rules)
        case Do.LIST:
            listed = tuple(world.folder(path) for path in p.paths)
            return world, replace(p, listed=listed, do=Do.LOAD if "list_before_load" in rules else Do.REMOVE, at=0)
        case Do.LOAD:
            return world, replace(p, seen=world.catalog, do=Do.REMOVE if "list_before_load" in rules else Do.LIST, at=0)
        case Do.REMOVE | Do.COPY | Do.FEED:
            return _build_one(world, p, rules)
        case Do.LOOK:
            moved = "look_again" in rules and world.catalog != p.seen
            over = moved or p.start_over
            return world, replace(p, do=_first_look(rules) if over else Do.FINISH, start_over=False)
        case _:
            return _finish(world, p)


def _first_look(rules: frozenset[str]) -> Do:
    return Do.LIST if "list_before_load" in rules else Do.LOAD


def _take_over(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    """Begin to heal: fence off the commits that were announced on the catalog of now, note the paths."""
    paths = tuple(sorted({path for record in world.pending for path in record.paths}))
    if not paths:
        return world, replace(p, do=Do.DONE)
    if "pending_fenced" in rules and any(record.base == world.catalog.revision for record in world.pending):
        world = world._replace(catalog=world.catalog._replace(revision=world.catalog.revision + 1))
    healed = frozenset(world.pending)
    world = world._replace(old=world.old | healed)
    if "healer_recorded" in rules:
        own = Record(p.name, paths, 0)
        world, healed = world._replace(pending=world.pending | {own}), healed | {own}
    return world, replace(p, paths=paths, do=_first_look(rules), seen=world.catalog, healing=healed)


def _overslept(world: World, p: Process) -> bool:
    return p.intent != "heal" and not any(record.name == p.name for record in world.pending - world.old)


def _write_again(world: World, p: Process) -> World:
    beat = max((record.beat for record in world.old if record.name == p.name), default=0) + 1
    others = frozenset(record for record in world.pending if record.name != p.name)
    return world._replace(pending=others | {Record(p.name, p.paths, 0, beat)})


def _announce(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    assert p.seen is not None
    after = INTENTS[p.intent](p.seen)
    paths = tuple(sorted({p.seen.path, after.path}))
    if "pending_record" in rules:
        others = frozenset(record for record in world.pending if record.name != p.name)
        world = world._replace(pending=others | {Record(p.name, paths, p.seen.revision)})
    return world, replace(p, paths=paths, do=Do.COMMIT)


def _commit(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    assert p.seen is not None
    if "compare_and_swap" in rules and world.catalog != p.seen:
        return world, replace(p, do=Do.READ)
    return world._replace(catalog=INTENTS[p.intent](p.seen)), replace(p, do=_first_look(rules))


def _build_one(world: World, p: Process, rules: frozenset[str]) -> tuple[World, Process]:
    """Carry out one request on the path that is being built."""
    assert p.seen is not None
    path, listed = p.paths[p.at], p.listed[p.at]
    folder = world.folder(path)
    wanted = p.seen.releases if path == p.seen.path else frozenset()
    if p.do is Do.REMOVE:
        after = folder._replace(audio=folder.audio - (listed.audio - wanted))
        return world.with_folder(path, after), replace(p, do=Do.COPY if "audio_before_feed" in rules else Do.FEED)
    if p.do is Do.COPY:
        after = folder._replace(audio=folder.audio | (wanted - listed.audio))
        world = world.with_folder(path, after)
        return world, replace(p, do=Do.FEED) if "audio_before_feed" in rules else _next_path(p)
    feed = (p.seen.revision, wanted) if path == p.seen.path else None
    if feed != listed.feed:
        if "feed_if_match" in rules and feed is not None and folder.feed != listed.feed:
            p = replace(p, start_over=True)
        else:
            world = world.with_folder(path, folder._replace(feed=feed))
    return world, _next_path(p) if "audio_before_feed" in rules else replace(p, do=Do.COPY)


def _next_path(p: Process) -> Process:
    last = p.at + 1 == len(p.paths)
    return replace(p, do=Do.LOOK) if last else replace(p, at=p.at + 1, do=Do.REMOVE)


def _finish(world: World, p: Process) -> tuple[World, Process]:
    """Delete the pending record; a healer deletes all that it found concerning its paths."""
    own = frozenset(record for record in world.pending if record.name == p.name)
    done = p.healing if p.intent == "heal" else own
    return world._replace(pending=world.pending - done), replace(p, do=Do.DONE)


def _fault_between(before: World, after: World) -> str:
    """Return what is wrong at this moment, "" if nothing: rules that hold at every moment."""
    for path, folder in after.folders:
        earlier = before.folder(path).feed
        if folder.feed and earlier and folder.feed[0] < earlier[0]:
            return f"the feed at {path} went back from revision {earlier[0]} to {folder.feed[0]}"
        if folder.feed and folder.feed != earlier:
            missing = folder.feed[1] - folder.audio
            if missing and missing <= after.catalog.releases and path == after.catalog.path:
                return f"the feed at {path} names {sorted(missing)}, which is not there"
    lost = before.catalog.releases - after.catalog.releases
    if len(lost) > 1 or (lost and lost.isdisjoint({"r0", "r1"})):
        return f"the commit of {sorted(lost)} was lost"
    return ""


def _fault_at_the_end(world: World, running: tuple[Process, ...], rules: frozenset[str]) -> str:
    """Return what is wrong when nobody runs any more and the next writing command has healed, "" if nothing."""
    for p in running:
        release = p.intent.partition("publish ")[2]
        undone = any(other.intent == f"undo {release}" for other in running)
        if p.do is Do.DONE and release and not undone and release not in world.catalog.releases:
            return f"the commit of {release} was lost"
    healed = _heal(world, rules)
    for path, folder in healed.folders:
        wanted = healed.catalog.releases if path == healed.catalog.path else frozenset()
        if folder.audio != wanted:
            return f"{path} holds {sorted(folder.audio)} for ever, the catalog says {sorted(wanted)}"
        if (folder.feed[1] if folder.feed else frozenset()) != wanted:
            return f"the feed at {path} is never what the catalog says"
    return "" if healed.folder(healed.catalog.path).audio == healed.catalog.releases else "the feed is not there"


def _heal(world: World, rules: frozenset[str]) -> World:
    """Return the world after an undisturbed healer; with nothing pending it does nothing."""
    healer = Process("healer", "heal", Do.LIST)
    while healer.do is not Do.DONE:
        world, healer = _step(world, healer, rules)
    return world


def main() -> None:
    total = 0
    for scenario in SCENARIOS + (LONG_SCENARIOS if "--long" in sys.argv else []):
        found = explore(scenario)
        total += found.states
        print(f"{' × '.join(scenario):28} {found.states:8} states  {found.violation or 'every rule holds'}")
    print(f"{total} states in all\n\nwithout the rule that …")
    for rule, text in RULES.items():
        broken = next((v for s in [*SCENARIOS, *LONG_SCENARIOS] if (v := explore(s, ALL - {rule}).violation)), None)
        print(f"  {text}:\n    {broken.what if broken else 'nothing breaks'}")


if __name__ == "__main__":
    main()
