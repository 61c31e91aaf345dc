"""What cannot be taken back is said before it is done, and what has not been done is not told of."""

from pathlib import Path

import pytest

from tests.cli.test_commands import EPISODE, PITCH
from tests.fixtures.program import Run, stored


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["undo"], id="undo"),
        pytest.param(["episodes", "withdraw", EPISODE], id="episodes withdraw"),
        pytest.param(["prospects", "remove", "acme-corp"], id="prospects remove"),
        pytest.param(["feeds", "rotate", "acme-corp"], id="feeds rotate"),
        pytest.param(["feeds", "revoke", "acme-corp"], id="feeds revoke"),
        pytest.param(["publish", PITCH, "--public"], id="publish --public"),
        pytest.param(["publish", PITCH, "--all"], id="publish --all"),
        pytest.param(["history", "restore", "1"], id="history restore"),
        pytest.param(["storage", "setup"], id="storage setup"),
    ],
)
def test_a_script_says_that_it_is_meant(published: Path, pitchcast: Run, command: list[str | Path]) -> None:
    before = stored(published)
    refused = pitchcast(*command)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert stored(published) == before
    assert pitchcast(*command, "--json").json["error"]["kind"] == "usage"
    assert pitchcast(*command, "--yes").code == (1 if command[0] == "storage" else 0), "a folder needs no setting up"


def test_dry_runs_tell_no_addresses_that_will_never_be(published: Path, pitchcast: Run) -> None:
    added = pitchcast("prospects", "add", "Initech", "--dry-run", "--json").json
    assert added["page_url"].endswith("/…/index.html")
    assert added["feed_url"].endswith("/…/feed.xml")
    (invited,) = pitchcast("prospects", "invite", "Sam Lee", "--by", "acme-corp", "--dry-run", "--json").json["feeds"]
    assert invited["page_url"].endswith("/…/index.html")


def test_an_episode_without_its_audio_is_not_delivered_anew(published: Path, pitchcast: Run) -> None:
    for master in (published / "site/private/masters").iterdir():
        master.chmod(0o600)
        master.unlink()
    before = stored(published)
    for command in (["episodes", "deliver", EPISODE, "--to", "Umbrella"], ["publish", PITCH, "--to", "Umbrella"]):
        refused = pitchcast(*command)
        assert refused.code == 1
        assert "is missing" in refused.err
        assert "pitchcast doctor --repair" in refused.err
    assert stored(published) == before
