"""Every command that takes a prospect, a feed or an episode resolves it alike, and tells who is near in a script."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pitchcast.cli.reference import all_commands
from tests.fixtures.program import Run

WHO = [
    *("acme-corp", "ACME, Corp.", "acme corporation", "Acme", "Corp Acme"),
    *("jo@acme.example", "JO@Acme.Example", "Jo <jo@acme.example>", "<jo@acme.example>", "mailto:jo@acme.example"),
]
COMMANDS = [
    ["prospects", "show", "WHO"],
    ["prospects", "edit", "WHO", "--company", "A", "--dry-run"],
    ["prospects", "remove", "WHO", "--dry-run"],
    ["prospects", "invite", "Sam", "--by", "WHO", "--dry-run"],
    ["link", "WHO"],
    ["feeds", "show", "WHO"],
    ["feeds", "build", "WHO", "--dry-run"],
    ["feeds", "build", "--prospect", "WHO", "--dry-run"],
    ["feeds", "check", "--prospect", "WHO"],
    ["feeds", "rotate", "WHO", "--dry-run"],
    ["feeds", "revoke", "WHO", "--dry-run"],
    ["feeds", "restore", "WHO", "--dry-run"],
    ["feeds", "expire", "WHO", "--on", "next friday", "--dry-run"],
    ["episodes", "deliver", "EPISODE", "--to", "WHO", "--existing-only", "--dry-run"],
    ["publish", "PITCH", "--to", "WHO", "--existing-only", "--dry-run"],
    ["stats", "--tree", "WHO"],
    ["leads", "--explain", "WHO"],
]
EPISODES = [
    ["episodes", "show", "EPISODE"],
    ["episodes", "edit", "EPISODE", "--season", "2", "--dry-run"],
    ["episodes", "withdraw", "EPISODE", "--dry-run"],
    ["undo", "EPISODE", "--dry-run"],
    ["episodes", "deliver", "EPISODE", "--to", "Acme Corp", "--dry-run"],
]


@pytest.fixture
def show(published: Path, pitchcast: Run) -> list[str]:
    """Return what the one episode goes by: id, title, parts of it; its prospect has an address and opened the page."""
    assert pitchcast("prospects", "edit", "acme-corp", "--email", "jo@acme.example").code == 0
    page = urlsplit(pitchcast("link", "acme-corp").out.strip()).path
    opened = (
        f'198.51.100.1 - - [{datetime.now(UTC):%d/%b/%Y:%H:%M:%S} +0000] "GET {page} HTTP/1.1" 200 9000 "-" "Mozilla"\n'
    )
    Path("access.log").write_text(opened, encoding="utf-8")
    assert pitchcast("logs", "sync", "access.log").code == 0
    return ["new-recording-12", "New Recording 12", "recording 12", "new rec"]


def filled(command: list[str], who: str = "acme-corp", episode: str = "new-recording-12") -> list[str]:
    words = {"WHO": who, "EPISODE": episode, "PITCH": "New Recording 12.m4a"}
    return [words.get(word, word) for word in command]


def test_a_prospect_goes_by_all_its_names_everywhere(show: list[str], pitchcast: Run) -> None:
    for command in COMMANDS:
        for who in WHO:
            done = pitchcast(*filled(command, who))
            assert done.code == 0, (command, who, done.err)


def test_no_command_that_takes_a_prospect_or_a_feed_is_left_out() -> None:
    taking: set[tuple[str, str]] = set()
    for path, context in all_commands():
        for parameter in context.command.params:
            if re.search(r"\b(WHO|FEED)\b", parameter.metavar or ""):
                option = parameter.opts[0] if parameter.param_type_name == "option" else ""
                taking.add((" ".join(path[1:]), option))
    tried = set()
    for words in COMMANDS:
        before = words[words.index("WHO") - 1]
        name = " ".join(
            words[: next(n for n in range(1, 3) if " ".join(words[:n]) in {command for command, _ in taking})]
        )
        tried.add((name, before if before.startswith("--") else ""))
    assert tried == taking


def test_a_name_that_nobody_has_comes_with_a_command_to_copy(show: list[str], pitchcast: Run) -> None:
    for command in COMMANDS:
        typed = filled(command, "Akme Corp")
        failed = pitchcast(*typed, "--json")
        assert failed.code == 1, (command, failed.err)
        assert failed.json["error"]["kind"] == "unknown_name"
        hint = failed.json["error"]["hint"]
        assert hint.startswith("Did you mean Acme Corp (acme-corp, jo@acme.example)?")
        program, *words = shlex.split(hint.partition(", run: ")[2])
        assert program == "pitchcast"
        assert pitchcast(*words).code == 0, hint


def test_two_that_differ_by_legal_form_are_never_the_first(show: list[str], pitchcast: Run) -> None:
    assert pitchcast("prospects", "add", "Acme GmbH").code == 0
    for command in COMMANDS:
        failed = pitchcast(*filled(command, "Acme"), "--json")
        assert failed.code == 1, command
        assert failed.json["error"]["kind"] == "ambiguous_name"
        assert "acme-corp" in failed.json["error"]["message"]
        assert "acme-gmbh" in failed.json["error"]["message"]
        assert pitchcast(*filled(command, "Acme Corporation")).code == 0


def test_another_legal_form_is_a_new_prospect_with_a_warning(show: list[str], pitchcast: Run) -> None:
    done = pitchcast("episodes", "deliver", "new-recording-12", "--to", "Acme GmbH")
    assert done.code == 0
    assert "“Acme GmbH” is nearly acme-corp, who is a prospect already" in done.err
    assert [p["id"] for p in pitchcast("prospects", "list", "--json").json["prospects"]] == ["acme-corp", "acme-gmbh"]


def test_who_was_taken_for_whom_is_told(show: list[str], pitchcast: Run) -> None:
    done = pitchcast("episodes", "deliver", "new-recording-12", "--to", "Acme")
    assert done.code == 0
    assert "“Acme” was taken for Acme Corp (acme-corp)" in done.err


def test_a_colleague_goes_by_name(show: list[str], pitchcast: Run) -> None:
    invited = pitchcast("prospects", "invite", "Sam Lee", "--by", "Acme").out
    for who in ("Sam Lee", "lee, sam", "acme-corp.2"):
        assert pitchcast("link", who).out == invited
        for command in (["feeds", "show"], ["feeds", "build"], ["feeds", "check", "--prospect"]):
            assert pitchcast(*command, who).code == 0
        assert pitchcast("prospects", "show", who, "--json").json["id"] == "acme-corp"
        assert pitchcast("feeds", "rotate", who, "--dry-run", "--json").json["feeds"][0]["id"] == "acme-corp.2"
        assert pitchcast("prospects", "invite", "Al Roe", "--by", who, "--json").json["parent"] == "acme-corp.2"
        refused = pitchcast("episodes", "deliver", "new-recording-12", "--to", who, "--json")
        assert "follows it by itself" in refused.json["error"]["message"]
        assert pitchcast("prospects", "edit", who, "--company", "A", "--json").json["error"]["kind"] == "unknown_name"
    assert "Sam Lee (acme-corp.2)" in pitchcast("link", "Sam Leee").err


def test_an_episode_goes_by_all_its_names(show: list[str], pitchcast: Run) -> None:
    guid = pitchcast("episodes", "show", "new-recording-12", "--json").json["episode"]["guid"]
    for command in EPISODES:
        for name in [*show, guid]:
            done = pitchcast(*filled(command, episode=name), "--yes")
            assert done.code == 0, (command, name, done.err)
        failed = pitchcast(*filled(command, episode="New Recordings 12"), "--yes", "--json")
        assert failed.json["error"]["hint"].startswith("Did you mean New Recording 12 (new-recording-12)?")
