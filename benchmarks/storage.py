"""The cost of many small objects in an S3 storage: with boto3, with pitchcast, and with obstore alone, the floor.

``python benchmarks/storage.py [OBJECTS] [LISTED]`` puts objects of 8 KiB into a SeaweedFS of its own and lists many;
the contenders take turns, and the middle of three rounds counts. Processor time is the client's, without the server's,
and steadier than wall time: other work on the machine disturbs it less. Needs the extras ``test`` and ``fast``.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import boto3
import obstore
from botocore.config import Config
from obstore.store import S3Store

sys.path.insert(0, str(Path(__file__).parents[1]))

from pitchcast.model.layout import headers_of
from pitchcast.model.place import Address
from pitchcast.storage.bucket import Bucket
from pitchcast.storage.connect import open_bucket
from tests.fixtures.seaweedfs import SeaweedFS, running_server

ROUNDS = 3
THREADS = 16
BODY = os.urandom(8192)
HEADERS = headers_of("public/x/feed.xml")


class Cost(NamedTuple):
    wall_s: float
    cpu_s: float


def main() -> None:
    objects = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    listed = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with running_server() as server:
        os.environ.update(server.environment())
        name = server.make_bucket()
        plain, floor = plain_boto3(server), plain_obstore(server, name)
        ours = {
            "pitchcast, boto3": opened(server, name, "boto3"),
            "pitchcast, obstore": opened(server, name, "auto"),
        }
        putting: dict[str, Callable[[str], object]] = {
            "boto3": lambda key: plain.put_object(
                Bucket=name, Key=key, Body=BODY, ContentType=HEADERS.content_type, CacheControl=HEADERS.cache_control
            ),
            **{label: putting_with(bucket) for label, bucket in ours.items()},
            "floor: obstore": lambda key: floor.put(
                key,
                BODY,
                attributes={"Content-Type": HEADERS.content_type, "Cache-Control": HEADERS.cache_control},
                use_multipart=False,
            ),
        }
        costs = in_turn({label: putter(put, objects) for label, put in putting.items()})
        print_table(f"{objects} objects of {len(BODY)} bytes, {THREADS} threads", "object", costs, objects)
        fill(floor, listed)
        listing: dict[str, Callable[[int], object]] = {
            "boto3": lambda _: count(page["Contents"] for page in pages(plain, name)),
            **{label: lambda _, bucket=bucket: count([bucket.list("listed/")]) for label, bucket in ours.items()},
            "floor: obstore": lambda _: count(floor.list("listed", chunk_size=1000)),
        }
        costs = in_turn(listing)
        print_table(f"a list of {listed} objects", "page of 1,000", costs, listed / 1000)


def plain_boto3(server: SeaweedFS) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint_url,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, max_pool_connections=THREADS),
    )


def plain_obstore(server: SeaweedFS, bucket: str) -> S3Store:
    return S3Store(
        bucket,
        endpoint=server.endpoint_url,
        region="us-east-1",
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        client_options={"allow_http": True},
        retry_config={"retry_timeout": timedelta(seconds=60)},
    )


def opened(server: SeaweedFS, bucket: str, client: Any) -> Bucket:
    return open_bucket(Address(url=f"s3://{bucket}", endpoint_url=server.endpoint_url, client=client))


def putting_with(bucket: Bucket) -> Callable[[str], object]:
    return lambda key: bucket.put(key, BODY, HEADERS)


def putter(put: Callable[[str], object], objects: int) -> Callable[[int], object]:
    """Return what puts that many objects, under keys that differ from round to round."""
    folder = f"public/{id(put):x}"

    def put_all(turn: int) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(put, [f"{folder}-{turn}/{number}/feed.xml" for number in range(objects)]):
                pass

    return put_all


def fill(store: S3Store, objects: int) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(lambda number: obstore.put(store, f"listed/{number:06}/feed.xml", b"x"), range(objects)):
            pass


def pages(client: Any, bucket: str) -> Iterable[Any]:
    return client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="listed/")


def count(groups: Iterable[Iterable[object]]) -> int:
    return sum(1 for group in groups for _ in group)


def in_turn(contenders: dict[str, Callable[[int], object]], number: int = ROUNDS) -> dict[str, Cost]:
    """Return what each cost in the middle of the rounds."""
    rounds: dict[str, list[Cost]] = {label: [] for label in contenders}
    for turn in range(number):
        for label, act in contenders.items():
            rounds[label].append(measure(act, turn))
    return {
        label: Cost(median(cost.wall_s for cost in costs), median(cost.cpu_s for cost in costs))
        for label, costs in rounds.items()
    }


def measure(act: Callable[[int], object], turn: int) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    act(turn)
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def print_table(title: str, unit: str, costs: dict[str, Cost], units: float) -> None:
    floor = costs["floor: obstore"]
    print(f"\n{title} (x: times the floor)\n{'':20} {'a second':>9} {'x':>5}   {'CPU ms a ' + unit:>21} {'x':>5}")
    for label, cost in costs.items():
        print(
            f"{label:20} {units / cost.wall_s:9.1f} {cost.wall_s / floor.wall_s:5.2f}   "
            f"{cost.cpu_s / units * 1000:21.3f} {cost.cpu_s / floor.cpu_s:5.2f}"
        )


if __name__ == "__main__":
    main()
