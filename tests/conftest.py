"""What every test may ask for."""

import os
import tempfile

import pytest
from hypothesis import settings

import tests.fixtures.examples  # noqa: F401 - registers the profiles
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


@pytest.fixture(autouse=True)
def started_as_pitchcast() -> None:
    """Forget how a command was started that an earlier test ran in this process: hints would begin like it."""
    start_as(["pitchcast"])
