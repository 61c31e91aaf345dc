"""Turn a salesperson's recorded pitch into a private podcast for one prospect.

``pitchcast.open(config or url)`` is the way in; ``pitchcast.PitchcastError`` is what can go wrong.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pitchcast.api import PitchShow
    from pitchcast.api import open_show as open
    from pitchcast.errors import PitchcastError
    from pitchcast.model.answers import (
        Built,
        EpisodeAnswer,
        FeedAnswer,
        ProspectAnswer,
        Published,
        PublishedFeed,
        TakenBack,
    )
    from pitchcast.model.finding import Finding

__version__ = "0.1.0"
__all__ = [
    "Built",
    "EpisodeAnswer",
    "FeedAnswer",
    "Finding",
    "PitchShow",
    "PitchcastError",
    "ProspectAnswer",
    "Published",
    "PublishedFeed",
    "TakenBack",
    "__version__",
    "open",
]

_ANSWERS = ("Built", "EpisodeAnswer", "FeedAnswer", "ProspectAnswer", "Published", "PublishedFeed", "TakenBack")
_HOMES = {
    **{name: ("pitchcast.model.answers", name) for name in _ANSWERS},
    "open": ("pitchcast.api", "open_show"),
    "PitchShow": ("pitchcast.api", "PitchShow"),
    "PitchcastError": ("pitchcast.errors", "PitchcastError"),
    "Finding": ("pitchcast.model.finding", "Finding"),
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the command line starts quickly because of it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
