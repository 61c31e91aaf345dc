"""When a request to S3 is sent again, beyond what botocore itself sends again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError

from pitchcast.storage.s3.errors import error_code

_T = TypeVar("_T")
MOST_SILENCES = 2
"""How often a request is sent that nobody answers; ``Address.attempt_s`` is how long each time is waited."""
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


def give_up_on_silence(attempts: int, caught_exception: Exception | None, **_: object) -> None:
    """Raise a timeout instead of letting botocore send the request for a third time: its event ``needs-retry``."""
    if isinstance(caught_exception, ReadTimeoutError) and attempts >= MOST_SILENCES:
        raise caught_exception
