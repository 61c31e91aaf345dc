"""``python -m pitchcast`` is the same as ``pitchcast``."""

import sys

from pitchcast.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
