"""``pitchcast`` alone, and the commands that answer: what did I send to whom, and when."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.test_schemas import check
from tests.fixtures.access_log import a_log
from tests.fixtures.program import Run

EPISODE = "new-recording-12"
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d"


def test_without_a_show_it_says_what_comes_first(here: Path, pitchcast: Run) -> None:
    done = pitchcast()
    assert done.code == 0
    assert 'pitchcast publish RECORDING --to "Acme Corp"' in done.out
    assert "pitchcast join FILE" in done.out
    assert done.out.endswith("All commands: pitchcast --help\n")
    assert not list(here.iterdir())


def test_it_shows_what_was_sent_last_and_the_next_step(published: Path, pitchcast: Run, other_recording: Path) -> None:
    pitchcast("publish", other_recording, "--to", "acme-corp", "--to", "Beta AG", "--title", "Second idea", "--yes")
    done = pitchcast()
    assert done.code == 0
    assert "On this computer only" in done.out
    first, second = re.findall(rf"^  (\S.*\S) +{MOMENT}$", done.out, re.MULTILINE)
    assert re.fullmatch(r"Acme Corp, Beta AG +Second idea", first)
    assert re.fullmatch(r"Acme Corp +New Recording 12", second)
    assert "Needs attention" not in done.out
    assert "Next: put it online\n  pitchcast join FILE" in done.out


def test_scripts_get_the_same(published: Path, pitchcast: Run) -> None:
    answer = pitchcast("--json").json
    check("home", answer)
    assert [one["episode"]["id"] for one in answer["sent"]] == [EPISODE]
    assert answer["sent"][0]["prospects"] == [{"id": "acme-corp", "name": "Acme Corp"}]
    assert (answer["sent"][0]["who"], answer["sent"][0]["feeds"], answer["online"]) == ("dana@laptop", 1, False)


def test_no_more_than_five_are_shown(published: Path, pitchcast: Run) -> None:
    for number in range(6):
        pitchcast("episodes", "deliver", EPISODE, "--to", f"Prospect {number}")
    sent = pitchcast("--json").json["sent"]
    assert [one["prospects"][0]["name"] for one in sent] == [f"Prospect {number}" for number in (5, 4, 3, 2, 1)]


def expiring(show: Path, pitchcast: Run) -> None:
    pitchcast("feeds", "expire", "acme-corp", "--after", "3d", "--yes")


def edited_file(show: Path, pitchcast: Run) -> None:
    file = show / "pitchcast.toml"
    file.write_text(re.sub(r"(?m)^title = .*", 'title = "Bills"', file.read_text(encoding="utf-8")), encoding="utf-8")


def undone(show: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "add", "Beta AG")
    pitchcast("undo", "--yes")


def interrupted(show: Path, pitchcast: Run) -> None:
    record = '{"at": "2020-01-01T00:00:00Z", "who": "sam@desk", "paths": [], "intent": "x", "name": "publish"}'
    folder = show / "site" / "private" / "pending"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{'a' * 32}.json").write_text(record, encoding="utf-8")


@pytest.mark.parametrize(
    ("happens", "what", "do"),
    [
        pytest.param(expiring, "links end soon: acme-corp", "feeds expire acme-corp --never", id="a link ends"),
        pytest.param(edited_file, "show.title: pitchcast.toml says “Bills”", "show apply", id="settings differ"),
        pytest.param(undone, "nobody has anything to listen to yet, of 1 prospect", "publish", id="nothing was sent"),
        pytest.param(interrupted, "“publish” by sam@desk", "doctor --repair", id="a command was cut off"),
    ],
)
def test_it_names_what_needs_attention(
    published: Path, pitchcast: Run, happens: Callable[[Path, Run], None], what: str, do: str
) -> None:
    happens(published, pitchcast)
    before = (published / "site" / "private" / "catalog.json.gz").read_bytes()
    done = pitchcast()
    assert done.code == 0
    assert what in done.out.partition("Needs attention")[2]
    assert f"pitchcast {do}" in done.out
    assert (published / "site" / "private" / "catalog.json.gz").read_bytes() == before


UNREACHABLE = (
    '[show]\ntitle = "Bills"\nhost = "Dana"\n[storage]\nurl = "s3://none"\nendpoint_url = "http://127.0.0.1:9"\n'
)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param(UNREACHABLE, "the storage cannot be reached", id="no storage"),
        pytest.param("[show]\nhots = 1\n", "did you mean host?", id="a mistake in the settings"),
        pytest.param("[show", "is not valid TOML", id="no settings"),
        pytest.param('[storage]\nurl = "s3://a_b"\n', "must look like s3://BUCKET", id="an address that is none"),
    ],
)
def test_what_cannot_be_looked_at_is_told(
    here: Path, pitchcast: Run, monkeypatch: pytest.MonkeyPatch, settings: str, said: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    (here / "pitchcast.toml").write_text(settings, encoding="utf-8")
    done = pitchcast()
    assert (done.code, done.err) == (0, "")
    assert said in done.out
    assert done.out.endswith("All commands: pitchcast --help\n")
    problem = pitchcast("--json")
    assert problem.code == 0
    assert said in problem.json["problem"]["message"]


def test_a_damaged_catalog_is_told(published: Path, pitchcast: Run) -> None:
    (published / "site" / "private" / "catalog.json.gz").write_bytes(b"no catalog")
    done = pitchcast()
    assert done.code == 0
    assert "damaged" in done.out
    assert "pitchcast doctor --repair" in done.out


def test_a_prospect_shows_what_it_was_sent(published: Path, pitchcast: Run, other_recording: Path) -> None:
    pitchcast("publish", other_recording, "--to", "acme-corp", "--title", "Second idea")
    pitchcast("episodes", "withdraw", EPISODE, "--yes")
    sent = pitchcast("prospects", "show", "Acme", "--json").json["sent"]
    assert [(one["episode"]["name"], one["who"], one["withdrawn"]) for one in sent] == [
        ("Second idea", "dana@laptop", False),
        ("New Recording 12", "dana@laptop", True),
    ]
    shown = pitchcast("prospects", "show", "Acme").out
    assert re.search(rf"{MOMENT}  Second idea +dana@laptop\n", shown)
    assert re.search(rf"{MOMENT}  New Recording 12 \(withdrawn\) +dana@laptop\n", shown)


def test_an_episode_shows_who_was_sent_it_and_who_passed_it_on(published: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "invite", "Jo Doe", "--by", "acme-corp")
    pitchcast("prospects", "invite", "Kim Lee", "--by", "Jo Doe")
    pitchcast("episodes", "deliver", EPISODE, "--to", "Beta AG", "--public", "--yes")
    pitchcast("feeds", "revoke", "beta-ag", "--yes")
    recipients = pitchcast("episodes", "show", EPISODE, "--json").json["recipients"]
    assert [(one["name"], one["passed_on_by"], one["state"]) for one in recipients] == [
        ("Acme Corp", "", "active"),
        ("Jo Doe", "Acme Corp", "active"),
        ("Kim Lee", "Jo Doe", "active"),
        ("Beta AG", "", "revoked"),
        ("", "", "active"),
    ]
    shown = pitchcast("episodes", "show", EPISODE).out
    for said in ("Acme Corp", r"Kim Lee \(passed on by Jo Doe\)", r"Beta AG \(revoked\)", "everyone"):
        assert re.search(rf"{MOMENT}  {said} +dana@laptop\n", shown)


def test_history_says_for_whom(published: Path, pitchcast: Run) -> None:
    pitchcast("episodes", "deliver", EPISODE, *(f"--to=Prospect {number}" for number in range(5)), "--public", "--yes")
    revisions = pitchcast("history", "list", "--json").json["revisions"]
    assert [one["what"] for one in revisions[:2]] == [
        "delivered New Recording 12 to Prospect 0, Prospect 1, Prospect 2, everyone and 2 more",
        "published New Recording 12 for Acme Corp",
    ]
    sent = pitchcast("history", "show", str(revisions[0]["revision"]), "--json").json["sent"]
    assert [one["name"] for one in sent[0]["prospects"]] == [f"Prospect {number}" for number in range(5)]
    assert (sent[0]["feeds"], sent[0]["public"]) == (6, True)
    assert "“New Recording 12” to Acme Corp" in pitchcast("history", "show", str(revisions[1]["revision"])).out


def test_history_forgets_for_whom_with_the_prospect(published: Path, pitchcast: Run) -> None:
    pitchcast("prospects", "remove", "acme-corp", "--purge-history", "--yes")
    assert "Acme" not in pitchcast("history", "list", "--json").out


def test_what_was_sent_shows_what_was_seen_since(
    published: Path, pitchcast: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once logs have been read it says “opened, played, tapped”; what was done before something was sent is none."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "seen" not in pitchcast().out
    log = a_log(published, pitchcast)
    log.now = datetime.now(UTC)
    log.add("call.html", 30)
    log.add("index.html", -0.01)
    log.add(log.audio, -0.02)
    assert pitchcast("logs", "sync", log.file).code == 0
    assert pitchcast("episodes", "deliver", EPISODE, "--to", "Beta AG").code == 0
    done = pitchcast()
    assert re.search(rf"Sent last \(seen until {MOMENT}\)", done.out)
    assert re.search(rf"Acme Corp .*{MOMENT} +opened, played *$", done.out, re.MULTILINE)
    assert re.search(rf"Beta AG .*{MOMENT} *$", done.out, re.MULTILINE)
    answer = pitchcast("--json").json
    check("home", answer)
    assert [one["seen"] for one in answer["sent"]] == [
        {"opened": 0, "played": 0, "tapped": 0},
        {"opened": 1, "played": 1, "tapped": 0},
    ]


def test_the_glance_counts_nothing(published: Path) -> None:
    """It reads what was counted before, and never brings along what counts."""
    script = "import sys; from pitchcast.cli.app import main; main([]); print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("False")
