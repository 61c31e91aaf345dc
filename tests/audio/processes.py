"""The programs that are running, asked of /proc where there is one, else of ps."""

import subprocess
from pathlib import Path

PROC = Path("/proc/self/stat")


def running_commands() -> list[str]:
    """Return the command line of every process that may be seen."""
    if not PROC.exists():
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
        return listed.stdout.splitlines()
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            commands.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it ended while it was looked at
    return commands
