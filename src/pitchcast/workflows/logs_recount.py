"""Decide anew what agents are, by the lists of today: what that changes is shown before it is done.

An agent is decided once, when it is first seen, so that new lists change no figure by themselves.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from pitchcast.analytics.agents import Agent, AgentLists
from pitchcast.analytics.audience import AgentTally
from pitchcast.model.answers.logs import LogsRecounted, RecountedAgent, RecountedRow
from pitchcast.site.project import Project
from pitchcast.upkeep.analytics.agents import decide_anew, read_agents, recount_agents, write_agents
from pitchcast.upkeep.analytics.books import StoredLogs, find_logs, open_audience, prospects_of_feeds
from pitchcast.upkeep.analytics.summary import write_summary

_Group = tuple[str, str]
"""A kind of agents, and an app."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Agents by kind and app, and what was counted of them."""

    agents: Mapping[_Group, int]
    tallies: Mapping[_Group, AgentTally]

    @property
    def downloads(self) -> int:
        return sum(tally.downloads for tally in self.tallies.values())

    @property
    def page_opens(self) -> int:
        return sum(tally.page_opens for tally in self.tallies.values())


def plan_recount(project: Project) -> LogsRecounted:
    """Return what today's lists would change in what was read from logs; write nothing.

    Raises CatalogError where no log has been read yet or only somebody else may write, ConfigError where
    ``pitchcast[stats]`` is not installed or the file of further programs cannot be read.
    """
    logs = find_logs(project)
    project.ledger.refuse_other_writer(project.catalog(), project.who)
    lists = AgentLists(project.settings.audience.bots)
    stored = read_agents(project.bucket)
    decided = decide_anew(stored, lists)
    pairs = [(before, after) for before, after in zip(stored, decided, strict=True) if before != after]
    before = _count(project, logs, stored)
    after = _count(project, logs, decided) if pairs else before
    return LogsRecounted(
        agents=tuple(_agent(*pair) for pair in pairs),
        of=len(stored),
        rows=tuple(_rows(before, after)),
        downloads_before=before.downloads,
        downloads_after=after.downloads,
        page_opens_before=before.page_opens,
        page_opens_after=after.page_opens,
        lists=lists.versions,
        applied=False,
    )


def recount(project: Project, planned: LogsRecounted) -> LogsRecounted:
    """Decide all agents anew and return the plan as applied; a dry run and a plan without changes do nothing.

    Agents that somebody else added meanwhile are decided too.
    """
    if project.dry_run or not planned.agents:
        return planned
    recount_agents(project.bucket, AgentLists(project.settings.audience.bots))
    write_summary(project)
    return msgspec.structs.replace(planned, applied=True)


def _count(project: Project, logs: StoredLogs, agents: Sequence[Agent]) -> _Counted:
    """Return what is counted where agents are what these say."""
    with tempfile.TemporaryDirectory(prefix="pitchcast-") as folder:
        file = Path(folder) / "agents.parquet"
        write_agents(agents, file)
        with open_audience(project, logs, None, None, judged_by=file) as (audience, _):
            audience.know(prospects_of_feeds(project.catalog()), ())
            tallies = audience.by_agents()
    return _Counted(Counter((agent.kind, agent.app) for agent in agents), tallies)


def _agent(before: Agent, after: Agent) -> RecountedAgent:
    return RecountedAgent(
        agent=before.text,
        kind_before=before.kind,
        kind_after=after.kind,
        app_before=before.app,
        app_after=after.app,
    )


def _rows(before: _Counted, after: _Counted) -> Iterable[RecountedRow]:
    """Yield the kinds and apps of which there is another number, by kind and app."""
    for group in sorted({*before.agents, *after.agents, *before.tallies, *after.tallies}):
        was, will_be = before.tallies.get(group, AgentTally()), after.tallies.get(group, AgentTally())
        agents = before.agents.get(group, 0), after.agents.get(group, 0)
        if agents[0] != agents[1] or was != will_be:
            kind, app = group
            yield RecountedRow(
                kind=kind,
                app=app,
                agents_before=agents[0],
                agents_after=agents[1],
                downloads_before=was.downloads,
                downloads_after=will_be.downloads,
                page_opens_before=was.page_opens,
                page_opens_after=will_be.page_opens,
            )
