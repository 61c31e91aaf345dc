"""docs/security.md has a row for every attack that is tried, and names no other."""

import ast
import re
from pathlib import Path

ATTACKS = Path(__file__).parent
TABLE = ATTACKS.parents[1] / "docs" / "security.md"
_NAMED = re.compile(r"`(test_\w+)\.py::(test_\w+)`")


def test_the_table_names_every_attack_and_no_other() -> None:
    named = set(_NAMED.findall(TABLE.read_text("utf-8")))
    assert named == set(_tried())


def test_a_row_says_who_and_what_stops_them() -> None:
    for number, line in enumerate(TABLE.read_text("utf-8").splitlines(), 1):
        if not _NAMED.search(line):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        assert len(cells) == 4, f"docs/security.md:{number}"
        assert all(cells), f"docs/security.md:{number}"


def _tried() -> list[tuple[str, str]]:
    return [
        (path.stem, function.name)
        for path in sorted(ATTACKS.glob("test_*.py"))
        if path != Path(__file__)
        for function in ast.parse(path.read_text("utf-8")).body
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
    ]
