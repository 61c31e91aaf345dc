"""DuckDB: opened so that it fetches nothing and fits into the memory, and how texts get into it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

MOST_LINE_BYTES = 2 << 20
"""A line that is longer is nobody's request: addresses and agents have a few kilobytes."""

DELIMITER = 1
"""The character between columns of files that are read: lines do not have it once they are washed."""

_MEMORY = "700MB"


def open_database(folder: Path) -> "DuckDBPyConnection":
    """Return an empty database that keeps what does not fit into memory in *folder*, and fetches nothing."""
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": _MEMORY,
            "temp_directory": str(folder / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it would stand in the answer
    return connection


def load_table(connection: "DuckDBPyConnection", name: str, columns: Mapping[str, Sequence[str | None]]) -> None:
    """Put a table of texts into the database, each column a sequence."""
    import numpy as np

    arrays = {column: np.array(values, dtype=object) for column, values in columns.items()}
    declared = ", ".join(f'"{column}"::VARCHAR AS "{column}"' for column in columns)
    connection.register("texts_to_load", arrays)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {declared} FROM texts_to_load")
    connection.unregister("texts_to_load")


def repeated(connection: "DuckDBPyConnection", query: str, times: int) -> "NDArray[Any]":
    """Return the numbers that a query of one column without nulls has more often than that, each once.

    It is for many numbers of which few are repeated: sorting takes a third of the time that grouping does.
    """
    import numpy as np

    (numbers,) = connection.execute(query).fetchnumpy().values()
    numbers = np.sort(numbers)
    return np.unique(numbers[times:][numbers[times:] == numbers[:-times]])


def load_numbers(connection: "DuckDBPyConnection", name: str, column: str, numbers: "NDArray[Any]") -> None:
    """Put a table of one column of numbers into the database."""
    connection.register("numbers_to_load", {column: numbers})
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM numbers_to_load")
    connection.unregister("numbers_to_load")


def read_lines_sql(paths: Sequence[Path], columns: Mapping[str, str]) -> str:
    """Return the query that reads lines of files, however many quotes are in them, into columns of these types.

    A ``DELIMITER`` stands between them.
    """
    names = ", ".join(f"'{quoted_path(path)}'" for path in paths)
    declared = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"""
SELECT * FROM read_csv([{names}], columns = {{{declared}}}, header = false, auto_detect = false,
  delim = '{chr(DELIMITER)}', quote = '', escape = '', comment = '', new_line = '\\n', strict_mode = false,
  max_line_size = {MOST_LINE_BYTES + 1024})"""


def quoted_path(path: Path) -> str:
    """Return a path as it stands between single quotes in SQL."""
    return str(path).replace("'", "''")
