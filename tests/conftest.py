"""What every test may ask for."""

import os

from hypothesis import settings

import tests.fixtures.examples  # noqa: F401 - registers the profiles

pytest_plugins = [
    "tests.fixtures.browser",
    "tests.fixtures.program",
    "tests.fixtures.seaweedfs",
    "tests.fixtures.speech",
]

settings.load_profile("fixed")  # --hypothesis-profile takes another one

# Else each of the hundreds of processes that tests start would compile every module anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
