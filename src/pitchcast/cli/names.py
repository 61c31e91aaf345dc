"""Names as people read them: whom a feed is for, whom something was sent to, and several names as one list."""

from collections.abc import Sequence

from pitchcast.model.answers.feeds import FeedAnswer
from pitchcast.model.answers.sent import Sending

_NAMED = 5


def listed(names: Sequence[str], limit: int = _NAMED) -> str:
    """Return names as a list to read, of which at most *limit* are said."""
    shown, more = list(names[:limit]), len(names) - limit
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def audience_of(feed: FeedAnswer) -> str:
    """Return whom a feed is for."""
    if feed.parent and feed.prospect:
        return f"{feed.name or feed.id} (passed on from {feed.prospect.name})"
    return feed.prospect.name if feed.prospect else "everyone"


def sent_to(sending: Sending, limit: int | None = None) -> str:
    """Return whom something was sent to; of very many the answer itself names the first only."""
    names = [prospect.name for prospect in sending.prospects] + ["everyone"] * sending.public
    shown = names[:limit]
    more = f" and {sending.feeds - len(shown):,} more" if sending.feeds > len(shown) else ""
    return f"{', '.join(shown)}{more}"
