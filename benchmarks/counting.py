"""What `stats`, `leads` and `report` cost after access logs were read, beside a bare count by DuckDB of the logs.

    python benchmarks/counting.py [--lines 1000000] [--folder DIR]

The logs are those of benchmarks/logs.py, and besides some pages, taps and feeds, a fiftieth of them. Most requests are
a download by somebody who asked for nothing else, which is the worst case. Each step runs in a process of its own; what
is told is its processor time, all threads together, and its largest memory. ``end of a sync`` is what reading logs
leaves ready for whoever counts, the answer to ``stats`` included; ``without an answer`` is ``stats`` after a change of
the show, ``otherwise`` asks something else of the same days, ``again`` asks the same; ``elsewhere`` is a computer that
has nothing ready. With --folder what was made there before is used again, and stays.
"""

import gzip
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

VISITS_IN_LINES = 50
VISITORS = 20_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
READER = "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"
MEASURED = (
    *(
        "end of a sync",
        "stats",
        "stats without an answer",
        "stats otherwise",
        "leads",
        "leads again",
        "report",
        "report again",
    ),
    "stats elsewhere",
)


def measure_all(folder: Path, lines: int) -> None:
    """Make what is to be counted, where it is not there yet, and print what counting it costs."""
    import logs

    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    if not (folder / "site").exists():
        folder.mkdir(exist_ok=True)
        logs.make_show(folder)
        logs.make_logs(folder, lines)
        make_visits(folder, lines // VISITS_IN_LINES)
        subprocess.run([*this_script("sync"), "--folder", str(folder)], check=True)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    bare_s = logs.measure("bare count", [sys.executable, "-c", logs.BARE, str(folder / "logs")])
    for name in MEASURED:
        if name.endswith(" elsewhere"):
            shutil.rmtree(folder / "cache")
        step = name.removesuffix(" again").removesuffix(" elsewhere")
        spent_s = logs.measure(name, [*this_script(step), "--folder", str(folder)])
        print(f"{'':24}{spent_s / bare_s:.2f} times the bare count")


def this_script(step: str) -> list[str]:
    """Return the command that does one step."""
    return [sys.executable, __file__, "--step", step]


def make_visits(folder: Path, lines: int) -> None:
    """Make a packed log of opens, of taps after them, and of apps that fetch feeds, on all days."""
    import logs

    chance = random.Random(2)
    days = logs.last_days()
    paths = [feed.path for feed in logs.open_show(folder).catalog().feeds]
    with gzip.open(folder / "logs" / "visits.gz", "wt", compresslevel=6) as file:
        for _ in range(lines):
            name, agent = chance.choice([("index.html", BROWSER), ("call.html", BROWSER), ("feed.xml", READER)])
            visitor = chance.randrange(VISITORS)
            path, address = paths[visitor % len(paths)], f"198.18.{visitor // 250}.{visitor % 250}"
            moment = logs.moment_of(chance.choice(days), chance.randrange(86_400))
            file.write(
                f"{79:064x} pitches [{moment}] {address} - {chance.getrandbits(64):016X} REST.GET.OBJECT "
                f"dana/public/{path}/{name} "
                f'"GET /pitches/dana/public/{path}/{name} HTTP/1.1" 200 - 20000 20000 70 10 "-" "{agent}" - '
                f"{chance.getrandbits(300):075X} - TLS_AES_128_GCM_SHA256 - "
                "pitches.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1\n"
            )


# ---- what is measured


def sync(folder: Path) -> None:
    import logs

    logs.sync(folder)


def end_sync(folder: Path) -> None:
    import logs

    logs.end_sync(folder)


def count(folder: Path) -> None:
    from logs import open_show

    from pitchcast.workflows.stats import count

    found = count(open_show(folder))
    print(f"{found.downloads:,} downloads, {found.listeners:,} listeners, {found.page_opens:,} opens")


def count_anew(folder: Path) -> None:
    """Count without the answers that are kept."""
    for answer in (folder / "cache").rglob("answer-*.json"):
        answer.unlink()
    count(folder)


def count_days(folder: Path) -> None:
    from logs import open_show

    from pitchcast.workflows.stats import count

    print(f"{len(count(open_show(folder), 'day').rows)} days")


def leads(folder: Path) -> None:
    from logs import open_show

    from pitchcast.workflows.leads import find_leads

    print(f"{len(find_leads(open_show(folder)).leads):,} leads")


def report(folder: Path) -> None:
    from logs import open_show

    from pitchcast.workflows.report import ReportRequest, make_report

    print(f"{len(make_report(open_show(folder), ReportRequest()).weeks)} weeks")


STEPS: dict[str, Callable[[Path], None]] = {
    "sync": sync,
    "end of a sync": end_sync,
    "stats": count,
    "stats without an answer": count_anew,
    "stats otherwise": count_days,
    "leads": leads,
    "report": report,
}

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' made-up content; logs.py lies beside this file
    from logs import run

    run(__doc__, STEPS, measure_all)
