"""Print how quickly a list of 50,000 prospects is imported, the first time, again, and changed.

    python benchmarks/import.py [PROSPECTS]

The floor is the standard library's csv reader going through the same file and keeping its rows. The goal is under ten
seconds for an import into a folder, start of the show not counted; feeds are built by ``feeds build`` afterwards.
"""

import csv
import io
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pitchcast.config import Settings, ShowSettings, StorageSettings
from pitchcast.model.answers.prospects import ImportedProspects
from pitchcast.production.beginning import ensure_show
from pitchcast.site.project import Project, open_project
from pitchcast.workflows.prospects_import import ImportRules, import_list, read_list

GOAL_S = 10.0
ROUNDS = 3


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    body, changed = a_list(count), a_list(count, changed_every=100)
    figures: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            project = a_show(Path(folder))
            calls: dict[str, Callable[[], object]] = {
                "floor: csv alone": lambda: list(csv.reader(io.StringIO(body.decode(), newline=""))),
                "rows understood": lambda: read_list(body, "list.csv"),
                "first import": lambda project=project: imported(project, body, created=count),
                "the same again": lambda project=project: imported(project, body, unchanged=count),
                "1 % changed": lambda project=project: imported(project, changed, updated=-(-count // 100)),
            }
            for name, call in calls.items():
                started, cpu = time.perf_counter(), time.process_time()
                call()
                figures.setdefault(f"{name}, wall", []).append(time.perf_counter() - started)
                figures.setdefault(f"{name}, CPU", []).append(time.process_time() - cpu)
    medians = {name: statistics.median(seconds) for name, seconds in figures.items()}
    floor = medians["floor: csv alone, CPU"]
    print(f"{count:,} rows ({len(body) / 1e6:.1f} MB) into a folder, medians of {ROUNDS} rounds in turn")
    print(f"{'':18} {'wall s':>8} {'CPU s':>8} {'CPU to the floor':>17}")
    for name in calls:
        wall, cpu = medians[f"{name}, wall"], medians[f"{name}, CPU"]
        print(f"{name:18} {wall:8.2f} {cpu:8.2f} {cpu / floor:16.1f}×")
    met = medians["first import, wall"] < GOAL_S
    print(f"goal, first import under {GOAL_S:.0f} s: {'met' if met else 'MISSED'}")


def imported(project: Project, body: bytes, *, created: int = 0, updated: int = 0, unchanged: int = 0) -> None:
    done: ImportedProspects = import_list(project, read_list(body, "list.csv"), ImportRules(build_new=False))
    assert done.created == created
    assert not unchanged or done.unchanged == unchanged
    assert not updated or done.updated == updated
    assert not done.rejected


def a_show(folder: Path) -> Project:
    settings = Settings(
        show=ShowSettings(title="Cloud bills, explained", host="Dana Reyes"),
        storage=StorageSettings(url=str(folder), base=folder),
    )
    project = open_project(settings, {**os.environ, "PITCHCAST_USER": "benchmark"})
    ensure_show(project)
    return project


def a_list(count: int, *, changed_every: int = 0) -> bytes:
    """Return a HubSpot export; with *changed_every* each such row has another e-mail address."""
    chance = random.Random(1)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Record ID", "First Name", "Last Name", "Email", "Company name", "Lead Status", "Tags"])
    for number in range(count):
        first = chance.choice(["Jo", "Ana", "Wei", "Zoë", "Łukasz"])
        last = f"{chance.choice(['Müller', 'Smith', 'Nguyen', 'García'])} {chance.randrange(count)}"
        mail = "new" if changed_every and number % changed_every == 0 else "mail"
        tags = "fintech;eu" if number % 2 else "retail"
        firm = f"Firm {number % 9000}, Inc"
        writer.writerow([10**10 + number * 7, first, last, f"{mail}{number}@firm.example", firm, "Open", tags])
    return text.getvalue().encode()


if __name__ == "__main__":
    main()
