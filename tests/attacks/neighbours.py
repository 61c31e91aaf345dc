"""Another user of the same machine, for tests: real where the tests run as root, stood in for where they do not.

As root, files are given to another user and looked at by a process of that user. Nobody else may do so; there the
program is told that such files belong to another user, and what others may is read from the rights of files.
"""

import os
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.fixtures.program import Done

NEIGHBOUR = 65_534
IS_ROOT = os.geteuid() == 0
_PATIENCE_S = 300
_AS_IF_OF_ANOTHER = """
import os, sys, types

theirs = set(os.environ.pop("PITCHCAST_TEST_THEIRS").split())

def seen(look):
    def looked(*arguments, **named):
        found = look(*arguments, **named)
        if f"{found.st_dev}:{found.st_ino}" not in theirs:
            return found
        known = {name: getattr(found, name) for name in dir(found) if name.startswith("st_")}
        return types.SimpleNamespace(**{**known, "st_uid": os.geteuid() + 1})
    return looked

os.stat, os.lstat, os.fstat = seen(os.stat), seen(os.lstat), seen(os.fstat)
from pitchcast.cli.app import main
sys.exit(main(sys.argv[1:]))
"""
_LIST = "import os, sys; print(*os.listdir(sys.argv[1]), sep='\\n')"
_READ = "import sys; sys.stdout.write(open(sys.argv[1], encoding='utf-8').read())"


@dataclass
class Machine:
    """A machine with a neighbour on it; ``environment`` is that of the user who runs pitchcast."""

    environment: dict[str, str]
    _theirs: list[str] = field(default_factory=list)

    def give_to_neighbour(self, path: Path) -> None:
        """Let a file, folder or link be the neighbour's."""
        found = path.lstat()
        self._theirs.append(f"{found.st_dev}:{found.st_ino}")
        if IS_ROOT:
            os.chown(path, NEIGHBOUR, NEIGHBOUR, follow_symlinks=False)

    def pitchcast(self, *arguments: str | Path, cwd: Path, **environment: str) -> Done:
        """Run the program as its user does, with nobody at a terminal; one that hangs fails the test."""
        start = ["-m", "pitchcast"] if IS_ROOT or not self._theirs else ["-c", _AS_IF_OF_ANOTHER]
        return _run(
            [sys.executable, *start, *map(str, arguments)],
            cwd=cwd,
            env={**self.environment, "PITCHCAST_TEST_THEIRS": " ".join(self._theirs), **environment},
        )

    def neighbour_can_list(self, folder: Path) -> bool:
        """Return whether the neighbour gets the names in a folder."""
        if not IS_ROOT:
            return bool(folder.stat().st_mode & stat.S_IROTH)
        return _as_neighbour(_LIST, folder).code == 0

    def neighbour_can_read(self, path: Path, below: Path) -> bool:
        """Return whether the neighbour can read a file *below* a folder that is open to everybody."""
        if not IS_ROOT:
            above = [folder for folder in path.parents if folder.is_relative_to(below)]
            enters = all(folder.stat().st_mode & stat.S_IXOTH for folder in above)
            return enters and bool(path.stat().st_mode & stat.S_IROTH)
        return _as_neighbour(_READ, path).code == 0


def _as_neighbour(code: str, path: Path) -> Done:
    """Run a line of Python as the neighbour, who may use the system's Python only."""
    become = f"import os; os.setgroups([]); os.setgid({NEIGHBOUR}); os.setuid({NEIGHBOUR}); {code}"
    return _run([sys.executable, "-c", become, str(path)], cwd=Path("/"), env=dict(os.environ))


def _run(arguments: list[str], *, cwd: Path, env: dict[str, str]) -> Done:
    done = subprocess.run(
        arguments,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())
