"""What commands answer: the frozen types behind ``--json`` and the library. Fields are added, never renamed."""

from datetime import datetime

import msgspec

from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, Contents
from pitchcast.model.episode import Episode
from pitchcast.model.feed import Access, Feed, State
from pitchcast.model.finding import Finding
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand, Show


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to a script: every field is always there."""


class EpisodeAnswer(Answer, frozen=True):
    """An episode. Times in seconds, sizes in bytes; ``date`` is its first release, None if nothing carries it."""

    id: str
    title: str
    duration_s: float
    channels: int
    bitrate_kbps: int
    integrated_lufs: float
    heard_lufs: float
    true_peak_dbtp: float
    size_bytes: int
    sha256: str
    guid: str
    host: str
    notes: str
    season: int
    episode: int
    date: datetime | None
    feeds: int
    withdrawn: bool


class ProspectAnswer(Answer, frozen=True):
    """A prospect. ``episodes`` is how many its feed holds."""

    id: str
    name: str
    company: str
    email: str
    external_id: str
    language: str
    segments: tuple[str, ...]
    episodes: int
    page_url: str
    feed_url: str
    state: State


class Named(Answer, frozen=True):
    """A prospect by id and name."""

    id: str
    name: str


class PublishedFor(Answer, frozen=True):
    """Whom a feed that was published to is for; ``similar`` are ids of prospects with nearly that name."""

    id: str
    name: str
    created: bool
    similar: tuple[str, ...]


class PublishedFeed(Answer, frozen=True):
    """One feed that holds the episode now. ``prospect`` is None for the public feed."""

    prospect: PublishedFor | None
    access: Access
    feed_url: str
    page_url: str
    audio_url: str
    new: bool
    """Whether this publish placed it there; False where it already was."""
    episodes: int
    """How many episodes the feed holds now."""


class Published(Answer, frozen=True):
    """What came of a publish.

    ``changed`` is False where everything was published before. ``trimmed_s`` is the silence cut. ``remarks`` are
    sentences about the recording, ``warnings`` about the rest; ``problems`` say what is still to be put right
    although the episode is in the catalog, and make the command end with exit code 1.
    """

    episode: EpisodeAnswer
    feeds: tuple[PublishedFeed, ...]
    catalog_revision: int
    changed: bool
    trimmed_s: float
    remarks: tuple[str, ...]
    warnings: tuple[str, ...]
    problems: tuple[str, ...]


class FeedAnswer(Answer, frozen=True):
    """A feed. ``prospect`` is None for the public one; ``expires`` is None where it does not."""

    id: str
    prospect: Named | None
    access: Access
    state: State
    feed_url: str
    page_url: str
    episodes: int
    expires: datetime | None = None


class Built(Answer, frozen=True):
    """What a build did, or would do: numbers of objects, ``bytes`` put and copied."""

    feeds: int = 0
    put: int = 0
    copied: int = 0
    deleted: int = 0
    unchanged: int = 0
    bytes: int = 0
    duration_s: float = 0.0


class RejectedRow(Answer, frozen=True):
    """A row of a list that was not imported; ``row`` is its number in a spreadsheet program."""

    row: int
    reason: str


class ImportedProspects(Answer, frozen=True):
    """What an import did: numbers of prospects, and the rows that were left out.

    ``suspended`` prospects were missing from the list and their feeds were revoked; ``missing`` counts them also where
    that was not asked for. ``columns`` gives the header that each field was found under. ``warnings`` and ``problems``
    are as in Published. ``rejects_file`` is where the rejected rows were written, "" where nowhere.
    """

    created: int
    updated: int
    unchanged: int
    suspended: int
    missing: int
    rejected: tuple[RejectedRow, ...]
    columns: dict[str, str]
    catalog_revision: int
    built: Built
    warnings: tuple[str, ...]
    problems: tuple[str, ...]
    rejects_file: str = ""


class TakenBack(Answer, frozen=True):
    """What an undo or a withdrawal took out of feeds."""

    episode: Named
    feeds: tuple[FeedAnswer, ...]
    removed_prospects: tuple[Named, ...]
    episode_removed: bool
    catalog_revision: int


class ShowAnswer(Answer, frozen=True):
    """The show as the catalog has it."""

    show: Show
    brand: Brand
    public_url: str
    catalog_revision: int
    differences: tuple[str, ...] = ()


class Findings(Answer, frozen=True):
    """What a check found."""

    findings: tuple[Finding, ...]


class Difference(Record, frozen=True):
    """One setting that pitchcast.toml and the catalog see differently."""

    key: str
    in_settings: str
    in_catalog: str

    def __str__(self) -> str:
        """Return the difference as one line."""
        return f"{self.key}: pitchcast.toml says “{self.in_settings}”, the show has “{self.in_catalog}”"


def answer_episode(catalog: Catalog, episode: Episode) -> EpisodeAnswer:
    """Return what scripts are told of an episode."""
    master = episode.master
    releases = {release.number: release for release in catalog.releases if release.episode == episode.id}
    return EpisodeAnswer(
        id=episode.id,
        title=episode.title,
        duration_s=round(master.duration_s, 3),
        channels=master.channels,
        bitrate_kbps=master.bitrate_kbps,
        integrated_lufs=round(master.integrated_lufs, 2),
        heard_lufs=round(master.heard_lufs, 2),
        true_peak_dbtp=round(master.true_peak_dbtp, 2),
        size_bytes=master.size_bytes,
        sha256=master.sha256,
        guid=episode.guid,
        host=episode.host or catalog.show.host,
        notes=episode.notes,
        season=episode.season,
        episode=episode.number,
        date=min((release.date for release in releases.values()), default=None),
        feeds=0 if episode.withdrawn else sum(not releases.keys().isdisjoint(f.releases) for f in catalog.feeds),
        withdrawn=episode.withdrawn,
    )


def answer_feed(contents: Contents, feed: Feed) -> FeedAnswer:
    """Return what scripts are told of a feed."""
    content = contents.of(feed)
    return FeedAnswer(
        id=feed.id,
        prospect=Named(id=content.prospect.id, name=content.prospect.name) if content.prospect else None,
        access=feed.access,
        state=feed.state,
        feed_url=content.feed_url,
        page_url=content.page_url,
        episodes=len(content.deliveries),
    )


def answer_prospect(contents: Contents, prospect: Prospect, feed: Feed) -> ProspectAnswer:
    """Return what scripts are told of a prospect."""
    content = contents.of(feed)
    return ProspectAnswer(
        id=prospect.id,
        name=prospect.name,
        company=prospect.company,
        email=prospect.email,
        external_id=prospect.external_id,
        language=prospect.language,
        segments=prospect.segments,
        episodes=len(content.deliveries),
        page_url=content.page_url,
        feed_url=content.feed_url,
        state=feed.state,
    )
