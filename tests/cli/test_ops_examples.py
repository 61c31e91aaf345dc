"""What ops copy works: the nightly script runs, links stay in files, a shell completes commands."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import EPISODE
from tests.fixtures.program import Run

OPS = Path(__file__).parents[2] / "examples" / "ops"
PEOPLE = "Record ID,Full Name,Email,Tags\n1,Jo Doe,jo@acme.example,eu\n2,Ana Roe,ana@x.example,eu\n3,,no@x.example,\n"
TOKEN = re.compile(r"[a-z2-7]{26}")


def nightly(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    programs = Path(sys.executable).parent
    return subprocess.run(
        ["sh", OPS / "nightly.sh", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_night_and_the_next_one(published: Path) -> None:
    (published / "contacts.csv").write_text(PEOPLE, encoding="utf-8")
    first = nightly(published, "contacts.csv", "out", EPISODE, "eu", CRM="hubspot")
    assert first.returncode == 3, first.stderr
    out = published / "out"
    links = (out / "links.csv").read_text(encoding="utf-8-sig").splitlines()
    assert links[0] == "Record ID,Pitchcast page,Pitchcast state"
    assert len(links) == 3, "the third prospect has no id in the CRM"
    assert "it has no name" in (out / "rejects.csv").read_text(encoding="utf-8-sig")
    assert len(json.loads((out / "deliver.json").read_text(encoding="utf-8"))["feeds"]) == 2
    assert not TOKEN.search(first.stdout + first.stderr)
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}
    with (published / "contacts.csv").open("a", encoding="utf-8") as file:
        file.write("4,Wei Li,wei@x.example,eu\n")
    second = nightly(published, "contacts.csv", "out", EPISODE, "eu", CRM="hubspot")
    assert second.returncode == 3, second.stderr
    feeds = json.loads((out / "deliver.json").read_text(encoding="utf-8"))["feeds"]
    assert [feed["prospect"]["id"] for feed in feeds if feed["new"]] == ["wei-li"]
    assert json.loads((out / "build.json").read_text(encoding="utf-8"))["put"] == 0, "everything was in order"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["missing.csv", "out"], 1, id="no list"),
        pytest.param(["contacts.csv"], 2, id="no folder"),
        pytest.param(["contacts.csv", "out", "no-such-episode", "eu"], 1, id="no such episode"),
    ],
)
def test_a_step_that_fails_ends_the_night(published: Path, arguments: list[str], code: int) -> None:
    (published / "contacts.csv").write_text(PEOPLE, encoding="utf-8")
    done = nightly(published, *arguments)
    assert done.returncode == code or (code == 2 and done.returncode > 0)
    assert not (published / "out" / "links.csv").exists()


def test_the_job_and_the_cron_line_name_commands_that_exist(pitchcast: Run) -> None:
    for name in ("github-actions.yml", "crontab", "nightly.sh"):
        text = (OPS / name).read_text(encoding="utf-8")
        assert not TOKEN.search(text)
    cron = (OPS / "crontab").read_text(encoding="utf-8")
    assert "feeds build --quiet --json" in cron
    assert "links.csv" not in re.sub(r"aws s3 cp.*|for file in.*", "", _runs()), "links are only handed on as files"


def _runs() -> str:
    """Return what the job's steps run."""
    return "\n".join(re.findall(r"run: (.*(?:\n {10}.*)*)", (OPS / "github-actions.yml").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["pitchcast", "pros"], "prospects"),
        (["pitchcast", "prospects", "imp"], "import"),
        (["pitchcast", "prospects", "import", "--rem"], "--remove-missing"),
    ],
)
def test_bash_completes(here: Path, typed: list[str], offered: str) -> None:
    bash = shutil.which("bash")
    assert bash, "bash is part of what the tests need"
    script = (
        'eval "$(pitchcast --show-completion bash)"\n'
        f"COMP_WORDS=({' '.join(typed)}); COMP_CWORD={len(typed) - 1}; _pitchcast_completion pitchcast\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-c", script], cwd=here, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [offered]
