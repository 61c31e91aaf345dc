"""Try every fault at every request: ``python -m tests.again --all``, or some commands: ``python -m tests.again undo``.

Prints a row for each command and storage, and what was wrong.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

from tests.again.killed import KILLED, kill
from tests.again.proof import Tried, all_faults, count_requests, try_all
from tests.again.scenarios import SCENARIOS, Scenario
from tests.again.show import Show, folder_show, s3_show
from tests.fixtures.seaweedfs import running_server

STORAGES = ("folder", "s3", "killed")

Tries = Callable[[], Tried]

_DOCTOR_EVERY = 5
_TITLES = f"{'command':<38} {'storage':<8} {'tried':>6} {'wrong':>6} {'s':>6}  how the disturbed runs ended"


def main() -> int:
    """Try what was asked for and return 1 where something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.again", description=__doc__)
    parser.add_argument("commands", nargs="*", help="try those whose name holds one of these words")
    parser.add_argument("--all", action="store_true", help="try every command")
    parser.add_argument("--storage", choices=STORAGES, action="append", help="only on this one")
    parser.add_argument("--step", type=int, default=1, help="only every so many faults")
    asked = parser.parse_args()
    if not (asked.commands or asked.all):
        parser.error("name commands, or give --all")
    wanted = [one for one in SCENARIOS if asked.all or any(word in one.name for word in asked.commands)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started ends with us
    print(
        f"{'command':<38} {'storage':<8} {'tried':>6} {'wrong':>6} {'s':>6}  how the disturbed runs ended", flush=True
    )
    wrong = 0
    for name, tries in _asked(asked.storage or STORAGES, wanted, asked.step):
        wrong += _row(name, tries)
    print(f"wrong: {wrong}")
    return 1 if wrong else 0


def _asked(storages: Sequence[str], wanted: Sequence[Scenario], step: int) -> Iterator[tuple[str, Tries]]:
    """Yield the name of a command and what tries it, for each storage in turn."""
    if "folder" in storages:
        with folder_show() as show:
            yield from ((one.name, partial(_faults, show, one, step)) for one in wanted)
    if set(storages) == {"folder"}:
        return
    with running_server() as server:
        if "s3" in storages:
            with s3_show(server) as show:
                yield from ((one.name, partial(_faults, show, one, step)) for one in wanted)
        if "killed" in storages:
            names = [one.name for one in wanted if one.name in KILLED]
            yield from ((name, partial(kill, server, name, each=True, step=step)) for name in names)


def _faults(show: Show, scenario: Scenario, step: int) -> Tried:
    try:
        requests = count_requests(show, scenario)
    except AssertionError as error:
        return Tried(scenario.name, show.place.kind, wrong=[f"undisturbed: {error}"])
    start = SCENARIOS.index(scenario) % step
    return try_all(show, scenario, islice(all_faults(requests), start, None, step), doctor_every=_DOCTOR_EVERY)


def _row(name: str, tries: Tries) -> int:
    """Print a row and return how much was wrong."""
    started_s = time.monotonic()
    tried = tries()
    ended = ", ".join(f"{_WORDS.get(code, code)} {count}" for code, count in sorted(tried.ended.items()))
    took_s = time.monotonic() - started_s
    print(f"{name:<38} {tried.kind:<8} {tried.tried:>6} {len(tried.wrong):>6} {took_s:>6.0f}  {ended}", flush=True)
    for line in tried.wrong:
        print(f"    {line}", flush=True)
    return len(tried.wrong)


_WORDS = {-9: "died", 0: "done", 4: "try again"}


if __name__ == "__main__":
    sys.exit(main())
