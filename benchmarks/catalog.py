"""Print how quickly a catalog of 50,000 prospects with 12 episodes each loads and is saved, and how large it is.

    python benchmarks/catalog.py [PROSPECTS]

The rival is the usual way: one JSON object a prospect, full deliveries in it, the standard library's json. The floor is
unpacking our own bytes and doing nothing with them.
"""

import gzip
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from pitchcast.model.catalog import FORMAT, RENDERER, Catalog, Release, Saved
from pitchcast.model.feed import Feed
from pitchcast.model.prospect import Prospect
from pitchcast.model.token import make_token
from pitchcast.storage.ledger import decode_catalog, encode_catalog
from tests.fixtures.content import a_show, an_episode

EPISODES = 200
EACH = 12
ROUNDS = 5
START = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    catalog = a_catalog(count)
    body = encode_catalog(catalog)
    naive = gzip.compress(json.dumps(naive_document(catalog)).encode(), compresslevel=6)
    figures = in_turn(
        {
            "load, pitchcast": lambda: decode_catalog(body, where="benchmark"),
            "load, floor": lambda: gzip.decompress(body),
            "load, rival": lambda: json.loads(gzip.decompress(naive)),
            "save, pitchcast": lambda: encode_catalog(catalog),
        }
    )
    floor = figures["load, floor"]
    print(f"{count} prospects × {EACH} episodes, medians of {ROUNDS} rounds in turn")
    print(f"{'':18} {'seconds':>8} {'to the floor':>13}")
    for name, seconds in figures.items():
        print(f"{name:18} {seconds:8.3f} {seconds / floor:12.2f}×")
    print(f"size: pitchcast {len(body) / 1e6:.1f} MB, rival {len(naive) / 1e6:.1f} MB (both gzipped)")


def in_turn(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def a_catalog(count: int) -> Catalog:
    chance = random.Random(1)
    episodes = tuple(an_episode(number) for number in range(1, EPISODES + 1))
    releases = tuple(
        Release(number, episode.id, START + timedelta(hours=number), "dana@laptop")
        for number, episode in enumerate(episodes, 1)
    )
    prospects, feeds = [], []
    for number in range(count):
        prospect_id = f"company-{number}"
        name = f"Company {chance.randrange(10**6)} {chance.choice(['Ltd', 'Inc', 'GmbH'])}"
        email = f"jo.{number}@company{number}.example"
        prospects.append(Prospect(prospect_id, name, "", email, str(number * 7919), "", ("fintech", "eu")))
        numbers = tuple(sorted(chance.sample(range(1, EPISODES + 1), EACH)))
        feeds.append(Feed(prospect_id, make_token(chance.randbytes(17)), prospect_id, numbers, number))
    return Catalog(
        format=FORMAT,
        renderer=RENDERER,
        revision=5,
        nonce="n",
        saved=Saved(at=START, who="dana", what="benchmark"),
        show=a_show(),
        public_url="https://listen.example.com",
        next_release=EPISODES + 1,
        episodes=episodes,
        releases=releases,
        prospects=tuple(prospects),
        feeds=tuple(feeds),
    )


def naive_document(catalog: Catalog) -> dict[str, object]:
    episodes = {episode.id: msgspec.to_builtins(episode) for episode in catalog.episodes}
    releases = {release.number: release for release in catalog.releases}
    feeds = {feed.id: feed for feed in catalog.feeds}
    return {
        "prospects": [
            {
                "id": prospect.id,
                "name": prospect.name,
                "email": prospect.email,
                "external_id": prospect.external_id,
                "segments": list(prospect.segments),
                "token": feeds[prospect.id].path,
                "deliveries": [
                    {
                        "guid": episodes[releases[number].episode]["guid"],
                        "title": episodes[releases[number].episode]["title"],
                        "date": releases[number].date.isoformat(),
                        "enclosure": f"{feeds[prospect.id].path}/{episodes[releases[number].episode]['slug']}.mp3",
                        "length": 3_745_120,
                    }
                    for number in feeds[prospect.id].releases
                ],
            }
            for prospect in catalog.prospects
        ]
    }


if __name__ == "__main__":
    main()
