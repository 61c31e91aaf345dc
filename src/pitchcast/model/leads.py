"""What makes a lead: how much each kind of signal is worth, how fast that fades, and from how many points on one calls.

All of these are a first judgement, tested on no data. There are no points for who somebody is, and none for silence.
"""

from dataclasses import dataclass
from typing import Literal

Band = Literal["call today", "warm", ""]
"""What is to be done with a lead; "" has some points, and too few for either."""

SignalKind = Literal[
    "play", "tap", "unsure tap", "passed on", "colleague", "pasted", "subscribed", "download", "open", "returning"
]
"""What was seen of a prospect, as far as points go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRules:
    """Points by kind of signal, the days after which half of them are left, and the points from which a band begins.

    ``points_..._again`` is what counts after the first, ``points_..._most`` what one kind can come to: links that were
    passed on altogether, downloads in 30 days.
    """

    half_life: int = 14
    call_today: int = 40
    warm: int = 20
    points_play: int = 10
    points_play_again: int = 8
    points_tap: int = 30
    points_unsure_tap: int = 5
    points_passed_on: int = 20
    points_passed_on_again: int = 10
    points_passed_on_most: int = 50
    points_colleague: int = 20
    points_pasted: int = 5
    points_subscribed: int = 15
    points_download: int = 3
    points_downloads_most: int = 9
    points_open: int = 2
    points_returning: int = 10
