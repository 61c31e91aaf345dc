"""One try: a command with a fault, the same command again, and what must then be true."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pitchcast.errors import PitchcastError
from pitchcast.model.catalog import Catalog
from pitchcast.model.contents import folders
from pitchcast.model.layout import CATALOG, PUBLIC
from pitchcast.site.build import build_feeds
from pitchcast.site.pending import read_pending
from tests.again.faulty import Fault, Group, Kind
from tests.again.scenarios import Scenario
from tests.again.show import CRASHED, Done, Show

POLITE = ("index.html", "feed.xml", "call.html")
KINDS: dict[Group, tuple[Kind, ...]] = {
    "read": ("fail",),
    "write": ("fail", "lie", "down after", "crash", "crash after", "interrupt"),
}
"""What is tried with each request."""

_MAY_HELP, _INTERRUPTED = 4, 130
_PERSONAL = (b"Acme", b"Initech", b"Umbrella", b"Sam Lee", b".example")


class Wrong(AssertionError):
    """Something that must be true was not."""


@dataclass(slots=True)
class Tried:
    """What was tried of one scenario: how often, how the faulty runs ended, and what was wrong."""

    name: str
    kind: str
    tried: int = 0
    hit: int = 0
    ended: dict[int, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


class Requests(NamedTuple):
    """How many requests an undisturbed run makes, and which of those that write, counted from 0, commit."""

    read: int
    write: int
    commits: tuple[int, ...] = ()


def count_requests(show: Show, scenario: Scenario) -> Requests:
    """Run the command undisturbed, check that all is as it must be, and return how many requests it made."""
    show.begin(*scenario.prepared, empty=scenario.empty)
    before = None if scenario.empty else show.catalog()
    done = show.run(*scenario.words)
    _expect(done.code == 0, f"undisturbed, the command ended with {done.code}: {done.err}")
    check_done(show, scenario, before)
    writes = done.run.of("write")
    commits = tuple(number for number, request in enumerate(writes) if request.key == CATALOG)
    return Requests(len(done.run.of("read")), len(writes), commits)


def all_faults(requests: Requests) -> Iterator[Fault]:
    """Yield every fault at every request, and a few beyond the last one: a disturbed run may make more."""
    for group, count in (("write", requests.write), ("read", requests.read)):
        for number in range(count):
            for kind in KINDS[group]:  # type: ignore[index]
                yield Fault(group, number, kind)  # type: ignore[arg-type]


def one_of_each(requests: Requests, start: int) -> Iterator[Fault]:
    """Yield one fault of each kind: with another *start* at other requests, so that commands share them out."""
    count: Mapping[Group, int] = {"read": requests.read, "write": requests.write}
    for group, kinds in KINDS.items():
        for turn, kind in enumerate(kinds):
            # The kinds go evenly along the command, each a little further with the next command.
            number = turn * count[group] // len(kinds) + start
            yield Fault(group, number % count[group], kind)


def try_all(show: Show, scenario: Scenario, faults: Iterable[Fault], *, doctor_every: int = 10) -> Tried:
    """Try the scenario with each fault and return what came of it."""
    tried = Tried(scenario.name, show.place.kind)
    for fault in faults:
        tried.tried += 1
        where = f"{fault.kind} at {fault.group} {fault.number}"
        try:
            first = try_one(show, scenario, fault, doctor=tried.tried % doctor_every == 0)
        except (AssertionError, PitchcastError) as error:
            tried.wrong.append(f"{where}: {error}")
            continue
        tried.hit += first.run.hit is not None
        tried.ended[first.code] = tried.ended.get(first.code, 0) + 1
    return tried


def expect_good(tried: Tried) -> None:
    """Check that nothing was wrong, and that the tries were some."""
    assert tried.wrong == []
    assert tried.hit > tried.tried // 2, "most requests were there to be disturbed"


def try_one(show: Show, scenario: Scenario, fault: Fault, *, doctor: bool = True) -> Done:
    """Run the command with a fault, and again without one, and check; return how the first run ended."""
    show.begin(*scenario.prepared, empty=scenario.empty)
    before = None if scenario.empty else show.catalog()
    first = show.run(*scenario.words, fault=fault)
    told = f"({first.run.hit}) "
    _check_answer(first, told, scenario.codes)
    answered = first.code == 0 or _died_after_all(first)
    if not answered:
        again = show.run(*scenario.words)
        _expect(again.code == 0, f"{told}run again it ended with {again.code}: {again.out}{again.err}")
    try:
        check_done(show, scenario, before, answered=answered, doctor=doctor)
    except AssertionError as error:
        raise Wrong(f"{told}{error}") from error
    return first


def _died_after_all(first: Done) -> bool:
    """Return whether the process had answered and deleted its record: to type the command again is to mean it again."""
    fault, hit = first.run.fault, first.run.hit
    told = bool(first.out) and first.code == CRASHED
    return told and hit is not None and hit.is_end_of_record and fault is not None and fault.kind == "crash after"


def _check_answer(first: Done, told: str, codes: tuple[int, ...]) -> None:
    if first.run.hit is None:
        _expect(first.code == 0, f"undisturbed, it ended with {first.code}: {first.err}")
        return
    dies = first.run.dead
    _expect(not dies or first.code == CRASHED, f"{told}the process should have died")
    interrupted = first.run.fault is not None and first.run.fault.kind == "interrupt"
    _expect(not interrupted or first.code == _INTERRUPTED, f"{told}Ctrl-C ended with {first.code}")
    _expect(
        dies or interrupted or first.code in (0, _MAY_HELP, *codes),
        f"{told}ended with {first.code}: {first.out}{first.err}",
    )
    if first.code == _MAY_HELP:
        _expect("http" not in first.out and "Published" not in first.out, f"{told}a link beside an error: {first.out}")


def check_done(
    show: Show, scenario: Scenario, before: Catalog | None, *, answered: bool = True, doctor: bool = True
) -> None:
    """Check that the job was done exactly once and that nothing is left to do.

    What is left is told by a real build, which is watched: it may change nothing. With *doctor* a dry run and the
    doctor are asked too, whether they say the same.
    """
    after = show.catalog()
    check_served(show, after)
    if doctor:
        check_planned(show, after)
    open_records = [record.name for record in read_pending(show.project()) if record.state == "open"]
    _expect(answered or not open_records, f"still open: {open_records}")
    scenario.done(before or after, after)
    commits = after.revision - (before.revision if before else after.revision - scenario.commits)
    _expect(commits == scenario.commits, f"{commits} revisions were made")
    scenario.look(show)
    check_nothing_left(show)
    if doctor:
        check_doctor(show)


def check_public(show: Show, catalog: Catalog) -> None:
    """Check that ``public/`` says what the catalog says, and that ended addresses answer nothing but polite pages."""
    check_planned(show, catalog)
    check_served(show, catalog)


def check_planned(show: Show, catalog: Catalog) -> None:
    """Check that a dry run finds nothing to build."""
    planned = build_feeds(show.project().as_dry_run(), folders(catalog))
    todo = (planned.put, planned.copied, planned.deleted)
    _expect(todo == (0, 0, 0), f"left to put, copy, delete: {todo}")


def check_served(show: Show, catalog: Catalog) -> None:
    """Check that nothing is served but the show's feeds, and that ended addresses answer nothing but polite pages."""
    known = {*folders(catalog), catalog.show.art_token}
    for name, body in show.place.public_files().items():
        path, _, file = name.removeprefix(PUBLIC).partition("/")
        if name.startswith(f"{PUBLIC}probe-"):
            continue  # it holds nothing; doctor --repair deletes it when it is a minute old
        _expect(path in known, f"{name} belongs to no feed")
        if path in catalog.retired_paths:
            _expect(file in POLITE, f"{file} is still served at an address that ended")
            _expect(not any(word in body for word in _PERSONAL), f"{file} at an address that ended names somebody")


def check_nothing_left(show: Show) -> None:
    """Check that a build of everything finds nothing to do, by what it says and by what it does."""
    built = show.run("feeds", "build", "--json")
    _expect(built.code == 0, f"feeds build ended with {built.code}: {built.out}{built.err}")
    said = json.loads(built.out)
    todo = (said["put"], said["copied"], said["deleted"])
    _expect(todo == (0, 0, 0), f"feeds build put, copied, deleted: {todo}")
    did = [request for request in built.run.changed if request.key.startswith(PUBLIC)]
    _expect(not did, f"feeds build changed {did}")


def check_doctor(show: Show) -> None:
    """Check that the doctor finds no error."""
    found = json.loads(show.run("doctor", "--json").out)
    errors = [one for one in found["findings"] if one["level"] == "error"]
    _expect(not errors, f"doctor: {errors}")


def _expect(true: bool, what: str) -> None:
    if not true:
        raise Wrong(what)
