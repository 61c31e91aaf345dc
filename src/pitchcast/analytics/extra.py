"""The extra ``pitchcast[stats]``: what reading and counting access logs needs beside pitchcast itself."""

import sys
from importlib.util import find_spec

from pitchcast.errors import ConfigError
from pitchcast.invocation import pip_install

_ZSTD = () if sys.version_info >= (3, 14) else ("backports.zstd",)
_MODULES = (*_ZSTD, "duckdb", "crawleruseragents", "ua_parser", "iporigin", "pygal")


def require_stats(what: str) -> None:
    """Raise ConfigError, with the one command that mends it, where the extra is not installed.

    *what* is what needs it, as in “logs sync”.
    """
    if missing := _missing():
        raise ConfigError(
            f"“{what}” needs packages that are not installed: {', '.join(missing)}",
            hint=f"Install them: {pip_install('pitchcast[stats]')}",
        )


def is_installed() -> bool:
    """Return whether the extra is installed."""
    return not _missing()


def _missing() -> list[str]:
    return [name for name in _MODULES if not _is_there(name)]


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # what it is a part of
        return False
