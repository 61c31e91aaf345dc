"""One show for all tries of a module: each brings it back to the same beginning."""

from collections.abc import Iterator

import pytest

from tests.again.show import Show, folder_show, s3_show
from tests.fixtures.seaweedfs import SeaweedFS


@pytest.fixture(scope="session")
def in_folder() -> Iterator[Show]:
    """A show in a folder."""
    with folder_show() as show:
        yield show


@pytest.fixture(scope="session")
def in_bucket(seaweedfs: SeaweedFS) -> Iterator[Show]:
    """A show on a real S3 server."""
    with s3_show(seaweedfs) as show:
        yield show
