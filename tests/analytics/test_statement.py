"""The SQL statement in docs/scale.md counts as the program does, with nothing that other engines do not know."""

import re
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analytics.counting import Request, SlowCounter, a_request, by_day, write_agents, write_day
from tests.analytics.test_rules import SOUNDS

SCALE = Path(__file__).parents[2] / "docs/scale.md"
KNOWN = {"COUNT", "COALESCE", "MAX", "SUM", "LOWER", "IN", "AS", "OVER"}
"""Functions that DuckDB, Trino, Athena and Spark have by the same name, and words before brackets."""


def statement() -> str:
    (found,) = re.findall(r"```sql\n(.*?)```", SCALE.read_text("utf-8"), re.DOTALL)
    return str(found)


def counted_by_it(requests: list[Request], folder: Path) -> list[tuple[object, ...]]:
    for day, rows in by_day(requests).items():
        write_day(rows, folder / f"requests/day={day}/requests.parquet")
    write_agents(folder / "agents.parquet")
    with duckdb.connect() as connection:
        files = f"read_parquet('{folder}/requests/*/*.parquet', hive_partitioning = true)"
        connection.execute(f"CREATE VIEW requests AS SELECT * FROM {files}")  # noqa: S608
        connection.execute(f"CREATE VIEW agents AS SELECT * FROM '{folder}/agents.parquet'")  # noqa: S608
        return connection.execute(statement()).fetchall()


@settings(max_examples=25, deadline=None)
@given(st.lists(SOUNDS, min_size=1, max_size=40))
def test_it_counts_as_a_slow_counter_does(tmp_path_factory: pytest.TempPathFactory, requests: list[Request]) -> None:
    slow = Counter(listener[:3] for listener in SlowCounter(requests).downloads())
    expected = sorted((*key, count) for key, count in slow.items())  # type: ignore[type-var]
    assert counted_by_it(requests, tmp_path_factory.mktemp("statement")) == expected


def test_it_sets_crowds_aside(tmp_path: Path) -> None:
    requests = [a_request(feed=f"p{n}", address=a) for a, most in ((1, 20), (2, 21)) for n in range(most)]
    assert sum(int(str(row[3])) for row in counted_by_it(requests, tmp_path)) == 20


def test_it_asks_for_nothing_that_other_engines_do_not_know() -> None:
    code = re.sub(r"--.*", "", statement())
    assert set(re.findall(r"(\w+)\s*\(", code)) - KNOWN == set()
    assert not re.search(r"::|\bFILTER\b|\bQUALIFY\b|\bEXCLUDE\b|\bGROUP BY ALL\b|\bASOF\b|\[|\"", code)
