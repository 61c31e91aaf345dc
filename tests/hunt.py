"""Hunt for what the fixed examples of the property tests miss: the same tests, again and again with fresh seeds.

    python -m tests.hunt [--minutes 10] [files or pytest's arguments]

Ends with the first fault it finds, or when the time is up. A round is finished once it is begun.
"""

import argparse
import secrets
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOUND = """
Found with the seed {seed}. To keep it:
1. Copy the values of the falsifying example into an @example(…) above the test's @given.
2. Run that test: it fails now each time. Mend the code until it passes.
3. Commit both together.
"""


def main() -> int:
    """Hunt; return 0 if nothing was found, else pytest's exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0, help="begin no further round after that time")
    options, for_pytest = parser.parse_known_args()
    end = time.monotonic() + options.minutes * 60
    rounds = 0
    while rounds == 0 or time.monotonic() < end:
        seed = secrets.randbelow(2**32)
        print(f"Round {rounds + 1}, seed {seed}", flush=True)
        code = run_round(seed, for_pytest or ["tests"])
        if code:
            print(FOUND.format(seed=seed))
            return code
        rounds += 1
    print(f"Nothing found in {'one round' if rounds == 1 else f'{rounds} rounds'}.")
    return 0


def run_round(seed: int, for_pytest: list[str]) -> int:
    """Run the property tests once with this seed; return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", "-p", "no:cacheprovider"]
    command += ["--hypothesis-profile=hunt", f"--hypothesis-seed={seed}", *for_pytest]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
