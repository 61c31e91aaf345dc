"""The present program's commands, run one after the other in one process: starting it anew takes a second each time.

The process is not pytest's own, so that what the program keeps for a whole run, such as the certificates it trusts, is
what these tests gave it.
"""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.upgrade.looking import Done

_LONGEST_S = 300.0


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that runs commands."""

    process: "subprocess.Popen[str]"

    def run(self, words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Done:
        """Run a command in a folder, with these variables and no others, and return what came of it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"words": list(words), "folder": str(folder), "environment": dict(environment)}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        too_long = threading.Timer(_LONGEST_S, self.process.kill)
        too_long.start()
        answer = self.process.stdout.readline()
        too_long.cancel()
        assert answer, f"{words}: the process ended"
        return Done(**json.loads(answer))


@contextmanager
def running_worker() -> Iterator[Worker]:
    """Start a process that runs commands; it ends with the block."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.upgrade.worker"]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            yield Worker(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(_LONGEST_S)


def main() -> None:
    """Answer each line of standard input, a command, by a line that says what came of it."""
    answers = sys.stdout
    for line in sys.stdin:
        answers.write(json.dumps(_done(json.loads(line))) + "\n")
        answers.flush()


def _done(asked: dict[str, Any]) -> dict[str, Any]:
    from pitchcast.cli.app import main as pitchcast

    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    with closing(_text()) as out, closing(_text()) as err:
        with redirect_stdout(out), redirect_stderr(err):
            code = pitchcast(asked["words"])
        return {"code": code, "out": _read(out), "err": _read(err)}


def _text() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")


def _read(text: io.TextIOWrapper) -> str:
    text.flush()
    text.seek(0)
    return text.read()


if __name__ == "__main__":
    main()
