"""The program as people run it: in a folder of its own, with nothing of this machine's user around it."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pitchcast.cli.app import main


@dataclass(frozen=True)
class Done:
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment without settings and keys of whoever runs the tests."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PITCHCAST_", "AWS_", "XDG_"))}
    return {**kept, "HOME": str(home), "PITCHCAST_USER": "dana@laptop", "NO_COLOR": "", "TERM": "xterm-256color"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clean_environment: dict[str, str]) -> Path:
    """An empty working directory, in that environment."""
    for name in set(os.environ) - set(clean_environment):
        monkeypatch.delenv(name)
    for name, value in clean_environment.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def pitchcast(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line within this process, which is much quicker, with nobody at a terminal."""

    def run(*arguments: str | Path) -> Done:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def program(clean_environment: dict[str, str]) -> Run:
    """Run the program as a process of its own in the folder *cwd*, with pipes instead of a terminal."""

    def run(*arguments: str | Path, cwd: Path, **environment: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "pitchcast", *map(str, arguments)],
            cwd=cwd,
            env={**clean_environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    return run


@pytest.fixture(scope="session")
def first_publish(tmp_path_factory: pytest.TempPathFactory, pitch_m4a: Path, program: Run) -> tuple[Path, Done]:
    """A folder in which the first pitch was published for Acme Corp by a script, and what that run said."""
    folder = tmp_path_factory.mktemp("first")
    shutil.copy(pitch_m4a, folder)
    return folder, program("publish", pitch_m4a.name, "--to", "Acme Corp", cwd=folder)


@pytest.fixture
def published(here: Path, first_publish: tuple[Path, Done]) -> Path:
    """The working directory, holding a copy of that show; its recording lies there too."""
    shutil.copytree(first_publish[0], here, dirs_exist_ok=True)
    return here


def stored(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its name, to see that nothing changed."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
