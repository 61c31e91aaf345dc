"""What every test may ask for."""

from hypothesis import settings

pytest_plugins = ["tests.fixtures.browser", "tests.fixtures.seaweedfs", "tests.fixtures.speech"]

settings.register_profile("pitchcast", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("pitchcast")
