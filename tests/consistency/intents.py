"""Commands that are interrupted and run again, tried in every interleaving with every fault.

    python -m tests.consistency.intents [--long]

prints how many states each scenario has and what each rule prevents. What one command does, request by request, is in
``commands.py``. Here are the people who type commands, the faults, the promises and the search.

A person types one command after the other. Where a process dies before it answered, or ends with exit code 4, the
person types the same command again. Where a process seems to hang (it *sleeps*), the person types the command again in
another window; the first process goes on at any later moment. A person who *gives up* goes on to the next command
instead. Half an hour may pass at any moment: every record is old then.

Two things no record can show, so they are left out. A process that sleeps before it has listed the records is the same
as a new command. And where the first process answers before the second has listed the records, nothing tells the second
from a new command: here the person sees the answer and stops the second.
"""

import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from tests.consistency.commands import (
    ALL,
    RULES,
    Age,
    Catalog,
    Do,
    Folder,
    Process,
    Release,
    Rules,
    World,
    first_request,
    step,
)
from tests.consistency.search import Explored, follow, search, with_moved

START = World(
    Catalog("old", (Release("r0", "A"), Release("r1", "A"))),
    (("old", Folder(frozenset({"r0", "r1"}), frozenset({"r0", "r1"}))),),
)
DAMAGED = START.with_folder("old", Folder(frozenset({"r0"}), frozenset({"r0"})))
MOST_TYPED = 6  # a person who has typed so often is told the same again and again


class Person(NamedTuple):
    """Who types *commands*, one after the other. Two machines of one writer are two people with the same *writer*.

    One who *waits* begins when everything has ended that the people before them have started.
    """

    writer: str
    commands: tuple[str, ...]
    gives_up: bool = False
    waits: bool = False


class Scenario(NamedTuple):
    """Who types what, and how often a process dies, a process sleeps, and half an hour passes."""

    people: tuple[Person, ...]
    crashes: int = 0
    sleeps: int = 0
    half_hours: int = 0
    start: World = START

    @property
    def is_in_turn(self) -> bool:
        """Whether never more than one process runs."""
        return self.sleeps == 0 and all(person.waits for person in self.people[1:])

    def __str__(self) -> str:
        people = (
            f"{'later ' * p.waits}{p.writer}: {', '.join(p.commands)}{' (gives up)' * p.gives_up}" for p in self.people
        )
        faults = ["crash"] * self.crashes + ["sleep"] * self.sleeps + ["half an hour"] * self.half_hours
        if self.start is not START:
            faults.append("public/ was damaged")
        return f"{' × '.join(people)} | {', '.join(faults) or 'no fault'}"


def person(writer: str, *commands: str, gives_up: bool = False, waits: bool = False) -> Person:
    return Person(writer, commands, gives_up, waits)


PUBLISH, UNDO, ROTATE, REMOVE = (person("A", command) for command in ("publish r2", "undo", "rotate", "remove"))
PUBLISH_THEN_UNDO = person("A", "publish r2", "undo")
TWICE = person("A", "undo", "undo")
HEALER = person("Z", "heal")
MENDED = Scenario((person("A", "publish r0"), person("B", "rotate")), crashes=1, half_hours=1, start=DAMAGED)
PAUSED = Scenario((person("A", "publish r2", gives_up=True), UNDO), crashes=1, half_hours=1)
HEALED = Scenario((PUBLISH_THEN_UNDO, HEALER), crashes=1, half_hours=1)

SCENARIOS = [
    # One person: a crash, a process that sleeps, and half an hour.
    Scenario((UNDO,), crashes=1, sleeps=1, half_hours=1),
    Scenario((ROTATE,), crashes=1, sleeps=1),
    Scenario((PUBLISH,), crashes=1, sleeps=1),
    Scenario((REMOVE,), crashes=1, sleeps=1),
    Scenario((TWICE,), crashes=1, half_hours=1),
    Scenario((TWICE,), crashes=1, sleeps=1),
    Scenario((PUBLISH_THEN_UNDO,), crashes=1, sleeps=1),
    Scenario((person("A", "publish r0"),), crashes=1, sleeps=1, start=DAMAGED),
    # A command that was given up, and what comes after it.
    Scenario((person("A", "publish r2", "undo", gives_up=True),), crashes=1, half_hours=1),
    Scenario((person("A", "rotate", "undo", gives_up=True),), crashes=1),
    Scenario((person("B", "rotate", gives_up=True), person("A", "undo", waits=True)), crashes=1),
    Scenario((person("A", "publish r0", gives_up=True), UNDO), crashes=1, start=DAMAGED),
    # Two machines of one writer.
    PAUSED,
    Scenario((PUBLISH, PUBLISH), crashes=1),
    Scenario((UNDO, UNDO), crashes=1),
    Scenario((ROTATE, ROTATE), crashes=1),
    Scenario((PUBLISH, UNDO), crashes=1),
    Scenario((REMOVE, UNDO), crashes=1),
    Scenario((PUBLISH, UNDO), half_hours=1),
    # Another writer, and a third.
    Scenario((UNDO, person("B", "rotate")), crashes=1),
    Scenario((UNDO, person("B", "rotate")), half_hours=1),
    Scenario((ROTATE, person("B", "rotate")), crashes=1),
    Scenario((PUBLISH, person("B", "remove")), crashes=1),
    HEALED,
    Scenario((UNDO, HEALER), crashes=1, half_hours=1),
    Scenario((ROTATE, HEALER), crashes=1, half_hours=1),
    Scenario((PUBLISH, UNDO, person("B", "rotate", waits=True)), crashes=1),
    Scenario((UNDO, ROTATE, person("B", "publish r2", waits=True)), crashes=1),
]
LONG_SCENARIOS = [
    Scenario((ROTATE,), crashes=1, sleeps=1, half_hours=1),
    Scenario((PUBLISH,), crashes=1, sleeps=1, half_hours=1),
    Scenario((REMOVE,), crashes=1, sleeps=1, half_hours=1),
    Scenario((TWICE,), crashes=1, sleeps=1, half_hours=1),
    Scenario((PUBLISH_THEN_UNDO,), crashes=1, sleeps=1, half_hours=1),
    Scenario((person("A", "rotate", "rotate"),), crashes=1, sleeps=1),
    Scenario((UNDO, UNDO), sleeps=1),
    Scenario((PUBLISH, UNDO), sleeps=1),
    MENDED,
    Scenario((PUBLISH, UNDO), crashes=1, half_hours=1),
    Scenario((UNDO, person("B", "rotate")), sleeps=1),
    Scenario((UNDO, person("B", "rotate")), crashes=1, half_hours=1),
    Scenario((UNDO, HEALER), sleeps=1, half_hours=1),
    Scenario((ROTATE, HEALER), sleeps=1, half_hours=1),
    Scenario((person("A", "rotate", gives_up=True), person("B", "publish r2")), crashes=1, half_hours=1),
    Scenario((person("A", "remove", gives_up=True), person("B", "publish r2")), crashes=1, half_hours=1),
    Scenario((PUBLISH, person("B", "remove")), crashes=1, half_hours=1),
    Scenario((PUBLISH, person("B", "publish r2", "undo")), crashes=1),
    Scenario((PUBLISH, person("B", "publish r2", "undo")), sleeps=1),
    Scenario((UNDO, UNDO), crashes=1, half_hours=1),
    Scenario((ROTATE, ROTATE), crashes=1, half_hours=1),
    Scenario((UNDO, TWICE), crashes=1),
    Scenario((person("A", "publish r2", gives_up=True), UNDO, HEALER), crashes=1),
    Scenario((PUBLISH, HEALER, person("B", "undo", waits=True)), crashes=1, half_hours=1),
    Scenario((PUBLISH, ROTATE, person("B", "rotate"))),
    Scenario((UNDO, UNDO, person("B", "rotate"))),
]

# In which scenario something breaks when a rule is left out.
NEEDED_IN = {
    "ids_kept": Scenario((UNDO,), crashes=1),
    "facts_kept": Scenario((UNDO,), crashes=1),
    "same_completed": Scenario((UNDO,), crashes=1),
    "since_read": Scenario((UNDO,), crashes=1, sleeps=1),
    "void_anew": Scenario((TWICE,), crashes=1, sleeps=1),
    "cancelled_void": MENDED,
    "void_built": HEALED,
    "read_first": Scenario((UNDO,), crashes=1, sleeps=1),
    "named_built": Scenario((person("A", "publish r0"),), start=DAMAGED),
    "mend_recorded": Scenario((person("A", "publish r0", gives_up=True), UNDO), crashes=1, start=DAMAGED),
    "answer_first": Scenario((UNDO,), crashes=1),
    "young_kept": Scenario((PUBLISH, UNDO), crashes=1),
    "receipt_kept": Scenario((UNDO, HEALER), crashes=1, half_hours=1),
    "acknowledged": Scenario((TWICE,), crashes=1),
    "own_joined": Scenario((person("A", "rotate", "undo", gives_up=True),), crashes=1),
    "old_joined": Scenario((person("A", "publish r2", gives_up=True),), crashes=1),
    "named_joined": Scenario((person("B", "rotate", gives_up=True), person("A", "undo", waits=True)), crashes=1),
    "own_step_first": Scenario((person("A", "publish r2", "undo", gives_up=True),), crashes=1),
    "old_cancelled": Scenario((UNDO, HEALER), crashes=1, half_hours=1),
    "cancelled_built": Scenario((person("A", "publish r0", gives_up=True), UNDO), crashes=1, start=DAMAGED),
    "young_left": Scenario((UNDO, person("B", "rotate"))),
    "line_own": Scenario((person("A", "publish r2", "undo", gives_up=True),), crashes=1, half_hours=1),
    "cancelled_ends": Scenario((UNDO, person("B", "rotate")), half_hours=1),
    "old_built_again": Scenario((PUBLISH_THEN_UNDO,), crashes=1, sleeps=1),
    "completion_recorded": HEALED,
    "folders_recorded": Scenario((UNDO, person("B", "rotate"))),
    "overslept": PAUSED,
    "key_per_writing": PAUSED,
}


class Answer(NamedTuple):
    """What a person was told: for which job, what, and of which intent and fact."""

    job: int
    text: str
    intent: str
    fact: str

    @property
    def is_done(self) -> bool:
        return self.text in ("done", "resumed")


class Progress(NamedTuple):
    """How far a person has come: the *job* at hand, how often they typed, what they were told.

    *current* is the process that the person waits for, "" when they have finished.
    """

    current: str
    job: int = 0
    typed: int = 1
    answers: frozenset[Answer] = frozenset()

    def answered(self) -> bool:
        return any(answer.job == self.job and answer.text != "again" for answer in self.answers)


class Faults(NamedTuple):
    """The faults that may still happen, and what those that happened leave to the next half hour.

    *given_up* are the intents of commands that were given up before their commit. *unfinished* is true once a process
    has died whose command nobody types again.
    """

    crashes: int
    sleeps: int
    half_hours: int
    given_up: frozenset[str] = frozenset()
    unfinished: bool = False


def explore(scenario: Scenario, rules: Rules = ALL) -> Explored:
    """Try every interleaving and every fault of *scenario*, the shortest first."""
    cases = Search(scenario, rules)
    return search(cases.start, cases.successors, cases.fault_at_the_end)


def replay(trace: Iterable[str], scenario: Scenario, rules: Rules) -> str:
    """Follow the requests of *trace* as far as they exist under these rules, then let everybody end undisturbed.

    Return what is wrong then, or "".
    """
    cases = Search(scenario, rules)
    fault, state = follow(trace, cases.start, cases.successors)
    while not fault and cases.is_running(state):
        _, fault, state = next(iter(cases.successors(state)))
    return fault or cases.fault_at_the_end(state)


# The promises


def fault_of_request(before: World, p: Process, after: World) -> str:
    """Return which promise this request of *p* breaks, "" if none."""
    if after is before:
        return ""
    for entry in after.catalog.entries[len(before.catalog.entries) :]:
        if entry.cancelled:
            if any(record.intent == entry.intent and record.age is not Age.OLD for record in p.stale):
                return f"{entry.command} was cancelled although its process was at work"
            continue
        known = before.catalog.entry(entry.intent)
        if known is not None:
            return f"{entry.command} was {'committed twice' if not known.cancelled else 'cancelled, then committed'}"
        if (entry.writer, entry.command) != (p.writer, p.command):
            return f"{p.command} committed {entry.command}, which is another command line"
    for path, folder in after.folders:
        new = folder.audio - before.folder(path).audio
        if p.command == "undo" and p.fact in new and before.catalog.entry(p.intent) is None:
            return f"undo made {p.fact} public, which it takes back"
    return ""


def fault_of_answer(world: World, p: Process) -> str:
    """Return what is not true of the answer of *p* at this moment, when nobody else runs; "" if all is.

    While somebody else runs, an older builder may put audio back at any moment. It removes it again itself, or who
    finishes its record does.
    """
    serving = [path for path, folder in world.folders if p.fact in folder.audio]
    if p.command == "undo" and p.answer in ("done", "resumed") and serving:
        return f"undo was answered while {p.fact} is served at {serving[0]}"
    return ""


def fault_of_folders(world: World) -> str:
    """Return where ``public/`` is not what the catalog says, "" if nowhere."""
    for path, folder in world.folders:
        wanted = world.catalog.wanted(path)
        if folder.audio != wanted:
            return f"{path} serves {sorted(folder.audio)}, the catalog says {sorted(wanted)}"
        if folder.feed != wanted:
            return f"the feed at {path} is not what the catalog says"
    path = world.catalog.path
    return "" if world.folder(path).audio == world.catalog.wanted(path) else "the feed is not there"


def fault_of_jobs(scenario: Scenario, people: tuple[Progress, ...], catalog: Catalog) -> str:
    """Return which job was not done exactly once, "" if none."""
    wanted = [command for person in scenario.people for command in person.commands]
    for command in sorted(set(wanted)):
        times = _times(catalog, command)
        if times > wanted.count(command):
            return f"{command} was done {times} times, wanted {wanted.count(command)}"
    for index, person in enumerate(scenario.people):
        fault = _fault_of_person(person, people[index], catalog)
        machines = [other for other in scenario.people if other.writer == person.writer]
        if len(machines) == 1:
            fault = fault or _fault_of_denial(index, people[index], catalog)
        if fault:
            return fault
    return ""


def _times(catalog: Catalog, command: str) -> int:
    return sum(1 for entry in catalog.entries if entry.command == command and not entry.cancelled)


def _fault_of_person(person: Person, progress: Progress, catalog: Catalog) -> str:
    for job, command in enumerate(person.commands):
        told = [answer for answer in progress.answers if answer.job == job and answer.text != "again"]
        if not told and not person.gives_up:
            return f"{command} was never answered, however often it was typed"
        if len({answer.intent for answer in told if answer.is_done}) > 1 and command == "rotate":
            return "rotate told two addresses"
        for answer in told:
            if answer.is_done and not _has_happened(command, answer, catalog):
                return f"{command} was answered with {answer.text}, which is not true"
    for command in set(person.commands):
        deliberate = person.commands.count(command)
        if deliberate > 1 and not person.gives_up and _times(catalog, command) < deliberate:
            return f"a deliberate second {command} was swallowed"
    return ""


def _fault_of_denial(index: int, progress: Progress, catalog: Catalog) -> str:
    """Return which job was committed although its person was only told that nothing was left to do.

    Another machine of the same writer may have completed it: then that one was told.
    """
    for entry in catalog.entries:
        person, job = _person_and_job(entry.intent)
        told = {answer.text for answer in progress.answers if answer.job == job}
        if person == index and not entry.cancelled and told == {"nothing"}:
            return f"{entry.command} was done, and the answer was that nothing is left to do"
    return ""


def _has_happened(command: str, answer: Answer, catalog: Catalog) -> bool:
    """Return whether what a person was told is true, or was true before a later command changed it."""
    if command == "undo":
        entry = catalog.entry(answer.intent)
        was_taken_back = entry is not None and not entry.cancelled
        return was_taken_back or answer.fact not in [release.name for release in catalog.releases]
    if command in ("rotate", "remove"):
        return answer.fact != catalog.path
    was_there = answer.fact in [release.name for release in START.catalog.releases]
    return was_there or _times(catalog, command) > 0 or not catalog.path


def heal(world: World, rules: Rules) -> World:
    """Return the world after half an hour has passed and another's command has run, three times over."""
    for round_ in range(3):
        world = half_hour_later(world)
        healer = Process(f"healer {round_}", "Z", "heal", first_request(rules))
        while healer.do is not Do.END:
            world, healer = step(world, healer, rules)
    return world


def half_hour_later(world: World) -> World:
    return world._replace(records=frozenset(record._replace(age=Age.OLD) for record in world.records))


def silenced(world: World, process: str) -> World:
    """Return the world in which the records of *process* give no sign of life."""
    records = frozenset(
        record._replace(age=max(record.age, Age.SILENT)) if record.process == process else record
        for record in world.records
    )
    return world._replace(records=records)


# The people


def _name(scenario: Scenario, person: int, job: int, typed: int) -> str:
    return f"{scenario.people[person].writer}{person}-{job}-{typed}"


def _person_and_job(name: str) -> tuple[int, int]:
    machine, job, _ = name.split("-")
    return int(machine[1:]), int(job)


def told(progress: Progress, p: Process) -> Progress:
    """Return a person's progress after *p* has answered.

    Who is told of an earlier job's intent that was already answered types again, as at exit code 4.
    """
    job = _person_and_job(p.name)[1]
    is_known = any(answer.intent == p.intent and answer.job != job and answer.is_done for answer in progress.answers)
    text = "again" if is_known and p.answer == "resumed" else p.answer
    return progress._replace(answers=progress.answers | {Answer(job, text, p.intent, p.fact)})


Numbers = tuple[int, tuple[int, ...], int, int]  # a state: world, running processes, people, faults
Successor = tuple[str, str, Numbers]  # what happened, the promise it breaks or "", the state after it


class Numbered:
    """Numbers for things that are equal, so that a state is a few numbers."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self.things: list[Any] = []

    def number(self, thing: Any) -> int:
        number = self._numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


class Search:
    """The states of a scenario under some rules.

    What states are made of is numbered, and what depends on few of the numbers is computed once.
    """

    def __init__(self, scenario: Scenario, rules: Rules) -> None:
        self.scenario = scenario
        self.rules = rules
        self.worlds, self.processes, self.people, self.faults = Numbered(), Numbered(), Numbered(), Numbered()
        self._requested = cache(self._request)
        self._answered = cache(self._answer)
        self._fault_of_answer = cache(self._look_at_answer)
        self._silenced = cache(self._silence)
        self._went_on = cache(self._go_on)
        self._fault_at_the_end = cache(self._look_at_the_end)
        people = tuple(Progress(_name(scenario, index, 0, 0)) for index in range(len(scenario.people)))
        begin = [progress for progress, person in zip(people, scenario.people, strict=True) if not person.waits]
        running = tuple(self.processes.number(self._new_process(progress.current)) for progress in begin)
        self.start: Numbers = (
            self.worlds.number(scenario.start),
            running,
            self.people.number(people),
            self.faults.number(Faults(scenario.crashes, scenario.sleeps, scenario.half_hours)),
        )

    def is_running(self, state: Numbers) -> bool:
        return bool(state[1])

    def fault_at_the_end(self, state: Numbers) -> str:
        """Return which promise is not kept when nobody runs any more, "" if none or while somebody runs."""
        world, running, people, faults = state
        return "" if running else self._fault_at_the_end(world, people, faults)

    def successors(self, state: Numbers) -> Iterator[Successor]:
        """Return each request that may be next, then each fault."""
        _, running, _, faults = state
        for index in range(len(running)):
            yield self._after_request(state, index)
        left = self.faults.things[faults]
        if left.crashes:
            for index in range(len(running)):
                yield self._after_crash(state, index, left)
        if left.sleeps:
            for index in range(len(running)):
                if self._may_sleep(state, index):
                    yield self._after_sleep(state, index, left)
        if left.half_hours and self.worlds.things[state[0]].records and running:
            yield self._after_half_hour(state, left)

    # One request

    def _after_request(self, state: Numbers, index: int) -> Successor:
        world, running, people, faults = state
        process = running[index]
        world, moved, label, fault, answers, ends = self._requested(world, process)
        if answers and self.scenario.is_in_turn:
            fault = fault or self._fault_of_answer(world, process)
        if answers:
            people = self._answered(people, process)
        running = (*running[:index], moved, *running[index + 1 :])
        if answers and not self._is_awaited(people, process):
            running, people = self._stop_second(running, people, process)
        if ends:
            running = tuple(number for number in running if number != moved)
            people, typed = self._went_on(people, process)
            running += typed
            running = running or self._begun_later(people)
        return label, fault, (world, running, people, faults)

    def _request(self, world: int, process: int) -> tuple[int, int, str, str, bool, bool]:
        before, p = self.worlds.things[world], self.processes.things[process]
        after, moved = step(before, p, self.rules)
        fault = fault_of_request(before, p, after)
        numbers = self.worlds.number(after), self.processes.number(moved)
        return *numbers, f"{p.name} {p.command}: {p.do.name}", fault, p.do is Do.ANSWER, moved.do is Do.END

    def _look_at_answer(self, world: int, process: int) -> str:
        return fault_of_answer(self.worlds.things[world], self.processes.things[process])

    def _answer(self, people: int, process: int) -> int:
        p, everybody = self.processes.things[process], self.people.things[people]
        person, _ = _person_and_job(p.name)
        return self.people.number(with_moved(everybody, person, told(everybody[person], p)))

    def _is_awaited(self, people: int, process: int) -> bool:
        p = self.processes.things[process]
        return bool(self.people.things[people][_person_and_job(p.name)[0]].current == p.name)

    def _stop_second(self, running: tuple[int, ...], people: int, first: int) -> tuple[tuple[int, ...], int]:
        """A sleeper has answered: a second process of this job that did not list the records yet is stopped."""
        person, job = _person_and_job(self.processes.things[first].name)
        progress = self.people.things[people][person]
        for second in running:
            p = self.processes.things[second]
            is_early = p.do in (Do.READ, Do.RECORDS)
            if p.name == progress.current and is_early and progress.job == job and progress.answered():
                people, typed = self._went_on(people, second)
                return (*(number for number in running if number != second), *typed), people
        return running, people

    def _go_on(self, people: int, process: int, *, gives_up: bool = False) -> tuple[int, tuple[int, ...]]:
        """Return the people after a process has ended, and what its person types then."""
        everybody, name = self.people.things[people], self.processes.things[process].name
        person, _ = _person_and_job(name)
        progress = everybody[person]
        if progress.current != name:
            return people, ()
        if progress.answered() or gives_up:
            progress = progress._replace(job=progress.job + 1)
        if progress.job == len(self.scenario.people[person].commands) or progress.typed > MOST_TYPED:
            return self.people.number(with_moved(everybody, person, progress._replace(current=""))), ()
        current = _name(self.scenario, person, progress.job, progress.typed)
        progress = progress._replace(current=current, typed=progress.typed + 1)
        typed = self.processes.number(self._new_process(current))
        return self.people.number(with_moved(everybody, person, progress)), (typed,)

    def _new_process(self, name: str) -> Process:
        person, job = _person_and_job(name)
        typing = self.scenario.people[person]
        return Process(name, typing.writer, typing.commands[job], first_request(self.rules))

    def _begun_later(self, people: int) -> tuple[int, ...]:
        """Return the process of the first who waited, now that nobody runs; none where nobody waits any more."""
        waiting = [progress.current for progress in self.people.things[people] if progress.current]
        return tuple(self.processes.number(self._new_process(name)) for name in waiting[:1])

    # Faults

    def _after_crash(self, state: Numbers, index: int, left: Faults) -> Successor:
        world, running, people, _ = state
        p = self.processes.things[running[index]]
        person, _ = _person_and_job(p.name)
        gives_up = self.scenario.people[person].gives_up
        left = left._replace(crashes=left.crashes - 1)
        if gives_up and self.worlds.things[world].catalog.entry(p.name) is None:
            left = left._replace(given_up=left.given_up | {p.name})
        if gives_up or not self._is_awaited(people, running[index]):
            left = left._replace(unfinished=True)
        people, typed = self._went_on(people, running[index], gives_up=gives_up)
        others = (*running[:index], *running[index + 1 :], *typed) or self._begun_later(people)
        faults = self.faults.number(left)
        label = f"{p.name} {p.command} dies before {p.do.name}"
        return label, "", (self._silenced(world, p.name), others, people, faults)

    def _silence(self, world: int, name: str) -> int:
        return self.worlds.number(silenced(self.worlds.things[world], name))

    def _may_sleep(self, state: Numbers, index: int) -> bool:
        """Return whether this process may seem to hang: it has begun, its answer is missing, its person waits."""
        _, running, people, _ = state
        p = self.processes.things[running[index]]
        progress = self.people.things[people][_person_and_job(p.name)[0]]
        is_at_work = Do.RECORDS < p.do <= Do.ANSWER
        return is_at_work and progress.current == p.name and not progress.answered()

    def _after_sleep(self, state: Numbers, index: int, left: Faults) -> Successor:
        world, running, people, _ = state
        p = self.processes.things[running[index]]
        people, typed = self._went_on(people, running[index])
        faults = self.faults.number(left._replace(sleeps=left.sleeps - 1))
        label = f"{p.name} {p.command} sleeps before {p.do.name}"
        return label, "", (self._silenced(world, p.name), running + typed, people, faults)

    def _after_half_hour(self, state: Numbers, left: Faults) -> Successor:
        world, running, people, _ = state
        world = self.worlds.number(half_hour_later(self.worlds.things[world]))
        late = tuple(self.processes.number(_late(self.processes.things[number])) for number in running)
        faults = self.faults.number(left._replace(half_hours=left.half_hours - 1))
        return "half an hour passes", "", (world, late, people, faults)

    # The end

    def _look_at_the_end(self, world: int, people: int, faults: int) -> str:
        at_end: World = self.worlds.things[world]
        given_up = self.faults.things[faults].given_up
        for entry in at_end.catalog.entries:
            if entry.intent in given_up and not entry.cancelled:
                return f"{entry.command} was given up before its commit and was committed by another command"
        if fault := fault_of_jobs(self.scenario, self.people.things[people], at_end.catalog):
            return fault
        is_finished = not self.faults.things[faults].unfinished
        if is_finished and (fault := fault_of_folders(at_end)):
            return f"although all was answered, {fault}"
        healed = heal(at_end, self.rules)
        fault = fault_of_folders(healed)
        return f"for ever, {fault}" if fault else ""


def _late(p: Process) -> Process:
    """Return the process half an hour later: if it has written a record, that is old now."""
    return p._replace(late=p.writings > 0 and p.do < Do.ANSWER)


def main() -> None:
    total = 0
    for scenario in SCENARIOS + (LONG_SCENARIOS if "--long" in sys.argv else []):
        began = time.monotonic()
        found = explore(scenario)
        total += found.states
        _print_found(f"{scenario}", found, time.monotonic() - began)
    print(f"{total} states in all\n\nwithout the rule that …")
    for rule, text in RULES.items():
        found = explore(NEEDED_IN[rule], ALL - {rule})
        print(f"  {text} ({rule}; {NEEDED_IN[rule]}):")
        print(f"    {found.violation.what if found.violation else 'nothing breaks'}")
        if "--long" in sys.argv and found.violation:
            print(f"    {len(found.violation.trace)} requests: {'; '.join(found.violation.trace)}")


def _print_found(what: str, found: Explored, duration_s: float) -> None:
    verdict = "every promise is kept" if found.violation is None else found.violation.what
    print(f"{what:75} {found.states:9} states {duration_s:6.1f} s  {verdict}", flush=True)
    if found.violation is not None:
        print(f"    {'; '.join(found.violation.trace)}")


if __name__ == "__main__":
    main()
