"""What every test may ask for."""

pytest_plugins = ["tests.fixtures.browser", "tests.fixtures.seaweedfs", "tests.fixtures.speech"]
