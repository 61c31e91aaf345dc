"""What commands answer: the frozen types behind ``--json`` and the library. Fields are added, never renamed."""

from collections.abc import Iterable, Set
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from pitchcast.model.base import Record
from pitchcast.model.catalog import Catalog, feeds_showing
from pitchcast.model.contents import Contents
from pitchcast.model.episode import Episode, Greeting
from pitchcast.model.feed import Access, Feed, State
from pitchcast.model.finding import Finding
from pitchcast.model.prospect import Prospect
from pitchcast.model.show import Brand, Show


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer to a script: every field is always there."""


_Addressed = TypeVar("_Addressed", "ProspectAnswer", "InvitedFeed")


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
    personalised: bool = False
    chapters: int = 0
    transcript: bool = False


class InvitedFeed(Answer, frozen=True):
    """A feed that was passed on to a colleague: ``parent`` is the feed it came from, ``name`` is "" for a spare one."""

    id: str
    parent: str
    name: str
    state: State
    page_url: str
    feed_url: str


class ProspectAnswer(Answer, frozen=True):
    """A prospect. ``episodes`` is how many its feed holds; ``invited`` are feeds passed on from it, oldest first."""

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
    first_name: str = ""
    invited: tuple[InvitedFeed, ...] = ()


def hide_token(answer: _Addressed, token: str) -> _Addressed:
    """Return an answer with “…” for that token: a dry run must not tell secret addresses that will never exist."""
    return msgspec.structs.replace(
        answer, page_url=answer.page_url.replace(token, "…"), feed_url=answer.feed_url.replace(token, "…")
    )


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


class Published(Answer, frozen=True):
    """What came of a publish.

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


class FeedAnswer(Answer, frozen=True):
    """A feed. ``prospect`` is None for the public one; ``expires`` is None where it does not.

    ``parent`` is the feed that a colleague's was passed on from, "" for others; ``name`` is the colleague's, "" where
    nobody has said it. ``greetings`` is how many of its episodes begin with a greeting.
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


class MailDraft(Answer, frozen=True):
    """The mail that carries a link; ``to`` is "" where no address is known. ``opened`` says how far that went."""

    to: str
    subject: str
    body: str
    opened: Literal["whole", "without text", "no"] = "no"


class Linked(FeedAnswer, frozen=True):
    """A feed whose link was asked for; ``mail`` is None where no draft was."""

    mail: MailDraft | None = None


class Invited(Answer, frozen=True):
    """Feeds that were passed on from ``parent``, each a link to hand to one person.

    ``created`` is False where that colleague was invited before.
    """

    parent: str
    feeds: tuple[InvitedFeed, ...]
    created: bool
    catalog_revision: int


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

    ``failed`` are those that could not be built. ``fetched_again`` are ids of feeds of which an episode's audio gets
    another address, so that podcast apps may fetch it once more.
    """

    failed: tuple[NotBuilt, ...] = ()
    fetched_again: tuple[str, ...] = ()


class ExportedProspect(Answer, frozen=True):
    """A prospect as a CRM knows it."""

    id: str
    name: str
    external_id: str
    email: str


class ExportedFeed(Answer, frozen=True):
    """A prospect's feed, with what a CRM knows the prospect by."""

    prospect: ExportedProspect
    access: Access
    state: State
    feed_url: str
    page_url: str
    expires: datetime | None


class RejectedRow(Answer, frozen=True):
    """A row of a list that was not imported; ``row`` is its number in a spreadsheet program."""

    row: int
    reason: str


class ImportedProspects(Answer, frozen=True):
    """What an import did: numbers of prospects, and the rows that were left out.

    ``suspended`` prospects were missing from the list and their feeds were revoked; ``missing`` counts them also where
    that was not asked for. ``columns`` gives the header that each field was found under. ``problems`` say why
    the rejected rows could not be written to a file. ``rejects_file`` is where they were, "" where nowhere.
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


class Purged(Answer, frozen=True):
    """What was taken out of the past: kept revisions rewritten, old versions of objects deleted.

    ``remaining`` names what could not be, and makes the command end with exit code 1.
    """

    revisions: int
    versions: int
    remaining: tuple[str, ...] = ()


class RemovedProspects(Answer, frozen=True):
    """Prospects that were removed; ``purged`` is None where the past was left alone."""

    prospects: tuple[Named, ...]
    purged: Purged | None
    catalog_revision: int


class ReplacedEpisode(Answer, frozen=True):
    """An episode with other audio. ``old_audio_until`` is how long the old one stays readable, None where unchanged."""

    episode: EpisodeAnswer
    feeds: tuple[FeedAnswer, ...]
    changed: bool
    old_audio_until: datetime | None
    catalog_revision: int
    trimmed_s: float = 0.0
    remarks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class RetaggedEpisode(Answer, frozen=True):
    """An episode whose audio was made anew: how many ``files``, those that begin with a greeting included."""

    id: str
    title: str
    files: int


class Retagged(Answer, frozen=True):
    """Episodes whose audio was made anew without a picture, and the ``feeds`` whose apps may fetch it again.

    ``unchanged`` are ids of those that hold none, ``passed_over`` of those that somebody else changed at the same
    moment: run the command again for them. ``old_audio_until`` is how long the old files stay readable, None where
    nothing was written.
    """

    episodes: tuple[RetaggedEpisode, ...]
    files: int
    unchanged: tuple[str, ...]
    passed_over: tuple[str, ...]
    feeds: tuple[FeedAnswer, ...]
    changed: bool
    old_audio_until: datetime | None
    catalog_revision: int


class RevisionAnswer(Answer, frozen=True):
    """One revision of the catalog: when, by whom and for what it was written; ``current`` is the one that holds."""

    revision: int
    at: datetime
    who: str
    what: str
    current: bool


class RevisionShown(Answer, frozen=True):
    """A revision and what it said: numbers of prospects, of open feeds and of revoked ones."""

    revision: RevisionAnswer
    show: str
    episodes: tuple[Named, ...]
    prospects: int
    feeds: int
    revoked: int


class RestoredRevision(Answer, frozen=True):
    """What bringing a revision back changed; ``remarks`` say what did not come back, and what came back differently.

    ``feeds`` is how many feeds were built, or would be.
    """

    revision: int
    changed: bool
    feeds: int
    remarks: tuple[str, ...]
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
        feeds=0 if episode.withdrawn else _carrying(catalog, releases.keys()),
        withdrawn=episode.withdrawn,
        personalised=episode.personalised,
        chapters=len(episode.chapters),
        transcript=episode.transcript is not None,
    )


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
    )


def answer_greeting(greeting: Greeting) -> GreetingAnswer:
    """Return what scripts are told of a greeting."""
    return GreetingAnswer(
        duration_s=round(greeting.shift_s, 3),
        heard_lufs=round(greeting.heard_lufs, 2),
        true_peak_dbtp=round(greeting.true_peak_dbtp, 2),
        recording=greeting.recording_sha256,
    )


def answer_invited(contents: Contents, feed: Feed) -> InvitedFeed:
    """Return what scripts are told of a feed that was passed on."""
    content = contents.of(feed)
    return InvitedFeed(
        id=feed.id,
        parent=feed.parent,
        name=feed.name,
        state=feed.state,
        page_url=content.page_url,
        feed_url=content.feed_url,
    )


def answer_prospect(contents: Contents, prospect: Prospect, feed: Feed, invited: Iterable[Feed] = ()) -> ProspectAnswer:
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
        first_name=prospect.first_name,
        invited=tuple(answer_invited(contents, child) for child in invited),
    )


def _carrying(catalog: Catalog, numbers: Set[int]) -> int:
    return len(feeds_showing(catalog, numbers))
