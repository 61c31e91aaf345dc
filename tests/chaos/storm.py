"""Random sequences of commands with random faults in them, as a state machine of hypothesis."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.chaos.faults import Fault
from tests.chaos.world import Command, Figures, World, quick_and_on_the_clock
from tests.fixtures.seaweedfs import StorageUnderTest

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
_PEOPLE = st.integers(0, 1)
_NUMBERS = st.integers(0, 7)
_ONE = st.tuples(st.integers(0, 3))
_SOME = st.lists(st.integers(0, 3), min_size=1, max_size=2, unique=True).map(tuple)
_REQUESTS = st.integers(0, 12) | st.integers(8, 40)
_FAILURES = st.sampled_from(["fail", "lie", "twice", "cut", "crash", "crash after", "sleep"])
_FAULTS = st.lists(st.builds(Fault, _REQUESTS, _FAILURES), min_size=0, max_size=2).map(tuple)

_MOVE_FAULTS = st.lists(st.builds(Fault, st.integers(0, 90), _FAILURES), min_size=0, max_size=2).map(tuple)


def _commands(*names: str) -> st.SearchStrategy[Command]:
    return st.builds(Command, st.sampled_from(names), _PEOPLE, _NUMBERS, _SOME)


_ANY = _commands("publish", "undo", "withdraw", "replace", "rotate", "revoke", "restore", "remove", "edit", "build")


class Storm(RuleBasedStateMachine):
    """One sequence; each storage has a subclass."""

    new_storage: ClassVar[Callable[[], StorageUnderTest]]
    figures: ClassVar[Figures]

    def __init__(self) -> None:
        super().__init__()
        self._world: World | None = None
        self._broken = False
        self._patches = quick_and_on_the_clock(lambda: self._world)
        self._patches.__enter__()

    @initialize()
    def start(self) -> None:
        self._world = World(type(self).new_storage(), self.figures)

    @rule(who=_PEOPLE, number=_NUMBERS, whom=_SOME, faults=_FAULTS)
    def publish(self, who: int, number: int, whom: tuple[int, ...], faults: tuple[Fault, ...]) -> None:
        command = Command("publish", who, number, whom)
        if self._run(command, faults) in ("failed", "crashed"):
            self._run(command)  # people run it again

    @rule(command=_commands("undo", "withdraw", "edit", "replace", "history", "edit show"), faults=_FAULTS)
    def change_content(self, command: Command, faults: tuple[Fault, ...]) -> None:
        self._run(command, faults)

    @rule(command=_commands("rotate", "revoke", "restore", "expire", "remove"), one=_ONE, faults=_FAULTS)
    def change_access(self, command: Command, one: tuple[int], faults: tuple[Fault, ...]) -> None:
        self._run(command._replace(whom=one) if command.number else command, faults)

    @rule(command=_ANY, other=_ANY, at=_REQUESTS, crash=st.booleans())
    def two_at_once(self, command: Command, other: Command, at: int, crash: bool) -> None:
        faults = (Fault(at, "meanwhile"), *([Fault(at + 1 + other.number, "crash")] if crash else []))
        self._run(command, faults, other)

    @rule(hours=st.sampled_from([1, 30, 24 * 9, 24 * 31]), faults=_FAULTS)
    def time_passes_and_somebody_builds(self, hours: int, faults: tuple[Fault, ...]) -> None:
        assert self._world is not None
        self._world.pass_time(hours)
        self._run(Command("build"), faults)

    def teardown(self) -> None:
        try:
            if self._world is not None and not self._broken:
                self._world.settle()
        finally:
            self._patches.__exit__(None, None, None)

    def _run(self, command: Command, faults: tuple[Fault, ...] = (), other: Command | None = None) -> str:
        assert self._world is not None
        self._broken = True  # until it went well
        outcome = self._world.run(command, faults, other)
        self._broken = False
        return outcome


class MovingStorm(Storm):
    """A sequence in which the show also moves from folder to folder."""

    @rule(who=_PEOPLE, faults=_MOVE_FAULTS, at_target=st.booleans())
    def move(self, who: int, faults: tuple[Fault, ...], at_target: bool) -> None:
        assert self._world is not None
        self._broken = True
        self._world.move(who, faults, at_target=at_target)
        self._broken = False


def run_storm(
    new_storage: Callable[[], StorageUnderTest],
    *,
    sequences: int,
    steps: int = 5,
    repeatable: bool = True,
    shrink: bool = True,
    moves: bool = False,
) -> Figures:
    """Run that many sequences of at most *steps* steps; return what was tried, raise Broken for a short bad one.

    With *moves* the show also moves from folder to folder.
    """
    figures = Figures()
    kind = MovingStorm if moves else Storm
    machine = type("Storm", (kind,), {"new_storage": staticmethod(new_storage), "figures": figures})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            deadline=None,
            derandomize=repeatable,
            database=None,
            report_multiple_bugs=False,
            phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return figures


class Folders:
    """Empty folders as storages, one after another; the last one is removed when the next is asked for."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def __call__(self) -> StorageUnderTest:
        """Return an empty folder as a storage."""
        from pitchcast.storage.folder import FolderBucket

        self.close()
        self._folder = Path(tempfile.mkdtemp(prefix="storm-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None))
        root = self._folder / "site"
        return StorageUnderTest("folder", str(root), "", FolderBucket(root), lambda: FolderBucket(root))

    def close(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
