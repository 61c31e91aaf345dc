"""Make the files of pinned packages anew, from pyproject.toml.

    python -m tests.supply.pin [--upgrade] [--days 7]

Versions stay as they are where they still fit; ``--upgrade`` takes the newest. A release younger than a week is not
taken: most stolen ones are found within days. For an urgent correction say ``--days 0``. Afterwards install what is
pinned (``python tests/run.py``) and make THIRD_PARTY.md anew (``python -m tests.supply.third_party``).
"""

import argparse
import re
import subprocess
import sys

from tests.supply.pins import FILES, ROOT, Pinned

OLDEST_PYTHON = "3.11"
HEADER = "# Made by python -m tests.supply.pin, from pyproject.toml; docs/testing.md says when.\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.supply.pin", description="Pin every package anew.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    parser.add_argument("--days", type=int, default=7, help="take no release that is younger (7)")
    chosen = parser.parse_args()
    made: list[str] = []
    for pinned in FILES:
        make(pinned, made, upgrade=chosen.upgrade, days=chosen.days)
        made.append(pinned.file)
    return 0


def make(pinned: Pinned, earlier: list[str], *, upgrade: bool, days: int) -> None:
    """Write one file; what *earlier* files pin has the same version in it."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--python-version", OLDEST_PYTHON, "--exclude-newer", f"{days} days"]
    command += ["--no-header", "--no-emit-index-url", "--no-emit-find-links"]
    command += [part for file in earlier for part in ("--constraints", file)]
    command += [part for extra in pinned.extras for part in ("--extra", extra)]
    command += ["--group", pinned.group] if pinned.group else ["pyproject.toml"]
    command += ["--upgrade"] if upgrade else []
    subprocess.run([*command, "--output-file", pinned.file], cwd=ROOT, check=True)
    path = ROOT / pinned.file
    # Which of our own files constrained a version says nothing about who needs the package.
    text = re.sub(r"^    #   -c .*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(HEADER + text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
