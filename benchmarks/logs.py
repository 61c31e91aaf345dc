"""What reading access logs costs beside a bare count by DuckDB, and beside plain Python.

    python benchmarks/logs.py [--lines 1000000] [--folder DIR]

S3 lines of some 560 bytes are made up (2,000 agents, 200,000 addresses, 5,000 feeds), packed with gzip. Each step runs
in a process of its own; what is told is its processor time, all threads together, and its largest memory. ``sync`` runs
three times: with agents that nobody has seen, with agents that are known, and with nothing new.
"""

import argparse
import gzip
import ipaddress
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

PER_LOG = 250_000
AGENTS, ADDRESSES, FEEDS = 2_000, 200_000, 5_000
DAYS = 5

BARE = """
import duckdb, sys
columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(27))
print(duckdb.connect().execute(f'''
SELECT count(*) FROM read_csv('{sys.argv[1]}/*.gz', delim=' ', quote='"', escape='', header=false, auto_detect=false,
  null_padding=true, strict_mode=false, columns={{{columns}}}) WHERE c7 = 'REST.GET.OBJECT' ''').fetchone()[0])
"""
PYTHON = r"""
import gzip, re, sys
from pathlib import Path
line = re.compile(r'(\S+) (\S+) \[([^\]]+)\] (\S+) (\S+) (\S+) (\S+) (\S+) "([^"]*)" (\S+) (\S+) (\S+) (\S+) ')
found = 0
for path in Path(sys.argv[1]).glob("*.gz"):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found += sum(1 for one in file if line.match(one)[7] == "REST.GET.OBJECT")
print(found)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--sync", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.sync:
        sync(chosen.folder)
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        make_show(folder)
        make_logs(folder, chosen.lines)
        bare_s = measure("bare count", [sys.executable, "-c", BARE, str(folder / "logs")])
        steps = {"sync, agents new": (), "sync, agents known": ("requests", "read.json.gz"), "sync, nothing new": None}
        for step, forgotten in steps.items():
            for one in forgotten or ():
                subprocess.run(["rm", "-rf", str(folder / "site" / "private" / "analytics" / one)], check=True)
            spent_s = measure(step, [sys.executable, __file__, "--sync", "--folder", str(folder)])
            print(f"{'':24}{spent_s / bare_s:.1f} times the bare count")
        measure("plain Python", [sys.executable, "-c", PYTHON, str(folder / "logs")])


def measure(what: str, command: list[str]) -> float:
    """Run a command and print what it took; return its processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    most_mb = after.ru_maxrss / 1024
    wall_s = time.monotonic() - began_s
    print(f"{what:24}{spent_s:8.1f} CPU s {wall_s:8.1f} s   at most {most_mb:.0f} MB so far   {done.stdout.strip()}")
    return spent_s


def open_show(folder: Path):  # type: ignore[no-untyped-def] # heavy imports belong into the measured process
    from pitchcast.config import Settings, ShowSettings, StorageSettings
    from pitchcast.site.project import open_project

    settings = Settings(
        show=ShowSettings(title="Cloud bills, explained", host="Dana Reyes"),
        storage=StorageSettings(url=str(folder / "site")),
    )
    return open_project(replace(settings), {"PITCHCAST_USER": "bench"})


def make_show(folder: Path) -> None:
    """Make the catalog of a show with one episode for many prospects; nothing of it is built."""
    from pitchcast.model.catalog import Audience
    from pitchcast.model.prospect import Mention
    from pitchcast.model.steps.publish import publish_episode
    from pitchcast.production.beginning import ensure_show
    from tests.fixtures.projects import put_draft

    project = open_show(folder)
    draft = put_draft(project)
    ensure_show(project)
    audience = Audience(to=tuple(Mention(name=f"Prospect {number}") for number in range(FEEDS)))

    def step(catalog):  # type: ignore[no-untyped-def]
        return publish_episode(
            catalog, draft, audience, date=project.now(), who=project.who, new_token=project.new_token
        )

    project.ledger.commit(step, who=project.who, what="published", at=project.now())


def make_logs(folder: Path, lines: int) -> None:
    """Make packed logs, each of one of a few days; pseudo-random, and so the same each time but for the tokens."""
    from pitchcast.analytics.targets import known_files

    chance = random.Random(1)
    catalog = open_show(folder).catalog()
    audio = next(name for name, file in known_files(catalog).items() if file.what == "audio")
    browser = "Mozilla/5.0 (iPhone; CPU iPhone OS {0}_1 like Mac OS X) AppleWebKit/605.1.15 Version/{0}.0 Safari/604.1"
    made_up = MadeUp(
        paths=[f"{feed.path}/{audio}" for feed in catalog.feeds],
        agents=[browser.format(n) if n % 2 else f"Podcasts/{n}.1 CFNetwork/1399 Darwin/22.1.0" for n in range(AGENTS)],
        addresses=[str(ipaddress.IPv4Address(chance.getrandbits(32) | 1 << 28)) for _ in range(ADDRESSES)],
    )
    logs = folder / "logs"
    logs.mkdir()
    for number in range(0, lines, PER_LOG):
        day = 1 + number // PER_LOG % DAYS
        make_log(logs / f"2026-09-{day:02d}-{number}.gz", made_up, day, min(PER_LOG, lines - number))


@dataclass(frozen=True)
class MadeUp:
    """Whom and what made-up lines are of."""

    paths: list[str]
    agents: list[str]
    addresses: list[str]


def make_log(log: Path, made_up: MadeUp, day: int, lines: int) -> None:
    """Make one packed log of a day. It is packed quickly: what it takes to unpack it is nearly the same."""
    chance = random.Random(log.name)
    with gzip.open(log, "wt", compresslevel=1) as file:
        for _ in range(lines):
            at, path = int(chance.random() * 86_400), chance.choice(made_up.paths)
            file.write(
                f"{79:064x} pitches [{day:02d}/Sep/2026:{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d} +0000] "
                f"{chance.choice(made_up.addresses)} - {chance.getrandbits(64):016X} REST.GET.OBJECT "
                f'dana/public/{path} "GET /pitches/dana/public/{path} HTTP/1.1" 206 - {chance.randrange(2, 9000)} '
                f'2220000 70 10 "-" "{chance.choice(made_up.agents)}" - {chance.getrandbits(300):075X} - '
                "TLS_AES_128_GCM_SHA256 - pitches.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1\n"
            )


def sync(folder: Path) -> None:
    from pitchcast.workflows.logs_sync import SyncRequest, sync_logs

    done = sync_logs(open_show(folder), SyncRequest(places=(str(folder / "logs"),)))
    print(f"{done.new:,} new")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' made-up content
    main()
