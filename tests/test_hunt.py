"""Tests try the same examples each time; a hunt tries others, and says what to do with what it finds."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
PROPERTY = """
from pathlib import Path
from hypothesis import given, strategies as st

@given(st.integers(0, 2**60))
def test_property(number):
    with Path(__file__).with_name("tried").open("a") as tried:
        tried.write(f"{{number}}\\n")
    assert number < {limit}
"""


def hunt(folder: Path, limit: int) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text("import tests.fixtures.examples\n", encoding="utf-8")
    (folder / "test_it.py").write_text(PROPERTY.format(limit=limit), encoding="utf-8")
    command = [sys.executable, "-m", "tests.hunt", "--minutes", "0", str(folder / "test_it.py")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def tried(folder: Path) -> list[str]:
    return (folder / "tried").read_text(encoding="utf-8").split()


def examples_of_one_run() -> list[int]:
    seen: list[int] = []

    @given(st.integers(0, 2**60))
    def collect(number: int) -> None:
        seen.append(number)

    collect()
    return seen


def test_tests_try_the_same_examples_each_time() -> None:
    assert examples_of_one_run() == examples_of_one_run()


def test_a_hunt_tries_others_each_time(tmp_path: Path) -> None:
    done = hunt(tmp_path, limit=2**61)
    assert done.returncode == 0, done.stdout
    assert "Nothing found in one round." in done.stdout
    first = tried(tmp_path)
    assert len(first) >= 1000
    hunt(tmp_path, limit=2**61)
    assert tried(tmp_path)[len(first) :] != first


def test_a_hunt_says_what_it_found_and_how_to_keep_it(tmp_path: Path) -> None:
    done = hunt(tmp_path, limit=500)
    assert done.returncode == 1
    assert "number=500" in done.stdout
    assert "@example(…)" in done.stdout
