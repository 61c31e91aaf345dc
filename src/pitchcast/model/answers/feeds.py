"""What ``pitchcast feeds`` answers: feeds, what a build did, links for a CRM, access that was changed."""

from datetime import datetime

from pitchcast.model.answers.base import Answer, Failures, Named
from pitchcast.model.contents import Contents
from pitchcast.model.external_ids import IdKind
from pitchcast.model.feed import Access, Feed, State


class FeedAnswer(Answer, frozen=True):
    """A feed. ``prospect`` is None for the public one; ``expires`` is None where it does not.

    ``parent`` is the feed that a colleague's was passed on from, "" for others; ``name`` is the colleague's, "" where
    nobody has said it. ``greetings`` is how many of its episodes begin with a greeting. ``suspended_until`` is when it
    ends because a list lacked the prospect, None where none did.
    """

    id: str
    prospect: Named | None
    access: Access
    state: State
    feed_url: str
    page_url: str
    episodes: int
    expires: datetime | None = None
    parent: str = ""
    name: str = ""
    greetings: int = 0
    suspended_until: datetime | None = None


class Feeds(Answer, frozen=True):
    """Feeds, in the order in which they were made."""

    feeds: tuple[FeedAnswer, ...]


class Built(Answer, frozen=True):
    """What a build did, or would do: numbers of objects, ``bytes`` put and copied."""

    feeds: int = 0
    put: int = 0
    copied: int = 0
    deleted: int = 0
    unchanged: int = 0
    bytes: int = 0
    duration_s: float = 0.0


class NotBuilt(Answer, frozen=True):
    """A feed that could not be built, and why; "" is a folder that belongs to no feed any more."""

    feed: str
    reason: str


class BuiltFeeds(Built, frozen=True):
    """What a build of feeds did, or would do.

    ``failed`` are those that could not be built, ``failures`` counts them. ``fetched_again`` are ids of feeds of which
    an episode's audio gets another address, so that podcast apps may fetch it once more.
    """

    failed: tuple[NotBuilt, ...] = ()
    fetched_again: tuple[str, ...] = ()
    failures: Failures = Failures()


class ExportedProspect(Answer, frozen=True):
    """A prospect as a CRM knows it."""

    id: str
    name: str
    external_id: str
    email: str
    external_id_kind: IdKind = ""


class ExportedFeed(Answer, frozen=True):
    """A prospect's feed, with what a CRM knows the prospect by."""

    prospect: ExportedProspect
    access: Access
    state: State
    feed_url: str
    page_url: str
    expires: datetime | None
    suspended_until: datetime | None = None


class ExportedFeeds(Answer, frozen=True):
    """Prospects' feeds, with what a CRM knows the prospects by."""

    feeds: tuple[ExportedFeed, ...]


class LeftOut(Answer, frozen=True):
    """A feed of a segment, or of all, that a command could not be carried out on, and why."""

    id: str
    why: str


class AccessChanged(Answer, frozen=True):
    """What became of feeds whose access was changed; ``unchanged`` are ids of those that were so already.

    Where nothing was written, addresses are those of now.
    """

    feeds: tuple[FeedAnswer, ...]
    unchanged: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    catalog_revision: int


def answer_feed(contents: Contents, feed: Feed) -> FeedAnswer:
    """Return what scripts are told of a feed."""
    content = contents.of(feed)
    prospect = contents.prospect_of(feed)
    return FeedAnswer(
        id=feed.id,
        prospect=Named(id=prospect.id, name=prospect.name) if prospect else None,
        access=feed.access,
        state=feed.state,
        feed_url=content.feed_url,
        page_url=content.page_url,
        episodes=len(content.deliveries),
        expires=feed.expires,
        parent=feed.parent,
        name=feed.name,
        greetings=sum(delivery.greeting is not None for delivery in content.deliveries),
        suspended_until=contents.suspended_until(feed),
    )
