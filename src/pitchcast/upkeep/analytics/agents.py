"""The agents that were ever seen, and what each is: decided once, whatever lists say later."""

import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pitchcast.analytics.agents import Agent, AgentLists
from pitchcast.analytics.database import load_table, open_database, quoted_path
from pitchcast.analytics.requests import AGENT_COLUMNS, AGENTS_KEY
from pitchcast.errors import ObjectMissing
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.documents import persistently, swap

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class KnownAgents:
    """The agents of a storage; the ids of those that it has are read when somebody first asks."""

    def __init__(self, bucket: Bucket, lists: AgentLists) -> None:
        self._bucket, self._lists = bucket, lists
        self._ids: set[int] | None = None

    def remember(self, texts: Mapping[int, str]) -> int:
        """Decide what the agents with these ids and texts are, unless that was done; return how many are new."""
        if self._ids is None:
            self._ids = {agent.id for agent in read_agents(self._bucket)}
        unknown = [texts[one] for one in texts.keys() - self._ids]
        if unknown:
            add_agents(self._bucket, [self._lists.decide(text) for text in sorted(unknown)])
            self._ids |= texts.keys()
        return len(unknown)


def read_agents(bucket: Bucket) -> Sequence[Agent]:
    """Return all agents, by id."""
    try:
        body, _ = bucket.get(AGENTS_KEY)
    except ObjectMissing:
        return ()
    return _unpacked(body)


def add_agents(bucket: Bucket, agents: Collection[Agent]) -> None:
    """Add agents to those that are stored; of one that is there already nothing changes."""

    def attempt() -> None:
        try:
            body, info = bucket.get(AGENTS_KEY)
            stored, etag = _unpacked(body), info.etag
        except ObjectMissing:
            stored, etag = (), ""
        together = {agent.id: agent for agent in agents} | {agent.id: agent for agent in stored}
        if len(together) > len(stored):
            swap(bucket, AGENTS_KEY, _packed(sorted(together.values(), key=lambda agent: agent.id)), etag)

    persistently(attempt, AGENTS_KEY)


def decide_anew(agents: Iterable[Agent], lists: AgentLists) -> list[Agent]:
    """Return agents as today's lists decide them; one that stays what it was keeps the versions that it has."""
    decided = []
    for before in agents:
        after = lists.decide(before.text)
        is_same = msgspec.structs.replace(after, lists=before.lists) == before
        decided.append(before if is_same else after)
    return decided


def recount_agents(bucket: Bucket, lists: AgentLists) -> None:
    """Put what today's lists say of all agents in the place of what was decided when each was first seen."""

    def attempt() -> None:
        try:
            body, info = bucket.get(AGENTS_KEY)
        except ObjectMissing:
            return
        stored = list(_unpacked(body))
        decided = decide_anew(stored, lists)
        if decided != stored:
            swap(bucket, AGENTS_KEY, _packed(decided), info.etag)

    persistently(attempt, AGENTS_KEY)


def write_agents(agents: Sequence[Agent], path: Path) -> None:
    """Write agents to a file, in the form in which they are stored."""
    path.write_bytes(_packed(agents))


def _unpacked(body: bytes) -> Sequence[Agent]:
    columns = ", ".join(f'"{name}"' for name in AGENT_COLUMNS)
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        path = Path(folder) / "agents.parquet"
        path.write_bytes(body)
        connection = open_database(Path(folder))
        try:
            rows = connection.execute(f"SELECT {columns} FROM read_parquet(?)", [str(path)]).fetchall()
        finally:
            connection.close()
    return [msgspec.convert(dict(zip(AGENT_COLUMNS, row, strict=True)), Agent) for row in rows]


def _packed(agents: Iterable[Agent]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        path = Path(folder) / "agents.parquet"
        connection = open_database(Path(folder))
        try:
            _write(connection, list(agents), path)
        finally:
            connection.close()
        return path.read_bytes()


def _write(connection: "DuckDBPyConnection", agents: Sequence[Agent], path: Path) -> None:
    load_table(connection, "agents", {name: [str(getattr(agent, name)) for agent in agents] for name in AGENT_COLUMNS})
    columns = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in AGENT_COLUMNS.items())
    connection.execute(
        f"COPY (SELECT {columns} FROM agents ORDER BY id) TO '{quoted_path(path)}' (FORMAT parquet, COMPRESSION zstd)"
    )
