"""What reading access logs costs beside a bare count by DuckDB, and beside plain Python.

    python benchmarks/logs.py [--lines 1000000] [--folder DIR]

S3 lines of some 560 bytes are made up (2,000 agents, 200,000 addresses, 5,000 feeds) of the last days before today,
packed with gzip; each asks for a part of an episode, from two bytes to all of it. Each step runs in a process of its
own; what is told is its processor time, all threads together, and its largest memory. ``sync`` runs three times: with
agents that nobody has seen, with agents that are known, and with nothing new. ``end of a sync`` is what the command
does after it, so that whoever counts finds days made ready; then ``stats``, with the answer to the common question at
hand and without. Bare counts stand before and after what takes longer, because other work on the machine makes
everything slower.

Then 2,000 small logs are read from a SeaweedFS of its own, in turn with obstore alone. Needs the extras ``test`` and
``fast``. With --folder what was made there before is used again, and stays.
"""

import argparse
import gzip
import ipaddress
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle, islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import S3Store

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' made-up content

PER_LOG = 250_000
AGENTS, ADDRESSES, FEEDS = 2_000, 200_000, 5_000
DAYS = 5
SIZE_BYTES = 2_220_000
OBJECTS, LINES_AN_OBJECT, THREADS, ROUNDS = 2_000, 100, 16, 9

BARE = """
import duckdb, sys
columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(27))
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
print(connection.execute(f'''
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


def run(
    description: str | None, steps: Mapping[str, Callable[[Path], object]], measure: Callable[[Path, int], None]
) -> None:
    """Do what the command line asks for: one step in the folder that it names, or measure all of them there."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--step", choices=list(steps), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        steps[chosen.step](chosen.folder)
    elif chosen.folder:
        measure(chosen.folder.absolute(), chosen.lines)
    else:
        with tempfile.TemporaryDirectory() as name:
            measure(Path(name), chosen.lines)


def measure_all(folder: Path, lines: int) -> None:
    """Make the logs, where they are not there yet, and print what reading them costs."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    if not (folder / "site").exists():
        folder.mkdir(exist_ok=True)
        make_show(folder)
        make_logs(folder, lines)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    shutil.rmtree(folder / "site" / "private" / "analytics", ignore_errors=True)
    measure_steps(folder)
    measure_objects(folder)


def measure_steps(folder: Path) -> None:
    """Print what each step took, and how many times as much as the bare counts before and after it."""
    bare = [sys.executable, "-c", BARE, str(folder / "logs")]
    kept = folder / "site" / "private" / "analytics"
    times: dict[str, float] = {}
    before_s = measure("bare count", bare)
    for what in MEASURED:
        if what == "sync, agents known":
            shutil.rmtree(kept / "requests")
            (kept / "read.json.gz").unlink()
        in_python = [sys.executable, "-c", PYTHON, str(folder / "logs")]
        spent_s = measure(what, in_python if what == "plain Python" else step_of(what.partition(",")[0], folder))
        after_s = measure("bare count again", bare) if spent_s > before_s else before_s
        times[what] = 2 * spent_s / (before_s + after_s)
        before_s = after_s
    for what, number in times.items():
        print(f"{what:24}{number:8.2f} times the bare count")


def step_of(step: str, folder: Path) -> list[str]:
    return [sys.executable, __file__, "--step", step, "--folder", str(folder)]


def measure(what: str, command: list[str]) -> float:
    """Run a command and print what it took; return its processor seconds."""
    began_s = monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = process.stdout.read().strip()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{what} failed")
    spent_s, wall_s, most_mb = used.ru_utime + used.ru_stime, monotonic() - began_s, used.ru_maxrss / 1024
    print(f"{what:24}{spent_s:8.1f} CPU s {wall_s:8.1f} s   at most {most_mb:.0f} MB   {said}", flush=True)
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
    draft = put_draft(project, body=bytes(SIZE_BYTES))
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
    days = last_days()
    for number in range(0, lines, PER_LOG):
        day = days[number // PER_LOG % DAYS]
        make_log(logs / f"{day}-{number}.gz", made_up, day, min(PER_LOG, lines - number))


def last_days() -> list[date]:
    """Return the days of which there are logs, oldest first."""
    today = datetime.now(UTC).date()
    return [today - timedelta(days=DAYS - number) for number in range(DAYS)]


@dataclass(frozen=True)
class MadeUp:
    """Whom and what made-up lines are of."""

    paths: list[str]
    agents: list[str]
    addresses: list[str]


def make_log(log: Path, made_up: MadeUp, day: date, lines: int) -> None:
    """Make one packed log of a day. It is packed quickly: what it takes to unpack it is nearly the same."""
    chance = random.Random(log.name)
    with gzip.open(log, "wt", compresslevel=1) as file:
        for _ in range(lines):
            moment, path = moment_of(day, int(chance.random() * 86_400)), chance.choice(made_up.paths)
            sent = chance.randrange(2, SIZE_BYTES)
            file.write(
                f"{79:064x} pitches [{moment}] {chance.choice(made_up.addresses)} - {chance.getrandbits(64):016X} "
                f'REST.GET.OBJECT dana/public/{path} "GET /pitches/dana/public/{path} HTTP/1.1" '
                f'206 - {sent} {SIZE_BYTES} 70 10 "-" "{chance.choice(made_up.agents)}" - '
                f"{chance.getrandbits(300):075X} - "
                "TLS_AES_128_GCM_SHA256 - pitches.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1\n"
            )


def moment_of(day: date, at_s: int) -> str:
    """Return a second of a day as S3 writes it."""
    return f"{datetime.combine(day, time(), UTC) + timedelta(seconds=at_s):%d/%b/%Y:%H:%M:%S %z}"


def sync(folder: Path) -> None:
    from pitchcast.workflows.logs_sync import SyncRequest, sync_logs

    done = sync_logs(open_show(folder), SyncRequest(places=(str(folder / "logs"),)))
    print(f"{done.new:,} new")


def end_sync(folder: Path) -> None:
    from pitchcast.workflows.logs_sync import make_ready

    make_ready(open_show(folder))


def stats(folder: Path) -> None:
    from pitchcast.workflows.stats import count

    print(f"{count(open_show(folder)).downloads:,} downloads")


def stats_anew(folder: Path) -> None:
    """Count without the answers that are kept, as after a change of the show."""
    for answer in (folder / "cache").rglob("answer-*.json"):
        answer.unlink()
    stats(folder)


MEASURED = (
    *(
        "sync, agents new",
        "sync, agents known",
        "end of a sync",
        "sync, nothing new",
        "stats",
        "stats without an answer",
    ),
    "plain Python",
)
STEPS = {"sync": sync, "end of a sync": end_sync, "stats": stats, "stats without an answer": stats_anew}


# ---- many small logs in a bucket


def measure_objects(folder: Path) -> None:
    """Print what it takes to read many small logs from a bucket, beside obstore alone; the middle of all rounds."""
    from benchmarks.storage import in_turn, plain_obstore
    from tests.fixtures.seaweedfs import running_server

    with running_server() as server:
        os.environ.update(server.environment())
        bucket = server.make_bucket()
        store = plain_obstore(server, bucket)
        put_objects(store, next((folder / "logs").iterdir()))
        costs = in_turn(
            {
                "obstore alone": lambda _: read_plainly(store),
                "pitchcast": lambda _: read_with_pitchcast(f"s3://{bucket}/logs/", server.endpoint_url, folder),
            },
            ROUNDS,
        )
    floor = costs["obstore alone"]
    print(f"{OBJECTS} logs of {LINES_AN_OBJECT} lines in a bucket")
    for what, cost in costs.items():
        of_wall, of_cpu = cost.wall_s / floor.wall_s, cost.cpu_s / floor.cpu_s
        print(f"{what:24}{cost.wall_s:8.2f} s ({of_wall:.2f} times)   {cost.cpu_s:8.2f} CPU s ({of_cpu:.2f} times)")


def put_objects(store: "S3Store", log: Path) -> None:
    with gzip.open(log, "rb") as file:
        lines = cycle(file)
        bodies = [b"".join(islice(lines, LINES_AN_OBJECT)) for _ in range(OBJECTS)]
    for number, body in enumerate(bodies):
        store.put(f"logs/{last_days()[0]}-{number:05}", body, use_multipart=False)


def read_plainly(store: "S3Store") -> int:
    """List logs and get each; return how many bytes they have."""
    names = [info["path"] for page in store.list("logs") for info in page]
    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(lambda name: len(store.get(name).bytes()), names))


def read_with_pitchcast(url: str, endpoint_url: str, folder: Path) -> int:
    """Find logs and fetch each as ``logs sync`` does, washed and recognised; return how many lines they have."""
    from pitchcast.model.place import Address
    from pitchcast.upkeep.analytics.fetching import batches, fetch_all
    from pitchcast.upkeep.analytics.logs import find_logs

    lines = 0
    logs = find_logs(url, folder, Address(url="s3://no-bucket", endpoint_url=endpoint_url))
    for batch in batches(logs):
        with tempfile.TemporaryDirectory(dir=folder) as inner:
            lines += sum(part.lines for log in fetch_all(batch, Path(inner)) for part in log.parts)
    assert lines == OBJECTS * LINES_AN_OBJECT
    return lines


if __name__ == "__main__":
    run(__doc__, STEPS, measure_all)
