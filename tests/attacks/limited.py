"""The installed program with little memory and a clock against it: what blows up or never ends shows as that."""

import subprocess
import sys
from pathlib import Path

from tests.fixtures.program import Done

_START = """
import runpy, sys
try:
    import resource
except ImportError:  # Windows has no such limits
    pass
else:
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]) << 20,) * 2)
sys.argv[:] = ["pitchcast", *sys.argv[2:]]
runpy.run_module("pitchcast", run_name="__main__", alter_sys=True)
"""


def run_limited(
    *arguments: str | Path,
    cwd: Path,
    environment: dict[str, str],
    memory_mb: int = 1500,
    timeout_s: float = 120,
    given: bytes = b"",
) -> Done:
    """Run the program in the folder *cwd* with *given* on its stdin. Fails where it takes longer than *timeout_s*."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _START, str(memory_mb), *map(str, arguments)],
        cwd=cwd,
        env=environment,
        input=given,
        capture_output=True,
        check=False,
        timeout=timeout_s,
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def said_plainly(done: Done, *words: str) -> None:
    """Make sure that a run was refused in words, and that these are among them."""
    assert done.code == 1, (done.code, done.out, done.err)
    assert "Traceback" not in done.err
    assert "What to do:" in done.err or "Error:" in done.err
    for word in words:
        assert word in done.err, done.err
