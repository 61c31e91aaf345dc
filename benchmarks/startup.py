"""How long does ``pitchcast --help`` take, against ``python -c "import typer, rich"``? At most 1.5 times is wanted.

    python benchmarks/startup.py

Both run in turn, so that a busy machine slows both; medians of wall and of processor time are printed.
"""

import os
import statistics
import subprocess
import sys
import time

ROUNDS = 21
LIMIT = 1.5
COMMANDS = {
    'python -c "import typer, rich"': [sys.executable, "-c", "import typer, rich"],
    "pitchcast --help": [sys.executable, "-m", "pitchcast", "--help"],
}


def measure(command: list[str]) -> tuple[float, float]:
    """Return wall and processor time of one run, in seconds."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    wall_s, after = time.perf_counter() - started, os.times()
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return wall_s, cpu_s


def main() -> int:
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for round_number in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            taken = measure(command)
            if round_number:  # the first round fills the caches
                runs[name].append(taken)
    medians = {name: [statistics.median(column) for column in zip(*taken, strict=True)] for name, taken in runs.items()}
    for name, (wall_s, cpu_s) in medians.items():
        print(f"{name:32} {wall_s * 1000:6.0f} ms wall {cpu_s * 1000:6.0f} ms processor")
    floor, ours = medians.values()
    ratios = [mine / theirs for mine, theirs in zip(ours, floor, strict=True)]
    print(f"ratio {ratios[0]:.2f} wall, {ratios[1]:.2f} processor (wanted: at most {LIMIT})")
    return 0 if min(ratios) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
