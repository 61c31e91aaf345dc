"""Turn a salesperson's recorded pitch into a private podcast for one prospect.

``pitchcast.open(config or url)`` is the way in; ``pitchcast.PitchcastError`` is what can go wrong.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pitchcast.api import PitchShow
    from pitchcast.api import open_show as open
    from pitchcast.errors import PitchcastError
    from pitchcast.model.answers.episodes import EpisodeAnswer
    from pitchcast.model.answers.feeds import Built, FeedAnswer
    from pitchcast.model.answers.prospects import ProspectAnswer
    from pitchcast.model.answers.publish import Published, PublishedFeed
    from pitchcast.model.answers.undo import TakenBack
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

_HOMES = {
    "Built": ("pitchcast.model.answers.feeds", "Built"),
    "EpisodeAnswer": ("pitchcast.model.answers.episodes", "EpisodeAnswer"),
    "FeedAnswer": ("pitchcast.model.answers.feeds", "FeedAnswer"),
    "ProspectAnswer": ("pitchcast.model.answers.prospects", "ProspectAnswer"),
    "Published": ("pitchcast.model.answers.publish", "Published"),
    "PublishedFeed": ("pitchcast.model.answers.publish", "PublishedFeed"),
    "TakenBack": ("pitchcast.model.answers.undo", "TakenBack"),
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
