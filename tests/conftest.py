"""What every test may ask for."""

import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache

import pytest
from hypothesis import settings

import tests.fixtures.examples  # noqa: F401 - registers the profiles
from pitchcast.artwork import cover
from pitchcast.invocation import start_as

pytest_plugins = [
    "tests.fixtures.browser",
    "tests.fixtures.program",
    "tests.fixtures.seaweedfs",
    "tests.fixtures.speech",
]

settings.load_profile("fixed")  # --hypothesis-profile takes another one

# Nothing of the user who runs the tests is read or written; a test that runs the program gives it a home besides.
for _name in ("XDG_CONFIG_HOME", "APPDATA"):
    os.environ[_name] = tempfile.mkdtemp(prefix="pitchcast-tests-home-")
for _name in ("PITCHCAST_USER", "PITCHCAST_SHOW", "PITCHCAST_CONFIG"):
    os.environ.pop(_name, None)

# Else each of the hundreds of processes that tests start would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session", autouse=True)
def covers_drawn_once() -> Iterator[None]:
    """Draw each cover once, which takes half a second: hundreds of tests begin a show with the same title.

    The same words give the same bytes. Tests of drawing import the functions by name, and so get those that draw.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("draw_cover", "make_thumbnail"):
            patch.setattr(cover, name, lru_cache(maxsize=64)(getattr(cover, name)))
        yield


@pytest.fixture(autouse=True)
def started_as_pitchcast() -> None:
    """Forget how a command was started that an earlier test ran in this process: hints would begin like it."""
    start_as(["pitchcast"])
