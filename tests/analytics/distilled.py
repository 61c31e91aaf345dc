"""A log read as ``logs sync`` reads it, without a storage: its sums, and its rows as plain data."""

import io
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pitchcast.analytics.agents import agent_id
from pitchcast.analytics.distilling import Distiller
from pitchcast.analytics.networks import Networks
from pitchcast.analytics.sums import Sums
from pitchcast.analytics.targets import Folder, KnownFile, Targets
from pitchcast.upkeep.analytics.fetching import fetch_all
from pitchcast.upkeep.analytics.logs import AccessLog
from tests.analytics.logs import AUDIO, TOKEN

SHARED = "z7z7z7z7z7z7z7z7z7z7z7z7z7"
MARK = "0123abcd"
ERASED = "e2e2e2e2e2e2e2e2e2e2e2e2e2"
TARGETS = Targets(
    folders=(
        Folder(TOKEN, "acme-corp"),
        Folder(SHARED),
        Folder("cloud-bills", "public", secret=False),
        Folder(ERASED, dropped="erased"),
    ),
    files={
        AUDIO: KnownFile("audio", "cut-it", 2_220_000, 700_000),
        "index.html": KnownFile("page"),
        "call.html": KnownFile("call"),
        "feed.xml": KnownFile("feed"),
    },
    marks={MARK: "acme-corp"},
    dropped_marks={},
    places=frozenset({"", "pitches/dana/public", "listen.example.com"}),
)


@dataclass(frozen=True)
class Distilled:
    sums: Sums
    rows: list[dict[str, Any]]
    agents: dict[int, str]
    problems: list[str]
    form: str

    @property
    def brief(self) -> list[tuple[object, ...]]:
        """Return of each row what a request is, in any order."""
        names = ("requested_at", "feed", "what", "status", "sent", "first", "last", "via", "signed")
        brief = [(*(row[name] for name in names), self.agents[row["agent"]]) for row in self.rows]
        return sorted(brief, key=repr)


def distil(*logs: bytes, targets: Targets = TARGETS) -> Distilled:
    """Read logs, each by its bytes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        named = [
            AccessLog(f"log-{number}", "", 0, lambda body=body: io.BytesIO(body)) for number, body in enumerate(logs)
        ]  # type: ignore[misc]
        fetched = fetch_all(named, folder)
        sums, rows, agents = Sums(), [], {agent_id(""): ""}
        with closing(Distiller(folder, targets, Networks(), lambda quarter: quarter.encode())) as distiller:
            for one in fetched:
                sums.add(one.left_out)
                for part in one.parts:
                    done = distiller.read([part])
                    sums.add(done.sums[part.number])
                    agents |= done.agents
            for day in distiller.days():
                distiller.join_day(day, None, folder / "day.parquet")
                rows += pq.read_table(folder / "day.parquet").to_pylist()
    form = next((part.format.name for one in fetched for part in one.parts), "")
    return Distilled(sums, rows, agents, [one.problem for one in fetched if one.problem], form)
