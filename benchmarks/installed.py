"""Programs as they run where they are installed: with the bytecode that Python keeps, whatever this shell is set to."""

import os
from pathlib import Path


def environment(bytecode: Path) -> dict[str, str]:
    """Return this process's environment, but Python keeps what it compiled in the folder *bytecode*."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(bytecode)}
