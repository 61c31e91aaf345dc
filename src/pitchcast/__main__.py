"""``python -m pitchcast`` is the same as ``pitchcast``."""

import os
import sys


def run() -> int:
    """Run the command line, after leaving out the working folder: ``python -m`` looks for modules there first."""
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109 - pathlib may not be loaded yet
        del sys.path[0]
    from pitchcast.cli.app import main

    return main()


if __name__ == "__main__":
    sys.exit(run())
