"""When a request to S3 is sent again, beyond what botocore itself sends again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from pitchcast.storage.s3.errors import error_code

_T = TypeVar("_T")
_MORE_ATTEMPTS = 4
_PAUSE_S = 0.4
_TRY_AGAIN = ("ConditionalRequestConflict", "OperationAborted", "SlowDown", "Throttling", "ServiceUnavailable", "503")


def persistently(call: Callable[[], _T]) -> _T:
    """Return what *call* returns, asking again where the service is busy or two writers collided."""
    for attempt in range(_MORE_ATTEMPTS):
        try:
            return call()
        except ClientError as error:
            if error_code(error) not in _TRY_AGAIN:
                raise
            pause(attempt)
    return call()


def pause(attempt: int) -> None:
    """Wait before the attempt after number *attempt*, counted from 0: each time about twice as long."""
    time.sleep(random.uniform(0.5, 1.0) * _PAUSE_S * 2**attempt)  # noqa: S311 - spreads writers, protects nothing
