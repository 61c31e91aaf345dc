"""The cost of large builds: ``python -m benchmarks.build [folder|s3|growth|kill|dask] [--prospects N]``.

folder  50,000 prospects × 3 episodes, shared audio, into a folder: the first build, the same again, one prospect
        changed; wall and processor seconds, peak memory (sum of proportional set sizes), objects a second against
        obstore alone putting the same bytes, and processor time a feed against a plain loop of feedgen and boto3
s3      the same into SeaweedFS
growth  1,000 to 50,000 prospects into a folder, and the exponent: 1.0 is linear
kill    20,000 prospects; the build is killed ten times, then finished: every feed right, and how much was written twice
dask    5,000 prospects on two Dask workers, one of which is killed: every feed right, none with other bytes

Each runs the program as ops would, in a process of its own. The server's work is part of the wall time, not of the
processor time. Needs what the tests need (``pip install -e .[test]``).
"""

import argparse
import json
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import obstore
from obstore.store import LocalStore, S3Store

from benchmarks import installed
from pitchcast.config import load_settings
from pitchcast.model.contents import Contents
from pitchcast.model.layout import PUBLIC, headers_of
from pitchcast.page.call import render_call
from pitchcast.page.listen import render_page
from pitchcast.site.project import Project, open_project
from tests.fixtures.content import rendered_feed
from tests.fixtures.projects import publishing, put_draft
from tests.fixtures.seaweedfs import running_server

EPISODES = 3
THREADS = 16
KILLS = 10
KILLED_AFTER_S = (2.0, 5.0)
MEASURE_EVERY_S = 0.5
SAMPLE = 1_000
"""As many feeds the plain loop does; its cost is the same for each."""


@dataclass(frozen=True)
class Place:
    """Where a show lies: its pitchcast.toml, and obstore's own store on the same storage for the floor."""

    folder: Path
    url: str
    endpoint_url: str
    store: "LocalStore | S3Store"

    @property
    def project(self) -> Project:
        return open_project(
            load_settings(self.folder, environ=os.environ), {**os.environ, "PITCHCAST_USER": "benchmark"}
        )


@dataclass(frozen=True)
class Cost:
    wall_s: float
    cpu_s: float
    peak_mb: float
    answer: dict[str, object]


def show_build(place: Place, count: int) -> None:
    prepare(place, count)
    first = build(place)
    objects, size = first.answer["put"], first.answer["bytes"]
    print(f"{count:,} prospects × {EPISODES} episodes, shared audio: {objects:,} objects, {size / 1e6:,.0f} MB")
    again = build(place)
    assert (again.answer["put"], again.answer["copied"], again.answer["deleted"]) == (0, 0, 0)
    one = rename_one(place)
    floor_s, floor_cpu_s = put_alone(place)
    on_disk_s = 0.0 if place.endpoint_url else write_alone(place)
    plain_cpu_s = plain_loop(place)
    print(f"{'':34}{'wall s':>9}{'CPU s':>9}{'CPU ms/feed':>13}{'objects/s':>11}{'peak MB':>9}")
    for name, cost in (("first build", first), ("again, nothing changed", again), ("again, one prospect changed", one)):
        rate = cost.answer["put"] / cost.wall_s
        each = cost.cpu_s / count * 1e3
        print(f"{name:34}{cost.wall_s:9.1f}{cost.cpu_s:9.1f}{each:13.3f}{rate:11.0f}{cost.peak_mb:9.0f}")
    print(f"{'floor: obstore, the same bytes':34}{floor_s:9.1f}{floor_cpu_s:9.1f}{'':13}{objects / floor_s:11.0f}")
    if on_disk_s:
        print(f"{'floor: files, each on the disk':34}{on_disk_s:9.1f}{'':22}{objects / on_disk_s:11.0f}")
    print(f"{'plain: feedgen, pages, boto3':34}{'':9}{'':9}{plain_cpu_s * 1e3:13.3f}")
    print(f"first build to the floor by wall: {first.wall_s / floor_s:.2f} (goal 1.5)")
    if on_disk_s:
        print(f"first build to files that are waited for until they are on the disk: {first.wall_s / on_disk_s:.2f}")
    print(f"plain loop to first build by processor: {plain_cpu_s / (first.cpu_s / count):.1f} (goal 8)")
    print(f"again, nothing changed, to first: {again.wall_s / first.wall_s:.1%} (goal under 5 %)")
    print(f"objects put for one changed prospect: {one.answer['put']}; peak memory {first.peak_mb:.0f} MB (goal 1,000)")


def show_growth(place_of: Callable[[], Place], largest: int) -> None:
    sizes = [size for size in (1_000, 5_000, 10_000, 50_000) if size <= largest]
    costs = []
    for size in sizes:
        place = place_of()
        prepare(place, size)
        cost = build(place, "--jobs", "2")
        costs.append(cost)
        print(
            f"{size:7,} prospects: {cost.wall_s:7.1f} s wall, {cost.cpu_s:7.1f} s CPU, {cost.peak_mb:5.0f} MB",
            flush=True,
        )
        shutil.rmtree(place.folder)
    x = [math.log(size) for size in sizes]
    y = [math.log(cost.cpu_s) for cost in costs]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum((a - mean_x) ** 2 for a in x)
    print(f"processor time grows with prospects to the power of {slope:.2f}")


def show_kill(place: Place, count: int) -> None:
    prepare(place, count)
    chance = random.Random(1)
    written_again, killed, there = [], 0, dict[str, str]()
    for _ in range(KILLS):
        process = start_build(place, "--jobs", "2")
        time.sleep(chance.uniform(*KILLED_AFTER_S))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        found = objects_of(place)
        written_again.append(sum(1 for key, etag in there.items() if found.get(key) != etag))
        there = found
    last = build(place)
    found = objects_of(place)
    written_again.append(sum(1 for key, etag in there.items() if found.get(key) != etag))
    print(
        f"{count:,} prospects, {killed} of {KILLS} builds killed; {len(there):,} objects by then,"
        f" {last.answer['put']:,} put last"
    )
    print(f"objects written again by each next build: {written_again} (a batch is {3 * 250})")
    print(f"feeds not as they should be: {check(place)}")


def show_dask(place: Place, count: int) -> None:
    from distributed import LocalCluster

    prepare(place, count)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        timer = threading.Timer(5.0, lambda: next(iter(cluster.workers.values())).process.process._process.kill())
        timer.start()
        cost = build(place, "--dask", cluster.scheduler_address)
        timer.cancel()
    before = objects_of(place)
    again = build(place, "--jobs", "1")
    print(f"{count:,} prospects, 2 workers, one killed after 5 s: {cost.wall_s:.1f} s, {cost.answer['put']:,} objects")
    print(f"built otherwise by one process: {again.answer['put']}; not as they should be: {check(place)}")
    assert objects_of(place) == before


# ---- the show, and what is done with it


def prepare(place: Place, count: int) -> None:
    """Start a show of *count* prospects who all have three episodes, without a single feed built."""
    place.folder.mkdir(parents=True, exist_ok=True)
    endpoint = f'endpoint_url = "{place.endpoint_url}"\n' if place.endpoint_url else ""
    (place.folder / "pitchcast.toml").write_text(
        '[show]\ntitle = "Cloud bills, explained"\nhost = "Dana Reyes"\n'
        f'[storage]\nurl = "{place.url}"\n{endpoint}audio = "shared"\n'
        '[brand]\ncall_to_action = "Book twenty minutes"\ncall_to_action_url = "https://example.com/book"\n',
        encoding="utf-8",
    )
    project = place.project
    project.ledger.commit(
        publishing(project, put_draft(project, "r0", "First"), "Seed"), who="b", what="b", at=project.now()
    )
    names = "\n".join(f'{number},"Firm & Sons {number}",m{number}@firm.example' for number in range(count - 1))
    (place.folder / "list.csv").write_text(f"id,name,email\n{names}\n", encoding="utf-8")
    run(place, "prospects", "import", "list.csv", "--no-build", "-q")
    for number in range(EPISODES):
        draft = put_draft(project, f"r{number}", ("First", "Second", "Third")[number])
        step = publishing(project, draft, everyone=True)
        project.ledger.commit(step, who="b", what="b", at=project.now())


def build(place: Place, *options: str) -> Cost:
    """Build every feed in a process of its own."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = start_build(place, *options, stdout=subprocess.PIPE)
    peak = [0.0]
    watcher = threading.Thread(target=lambda: watch(process, peak), daemon=True)
    watcher.start()
    out, _ = process.communicate()
    wall_s = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert process.returncode == 0, out
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    watcher.join()
    return Cost(wall_s, cpu_s, peak[0], json.loads(out))


def start_build(place: Place, *options: str, stdout: int = subprocess.DEVNULL) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "pitchcast", "feeds", "build", "--all", "--json", "-q", *options]
    return subprocess.Popen(
        command,
        cwd=place.folder,
        env=installed.environment(place.folder / "bytecode"),
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def run(place: Place, *words: str) -> None:
    command = [sys.executable, "-m", "pitchcast", *words]
    subprocess.run(
        command,
        cwd=place.folder,
        env=installed.environment(place.folder / "bytecode"),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def rename_one(place: Place) -> Cost:
    """Change one prospect in the catalog only, and let a build of everything find out."""
    from pitchcast.model.steps.edit import edit_prospect

    project = place.project
    project.ledger.commit(
        lambda found: edit_prospect(found, "firm-sons-7", name="Firma 7"), who="b", what="b", at=project.now()
    )
    cost = build(place)
    assert cost.answer["put"] <= 2, cost.answer
    return cost


def put_alone(place: Place) -> tuple[float, float]:
    """Put the same documents by obstore alone, sixteen at a time, and return wall and processor seconds."""
    bodies = [obstore.get(place.store, key).bytes().to_bytes() for key in sample_keys(place)]
    keys = [key for key in objects_of(place) if key.endswith((".xml", ".html"))]
    wall, cpu = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(
            lambda pair: obstore.put(place.store, f"floor/{pair[0]}", pair[1]),
            ((key, bodies[number % len(bodies)]) for number, key in enumerate(keys)),
            chunksize=64,
        ):
            pass
    return time.monotonic() - wall, time.process_time() - cpu


def write_alone(place: Place) -> float:
    """Write the same documents as files, sixteen at a time, each on the disk before its renaming; return the seconds.

    That is what pitchcast promises of a folder, and obstore does not.
    """
    bodies = [obstore.get(place.store, key).bytes().to_bytes() for key in sample_keys(place)]
    keys = [key for key in objects_of(place) if key.endswith((".xml", ".html"))]
    root = place.folder / "waited-for"

    def write(pair: tuple[str, bytes]) -> None:
        path = f"{root}/{pair[0]}"
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - as quick as can be
        descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT)
        os.write(descriptor, pair[1])
        os.fsync(descriptor)
        os.close(descriptor)
        os.rename(f"{path}.new", path)  # noqa: PTH104

    started = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(write, ((key, bodies[number % len(bodies)]) for number, key in enumerate(keys)), chunksize=64))
    return time.monotonic() - started


def sample_keys(place: Place) -> list[str]:
    """Return the documents of one feed, in the order in which a listing names those of every feed."""
    keys = sorted(key for key in objects_of(place) if key.endswith((".xml", ".html")))
    return keys[:3]


def plain_loop(place: Place) -> float:
    """Return the processor seconds a feed of rendering it with feedgen, its pages with Jinja2, and boto3 puts."""
    project = place.project
    catalog = project.catalog()
    contents = [Contents(catalog).of(feed) for feed in catalog.feeds[:SAMPLE]]
    bucket = plain_bucket(place)
    started = time.process_time()

    def one(content: object) -> None:
        path = content.feed.path  # type: ignore[attr-defined]
        for name, render in (("call.html", render_call), ("index.html", render_page), ("feed.xml", rendered_feed)):
            bucket(f"{PUBLIC}plain-{path}/{name}", render(content))  # type: ignore[operator]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, contents))
    return (time.process_time() - started) / len(contents)


def plain_bucket(place: Place) -> Callable[[str, bytes], object]:
    """Return boto3's put, or into a folder a plain write."""
    if not place.endpoint_url:

        def write(key: str, body: bytes) -> None:
            path = place.folder / "plain" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)

        return write
    import boto3

    client = boto3.client("s3", endpoint_url=place.endpoint_url, region_name="us-east-1")
    bucket = place.url.removeprefix("s3://").partition("/")[0]
    return lambda key, body: client.put_object(
        Bucket=bucket,
        Key=key,
        Body=body,
        ContentType=headers_of(key).content_type,
        CacheControl=headers_of(key).cache_control,
    )


def objects_of(place: Place) -> dict[str, str]:
    """Return the ETag of each object under public/."""
    return {info.key: info.etag for info in place.project.bucket.list(PUBLIC)}


def check(place: Place) -> int:
    """Return how many folders are not, byte for byte, what the catalog says: found by planning without any memory."""
    from pitchcast.model.contents import folders
    from pitchcast.site.folder import plan_folder
    from pitchcast.site.render import Renderer
    from pitchcast.site.stored import list_public

    project = place.project
    catalog = project.catalog()
    contents, listed, renderer = Contents(catalog), list_public(project.bucket), Renderer(project.assets)
    plans = (
        plan_folder(path, contents.at(path), listed.get(path, {}), project.bucket, renderer.render)
        for path in folders(catalog)
    )
    return sum(bool(plan.copies or plan.documents or plan.withdrawn or plan.leftovers) for plan in plans)


# ---- memory


def watch(process: "subprocess.Popen[str]", peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], pss_mb(process.pid))
        time.sleep(MEASURE_EVERY_S)


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process and its children, in megabytes."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return 0.0
    own = next((float(line.split()[1]) / 1e3 for line in text.splitlines() if line.startswith("Pss:")), 0.0)
    return own + sum(pss_mb(int(child)) for child in children)


# ---- places


def a_folder(base: Path) -> Place:
    folder = Path(tempfile.mkdtemp(dir=base))
    site = folder / "site"
    site.mkdir()
    return Place(folder, str(site), "", LocalStore(site))


@contextmanager
def in_folder(base: Path) -> Iterator[Place]:
    yield a_folder(base)


@contextmanager
def in_seaweedfs(base: Path) -> Iterator[Place]:
    with running_server() as server:
        bucket = server.make_bucket()
        os.environ |= server.environment()
        store = S3Store(
            bucket,
            endpoint=server.endpoint_url,
            access_key_id=server.access_key,
            secret_access_key=server.secret_key,
            region="us-east-1",
            client_options={"allow_http": True},
        )
        folder = base / "show"
        folder.mkdir()
        yield Place(folder, f"s3://{bucket}", server.endpoint_url, store)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["folder", "s3", "growth", "kill", "dask"])
    parser.add_argument("--prospects", type=int)
    options = parser.parse_args()
    for what in options.what:
        print(f"== {what}", flush=True)
        with tempfile.TemporaryDirectory() as name:
            base = Path(name)
            if what == "growth":
                show_growth(partial(a_folder, base), options.prospects or 50_000)
                continue
            with (in_seaweedfs if what == "s3" else in_folder)(base) as place:
                if what in ("folder", "s3"):
                    show_build(place, options.prospects or 50_000)
                else:
                    show, count = {"kill": (show_kill, 20_000), "dask": (show_dask, 5_000)}[what]
                    show(place, options.prospects or count)
        print(flush=True)


if __name__ == "__main__":
    main()
