"""What ``pitchcast stats`` answers: what access logs say of a period.

Nothing here says that anybody listened: a log sees what was fetched.
"""

from datetime import date, datetime

from pitchcast.model.answers.base import Answer


class Counts(Answer, frozen=True):
    """What was counted. ``listeners`` are addresses with an agent that had a download in the period.

    ``plays`` are presses of play on the page, ``cta_clicks`` taps on the call to action; ``unsure_cta_clicks`` could
    not be told from a program's. ``bytes_delivered`` are those of downloads.
    """

    downloads: int = 0
    listeners: int = 0
    bytes_delivered: int = 0
    plays: int = 0
    page_opens: int = 0
    cta_clicks: int = 0
    unsure_cta_clicks: int = 0
    link_previews: int = 0


class EpisodeCounts(Counts, frozen=True, kw_only=True):
    """An episode's downloads; pages show several episodes, so opens and taps are not an episode's."""

    id: str
    title: str


class ProspectCounts(Counts, frozen=True, kw_only=True):
    """A prospect with all feeds that were passed on from its own."""

    id: str
    name: str
    subscribers: int


class CountedRow(Counts, frozen=True, kw_only=True):
    """One row of what was asked for with ``--by``."""

    key: str
    name: str


class AppCounts(Answer, frozen=True):
    """An app that fetches feeds again and again: how many feeds, and how many subscribers that seems to be."""

    app: str
    feeds: int
    subscribers: int


class AsideRule(Answer, frozen=True):
    """So many requests for sound were set aside by a rule of docs/how-downloads-are-counted.md."""

    rule: str
    what: str
    requests: int


class AsideRequests(Answer, frozen=True):
    """Who was set aside by a rule: the agent, and the kind of network."""

    rule: str
    agent: str
    network: str
    requests: int


class Stats(Counts, frozen=True, kw_only=True):
    """What happened from ``first_day`` to ``last_day``, days of UTC, both included; logs were read until ``until``.

    ``rows`` are of what ``by`` names. ``public`` is the public feed, which is in the sums and no prospect. Until the
    day ``only_downloads_until`` nothing but downloads is kept, so that all other numbers are of the days after it.
    """

    first_day: date
    last_day: date
    until: datetime | None
    subscribers: int
    episodes: tuple[EpisodeCounts, ...]
    prospects: tuple[ProspectCounts, ...]
    public: Counts
    apps: tuple[AppCounts, ...]
    by: str
    rows: tuple[CountedRow, ...]
    set_aside: tuple[AsideRule, ...]
    set_aside_requests: tuple[AsideRequests, ...] = ()
    only_downloads_until: date | None = None


class TreeStep(Answer, frozen=True):
    """A feed, or a step on which its link was passed on: ``via`` are the feeds from whose pages it came, in order.

    ``networks`` and ``devices`` are what was seen, and no number of people.
    """

    feed: str
    name: str
    parent: str
    via: tuple[str, ...]
    page_opens: int
    plays: int
    downloads: int
    cta_clicks: int
    networks: int
    devices: tuple[str, ...]


class ProofOfTwo(Answer, frozen=True):
    """What cannot have been one person alone.

    ``what`` is ``colleague`` (a feed made for somebody else was used), ``passed on`` (such a link was opened from where
    nobody had been before) or ``two networks`` (sound was fetched from both within ten minutes).
    """

    what: str
    feed: str
    at: datetime


class StatsTree(Answer, frozen=True):
    """How a prospect's podcast was passed on, each feed before its steps.

    ``at_least_two`` is what proves that more than one person was there; often nothing does.
    """

    prospect: str
    name: str
    first_day: date
    last_day: date
    until: datetime | None
    steps: tuple[TreeStep, ...]
    at_least_two: tuple[ProofOfTwo, ...]
