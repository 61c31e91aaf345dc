"""What ``pitchcast episodes`` answers, and an episode as scripts are told of it."""

from collections.abc import Set
from datetime import datetime

from pitchcast.model.answers.base import Answer
from pitchcast.model.answers.feeds import FeedAnswer
from pitchcast.model.answers.sent import Recipient
from pitchcast.model.catalog import Catalog, feeds_showing
from pitchcast.model.episode import Episode


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
    for_roles: tuple[str, ...] = ()


class Episodes(Answer, frozen=True):
    """Episodes, oldest first."""

    episodes: tuple[EpisodeAnswer, ...]


class ShownEpisode(Answer, frozen=True):
    """An episode, the feeds that hold it, and everybody who was sent it, first sent first."""

    episode: EpisodeAnswer
    feeds: tuple[FeedAnswer, ...]
    recipients: tuple[Recipient, ...] = ()


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
        for_roles=episode.for_roles,
    )


def _carrying(catalog: Catalog, numbers: Set[int]) -> int:
    return len(feeds_showing(catalog, numbers))
