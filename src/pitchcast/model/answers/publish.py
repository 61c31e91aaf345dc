"""What ``pitchcast publish`` and ``episodes deliver`` answer: what was published, or would be."""

from collections.abc import Iterable, Mapping
from typing import Literal

from pitchcast.model.answers.base import Answer
from pitchcast.model.answers.episodes import EpisodeAnswer
from pitchcast.model.catalog import Catalog, Resolved
from pitchcast.model.episode import Greeting
from pitchcast.model.feed import Access


class PublishedFor(Answer, frozen=True):
    """Whom a feed that was published to is for; ``similar`` are ids of prospects with nearly that name."""

    id: str
    name: str
    created: bool
    similar: tuple[str, ...]


class GreetingAnswer(Answer, frozen=True):
    """What is heard before an episode in one feed; ``recording`` is the SHA-256 of the file that it came from."""

    duration_s: float
    heard_lufs: float
    true_peak_dbtp: float
    recording: str


class PublishedFeed(Answer, frozen=True):
    """One feed that holds the episode now. ``prospect`` is None for the public feed.

    Duration, size and hash are those of the audio in this feed: with a ``greeting`` it is longer than the episode's.
    """

    prospect: PublishedFor | None
    access: Access
    feed_url: str
    page_url: str
    audio_url: str
    new: bool
    """Whether this publish placed it there; False where it already was."""
    episodes: int
    """How many episodes the feed holds now."""
    duration_s: float
    size_bytes: int
    sha256: str
    greeting: GreetingAnswer | None


class PublishedCounts(Answer, frozen=True):
    """How many feeds hold the episode now, in how many this publish ``placed`` it, and how many it ``created``."""

    feeds: int
    placed: int
    created: int


class Published(Answer, frozen=True):
    """What came of a publish.

    With ``--all`` the command line counts the feeds and names none: a report names each.
    ``changed`` is False where everything was published before. ``trimmed_s`` is the silence cut. ``remarks`` are
    sentences about the recording, ``warnings`` about the rest.
    """

    episode: EpisodeAnswer
    feeds: tuple[PublishedFeed, ...]
    catalog_revision: int
    changed: bool
    trimmed_s: float
    remarks: tuple[str, ...]
    warnings: tuple[str, ...]
    counts: PublishedCounts


class PlannedEpisode(Answer, frozen=True):
    """The episode that would be published; its id is None where it would be a new one."""

    id: str | None
    title: str


class PlannedProspect(Answer, frozen=True):
    """Whom a feed would be for; the id is None where the prospect would be created."""

    id: str | None
    name: str
    created: bool
    similar: tuple[str, ...]


class PlannedFeed(Answer, frozen=True):
    """A feed that would get the episode."""

    prospect: PlannedProspect | None
    access: Literal["private", "public"]


class PlannedPublish(Answer, frozen=True):
    """What ``--dry-run`` answers: nothing was written."""

    dry_run: Literal[True]
    episode: PlannedEpisode
    feeds: tuple[PlannedFeed, ...]
    greeting: str
    """Name of the file that is heard first, "" for none."""
    warnings: tuple[str, ...]


def planned_feeds(
    catalog: Catalog, resolved: Resolved, similar: Mapping[str, tuple[str, ...]]
) -> tuple[PlannedFeed, ...]:
    """Return the feeds that would get an episode: those of known prospects, of new ones, then the public one.

    *similar* gives, for each new prospect by name, ids of those with nearly that name.
    """
    names = {prospect.id: prospect.name for prospect in catalog.prospects}
    prospects = [
        PlannedProspect(id=feed.prospect, name=names[feed.prospect], created=False, similar=())
        for feed in resolved.feeds
    ]
    prospects += [
        PlannedProspect(id=None, name=mention.name, created=True, similar=tuple(similar.get(mention.name, ())))
        for mention in resolved.new
    ]
    feeds = [PlannedFeed(prospect=prospect, access="private") for prospect in prospects]
    return (*feeds, PlannedFeed(prospect=None, access="public")) if resolved.public else tuple(feeds)


def count_published(feeds: Iterable[PublishedFeed]) -> PublishedCounts:
    """Return the numbers that stand for these feeds."""
    told = tuple(feeds)
    return PublishedCounts(
        feeds=len(told),
        placed=sum(feed.new for feed in told),
        created=sum(feed.prospect is not None and feed.prospect.created for feed in told),
    )


def answer_greeting(greeting: Greeting) -> GreetingAnswer:
    """Return what scripts are told of a greeting."""
    return GreetingAnswer(
        duration_s=round(greeting.shift_s, 3),
        heard_lufs=round(greeting.heard_lufs, 2),
        true_peak_dbtp=round(greeting.true_peak_dbtp, 2),
        recording=greeting.recording_sha256,
    )
