"""``logs sync --recount``: new lists change nothing by themselves; what they would change is said first."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from pitchcast.analytics.agents import AgentLists
from pitchcast.analytics.requests import AGENTS_KEY
from pitchcast.storage.bucket import Bucket
from pitchcast.upkeep.analytics.agents import add_agents, read_agents, recount_agents
from tests.analytics.test_log_to_stats import CHROME, OVERCAST, a_line
from tests.fixtures.program import Run
from tests.fixtures.seaweedfs import StorageUnderTest

READER = "OfficeReader/2.0"


@pytest.fixture
def counted(published: Path, pitchcast: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A show with downloads by two apps and a browser, counted by the lists of then; a list of programs came later."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (audio,) = (published / "site/public").glob("*/*.mp3")
    token, size = audio.parent.name, audio.stat().st_size
    lines = [
        a_line("84.112.3.4", "10:00:00", f"{token}/index.html", 200, 35_000, CHROME),
        a_line("84.112.3.5", "10:00:10", f"{token}/index.html", 200, 35_000, READER),
        *(
            a_line(f"91.11.3.{number}", "11:00:20", f"{token}/{audio.name}", 200, size, agent)
            for number, agent in enumerate([OVERCAST, OVERCAST, READER])
        ),
    ]
    (published / "access.log").write_text("".join(lines), "utf-8")
    assert pitchcast("logs", "sync", "access.log").code == 0
    (published / "bots.json").write_text(json.dumps([{"user_agents": ["^OfficeReader"]}]), "utf-8")
    monkeypatch.setenv("PITCHCAST_AUDIENCE_BOTS", str(published / "bots.json"))
    return published


def figures(pitchcast: Run) -> tuple[int, int]:
    answer = pitchcast("stats", "--json").json
    return answer["downloads"], answer["page_opens"]


@pytest.mark.usefixtures("counted")
def test_lists_change_nothing_until_it_is_asked_for(pitchcast: Run) -> None:
    assert pitchcast("logs", "sync", "access.log", "--all").code == 0
    assert figures(pitchcast) == (3, 2)
    planned = pitchcast("logs", "sync", "--recount", "--json").json
    assert [(one["agent"], one["kind_before"], one["kind_after"]) for one in planned["agents"]] == [
        (READER, "app", "program")
    ]
    assert (planned["downloads_before"], planned["downloads_after"], planned["applied"]) == (3, 2, False)
    assert (planned["page_opens_before"], planned["page_opens_after"]) == (2, 1)
    rows = {(row["kind"], row["app"]): (row["downloads_before"], row["downloads_after"]) for row in planned["rows"]}
    assert rows == {("app", "OfficeReader"): (1, 0), ("program", "OfficeReader"): (0, 0)}
    assert figures(pitchcast) == (3, 2)
    applied = pitchcast("logs", "sync", "--recount", "--yes", "--json").json
    assert applied == planned | {"applied": True}
    assert figures(pitchcast) == (2, 1)
    assert pitchcast("logs", "sync", "--recount", "--yes", "--json").json["agents"] == []


@pytest.mark.usefixtures("counted")
def test_a_person_is_told_what_changes_and_how_to_apply_it(pitchcast: Run) -> None:
    done = pitchcast("logs", "sync", "--recount")
    assert (done.code, f"app OfficeReader → program OfficeReader: {READER}" in done.out) == (0, True)
    assert "3 → 2" in done.out
    assert "logs sync --recount --yes" in done.err
    assert pitchcast("logs", "sync", "--recount", "--dry-run", "--yes").out == done.out
    refused = pitchcast("logs", "sync", "access.log", "--recount")
    assert (refused.code, "--recount reads no logs" in refused.err) == (2, True)


class AddedMeanwhile:
    """A bucket to which somebody adds an agent before the first swap."""

    def __init__(self, bucket: Bucket, agent: Any) -> None:
        self._bucket, self._agent, self._added = bucket, agent, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bucket, name)

    def replace_if(self, key: str, *rest: Any) -> str:
        if key == AGENTS_KEY and not self._added:
            self._added = True
            add_agents(self._bucket, [self._agent])
        return self._bucket.replace_if(key, *rest)


def test_an_agent_that_comes_meanwhile_is_not_lost(any_storage: StorageUnderTest, tmp_path: Path) -> None:
    bucket, before = any_storage.open_again(), AgentLists()
    add_agents(bucket, [before.decide(OVERCAST)])
    bots = tmp_path / "bots.json"
    bots.write_text('["^OfficeReader", "^Overcast"]', "utf-8")
    through = cast(Bucket, AddedMeanwhile(bucket, before.decide(READER)))
    recount_agents(through, AgentLists(bots))
    assert {agent.text: agent.kind for agent in read_agents(bucket)} == {OVERCAST: "program", READER: "program"}
