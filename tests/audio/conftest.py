"""What the tests of the audio stage may ask for."""

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

_NOBODY = 65534


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Give up root's rights for a while: root may read everything."""

    @contextlib.contextmanager
    def nobody() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(_NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return nobody
